/* record/scan/scan.c: opj_tensor_scan, the facts about a tensor's values.
 *
 * A scan begins by believing that the tensor is binary and goes on at that level, the cheapest, until a block says
 * otherwise; from that block on it looks for the next level. What was read before stays true: a binary prefix of an
 * integral tensor has as many ones as its magnitude. */
#include "scan.h"
#include <opjoule/recorder.h>

enum {
	PROBE = 64,          /* elements that a new level is tried on before it gets the whole run */
	PACK_BYTES = 8192,   /* buffer for elements that do not lie side by side */
	DIRECT_BYTES = 1024, /* runs from this length on are read where they are */
	TRIAL = 1024,        /* elements that say whether a tensor is worth an attempt as binary */
	SHARED_INNER = 256,  /* planes from this size on are counted by the scan itself */
};

struct scan {
	const struct opj_scan_type *type;
	const struct opj_word_kernels *kernels;
	enum opj_kind level;
	bool fresh; /* nothing was read at this level yet */
	uint64_t nnz;
	double magnitude; /* meaningful at level integral */
	struct opj_scan_bits bits;
	bool not_a_number; /* one was met in a type whose `top` does not show it */
};

/* Whether an element that a kernel went over is less than 0. The first one ends the question for the whole tensor. */
static void see_sign(struct scan *scan, const char *data, size_t n)
{
	uint64_t sign = UINT64_C(1) << ((8U << scan->type->word) - 1);
	if (!scan->bits.negative)
		scan->bits.negative = scan->type->mantissa
					  ? scan->kernels->between(data, n, sign + 1, scan->type->numbers)
					  : scan->kernels->between(data, n, sign, sign);
}

/* The same after a kernel that collects bits: there is nothing to look for where no sign was set. */
static void see_sign_of_floats(struct scan *scan, const char *data, size_t n)
{
	if (scan->bits.any >> ((8U << scan->type->word) - 1) & 1)
		see_sign(scan, data, n);
}

/* How many of n elements are what the level says. */
static size_t advance(struct scan *scan, const char *data, size_t n)
{
	const struct opj_word_kernels *kernels = scan->kernels;
	const struct opj_scan_type *type = scan->type;
	size_t done = n;
	switch (scan->level) {
	case OPJ_KIND_BINARY:
		if (!type->is_bool)
			return kernels->binary(data, n, type, &scan->nnz);
		scan->nnz += kernels->nonzero(data, n, 0);
		return n;
	case OPJ_KIND_TERNARY:
		done = kernels->ternary(data, n, type, &scan->nnz);
		see_sign(scan, data, done);
		return done;
	case OPJ_KIND_INTEGRAL:
		if (!type->mantissa)
			return kernels->whole_int(data, n, type, &scan->nnz, &scan->magnitude, &scan->bits);
		done = kernels->whole_float(data, n, type, &scan->nnz, &scan->magnitude, &scan->bits);
		break;
	default:
		if (type->is_packed) {
			scan->nnz += kernels->nonzero(data, n, type->sign);
			return n;
		}
		scan->nnz += kernels->dense(data, n, type->sign, &scan->bits);
		if (!type->sign && !scan->not_a_number)
			scan->not_a_number = kernels->between(data, n, 0x80, 1);
		break;
	}
	see_sign_of_floats(scan, data, done);
	return done;
}

static void next_level(struct scan *scan)
{
	scan->level++;
	if (scan->level == OPJ_KIND_TERNARY && !scan->type->minus)
		scan->level++;
	if (scan->level == OPJ_KIND_INTEGRAL)
		scan->magnitude = (double)scan->nnz;
	if (scan->nnz > 0) { /* a one, or, on the way to dense floats, a whole number: then this says nothing new */
		scan->bits.any |= scan->type->one;
		scan->bits.exponent = scan->bits.exponent > 1 ? scan->bits.exponent : 1;
	}
	scan->fresh = true;
}

static void scan_run(struct scan *scan, const char *data, size_t n)
{
	while (n > 0) {
		size_t part = scan->fresh && n > PROBE ? PROBE : n;
		size_t done = advance(scan, data, part);
		scan->fresh = false;
		if (done < part)
			next_level(scan);
		data += done << scan->type->word;
		n -= done;
	}
}

