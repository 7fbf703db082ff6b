/* tests/unit/test_spike.c: spike statistics against a convolution and a product done the long way, over random
 * geometries, layouts and dtypes, and what bad input is answered with. */
#include "record/scan/scan.h"
#include <criterion/criterion.h>
#include <opjoule/recorder.h>
#include <stdlib.h>

static uint64_t state = 0x2545f4914f6cdd1d;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static int64_t between(int64_t low, int64_t high)
{
	return low + (int64_t)(rnd() % (uint64_t)(high - low + 1));
}

static const char *const sets[] = {"portable", "neon", "avx2", "avx512"};

/* A random tensor of zeros and ones, in some order of dimensions, with gaps or not. `spikes` is the same in C order. */
struct sample {
	DLTensor tensor;
	int64_t shape[5], strides[5];
	char *block;
	uint8_t *spikes;
};

static const DLDataType dtypes[] = {{kDLFloat, 32, 1},   {kDLFloat, 64, 1}, {kDLFloat, 16, 1},
				    {OPJ_DL_BOOL, 8, 1}, {kDLUInt, 8, 1},   {kDLInt, 64, 1}};
static const uint64_t ones[] = {0x3f800000, 0x3ff0000000000000, 0x3c00, 1, 1, 1};

static void sample_make(struct sample *s, int ndim, const int64_t *shape, unsigned percent)
{
	int order[5] = {0, 1, 2, 3, 4}, type = (int)(rnd() % 6);
	int64_t count = 1, reach = 1, low = 0;
	size_t bytes = dtypes[type].bits / 8;
	memcpy(s->shape, shape, (size_t)ndim * sizeof *shape);
	for (int d = ndim - 1, plain = rnd() % 2; d >= 0; d--) {
		int other = plain ? d : (int)between(0, d), swap = order[d];
		order[d] = order[other];
		order[other] = swap;
	}
	for (int k = ndim - 1; k >= 0; k--) {
		int d = order[k];
		s->strides[d] = reach * (rnd() % 8 ? 1 : 2);
		reach += (shape[d] ? shape[d] - 1 : 0) * s->strides[d];
		if (rnd() % 8 == 0) {
			s->strides[d] = -s->strides[d];
			low += (shape[d] ? shape[d] - 1 : 0) * s->strides[d];
		}
		count *= shape[d];
	}
	size_t offset = (size_t)between(0, 3);
	s->block = calloc((size_t)reach * bytes + offset, 1);
	s->spikes = calloc((size_t)count + 1, 1);
	s->tensor = (DLTensor){.data = s->block,
			       .device = {kDLCPU, 0},
			       .ndim = ndim,
			       .dtype = dtypes[type],
			       .shape = s->shape,
			       .strides = s->strides,
			       .byte_offset = (uint64_t)-low * bytes + offset};
	for (int64_t i = 0; i < count; i++) {
		char *at = s->block + s->tensor.byte_offset;
		int64_t rest = i;
		for (int d = ndim - 1; d >= 0; d--) {
			at += rest % shape[d] * s->strides[d] * (int64_t)bytes;
			rest /= shape[d];
		}
		s->spikes[i] = rnd() % 100 < percent;
		if (s->spikes[i])
			memcpy(at, &ones[type], bytes); /* little endian */
	}
}

static void sample_free(struct sample *s)
{
	free(s->block);
	free(s->spikes);
}

/* Convolution ------------------------------------------------------------------------------------------------------ */

struct geometry {
	struct opj_conv_geometry g;
	int64_t w[5], stride[3], padding[3], dilation[3], extra[3];
	int64_t batches, channels, in[3], out[3]; /* filled up in front with 1 to three dimensions */
};

