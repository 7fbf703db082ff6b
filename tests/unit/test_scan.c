/* tests/unit/test_scan.c: opj_tensor_scan against a reference that decodes one element at a time, for every dtype,
 * every set of kernels that this CPU runs, every length up to a few vectors, odd alignments and odd strides. */
#include "record/scan/scan.h"
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <opjoule/recorder.h>
#include <stdlib.h>

static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static const char *const scannable[] = {"bool",        "uint8",       "uint16",          "uint32",
					"uint64",      "int8",        "int16",           "int32",
					"int64",       "float16",     "float32",         "float64",
					"bfloat16",    "float8_e5m2", "float8_e4m3fn",   "float8_e4m3fnuz",
					"float8_e4m3", "float8_e3m4", "float8_e5m2fnuz", "float8_e4m3b11fnuz",
					"qint8",       "quint8",      "qint32"};
enum { SCANNABLE = sizeof scannable / sizeof *scannable };
static const char *const sets[] = {"portable", "neon", "avx2", "avx512"};
enum { SETS = sizeof sets / sizeof *sets };

static DLDataType named(const char *name)
{
	DLDataType type = {0};
	cr_assert(opj_dtype_parse(name, &type));
	return type;
}

/* Formats of floats, as their definitions give them. */
static const struct format {
	unsigned code, bits;
	int mantissa, bias;
	enum { IEEE, FN, FNUZ } kind; /* FN: one NaN, all ones, no infinity; FNUZ: one NaN in place of -0.0 */
} formats[] = {
    {kDLFloat, 64, 52, 1023, IEEE},
    {kDLFloat, 32, 23, 127, IEEE},
    {kDLFloat, 16, 10, 15, IEEE},
    {kDLBfloat, 16, 7, 127, IEEE},
    {OPJ_DL_FLOAT8_E5M2, 8, 2, 15, IEEE},
    {OPJ_DL_FLOAT8_E4M3, 8, 3, 7, IEEE},
    {OPJ_DL_FLOAT8_E3M4, 8, 4, 3, IEEE},
    {OPJ_DL_FLOAT8_E4M3FN, 8, 3, 7, FN},
    {OPJ_DL_FLOAT8_E4M3FNUZ, 8, 3, 8, FNUZ},
    {OPJ_DL_FLOAT8_E5M2FNUZ, 8, 2, 16, FNUZ},
    {OPJ_DL_FLOAT8_E4M3B11FNUZ, 8, 3, 11, FNUZ},
};

static const struct format *format_of(DLDataType type)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (formats[i].code == type.code && formats[i].bits == type.bits)
			return &formats[i];
	}
	return NULL;
}

static bool is_float(DLDataType type)
{
	return format_of(type) != NULL;
}

static bool is_unsigned(DLDataType type)
{
	return type.code == kDLUInt || type.code == OPJ_DL_QUINT;
}

static int mantissa_bits(DLDataType type)
{
	return format_of(type)->mantissa;
}

/* The value of an element, from the definition of its format. */
static long double decode(const void *at, DLDataType type)
{
	uint64_t bits = 0;
	memcpy(&bits, at, type.bits / 8); /* little endian */
	if (type.code == OPJ_DL_BOOL)
		return bits != 0;
	if (is_unsigned(type))
		return bits;
	if (!is_float(type))
		return (int64_t)(bits << (64 - type.bits)) >> (64 - type.bits);
	const struct format *format = format_of(type);
	int mantissa = format->mantissa, exponents = type.bits - 1 - mantissa, bias = format->bias;
	uint64_t fraction = bits & ((UINT64_C(1) << mantissa) - 1);
	int exponent = (int)(bits >> mantissa & ((UINT64_C(1) << exponents) - 1));
	long double sign = bits >> (type.bits - 1) ? -1 : 1;
	if ((format->kind == FN && (bits & 0x7f) == 0x7f) || (format->kind == FNUZ && bits == 0x80))
		return NAN;
	if (format->kind == IEEE && exponent == (1 << exponents) - 1)
		return fraction ? NAN : sign * INFINITY;
	if (exponent == 0)
		return sign * ldexpl(fraction, 1 - bias - mantissa);
	return sign * ldexpl(fraction + (UINT64_C(1) << mantissa), exponent - bias - mantissa);
}

