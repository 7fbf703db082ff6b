/* record/operand.c: facts of tensors: known, remembered or scanned.
 *
 * A scan that has no rule for a dtype leaves the kind unknown; that is a statement about the tensor, not a problem. */
#include "operand.h"
#include "record/scan/scan.h"

enum { NO_RESULT = UINT32_MAX };

/* Scans, and counts the channels of a result that has some, for site.h. */
static bool scan(struct opj_thread *thread, const DLTensor *data, struct opj_stats *stats, uint32_t result_leaf)
{
	struct opj_scan_channels channels = {.dimension = 1};
	struct opj_counted *counted = &thread->counted[thread->counted_count];
	bool wanted = result_leaf != NO_RESULT && thread->counted_count < OPJ_COUNTED_MAX && data->ndim >= 2 &&
		      data->shape[1] <= OPJ_CHANNELS_MAX && data->dtype.code != OPJ_DL_BOOL;
	if (!wanted)
		return opj_tensor_scan(data, stats, NULL) == 0;
	counted->leaf = result_leaf;
	counted->count = (uint32_t)data->shape[1];
	counted->at = thread->channels.size;
	channels.sums = opj_buffer_add(&thread->channels, counted->count * sizeof *channels.sums);
	if (opj_scan_channels(data, stats, channels.sums ? &channels : NULL, NULL) < 0)
		return false;
	thread->counted_count += channels.known;
	return true;
}

static bool look(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensor,
		 struct opj_stats *stats, uint32_t result_leaf)
{
	if (tensor->stats) {
		*stats = *tensor->stats;
		if ((unsigned)stats->kind > OPJ_KIND_DENSE)
			return false;
		if (stats->kind != OPJ_KIND_UNKNOWN && stats->nnz > opj_element_count(tensor->data))
			return false;
		if (stats->kind != OPJ_KIND_UNKNOWN)
			opj_cache_store(rec->cache, opj_cache_key(tensor), stats);
		else
			stats->nnz = 0;
		return true;
	}
	if (opj_element_count(tensor->data) == 0) {
		*stats = (struct opj_stats){.kind = OPJ_KIND_BINARY};
		return true;
	}
	struct opj_cache_key key = opj_cache_key(tensor);
	if (opj_cache_find(rec->cache, key, stats))
		return true;
	if (opj_is_readable(tensor->data) && scan(thread, tensor->data, stats, result_leaf))
		opj_cache_store(rec->cache, key, stats);
	else
		*stats = (struct opj_stats){.kind = OPJ_KIND_UNKNOWN};
	return true;
}

bool opj_operands_look(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
		       uint32_t leaf_count, uint32_t results)
{
	thread->counted_count = 0;
	opj_buffer_clear(&thread->channels);
	for (uint32_t i = 0; i < leaf_count; i++)
		thread->looked[thread->leaves[i]] = 0;
	for (uint32_t i = 0; i < leaf_count; i++) {
		uint32_t index = thread->leaves[i];
		if (!thread->looked[index] &&
		    !look(rec, thread, &tensors[index], &thread->stats[index], i >= results ? i : NO_RESULT))
			return false;
		thread->looked[index] = 1;
	}
	return true;
}

/* A range as it is written; those of binary and ternary values follow from the kind. */
static uint16_t range_encode(const struct opj_stats *stats)
{
	if (!stats->ranged || (stats->kind != OPJ_KIND_INTEGRAL && stats->kind != OPJ_KIND_DENSE))
		return OPJ_RANGE_NONE;
	unsigned zeros = stats->trailing_zeros < 64 ? stats->trailing_zeros : 64;
	return (uint16_t)((uint8_t)stats->exponent | zeros << 8 | (unsigned)stats->negative << 15);
}

static uint64_t bits_of(double number)
{
	uint64_t bits;
	memcpy(&bits, &number, sizeof bits);
	return bits;
}