static bool geometry_make(struct geometry *q, int64_t most_channels)
{
	int spatial = (int)between(1, 3);
	int64_t groups = rnd() % 2 ? 1 : between(2, 4), outputs = between(1, 4);
	q->g = (struct opj_conv_geometry){.spatial = spatial,
					  .w_shape = q->w,
					  .stride = q->stride,
					  .padding = q->padding,
					  .dilation = q->dilation,
					  .output_padding = q->extra,
					  .transposed = rnd() % 3 == 0,
					  .groups = groups};
	q->channels = groups == 1 ? between(1, most_channels) : groups * between(1, 3);
	q->batches = between(1, 3);
	q->w[0] = q->g.transposed ? q->channels : outputs * groups;
	q->w[1] = q->g.transposed ? outputs : q->channels / groups;
	for (int d = 0; d < 3; d++)
		q->in[d] = q->out[d] = 1;
	for (int d = 0; d < spatial; d++) {
		int64_t in = spatial == 1 ? between(1, 150) : between(1, rnd() % 20 ? 9 : 70), kernel = between(1, 5),
			out;
		q->w[2 + d] = kernel;
		q->stride[d] = between(1, 4);
		q->padding[d] = between(0, 5);
		q->dilation[d] = between(1, 3);
		q->extra[d] = between(0, q->stride[d] - 1);
		if (q->g.transposed)
			out = (in - 1) * q->stride[d] - 2 * q->padding[d] + q->dilation[d] * (kernel - 1) +
			      q->extra[d] + 1;
		else if (in + 2 * q->padding[d] < q->dilation[d] * (kernel - 1) + 1)
			return false;
		else
			out = (in + 2 * q->padding[d] - q->dilation[d] * (kernel - 1) - 1) / q->stride[d] + 1;
		if (out < 1)
			return false;
		q->in[3 - spatial + d] = in;
		q->out[3 - spatial + d] = out;
	}
	return true;
}

/* Where input i lies under tap k of output o, or -1. */
static bool meets(const struct geometry *q, int d, int64_t o, int64_t k, int64_t i)
{
	int own = d - (3 - q->g.spatial);
	if (own < 0)
		return o == 0 && k == 0 && i == 0;
	if (q->g.transposed)
		return o == i * q->stride[own] - q->padding[own] + k * q->dilation[own];
	return i == o * q->stride[own] - q->padding[own] + k * q->dilation[own];
}

/* How many taps of output o see input i: 0 or 1. */
static bool sees(const struct geometry *q, int d, int64_t o, int64_t i)
{
	int own = d - (3 - q->g.spatial);
	for (int64_t k = 0; k < (own < 0 ? 1 : q->w[2 + own]); k++) {
		if (meets(q, d, o, k, i))
			return true;
	}
	return false;
}

/* Spikes of channels [from, to) of a batch in the receptive field of an output site. */
static uint64_t field(const struct geometry *q, const uint8_t *spikes, int64_t n, int64_t from, int64_t to,
		      const int64_t *o)
{
	uint64_t sum = 0;
	for (int64_t z = 0; z < q->in[0]; z++) {
		if (!sees(q, 0, o[0], z))
			continue;
		for (int64_t y = 0; y < q->in[1]; y++) {
			if (!sees(q, 1, o[1], y))
				continue;
			for (int64_t x = 0; x < q->in[2]; x++) {
				if (!sees(q, 2, o[2], x))
					continue;
				for (int64_t c = from; c < to; c++)
					sum +=
					    spikes[(((n * q->channels + c) * q->in[0] + z) * q->in[1] + y) * q->in[2] +
						   x];
			}
		}
	}
	return sum;
}

struct slow {
	uint64_t synops, active_out;
	uint64_t patches[5], sites[5], rows[5][16];
};

static void slow_site(const struct geometry *q, const uint8_t *spikes, int64_t n, const int64_t *o, struct slow *slow)
{
	int64_t group = q->channels / q->g.groups, outputs = q->g.transposed ? q->w[1] : q->w[0] / q->g.groups;
	for (int64_t g = 0; g < q->g.groups; g++) {
		uint64_t seen = field(q, spikes, n, g * group, (g + 1) * group, o);
		slow->synops += seen * (uint64_t)outputs;
		slow->active_out += seen ? (uint64_t)outputs : 0;
	}
	for (int s = 0; s < 5 && q->g.groups == 1 && !q->g.transposed && q->g.spatial == 2; s++) {
		int64_t size = 16 << s;
		bool any = false;
		for (int64_t t = 0; t * size < q->channels; t++) {
			int64_t end = (t + 1) * size < q->channels ? (t + 1) * size : q->channels;
			uint64_t seen = field(q, spikes, n, t * size, end, o);
			slow->rows[s][t] += seen;
			slow->patches[s] += seen > 0;
			any |= seen > 0;
		}
		slow->sites[s] += any;
	}
}

