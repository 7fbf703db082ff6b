/* record/scan/convolution.c: opj_spike_convolution, what a convolution owes to where the nonzero inputs are.
 *
 * One pass over x. 16 channels at a time (a bundle, the smallest crossbar) become a map of counts per position. The
 * counts, weighted with the fan-out of their position, sum up to the SynOps; which of them are not zero becomes bits,
 * and the bits are spread to the outputs that they reach. Larger crossbars are unions of bundles. */
#include "bits.h"
#include "geometry.h"
#include "scan.h"
#include <stdlib.h>

enum { BUNDLE = 16, TILE_SIZES = 5 }; /* crossbars of 16 << 0 … 16 << 4 rows */

struct work {
	const struct opj_scan_type *type;
	const struct opj_scan_kernels *set;
	const struct opj_word_kernels *kernels; /* those of the set for this type */
	const char *data;
	int64_t batch_stride, channel_stride, stride[3]; /* bytes */
	int64_t batches, channels, group_channels, group_outputs;
	bool plane;   /* positions of a channel follow each other in equal steps */
	int64_t step; /* bytes, where they do */
	bool tiled;
	struct opj_conv_dim dim[3]; /* slowest first; dimensions that x lacks are of size 1 */
	struct opj_conv_line line;
	size_t positions;             /* of one channel */
	size_t reach_words;           /* of a set of output sites */
	uint8_t *count;               /* [positions] */
	uint64_t *bits;               /* [line.in_words] */
	uint64_t *lines;              /* [in z][in y][line.out_words] what each input line reaches in its line */
	uint64_t *sheets;             /* [in z][out y][line.out_words] */
	uint64_t *reach;              /* [out z][out y][line.out_words] sites that the bundle reaches */
	uint64_t *group;              /* [reach_words] sites that the group reaches */
	uint64_t *tile[TILE_SIZES];   /* [reach_words] the tile in progress; [0] is reach */
	uint64_t patches[TILE_SIZES]; /* so far */
	uint64_t *rows;               /* [bundles] spikes in receptive fields */
	uint64_t spikes, sites;       /* sums over all groups: nonzeros by fan-out, sites reached */
};

int opj_conv_check(const DLTensor *x, const struct opj_conv_geometry *g, struct opj_error *err)
{
	if (g->spatial < 1 || g->spatial > 3)
		return opj_fail(err, "convolution: %d spatial dimensions, 1 to 3 are known", g->spatial);
	if (x->ndim != g->spatial + 1 && x->ndim != g->spatial + 2)
		return opj_fail(err, "convolution: input has %d dimensions, the geometry has %d spatial ones", x->ndim,
				g->spatial);
	int64_t channels = x->shape[x->ndim - g->spatial - 1];
	if (g->groups < 1 || g->w_shape[0] < 0 || g->w_shape[1] < 0)
		return opj_fail(err, "convolution: groups %lld, weight [%lld, %lld, …]", (long long)g->groups,
				(long long)g->w_shape[0], (long long)g->w_shape[1]);
	int64_t expected;
	if (g->transposed)
		expected = g->w_shape[0];
	else if (__builtin_mul_overflow(g->w_shape[1], g->groups, &expected))
		expected = -1;
	if (channels != expected || g->w_shape[0] % g->groups != 0)
		return opj_fail(err, "convolution: input has %lld channels, weight [%lld, %lld, …] in %lld groups",
				(long long)channels, (long long)g->w_shape[0], (long long)g->w_shape[1],
				(long long)g->groups);
	return 0;
}

/* Whether one step leads from each position to the next, in whatever dimension that is. */
static void find_step(struct work *work)
{
	uint64_t next = 0;
	bool found = false;
	work->plane = true;
	work->step = 1 << work->type->word;
	for (int d = 2; d >= 0; d--) {
		if (work->dim[d].in == 1)
			continue;
		if (!found)
			work->step = work->stride[d];
		else
			work->plane &= (uint64_t)work->stride[d] == next;
		next = (uint64_t)work->stride[d] * work->dim[d].in;
		found = true;
	}
}