static void gather(char *to, const char *from, size_t n, size_t stride, unsigned word)
{
	switch (word) {
	case 0:
		for (size_t i = 0; i < n; i++)
			to[i] = from[i * stride];
		break;
	case 1:
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * 2, from + i * stride * 2, 2);
		break;
	case 2:
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * 4, from + i * stride * 4, 4);
		break;
	default:
		for (size_t i = 0; i < n; i++)
			memcpy(to + i * 8, from + i * stride * 8, 8);
		break;
	}
}

/* Elements waiting to be scanned together, from runs too short or too scattered to be read in place. */
struct pack {
	size_t used; /* bytes */
	char bytes[PACK_BYTES];
};

static void pack_flush(struct pack *pack, struct scan *scan)
{
	scan_run(scan, pack->bytes, pack->used >> scan->type->word);
	pack->used = 0;
}

static void pack_run(struct pack *pack, struct scan *scan, const char *data, size_t n, size_t stride)
{
	unsigned word = scan->type->word;
	while (n > 0) {
		size_t room = (PACK_BYTES - pack->used) >> word, part = n < room ? n : room;
		if (stride == 1)
			memcpy(pack->bytes + pack->used, data, part << word);
		else
			gather(pack->bytes + pack->used, data, part, stride, word);
		pack->used += part << word;
		data += part * stride << word;
		n -= part;
		if (pack->used == PACK_BYTES)
			pack_flush(pack, scan);
	}
}

/* Moves to the next innermost run; false when there is none. */
static bool next_run(const struct opj_layout *layout, unsigned word, uint64_t *index, const char **data)
{
	for (int d = 1; d < layout->ndim; d++) {
		*data += layout->stride[d] << word;
		if (++index[d] < layout->size[d])
			return true;
		*data -= layout->size[d] * layout->stride[d] << word;
		index[d] = 0;
	}
	return false;
}

static void scan_layout(struct scan *scan, const struct opj_layout *layout)
{
	struct pack pack;
	unsigned word = scan->type->word;
	uint64_t index[OPJ_SCAN_DIMS_MAX] = {0};
	size_t n = layout->size[0], stride = layout->stride[0];
	bool direct = n == 1 || stride == 1;
	if (layout->ndim > 1 && n << word < DIRECT_BYTES)
		direct = false;
	const char *data = layout->base;
	pack.used = 0;
	do {
		if (direct)
			scan_run(scan, data, n);
		else
			pack_run(&pack, scan, data, n, stride);
	} while (next_run(layout, word, index, &data));
	pack_flush(&pack, scan);
}

/* The smallest e with |x| < 2^e of all floats: of the whole numbers in front and of what came after them. */
static int float_exponent(const struct scan *scan)
{
	const struct opj_scan_type *type = scan->type;
	int below = type->bits > 16 ? type->bits - 16 : 0; /* bits that `top` lacks */
	int exponent = scan->bits.top >> (type->mantissa - below);
	uint64_t mantissa = scan->bits.any & ((UINT64_C(1) << type->mantissa) - 1);
	if (scan->bits.top >= type->infinity >> below || scan->not_a_number)
		return OPJ_EXPONENT_MAX;
	if (exponent > 0)
		exponent -= type->bias - 1;
	else if (mantissa) /* denormals, the longest of which is as long as all of them together */
		exponent = 64 - __builtin_clzll(mantissa) + 1 - type->bias - type->mantissa;
	return scan->bits.exponent > 0 && scan->bits.exponent > exponent ? scan->bits.exponent : exponent;
}

static void range_fill(const struct scan *scan, struct opj_stats *stats)
{
	const struct opj_scan_type *type = scan->type;
	uint64_t any = scan->bits.any;
	if (scan->level < OPJ_KIND_INTEGRAL || type->is_packed)
		return;
	int exponent = 64 - __builtin_clzll(any | 1), width = 64;
	if (type->mantissa) {
		exponent = float_exponent(scan);
		width = type->mantissa;
		any &= (UINT64_C(1) << width) - 1;
	}
	stats->ranged = true;
	stats->negative = scan->bits.negative;
	stats->exponent = (int8_t)(exponent < OPJ_EXPONENT_MIN   ? OPJ_EXPONENT_MIN
				   : exponent > OPJ_EXPONENT_MAX ? OPJ_EXPONENT_MAX
								 : exponent);
	stats->trailing_zeros = (uint8_t)(any ? __builtin_ctzll(any) : width);
}