static void slow_convolution(const struct geometry *q, const uint8_t *spikes, struct slow *slow)
{
	int64_t o[3];
	memset(slow, 0, sizeof *slow);
	for (int64_t n = 0; n < q->batches; n++)
		for (o[0] = 0; o[0] < q->out[0]; o[0]++)
			for (o[1] = 0; o[1] < q->out[1]; o[1]++)
				for (o[2] = 0; o[2] < q->out[2]; o[2]++)
					slow_site(q, spikes, n, o, slow);
}

static void compare_tiles(const struct geometry *q, const struct opj_spike_stats *stats, const struct slow *slow)
{
	bool tiled = q->g.spatial == 2 && q->g.groups == 1 && !q->g.transposed;
	cr_assert_eq(stats->has, OPJ_SPIKE_SYNOPS | (tiled ? OPJ_SPIKE_TILES : 0));
	cr_assert_eq(stats->tile_count, tiled ? 5 : 0);
	for (uint32_t s = 0; s < stats->tile_count; s++) {
		const struct opj_tile_stats *tile = &stats->tiles[s];
		cr_assert_eq(tile->size, 16U << s);
		cr_assert_eq(tile->row_count, (q->channels + tile->size - 1) / tile->size);
		cr_assert_eq(tile->patches, slow->patches[s], "size %u: patches %lu, not %lu", tile->size,
			     tile->patches, slow->patches[s]);
		cr_assert_eq(tile->sites, slow->sites[s], "size %u: sites %lu, not %lu", tile->size, tile->sites,
			     slow->sites[s]);
		for (uint32_t t = 0; t < tile->row_count; t++)
			cr_assert_eq(tile->rows[t], slow->rows[s][t], "size %u: rows[%u] %lu, not %lu", tile->size, t,
				     tile->rows[t], slow->rows[s][t]);
	}
}

/* Whether one weight of the geometry's shape is not zero: output and input channel within the group. */
static bool weight_at(const struct geometry *q, const uint8_t *weights, int64_t g, int64_t o, int64_t i, int64_t tap)
{
	int64_t inputs = q->channels / q->g.groups, outputs = q->g.transposed ? q->w[1] : q->w[0] / q->g.groups;
	int64_t taps = 1;
	for (int d = 0; d < q->g.spatial; d++)
		taps *= q->w[2 + d];
	if (q->g.transposed)
		return weights[((g * inputs + i) * outputs + o) * taps + tap];
	return weights[((g * outputs + o) * inputs + i) * taps + tap];
}

/* Products of two nonzeros where an input position meets an output site under a tap. */
static uint64_t slow_products(const struct geometry *q, const uint8_t *spikes, const uint8_t *weights, int64_t in,
			      int64_t tap)
{
	int64_t inputs = q->channels / q->g.groups, outputs = q->g.transposed ? q->w[1] : q->w[0] / q->g.groups;
	int64_t size = q->in[0] * q->in[1] * q->in[2];
	uint64_t sum = 0;
	for (int64_t n = 0; n < q->batches; n++)
		for (int64_t c = 0; c < q->channels; c++)
			for (int64_t o = 0; o < outputs && spikes[(n * q->channels + c) * size + in]; o++)
				sum += weight_at(q, weights, c / inputs, o, c % inputs, tap);
	return sum;
}

/* 1 where one tap brings input i of dimension d to some output: then to exactly one. */
static bool lands(const struct geometry *q, int d, int64_t k, int64_t i)
{
	for (int64_t o = 0; o < q->out[d]; o++) {
		if (meets(q, d, o, k, i))
			return true;
	}
	return false;
}

static uint64_t slow_effective(const struct geometry *q, const uint8_t *spikes, const uint8_t *weights)
{
	int64_t k[3], i[3], kernel[3] = {1, 1, 1};
	uint64_t sum = 0;
	for (int d = 0; d < q->g.spatial; d++)
		kernel[3 - q->g.spatial + d] = q->w[2 + d];
	for (int64_t tap = 0; tap < kernel[0] * kernel[1] * kernel[2]; tap++) {
		k[2] = tap % kernel[2];
		k[1] = tap / kernel[2] % kernel[1];
		k[0] = tap / kernel[2] / kernel[1];
		for (int64_t in = 0; in < q->in[0] * q->in[1] * q->in[2]; in++) {
			i[2] = in % q->in[2];
			i[1] = in / q->in[2] % q->in[1];
			i[0] = in / q->in[2] / q->in[1];
			if (lands(q, 0, k[0], i[0]) && lands(q, 1, k[1], i[1]) && lands(q, 2, k[2], i[2]))
				sum += slow_products(q, spikes, weights, in, tap);
		}
	}
	return sum;
}

