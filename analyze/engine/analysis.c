/* analyze/engine/analysis.c: putting an analysis together: what was asked for, by name, with its settings.
 *
 * Specifications ("compute:fp16,e_ac_pj=0.5") are parsed here; whatever is wrong with one is said before any replay.
 * Counters that an estimator needs are shared with those asked for where both run at their defaults. */
#include "engine.h"
#include "plugin.h"
#include "record/base/text.h"
#include "record/base/vector.h"
#include <stdlib.h>
#include <string.h>

struct opj_analysis *opj_analysis_create(void)
{
	struct opj_analysis *analysis = calloc(1, sizeof *analysis);
	if (analysis && !(analysis->warnings = json_array())) {
		free(analysis);
		return NULL;
	}
	return analysis;
}

static void finish_count(struct opj_count *count)
{
	if (count->self && count->counter->destroy)
		count->counter->destroy(count->self);
	opj_report_destroy(count->report);
	opj_config_destroy(count->config);
	free(count->totals);
	free(count->label);
}

void opj_estimate_finish(struct opj_estimate *estimate)
{
	if (estimate->self && estimate->estimator->destroy)
		estimate->estimator->destroy(estimate->self);
	opj_report_destroy(estimate->report);
	opj_config_destroy(estimate->config);
	free(estimate->needs);
	free(estimate->label);
	free(estimate->preset);
	free(estimate->source);
	free(estimate->bibtex);
	*estimate = (struct opj_estimate){0};
}

void opj_analysis_destroy(struct opj_analysis *analysis)
{
	if (!analysis)
		return;
	for (uint32_t i = 0; i < analysis->estimate_count; i++)
		opj_estimate_finish(&analysis->estimates[i]);
	for (uint32_t i = 0; i < analysis->count_count; i++)
		finish_count(&analysis->counts[i]);
	for (uint32_t i = 0; i < analysis->ignored_count; i++)
		free(analysis->ignored[i]);
	opj_tally_finish(&analysis->tally);
	free(analysis->estimates);
	free(analysis->counts);
	free(analysis->ignored);
	free(analysis->ruled);
	free(analysis->rules);
	free(analysis->resolved);
	free(analysis->latest);
	free(analysis->modules);
	json_decref(analysis->warnings);
	for (uint32_t i = 0; i < analysis->plugin_count; i++)
		opj_plugin_close(&analysis->plugins[i]);
	free(analysis->plugins);
	free(analysis);
}

const struct opj_counter *opj_analysis_find_counter(const struct opj_analysis *analysis, const char *name,
						    struct opj_error *err)
{
	char names[768] = "";
	for (const struct opj_counter *const *at = opj_counters; *at; at++) {
		if (strcmp((*at)->name, name) == 0)
			return *at;
		opj_text_list(names, sizeof names, "%s", (*at)->name);
	}
	for (uint32_t i = 0; i < analysis->plugin_count; i++) {
		for (const struct opj_counter *const *at = analysis->plugins[i].counters; at && *at; at++) {
			if (strcmp((*at)->name, name) == 0)
				return *at;
			opj_text_list(names, sizeof names, "%s", (*at)->name);
		}
	}
	opj_fail(err, "there is no counter \"%.100s\"; there are: %s", name, names);
	return NULL;
}

const struct opj_estimator *opj_analysis_find_estimator(const struct opj_analysis *analysis, const char *name,
							struct opj_error *err)
{
	char names[768] = "";
	for (const struct opj_estimator *const *at = opj_estimators; *at; at++) {
		if (strcmp((*at)->name, name) == 0)
			return *at;
		opj_text_list(names, sizeof names, "%s", (*at)->name);
	}
	for (uint32_t i = 0; i < analysis->plugin_count; i++) {
		for (const struct opj_estimator *const *at = analysis->plugins[i].estimators; at && *at; at++) {
			if (strcmp((*at)->name, name) == 0)
				return *at;
			opj_text_list(names, sizeof names, "%s", (*at)->name);
		}
	}
	opj_fail(err, "there is no estimator \"%.100s\"; there are: %s", name, names);
	return NULL;
}

/* "NAME[:VARIANT][,SETTINGS]" in pieces; all point into copy, which the caller frees. */
struct spec {
	char *copy, *name, *variant, *settings;
};

