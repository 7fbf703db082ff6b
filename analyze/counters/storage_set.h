/* analyze/counters/storage_set.h: a set of storage ids that only grows.
 *
 * Ids are given out one after the other, so a hash table from id / 64 to 64 bits takes about half a byte per id of a
 * long run, and 32 bytes per id at worst. */
#ifndef OPJ_ANALYZE_COUNTERS_STORAGE_SET_H
#define OPJ_ANALYZE_COUNTERS_STORAGE_SET_H

#include <stdbool.h>
#include <stdint.h>

struct opj_storage_set {
	struct opj_storage_word {
		uint64_t key, bits; /* bits 0: the slot is free */
	} * words;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t used;
};

/* -1: out of memory. */
int opj_storage_set_add(struct opj_storage_set *set, uint64_t id);
bool opj_storage_set_has(const struct opj_storage_set *set, uint64_t id);
void opj_storage_set_finish(struct opj_storage_set *set);

#endif
