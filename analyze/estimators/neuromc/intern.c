/* analyze/estimators/neuromc/intern.c: open addressing with linear probing over indices into an array of entries. At
 * most half of the slots are taken, so a probe always ends. */
#include "intern.h"
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 32 };

void opj_intern_init(struct opj_intern *intern, size_t key_size, size_t value_size)
{
	*intern = (struct opj_intern){.key_size = key_size, .entry_size = key_size + value_size};
}

void opj_intern_finish(struct opj_intern *intern)
{
	free(intern->entries);
	free(intern->slots);
}

static uint64_t hash(const void *key, size_t size)
{
	const char *bytes = key;
	uint64_t mixed = 0;
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, bytes + at, sizeof word);
		mixed = (mixed ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		mixed ^= mixed >> 29;
	}
	return mixed;
}

/* The slot of a key, or the empty one where it belongs. */
static uint32_t slot_of(const struct opj_intern *intern, const void *key)
{
	uint32_t mask = intern->capacity * 2 - 1;
	uint32_t at = (uint32_t)hash(key, intern->key_size) & mask;
	while (intern->slots[at] && memcmp(opj_intern_key(intern, intern->slots[at] - 1), key, intern->key_size) != 0)
		at = (at + 1) & mask;
	return at;
}

static int grow(struct opj_intern *intern)
{
	if (intern->capacity > UINT32_MAX / 8)
		return -1;
	uint32_t capacity = intern->capacity ? intern->capacity * 2 : CAPACITY_FIRST;
	char *entries = realloc(intern->entries, capacity * intern->entry_size);
	if (!entries)
		return -1;
	intern->entries = entries;
	uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
	if (!slots)
		return -1;
	free(intern->slots);
	intern->slots = slots;
	intern->capacity = capacity;
	for (uint32_t i = 0; i < intern->count; i++)
		slots[slot_of(intern, opj_intern_key(intern, i))] = i + 1;
	return 0;
}

uint32_t opj_intern_find(const struct opj_intern *intern, const void *key)
{
	if (!intern->capacity)
		return UINT32_MAX;
	uint32_t taken = intern->slots[slot_of(intern, key)];
	return taken ? taken - 1 : UINT32_MAX;
}

uint32_t opj_intern_put(struct opj_intern *intern, const void *key)
{
	uint32_t found = opj_intern_find(intern, key);
	if (found != UINT32_MAX)
		return found;
	if (intern->count == intern->capacity && grow(intern))
		return UINT32_MAX;
	char *entry = opj_intern_key(intern, intern->count);
	memset(entry, 0, intern->entry_size);
	memcpy(entry, key, intern->key_size);
	intern->slots[slot_of(intern, key)] = intern->count + 1;
	return intern->count++;
}
