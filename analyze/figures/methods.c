/* analyze/figures/methods.c: the facts that a reader needs to judge a figure. */
#include "methods.h"
#include "analyze/engine/bibtex.h"
#include "analyze/estimators/references.h"
#include <stdlib.h>

/* Settings that are not what the preset says. */
static int find_changed(struct opj_methods_estimate *facts, const struct opj_estimate *estimate, struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	struct opj_config *base = opj_config_create(estimator->name, estimator->options, estimator->option_count, err);
	if (!base || (estimate->base && opj_config_set_list(base, estimate->base->values, err))) {
		opj_config_destroy(base);
		return -1;
	}
	facts->settings = opj_config_json(estimate->config);
	facts->preset = opj_config_json(base);
	facts->changed = calloc((size_t)estimator->option_count + 1, sizeof *facts->changed);
	opj_config_destroy(base);
	if (!facts->settings || !facts->preset || !facts->changed)
		return opj_fail(err, "out of memory");
	const char *key;
	json_t *now;
	json_object_foreach(facts->settings, key, now)
	{
		const json_t *preset = json_object_get(facts->preset, key);
		if (!json_equal(now, preset))
			facts->changed[facts->changed_count++] = (struct opj_changed_setting){key, now, preset};
	}
	return 0;
}

static int gather_estimate(struct opj_methods *methods, struct opj_methods_estimate *facts,
			   const struct opj_estimate *estimate, struct opj_error *err)
{
	facts->cites = json_array();
	facts->cost_cites = json_array();
	if (!facts->cites || !facts->cost_cites)
		return opj_fail(err, "out of memory");
	if (opj_bibtex_split(estimate->estimator->bibtex, methods->bibtex, facts->cites, err) ||
	    opj_bibtex_split(estimate->bibtex, methods->bibtex, facts->cost_cites, err))
		return -1;
	return find_changed(facts, estimate, err);
}

int opj_methods_init(struct opj_methods *methods, const struct opj_analysis *analysis, struct opj_error *err)
{
	*methods = (struct opj_methods){.bibtex = json_object()};
	methods->estimates = calloc((size_t)analysis->estimate_count + 1, sizeof *methods->estimates);
	if (!methods->bibtex || !methods->estimates)
		return opj_fail(err, "out of memory");
	methods->estimate_count = analysis->estimate_count;
	int failed = opj_bibtex_split(OPJ_BIBTEX_SELF, methods->bibtex, NULL, err);
	for (uint32_t i = 0; !failed && i < analysis->estimate_count; i++)
		failed = gather_estimate(methods, &methods->estimates[i], &analysis->estimates[i], err);
	return failed;
}

void opj_methods_finish(struct opj_methods *methods)
{
	for (uint32_t i = 0; i < methods->estimate_count; i++) {
		struct opj_methods_estimate *facts = &methods->estimates[i];
		free(facts->changed);
		json_decref(facts->cites);
		json_decref(facts->cost_cites);
		json_decref(facts->settings);
		json_decref(facts->preset);
	}
	free(methods->estimates);
	json_decref(methods->bibtex);
	*methods = (struct opj_methods){0};
}

/* As JSON ---------------------------------------------------------------------------------------------------------- */

/* What is not known is null, not empty. */
static void put_text(struct opj_json *json, const char *key, const char *text)
{
	opj_json_string(json, key, text && *text ? text : NULL);
}

static void put_stages(struct opj_json *json, const struct opj_stages *stages)
{
	opj_json_strings(json, "stages", stages->names, stages->count);
}

void opj_put_uncovered(struct opj_json *json, const char *key, const struct opj_uncovered_list *list)
{
	opj_json_object(json, key);
	for (size_t i = 0; i < list->count; i++)
		opj_json_integer(json, list->items[i].op, list->items[i].ops);
	opj_json_object_end(json);
}

static void put_trace(struct opj_json *json, const struct opj_about *about)
{
	const struct opj_manifest *manifest = about->manifest;
	if (!manifest) {
		opj_json_null(json, "trace");
		return;
	}
	opj_json_object(json, "trace");
	opj_json_string(json, "file", about->file);
	put_text(json, "model", manifest->model);
	put_text(json, "run", manifest->run);
	put_text(json, "framework", manifest->framework);
	put_text(json, "recorded_with", manifest->tool);
	put_text(json, "cpu", manifest->cpu);
	put_text(json, "started", manifest->started);
	opj_json_bool(json, "complete", manifest->complete);
	put_text(json, "why", manifest->why);
	opj_json_unsigned(json, "lost_events", manifest->lost_events);
	opj_json_object_end(json);
}

