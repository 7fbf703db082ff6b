/* record/product.c: which ops have spike statistics and from which arguments they follow; patterns of weights that have
 * zeros. */
#include "product.h"
#include "operand.h"
#include "record/scan/scan.h"

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

/* Some elements of it are zero, and which ones can be seen. */
static bool has_zeros(const struct opj_thread *thread, const struct opj_op_record *op, const struct opj_tensor *tensor)
{
	const struct opj_stats *stats = &thread->stats[tensor - op->tensors];
	return stats->kind != OPJ_KIND_UNKNOWN && stats->nnz < opj_element_count(tensor->data) &&
	       opj_is_readable(tensor->data);
}

/* Patterns -------------------------------------------------------------------------------------------------------- */

/* A direct-mapped table of one thread: a weight is read anew only when it was written. */
enum { WEIGHTS = 256 };
struct opj_weights {
	struct slot {
		struct opj_cache_key key;
		struct opj_weight_pattern pattern;
	} slots[WEIGHTS];
};

void opj_weights_destroy(struct opj_weights *weights)
{
	for (int i = 0; weights && i < WEIGHTS; i++)
		opj_weight_pattern_finish(&weights->slots[i].pattern);
	free(weights);
}

/* geometry NULL: the right operand of a product. NULL where there is no pattern: a layout without, or no memory. */
static const struct opj_weight_pattern *pattern_of(struct opj_thread *thread, const struct opj_tensor *weight,
						   const struct opj_conv_geometry *geometry)
{
	if (!thread->weights && !(thread->weights = calloc(1, sizeof *thread->weights)))
		return NULL;
	struct opj_cache_key key = opj_cache_key(weight);
	key.low ^= geometry ? (uint64_t)geometry->groups << 1 | geometry->transposed : UINT64_MAX;
	struct slot *slot = &thread->weights->slots[key.high % WEIGHTS];
	if (slot->pattern.taps && weight->version != OPJ_VERSION_UNKNOWN && slot->key.low == key.low &&
	    slot->key.high == key.high)
		return &slot->pattern;
	opj_weight_pattern_finish(&slot->pattern);
	slot->key = key;
	int made = geometry ? opj_weight_pattern_convolution(&slot->pattern, weight->data, geometry->transposed,
							     geometry->groups, NULL)
			    : opj_weight_pattern_product(&slot->pattern, weight->data, NULL);
	return made == 0 ? &slot->pattern : NULL;
}

/* A parameter's pattern goes into the trace when it is met first; NULL: made now, of a product's right operand. */
static void note_pattern(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
			 const struct opj_tensor *weight, const struct opj_weight_pattern *pattern)
{
	if (weight->role != OPJ_ROLE_PARAMETER || !opj_weight_is_new(rec, weight->storage))
		return;
	thread->new_weight.pattern = pattern ? pattern : pattern_of(thread, weight, NULL);
	thread->new_weight.storage = weight->storage;
	thread->new_weight.tensor = (uint32_t)(weight - op->tensors);
}

/* Statistics ------------------------------------------------------------------------------------------------------- */

static bool convolution_geometry(const struct opj_op_record *op, const struct opj_tensor *w,
				 struct opj_conv_geometry *geometry, int64_t (*integers)[3])
{
	int spatial = w->data->ndim - 2;
	if (spatial < 1 || spatial > 3 || !geometry_argument(&op->in[3], spatial, integers[0]) ||
	    !geometry_argument(&op->in[4], spatial, integers[1]) ||
	    !geometry_argument(&op->in[5], spatial, integers[2]) || op->in[6].type != OPJ_VALUE_BOOL ||
	    !geometry_argument(&op->in[7], spatial, integers[3]) || op->in[8].type != OPJ_VALUE_INT)
		return false;
	*geometry = (struct opj_conv_geometry){.spatial = spatial,
					       .w_shape = w->data->shape,
					       .stride = integers[0],
					       .padding = integers[1],
					       .dilation = integers[2],
					       .output_padding = integers[3],
					       .transposed = op->in[6].u.boolean,
					       .groups = op->in[8].u.integer};
	return true;
}

/* aten.convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups) */
static int convolution_spike(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
			     struct opj_spike_stats *spike)
{
	const struct opj_tensor *x = tensor_argument(op, 0), *w = tensor_argument(op, 1);
	if (!x || !w || op->in_count != 9 || !opj_is_readable(x->data))
		return 0;
	struct opj_conv_geometry geometry;
	int64_t integers[4][3];
	bool spikes = has_spikes(thread, op, x), pruned = has_zeros(thread, op, w);
	if (!spikes && !pruned)
		return 0;
	if (!convolution_geometry(op, w, &geometry, integers) ||
	    (spikes && opj_spike_convolution(x->data, &geometry, spike, NULL) < 0))
		return -1;
	if (!pruned)
		return 1;
	const struct opj_weight_pattern *pattern = pattern_of(thread, w, &geometry);
	if (pattern)
		note_pattern(rec, thread, op, w, pattern);
	if (pattern && opj_effective_convolution(x->data, &geometry, pattern, &spike->effective, NULL) == 0)
		spike->has |= OPJ_SPIKE_EFFECTIVE;
	return spike->has != 0;
}

/* mm(x, y), bmm(x, y); addmm(bias, x, y), baddbmm(bias, x, y): the product's operands begin at argument `first`. */
static int matmul_spike(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
			uint32_t first, struct opj_spike_stats *spike)
{
	const struct opj_tensor *x = tensor_argument(op, first), *y = tensor_argument(op, first + 1);
	if (!x || !y)
		return 0;
	bool x_binary = has_spikes(thread, op, x) && opj_is_readable(x->data);
	bool y_binary = has_spikes(thread, op, y) && opj_is_readable(y->data);
	if ((x_binary || y_binary) && opj_spike_matmul(x->data, y->data, x_binary, y_binary, spike, NULL) < 0)
		return -1;
	if (!has_zeros(thread, op, y))
		return spike->has != 0;
	note_pattern(rec, thread, op, y, NULL);
	if (!(x_binary && y_binary) && has_zeros(thread, op, x) &&
	    opj_effective_product(x->data, y->data, &spike->effective, NULL) == 0)
		spike->has |= OPJ_SPIKE_EFFECTIVE;
	return spike->has != 0;
}

int opj_product_spike(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
		      struct opj_spike_stats *spike)
{
	static const struct {
		const char *name;
		uint32_t first;
	} products[] = {{"mm", 0}, {"bmm", 0}, {"addmm", 1}, {"baddbmm", 1}};

	if (strncmp(op->name, "aten.", 5) != 0 || !strchr("cmab", op->name[5]))
		return 0;
	if (strcmp(op->name + 5, "convolution.default") == 0)
		return convolution_spike(rec, thread, op, spike);
	for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
		size_t length = strlen(products[i].name);
		if (strncmp(op->name + 5, products[i].name, length) == 0 &&
		    strcmp(op->name + 5 + length, ".default") == 0)
			return matmul_spike(rec, thread, op, products[i].first, spike);
	}
	return 0;
}