/* False where the weight lies in memory in a way that is refused. */
static bool check_effective(const struct geometry *q, const struct sample *x)
{
	struct sample w;
	struct opj_weight_pattern pattern;
	struct opj_error err;
	uint64_t effective;
	sample_make(&w, q->g.spatial + 2, q->w, (unsigned)between(0, 100));
	bool taken = opj_weight_pattern_convolution(&pattern, &w.tensor, q->g.transposed, q->g.groups, &err) == 0;
	if (taken) {
		uint64_t want = slow_effective(q, x->spikes, w.spikes);
		cr_assert_eq(opj_effective_convolution(&x->tensor, &q->g, &pattern, &effective, &err), 0, "%s",
			     err.text);
		cr_assert_eq(effective, want, "effective %lu, not %lu", effective, want);
		opj_weight_pattern_finish(&pattern);
	} else {
		cr_assert(strstr(err.text, "equal steps"), "%s", err.text);
	}
	sample_free(&w);
	return taken;
}

static void check_convolution(int64_t most_channels)
{
	struct geometry q;
	struct sample x;
	struct slow slow;
	struct opj_spike_stats stats;
	struct opj_error err;
	if (!geometry_make(&q, most_channels))
		return;
	int64_t shape[5] = {q.batches, q.channels};
	for (int d = 0; d < q.g.spatial; d++)
		shape[2 + d] = q.in[3 - q.g.spatial + d];
	bool batched = q.batches > 1 || rnd() % 2;
	sample_make(&x, q.g.spatial + 1 + batched, batched ? shape : shape + 1, (unsigned)between(0, 30));
	slow_convolution(&q, x.spikes, &slow);
	cr_assert_eq(opj_spike_convolution(&x.tensor, &q.g, &stats, &err), 0, "%s", err.text);
	cr_assert_eq(stats.synops, slow.synops, "synops %lu, not %lu", stats.synops, slow.synops);
	cr_assert_eq(stats.active_out, slow.active_out, "active_out %lu, not %lu", stats.active_out, slow.active_out);
	compare_tiles(&q, &stats, &slow);
	opj_spike_stats_finish(&stats);
	sample_free(&x);
}

Test(spike, products_of_two_nonzeros_in_a_convolution)
{
	int taken = 0;
	for (int s = 0; s < 4; s++) {
		for (int i = 0; opj_scan_kernels_use(sets[s]) == 0 && i < 500; i++) {
			struct geometry q;
			struct sample x;
			if (!geometry_make(&q, 9))
				continue;
			int64_t shape[5] = {q.batches, q.channels};
			for (int d = 0; d < q.g.spatial; d++)
				shape[2 + d] = q.in[3 - q.g.spatial + d];
			bool batched = q.batches > 1 || rnd() % 2;
			sample_make(&x, q.g.spatial + 1 + batched, batched ? shape : shape + 1,
				    (unsigned)between(0, 100));
			taken += check_effective(&q, &x);
			sample_free(&x);
		}
	}
	cr_assert_gt(taken, 300);
}

Test(spike, convolutions_of_every_geometry)
{
	for (int s = 0; s < 4; s++) {
		for (int i = 0; opj_scan_kernels_use(sets[s]) == 0 && i < 700; i++)
			check_convolution(5);
	}
}

Test(spike, convolutions_with_many_tiles)
{
	for (int s = 0; s < 4; s++) {
		for (int i = 0; opj_scan_kernels_use(sets[s]) == 0 && i < 60; i++)
			check_convolution(140);
	}
}