static int split(const char *text, struct spec *spec, struct opj_error *err)
{
	spec->copy = strdup(text);
	if (!spec->copy)
		return opj_fail(err, "out of memory");
	spec->name = spec->copy;
	spec->settings = strchr(spec->copy, ',');
	if (spec->settings)
		*spec->settings++ = '\0';
	spec->variant = strchr(spec->copy, ':');
	if (spec->variant)
		*spec->variant++ = '\0';
	return 0;
}

static bool label_taken(const struct opj_analysis *analysis, const char *label)
{
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		if (analysis->counts[i].label && strcmp(analysis->counts[i].label, label) == 0)
			return true;
	}
	return false;
}

static int64_t find_count(const struct opj_analysis *analysis, const struct opj_counter *counter,
			  const struct opj_config *config)
{
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		if (analysis->counts[i].counter == counter && opj_config_equal(analysis->counts[i].config, config))
			return i;
	}
	return -1;
}

/* The counter's name; what was asked where that is taken, and where both are, the name and a number. */
static char *make_label(const struct opj_analysis *analysis, const char *name, const char *asked)
{
	if (!label_taken(analysis, name))
		return strdup(name);
	char *label = strdup(asked);
	for (unsigned n = 2; label && label_taken(analysis, label); n++) {
		free(label);
		if (asprintf(&label, "%s#%u", name, n) < 0)
			return NULL;
	}
	return label;
}

/* Adds a counter, or finds the one that runs with the same settings already. Takes over config. */
static int64_t add_count(struct opj_analysis *analysis, const struct opj_counter *counter, struct opj_config *config,
			 const char *asked, struct opj_error *err)
{
	int64_t found = find_count(analysis, counter, config);
	if (found >= 0) {
		opj_config_destroy(config);
		return found;
	}
	struct opj_count *count = OPJ_PUSH(analysis->counts, analysis->count_count);
	if (!count) {
		opj_config_destroy(config);
		return opj_fail(err, "out of memory");
	}
	count->counter = counter;
	count->config = config;
	count->label = make_label(analysis, counter->name, asked);
	count->report = opj_report_create();
	count->totals = calloc(counter->metric_count + 1, sizeof *count->totals);
	if (!count->label || !count->report || !count->totals)
		return opj_fail(err, "out of memory");
	if (counter->create && !(count->self = counter->create(config, err))) {
		opj_fail_in(err, counter->name);
		return -1;
	}
	return analysis->count_count - 1;
}

int opj_analysis_add_counter(struct opj_analysis *analysis, const char *spec, struct opj_error *err)
{
	return opj_analysis_put_counter(analysis, spec, err) < 0 ? -1 : 0;
}

int64_t opj_analysis_put_counter(struct opj_analysis *analysis, const char *text, struct opj_error *err)
{
	struct spec spec = {0};
	if (analysis->begun)
		return opj_fail(err, "counters are added before the replay");
	if (split(text, &spec, err))
		return -1;
	int64_t index = -1;
	const struct opj_counter *counter = opj_analysis_find_counter(analysis, spec.name, err);
	if (!counter)
		goto done;
	if (spec.variant) {
		opj_fail(err, "counter %s has no presets, so none called \"%.100s\"", spec.name, spec.variant);
		goto done;
	}
	struct opj_config *config = opj_config_create(counter->name, counter->options, counter->option_count, err);
	if (!config)
		goto done;
	if (spec.settings && opj_config_set_list(config, spec.settings, err)) {
		opj_config_destroy(config);
		goto done;
	}
	index = add_count(analysis, counter, config, text, err);
	if (index >= 0)
		analysis->counts[index].requested = true;
done:
	free(spec.copy);
	return index;
}