/* Stores a value; where the type cannot hold it exactly, some other. */
static void encode(void *at, DLDataType type, double value)
{
	uint64_t bits;
	if (type.code == OPJ_DL_BOOL) {
		bits = value != 0;
	} else if (!is_float(type)) {
		bits = (uint64_t)(int64_t)value;
	} else {
		int mantissa = mantissa_bits(type);
		int exponents = type.bits - 1 - mantissa, bias = format_of(type)->bias;
		uint64_t wide, top = (UINT64_C(1) << exponents) - 1;
		memcpy(&wide, &value, 8);
		uint64_t exponent = wide >> 52 & 0x7ff, fraction = (wide & (UINT64_MAX >> 12)) >> (52 - mantissa);
		if (exponent == 0x7ff)
			exponent = top;
		else if (exponent)
			exponent = exponent - 1023 + (uint64_t)bias;
		bits = wide >> 63 << (type.bits - 1) | exponent << mantissa | fraction;
	}
	memcpy(at, &bits, type.bits / 8);
}

struct expected {
	uint64_t nnz;
	long double magnitude;
	bool minus, beyond, dense;
	long double largest; /* of the finite ones */
	bool infinite, negative;
	uint64_t mantissas; /* OR */
};

static void expect_element(struct expected *e, const void *at, DLDataType type)
{
	long double x = decode(at, type);
	e->nnz += x != 0;
	e->dense |= !isfinite(x) || truncl(x) != x;
	e->minus |= x == -1;
	e->beyond |= fabsl(x) > 1;
	e->magnitude += fabsl(x);
	uint64_t bits = 0;
	memcpy(&bits, at, type.bits / 8);
	e->mantissas |= is_float(type) ? bits & ((UINT64_C(1) << mantissa_bits(type)) - 1) : bits;
	e->negative |= x < 0;
	e->infinite |= !isfinite(x);
	if (isfinite(x) && fabsl(x) > e->largest)
		e->largest = fabsl(x);
}

static void compare_ranges(const struct opj_stats *range, const struct expected *e, DLDataType type, const char *what)
{
	int exponent = -1000;
	while (exponent < 2000 && e->largest >= ldexpl(1, exponent))
		exponent++;
	exponent = e->infinite || exponent > INT8_MAX ? INT8_MAX : exponent < INT8_MIN ? INT8_MIN : exponent;
	int zeros = e->mantissas ? __builtin_ctzll(e->mantissas) : is_float(type) ? mantissa_bits(type) : type.bits;
	const char *set = opj_scan_kernels_get()->name;
	cr_assert_eq(range->exponent, exponent, "%s, %s: exponent %d, not %d", set, what, range->exponent, exponent);
	cr_assert_eq(range->negative, e->negative, "%s, %s: negative %d", set, what, range->negative);
	cr_assert_eq(range->trailing_zeros, zeros, "%s, %s: trailing zeros %d, not %d", set, what,
		     range->trailing_zeros, zeros);
}

static void compare(const DLTensor *tensor, const struct expected *e, const char *what)
{
	struct opj_stats stats;
	struct opj_error err;
	cr_assert_eq(opj_scan_channels(tensor, &stats, NULL, &err), 0, "%s: %s", what, err.text);
	enum opj_kind kind = e->dense    ? OPJ_KIND_DENSE
			     : e->beyond ? OPJ_KIND_INTEGRAL
			     : e->minus  ? OPJ_KIND_TERNARY
					 : OPJ_KIND_BINARY;
	double magnitude = kind == OPJ_KIND_TERNARY || kind == OPJ_KIND_INTEGRAL ? (double)e->magnitude : 0;
	const char *set = opj_scan_kernels_get()->name;
	cr_assert_eq(stats.kind, kind, "%s, %s: kind %d, not %d", set, what, stats.kind, kind);
	cr_assert_eq(stats.nnz, e->nnz, "%s, %s: nnz %lu, not %lu", set, what, stats.nnz, e->nnz);
	if (magnitude < 0x1p53)
		cr_assert_eq(stats.magnitude, magnitude, "%s, %s: magnitude %.17g, not %.17g", set, what,
			     stats.magnitude, magnitude);
	else if (stats.magnitude != magnitude) /* both may be infinite */
		cr_assert_float_eq(stats.magnitude / magnitude, 1, 1e-12, "%s, %s: magnitude %.17g, not %.17g", set,
				   what, stats.magnitude, magnitude);
	cr_assert_eq(stats.ranged, kind >= OPJ_KIND_INTEGRAL);
	if (stats.ranged && (e->largest > 0 || e->infinite))
		compare_ranges(&stats, e, tensor->dtype, what);
}