/* Figures that can be counted by hand: a 3x3 kernel over a 4x4 map. */
Test(spike, borders_and_strides_by_hand)
{
	float data[16] = {0};
	struct opj_spike_stats stats;
	DLTensor x = {.data = data, .device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}};
	x.shape = (int64_t[]){1, 1, 4, 4};
	struct opj_conv_geometry g = {.spatial = 2, .groups = 1};
	g.w_shape = (int64_t[]){10, 1, 3, 3};
	g.stride = g.dilation = g.padding = (int64_t[]){1, 1};
	data[0] = 1; /* a corner reaches 2x2 sites, an inner position 3x3 */
	data[5] = 1;
	cr_assert_eq(opj_spike_convolution(&x, &g, &stats, NULL), 0);
	cr_assert_eq(stats.synops, (4 + 9) * 10);
	cr_assert_eq(stats.active_out, 9 * 10);
	cr_assert_eq(stats.tiles[4].rows[0], 13);
	opj_spike_stats_finish(&stats);
	data[5] = -0.0F; /* a zero, whatever its sign */
	g.stride = (int64_t[]){2, 2};
	cr_assert_eq(opj_spike_convolution(&x, &g, &stats, NULL), 0);
	cr_assert_eq(stats.synops, 10);
	cr_assert_eq(stats.active_out, 10);
	opj_spike_stats_finish(&stats);
	cr_assert_null(stats.tiles);
	opj_spike_stats_finish(NULL);
}

Test(spike, a_convolution_of_nothing)
{
	struct opj_spike_stats stats;
	DLTensor x = {.device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}};
	x.shape = (int64_t[]){0, 20, 4, 4};
	struct opj_conv_geometry g = {.spatial = 2, .groups = 1};
	g.w_shape = (int64_t[]){10, 20, 3, 3};
	g.stride = g.dilation = g.padding = (int64_t[]){1, 1};
	cr_assert_eq(opj_spike_convolution(&x, &g, &stats, NULL), 0);
	cr_assert(stats.synops == 0 && stats.active_out == 0 && stats.tiles[0].row_count == 2);
	cr_assert_eq(stats.tiles[0].rows[1], 0);
	opj_spike_stats_finish(&stats);
	x.shape = (int64_t[]){2, 0, 4, 4};
	g.w_shape = (int64_t[]){10, 0, 3, 3};
	cr_assert_eq(opj_spike_convolution(&x, &g, &stats, NULL), 0);
	cr_assert(stats.synops == 0 && stats.tiles[0].row_count == 0);
	opj_spike_stats_finish(&stats);
}

static void refuse_convolution(const DLTensor *x, const struct opj_conv_geometry *g, const char *part)
{
	struct opj_spike_stats stats;
	struct opj_error err = {""};
	cr_assert_eq(opj_spike_convolution(x, g, &stats, &err), -1);
	cr_assert(strstr(err.text, part), "\"%s\" lacks \"%s\"", err.text, part);
	cr_assert(stats.has == 0 && !stats.tiles);
}

Test(spike, refuses_bad_geometry)
{
	float data[32] = {0};
	DLTensor x = {.data = data, .device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}}, other;
	x.shape = (int64_t[]){1, 2, 4, 4};
	struct opj_conv_geometry good = {.spatial = 2, .groups = 1}, bad;
	good.w_shape = (int64_t[]){10, 2, 3, 3};
	good.stride = good.dilation = good.padding = (int64_t[]){1, 1};
	bad = good;
	bad.spatial = 4;
	refuse_convolution(&x, &bad, "4 spatial");
	bad = good;
	bad.spatial = 1;
	refuse_convolution(&x, &bad, "4 dimensions");
	bad = good;
	bad.groups = 0;
	refuse_convolution(&x, &bad, "groups 0");
	bad.groups = 2;
	refuse_convolution(&x, &bad, "2 channels");
	bad.groups = INT64_MAX;
	refuse_convolution(&x, &bad, "channels");
	bad = good;
	bad.stride = (int64_t[]){1, 0};
	refuse_convolution(&x, &bad, "stride[1] is 0");
	bad = good;
	bad.padding = (int64_t[]){-1, 1};
	refuse_convolution(&x, &bad, "padding[0] is -1");
	bad = good;
	bad.dilation = (int64_t[]){INT64_MAX, 1};
	refuse_convolution(&x, &bad, "dilation[0]");
	bad = good;
	bad.w_shape = (int64_t[]){10, 2, 9, 3};
	refuse_convolution(&x, &bad, "no output in dimension 0");
	bad.w_shape = (int64_t[]){10, 2, 0, 3};
	refuse_convolution(&x, &bad, "kernel[0] is 0");
	bad.w_shape = (int64_t[]){10, -2, 3, 3};
	refuse_convolution(&x, &bad, "weight [10, -2");
	other = x;
	other.dtype = (DLDataType){kDLComplex, 64, 1};
	refuse_convolution(&other, &good, "complex64");
	other = x;
	other.data = NULL;
	refuse_convolution(&other, &good, "no data");
}