static int set_geometry(struct work *work, const DLTensor *x, const struct opj_conv_geometry *g, const int64_t *strides,
			struct opj_error *err)
{
	int first = x->ndim - g->spatial;
	int64_t bytes = (int64_t)opj_dtype_size(x->dtype);
	bool batched = first == 2;
	work->data = x->data ? (const char *)x->data + x->byte_offset : NULL;
	work->batches = batched ? x->shape[0] : 1;
	work->batch_stride = batched ? strides[0] * bytes : 0;
	work->channels = x->shape[first - 1];
	work->channel_stride = strides[first - 1] * bytes;
	work->group_channels = work->channels / g->groups;
	work->group_outputs = g->transposed ? g->w_shape[1] : g->w_shape[0] / g->groups;
	work->tiled = g->spatial == 2 && !g->transposed && g->groups == 1;
	work->positions = 1;
	for (int d = 2; d >= 0; d--) {
		int own = d - (3 - g->spatial);
		if (own < 0) {
			work->dim[d] = (struct opj_conv_dim){1, 1, 1, 1, 1, 1, 0, 1, false, NULL, 1};
			continue;
		}
		if (opj_conv_dim_init(&work->dim[d], g, own, x->shape[first + own], err) < 0)
			return -1;
		work->stride[d] = strides[first + own] * bytes;
		work->positions *= (size_t)x->shape[first + own];
	}
	find_step(work);
	if (opj_conv_line_init(&work->line, &work->dim[2]) < 0)
		return opj_fail(err, "convolution: sizes of the last dimension overflow");
	return 0;
}

/* Hands out pieces of one block; with a NULL block it only adds up. */
struct arena {
	char *block;
	size_t used;
	bool overflow;
};

static void *take(struct arena *arena, size_t a, size_t b, size_t c, size_t size)
{
	size_t bytes, at = arena->used;
	arena->overflow |= __builtin_mul_overflow(a, b, &bytes) || __builtin_mul_overflow(bytes, c, &bytes) ||
			   __builtin_mul_overflow(bytes, size, &bytes) || __builtin_add_overflow(bytes, 7, &bytes);
	arena->overflow |= __builtin_add_overflow(arena->used, bytes & ~(size_t)7, &arena->used);
	return arena->block ? arena->block + at : NULL;
}

static void lay_out(struct work *work, struct arena *arena)
{
	struct opj_conv_dim *dim = work->dim;
	struct opj_conv_line *line = &work->line;
	size_t words = line->out_words;
	for (int d = 0; d < 3; d++)
		dim[d].fan = take(arena, dim[d].in * 2 + 1, 1, 1, sizeof *dim[d].fan);
	line->comb = take(arena, words, 1, 1, 8);
	line->scratch = take(arena, line->scratch_words, 1, 1, 8);
	work->count = take(arena, work->positions, 1, 1, 1);
	work->bits = take(arena, line->in_words, 1, 1, 8);
	work->lines = take(arena, dim[0].in, dim[1].in, words, 8);
	work->sheets = take(arena, dim[0].in, dim[1].out, words, 8);
	work->reach = take(arena, dim[0].out, dim[1].out, words, 8);
	work->group = take(arena, dim[0].out, dim[1].out, words, 8);
	work->reach_words = (size_t)dim[0].out * dim[1].out * words;
	work->tile[0] = work->reach;
	for (int s = 1; s < TILE_SIZES; s++)
		work->tile[s] = work->tiled ? take(arena, dim[0].out, dim[1].out, words, 8) : NULL;
}

/* count[i] of one line, or of a whole plane, of a bundle; `stride` bytes from position to position. */
static void count_run(struct work *work, const char *data, unsigned channels, size_t n, int64_t stride, uint8_t *count)
{
	const struct opj_word_kernels *kernels = work->kernels;
	int64_t word = 1 << work->type->word;
	uint64_t sign = work->type->sign;
	if (stride == word || n == 1) {
		kernels->planes(data, work->channel_stride, channels, n, sign, count);
	} else if (work->channel_stride == word || channels == 1) {
		kernels->pixels(data, stride, channels, n, sign, count);
	} else {
		for (size_t i = 0; i < n; i++)
			kernels->planes(data + (int64_t)i * stride, work->channel_stride, channels, 1, sign, count + i);
	}
}