static const double whole[] = {0, 1, 0, 1, -1, 0, 2, 3, -5, 17, 100, -128, 127};
static const double specials[] = {-0.0, -1,       2,         0.5, -0.5, 1.5,     100.25,
				  64,   INFINITY, -INFINITY, NAN, 96,   0x1p-14, 1.0078125};
enum { WHOLE = sizeof whole / sizeof *whole, SPECIALS = sizeof specials / sizeof *specials };

/* Bits of which all are finite floats; mantissas, exponents and signs of one tensor have something in common. */
static uint64_t narrow(DLDataType type, uint64_t common)
{
	int mantissa = mantissa_bits(type), exponents = type.bits - 1 - mantissa;
	uint64_t lowest = common >> 8 & ((UINT64_C(1) << exponents) - 1), width = 1 + (common >> 24 & 3);
	uint64_t fraction = rnd() & ((UINT64_C(1) << mantissa) - 1) & UINT64_MAX << common % (unsigned)(mantissa + 1);
	uint64_t exponent = common >> 32 & 1 ? lowest + rnd() % width : 0; /* else denormals */
	if (exponent >= (UINT64_C(1) << exponents) - 1)
		exponent = 1;
	if (common >> 33 & 1 && rnd() % 3 == 0)
		return rnd() % 2 ? 0 : UINT64_C(1) << (type.bits - 1);
	return (common >> 34 & 1 ? rnd() & 1 : 0) << (type.bits - 1) | exponent << mantissa | fraction;
}

/* Fills with elements of a mode: 0 zeros and ones, 1 with minus ones, 2 whole numbers, 3 any bits, 4 floats of one
 * kind; and maybe one special value somewhere. */
static void fill(char *data, size_t n, DLDataType type, int mode, bool special)
{
	size_t bytes = type.bits / 8;
	uint64_t common = rnd();
	for (size_t i = 0; i < n; i++) {
		uint64_t bits = mode == 4 && is_float(type) ? narrow(type, common) : rnd();
		if (mode >= 3)
			memcpy(data + i * bytes, &bits, bytes);
		else
			encode(data + i * bytes, type,
			       is_unsigned(type) ? fabs(whole[bits % (mode == 0   ? 4
								      : mode == 1 ? 6
										  : WHOLE)])
						 : whole[bits % (mode == 0   ? 4
								 : mode == 1 ? 6
									     : WHOLE)]);
	}
	double value = specials[rnd() % SPECIALS];
	if (special && n && (is_float(type) || (isfinite(value) && value >= (is_unsigned(type) ? 0 : -128))))
		encode(data + rnd() % n * bytes, type, value);
}

static void check_flat(DLDataType type, int64_t n, int mode, bool special, int offset)
{
	char *block = malloc((size_t)n * 8 + 16), what[64];
	DLTensor tensor = {.data = block, .device = {kDLCPU, 0}, .ndim = 1, .dtype = type, .shape = &n};
	tensor.byte_offset = (uint64_t)offset;
	fill(block + offset, (size_t)n, type, mode, special);
	struct expected e = {0};
	for (int64_t i = 0; i < n; i++)
		expect_element(&e, block + offset + i * type.bits / 8, type);
	snprintf(what, sizeof what, "%s[%ld] mode %d offset %d", opj_dtype_name(type), n, mode, offset);
	compare(&tensor, &e, what);
	free(block);
}