/* A dimension of one element goes nowhere, whatever its stride. */
Test(spike, strides_of_single_elements_mean_nothing)
{
	float data[4] = {0, 1, 0, 0};
	struct opj_spike_stats stats;
	DLTensor x = {.data = data, .device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}};
	x.shape = (int64_t[]){1, 1, 2, 2};
	x.strides = (int64_t[]){INT64_MIN, INT64_MAX, 2, 1};
	struct opj_conv_geometry g = {.spatial = 2, .groups = 1, .w_shape = (int64_t[]){3, 1, 2, 2}};
	g.stride = g.dilation = (int64_t[]){1, 1};
	g.padding = (int64_t[]){0, 0};
	cr_assert_eq(opj_spike_convolution(&x, &g, &stats, NULL), 0);
	cr_assert_eq(stats.synops, 3);
	opj_spike_stats_finish(&stats);
}

Test(spike, maps_beyond_memory_are_refused)
{
	float value = 1;
	DLTensor x = {.data = &value, .device = {kDLCPU, 0}, .ndim = 5, .dtype = {kDLFloat, 32, 1}};
	x.shape = (int64_t[]){1, 1, 1, 1, 1};
	struct opj_conv_geometry g = {.spatial = 3, .groups = 1, .w_shape = (int64_t[]){1, 1, 1, 1, 1}};
	g.stride = g.dilation = (int64_t[]){1, 1, 1};
	g.padding = (int64_t[]){INT32_MAX, INT32_MAX, INT32_MAX};
	refuse_convolution(&x, &g, "no memory for maps");
}

/* Matrix products -------------------------------------------------------------------------------------------------- */

static void check_matmul(bool batched, int64_t most)
{
	int64_t batches = batched ? between(0, 3) : 1, m = between(0, most), k = between(0, most), n = between(0, most);
	struct sample x, y;
	struct opj_spike_stats stats, want = {0};
	struct opj_error err;
	unsigned which = (unsigned)between(1, 3);
	sample_make(&x, 2 + batched, batched ? (int64_t[]){batches, m, k} : (int64_t[]){m, k},
		    (unsigned)between(0, 40));
	sample_make(&y, 2 + batched, batched ? (int64_t[]){batches, k, n} : (int64_t[]){k, n},
		    (unsigned)between(0, 40));
	for (int64_t b = 0; b < batches; b++) {
		const uint8_t *left = x.spikes + b * m * k, *right = y.spikes + b * k * n;
		for (int64_t i = 0; i < m; i++) {
			bool any = false;
			for (int64_t p = 0; p < k; p++)
				any |= left[i * k + p];
			want.x_active_rows += any;
		}
		for (int64_t j = 0; j < n; j++) {
			bool any = false;
			for (int64_t p = 0; p < k; p++)
				any |= right[p * n + j];
			want.y_active_cols += any;
		}
		for (int64_t i = 0; i < m; i++) {
			for (int64_t j = 0; j < n; j++) {
				uint64_t sum = 0;
				for (int64_t p = 0; p < k; p++)
					sum += left[i * k + p] & right[p * n + j];
				want.pair_sum += sum;
				want.pair_active += sum > 0;
			}
		}
	}
	if (!(which & 1)) /* what is not binary is not looked at */
		x.tensor.data = NULL;
	if (!(which & 2))
		y.tensor.data = NULL;
	cr_assert_eq(opj_spike_matmul(&x.tensor, &y.tensor, which & 1, which & 2, &stats, &err), 0, "%s", err.text);
	cr_assert_eq(stats.has, (which & 1 ? OPJ_SPIKE_X_ACTIVE_ROWS : 0) | (which & 2 ? OPJ_SPIKE_Y_ACTIVE_COLS : 0) |
				    (which == 3 ? OPJ_SPIKE_PAIR : 0));
	cr_assert_eq(stats.x_active_rows, which & 1 ? want.x_active_rows : 0);
	cr_assert_eq(stats.y_active_cols, which & 2 ? want.y_active_cols : 0);
	cr_assert_eq(stats.pair_sum, which == 3 ? want.pair_sum : 0);
	cr_assert_eq(stats.pair_active, which == 3 ? want.pair_active : 0);
	opj_spike_stats_finish(&stats);
	sample_free(&x);
	sample_free(&y);
}

