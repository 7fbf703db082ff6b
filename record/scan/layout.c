/* record/scan/layout.c: which tensors can be scanned, and in which order their elements are read.
 *
 * The facts that a scan reports do not depend on the order of elements. So a transposed or flipped tensor that fills
 * its memory is one run, and an expanded one is read once and multiplied. */
#include "bits.h"
#include "scan.h"
#include <stdlib.h>

#define TOP_BIT(bits) (UINT64_C(1) << ((bits)-1))
#define ONE_OF(mantissa, bias) ((uint64_t)(bias) << (mantissa))
#define INFINITY_OF(bits, mantissa) (TOP_BIT(bits) - (UINT64_C(1) << (mantissa)))
#define FLOAT_ROW(code, bits, word, mantissa, bias, negative_zero, infinity, numbers)                                  \
	{                                                                                                              \
		code, bits, 1, word, false, false, mantissa, bias, ONE_OF(mantissa, bias),                             \
		    ONE_OF(mantissa, bias) | TOP_BIT(bits), negative_zero, infinity, numbers                           \
	}
#define IEEE_ROW(code, bits, word, mantissa, bias)                                                                     \
	FLOAT_ROW(code, bits, word, mantissa, bias, TOP_BIT(bits), INFINITY_OF(bits, mantissa),                        \
		  INFINITY_OF(bits, mantissa))
/* No infinity, one NaN: all bits set but the sign, or, in types without a negative zero, the sign alone. */
#define FN_ROW(code, mantissa, bias) FLOAT_ROW(code, 8, 0, mantissa, bias, TOP_BIT(8), 0x7f, 0x7e)
#define FNUZ_ROW(code, mantissa, bias) FLOAT_ROW(code, 8, 0, mantissa, bias, 0, TOP_BIT(8), 0x7f)
/* `zeros` are the bits that all mean zero by themselves. */
#define PACKED_ROW(code, bits, lanes, word, zeros)                                                                     \
	{                                                                                                              \
		code, bits, lanes, word, false, true, 0, 0, 0, 0, zeros, 0, 0                                          \
	}
#define INT_ROW(code, bits, word)                                                                                      \
	{                                                                                                              \
		code, bits, 1, word, false, false, 0, 0, 1, UINT64_MAX >> (64 - bits), 0, 0, 0                         \
	}
#define UINT_ROW(code, bits, word)                                                                                     \
	{                                                                                                              \
		code, bits, 1, word, false, false, 0, 0, 1, 0, 0, 0, 0                                                 \
	}

static const struct opj_scan_type types[] = {
    IEEE_ROW(kDLFloat, 32, 2, 23, 127),
    IEEE_ROW(kDLFloat, 64, 3, 52, 1023),
    IEEE_ROW(kDLFloat, 16, 1, 10, 15),
    IEEE_ROW(kDLBfloat, 16, 1, 7, 127),
    {OPJ_DL_BOOL, 8, 1, 0, true, false, 0, 0, 1, 0, 0, 0, 0},
    UINT_ROW(kDLUInt, 8, 0),
    UINT_ROW(kDLUInt, 16, 1),
    UINT_ROW(kDLUInt, 32, 2),
    UINT_ROW(kDLUInt, 64, 3),
    INT_ROW(kDLInt, 8, 0),
    INT_ROW(kDLInt, 16, 1),
    INT_ROW(kDLInt, 32, 2),
    INT_ROW(kDLInt, 64, 3),
    IEEE_ROW(OPJ_DL_FLOAT8_E3M4, 8, 0, 4, 3),
    IEEE_ROW(OPJ_DL_FLOAT8_E4M3, 8, 0, 3, 7),
    IEEE_ROW(OPJ_DL_FLOAT8_E5M2, 8, 0, 2, 15),
    FN_ROW(OPJ_DL_FLOAT8_E4M3FN, 3, 7),
    FNUZ_ROW(OPJ_DL_FLOAT8_E4M3B11FNUZ, 3, 11),
    FNUZ_ROW(OPJ_DL_FLOAT8_E4M3FNUZ, 3, 8),
    FNUZ_ROW(OPJ_DL_FLOAT8_E5M2FNUZ, 2, 16),
    INT_ROW(OPJ_DL_QINT, 8, 0), /* the integers themselves: scale and zero point are another tensor's matter */
    INT_ROW(OPJ_DL_QINT, 32, 2),
    UINT_ROW(OPJ_DL_QUINT, 8, 0),
    PACKED_ROW(OPJ_DL_FLOAT4_E2M1FN, 4, 2, 0, 0x88),
    PACKED_ROW(OPJ_DL_BITS, 1, 8, 0, 0),
    PACKED_ROW(OPJ_DL_BITS, 2, 4, 0, 0),
    PACKED_ROW(OPJ_DL_BITS, 4, 2, 0, 0),
    PACKED_ROW(OPJ_DL_BITS, 8, 1, 0, 0),
    PACKED_ROW(OPJ_DL_BITS, 16, 1, 1, 0),
};

const struct opj_scan_type *opj_scan_type_find(DLDataType type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (types[i].code == type.code && types[i].bits == type.bits && types[i].lanes == type.lanes)
			return &types[i];
	}
	return NULL;
}

