/* analyze/figures/methods.c: the facts that a reader needs to judge a figure, gathered from a finished analysis. */
#include "methods.h"
#include "analyze/engine/bibtex.h"
#include "analyze/estimators/references.h"
#include <stdlib.h>
#include <string.h>

static json_t *string_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *provenance(const struct opj_analysis *analysis, struct opj_error *err)
{
	if (!analysis->trace)
		return json_null();
	const struct opj_manifest *manifest = opj_trace_manifest(analysis->trace);
	json_t *object = json_object();
	if (!object || opj_json_put(object, "file", json_string(opj_trace_path(analysis->trace)), err) ||
	    opj_json_put(object, "model", string_or_null(manifest->model), err) ||
	    opj_json_put(object, "run", string_or_null(manifest->run), err) ||
	    opj_json_put(object, "framework", string_or_null(manifest->framework), err) ||
	    opj_json_put(object, "recorded_with", string_or_null(manifest->tool), err) ||
	    opj_json_put(object, "cpu", string_or_null(manifest->cpu), err) ||
	    opj_json_put(object, "started", string_or_null(manifest->started), err) ||
	    opj_json_put(object, "complete", json_boolean(manifest->complete), err) ||
	    opj_json_put(object, "why", string_or_null(manifest->why), err) ||
	    opj_json_put(object, "lost_events", json_integer((json_int_t)manifest->lost_events), err)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Ops in regions that the executor marked as not being part of training. */
static uint64_t suspended_ops(const struct opj_analysis *analysis)
{
	const struct opj_tally *tally = &analysis->tally;
	uint64_t ops = 0;
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		if (tally->rows[tally->keys[i].context].context->suspended)
			ops += (uint64_t)opj_tally_at(tally, i)[OPJ_HEAD_OPS];
	}
	return ops;
}

static json_t *ignored(const struct opj_analysis *analysis)
{
	json_t *classes = json_array();
	for (uint32_t i = 0; i < analysis->ignored_count; i++)
		json_array_append_new(classes, json_string(analysis->ignored[i]));
	return json_pack("{s:o, s:I}", "classes", classes, "ops", (json_int_t)analysis->ignored_ops);
}

/* Settings that are not what the preset says: {key: [value, preset's value]}. */
static json_t *changed(const struct opj_estimate *estimate, struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	struct opj_config *base = opj_config_create(estimator->name, estimator->options, estimator->option_count, err);
	json_t *object = NULL, *now = NULL, *then = NULL;
	if (!base || (estimate->base && opj_config_set_list(base, estimate->base->values, err)))
		goto done;
	object = json_object();
	now = opj_config_json(estimate->config);
	then = opj_config_json(base);
	const char *key;
	json_t *value;
	json_object_foreach(now, key, value)
	{
		json_t *other = json_object_get(then, key);
		if (!json_equal(value, other) && object)
			json_object_set_new(object, key, json_pack("[O, O]", value, other));
	}
	if (!object || !now || !then)
		opj_fail(err, "out of memory");
done:
	json_decref(now);
	json_decref(then);
	opj_config_destroy(base);
	return object;
}

/* Appends what to cite, and keeps the entries. */
static json_t *cites(const char *bibtex, json_t *entries, struct opj_error *err)
{
	json_t *keys = json_array();
	if (!keys || opj_bibtex_split(bibtex, entries, keys, err)) {
		json_decref(keys);
		return NULL;
	}
	return keys;
}

static json_t *estimate_facts(const struct opj_analysis *analysis, const struct opj_estimate *estimate, json_t *entries,
			      struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	json_t *object = json_object();
	double pj;
	bool total = opj_estimate_total(estimate, &pj);
	if (!object || opj_json_put(object, "label", json_string(estimate->label), err) ||
	    opj_json_put(object, "model", json_string(estimator->name), err) ||
	    opj_json_put(object, "version", json_string(estimator->version), err) ||
	    opj_json_put(object, "summary", string_or_null(estimator->summary), err) ||
	    opj_json_put(object, "source", string_or_null(estimator->source), err) ||
	    opj_json_put(object, "cites", cites(estimator->bibtex, entries, err), err) ||
	    opj_json_put(object, "preset", string_or_null(estimate->preset), err) ||
	    opj_json_put(object, "based_on", string_or_null(estimate->base ? estimate->base->name : NULL), err) ||
	    opj_json_put(object, "cost_source", string_or_null(estimate->source), err) ||
	    opj_json_put(object, "cost_cites", cites(estimate->bibtex, entries, err), err) ||
	    opj_json_put(object, "changed", changed(estimate, err), err) ||
	    opj_json_put(object, "energy_total_pj", total ? json_real(pj) : json_null(), err) ||
	    opj_json_put(object, "stages", opj_analysis_stages(analysis, estimate), err) ||
	    opj_json_put(object, "boundary", json_string(estimator->boundary), err) ||
	    opj_json_put(object, "uncovered", json_copy(estimate->report->uncovered), err) ||
	    opj_json_put(object, "warnings", json_copy(estimate->report->warnings), err)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *count_facts(const struct opj_analysis *analysis, const struct opj_count *count, struct opj_error *err)
{
	json_t *object = json_object();
	if (!object || opj_json_put(object, "label", json_string(count->label), err) ||
	    opj_json_put(object, "unit", string_or_null(count->counter->unit), err) ||
	    opj_json_put(object, "summary", string_or_null(count->counter->summary), err) ||
	    opj_json_put(object, "boundary", string_or_null(count->counter->boundary), err) ||
	    opj_json_put(object, "config", opj_config_json(count->config), err) ||
	    opj_json_put(object, "uncovered",
			 count->counter->metric_count ? opj_count_uncovered(analysis, count, err) : json_object(),
			 err) ||
	    opj_json_put(object, "warnings", json_copy(count->report->warnings), err)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int put_lists(const struct opj_analysis *analysis, json_t *facts, struct opj_error *err)
{
	json_t *entries = json_object(), *estimates = json_array(), *counts = json_array();
	int failed = opj_json_put(facts, "estimates", estimates, err) | opj_json_put(facts, "counters", counts, err) |
		     opj_json_put(facts, "bibtex", entries, err);
	failed = failed || opj_bibtex_split(OPJ_BIBTEX_SELF, entries, NULL, err);
	for (uint32_t i = 0; !failed && i < analysis->estimate_count; i++)
		failed =
		    json_array_append_new(estimates, estimate_facts(analysis, &analysis->estimates[i], entries, err));
	for (uint32_t i = 0; !failed && i < analysis->count_count; i++)
		failed = json_array_append_new(counts, count_facts(analysis, &analysis->counts[i], err));
	if (failed && err && !*err->text)
		opj_fail(err, "out of memory");
	return failed;
}

json_t *opj_methods_json(const struct opj_analysis *analysis, struct opj_error *err)
{
	json_t *facts = json_object();
	if (!facts || opj_json_put(facts, "tool", json_string("opjoule " OPJ_VERSION), err) ||
	    opj_json_put(facts, "trace", provenance(analysis, err), err) ||
	    opj_json_put(facts, "ops", json_integer((json_int_t)analysis->ops), err) ||
	    opj_json_put(facts, "stages", opj_analysis_stages(analysis, NULL), err) ||
	    opj_json_put(facts, "input", opj_analysis_input_json(analysis), err) ||
	    opj_json_put(facts, "suspended_ops", json_integer((json_int_t)suspended_ops(analysis)), err) ||
	    opj_json_put(facts, "ignored", ignored(analysis), err) || put_lists(analysis, facts, err)) {
		json_decref(facts);
		return NULL;
	}
	return facts;
}