static void count_bundle(struct work *work, const char *data, unsigned channels)
{
	const struct opj_conv_dim *dim = work->dim;
	uint8_t *count = work->count;
	if (work->plane) {
		count_run(work, data, channels, work->positions, work->step, count);
		return;
	}
	for (uint64_t z = 0; z < dim[0].in; z++) {
		for (uint64_t y = 0; y < dim[1].in; y++, count += dim[2].in)
			count_run(work, data + (int64_t)z * work->stride[0] + (int64_t)y * work->stride[1], channels,
				  dim[2].in, work->stride[2], count);
	}
}

/* Sum of a line's counts by fan-out along it. */
static uint64_t weigh(const struct work *work, const uint8_t *count)
{
	const struct opj_conv_dim *dim = &work->dim[2];
	uint64_t sum = 0;
	if (dim->fan_maximum < UINT32_MAX / BUNDLE / (dim->in + 1))
		return work->set->weigh(count, dim->fan, dim->in);
	for (size_t i = 0; i < dim->in; i++)
		sum += (uint64_t)count[i] * dim->fan[i];
	return sum;
}

/* Lines of one dimension reach lines of the next: to[o] |= from[i] where i reaches o. `words` per line. */
static void reach_across(const struct opj_conv_dim *dim, const uint64_t *from, uint64_t *to, size_t words)
{
	memset(to, 0, dim->out * words * sizeof *to);
	for (int64_t k = 0; k < dim->kernel; k++) {
		int64_t begin, end, shift = k * dim->dilation - dim->padding;
		opj_conv_dim_tap(dim, k, &begin, &end);
		for (int64_t coarse = begin; coarse < end; coarse++) {
			int64_t fine = coarse * dim->stride + shift;
			size_t o = (size_t)(dim->transposed ? fine : coarse);
			size_t i = (size_t)(dim->transposed ? coarse : fine);
			opj_bits_or(to + o * words, from + i * words, words);
		}
	}
}

/* From work->count: the bundle's spikes by fan-out, and in work->reach the sites they reach. */
static uint64_t reach_bundle(struct work *work)
{
	const struct opj_conv_dim *dim = work->dim;
	const uint8_t *count = work->count;
	uint64_t *line = work->lines, sum = 0;
	size_t words = work->line.out_words;
	for (uint64_t z = 0; z < dim[0].in; z++) {
		for (uint64_t y = 0; y < dim[1].in; y++, count += dim[2].in, line += words) {
			if (!opj_bits_pack(work->bits, count, dim[2].in)) {
				memset(line, 0, words * sizeof *line);
				continue;
			}
			sum += weigh(work, count) * dim[1].fan[y] * dim[0].fan[z];
			opj_conv_line_reach(&work->line, &dim[2], work->bits, line);
		}
	}
	for (uint64_t z = 0; z < dim[0].in; z++)
		reach_across(&dim[1], work->lines + z * dim[1].in * words, work->sheets + z * dim[1].out * words,
			     words);
	reach_across(&dim[0], work->sheets, work->reach, dim[1].out * words);
	return sum;
}

/* Adds the bundle in work->reach to the tiles that it belongs to and counts those that end with it. */
static void add_to_tiles(struct work *work, int64_t bundle, bool last)
{
	size_t words = work->reach_words;
	work->patches[0] += work->set->count_bits(work->reach, words);
	for (int s = 1; s < TILE_SIZES; s++) {
		int64_t within = bundle & ((1 << s) - 1);
		if (within == 0)
			memcpy(work->tile[s], work->reach, words * sizeof *work->reach);
		else
			opj_bits_or(work->tile[s], work->reach, words);
		if (last || within == (1 << s) - 1)
			work->patches[s] += work->set->count_bits(work->tile[s], words);
	}
}

static void walk_group(struct work *work, const char *data)
{
	memset(work->group, 0, work->reach_words * sizeof *work->group);
	for (int64_t c = 0; c < work->group_channels; c += BUNDLE) {
		int64_t left = work->group_channels - c;
		count_bundle(work, data + c * work->channel_stride, left < BUNDLE ? (unsigned)left : BUNDLE);
		uint64_t spikes = reach_bundle(work);
		work->spikes += spikes;
		opj_bits_or(work->group, work->reach, work->reach_words);
		if (work->tiled) {
			work->rows[c / BUNDLE] += spikes;
			add_to_tiles(work, c / BUNDLE, left <= BUNDLE);
		}
	}
	work->sites += work->set->count_bits(work->group, work->reach_words);
}