Test(scan, every_dtype_length_and_set)
{
	for (int s = 0; s < SETS; s++) {
		if (opj_scan_kernels_use(sets[s]) < 0)
			continue;
		for (int d = 0; d < SCANNABLE; d++) {
			DLDataType type = named(scannable[d]);
			for (int64_t n = 0; n <= 200; n++) {
				for (int mode = 0; mode < 5; mode++) {
					check_flat(type, n, mode, false, (int)(rnd() % 9));
					check_flat(type, n, mode, true, (int)(rnd() % 9));
				}
			}
			for (int i = 0; i < 20; i++)
				check_flat(type, (int64_t)(rnd() % 40000), i % 5, i & 4, (int)(rnd() % 9));
		}
	}
}

Test(scan, each_special_value_at_each_place)
{
	for (int s = 0; s < SETS; s++) {
		if (opj_scan_kernels_use(sets[s]) < 0)
			continue;
		for (int d = 0; d < SCANNABLE; d++) {
			DLDataType type = named(scannable[d]);
			char block[150 * 8], what[64];
			int64_t n = 150;
			if (!is_float(type))
				continue;
			DLTensor tensor = {.data = block, .device = {kDLCPU, 0}, .ndim = 1, .dtype = type, .shape = &n};
			for (int64_t at = 0; at < n; at++) {
				for (int k = 0; k < SPECIALS; k++) {
					struct expected e = {0};
					fill(block, (size_t)n, type, 0, false);
					encode(block + at * type.bits / 8, type, specials[k]);
					for (int64_t i = 0; i < n; i++)
						expect_element(&e, block + i * type.bits / 8, type);
					snprintf(what, sizeof what, "%s %g at %ld", scannable[d], specials[k], at);
					compare(&tensor, &e, what);
				}
			}
		}
	}
}

/* Large whole numbers: where float32 and float64 have no fractions left, and integers at the ends of their range. */
Test(scan, large_magnitudes)
{
	static const double values[] = {0x1p20,     0x1p20 - 1, -0x1p20 - 1, 0x1p23,  0x1p23 - 1,   0x1p24,
					0x1p24 + 2, 0x1p31,     0x1p40,      -0x1p31, 0x1p30 + 128, 3};
	for (int s = 0; s < SETS; s++) {
		if (opj_scan_kernels_use(sets[s]) < 0)
			continue;
		for (int k = 0; k < 2; k++) {
			DLDataType type = {kDLFloat, k ? 64 : 32, 1};
			char block[300 * 8];
			int64_t n = 300;
			DLTensor tensor = {.data = block, .device = {kDLCPU, 0}, .ndim = 1, .dtype = type, .shape = &n};
			struct expected e = {0};
			for (int64_t i = 0; i < n; i++) {
				encode(block + i * type.bits / 8, type, values[rnd() % 12]);
				expect_element(&e, block + i * type.bits / 8, type);
			}
			compare(&tensor, &e, "large floats");
		}
		double halves[] = {0x1p31 + 0.5, 1};
		int64_t n = 2;
		DLTensor tensor = {
		    .data = halves, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 64, 1}, .shape = &n};
		compare(&tensor, &(struct expected){.nnz = 2, .dense = true}, "a fraction beyond 2^31");
		float quarters[] = {0x1p21F + 0.25F, 2};
		tensor.data = quarters;
		tensor.dtype.bits = 32;
		compare(&tensor, &(struct expected){.nnz = 2, .dense = true}, "a fraction beyond 2^21");
		int64_t ends[] = {INT64_MIN, INT64_MAX};
		tensor.data = ends;
		tensor.dtype = (DLDataType){kDLInt, 64, 1};
		compare(&tensor, &(struct expected){.nnz = 2, .beyond = true, .magnitude = 0x1p64L - 1}, "int64 ends");
		tensor.dtype = (DLDataType){kDLUInt, 64, 1};
		compare(&tensor, &(struct expected){.nnz = 2, .beyond = true, .magnitude = 0x1p64L - 1}, "uint64");
	}
}

