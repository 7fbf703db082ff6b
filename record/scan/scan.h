/* record/scan/scan.h: what the files of this folder share.
 *
 * A scan looks at words of 1, 2, 4 or 8 bytes, never at floating-point numbers: whether a value is 0, 1 or -1 is a
 * question about its bits. Flush-to-zero modes of the caller's thread therefore change nothing, and signalling NaNs
 * signal nothing. */
#ifndef OPJ_RECORD_SCAN_SCAN_H
#define OPJ_RECORD_SCAN_SCAN_H

#include <opjoule/recorder.h>

#define OPJ_SCAN_DIMS_MAX 64

/* An element type as the kernels see it. */
struct opj_scan_type {
	uint8_t code, bits; /* DLPack's */
	uint8_t lanes;
	uint8_t word;      /* log2 of the bytes of one element: 0 to 3 */
	bool is_bool;      /* any bits but 0 are true: never more than binary */
	bool is_packed;    /* several numbers, or no number: only whether it is zero can be said; dense */
	uint8_t mantissa;  /* bits of a float's mantissa; 0: not a float */
	int16_t bias;      /* of a float's exponent */
	uint64_t one;      /* bits of 1 */
	uint64_t minus;    /* bits of -1; 0 where there is no such value */
	uint64_t sign;     /* the bit that alone set still means zero: -0.0; 0 for integers */
	uint64_t infinity; /* of floats: the least bits without the sign of what is not finite */
	uint64_t numbers;  /* of floats: how many bits without the sign are numbers above zero, infinity one of them */
};

/* The row for a type; NULL for a type that cannot be scanned (complex, vectors, several elements to a byte). */
const struct opj_scan_type *opj_scan_type_find(DLDataType type);

/* What the bits of elements say beside how many are zero. Kernels add to it what they meet, which may be more than the
 * elements they vouch for, but never anything else than elements of the tensor. */
struct opj_scan_bits {
	uint64_t any;  /* OR of the elements: floats as they stand, integers their absolute values */
	uint16_t top;  /* floats: the largest upper 16 bits of an element, of 8-bit ones all 8, without the sign */
	int exponent;  /* floats: every whole number met is below 2^exponent, and one is not below 2^(exponent - 1) */
	bool negative; /* an integer was below zero; of floats and ternary elements scan.c finds out */
};

/* Kernels for one word size. Data need not be aligned. `binary`, `ternary`, `whole_int` and `whole_float` look at
 * elements from the first on and stop at a block in which one is not binary, ternary, a whole number: they return how
 * many elements they vouch for (n: all), and add those that are not zero to *nnz, their absolute values to *sum. */
struct opj_word_kernels {
	size_t (*binary)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz);
	size_t (*ternary)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz);
	size_t (*whole_int)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz, double *sum,
			    struct opj_scan_bits *bits);
	size_t (*whole_float)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz, double *sum,
			      struct opj_scan_bits *bits);
	/* Adds to count[i] how many of the `rows` elements at data + i + r * row_stride (bytes) are 1, i < n; false
	 * where one is neither 0 nor 1. Elements of 8 bits: at most 255 rows. */
	bool (*columns)(const void *data, ptrdiff_t row_stride, size_t rows, size_t n, const struct opj_scan_type *type,
			uint32_t *count);
	/* How many of n elements are not zero; `dense` is for floats. */
	uint64_t (*nonzero)(const void *data, size_t n, uint64_t sign);
	uint64_t (*dense)(const void *data, size_t n, uint64_t sign, struct opj_scan_bits *bits);
	/* Whether one of n elements lies in [first, first + count). */
	bool (*between)(const void *data, size_t n, uint64_t first, uint64_t count);
	/* count[i] = how many of the `planes` (at most 255) elements at data + c * plane_stride + i are not zero,
	 * i < n; plane_stride in bytes, of either sign. */
	void (*planes)(const void *data, ptrdiff_t plane_stride, unsigned planes, size_t n, uint64_t sign,
		       uint8_t *count);
	/* The same where channels lie side by side and positions do not: count[i] = how many of the `channels` elements
	 * from data + i * pixel_stride on are not zero. */
	void (*pixels)(const void *data, ptrdiff_t pixel_stride, unsigned channels, size_t n, uint64_t sign,
		       uint8_t *count);
};

struct opj_scan_kernels {
	const char *name;                /* "portable", "avx2", "avx512", "neon" */
	struct opj_word_kernels word[4]; /* by log2 of the bytes of one element */
	/* Sum of count[i] * weight[i], i < n, modulo 2^32. */
	uint32_t (*weigh)(const uint8_t *count, const uint32_t *weight, size_t n);
	/* How many bits of `words` words are set. */
	uint64_t (*count_bits)(const uint64_t *bits, size_t words);
	/* How many of them are set in both. */
	uint64_t (*count_common)(const uint64_t *bits, const uint64_t *others, size_t words);
};

