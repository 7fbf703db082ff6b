/* record/cache.c: a direct-mapped table of tensor facts.
 *
 * Keys are 128-bit xxHash values of the identity, not the identity itself: at 2^-128 per pair an accidental match is
 * out of the question, and a slot stays at 56 bytes whatever the rank. */
#include "cache.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

struct dim {
	int64_t stride, size;
};

/* The dims of a view, smallest stride first, those of size 1 left out and neighbours merged where one runs on into the
 * next. Views with equal results reach the same elements, each as often. */
static int canonical_dims(const DLTensor *data, struct dim *dims)
{
	int count = 0;
	int64_t step = 1;
	for (int i = data->ndim - 1; i >= 0; i--) { /* from the innermost, so that C order comes out sorted */
		int64_t size = data->shape[i], stride = data->strides ? data->strides[i] : step;
		if (!data->strides)
			step = (int64_t)((uint64_t)step * (uint64_t)size);
		if (size == 1)
			continue;
		int at = count++;
		for (; at > 0 && dims[at - 1].stride > stride; at--)
			dims[at] = dims[at - 1];
		dims[at] = (struct dim){.stride = stride, .size = size};
	}
	int merged = 0;
	for (int i = 0; i < count; i++) {
		struct dim *inner = merged ? &dims[merged - 1] : NULL;
		int64_t run, size;
		if (inner && !__builtin_mul_overflow(inner->stride, inner->size, &run) && run == dims[i].stride &&
		    !__builtin_mul_overflow(inner->size, dims[i].size, &size))
			inner->size = size;
		else
			dims[merged++] = dims[i];
	}
	return merged;
}

struct opj_cache_key opj_cache_key(const struct opj_tensor *tensor)
{
	if (tensor->version == OPJ_VERSION_UNKNOWN)
		return (struct opj_cache_key){0, 0};
	const DLTensor *data = tensor->data;
	struct {
		uint64_t storage, version, start, type;
		struct dim dims[OPJ_DIMENSIONS_MAX];
	} identity;
	identity.storage = tensor->storage;
	identity.version = tensor->version;
	identity.start = (uint64_t)(uintptr_t)data->data + data->byte_offset;
	identity.type = (uint64_t)data->dtype.code << 32 | (uint64_t)data->dtype.bits << 16 | data->dtype.lanes;
	int count = canonical_dims(data, identity.dims);
	size_t size = offsetof(__typeof__(identity), dims) + (size_t)count * sizeof *identity.dims;
	XXH128_hash_t hash = XXH3_128bits(&identity, size);
	return (struct opj_cache_key){hash.low64, hash.high64};
}

static struct opj_cache_slot *slot_enter(struct opj_cache *cache, struct opj_cache_key key)
{
	struct opj_cache_slot *slot = &cache->slots[key.low % OPJ_CACHE_SLOTS];
	if ((key.low == 0 && key.high == 0) || atomic_flag_test_and_set_explicit(&slot->busy, memory_order_acquire))
		return NULL;
	return slot;
}

static void slot_leave(struct opj_cache_slot *slot)
{
	atomic_flag_clear_explicit(&slot->busy, memory_order_release);
}

bool opj_cache_find(struct opj_cache *cache, struct opj_cache_key key, struct opj_stats *stats)
{
	struct opj_cache_slot *slot = slot_enter(cache, key);
	if (!slot)
		return false;
	bool found = slot->key.low == key.low && slot->key.high == key.high;
	if (found)
		*stats = slot->stats;
	slot_leave(slot);
	return found;
}

void opj_cache_store(struct opj_cache *cache, struct opj_cache_key key, const struct opj_stats *stats)
{
	struct opj_cache_slot *slot = slot_enter(cache, key);
	if (!slot)
		return;
	slot->key = key;
	slot->stats = *stats;
	slot_leave(slot);
}
