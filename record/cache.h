/* record/cache.h: scans that need not be made again.
 *
 * A tensor's facts hold as long as its storage is not written: they are remembered under storage, version, element
 * type and the set of elements that the view reaches. Views that reach the same elements in another order or shape
 * (transpose, flatten, squeeze) share one entry, since no fact depends on the order.
 * Memory is bounded: a table of OPJ_CACHE_SLOTS slots, newer entries push older ones out. Thread-safe and never
 * blocking: a slot that another thread is using at this moment counts as a miss. */
#ifndef OPJ_RECORD_CACHE_H
#define OPJ_RECORD_CACHE_H

#include "record/base/schema.h"
#include <opjoule/recorder.h>
#include <stdatomic.h>

#define OPJ_CACHE_SLOTS 16384

struct opj_cache_key {
	uint64_t low, high; /* 128-bit hash of the identity; 0, 0: cannot be remembered */
};

struct opj_cache_slot {
	atomic_flag busy;
	struct opj_cache_key key;
	struct opj_stats stats;
};

struct opj_cache {
	struct opj_cache_slot slots[OPJ_CACHE_SLOTS];
};

/* The identity of what `tensor` shows; a key of zeros when its version is unknown. The tensor's shape is valid: rank at
 * most OPJ_DIMENSIONS_MAX, no negative sizes. */
struct opj_cache_key opj_cache_key(const struct opj_tensor *tensor);

bool opj_cache_find(struct opj_cache *cache, struct opj_cache_key key, struct opj_stats *stats);
void opj_cache_store(struct opj_cache *cache, struct opj_cache_key key, const struct opj_stats *stats);

#endif