static int apply_preset(struct opj_estimate *estimate, const char *name, struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	char names[512] = "";
	for (uint32_t i = 0; i < estimator->preset_count; i++) {
		const struct opj_preset *preset = &estimator->presets[i];
		opj_text_list(names, sizeof names, "%s", preset->name);
		if (strcmp(preset->name, name) != 0)
			continue;
		char *copy = strdup(name), *source = strdup(preset->source ? preset->source : "not said");
		char *bibtex = strdup(preset->bibtex ? preset->bibtex : "");
		if (!copy || !source || !bibtex) {
			free(copy);
			free(source);
			free(bibtex);
			return opj_fail(err, "out of memory");
		}
		free(estimate->preset);
		free(estimate->source);
		free(estimate->bibtex);
		estimate->preset = copy;
		estimate->source = source;
		estimate->bibtex = bibtex;
		estimate->base = preset;
		return opj_config_set_list(estimate->config, preset->values, err);
	}
	return opj_fail(err, "estimator %s has no preset \"%.100s\"; there are: %s", estimator->name, name,
			*names ? names : "none");
}

static int apply_preset_of_file(void *data, const char *preset, struct opj_error *err)
{
	return apply_preset(data, preset, err);
}

/* Where the figures of a file are from: what it says, or itself and what it stands on. */
static int take_sources(struct opj_estimate *estimate, const char *path, struct opj_cost_file *file)
{
	char *bibtex, *source;
	bool own = file->source != NULL;
	if (asprintf(&bibtex, "%s%s", file->bibtex ? file->bibtex : "",
		     !own && estimate->bibtex ? estimate->bibtex : "") < 0)
		return -1;
	free(estimate->bibtex);
	estimate->bibtex = bibtex;
	if (asprintf(&source, "%s%s%s", own ? file->source : path,
		     own ? "" : "; what it does not set: ", own ? "" : estimate->source) < 0)
		return -1;
	free(estimate->source);
	estimate->source = source;
	char *preset = strdup(path);
	free(estimate->preset);
	estimate->preset = preset;
	return preset ? 0 : -1;
}

static int apply_file(struct opj_estimate *estimate, const char *path, struct opj_error *err)
{
	struct opj_cost_file file = {
	    .name = estimate->estimator->name, .apply_preset = apply_preset_of_file, .data = estimate};
	if (opj_config_load(estimate->config, path, &file, err))
		return -1;
	int failed = take_sources(estimate, path, &file) ? opj_fail(err, "out of memory") : 0;
	free(file.source);
	free(file.bibtex);
	return failed;
}

/* Where the costs are from when no preset has said it yet. */
static int set_source(struct opj_estimate *estimate, struct opj_error *err)
{
	const char *source = estimate->estimator->source;
	estimate->source = strdup(source ? source : "not said");
	return estimate->source ? 0 : opj_fail(err, "out of memory");
}

/* Settings by hand; a report that named the preset alone would hide them. */
static int apply_settings(struct opj_estimate *estimate, const char *settings, struct opj_error *err)
{
	if (opj_config_set_list(estimate->config, settings, err))
		return -1;
	char *source;
	if (asprintf(&source, "%s; changed: %s", estimate->source, settings) < 0)
		return opj_fail(err, "out of memory");
	free(estimate->source);
	estimate->source = source;
	return 0;
}

static int make_estimate_label(struct opj_estimate *estimate, const char *settings, struct opj_error *err)
{
	if (asprintf(&estimate->label, "%s%s%s%s%s", estimate->estimator->name, estimate->preset ? ":" : "",
		     estimate->preset ? estimate->preset : "", settings ? "," : "", settings ? settings : "") >= 0)
		return 0;
	estimate->label = NULL;
	return opj_fail(err, "out of memory");
}

static bool is_file(const char *variant)
{
	const char *dot = strrchr(variant, '.');
	return strchr(variant, '/') || (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0));
}

static int configure(struct opj_estimate *estimate, const struct spec *spec, struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	estimate->config = opj_config_create(estimator->name, estimator->options, estimator->option_count, err);
	if (!estimate->config)
		return -1;
	if (set_source(estimate, err))
		return -1;
	if (estimator->preset_count && apply_preset(estimate, estimator->presets[0].name, err))
		return -1;
	if (spec->variant && is_file(spec->variant)) {
		if (apply_file(estimate, spec->variant, err))
			return -1;
	} else if (spec->variant && apply_preset(estimate, spec->variant, err)) {
		return -1;
	}
	const char *settings = spec->settings && *spec->settings ? spec->settings : NULL;
	if (settings && apply_settings(estimate, settings, err))
		return -1;
	return make_estimate_label(estimate, settings, err);
}

