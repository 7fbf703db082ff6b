/* record/python/opjoule/trees.c: the memory of one record: its arena, its texts.
 *
 * One record lives from the op to the tracepoint. Its trees lie in blocks that are kept for the next one, so that the
 * usual op allocates nothing. Records are several, since Python may run another thread in the middle of one. */
#include "torch.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16384 };

struct opj_arena_block {
	struct opj_arena_block *next;
	size_t size, used;
	_Alignas(max_align_t) char data[];
};

static struct opj_trees *spare;

struct opj_trees *opj_trees_begin(void)
{
	struct opj_trees *trees = spare;
	if (trees)
		spare = trees->next;
	else
		trees = calloc(1, sizeof *trees);
	if (!trees) {
		PyErr_NoMemory();
		return NULL;
	}
	trees->block = trees->first;
	if (trees->block)
		trees->block->used = 0;
	trees->tensor_count = trees->text_count = 0;
	opj_storages_pin();
	return trees;
}

void opj_trees_finish(struct opj_trees *trees)
{
	while (trees->text_count)
		Py_DECREF(trees->texts[--trees->text_count]);
	trees->next = spare;
	spare = trees;
	opj_storages_unpin();
}

void *opj_trees_alloc(struct opj_trees *trees, size_t size)
{
	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	struct opj_arena_block *block = trees->block;
	if (!block || block->size - block->used < size) {
		struct opj_arena_block *next = block ? block->next : NULL;
		if (!next || next->size < size) {
			size_t room = size > BLOCK ? size : BLOCK;
			next = malloc(sizeof *next + room);
			if (!next) {
				PyErr_NoMemory();
				return NULL;
			}
			next->size = room;
			next->next = block ? block->next : NULL;
			*(block ? &block->next : &trees->first) = next;
		}
		next->used = 0;
		trees->block = block = next;
	}
	void *data = block->data + block->used;
	block->used += size;
	return data;
}

/* Keeps a str, whose reference it takes over, until the record's end. */
const char *opj_trees_keep(struct opj_trees *trees, PyObject *text)
{
	if (!text)
		return NULL;
	if (trees->text_count == trees->text_room) {
		uint32_t room = trees->text_room ? trees->text_room * 2 : 32;
		PyObject **texts = reallocarray(trees->texts, room, sizeof(PyObject *));
		if (!texts) {
			Py_DECREF(text);
			PyErr_NoMemory();
			return NULL;
		}
		trees->texts = texts;
		trees->text_room = room;
	}
	trees->texts[trees->text_count++] = text;
	return PyUnicode_AsUTF8AndSize(text, NULL);
}

const char *opj_trees_text(struct opj_trees *trees, PyObject *text)
{
	Py_INCREF(text);
	return opj_trees_keep(trees, text);
}
