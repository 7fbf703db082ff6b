/* record/base/intern.h: byte strings to dense ids, 0, 1, 2, … in order of addition.
 *
 * Keys are found by a 64-bit hash and compared whole, so two keys with one hash are still two keys. Not thread-safe:
 * the recorder's mutex guards it. */
#ifndef OPJ_RECORD_BASE_INTERN_H
#define OPJ_RECORD_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#define OPJ_INTERN_NONE UINT32_MAX

struct opj_intern_key {
	uint64_t hash;
	size_t offset, size; /* of its bytes in `bytes` */
};

struct opj_intern {
	uint32_t *slots; /* [slot_count] id + 1, 0: free; open addressing */
	uint32_t slot_count;
	struct opj_intern_key *keys; /* [count] by id */
	uint32_t count, room;
	char *bytes; /* the keys, one after the other */
	size_t byte_count, byte_room;
};

uint64_t opj_intern_hash(const void *key, size_t size);

/* The id of a key, or OPJ_INTERN_NONE. `hash` is opj_intern_hash of it. */
uint32_t opj_intern_find(const struct opj_intern *table, const void *key, size_t size, uint64_t hash);

/* Adds a key that is not there; returns its id, or OPJ_INTERN_NONE when out of memory (the table is as before). */
uint32_t opj_intern_add(struct opj_intern *table, const void *key, size_t size, uint64_t hash);

void opj_intern_finish(struct opj_intern *table);

#endif
