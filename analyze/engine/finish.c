/* analyze/engine/finish.c: what comes after the pass over the trace: totals, the reports of counters and estimators,
 * and reports at other prices. */
#include "engine.h"
#include <stdlib.h>
#include <string.h>

/* Totals of a counter over the whole run; how many ops it counted goes to *counted. */
static int sum_totals(const struct opj_analysis *analysis, struct opj_count *count, int64_t *counted,
		      struct opj_error *err)
{
	const struct opj_tally *tally = &analysis->tally;
	*counted = 0;
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		const int64_t *slice = tally->values + (size_t)i * tally->stride + count->offset;
		*counted += slice[OPJ_CELL_COUNTED];
		for (uint32_t m = 0; m < count->counter->metric_count; m++) {
			if (__builtin_add_overflow(count->totals[m], slice[OPJ_CELL_METRICS + m], &count->totals[m]))
				return opj_fail(err, "counter %s: the total does not fit in 64 bits", count->label);
		}
	}
	return 0;
}

/* Keys that the JSON report has beside the fields which a counter or an estimator fills; NULL ends them. */
static const char *const count_keys[] = {"unit",    "config",           "total",     "by_scope", "by_stage",
					 "metrics", "metrics_by_stage", "uncovered", "warnings", NULL};
static const char *const estimate_keys[] = {"model",    "preset",    "version",  "cost_source", "boundary",
					    "stages",   "input",     "config",   "by_scope_pj", "by_stage_pj",
					    "by_op_pj", "uncovered", "warnings", NULL};

static int check_report(const struct opj_report *report, const char *const *keys, struct opj_error *err)
{
	if (opj_report_check(report, err))
		return -1;
	for (; *keys; keys++) {
		if (json_object_get(report->fields, *keys))
			return opj_fail(err, "report: \"%s\" is a key of every report, not a field to set", *keys);
	}
	return 0;
}

static int report_counts(struct opj_analysis *analysis, struct opj_error *err)
{
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		struct opj_count *count = &analysis->counts[i];
		int64_t ops;
		if (sum_totals(analysis, count, &ops, err))
			return -1;
		count->counted = ops > 0;
		if ((count->counter->report && count->counter->report(count->self, count->report, err)) ||
		    check_report(count->report, count_keys, err))
			return opj_fail_in(err, count->label);
	}
	return 0;
}

/* What `self` reports from the totals of the counters that `estimate` needs. */
static int report_estimate(const struct opj_analysis *analysis, const struct opj_estimate *estimate, void *self,
			   struct opj_report *report, struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	const int64_t **totals = calloc((size_t)estimate->need_count + 1, sizeof *totals);
	if (!totals)
		return opj_fail(err, "out of memory");
	bool any = estimate->need_count == 0;
	for (uint32_t i = 0; i < estimate->need_count; i++) {
		const struct opj_count *count = &analysis->counts[estimate->needs[i]];
		totals[i] = count->totals;
		any = any || count->counted;
	}
	struct opj_slice slice = {.counts = totals};
	int failed = estimator->report(self, &slice, report, err);
	free(totals);
	if (!failed && !report->totalled)
		opj_report_warn(report, "estimator %s states no total (opj_report_total): it has no energy in tables",
				estimator->name);
	if (!any)
		opj_report_warn(report, "no op of the trace is covered by the counters that %s needs", estimator->name);
	if (failed || check_report(report, estimate_keys, err))
		return opj_fail_in(err, estimator->name);
	if (analysis->strict && json_array_size(report->warnings))
		return opj_fail(err, "%s: %s (--strict)", estimator->name,
				json_string_value(json_array_get(report->warnings, 0)));
	if (analysis->strict && json_object_size(report->uncovered))
		return opj_fail(err, "%s has no figure for %s (--strict)", estimator->name,
				json_object_iter_key(json_object_iter(report->uncovered)));
	return 0;
}

bool opj_estimator_watches(const struct opj_estimator *estimator)
{
	return estimator->visit_op || estimator->visit_call || estimator->visit_optimizer;
}

bool opj_estimator_reprices(const struct opj_estimator *estimator)
{
	return estimator->reprice || !opj_estimator_watches(estimator);
}

int opj_analysis_price(const struct opj_analysis *analysis, const struct opj_estimate *seen,
		       const struct opj_config *config, struct opj_report *report, struct opj_error *err)
{
	const struct opj_estimator *estimator = seen->estimator;
	bool fresh = !opj_estimator_watches(estimator) && estimator->create;
	void *self = fresh ? estimator->create(config, err) : seen->self;
	if ((fresh && !self) || (!fresh && estimator->reprice && estimator->reprice(self, config, err)))
		return opj_fail_in(err, estimator->name);
	int failed = report_estimate(analysis, seen, self, report, err);
	if (fresh && estimator->destroy)
		estimator->destroy(self);
	return failed;
}

static int warn(json_t *warnings, const char *text, struct opj_error *err)
{
	return json_array_append_new(warnings, json_string(text)) ? opj_fail(err, "out of memory") : 0;
}

int opj_warn_of_whole(json_t *warnings, const struct opj_trace *trace, bool several, struct opj_error *err)
{
	if (trace && !opj_trace_manifest(trace)->complete &&
	    warn(warnings, "The trace was cut short: figures cover what was recorded until then.", err))
		return -1;
	if (several &&
	    warn(warnings,
		 "Estimators price different things under different assumptions: their totals neither add up nor "
		 "compare.",
		 err))
		return -1;
	return 0;
}

int opj_analysis_finish(struct opj_analysis *analysis, struct opj_error *err)
{
	if (!analysis->begun || analysis->finished)
		return opj_fail(err, "an analysis is finished once, after it began");
	int failed = report_counts(analysis, err);
	for (uint32_t i = 0; !failed && i < analysis->estimate_count; i++) {
		struct opj_estimate *estimate = &analysis->estimates[i];
		if (!estimate->report && !(estimate->report = opj_report_create()))
			return opj_fail(err, "out of memory");
		failed = report_estimate(analysis, estimate, estimate->self, estimate->report, err);
	}
	failed = failed || opj_warn_of_whole(analysis->warnings, analysis->trace, analysis->estimate_count > 1, err);
	analysis->finished = !failed;
	return failed;
}

int opj_analysis_total(const struct opj_analysis *analysis, const char *counter, const char *metric, int64_t *total,
		       struct opj_error *err)
{
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (strcmp(count->label, counter) != 0)
			continue;
		for (uint32_t m = 0; m < count->counter->metric_count; m++) {
			const char *name = count->counter->metrics ? count->counter->metrics[m] : NULL;
			if (name && metric ? strcmp(name, metric) == 0 : !name && !metric) {
				*total = count->totals[m];
				return 0;
			}
		}
		return opj_fail(err, "counter %s has no metric \"%s\"", counter, metric ? metric : "(plain)");
	}
	return opj_fail(err, "counter %s did not run", counter);
}
