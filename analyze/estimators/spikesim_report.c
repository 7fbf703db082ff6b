/* analyze/estimators/spikesim_report.c: activity, geometry and energy of each layer, and what is out of scope. */
#include "spikesim.h"
#include <inttypes.h>

static const char *const refusals[SPIKESIM_REFUSALS] = {
    [SPIKESIM_TRANSPOSED] = "transposed convolutions",
    [SPIKESIM_NOT_INFERENCE] = "convolutions outside the inference of exactly one Conv2d layer",
    [SPIKESIM_GROUPED] = "grouped and depthwise convolutions",
    [SPIKESIM_RANK] = "convolutions other than 2d with a batch dimension",
};

static const struct spikesim_stage *stage_at(const struct spikesim *self, uint32_t i)
{
	return opj_table_get(&self->stages, i);
}

/* Activity ---------------------------------------------------------------------------------------------------------- */

enum stat {
	PE_CYCLES,
	ACTIVE_PATCH_TILES,
	ACTIVE_ROWS,
	ACTIVE_SITES,
	DENSE_PATCH_TILES,
	DENSE_ROWS,
	DENSE_SITES,
	STATS,
};

static const char *const stat_names[STATS] = {
    "dense_pe_cycle_count",    "active_patch_tile_count", "active_row_count",
    "active_output_tile_site_count", "dense_patch_tile_count", "dense_row_count",
    "dense_output_tile_site_count",
};

static void sum_stats(const struct spikesim_stage *stage, int64_t *stats)
{
	memset(stats, 0, STATS * sizeof *stats);
	for (const struct spikesim_tiling *tiling = stage->tilings; tiling; tiling = tiling->next) {
		const int64_t more[STATS] = {
		    [PE_CYCLES] = tiling->pe_cycles,
		    [ACTIVE_PATCH_TILES] = tiling->active.patch_tiles,
		    [ACTIVE_ROWS] = tiling->active.rows,
		    [ACTIVE_SITES] = tiling->active.output_tile_sites,
		    [DENSE_PATCH_TILES] = tiling->dense.patch_tiles,
		    [DENSE_ROWS] = tiling->dense.rows,
		    [DENSE_SITES] = tiling->dense.output_tile_sites,
		};
		for (int i = 0; i < STATS; i++)
			stats[i] = opj_add(stats[i], more[i]);
	}
}

/* Rows by tile mean something only where all calls have the same tiles. */
static int report_stats(const struct spikesim_stage *stage, struct opj_report *report, struct opj_error *err)
{
	static const char section[] = "event_stats_by_stage";
	const struct spikesim_tiling *only = stage->tilings && !stage->tilings->next ? stage->tilings : NULL;
	size_t tiles = only ? (size_t)only->in_tiles : 0;
	int64_t stats[STATS];
	sum_stats(stage, stats);
	for (int i = 0; i < STATS; i++) {
		if (stats[i] == OPJ_OVERFLOW)
			return opj_fail(err, "%s of %s does not fit in 64 bits", stat_names[i], stage->scope);
		opj_report_count(report, stats[i], section, stage->scope, stat_names[i], NULL);
	}
	opj_report_counts(report, only ? only->active.rows_by_tile : NULL, tiles, section, stage->scope,
			  "active_row_count_by_tile", NULL);
	opj_report_counts(report, only ? only->dense.rows_by_tile : NULL, tiles, section, stage->scope,
			  "dense_row_count_by_tile", NULL);
	return 0;
}

static void report_metadata(const struct spikesim_cost *cost, const struct spikesim_stage *stage,
			    struct opj_report *report)
{
	static const char section[] = "stage_metadata";
	const struct spikesim_tiling *first = stage->tilings;
	const char *scope = stage->scope;
	opj_report_string(report, scope, section, scope, "scope", NULL);
	opj_report_count(report, first->in_channels, section, scope, "in_channels", NULL);
	opj_report_count(report, first->out_channels, section, scope, "out_channels", NULL);
	opj_report_counts(report, first->kernel, 2, section, scope, "kernel_size", NULL);
	opj_report_counts(report, stage->stride, 2, section, scope, "stride", NULL);
	opj_report_counts(report, stage->padding, 2, section, scope, "padding", NULL);
	opj_report_counts(report, stage->dilation, 2, section, scope, "dilation", NULL);
	opj_report_counts(report, stage->input_shape, SPIKESIM_DIMS, section, scope, "input_shape", NULL);
	opj_report_counts(report, stage->output_shape, SPIKESIM_DIMS, section, scope, "output_shape", NULL);
	opj_report_count(report, first->out_tiles, section, scope, "out_channel_tiles", NULL);
	opj_report_counts(report, NULL, 0, section, scope, "input_tile_channels", NULL);
	opj_report_count(report, stage->calls, section, scope, "total_calls", NULL);
	opj_report_count(report, stage->event_calls, section, scope, "event_driven_calls", NULL);
	opj_report_count(report, stage->dense_calls, section, scope, "dense_fallback_calls", NULL);
	opj_report_flag(report, stage->shape_mismatch, section, scope, "shape_mismatch_detected", NULL);
	(void)cost;
}

/* Energy ------------------------------------------------------------------------------------------------------------ */

static void add_energy(struct spikesim_energy *sum, const struct spikesim_energy *more)
{
	sum->pe_cycle += more->pe_cycle;
	sum->patch_control += more->patch_control;
	sum->xbar += more->xbar;
	sum->neuron += more->neuron;
	sum->total += more->total;
}