Test(spike, products_of_every_shape_and_layout)
{
	for (int s = 0; s < 4; s++) {
		for (int i = 0; opj_scan_kernels_use(sets[s]) == 0 && i < 800; i++)
			check_matmul(i & 1, i % 10 ? 20 : 150);
	}
}

Test(spike, a_product_with_long_rows)
{
	struct sample x, y;
	struct opj_spike_stats stats;
	uint64_t rows = 0, columns = 0, sum = 0;
	for (int round = 0; round < 4; round++) {
		sample_make(&x, 2, (int64_t[]){1, 9000}, 3);
		sample_make(&y, 2, (int64_t[]){9000, 1}, 3);
		rows = columns = sum = 0;
		for (int i = 0; i < 9000; i++) {
			rows |= x.spikes[i];
			columns |= y.spikes[i];
			sum += x.spikes[i] & y.spikes[i];
		}
		cr_assert_eq(opj_spike_matmul(&x.tensor, &y.tensor, true, true, &stats, NULL), 0);
		cr_assert(stats.x_active_rows == rows && stats.y_active_cols == columns);
		cr_assert(stats.pair_sum == sum && stats.pair_active == (sum > 0));
		sample_free(&x);
		sample_free(&y);
	}
}

Test(spike, products_of_nothing)
{
	struct opj_spike_stats stats;
	DLTensor x = {.device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}}, y = x;
	x.shape = (int64_t[]){3, 0};
	y.shape = (int64_t[]){0, 4};
	cr_assert_eq(opj_spike_matmul(&x, &y, true, true, &stats, NULL), 0);
	cr_assert(stats.x_active_rows == 0 && stats.y_active_cols == 0 && stats.pair_active == 0);
	cr_assert_eq(opj_spike_matmul(&y, &x, true, true, &stats, NULL), -1);
}

static void refuse_matmul(const DLTensor *x, const DLTensor *y, bool binary, const char *part)
{
	struct opj_spike_stats stats;
	struct opj_error err = {""};
	cr_assert_eq(opj_spike_matmul(x, y, binary, binary, &stats, &err), -1);
	cr_assert(strstr(err.text, part), "\"%s\" lacks \"%s\"", err.text, part);
	cr_assert_eq(stats.has, 0);
}

Test(spike, refuses_bad_products)
{
	float data[24] = {0};
	DLTensor x = {.data = data, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}}, y = x;
	x.shape = (int64_t[]){2, 3};
	y.shape = (int64_t[]){3, 2};
	refuse_matmul(&x, &y, false, "neither");
	refuse_matmul(&x, &x, true, "3 and 2 differ");
	y.ndim = 3;
	y.shape = (int64_t[]){1, 3, 2};
	refuse_matmul(&x, &y, true, "2 and 3 dimensions");
	x.ndim = 3;
	x.shape = (int64_t[]){2, 2, 3};
	refuse_matmul(&x, &y, true, "batches 2 and 1");
	y.shape = (int64_t[]){2, 3, 2};
	y.data = NULL;
	refuse_matmul(&x, &y, true, "right operand: has elements but no data");
	x.device.device_type = kDLCUDA;
	refuse_matmul(&x, &y, true, "left operand: lies on");
}

