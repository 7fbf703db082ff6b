/* record/scan/channels.c: how many elements of each channel are not zero.
 *
 * Neurons are placed on chips by channel, so the sums say how busy each core is. Only layouts in which channels or
 * their planes lie side by side are counted; that is what executors produce, channels last included. */
#include "scan.h"

enum {
	COUNT_CHUNK = 4096,                  /* bytes of counts at a time */
	COUNT_MAX = 255,                     /* rows that one byte can count */
	COLUMNS_MAX = OPJ_CHANNEL_INNER_MAX, /* counted at a time */
	COLUMNS_MIN = 256,                   /* so that the widest vectors are full */
};

bool opj_dims_merge(const DLTensor *tensor, const int64_t *strides, int from, int to, uint64_t *size, int64_t *stride)
{
	*size = 1;
	*stride = 0;
	for (int d = to - 1; d >= from; d--) {
		if (tensor->shape[d] == 1)
			continue;
		if (*size > 1 && strides[d] != *stride * (int64_t)*size)
			return false;
		if (*size == 1)
			*stride = strides[d];
		*size *= (uint64_t)tensor->shape[d];
	}
	return true;
}

bool opj_channel_view_make(struct opj_channel_view *view, const DLTensor *tensor, const int64_t *strides, int dimension)
{
	uint64_t outer, inner;
	int64_t outer_stride, inner_stride, bytes = (int64_t)opj_dtype_size(tensor->dtype);
	if (dimension < 0 || dimension >= tensor->ndim || tensor->shape[dimension] == 0 ||
	    !opj_dims_merge(tensor, strides, 0, dimension, &outer, &outer_stride) ||
	    !opj_dims_merge(tensor, strides, dimension + 1, tensor->ndim, &inner, &inner_stride) || outer == 0 ||
	    inner == 0)
		return false;
	*view = (struct opj_channel_view){.base = (const char *)tensor->data + tensor->byte_offset,
					  .channels = (uint64_t)tensor->shape[dimension],
					  .rows = outer,
					  .inner = inner,
					  .row_stride = outer_stride * bytes};
	int64_t stride = view->channels > 1 ? strides[dimension] : (int64_t)inner;
	if (inner == 1 && outer_stride == 1 && stride == (int64_t)outer) { /* transposed */
		view->rows = 1;
		view->inner = outer;
		return true;
	}
	if ((inner == 1 || inner_stride == 1) && stride == (int64_t)inner)
		return outer == 1 || outer_stride > 0;
	if (stride != 1 || inner_stride <= 0 || (outer > 1 && outer_stride != inner_stride * (int64_t)inner))
		return false;
	view->rows = outer * inner; /* channels lie side by side, positions do not */
	view->inner = 1;
	view->row_stride = inner_stride * bytes;
	return true;
}

/* Some rows of columns [from, from + n) of a view, n a multiple of inner: adds to the sums of their channels. */
static bool count_columns(const struct opj_channel_view *view, const struct opj_scan_type *type, uint64_t from,
			  uint64_t n, uint64_t *sums)
{
	bool (*columns)(const void *, ptrdiff_t, size_t, size_t, const struct opj_scan_type *, uint32_t *) =
	    opj_scan_kernels_get()->word[type->word].columns;
	uint64_t at_once = type->word == 0 ? COUNT_MAX : INT16_MAX;
	for (uint64_t row = 0; row < view->rows; row += at_once) {
		uint32_t count[COLUMNS_MAX], *at = count;
		uint64_t rows = view->rows - row < at_once ? view->rows - row : at_once;
		const char *data = view->base + (int64_t)row * view->row_stride + (from << type->word);
		memset(count, 0, n * sizeof *count);
		if (!columns(data, view->row_stride, rows, n, type, count))
			return false;
		for (uint64_t c = from / view->inner; at < count + n; c = c + 1 < view->channels ? c + 1 : 0) {
			uint32_t sum = 0;
			for (uint64_t i = 0; i < view->inner; i++)
				sum += *at++;
			sums[c] += sum;
		}
	}
	return true;
}

bool opj_channel_view_count_ones(const struct opj_channel_view *view, const struct opj_scan_type *type, uint64_t *sums)
{
	uint64_t columns = view->channels * view->inner, fold = 1;
	uint64_t at_once = COLUMNS_MAX / view->inner * view->inner;
	if (columns < COLUMNS_MIN && view->row_stride == (int64_t)(columns << type->word))
		fold = COLUMNS_MIN / columns < view->rows ? COLUMNS_MIN / columns : view->rows;
	struct opj_channel_view folded = *view, rest = *view; /* several rows as one; those that are left over */
	folded.rows /= fold;
	folded.row_stride *= (int64_t)fold;
	rest.rows %= fold;
	rest.base += (int64_t)folded.rows * folded.row_stride;
	if (fold > 1)
		return count_columns(&folded, type, 0, columns * fold, sums) &&
		       (rest.rows == 0 || count_columns(&rest, type, 0, columns, sums));
	for (uint64_t from = 0; from < columns; from += at_once) {
		uint64_t n = columns - from < at_once ? columns - from : at_once;
		if (!count_columns(view, type, from, n, sums))
			return false;
	}
	return true;
}

static void add_counts(const uint8_t *count, uint64_t channels, uint64_t inner, uint64_t *sums)
{
	for (uint64_t c = 0; c < channels; c++, count += inner) {
		uint32_t sum = 0;
		for (uint64_t i = 0; i < inner; i++)
			sum += count[i];
		sums[c] += sum;
	}
}

/* Where a plane is too large for a byte of count each. */
static void count_planes(const struct opj_channel_view *view, const struct opj_scan_type *type, uint64_t *sums)
{
	const struct opj_word_kernels *kernels = &opj_scan_kernels_get()->word[type->word];
	for (uint64_t row = 0; row < view->rows; row++) {
		const char *data = view->base + (int64_t)row * view->row_stride;
		for (uint64_t c = 0; c < view->channels; c++, data += view->inner << type->word)
			sums[c] += kernels->nonzero(data, view->inner, type->sign);
	}
}

void opj_channel_view_count(const struct opj_channel_view *view, const struct opj_scan_type *type, uint64_t *sums)
{
	const struct opj_word_kernels *kernels = &opj_scan_kernels_get()->word[type->word];
	uint64_t at_once = COUNT_CHUNK / view->inner;
	uint8_t count[COUNT_CHUNK];
	if (at_once == 0) {
		count_planes(view, type, sums);
		return;
	}
	for (uint64_t row = 0; row < view->rows; row += COUNT_MAX) {
		uint64_t rows = view->rows - row < COUNT_MAX ? view->rows - row : COUNT_MAX;
		const char *data = view->base + (int64_t)row * view->row_stride;
		for (uint64_t c = 0; c < view->channels; c += at_once) {
			uint64_t channels = view->channels - c < at_once ? view->channels - c : at_once;
			kernels->planes(data + (c * view->inner << type->word), view->row_stride, (unsigned)rows,
					channels * view->inner, type->sign, count);
			add_counts(count, channels, view->inner, sums + c);
		}
	}
}
