/* analyze/estimators/spikesim/stage.c: crossbar activity of one convolution layer.
 *
 * Weights lie in crossbars of xbar_size input channels (rows) by xbar_size output channels (columns). Dense activity
 * follows from shapes; activity by spikes comes from the statistics that the trace has for this crossbar size. */
#include "spikesim.h"
#include <inttypes.h>
#include <stdlib.h>

static int64_t ceil_div(int64_t a, int64_t b)
{
	return a / b + (a % b != 0);
}

static void free_tiling(struct spikesim_tiling *tiling)
{
	if (!tiling)
		return;
	free(tiling->channels_by_tile);
	free(tiling->dense.rows_by_tile);
	free(tiling->active.rows_by_tile);
	free(tiling);
}

void spikesim_stage_finish(struct spikesim_stage *stage)
{
	while (stage->tilings) {
		struct spikesim_tiling *next = stage->tilings->next;
		free_tiling(stage->tilings);
		stage->tilings = next;
	}
}

static struct spikesim_tiling *make_tiling(const struct spikesim_cost *cost, const int64_t *w_shape,
					   struct opj_error *err)
{
	for (int i = 0; i < SPIKESIM_DIMS; i++) {
		if (w_shape[i] < 1) {
			opj_fail(err, "weight (argument 1) has dimension %d of size %" PRId64, i, w_shape[i]);
			return NULL;
		}
	}
	struct spikesim_tiling *tiling = calloc(1, sizeof *tiling);
	if (!tiling)
		goto no_memory;
	*tiling = (struct spikesim_tiling){
	    .in_channels = w_shape[1],
	    .out_channels = w_shape[0],
	    .kernel = {w_shape[2], w_shape[3]},
	    .in_tiles = ceil_div(w_shape[1], cost->xbar_size),
	    .out_tiles = ceil_div(w_shape[0], cost->xbar_size),
	};
	if (tiling->in_tiles > SPIKESIM_XBAR_MAX) {
		opj_fail(err, "%" PRId64 " input channels are too many for crossbars of %" PRId64 " rows", w_shape[1],
			 cost->xbar_size);
		free_tiling(tiling);
		return NULL;
	}
	tiling->channels_by_tile = calloc((size_t)tiling->in_tiles, sizeof(int64_t));
	tiling->dense.rows_by_tile = calloc((size_t)tiling->in_tiles, sizeof(int64_t));
	tiling->active.rows_by_tile = calloc((size_t)tiling->in_tiles, sizeof(int64_t));
	if (!tiling->channels_by_tile || !tiling->dense.rows_by_tile || !tiling->active.rows_by_tile)
		goto no_memory;
	for (int64_t t = 0; t < tiling->in_tiles; t++) {
		int64_t left = tiling->in_channels - t * cost->xbar_size;
		tiling->channels_by_tile[t] = left < cost->xbar_size ? left : cost->xbar_size;
	}
	return tiling;

no_memory:
	free_tiling(tiling);
	opj_fail(err, "out of memory");
	return NULL;
}

/* The tiling for a weight's shape; made, at the end of the list, if the stage has none. */
static struct spikesim_tiling *find_tiling(struct spikesim_stage *stage, const struct spikesim_cost *cost,
					   const int64_t *w_shape, struct opj_error *err)
{
	struct spikesim_tiling **at = &stage->tilings;
	for (; *at; at = &(*at)->next) {
		const struct spikesim_tiling *tiling = *at;
		if (tiling->out_channels == w_shape[0] && tiling->in_channels == w_shape[1] &&
		    tiling->kernel[0] == w_shape[2] && tiling->kernel[1] == w_shape[3])
			return *at;
	}
	return *at = make_tiling(cost, w_shape, err);
}

static void add(int64_t *sum, int64_t more)
{
	*sum = opj_add(*sum, more);
}

/* Every site drives every row of every tile. */
static void add_dense(const struct spikesim_tiling *tiling, int64_t sites, struct spikesim_activity *activity)
{
	int64_t kernel = opj_mul(tiling->kernel[0], tiling->kernel[1]);
	add(&activity->patch_tiles, opj_mul(sites, tiling->in_tiles));
	add(&activity->output_tile_sites, opj_mul(sites, tiling->out_tiles));
	for (int64_t t = 0; t < tiling->in_tiles; t++) {
		int64_t rows = opj_mul(sites, opj_mul(tiling->channels_by_tile[t], kernel));
		add(&activity->rows_by_tile[t], rows);
		add(&activity->rows, rows);
	}
}

