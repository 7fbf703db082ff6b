/* record/operand.c: facts of tensors: known, remembered or scanned; and which ops have spike statistics.
 *
 * A scan that has no rule for a dtype leaves the kind unknown; that is a statement about the tensor, not a problem. */
#include "operand.h"

/* Of a valid shape: opj_shape_valid. */
static uint64_t element_count(const DLTensor *data)
{
	uint64_t count = 1;
	for (int i = 0; i < data->ndim; i++)
		count *= (uint64_t)data->shape[i];
	return count;
}

static bool is_readable(const DLTensor *data)
{
	return data->data && data->device.device_type == kDLCPU;
}

static bool look(struct opj_recorder *rec, const struct opj_tensor *tensor, struct opj_stats *stats)
{
	if (tensor->stats) {
		*stats = *tensor->stats;
		if ((unsigned)stats->kind > OPJ_KIND_DENSE)
			return false;
		if (stats->kind != OPJ_KIND_UNKNOWN && stats->nnz > element_count(tensor->data))
			return false;
		if (stats->kind != OPJ_KIND_UNKNOWN)
			opj_cache_store(rec->cache, opj_cache_key(tensor), stats);
		else
			stats->nnz = 0;
		return true;
	}
	if (element_count(tensor->data) == 0) {
		*stats = (struct opj_stats){.kind = OPJ_KIND_BINARY};
		return true;
	}
	struct opj_cache_key key = opj_cache_key(tensor);
	if (opj_cache_find(rec->cache, key, stats))
		return true;
	if (is_readable(tensor->data) && opj_tensor_scan(tensor->data, stats, NULL) == 0)
		opj_cache_store(rec->cache, key, stats);
	else
		*stats = (struct opj_stats){.kind = OPJ_KIND_UNKNOWN};
	return true;
}

bool opj_operands_look(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
		       uint32_t leaf_count)
{
	for (uint32_t i = 0; i < leaf_count; i++)
		thread->looked[thread->leaves[i]] = 0;
	for (uint32_t i = 0; i < leaf_count; i++) {
		uint32_t index = thread->leaves[i];
		if (!thread->looked[index] && !look(rec, &tensors[index], &thread->stats[index]))
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

/* The tensor of argument `index` where its facts are known. */
static const struct opj_tensor *tensor_argument(const struct opj_op_record *op, uint32_t index)
{
	if (index >= op->in_count || op->in[index].type != OPJ_VALUE_TENSOR)
		return NULL;
	return &op->tensors[op->in[index].u.tensor];
}

static bool has_spikes(const struct opj_thread *thread, const struct opj_op_record *op, const struct opj_tensor *tensor)
{
	return thread->stats[tensor - op->tensors].kind == OPJ_KIND_BINARY;
}

/* A list of integers, one per spatial dimension; a single one stands for all. */
static bool geometry_argument(const struct opj_value *value, int spatial, int64_t *integers)
{
	if ((value->type != OPJ_VALUE_INTS && value->type != OPJ_VALUE_LIST) ||
	    (value->count != 1 && value->count != (uint32_t)spatial))
		return false;
	for (int i = 0; i < spatial; i++) {
		uint32_t at = value->count == 1 ? 0 : (uint32_t)i;
		if (value->type == OPJ_VALUE_LIST && value->u.items[at].type != OPJ_VALUE_INT)
			return false;
		integers[i] = value->type == OPJ_VALUE_INTS ? value->u.ints[at] : value->u.items[at].u.integer;
	}
	return true;
}

/* aten.convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups) */
static int convolution_spike(const struct opj_thread *thread, const struct opj_op_record *op,
			     struct opj_spike_stats *spike)
{
	const struct opj_tensor *x = tensor_argument(op, 0), *w = tensor_argument(op, 1);
	if (!x || !w || op->in_count != 9 || !has_spikes(thread, op, x) || !is_readable(x->data))
		return 0;
	int64_t stride[3], padding[3], dilation[3], output_padding[3];
	int spatial = w->data->ndim - 2;
	if (spatial < 1 || spatial > 3 || !geometry_argument(&op->in[3], spatial, stride) ||
	    !geometry_argument(&op->in[4], spatial, padding) || !geometry_argument(&op->in[5], spatial, dilation) ||
	    op->in[6].type != OPJ_VALUE_BOOL || !geometry_argument(&op->in[7], spatial, output_padding) ||
	    op->in[8].type != OPJ_VALUE_INT)
		return -1;
	struct opj_conv_geometry geometry = {
	    .spatial = spatial,
	    .w_shape = w->data->shape,
	    .stride = stride,
	    .padding = padding,
	    .dilation = dilation,
	    .output_padding = output_padding,
	    .transposed = op->in[6].u.boolean,
	    .groups = op->in[8].u.integer,
	};
	return opj_spike_convolution(x->data, &geometry, spike, NULL) == 0 ? 1 : -1;
}

/* mm(x, y), bmm(x, y); addmm(bias, x, y), baddbmm(bias, x, y): the product's operands begin at argument `first`. */
static int matmul_spike(const struct opj_thread *thread, const struct opj_op_record *op, uint32_t first,
			struct opj_spike_stats *spike)
{
	const struct opj_tensor *x = tensor_argument(op, first), *y = tensor_argument(op, first + 1);
	if (!x || !y)
		return 0;
	bool x_binary = has_spikes(thread, op, x) && is_readable(x->data);
	bool y_binary = has_spikes(thread, op, y) && is_readable(y->data);
	if (!x_binary && !y_binary)
		return 0;
	return opj_spike_matmul(x->data, y->data, x_binary, y_binary, spike, NULL) == 0 ? 1 : -1;
}

int opj_operands_spike(const struct opj_thread *thread, const struct opj_op_record *op, struct opj_spike_stats *spike)
{
	static const struct {
		const char *name;
		uint32_t first;
	} products[] = {{"mm", 0}, {"bmm", 0}, {"addmm", 1}, {"baddbmm", 1}};

	if (strncmp(op->name, "aten.", 5) != 0 || !strchr("cmab", op->name[5]))
		return 0;
	if (strcmp(op->name + 5, "convolution.default") == 0)
		return convolution_spike(thread, op, spike);
	for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
		size_t length = strlen(products[i].name);
		if (strncmp(op->name + 5, products[i].name, length) == 0 &&
		    strcmp(op->name + 5 + length, ".default") == 0)
			return matmul_spike(thread, op, products[i].first, spike);
	}
	return 0;
}
