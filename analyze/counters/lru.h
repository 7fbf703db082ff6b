/* analyze/counters/lru.h: what two caches hold, each in order of last use.
 *
 * One resident is a key with its size in each cache it is in. Every operation takes constant time: a hash map from key
 * to resident, and for each cache a doubly linked list through the residents. Memory follows what is resident, not what
 * has passed through. Which cache to fill and what an eviction costs is the caller's (residency.c). */
#ifndef OPJ_ANALYZE_COUNTERS_LRU_H
#define OPJ_ANALYZE_COUNTERS_LRU_H

#include <stdbool.h>
#include <stdint.h>

enum opj_lru_level { OPJ_LRU_REG, OPJ_LRU_SRAM, OPJ_LRU_LEVELS };

#define OPJ_LRU_NONE UINT32_MAX

struct opj_lru; /* opaque */

/* NULL: out of memory. destroy takes NULL. */
struct opj_lru *opj_lru_create(void);
void opj_lru_destroy(struct opj_lru *lru);

/* The resident of a key, OPJ_LRU_NONE where there is none. tag is part of the key. */
uint32_t opj_lru_find(const struct opj_lru *lru, uint64_t key, uint32_t tag);

/* A resident for a key that has none, in no cache yet. Ids stay valid until removed. OPJ_LRU_NONE: out of memory. */
uint32_t opj_lru_add(struct opj_lru *lru, uint64_t key, uint32_t tag);

/* Forgets a resident that no cache holds. */
void opj_lru_remove(struct opj_lru *lru, uint32_t id);

/* Size of the resident in a cache, 0: not in it. */
int64_t opj_lru_bits(const struct opj_lru *lru, enum opj_lru_level level, uint32_t id);

/* Puts a resident into a cache, as the most recently used; takes it out (returns its size there); makes one that is in
 * it the most recently used. */
void opj_lru_push(struct opj_lru *lru, enum opj_lru_level level, uint32_t id, int64_t bits);
int64_t opj_lru_pull(struct opj_lru *lru, enum opj_lru_level level, uint32_t id);
void opj_lru_touch(struct opj_lru *lru, enum opj_lru_level level, uint32_t id);

/* The least recently used resident of a cache, OPJ_LRU_NONE where it is empty; the sum of its residents' sizes. */
uint32_t opj_lru_oldest(const struct opj_lru *lru, enum opj_lru_level level);
int64_t opj_lru_usage(const struct opj_lru *lru, enum opj_lru_level level);

/* How many residents there are. */
uint32_t opj_lru_count(const struct opj_lru *lru);

#endif