/* Statistics for this crossbar. Where one tile holds all channels, those of any size with one tile are the same. */
static const struct opj_tile_stats *find_tiles(const struct opj_spike_stats *spike, const struct spikesim_cost *cost,
					       const struct spikesim_tiling *tiling)
{
	bool has = spike && spike->has & OPJ_SPIKE_TILES;
	for (uint32_t i = 0; has && i < spike->tile_count; i++) {
		const struct opj_tile_stats *tiles = &spike->tiles[i];
		if (tiles->row_count == tiling->in_tiles &&
		    (tiles->size == (uint64_t)cost->xbar_size || tiling->in_tiles == 1))
			return tiles;
	}
	return NULL;
}

static int no_tiles(const struct opj_spike_stats *spike, const struct spikesim_cost *cost, struct opj_error *err)
{
	char sizes[200] = "";
	size_t length = 0;
	bool has = spike && spike->has & OPJ_SPIKE_TILES;
	for (uint32_t i = 0; has && i < spike->tile_count && length < sizeof sizes; i++)
		length += (size_t)snprintf(sizes + length, sizeof sizes - length, "%s%" PRIu32, i ? ", " : "",
					   spike->tiles[i].size);
	if (length == 0)
		return opj_fail(err, "the trace has no crossbar statistics: it was recorded without spike statistics; "
				     "activity_mode=dense needs none");
	return opj_fail(err,
			"the trace has no statistics for crossbars of %" PRId64 " rows, it has those for %s; "
			"activity_mode=dense takes any xbar_size",
			cost->xbar_size, sizes);
}

static int add_events(const struct spikesim_cost *cost, const struct spikesim_tiling *tiling,
		      const struct spikesim_conv *conv, struct spikesim_activity *activity, struct opj_error *err)
{
	if (conv->x->stats.nnz == 0)
		return 0;
	const struct opj_tile_stats *tiles = find_tiles(conv->spike, cost, tiling);
	if (!tiles)
		return no_tiles(conv->spike, cost, err);
	add(&activity->patch_tiles, opj_int(tiles->patches));
	add(&activity->output_tile_sites, opj_mul(opj_int(tiles->sites), tiling->out_tiles));
	for (int64_t t = 0; t < tiling->in_tiles; t++) {
		add(&activity->rows_by_tile[t], opj_int(tiles->rows[t]));
		add(&activity->rows, opj_int(tiles->rows[t]));
	}
	return 0;
}

static bool same(const int64_t *a, const int64_t *b, int count)
{
	return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

/* The first call describes the stage; later ones are held against it. */
static void describe(struct spikesim_stage *stage, const struct spikesim_conv *conv)
{
	const int64_t *w = conv->w->shape;
	const struct spikesim_tiling *first = stage->tilings;
	if (stage->calls > 0) {
		stage->shape_mismatch |= !same(stage->input_shape, conv->x->shape, SPIKESIM_DIMS) ||
					 !same(stage->output_shape, conv->out->shape, SPIKESIM_DIMS) ||
					 !same(first->kernel, w + 2, 2) || !same(stage->stride, conv->stride, 2) ||
					 !same(stage->padding, conv->padding, 2) ||
					 !same(stage->dilation, conv->dilation, 2);
		return;
	}
	memcpy(stage->input_shape, conv->x->shape, sizeof stage->input_shape);
	memcpy(stage->output_shape, conv->out->shape, sizeof stage->output_shape);
	memcpy(stage->stride, conv->stride, sizeof stage->stride);
	memcpy(stage->padding, conv->padding, sizeof stage->padding);
	memcpy(stage->dilation, conv->dilation, sizeof stage->dilation);
}

int spikesim_stage_add(struct spikesim_stage *stage, const struct spikesim_cost *cost, const struct spikesim_conv *conv,
		       struct opj_error *err)
{
	struct spikesim_tiling *tiling = find_tiling(stage, cost, conv->w->shape, err);
	if (!tiling)
		return -1;
	const int64_t *out = conv->out->shape;
	int64_t sites = opj_mul(out[0], opj_mul(out[2], out[3]));
	describe(stage, conv);
	stage->calls++;
	add(&tiling->pe_cycles, opj_mul(opj_mul(tiling->in_tiles, tiling->out_tiles), sites));
	add_dense(tiling, sites, &tiling->dense);
	if (cost->event && conv->x->stats.kind == OPJ_KIND_BINARY) {
		stage->event_calls++;
		return add_events(cost, tiling, conv, &tiling->active, err);
	}
	stage->dense_calls++;
	stage->unknown_calls += cost->event && conv->x->stats.kind == OPJ_KIND_UNKNOWN;
	add_dense(tiling, sites, &tiling->active);
	return 0;
}