/* Writes what differs from what the reader remembers of the storage, and returns the flags that say so. */
static unsigned facts_place(struct opj_thread *thread, const struct opj_stats *stats, struct opj_slot_facts *slot,
			    struct opj_event_op *event)
{
	unsigned flags = stats->kind;
	if (stats->kind != OPJ_KIND_UNKNOWN && stats->nnz != slot->nnz) {
		flags |= OPJ_FLAG_NNZ;
		thread->nnz[event->nnz_count++] = slot->nnz = stats->nnz;
	}
	if (stats->kind != OPJ_KIND_INTEGRAL && stats->kind != OPJ_KIND_DENSE)
		return flags;
	if (stats->kind == OPJ_KIND_INTEGRAL && bits_of(stats->magnitude) != slot->magnitude) {
		flags |= OPJ_FLAG_MAGNITUDE;
		thread->magnitude[event->magnitude_count++] = slot->magnitude = bits_of(stats->magnitude);
	}
	if (range_encode(stats) != slot->range) {
		flags |= OPJ_FLAG_RANGE;
		thread->range[event->range_count++] = slot->range = range_encode(stats);
	}
	return flags;
}

/* Where the tensor lies, likewise. */
static unsigned place_place(struct opj_thread *thread, const struct opj_tensor *tensor, bool announce,
			    struct opj_slot_facts *slot, struct opj_event_op *event)
{
	unsigned flags = 0;
	uint64_t offset = tensor->extent ? tensor->offset : 0;
	if (announce) {
		flags |= OPJ_FLAG_ADDRESS;
		thread->extent[event->extent_count++] = tensor->extent;
		thread->address[event->address_count++] =
		    tensor->address ? tensor->address : (uint64_t)(uintptr_t)tensor->data->data;
	}
	if (offset != slot->offset) {
		flags |= OPJ_FLAG_OFFSET;
		thread->offset[event->offset_count++] = slot->offset = offset;
	}
	return flags;
}

void opj_operands_place(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
			uint32_t leaf_count, struct opj_event_op *event)
{
	event->nnz_count = event->magnitude_count = event->address_count = 0;
	event->range_count = event->extent_count = event->offset_count = 0;
	for (uint32_t i = 0; i < leaf_count; i++) {
		uint32_t index = thread->leaves[i];
		const struct opj_tensor *tensor = &tensors[index];
		bool announce;
		thread->storage[i] = opj_storage_encode(&rec->storages, tensor->storage);
		struct opj_slot_facts *slot = opj_storage_slot(&rec->storages, tensor->storage, &announce);
		thread->flags[i] = (uint8_t)(facts_place(thread, &thread->stats[index], slot, event) |
					     place_place(thread, tensor, announce, slot, event));
	}
	event->flags_count = event->storage_count = (uint16_t)leaf_count;
	event->flags = thread->flags;
	event->storage = thread->storage;
	event->nnz = thread->nnz;
	event->magnitude = thread->magnitude;
	event->address = thread->address;
	event->range = thread->range;
	event->extent = thread->extent;
	event->offset = thread->offset;
}

bool opj_operands_keyword(struct opj_thread *thread, const struct opj_tensor *tensors, const struct opj_walk *walk,
			  struct opj_event_op *event)
{
	uint32_t count = (walk->leaf_count - walk->positional) * OPJ_KEYWORD_WORDS;
	opj_buffer_clear(&thread->keyword);
	uint64_t *words = count ? opj_buffer_add(&thread->keyword, count * sizeof *words) : NULL;
	if (count > UINT16_MAX || (count && !words))
		return false;
	for (uint32_t i = walk->positional; i < walk->leaf_count; i++) {
		const struct opj_tensor *tensor = &tensors[thread->leaves[i]];
		const struct opj_stats *stats = &thread->stats[thread->leaves[i]];
		uint64_t *word = words + (i - walk->positional) * OPJ_KEYWORD_WORDS;
		word[OPJ_KEYWORD_STORAGE] = tensor->storage;
		word[OPJ_KEYWORD_FLAGS] = stats->kind;
		word[OPJ_KEYWORD_NNZ] = stats->kind == OPJ_KIND_UNKNOWN ? 0 : stats->nnz;
		word[OPJ_KEYWORD_MAGNITUDE] = stats->kind == OPJ_KIND_INTEGRAL ? bits_of(stats->magnitude) : 0;
		word[OPJ_KEYWORD_ADDRESS] = tensor->address ? tensor->address : (uint64_t)(uintptr_t)tensor->data->data;
		word[OPJ_KEYWORD_EXTENT] = tensor->extent;
		word[OPJ_KEYWORD_OFFSET] = tensor->extent ? tensor->offset : 0;
		word[OPJ_KEYWORD_RANGE] = range_encode(stats);
	}
	event->keyword_count = (uint16_t)count;
	event->keyword = words;
	return true;
}