/* Scans plane by plane and notes how many were counted in each, until an element is neither 0, 1 nor another whole
 * number: the rest is only scanned. False then. */
static bool scan_planes(struct scan *scan, const struct opj_channel_view *view, uint64_t *sums)
{
	unsigned word = scan->type->word;
	for (uint64_t row = 0; row < view->rows; row++) {
		const char *data = view->base + (int64_t)row * view->row_stride;
		uint64_t c = 0;
		for (; c < view->channels && scan->level < OPJ_KIND_DENSE; c++) {
			uint64_t before = scan->nnz;
			scan_run(scan, data, view->inner);
			data += view->inner << word;
			sums[c] += scan->nnz - before;
		}
		scan_run(scan, data, (view->channels - c) * view->inner);
	}
	return scan->level < OPJ_KIND_DENSE;
}

/* Binary throughout, as far as can be told without looking at everything. */
static bool seems_binary(const struct scan *scan, const struct opj_channel_view *view)
{
	uint64_t nnz, columns = view->channels * view->inner, probe = columns < TRIAL ? columns : TRIAL;
	return !scan->type->is_bool && !scan->type->is_packed &&
	       scan->kernels->binary(view->base, probe, scan->type, &nnz) == probe;
}

static void scan_by_channel(struct scan *scan, const struct opj_layout *layout, const struct opj_channel_view *view,
			    struct opj_scan_channels *channels)
{
	size_t size = view->channels * sizeof *channels->sums;
	memset(channels->sums, 0, size);
	if (view->inner >= SHARED_INNER) {
		channels->known = scan_planes(scan, view, channels->sums);
		return;
	}
	channels->known = seems_binary(scan, view) && opj_channel_view_count_ones(view, scan->type, channels->sums);
	if (channels->known) {
		for (uint64_t c = 0; c < view->channels; c++)
			scan->nnz += channels->sums[c];
		return;
	}
	scan_layout(scan, layout);
	channels->known = scan->level < OPJ_KIND_DENSE;
	if (channels->known) {
		memset(channels->sums, 0, size);
		opj_channel_view_count(view, scan->type, channels->sums);
	}
}

int opj_scan_channels(const DLTensor *tensor, struct opj_stats *stats, struct opj_scan_channels *channels,
		      struct opj_error *err)
{
	struct opj_layout layout;
	struct opj_channel_view view;
	int64_t strides[OPJ_SCAN_DIMS_MAX];
	struct scan scan = {.level = OPJ_KIND_BINARY, .fresh = true};
	if (channels)
		channels->known = false;
	if (opj_tensor_check(tensor, "tensor", &scan.type, strides, err) < 0)
		return -1;
	opj_layout_make(&layout, tensor, strides);
	if (!layout.empty) {
		scan.level = scan.type->is_packed ? OPJ_KIND_DENSE : OPJ_KIND_BINARY;
		scan.kernels = &opj_scan_kernels_get()->word[scan.type->word];
		if (channels && opj_channel_view_make(&view, tensor, strides, channels->dimension))
			scan_by_channel(&scan, &layout, &view, channels);
		else
			scan_layout(&scan, &layout);
	}
	*stats = (struct opj_stats){.nnz = scan.nnz * layout.repeat, .kind = scan.level};
	if (scan.level == OPJ_KIND_TERNARY)
		stats->magnitude = (double)stats->nnz;
	else if (scan.level == OPJ_KIND_INTEGRAL)
		stats->magnitude = scan.magnitude * (double)layout.repeat;
	range_fill(&scan, stats);
	return 0;
}

int opj_tensor_scan(const DLTensor *tensor, struct opj_stats *stats, struct opj_error *err)
{
	return opj_scan_channels(tensor, stats, NULL, err);
}
