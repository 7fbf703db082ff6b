/* analyze/estimators/spikesim/report.c: activity, geometry and energy of each layer, and what is out of scope. */
#include "spikesim.h"
#include <inttypes.h>

static const char *const refusals[SPIKESIM_REFUSALS] = {
    [SPIKESIM_TRANSPOSED] = "transposed convolutions",
    [SPIKESIM_NOT_CONV2D] = "convolutions outside Conv2d layers (1d, 3d, functional)",
    [SPIKESIM_NOT_INFERENCE] = "convolutions of training, or recorded with autograd on",
    [SPIKESIM_GROUPED] = "grouped and depthwise convolutions",
    [SPIKESIM_RANK] = "convolutions other than 2d with a batch dimension",
};

static const struct spikesim_stage *stage_at(const struct spikesim *self, uint32_t i)
{
	return opj_vector_get(&self->stages, i);
}

/* Activity ----------------------------------------------------------------------------------------------------------
 */

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
    "dense_pe_cycle_count",          "active_patch_tile_count", "active_row_count",
    "active_output_tile_site_count", "dense_patch_tile_count",  "dense_row_count",
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

static void report_metadata(const struct spikesim_stage *stage, struct opj_report *report)
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
	opj_report_counts(report, first->channels_by_tile, (size_t)first->in_tiles, section, scope,
			  "input_tile_channels", NULL);
	opj_report_count(report, stage->calls, section, scope, "total_calls", NULL);
	opj_report_count(report, stage->event_calls, section, scope, "event_driven_calls", NULL);
	opj_report_count(report, stage->dense_calls, section, scope, "dense_fallback_calls", NULL);
	opj_report_flag(report, stage->shape_mismatch, section, scope, "shape_mismatch_detected", NULL);
}

/* Energy ------------------------------------------------------------------------------------------------------------
 */

static void add_energy(struct spikesim_energy *sum, const struct spikesim_energy *more)
{
	sum->pe_cycle += more->pe_cycle;
	sum->patch_control += more->patch_control;
	sum->xbar += more->xbar;
	sum->neuron += more->neuron;
	sum->total += more->total;
}

/* A figure under one, two or three keys, the rest NULL. */
static void put_part(struct opj_report *report, const char *const place[3], const char *key, double pj)
{
	if (place[2])
		opj_report_number(report, pj, place[0], place[1], place[2], key, NULL);
	else if (place[1])
		opj_report_number(report, pj, place[0], place[1], key, NULL);
	else
		opj_report_number(report, pj, place[0], key, NULL);
}

static void put_parts(bool event, const struct spikesim_energy *energy, const char *const place[3],
		      struct opj_report *report)
{
	if (!event) {
		put_part(report, place, "pe_cycle_pj", energy->pe_cycle);
		return;
	}
	put_part(report, place, "patch_control_pj", energy->patch_control);
	put_part(report, place, "xbar_pj", energy->xbar);
	put_part(report, place, "neuron_pj", energy->neuron);
}

/* Energy of a scope is that of the layers in it. */
static int share_stage(const struct spikesim_stage *stage, double pj, struct opj_vector *scopes)
{
	for (uint32_t i = 0; i < stage->context->scope_count; i++) {
		double *scope = opj_vector_at(scopes, stage->context->scope_ids[i]);
		if (!scope)
			return -1;
		*scope += pj;
	}
	return 0;
}

/* The trace's stage that all priced convolutions ran in; NULL: several, or none was priced. */
static const char *only_stage(const struct spikesim *self)
{
	const char *name = NULL;
	for (uint32_t i = 0; i < self->contexts.count; i++) {
		const struct spikesim_context *at = opj_vector_get(&self->contexts, i);
		if (!at->context || !at->stage)
			continue;
		if (name && strcmp(name, at->context->stage) != 0)
			return NULL;
		name = at->context->stage;
	}
	return name;
}

static int report_shares(const struct spikesim *self, const struct spikesim_energy *total, struct opj_report *report)
{
	struct opj_vector scopes = {.item_size = sizeof(double)};
	int failed = 0;
	for (uint32_t i = 0; !failed && i < self->stages.count; i++) {
		struct spikesim_energy energy;
		spikesim_price(&self->cost, stage_at(self, i), &energy);
		failed = share_stage(stage_at(self, i), energy.total, &scopes);
	}
	for (uint32_t i = 0; !failed && i < self->stages.count; i++) {
		const struct opj_context *context = stage_at(self, i)->context;
		for (uint32_t s = 0; s < context->scope_count; s++)
			opj_report_share(report, OPJ_BY_MODULE, context->scopes[s],
					 *(double *)opj_vector_get(&scopes, context->scope_ids[s]));
	}
	if (self->stages.count)
		opj_report_share(report, OPJ_BY_OP, "aten.convolution.default", total->total);
	const char *stage = only_stage(self);
	if (stage)
		opj_report_share(report, OPJ_BY_STAGE, stage, total->total);
	opj_vector_finish(&scopes);
	return failed;
}