/* Weights by hand: which channels and taps, and blocks of four. */
Test(spike, where_a_weight_is_not_zero)
{
	struct opj_weight_pattern pattern;
	float values[2 * 5 * 2] = {0};
	DLTensor w = {.data = values, .device = {kDLCPU, 0}, .ndim = 3, .dtype = {kDLFloat, 32, 1}};
	w.shape = (int64_t[]){2, 5, 2};        /* outputs, inputs, taps */
	values[0] = values[2] = values[4] = 1; /* output 0, inputs 0 to 2, tap 0 */
	values[10] = -1;                       /* output 1, input 0, tap 0 */
	values[19] = 0.5F;                     /* output 1, input 4, tap 1: no block of four */
	values[17] = -0.0F;
	cr_assert_eq(opj_weight_pattern_convolution(&pattern, &w, false, 1, NULL), 0);
	const uint32_t want[] = {2, 0, 1, 0, 1, 0, 0, 0, 0, 1};
	cr_assert(pattern.channels == 5 && pattern.tap_count == 2 && pattern.count == 10);
	cr_assert_arr_eq(pattern.taps, want, sizeof want);
	const uint64_t blocks[] = {2, 1, 0, 1, 0};
	cr_assert_arr_eq(pattern.blocks, blocks, sizeof blocks);
	opj_weight_pattern_finish(&pattern);
	cr_assert_eq(opj_weight_pattern_convolution(&pattern, &w, false, 2, NULL), 0); /* two groups of five inputs */
	cr_assert(pattern.channels == 10 && pattern.taps[0] == 1 && pattern.taps[10] == 1 && pattern.taps[19] == 1);
	opj_weight_pattern_finish(&pattern);
	w.ndim = 2;
	w.shape = (int64_t[]){4, 5}; /* inputs, outputs: the right operand of a product */
	cr_assert_eq(opj_weight_pattern_product(&pattern, &w, NULL), 0);
	cr_assert(pattern.channels == 4 && pattern.tap_count == 1 && pattern.taps[0] == 3 && pattern.taps[2] == 1);
	cr_assert(pattern.blocks[0] == 2 && pattern.blocks[1] == 1 && pattern.blocks[2] == 2);
	opj_weight_pattern_finish(&pattern);
	struct opj_error err;
	w.ndim = 1;
	cr_assert_eq(opj_weight_pattern_product(&pattern, &w, &err), -1);
	cr_assert_eq(opj_weight_pattern_convolution(&pattern, &w, false, 1, &err), -1);
	cr_assert_null(pattern.taps);
}

Test(spike, a_pattern_of_other_channels_is_refused)
{
	float values[16] = {0};
	uint64_t effective;
	struct opj_error err;
	struct opj_weight_pattern pattern = {.channels = 3, .tap_count = 9};
	DLTensor x = {.data = values, .device = {kDLCPU, 0}, .ndim = 4, .dtype = {kDLFloat, 32, 1}};
	x.shape = (int64_t[]){1, 1, 4, 4};
	struct opj_conv_geometry g = {.spatial = 2, .groups = 1, .w_shape = (int64_t[]){10, 1, 3, 3}};
	g.stride = g.dilation = g.padding = (int64_t[]){1, 1};
	cr_assert_eq(opj_effective_convolution(&x, &g, &pattern, &effective, &err), -1);
	cr_assert(strstr(err.text, "1 channels, the weight's pattern 3"), "%s", err.text);
}

Test(spike, products_with_long_rows)
{
	static float x[3] = {1, 0, 2}, y[3 * 5000];
	uint64_t effective;
	DLTensor left = {.data = x, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}}, right = left;
	left.shape = (int64_t[]){1, 3};
	right.shape = (int64_t[]){3, 5000};
	right.data = y;
	y[0] = y[4999] = y[5000] = y[14999] = 1;
	cr_assert_eq(opj_effective_product(&left, &right, &effective, NULL), 0);
	cr_assert_eq(effective, 3);
}

Test(spike, products_of_two_nonzeros_in_a_matrix_product)
{
	int taken = 0;
	for (int i = 0; i < 1500; i++) {
		bool batched = rnd() % 2;
		int64_t b = batched ? between(0, 3) : 1, most = i % 50 ? 12 : 300;
		int64_t m = between(0, most), k = between(0, most), n = between(0, most);
		struct sample x, y;
		struct opj_error err = {""};
		uint64_t want = 0, effective;
		if (opj_scan_kernels_use(sets[rnd() % 4]) < 0)
			continue;
		sample_make(&x, 2 + batched, batched ? (int64_t[]){b, m, k} : (int64_t[]){m, k},
			    (unsigned)between(0, 100));
		sample_make(&y, 2 + batched, batched ? (int64_t[]){b, k, n} : (int64_t[]){k, n},
			    (unsigned)between(0, 100));
		for (int64_t at = 0; at < b * m * k; at++) {
			for (int64_t j = 0; j < n && x.spikes[at]; j++)
				want += y.spikes[(at / (m * k) * k + at % k) * n + j];
		}
		if (opj_effective_product(&x.tensor, &y.tensor, &effective, &err) == 0) {
			taken++;
			cr_assert_eq(effective, want, "effective %lu, not %lu", effective, want);
		} else {
			cr_assert(strstr(err.text, "side by side"), "%s", err.text);
		}
		sample_free(&x);
		sample_free(&y);
	}
	cr_assert_gt(taken, 500);
}