/* Adds up a strided tensor the slow way. */
static void expect_strided(struct expected *e, const DLTensor *tensor, int d, const char *at)
{
	if (d == tensor->ndim) {
		expect_element(e, at, tensor->dtype);
		return;
	}
	for (int64_t i = 0; i < tensor->shape[d]; i++)
		expect_strided(e, tensor, d + 1, at + i * tensor->strides[d] * tensor->dtype.bits / 8);
}

Test(scan, random_strides)
{
	for (int round = 0; round < 6000; round++) {
		DLDataType type = named(scannable[rnd() % SCANNABLE]);
		if (opj_scan_kernels_use(sets[rnd() % SETS]) < 0)
			continue;
		int64_t shape[5], strides[5], reach = 1, low = 0;
		int ndim = (int)(rnd() % 6), order[5] = {0, 1, 2, 3, 4};
		bool overlap = rnd() % 4 == 0; /* arbitrary small strides: elements may be seen more than once */
		for (int d = 0; d < ndim; d++) {
			int other = (int)(rnd() % (unsigned)(d + 1)), swap = order[d];
			order[d] = order[other];
			order[other] = swap;
			shape[d] = (int64_t)(rnd() % (rnd() % 8 ? 7 : 40));
		}
		for (int k = 0; k < ndim; k++) {
			int d = order[k];
			strides[d] = overlap ? (int64_t)(rnd() % 9) : reach * (rnd() % 5 ? 1 : 2);
			if (rnd() % 6 == 0)
				strides[d] = -strides[d];
			if (rnd() % 8 == 0)
				strides[d] = 0;
			int64_t extent = (shape[d] ? shape[d] - 1 : 0) * strides[d];
			low += extent < 0 ? extent : 0;
			reach += llabs(extent);
		}
		size_t bytes = type.bits / 8;
		char *block = malloc((size_t)reach * bytes), what[32];
		fill(block, (size_t)reach, type, (int)(rnd() % 5), rnd() % 2);
		DLTensor tensor = {.data = block,
				   .device = {kDLCPU, 0},
				   .ndim = ndim,
				   .dtype = type,
				   .shape = shape,
				   .strides = strides};
		tensor.byte_offset = (uint64_t)-low * bytes;
		struct expected e = {0};
		expect_strided(&e, &tensor, 0, block + tensor.byte_offset);
		snprintf(what, sizeof what, "round %d", round);
		compare(&tensor, &e, what);
		free(block);
	}
}

Test(scan, views_that_one_remembers)
{
	float data[6 * 400];
	struct opj_stats stats;
	for (int i = 0; i < 6 * 400; i++)
		data[i] = i % 3 == 0;
	DLTensor tensor = {.data = data, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}};
	tensor.shape = (int64_t[]){400, 6};
	tensor.strides = (int64_t[]){1, 400}; /* transposed */
	cr_assert_eq(opj_tensor_scan(&tensor, &stats, NULL), 0);
	cr_assert_eq(stats.nnz, 800);
	tensor.strides = (int64_t[]){0, 400}; /* expanded: 6 elements, 0, 400, …, each 400 times */
	cr_assert_eq(opj_tensor_scan(&tensor, &stats, NULL), 0);
	cr_assert_eq(stats.nnz, 2 * 400);
	tensor.shape = (int64_t[]){6, 200};
	tensor.strides = (int64_t[]){400, 2}; /* every other column: even i divisible by 3 */
	cr_assert_eq(opj_tensor_scan(&tensor, &stats, NULL), 0);
	cr_assert_eq(stats.nnz, 400);
	tensor.ndim = 0;
	cr_assert_eq(opj_tensor_scan(&tensor, &stats, NULL), 0);
	cr_assert(stats.nnz == 1 && stats.kind == OPJ_KIND_BINARY);
	tensor.ndim = 2;
	tensor.shape = (int64_t[]){3, 0};
	tensor.strides = NULL;
	tensor.data = NULL;
	cr_assert_eq(opj_tensor_scan(&tensor, &stats, NULL), 0);
	cr_assert(stats.nnz == 0 && stats.kind == OPJ_KIND_BINARY);
}

