/* record/base/arena.c: see arena.h. Blocks are 64 KiB; what is larger gets a block of its own behind the current one,
 * so that the room left in the current block is not lost. The fuzz targets are built with blocks of size 0: each piece
 * of memory then is one of its own, whose bounds the address sanitizer knows. */
#include "arena.h"
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef OPJ_ARENA_BLOCK_SIZE
enum { BLOCK_SIZE = OPJ_ARENA_BLOCK_SIZE };
#else
enum { BLOCK_SIZE = 64 * 1024 };
#endif

struct opj_arena_block {
	struct opj_arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

static struct opj_arena_block *block_create(struct opj_arena *arena, size_t size)
{
	struct opj_arena_block *block = calloc(1, sizeof *block + size);
	if (!block)
		return NULL;
	block->size = size;
	if (arena->blocks && size > BLOCK_SIZE) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *opj_arena_alloc(struct opj_arena *arena, size_t count, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(count, size, &total) || total > PTRDIFF_MAX / 2)
		return NULL;
	total = total ? (total + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1) : alignof(max_align_t);
	struct opj_arena_block *block = arena->blocks;
	if (!block || block->size - block->used < total)
		block = block_create(arena, total > BLOCK_SIZE ? total : BLOCK_SIZE);
	if (!block)
		return NULL;
	void *memory = block->bytes + block->used;
	block->used += total;
	return memory;
}

char *opj_arena_copy(struct opj_arena *arena, const char *text, size_t length)
{
	char *copy = opj_arena_alloc(arena, length + 1, 1);
	return copy ? memcpy(copy, text, length) : NULL;
}

void opj_arena_finish(struct opj_arena *arena)
{
	while (arena->blocks) {
		struct opj_arena_block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
}