/* Strides in elements, and that neither the number of elements nor the reach in bytes overflows. */
static int check_extent(const DLTensor *tensor, const char *what, int64_t *strides, struct opj_error *err)
{
	uint64_t count = 1;
	int64_t reach = 0, dense = 1, step;
	bool empty = false, overflow = false;
	for (int d = tensor->ndim - 1; d >= 0; d--) {
		int64_t size = tensor->shape[d];
		if (size < 0)
			return opj_fail(err, "%s: dimension %d has the negative size %lld", what, d, (long long)size);
		strides[d] = tensor->strides ? tensor->strides[d] : dense;
		empty |= size == 0;
		if (size > 1) {
			overflow |= __builtin_mul_overflow(size, dense, &dense);
			overflow |= __builtin_mul_overflow(count, size, &count);
			int64_t stride = strides[d] == INT64_MIN ? INT64_MAX : llabs(strides[d]);
			overflow |= __builtin_mul_overflow(size - 1, stride, &step);
			overflow |= __builtin_add_overflow(reach, step, &reach);
		}
	}
	overflow |= __builtin_mul_overflow(reach, 8, &reach);
	if (overflow && !empty)
		return opj_fail(err, "%s: shape and strides overflow 64 bits", what);
	for (int d = 0; d < tensor->ndim; d++) {
		if (empty || tensor->shape[d] == 1)
			strides[d] = 0;
	}
	if (!empty && !tensor->data)
		return opj_fail(err, "%s: has elements but no data", what);
	return 0;
}

int opj_tensor_check(const DLTensor *tensor, const char *what, const struct opj_scan_type **type, int64_t *strides,
		     struct opj_error *err)
{
	*type = opj_scan_type_find(tensor->dtype);
	if (!*type) {
		const char *name = opj_dtype_name(tensor->dtype);
		if (name)
			return opj_fail(err, "%s: no scan for dtype %s", what, name);
		return opj_fail(err, "%s: no scan for DLPack type code %u, %u bits, %u lanes", what,
				(unsigned)tensor->dtype.code, (unsigned)tensor->dtype.bits,
				(unsigned)tensor->dtype.lanes);
	}
	if (tensor->device.device_type != kDLCPU)
		return opj_fail(err, "%s: lies on DLPack device type %d, not on the CPU", what,
				(int)tensor->device.device_type);
	if (tensor->ndim < 0 || tensor->ndim > OPJ_SCAN_DIMS_MAX)
		return opj_fail(err, "%s: has %d dimensions, 0 to %d can be scanned", what, tensor->ndim,
				OPJ_SCAN_DIMS_MAX);
	return check_extent(tensor, what, strides, err);
}

static void insert_sorted(struct opj_layout *layout, uint64_t size, uint64_t stride)
{
	int at = layout->ndim++;
	for (; at > 0 && layout->stride[at - 1] > stride; at--) {
		layout->size[at] = layout->size[at - 1];
		layout->stride[at] = layout->stride[at - 1];
	}
	layout->size[at] = size;
	layout->stride[at] = stride;
}

static void merge_neighbours(struct opj_layout *layout)
{
	int last = 0;
	for (int d = 1; d < layout->ndim; d++) {
		if (layout->stride[d] == layout->stride[last] * layout->size[last]) {
			layout->size[last] *= layout->size[d];
		} else {
			last++;
			layout->size[last] = layout->size[d];
			layout->stride[last] = layout->stride[d];
		}
	}
	layout->ndim = last + 1;
}

void opj_layout_make(struct opj_layout *layout, const DLTensor *tensor, const int64_t *strides)
{
	ptrdiff_t bytes = (ptrdiff_t)opj_dtype_size(tensor->dtype);
	*layout = (struct opj_layout){.repeat = 1};
	for (int d = 0; d < tensor->ndim; d++) {
		if (tensor->shape[d] == 0) {
			layout->empty = true;
			return;
		}
	}
	ptrdiff_t start = 0;
	for (int d = 0; d < tensor->ndim; d++) {
		int64_t size = tensor->shape[d], stride = strides[d];
		if (size == 1)
			continue;
		if (stride == 0) {
			layout->repeat *= (uint64_t)size;
			continue;
		}
		if (stride < 0) {
			start += (size - 1) * stride * bytes;
			stride = -stride;
		}
		insert_sorted(layout, (uint64_t)size, (uint64_t)stride);
	}
	layout->base = (const char *)tensor->data + tensor->byte_offset + start;
	if (layout->ndim == 0)
		insert_sorted(layout, 1, 1);
	merge_neighbours(layout);
}

bool opj_scan_line(const struct opj_scan_type *type, const char *data, size_t n, int64_t step, uint64_t *bits)
{
	enum { CHUNK = 4096 }; /* elements that become bytes, then bits, at a time; a multiple of 64 */
	const struct opj_word_kernels *kernels = &opj_scan_kernels_get()->word[type->word];
	uint8_t count[CHUNK];
	bool any = false;
	for (size_t done = 0; done < n; done += CHUNK) {
		size_t part = n - done < CHUNK ? n - done : CHUNK;
		const char *from = data + (int64_t)done * step;
		if (step == 1 << type->word)
			kernels->planes(from, 0, 1, part, type->sign, count);
		else
			kernels->pixels(from, step, 1, part, type->sign, count);
		any |= opj_bits_pack(bits + done / 64, count, part);
	}
	return any;
}