Test(scan, an_expanded_tensor_multiplies_magnitudes)
{
	int8_t values[3] = {-2, 0, 5};
	struct opj_stats stats;
	DLTensor tensor = {.data = values, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLInt, 8, 1}};
	tensor.shape = (int64_t[]){1000, 3};
	tensor.strides = (int64_t[]){0, 1};
	cr_assert_eq(opj_tensor_scan(&tensor, &stats, NULL), 0);
	cr_assert(stats.nnz == 2000 && stats.kind == OPJ_KIND_INTEGRAL && stats.magnitude == 7000);
}

/* Channels --------------------------------------------------------------------------------------------------------- */

/* A random tensor; `order` of its dimensions in memory, the slowest first, and the channels. */
struct channels {
	DLTensor tensor;
	int64_t shape[5], strides[5];
	char *block;
	struct opj_scan_channels channels;
};

enum layout { PLANES, PIXELS, GAPS, ANY_ORDER, LAYOUTS };

static void channels_make(struct channels *c, enum layout layout, int mode)
{
	int order[5] = {0, 1, 2, 3, 4}, ndim = 1 + (int)(rnd() % 5), dimension = (int)(rnd() % (unsigned)ndim);
	int64_t reach = 1;
	DLDataType type = named(scannable[rnd() % SCANNABLE]);
	for (int d = dimension; layout == PIXELS && d + 1 < ndim; d++) {
		order[d] = d + 1;
		order[d + 1] = dimension;
	}
	for (int d = 0; layout == ANY_ORDER && d < ndim; d++) {
		int other = (int)(rnd() % (unsigned)(d + 1)), swap = order[d];
		order[d] = order[other];
		order[other] = swap;
	}
	for (int k = ndim - 1; k >= 0; k--) {
		int d = order[k];
		c->shape[d] = (int64_t)(1 + rnd() % (ndim == 1 ? 6000 : ndim == 2 ? 400 : d + 1 == ndim ? 60 : 9));
		c->strides[d] = reach;
		reach *= c->shape[d] + (layout == GAPS && rnd() % 2 ? 1 : 0);
	}
	c->block = malloc((size_t)reach * 8 + 8);
	c->tensor = (DLTensor){.data = c->block,
			       .device = {kDLCPU, 0},
			       .ndim = ndim,
			       .dtype = type,
			       .shape = c->shape,
			       .strides = c->strides,
			       .byte_offset = rnd() % 8};
	c->channels = (struct opj_scan_channels){.dimension = dimension,
						 .sums = malloc((size_t)c->shape[dimension] * sizeof(uint64_t))};
	fill(c->block + c->tensor.byte_offset, (size_t)reach, type, mode, false);
}

static void expect_channels(const struct channels *c, int d, const char *at, int64_t channel, uint64_t *sums)
{
	if (d == c->tensor.ndim || d == 5) { /* at most five, which the compiler cannot know */
		sums[channel] += decode(at, c->tensor.dtype) != 0;
		return;
	}
	for (int64_t i = 0; i < c->shape[d]; i++)
		expect_channels(c, d + 1, at + i * c->strides[d] * c->tensor.dtype.bits / 8,
				d == c->channels.dimension ? i : channel, sums);
}

static void check_channels(enum layout layout, int mode)
{
	struct channels c;
	struct expected e = {0};
	struct opj_stats stats;
	char what[48];
	channels_make(&c, layout, mode);
	int64_t count = c.shape[c.channels.dimension];
	uint64_t *sums = calloc((size_t)count, sizeof *sums);
	const char *first = c.block + c.tensor.byte_offset;
	snprintf(what, sizeof what, "layout %d mode %d", layout, mode);
	expect_channels(&c, 0, first, 0, sums);
	expect_strided(&e, &c.tensor, 0, first);
	compare(&c.tensor, &e, what);
	cr_assert_eq(opj_scan_channels(&c.tensor, &stats, &c.channels, NULL), 0);
	cr_assert(stats.nnz == e.nnz && (stats.kind == OPJ_KIND_DENSE) == e.dense, "%s: scanned by channel", what);
	if (e.dense)
		cr_assert_not(c.channels.known);
	else if (layout <= PIXELS)
		cr_assert(c.channels.known, "%s", what);
	for (int64_t i = 0; c.channels.known && i < count; i++)
		cr_assert_eq(c.channels.sums[i], sums[i], "%s, channel %ld: %lu, not %lu", what, i, c.channels.sums[i],
			     sums[i]);
	free(sums);
	free(c.channels.sums);
	free(c.block);
}