static int add_needs(struct opj_analysis *analysis, struct opj_estimate *estimate, struct opj_error *err)
{
	const struct opj_estimator *estimator = estimate->estimator;
	estimate->needs = calloc(estimator->need_count + 1, sizeof *estimate->needs);
	if (!estimate->needs)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < estimator->need_count; i++) {
		const struct opj_counter *counter = opj_analysis_find_counter(analysis, estimator->needs[i], err);
		if (!counter)
			return opj_fail_in(err, estimator->name);
		struct opj_config *config =
		    opj_config_create(counter->name, counter->options, counter->option_count, err);
		int64_t index = config ? add_count(analysis, counter, config, counter->name, err) : -1;
		if (index < 0)
			return -1;
		estimate->needs[i] = (uint32_t)index;
		estimate->need_count++;
	}
	return 0;
}

int opj_estimate_configure(struct opj_estimate *estimate, const struct opj_analysis *analysis, const char *text,
			   struct opj_error *err)
{
	struct spec spec = {0};
	if (split(text, &spec, err))
		return -1;
	estimate->estimator = opj_analysis_find_estimator(analysis, spec.name, err);
	int failed = !estimate->estimator || configure(estimate, &spec, err) ? -1 : 0;
	free(spec.copy);
	return failed;
}

int opj_analysis_add_estimator(struct opj_analysis *analysis, const char *spec, struct opj_error *err)
{
	if (analysis->begun)
		return opj_fail(err, "estimators are added before the replay");
	struct opj_estimate *estimate = OPJ_PUSH(analysis->estimates, analysis->estimate_count);
	if (!estimate)
		return opj_fail(err, "out of memory");
	if (opj_estimate_configure(estimate, analysis, spec, err) || add_needs(analysis, estimate, err))
		return -1;
	const struct opj_estimator *estimator = estimate->estimator;
	if (estimator->create && !(estimate->self = estimator->create(estimate->config, err)))
		return opj_fail_in(err, estimator->name);
	return 0;
}

int opj_analysis_load_plugin(struct opj_analysis *analysis, const char *path, struct opj_error *err)
{
	struct opj_plugin plugin;
	if (opj_plugin_open(&plugin, path, err))
		return -1;
	int failed = opj_plugin_compare(&plugin, &plugin, err);
	for (uint32_t i = 0; !failed && i < analysis->plugin_count; i++)
		failed = opj_plugin_compare(&plugin, &analysis->plugins[i], err);
	if (failed) {
		opj_plugin_close(&plugin);
		return opj_fail_in(err, path);
	}
	struct opj_plugin *kept = OPJ_PUSH(analysis->plugins, analysis->plugin_count);
	if (!kept) {
		opj_plugin_close(&plugin);
		return opj_fail(err, "out of memory");
	}
	*kept = plugin;
	return 0;
}

int opj_analysis_ignore_class(struct opj_analysis *analysis, const char *cls, struct opj_error *err)
{
	if (analysis->begun)
		return opj_fail(err, "classes to leave out are named before the replay");
	char **name = OPJ_PUSH(analysis->ignored, analysis->ignored_count);
	if (!name || !(*name = strdup(cls)))
		return opj_fail(err, "out of memory");
	return 0;
}

void opj_analysis_set_strict(struct opj_analysis *analysis, bool strict)
{
	analysis->strict = strict;
}

bool opj_analysis_ignores_module(const struct opj_analysis *analysis, const struct opj_trace_module *module)
{
	for (uint32_t i = 0; i < analysis->ignored_count; i++) {
		if (strcmp(module->def.cls, analysis->ignored[i]) == 0)
			return true;
		for (uint32_t j = 0; j < module->def.base_count; j++) {
			if (strcmp(module->def.bases[j], analysis->ignored[i]) == 0)
				return true;
		}
	}
	return false;
}

bool opj_analysis_ignores(const struct opj_analysis *analysis, const struct opj_context *context)
{
	for (uint32_t i = 0; analysis->ignored_count && i < context->module_count; i++) {
		if (opj_analysis_ignores_module(analysis, context->modules[i]))
			return true;
	}
	return false;
}
