/* record/base/intern.c: an open-addressing table over keys in an arena.
 *
 * Linear probing with at most half of the slots in use: a lookup of a known key touches one slot, one key record and
 * the key's bytes. Nothing is ever removed, since a trace cannot forget a definition either. */
#include "intern.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t opj_intern_hash(const void *key, size_t size)
{
	return XXH3_64bits(key, size);
}

uint32_t opj_intern_find(const struct opj_intern *table, const void *key, size_t size, uint64_t hash)
{
	if (table->slot_count == 0)
		return OPJ_INTERN_NONE;
	uint32_t mask = table->slot_count - 1;
	for (uint32_t slot = (uint32_t)hash & mask; table->slots[slot]; slot = (slot + 1) & mask) {
		uint32_t id = table->slots[slot] - 1;
		const struct opj_intern_key *known = &table->keys[id];
		if (known->hash == hash && known->size == size && memcmp(known->bytes, key, size) == 0)
			return id;
	}
	return OPJ_INTERN_NONE;
}

static void place(uint32_t *slots, uint32_t slot_count, uint64_t hash, uint32_t id)
{
	uint32_t mask = slot_count - 1, slot = (uint32_t)hash & mask;
	while (slots[slot])
		slot = (slot + 1) & mask;
	slots[slot] = id + 1;
}

static bool grow_slots(struct opj_intern *table)
{
	if (table->count < table->slot_count / 2)
		return true;
	if (table->slot_count > UINT32_MAX / 4)
		return false;
	uint32_t slot_count = table->slot_count ? table->slot_count * 2 : 256;
	uint32_t *slots = calloc(slot_count, sizeof *slots);
	if (!slots)
		return false;
	for (uint32_t id = 0; id < table->count; id++)
		place(slots, slot_count, table->keys[id].hash, id);
	free(table->slots);
	table->slots = slots;
	table->slot_count = slot_count;
	return true;
}

static bool grow_keys(struct opj_intern *table)
{
	if (table->count < table->room)
		return true;
	uint32_t room = table->room ? table->room * 2 : 128;
	struct opj_intern_key *keys = reallocarray(table->keys, room, sizeof *keys);
	if (!keys)
		return false;
	table->keys = keys;
	table->room = room;
	return true;
}

uint32_t opj_intern_add(struct opj_intern *table, const void *key, size_t size, uint64_t hash)
{
	char *bytes =
	    grow_slots(table) && grow_keys(table) ? opj_arena_copy(&table->bytes, size ? key : "", size) : NULL;
	if (!bytes)
		return OPJ_INTERN_NONE;
	uint32_t id = table->count++;
	table->keys[id] = (struct opj_intern_key){.hash = hash, .bytes = bytes, .size = size};
	place(table->slots, table->slot_count, hash, id);
	return id;
}

uint32_t opj_intern_id(struct opj_intern *table, const void *key, size_t size)
{
	uint64_t hash = opj_intern_hash(key, size);
	uint32_t id = opj_intern_find(table, key, size, hash);
	return id == OPJ_INTERN_NONE ? opj_intern_add(table, key, size, hash) : id;
}

void opj_intern_finish(struct opj_intern *table)
{
	free(table->slots);
	free(table->keys);
	opj_arena_finish(&table->bytes);
	*table = (struct opj_intern){0};
}