Test(scan, channels_of_every_layout)
{
	for (int s = 0; s < SETS; s++) {
		for (int i = 0; opj_scan_kernels_use(sets[s]) == 0 && i < 800; i++)
			check_channels((enum layout)(i % LAYOUTS), i % 16 == 0 ? 4 : i % 7 == 0 ? 3 : (int)(rnd() % 3));
	}
}

Test(scan, channels_that_look_binary_at_first)
{
	static float data[40 * 8 * 10];
	uint64_t sums[8] = {0};
	struct opj_stats stats;
	struct opj_scan_channels channels = {.dimension = 1, .sums = sums};
	struct opj_channel_view view;
	int64_t shape[] = {40, 8, 10}, strides[] = {80, 10, 1};
	DLTensor tensor = {.data = data, .device = {kDLCPU, 0}, .ndim = 3, .dtype = {kDLFloat, 32, 1}, .shape = shape};
	for (int i = 0; i < 40 * 8 * 10; i++)
		data[i] = i % 2 ? 1 : -0.0F;
	cr_assert(opj_channel_view_make(&view, &tensor, strides, 1));
	cr_assert(opj_channel_view_count_ones(&view, opj_scan_type_find(tensor.dtype), sums), "-0.0 is a zero");
	data[40 * 8 * 10 - 1] = 2;
	cr_assert_eq(opj_scan_channels(&tensor, &stats, &channels, NULL), 0);
	cr_assert(channels.known && stats.kind == OPJ_KIND_INTEGRAL && stats.nnz == 1600);
	for (int c = 0; c < 8; c++)
		cr_assert_eq(sums[c], 200, "channel %d: %lu", c, sums[c]);
}

Test(scan, channels_of_nothing_and_of_repeated_elements)
{
	float value[3] = {1, 0, 1};
	uint64_t sums[3] = {9, 9, 9};
	struct opj_stats stats;
	struct opj_scan_channels channels = {.dimension = 1, .sums = sums, .known = true};
	DLTensor tensor = {.data = value, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}};
	tensor.shape = (int64_t[]){0, 3};
	cr_assert_eq(opj_scan_channels(&tensor, &stats, &channels, NULL), 0);
	cr_assert_not(channels.known);
	tensor.shape = (int64_t[]){5, 3};
	tensor.strides = (int64_t[]){0, 1};
	cr_assert_eq(opj_scan_channels(&tensor, &stats, &channels, NULL), 0);
	cr_assert(!channels.known && stats.nnz == 10);
	channels.dimension = 2;
	cr_assert_eq(opj_scan_channels(&tensor, &stats, &channels, NULL), 0);
	cr_assert(!channels.known && sums[0] == 9);
}

static struct opj_stats range_of(const void *data, int64_t n, DLDataType type)
{
	struct opj_stats stats;
	DLTensor tensor = {.data = (void *)data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = type, .shape = &n};
	cr_assert_eq(opj_scan_channels(&tensor, &stats, NULL, NULL), 0);
	return stats;
}