static void put_ignored(struct opj_json *json, const struct opj_analysis *analysis)
{
	opj_json_object(json, "ignored");
	opj_json_strings(json, "classes", (const char *const *)analysis->ignored, analysis->ignored_count);
	opj_json_unsigned(json, "ops", analysis->ignored_ops);
	opj_json_object_end(json);
}

static void put_changed(struct opj_json *json, const struct opj_methods_estimate *facts)
{
	opj_json_object(json, "changed");
	for (size_t i = 0; i < facts->changed_count; i++) {
		opj_json_array(json, facts->changed[i].key);
		opj_json_tree(json, NULL, facts->changed[i].now);
		opj_json_tree(json, NULL, facts->changed[i].preset);
		opj_json_array_end(json);
	}
	opj_json_object_end(json);
}

static void put_estimate(struct opj_json *json, const struct opj_methods_estimate *facts,
			 const struct opj_estimate *estimate, const struct opj_stages *covered)
{
	const struct opj_estimator *estimator = estimate->estimator;
	double pj;
	opj_json_object(json, NULL);
	opj_json_string(json, "label", estimate->label);
	opj_json_string(json, "model", estimator->name);
	opj_json_string(json, "version", estimator->version);
	put_text(json, "summary", estimator->summary);
	put_text(json, "source", estimator->source);
	opj_json_tree(json, "cites", facts->cites);
	put_text(json, "preset", estimate->preset);
	put_text(json, "based_on", estimate->base ? estimate->base->name : NULL);
	put_text(json, "cost_source", estimate->source);
	opj_json_tree(json, "cost_cites", facts->cost_cites);
	put_changed(json, facts);
	if (opj_estimate_total(estimate, &pj))
		opj_json_number(json, "energy_total_pj", pj);
	else
		opj_json_null(json, "energy_total_pj");
	put_stages(json, covered);
	opj_json_string(json, "boundary", estimator->boundary);
	opj_json_tree(json, "uncovered", estimate->report->uncovered);
	opj_json_tree(json, "warnings", estimate->report->warnings);
	opj_json_object_end(json);
}

static void put_count(struct opj_json *json, const struct opj_count *count, const struct opj_uncovered_list *uncovered)
{
	json_t *config = opj_config_json(count->config);
	opj_json_object(json, NULL);
	opj_json_string(json, "label", count->label);
	put_text(json, "unit", count->counter->unit);
	put_text(json, "summary", count->counter->summary);
	put_text(json, "boundary", count->counter->boundary);
	opj_json_tree(json, "config", config);
	opj_put_uncovered(json, "uncovered", uncovered);
	opj_json_tree(json, "warnings", count->report->warnings);
	opj_json_object_end(json);
	json_decref(config);
}

void opj_methods_put(struct opj_json *json, const char *key, const struct opj_methods *methods,
		     const struct opj_digest *digest)
{
	const struct opj_analysis *analysis = digest->analysis;
	const struct opj_about *about = &digest->about;
	opj_json_object(json, key);
	opj_json_string(json, "tool", "opjoule " OPJ_VERSION);
	put_trace(json, about);
	opj_json_unsigned(json, "ops", about->ops);
	put_stages(json, &about->stages);
	opj_about_put_input(json, "input", about->input, about->fed);
	opj_json_unsigned(json, "suspended_ops", about->suspended_ops);
	put_ignored(json, analysis);
	opj_json_array(json, "estimates");
	for (uint32_t i = 0; i < methods->estimate_count; i++)
		put_estimate(json, &methods->estimates[i], &analysis->estimates[i], &about->covered[i]);
	opj_json_array_end(json);
	opj_json_array(json, "counters");
	for (uint32_t i = 0; i < analysis->count_count; i++)
		put_count(json, &analysis->counts[i], &about->uncovered[i]);
	opj_json_array_end(json);
	opj_json_tree(json, "bibtex", methods->bibtex);
	opj_json_object_end(json);
}