static void walk(struct work *work)
{
	for (int64_t n = 0; n < work->batches; n++) {
		for (int64_t c = 0; c < work->channels; c += work->group_channels)
			walk_group(work, work->data + n * work->batch_stride + c * work->channel_stride);
	}
}

static uint32_t tile_rows(int64_t channels, int s)
{
	int64_t size = BUNDLE << s;
	return (uint32_t)((channels + size - 1) / size);
}

/* One block: the tile statistics, then their rows. */
static struct opj_tile_stats *make_tiles(int64_t channels)
{
	size_t rows = 0;
	for (int s = 0; s < TILE_SIZES; s++)
		rows += tile_rows(channels, s);
	struct opj_tile_stats *tiles = calloc(1, TILE_SIZES * sizeof *tiles + rows * sizeof *tiles->rows);
	if (!tiles)
		return NULL;
	uint64_t *at = (uint64_t *)(tiles + TILE_SIZES);
	for (int s = 0; s < TILE_SIZES; s++) {
		tiles[s] =
		    (struct opj_tile_stats){.size = BUNDLE << s, .row_count = tile_rows(channels, s), .rows = at};
		at += tiles[s].row_count;
	}
	return tiles;
}

static void fill_tiles(const struct work *work, struct opj_tile_stats *tiles)
{
	for (int s = 0; s < TILE_SIZES; s++) {
		uint64_t *rows = (uint64_t *)tiles[s].rows;
		tiles[s].patches = work->patches[s];
		tiles[s].sites = work->sites;
		for (uint32_t b = 0; s > 0 && b < tiles[0].row_count; b++)
			rows[b >> s] += work->rows[b];
	}
}

int opj_spike_convolution(const DLTensor *x, const struct opj_conv_geometry *geometry, struct opj_spike_stats *stats,
			  struct opj_error *err)
{
	struct work work = {0};
	struct arena arena = {0};
	struct opj_tile_stats *tiles = NULL;
	int64_t strides[OPJ_SCAN_DIMS_MAX];
	int result = -1;
	*stats = (struct opj_spike_stats){0};
	if (opj_tensor_check(x, "convolution: input", &work.type, strides, err) < 0 ||
	    opj_conv_check(x, geometry, err) < 0 || set_geometry(&work, x, geometry, strides, err) < 0)
		return -1;
	lay_out(&work, &arena);
	arena.block = arena.overflow ? NULL : malloc(arena.used);
	if (!arena.block)
		return opj_fail(err, "convolution: no memory for maps of %zu bytes", arena.used);
	arena.used = 0;
	lay_out(&work, &arena);
	if (work.tiled) {
		tiles = make_tiles(work.channels);
		if (!tiles) {
			opj_fail(err, "convolution: no memory for tiles of %lld channels", (long long)work.channels);
			goto end;
		}
		work.rows = (uint64_t *)tiles[0].rows;
	}
	work.set = opj_scan_kernels_get();
	work.kernels = &work.set->word[work.type->word];
	for (int d = 0; d < 3; d++)
		opj_conv_dim_fan(&work.dim[d]);
	opj_conv_line_comb(&work.line, &work.dim[2]);
	if (work.positions > 0)
		walk(&work);
	if (__builtin_mul_overflow(work.spikes, (uint64_t)work.group_outputs, &stats->synops) ||
	    __builtin_mul_overflow(work.sites, (uint64_t)work.group_outputs, &stats->active_out)) {
		opj_fail(err, "convolution: synops overflow 64 bits");
		goto end;
	}
	stats->has = OPJ_SPIKE_SYNOPS;
	if (tiles) {
		fill_tiles(&work, tiles);
		stats->has |= OPJ_SPIKE_TILES;
		stats->tile_count = TILE_SIZES;
		stats->tiles = tiles;
		tiles = NULL;
	}
	result = 0;
end:
	free(tiles);
	free(arena.block);
	return result;
}

void opj_spike_stats_finish(struct opj_spike_stats *stats)
{
	if (!stats)
		return;
	free((void *)stats->tiles);
	*stats = (struct opj_spike_stats){0};
}