static int report_stages(const struct spikesim *self, struct spikesim_energy *total, struct opj_report *report,
			 struct opj_error *err)
{
	static const char by_component[] = "energy_by_component", by_stage[] = "by_stage";
	opj_report_section(report, "energy_by_stage", NULL);
	opj_report_section(report, by_component, by_stage, NULL);
	opj_report_section(report, "event_stats_by_stage", NULL);
	opj_report_section(report, "stage_metadata", NULL);
	*total = (struct spikesim_energy){0};
	for (uint32_t i = 0; i < self->stages.count; i++) {
		const struct spikesim_stage *stage = stage_at(self, i);
		const char *const place[3] = {by_component, by_stage, stage->scope};
		struct spikesim_energy energy;
		spikesim_price(&self->cost, stage, &energy);
		put_parts(self->cost.event, &energy, place, report);
		put_part(report, place, "total_pj", energy.total);
		opj_report_number(report, energy.total, "energy_by_stage", stage->scope, NULL);
		report_metadata(stage, report);
		if (report_stats(stage, report, err))
			return -1;
		add_energy(total, &energy);
	}
	return 0;
}

static int report_counts(const struct spikesim *self, struct opj_report *report, struct opj_error *err)
{
	int64_t pe_cycles = 0, refused = 0;
	for (uint32_t i = 0; i < self->stages.count; i++) {
		int64_t stats[STATS];
		sum_stats(stage_at(self, i), stats);
		pe_cycles = opj_add(pe_cycles, stats[PE_CYCLES]);
	}
	if (pe_cycles == OPJ_OVERFLOW)
		return opj_fail(err, "%s does not fit in 64 bits", stat_names[PE_CYCLES]);
	for (uint32_t i = 0; i < self->refused.count; i++)
		refused += ((const struct spikesim_refused *)opj_vector_get(&self->refused, i))->calls;
	opj_report_count(report, pe_cycles, "counts", stat_names[PE_CYCLES], NULL);
	opj_report_count(report, self->stages.count, "counts", "stage_count", NULL);
	opj_report_count(report, (int64_t)self->ops, "coverage", "ops", NULL);
	opj_report_count(report, refused, "coverage", "convolutions_out_of_scope", NULL);
	opj_report_count(report, (int64_t)self->products, "coverage", "matrix_products_not_priced", NULL);
	return 0;
}

/* Warnings ----------------------------------------------------------------------------------------------------------
 */

static void warn_neurons(const struct spikesim *self, struct opj_report *report)
{
	char list[600] = "";
	size_t length = 0;
	uint32_t count = 0;
	for (uint32_t i = 0; i < self->neurons.count; i++) {
		const struct opj_trace_module *const *neuron = opj_vector_get(&self->neurons, i);
		if (!*neuron)
			continue;
		if (length < sizeof list)
			length += (size_t)snprintf(list + length, sizeof list - length, "%s%s (%s)", count ? ", " : "",
						   (*neuron)->def.path, (*neuron)->def.cls);
		count++;
	}
	if (self->check_neurons && count)
		opj_report_warn(report, "SpikeSim assumes IF and LIF neurons; %" PRIu32 " others: %s", count, list);
}

static void warn_refused(const struct spikesim *self, struct opj_report *report)
{
	for (uint32_t i = 0; i < self->refused.count; i++) {
		const struct spikesim_refused *refused = opj_vector_get(&self->refused, i);
		opj_report_warn(report, "%s: %s are out of scope (%" PRId64 " left out)", refused->scope,
				refusals[refused->why], refused->calls);
	}
}

static void warn_stages(const struct spikesim *self, struct opj_report *report)
{
	for (uint32_t i = 0; i < self->stages.count; i++) {
		const struct spikesim_stage *stage = stage_at(self, i);
		if (stage->shape_mismatch)
			opj_report_warn(report,
					"%s ran with several shapes or geometries; its metadata is that of the "
					"first call, its energy that of all",
					stage->scope);
		if (stage->unknown_calls)
			opj_report_warn(report,
					"%s: %" PRId64 " calls are priced as dense, the trace does not say what values "
					"their input holds",
					stage->scope, stage->unknown_calls);
	}
}

int spikesim_report(void *data, const struct opj_slice *slice, struct opj_report *report, struct opj_error *err)
{
	(void)slice;
	const struct spikesim *self = data;
	static const char *const places[][3] = {{"breakdown_pj"}, {"energy_by_component", "totals"}};
	struct spikesim_energy total;
	if (report_stages(self, &total, report, err) || report_counts(self, report, err))
		return -1;
	opj_report_section(report, "breakdown_pj", NULL);
	for (int i = 0; self->stages.count && i < 2; i++)
		put_parts(self->cost.event, &total, places[i], report);
	put_part(report, places[1], "total_pj", total.total);
	opj_report_total(report, total.total);
	if (report_shares(self, &total, report))
		return opj_fail(err, "out of memory");

	if (self->training)
		opj_report_warn(report, "inference only, but %s (%s) was in training mode", self->training->def.path,
				self->training->def.cls);
	warn_neurons(self, report);
	warn_refused(self, report);
	warn_stages(self, report);
	if (!self->stages.count)
		opj_report_warn(report, "no convolution of the trace is in scope");
	if (self->cost.event)
		opj_report_warn(report,
				"activity_mode=event is an experiment on top of SpikeSim, whose own model is dense");
	return 0;
}