/* The fastest set that this CPU runs, or the one that the environment variable OPJOULE_SCAN names. */
const struct opj_scan_kernels *opj_scan_kernels_get(void);

/* Makes opj_scan_kernels_get answer with the set called `name`; NULL: the default again. -1 when this build has no such
 * set or this CPU cannot run it. For tests and benchmarks. */
int opj_scan_kernels_use(const char *name);

/* One line of n elements, `step` bytes apart, as bits: which are not zero. Whether any is. */
bool opj_scan_line(const struct opj_scan_type *type, const char *data, size_t n, int64_t step, uint64_t *bits);

/* Which channels to count, and their counts. */
struct opj_scan_channels {
	int dimension;  /* of the tensor */
	uint64_t *sums; /* [its size] elements that are not zero */
	bool known;     /* sums were filled: the tensor is not dense, and its layout is one of those that are counted */
};

/* opj_tensor_scan, and, unless `channels` is NULL, counts by channel. */
int opj_scan_channels(const DLTensor *tensor, struct opj_stats *stats, struct opj_scan_channels *channels,
		      struct opj_error *err);

/* Dimensions [from, to) as one, strides in elements; false where no single step leads through them. */
bool opj_dims_merge(const DLTensor *tensor, const int64_t *strides, int from, int to, uint64_t *size, int64_t *stride);

/* A tensor as rows, in each of which all channels stand one after the other with `inner` elements side by side. */
struct opj_channel_view {
	const char *base;
	uint64_t rows, channels, inner;
	int64_t row_stride; /* bytes */
};

/* False where the tensor, which opj_tensor_check has passed, is empty or lies in memory otherwise. */
bool opj_channel_view_make(struct opj_channel_view *view, const DLTensor *tensor, const int64_t *strides,
			   int dimension);

/* Adds each channel's elements that are not zero to `sums` [channels]. The first is for an inner of at most
 * OPJ_CHANNEL_INNER_MAX; it is fast, and false, with sums of no meaning, where an element is neither 0 nor 1. */
enum { OPJ_CHANNEL_INNER_MAX = 1024 };
bool opj_channel_view_count_ones(const struct opj_channel_view *view, const struct opj_scan_type *type, uint64_t *sums);
void opj_channel_view_count(const struct opj_channel_view *view, const struct opj_scan_type *type, uint64_t *sums);

/* Where a weight is not zero. */
struct opj_weight_pattern {
	uint64_t channels, tap_count, count; /* of the input; of the kernel; their product */
	uint32_t *taps;     /* [channels][tap_count] outputs that the channel has a nonzero weight to */
	uint64_t blocks[5]; /* blocks of four neighbouring input channels, of one output and tap, by their nonzeros */
};

/* Of a convolution's weight, shaped as in struct opj_conv_geometry, and of the right operand of x @ weight (one tap).
 * -1 where opj_tensor_scan fails, and for a layout whose taps no single step leads through. */
int opj_weight_pattern_convolution(struct opj_weight_pattern *pattern, const DLTensor *weight, bool transposed,
				   int64_t groups, struct opj_error *err);
int opj_weight_pattern_product(struct opj_weight_pattern *pattern, const DLTensor *weight, struct opj_error *err);
void opj_weight_pattern_finish(struct opj_weight_pattern *pattern);

/* How many products of two nonzeros a convolution of any input has, and a matrix product x @ y of any operands, of two
 * or three dimensions. */
int opj_effective_convolution(const DLTensor *x, const struct opj_conv_geometry *geometry,
			      const struct opj_weight_pattern *pattern, uint64_t *effective, struct opj_error *err);
int opj_effective_product(const DLTensor *x, const DLTensor *y, uint64_t *effective, struct opj_error *err);

/* The operands of x @ y fit each other. */
int opj_matmul_check(const DLTensor *x, const DLTensor *y, struct opj_error *err);

/* A tensor's elements as a set, in whatever order reads memory best: dimensions sorted by stride (the smallest first)
 * and made positive, neighbours merged, those of stride 0 taken out. */
struct opj_layout {
	const char *base;                   /* the element with the lowest address */
	uint64_t repeat;                    /* how often each element stands in the tensor: sizes of stride 0 */
	int ndim;                           /* at least 1 */
	uint64_t size[OPJ_SCAN_DIMS_MAX];   /* elements; all 1 or more unless the tensor is empty */
	uint64_t stride[OPJ_SCAN_DIMS_MAX]; /* elements */
	bool empty;
};

/* Checks a tensor (CPU, dtype, sizes, strides) and fills `type` and strides in elements, C order where the tensor has
 * none and 0 where there is nowhere to go; `strides` has room for OPJ_SCAN_DIMS_MAX. `what` names the tensor in
 * messages. */
int opj_tensor_check(const DLTensor *tensor, const char *what, const struct opj_scan_type **type, int64_t *strides,
		     struct opj_error *err);

/* The layout of a tensor that opj_tensor_check has passed. */
void opj_layout_make(struct opj_layout *layout, const DLTensor *tensor, const int64_t *strides);

#endif
