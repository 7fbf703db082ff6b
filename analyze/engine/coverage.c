/* analyze/engine/coverage.c: what a figure is about: the input of the run, and the stages that an estimate has figures
 * for.
 *
 * Text and JSON say the same of both, so both ask here. */
#include "engine.h"
#include <stdlib.h>
#include <string.h>

const struct opj_activity *opj_analysis_input(const struct opj_analysis *analysis,
					      const struct opj_trace_module **module)
{
	*module = NULL;
	for (uint32_t i = 0; i < analysis->module_count; i++) {
		const struct opj_seen_module *seen = &analysis->modules[i];
		if (!seen->module || strchr(seen->module->def.path, '.') || !seen->in.calls ||
		    !(seen->in.elements || seen->in.unseen))
			continue;
		*module = seen->module;
		return &seen->in;
	}
	return analysis->first_input.calls ? &analysis->first_input : NULL;
}

/* Linear estimators cover an op where a counter that they price does. */
static void mark_counted(const struct opj_analysis *analysis, const struct opj_estimate *estimate, bool *covered)
{
	const struct opj_tally *tally = &analysis->tally;
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		const int64_t *cell = tally->values + (size_t)i * tally->stride;
		uint32_t stage = tally->rows[tally->keys[i].context].context->stage_id;
		for (uint32_t n = 0; n < estimate->need_count; n++) {
			uint32_t offset = analysis->counts[estimate->needs[n]].offset;
			covered[stage] = covered[stage] || cell[offset + OPJ_CELL_COUNTED];
		}
	}
}

/* Others say by shares which stages have energy; one that gives no shares is taken to cover all, if it has any. */
static void mark_shares(const struct opj_analysis *analysis, const struct opj_estimate *estimate, bool *covered)
{
	json_t *shares = estimate->report->shares[OPJ_BY_STAGE];
	double pj;
	bool all = !json_object_size(shares) && (!opj_estimate_total(estimate, &pj) || pj != 0);
	for (uint32_t i = 0; i < analysis->tally.stage_count; i++) {
		const char *name = analysis->tally.stages[i];
		covered[i] = name && (all || json_object_get(shares, name));
	}
}

int opj_stages_init(struct opj_stages *stages, const struct opj_analysis *analysis, const struct opj_estimate *estimate,
		    struct opj_error *err)
{
	uint32_t count = analysis->tally.stage_count;
	bool *covered = calloc((size_t)count + 1, sizeof *covered);
	*stages = (struct opj_stages){.names = calloc((size_t)count + 1, sizeof *stages->names)};
	if (!covered || !stages->names) {
		free(covered);
		opj_stages_finish(stages);
		return opj_fail(err, "out of memory");
	}
	if (estimate && estimate->estimator->price)
		mark_counted(analysis, estimate, covered);
	else if (estimate)
		mark_shares(analysis, estimate, covered);
	for (uint32_t i = 0; i < count; i++) {
		const char *name = analysis->tally.stages[i];
		if (name && (!estimate || covered[i]))
			stages->names[stages->count++] = name;
	}
	free(covered);
	return 0;
}

void opj_stages_finish(struct opj_stages *stages)
{
	free(stages->names);
	*stages = (struct opj_stages){0};
}

bool opj_estimate_total(const struct opj_estimate *estimate, double *pj)
{
	*pj = estimate->report->total_pj;
	return estimate->report->totalled;
}
