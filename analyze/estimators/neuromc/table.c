/* analyze/estimators/neuromc/table.c: open addressing with linear probing over indices into an array of entries. At most
 * half of the slots are taken, so a probe always ends. */
#include "table.h"
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 32 };

void opj_table_init(struct opj_table *table, size_t key_size, size_t value_size)
{
	*table = (struct opj_table){.key_size = key_size, .entry_size = key_size + value_size};
}

void opj_table_finish(struct opj_table *table)
{
	free(table->entries);
	free(table->slots);
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
static uint32_t slot_of(const struct opj_table *table, const void *key)
{
	uint32_t mask = table->capacity * 2 - 1;
	uint32_t at = (uint32_t)hash(key, table->key_size) & mask;
	while (table->slots[at] && memcmp(opj_table_key(table, table->slots[at] - 1), key, table->key_size) != 0)
		at = (at + 1) & mask;
	return at;
}

static int grow(struct opj_table *table)
{
	if (table->capacity > UINT32_MAX / 8)
		return -1;
	uint32_t capacity = table->capacity ? table->capacity * 2 : CAPACITY_FIRST;
	char *entries = realloc(table->entries, capacity * table->entry_size);
	if (!entries)
		return -1;
	table->entries = entries;
	uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
	if (!slots)
		return -1;
	free(table->slots);
	table->slots = slots;
	table->capacity = capacity;
	for (uint32_t i = 0; i < table->count; i++)
		slots[slot_of(table, opj_table_key(table, i))] = i + 1;
	return 0;
}

uint32_t opj_table_find(const struct opj_table *table, const void *key)
{
	if (!table->capacity)
		return UINT32_MAX;
	uint32_t taken = table->slots[slot_of(table, key)];
	return taken ? taken - 1 : UINT32_MAX;
}

uint32_t opj_table_put(struct opj_table *table, const void *key)
{
	uint32_t found = opj_table_find(table, key);
	if (found != UINT32_MAX)
		return found;
	if (table->count == table->capacity && grow(table))
		return UINT32_MAX;
	char *entry = opj_table_key(table, table->count);
	memset(entry, 0, table->entry_size);
	memcpy(entry, key, table->key_size);
	table->slots[slot_of(table, key)] = table->count + 1;
	return table->count++;
}
