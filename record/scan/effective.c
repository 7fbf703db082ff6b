/* record/scan/effective.c: products of two nonzeros, where a weight has zeros.
 *
 * A convolution multiplies each input element with the weights of all taps that bring it to an output. So the products
 * in which neither factor is zero are a sum over input channel and tap: (nonzero inputs of the channel that the tap
 * brings to an output) * (nonzero weights of the channel at the tap). In a matrix product the channel is the inner
 * dimension. Both factors are counted by themselves, in one pass each; the convolution is not done again. */
#include "bits.h"
#include "geometry.h"
#include "scan.h"
#include <stdlib.h>

/* A weight as outputs x inputs x taps, in elements. */
struct weight {
	const struct opj_scan_type *type;
	const char *data;
	uint64_t outputs, inputs, taps;
	int64_t output_stride, input_stride, tap_stride; /* bytes */
};

static bool is_nonzero(const struct weight *w, uint64_t o, uint64_t i, uint64_t k)
{
	const char *at =
	    w->data + (int64_t)o * w->output_stride + (int64_t)i * w->input_stride + (int64_t)k * w->tap_stride;
	uint64_t bits = 0;
	memcpy(&bits, at, (size_t)1 << w->type->word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bits >>= 64 - (8U << w->type->word);
#endif
	return (bits & ~w->type->sign) != 0;
}

/* Dimension d of the outputs, 1 - d of the inputs; those behind are taps, which one step must lead through. */
static int weight_init(struct weight *w, const DLTensor *tensor, int d, struct opj_error *err)
{
	int64_t strides[OPJ_SCAN_DIMS_MAX], bytes = (int64_t)opj_dtype_size(tensor->dtype);
	if (opj_tensor_check(tensor, "weight", &w->type, strides, err) < 0)
		return -1;
	w->data = tensor->data ? (const char *)tensor->data + tensor->byte_offset : NULL;
	w->outputs = (uint64_t)tensor->shape[d];
	w->inputs = (uint64_t)tensor->shape[1 - d];
	if (!opj_dims_merge(tensor, strides, 2, tensor->ndim, &w->taps, &w->tap_stride))
		return opj_fail(err, "weight: its taps do not follow each other in equal steps");
	w->output_stride = strides[d] * bytes;
	w->input_stride = strides[1 - d] * bytes;
	w->tap_stride *= bytes;
	return 0;
}

/* Outputs [from, to): of input i, taps [first + i][taps]; and blocks of four inputs. */
static void weight_count(const struct weight *w, uint64_t from, uint64_t to, struct opj_weight_pattern *pattern,
			 uint64_t first)
{
	for (uint64_t o = from; o < to; o++) {
		for (uint64_t i = 0; i < w->inputs; i += 4) {
			uint64_t width = w->inputs - i < 4 ? w->inputs - i : 4;
			for (uint64_t k = 0; k < w->taps; k++) {
				unsigned sum = 0;
				for (uint64_t j = 0; j < width; j++) {
					bool hit = is_nonzero(w, o, i + j, k);
					pattern->taps[(first + i + j) * w->taps + k] += hit;
					sum += hit;
				}
				pattern->blocks[sum] += width == 4;
			}
		}
	}
}

static int pattern_alloc(struct opj_weight_pattern *pattern, uint64_t channels, uint64_t taps, struct opj_error *err)
{
	*pattern = (struct opj_weight_pattern){.channels = channels, .tap_count = taps};
	if (!__builtin_mul_overflow(channels, taps, &pattern->count))
		pattern->taps = calloc(pattern->count + 1, sizeof *pattern->taps);
	return pattern->taps ? 0 : opj_fail(err, "weight: no memory for its pattern");
}

void opj_weight_pattern_finish(struct opj_weight_pattern *pattern)
{
	free(pattern->taps);
	*pattern = (struct opj_weight_pattern){0};
}

int opj_weight_pattern_convolution(struct opj_weight_pattern *pattern, const DLTensor *weight, bool transposed,
				   int64_t groups, struct opj_error *err)
{
	struct weight w;
	*pattern = (struct opj_weight_pattern){0};
	if (weight->ndim < 3 || groups < 1 || weight->shape[0] % groups != 0)
		return opj_fail(err, "weight: %d dimensions, %lld groups", weight->ndim, (long long)groups);
	if (weight_init(&w, weight, transposed ? 1 : 0, err) < 0)
		return -1;
	uint64_t channels = transposed ? w.inputs : w.inputs * (uint64_t)groups;
	if (pattern_alloc(pattern, channels, w.taps, err) < 0)
		return -1;
	uint64_t outputs = transposed ? w.outputs : w.outputs / (uint64_t)groups;
	for (uint64_t g = 0; g < (transposed ? 1 : (uint64_t)groups); g++)
		weight_count(&w, g * outputs, (g + 1) * outputs, pattern, g * w.inputs);
	return 0;
}

int opj_weight_pattern_product(struct opj_weight_pattern *pattern, const DLTensor *weight, struct opj_error *err)
{
	struct weight w;
	*pattern = (struct opj_weight_pattern){0};
	if (weight->ndim != 2)
		return opj_fail(err, "weight: %d dimensions, not 2", weight->ndim);
	if (weight_init(&w, weight, 1, err) < 0 || pattern_alloc(pattern, w.inputs, 1, err) < 0)
		return -1;
	weight_count(&w, 0, w.outputs, pattern, 0);
	return 0;
}

/* Convolution ------------------------------------------------------------------------------------------------------ */

/* What is needed to count the inputs of one channel that each tap brings to an output. */
struct reach {
	const struct opj_scan_type *type;
	struct opj_conv_dim dim[3]; /* slowest first; dimensions that x lacks are of size 1 */
	int64_t stride[3];          /* bytes */
	uint8_t *valid[2];          /* [kernel][in] of the two slower dimensions: the tap brings it to an output */
	uint64_t *mask;             /* [kernel][words] the same of the fastest, as bits */
	size_t words;               /* of a line */
	uint64_t *bits;             /* [words] a line */
	uint64_t *line;             /* [kernel] its elements by tap of the fastest dimension */
	uint64_t *sums;             /* [taps] those of the channel */
};

static uint64_t input_of(const struct opj_conv_dim *dim, int64_t coarse, int64_t k)
{
	return (uint64_t)(dim->transposed ? coarse : coarse * dim->stride + k * dim->dilation - dim->padding);
}

static void fill_masks(struct reach *reach)
{
	for (int d = 0; d < 3; d++) {
		const struct opj_conv_dim *dim = &reach->dim[d];
		for (int64_t k = 0; k < dim->kernel; k++) {
			int64_t from, to;
			opj_conv_dim_tap(dim, k, &from, &to);
			for (; from < to; from++) {
				uint64_t i = input_of(dim, from, k);
				if (d < 2)
					reach->valid[d][(uint64_t)k * dim->in + i] = 1;
				else
					reach->mask[(uint64_t)k * reach->words + i / 64] |= UINT64_C(1) << i % 64;
			}
		}
	}
}

static int reach_init(struct reach *reach, const DLTensor *x, const struct opj_conv_geometry *g, const int64_t *strides,
		      uint64_t taps, struct opj_error *err)
{
	int first = x->ndim - g->spatial;
	for (int d = 0; d < 3; d++) {
		int own = d - (3 - g->spatial);
		if (own < 0)
			reach->dim[d] =
			    (struct opj_conv_dim){.in = 1, .out = 1, .coarse = 1, .fine = 1, .kernel = 1, .stride = 1};
		else if (opj_conv_dim_init(&reach->dim[d], g, own, x->shape[first + own], err) < 0)
			return -1;
		else
			reach->stride[d] = strides[first + own] * (int64_t)opj_dtype_size(x->dtype);
	}
	const struct opj_conv_dim *dim = reach->dim;
	reach->words = opj_bits_words(dim[2].in);
	reach->valid[0] = calloc((size_t)dim[0].kernel, dim[0].in + 1);
	reach->valid[1] = calloc((size_t)dim[1].kernel, dim[1].in + 1);
	reach->mask = calloc((size_t)dim[2].kernel, (reach->words + 1) * sizeof *reach->mask);
	reach->bits = calloc(reach->words + 1, sizeof *reach->bits);
	reach->line = calloc((size_t)dim[2].kernel, sizeof *reach->line);
	reach->sums = calloc(taps, sizeof *reach->sums);
	if (!reach->valid[0] || !reach->valid[1] || !reach->mask || !reach->bits || !reach->line || !reach->sums)
		return opj_fail(err, "convolution: no memory for its taps");
	fill_masks(reach);
	return 0;
}

static void reach_finish(struct reach *reach)
{
	free(reach->valid[0]);
	free(reach->valid[1]);
	free(reach->mask);
	free(reach->bits);
	free(reach->line);
	free(reach->sums);
}

/* reach->line, of position z, y, goes to the taps that bring it to an output. */
static void add_line(struct reach *reach, uint64_t z, uint64_t y)
{
	const struct opj_conv_dim *dim = reach->dim;
	uint64_t *sums = reach->sums;
	for (uint64_t kz = 0; kz < (uint64_t)dim[0].kernel; kz++) {
		for (uint64_t ky = 0; ky < (uint64_t)dim[1].kernel; ky++, sums += dim[2].kernel) {
			if (!reach->valid[0][kz * dim[0].in + z] || !reach->valid[1][ky * dim[1].in + y])
				continue;
			for (int64_t kx = 0; kx < dim[2].kernel; kx++)
				sums[kx] += reach->line[kx];
		}
	}
}

static void add_channel(struct reach *reach, const char *data)
{
	const struct opj_scan_kernels *set = opj_scan_kernels_get();
	const struct opj_conv_dim *dim = reach->dim;
	for (uint64_t z = 0; z < dim[0].in; z++) {
		for (uint64_t y = 0; y < dim[1].in; y++) {
			const char *from = data + (int64_t)z * reach->stride[0] + (int64_t)y * reach->stride[1];
			if (!opj_scan_line(reach->type, from, dim[2].in, reach->stride[2], reach->bits))
				continue;
			for (int64_t kx = 0; kx < dim[2].kernel; kx++)
				reach->line[kx] = set->count_common(
				    reach->bits, reach->mask + (uint64_t)kx * reach->words, reach->words);
			add_line(reach, z, y);
		}
	}
}

int opj_effective_convolution(const DLTensor *x, const struct opj_conv_geometry *geometry,
			      const struct opj_weight_pattern *pattern, uint64_t *effective, struct opj_error *err)
{
	struct reach reach = {0};
	int64_t strides[OPJ_SCAN_DIMS_MAX], bytes = (int64_t)opj_dtype_size(x->dtype);
	bool overflow = false;
	*effective = 0;
	if (opj_tensor_check(x, "convolution: input", &reach.type, strides, err) < 0 ||
	    opj_conv_check(x, geometry, err) < 0)
		return -1;
	int at = x->ndim - geometry->spatial - 1;
	if ((uint64_t)x->shape[at] != pattern->channels)
		return opj_fail(err, "convolution: input has %lld channels, the weight's pattern %llu",
				(long long)x->shape[at], (unsigned long long)pattern->channels);
	int result = reach_init(&reach, x, geometry, strides, pattern->tap_count, err);
	int64_t batches = at > 0 ? x->shape[0] : 1;
	for (uint64_t c = 0; result == 0 && c < pattern->channels; c++) {
		memset(reach.sums, 0, pattern->tap_count * sizeof *reach.sums);
		for (int64_t n = 0; n < batches; n++)
			add_channel(&reach, (const char *)x->data + x->byte_offset +
						((at > 0 ? n * strides[0] : 0) + (int64_t)c * strides[at]) * bytes);
		for (uint64_t k = 0; k < pattern->tap_count; k++) {
			uint64_t products;
			overflow |= __builtin_mul_overflow(
			    reach.sums[k], (uint64_t)pattern->taps[c * pattern->tap_count + k], &products);
			overflow |= __builtin_add_overflow(*effective, products, effective);
		}
	}
	reach_finish(&reach);
	return overflow ? opj_fail(err, "convolution: its products overflow 64 bits") : result;
}

/* Matrix product --------------------------------------------------------------------------------------------------- */

/* Nonzeros in each index of the inner dimension, of one matrix. */
static int count_inner(const DLTensor *matrix, int dimension, uint64_t *sums, struct opj_error *err)
{
	const struct opj_scan_type *type;
	struct opj_channel_view view;
	int64_t strides[OPJ_SCAN_DIMS_MAX];
	if (opj_tensor_check(matrix, "matmul: operand", &type, strides, err) < 0)
		return -1;
	memset(sums, 0, (size_t)matrix->shape[dimension] * sizeof *sums);
	if (matrix->shape[0] == 0 || matrix->shape[1] == 0)
		return 0;
	if (!opj_channel_view_make(&view, matrix, strides, dimension))
		return opj_fail(err, "matmul: neither rows nor columns of an operand lie side by side");
	opj_channel_view_count(&view, type, sums);
	return 0;
}

/* Matrix b of a batch, or the matrix itself. */
static DLTensor matrix_of(const DLTensor *tensor, int64_t b)
{
	DLTensor matrix = *tensor;
	if (tensor->ndim == 3) {
		int64_t stride = tensor->strides ? tensor->strides[0] : tensor->shape[1] * tensor->shape[2];
		matrix.ndim = 2;
		matrix.shape = tensor->shape + 1;
		matrix.strides = tensor->strides ? tensor->strides + 1 : NULL;
		matrix.byte_offset += (uint64_t)(b * stride) * opj_dtype_size(tensor->dtype);
	}
	return matrix;
}

int opj_effective_product(const DLTensor *x, const DLTensor *y, uint64_t *effective, struct opj_error *err)
{
	int last = x->ndim - 1, result = 0;
	bool overflow = false;
	*effective = 0;
	if (opj_matmul_check(x, y, err) < 0)
		return -1;
	size_t inner = x->shape[last] > 0 ? (size_t)x->shape[last] : 0;
	uint64_t *sums = calloc(2 * inner + 1, sizeof *sums);
	if (!sums)
		return opj_fail(err, "matmul: no memory for its inner dimension");
	for (int64_t b = 0; result == 0 && b < (x->ndim == 3 ? x->shape[0] : 1); b++) {
		DLTensor left = matrix_of(x, b), right = matrix_of(y, b);
		if (count_inner(&left, 1, sums, err) < 0 || count_inner(&right, 0, sums + inner, err) < 0)
			result = -1;
		for (size_t k = 0; result == 0 && k < inner; k++) {
			uint64_t products;
			overflow |= __builtin_mul_overflow(sums[k], sums[inner + k], &products);
			overflow |= __builtin_add_overflow(*effective, products, effective);
		}
	}
	free(sums);
	return overflow ? opj_fail(err, "matmul: its products overflow 64 bits") : result;
}