Test(scan, ranges_by_hand)
{
	const DLDataType single = {kDLFloat, 32, 1};
	struct opj_stats range = range_of((float[]){0.75F, -3.5F}, 2, single); /* mantissas 10…, 110… */
	cr_assert(range.ranged && range.negative && range.exponent == 2 && range.trailing_zeros == 21);
	range = range_of((float[]){0.25F, -0.0F, 0.125F}, 3, single);
	cr_assert(range.ranged && !range.negative && range.exponent == -1 && range.trailing_zeros == 23);
	const uint32_t negative_nan[] = {0x3f000000, 0xff800001};
	range = range_of(negative_nan, 2, single);
	cr_assert(range.ranged && !range.negative && range.exponent == INT8_MAX && range.trailing_zeros == 0);
	range = range_of((float[]){0x1p-140F, 0x1p-149F}, 2, single);
	cr_assert(range.ranged && range.exponent == INT8_MIN && range.trailing_zeros == 0);
	range = range_of((int8_t[]){-128, 4, 0}, 3, (DLDataType){kDLInt, 8, 1});
	cr_assert(range.ranged && range.negative && range.exponent == 8 && range.trailing_zeros == 2);
	range = range_of((uint8_t[]){200, 1}, 2, (DLDataType){kDLUInt, 8, 1});
	cr_assert(range.ranged && !range.negative && range.exponent == 8 && range.trailing_zeros == 0);
	cr_assert_not(range_of((float[]){1, -1}, 2, single).ranged, "of ternary values it is clear");
}

Test(scan, of_packed_elements_only_zeros_are_told)
{
	const uint8_t pairs[] = {0x00, 0x80, 0x08, 0x88, 0x10, 0xff};
	struct opj_stats stats = range_of(pairs, 6, (DLDataType){OPJ_DL_FLOAT4_E2M1FN, 4, 2});
	cr_assert(stats.kind == OPJ_KIND_DENSE && stats.nnz == 2 && !stats.ranged);
	stats = range_of(pairs, 3, (DLDataType){OPJ_DL_BITS, 16, 1}); /* 0x8000, 0x8808, 0xff10 */
	cr_assert(stats.kind == OPJ_KIND_DENSE && stats.nnz == 3 && !stats.ranged);
	stats = range_of(pairs, 6, (DLDataType){OPJ_DL_BITS, 1, 8});
	cr_assert(stats.kind == OPJ_KIND_DENSE && stats.nnz == 5);
}

static void expect_failure(const DLTensor *tensor, const char *part)
{
	struct opj_stats stats;
	struct opj_error err = {""};
	cr_assert_eq(opj_tensor_scan(tensor, &stats, &err), -1);
	cr_assert(strstr(err.text, part), "\"%s\" lacks \"%s\"", err.text, part);
}

Test(scan, refuses_what_it_cannot_read)
{
	float data[4] = {0};
	int64_t shape[2] = {2, 2};
	DLTensor good = {.data = data, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape},
		 bad;
	bad = good;
	bad.dtype = (DLDataType){kDLComplex, 64, 1};
	expect_failure(&bad, "complex64");
	bad.dtype = (DLDataType){kDLFloat, 8, 1};
	expect_failure(&bad, "float8");
	bad.dtype = (DLDataType){OPJ_DL_FLOAT8_E8M0FNU, 8, 1};
	expect_failure(&bad, "float8_e8m0fnu");
	bad.dtype = (DLDataType){kDLInt, 4, 1};
	expect_failure(&bad, "int4");
	bad.dtype = (DLDataType){kDLFloat, 32, 4};
	expect_failure(&bad, "4 lanes");
	bad = good;
	bad.device.device_type = kDLCUDA;
	expect_failure(&bad, "device");
	bad = good;
	bad.data = NULL;
	expect_failure(&bad, "no data");
	bad = good;
	bad.ndim = 65;
	expect_failure(&bad, "65 dimensions");
	bad.ndim = -1;
	expect_failure(&bad, "dimensions");
	bad = good;
	bad.shape = (int64_t[]){2, -2};
	expect_failure(&bad, "negative size -2");
	bad.shape = (int64_t[]){INT64_C(1) << 33, INT64_C(1) << 33};
	expect_failure(&bad, "overflow");
	bad.shape = (int64_t[]){2, 2};
	bad.strides = (int64_t[]){INT64_MIN, 1};
	expect_failure(&bad, "overflow");
}

Test(scan, unknown_sets_are_refused)
{
	cr_assert_eq(opj_scan_kernels_use("mmx"), -1);
	for (int s = 0; s < SETS; s++) {
		if (opj_scan_kernels_use(sets[s]) == 0)
			cr_assert_str_eq(opj_scan_kernels_get()->name, sets[s]);
	}
	cr_assert_eq(opj_scan_kernels_use(NULL), 0);
}
