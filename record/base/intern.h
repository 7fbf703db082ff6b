/* record/base/intern.h: the one map: byte strings, texts and structs without padding to dense ids, 0, 1, 2, … in order
 * of addition. What belongs to a key stands in a vector by its id.
 *
 * Keys are found by a 64-bit hash and compared whole, so two keys with one hash are still two keys. Their bytes are
 * kept, aligned for any type, and do not move. All zero is an empty map. Not thread-safe: the recorder's mutex guards
 * its own. */
#ifndef OPJ_RECORD_BASE_INTERN_H
#define OPJ_RECORD_BASE_INTERN_H

#include "arena.h"
#include <string.h>

#define OPJ_INTERN_NONE UINT32_MAX

struct opj_intern_key {
	uint64_t hash;
	const void *bytes; /* [size], and a NUL behind them */
	size_t size;
};

struct opj_intern {
	uint32_t *slots; /* [slot_count] id + 1, 0: free; open addressing */
	uint32_t slot_count;
	struct opj_intern_key *keys; /* [count] by id */
	uint32_t count, room;
	struct opj_arena bytes; /* of the keys */
};

uint64_t opj_intern_hash(const void *key, size_t size);

/* The id of a key, or OPJ_INTERN_NONE. `hash` is opj_intern_hash of it. */
uint32_t opj_intern_find(const struct opj_intern *table, const void *key, size_t size, uint64_t hash);

/* Adds a key that is not there; returns its id, or OPJ_INTERN_NONE when out of memory (the table is as before). */
uint32_t opj_intern_add(struct opj_intern *table, const void *key, size_t size, uint64_t hash);

/* The id of a key, added where it is not there; OPJ_INTERN_NONE: out of memory. */
uint32_t opj_intern_id(struct opj_intern *table, const void *key, size_t size);

static inline uint32_t opj_intern_text(struct opj_intern *table, const char *text)
{
	return opj_intern_id(table, text, strlen(text));
}

/* The key with this id, which is there; of a text, the text. */
static inline const void *opj_intern_key(const struct opj_intern *table, uint32_t id)
{
	return table->keys[id].bytes;
}

void opj_intern_finish(struct opj_intern *table);

#endif
