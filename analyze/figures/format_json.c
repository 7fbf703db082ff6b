/* analyze/figures/format_json.c: the report as JSON; docs/analyze.md describes it field by field, report.schema.json
 * for programs.
 *
 * Keys of scopes, stages and ops come in the order in which the trace first named them. */
#include "format.h"
#include <stdlib.h>
#include <string.h>

/* {op: integer} of one group of a plain counter; ops that it counted there only. */
static void put_plain_group(struct opj_json *json, const char *key, const struct opj_tally *tally,
			    const struct opj_rollup *rollup, uint32_t group)
{
	opj_json_object(json, key);
	for (uint32_t op = 0; op < rollup->op_count; op++) {
		const int64_t *slice = opj_rollup_at(rollup, group, op);
		if (slice[OPJ_CELL_COUNTED])
			opj_json_integer(json, tally->ops[op], slice[OPJ_CELL_METRICS]);
	}
	opj_json_object_end(json);
}

/* {metric: integer} of one group of a counter with several. */
static void put_metric_group(struct opj_json *json, const char *key, const struct opj_count *count, const int64_t *sum)
{
	opj_json_object(json, key);
	for (uint32_t m = 0; m < count->counter->metric_count; m++)
		opj_json_integer(json, count->counter->metrics[m], sum[OPJ_CELL_METRICS + m]);
	opj_json_object_end(json);
}

/* {group: …} by scope or stage. Of a plain counter the whole run is always there by scope. */
static int put_groups(struct opj_json *json, const char *key, const struct opj_analysis *analysis,
		      const struct opj_count *count, enum opj_axis axis, struct opj_error *err)
{
	struct opj_rollup rollup;
	bool plain = !count->counter->metrics, global = !plain || axis != OPJ_BY_MODULE;
	if (opj_tally_roll(&analysis->tally, axis, count->offset, opj_count_width(count), &rollup, err))
		return -1;
	opj_json_object(json, key);
	for (uint32_t group = 0; group < rollup.group_count; group++) {
		const int64_t *sum = opj_rollup_sum(&rollup, group);
		if (!rollup.groups[group] || !sum[OPJ_CELL_COUNTED])
			continue;
		global = global || strcmp(rollup.groups[group], "Global") == 0;
		if (plain)
			put_plain_group(json, rollup.groups[group], &analysis->tally, &rollup, group);
		else
			put_metric_group(json, rollup.groups[group], count, sum);
	}
	if (!global) {
		opj_json_object(json, "Global");
		opj_json_object_end(json);
	}
	opj_json_object_end(json);
	opj_rollup_finish(&rollup);
	return 0;
}

/* The fields that a counter or estimator reported, in the object that is open. */
static void put_fields(struct opj_json *json, const struct opj_report *report)
{
	const char *key;
	json_t *field;
	json_object_foreach(report->fields, key, field) opj_json_tree(json, key, field);
}

static void put_config(struct opj_json *json, const struct opj_config *config)
{
	json_t *tree = opj_config_json(config);
	opj_json_tree(json, "config", tree);
	json_decref(tree);
}

static int put_count(struct opj_json *json, const struct opj_digest *digest, uint32_t i, struct opj_error *err)
{
	const struct opj_count *count = &digest->analysis->counts[i];
	bool plain = !count->counter->metrics;
	opj_json_object(json, count->label);
	opj_json_string(json, "unit", count->counter->unit ? count->counter->unit : "");
	put_config(json, count->config);
	if (count->counter->metric_count) {
		if (plain)
			opj_json_integer(json, "total", count->totals[0]);
		if (put_groups(json, plain ? "by_scope" : "metrics", digest->analysis, count, OPJ_BY_MODULE, err) ||
		    put_groups(json, plain ? "by_stage" : "metrics_by_stage", digest->analysis, count, OPJ_BY_STAGE,
			       err))
			return -1;
		opj_put_uncovered(json, "uncovered", &digest->about.uncovered[i]);
	}
	put_fields(json, count->report);
	opj_json_tree(json, "warnings", count->report->warnings);
	opj_json_object_end(json);
	return 0;
}

static int put_counts(struct opj_json *json, const struct opj_digest *digest, struct opj_error *err)
{
	opj_json_object(json, "counters");
	for (uint32_t i = 0; i < digest->analysis->count_count; i++) {
		if (put_count(json, digest, i, err))
			return -1;
	}
	opj_json_object_end(json);
	return 0;
}

/* {name: figure} of one column by each axis, as far as it is known: integers where it is exact. */
static void put_column(struct opj_json *json, const struct opj_digest *digest, uint32_t column,
		       const char *const keys[3])
{
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_OP; axis++) {
		const struct opj_rows *rows = &digest->by[axis];
		opj_json_object(json, keys[axis]);
		for (size_t i = 0; i < rows->count; i++) {
			const struct opj_row *row = &rows->rows[i];
			if (!row->outside && row->figures[column].known)
				opj_json_figure(json, row->name, &row->figures[column]);
		}
		opj_json_object_end(json);
	}
}

static void put_energies(struct opj_json *json, const struct opj_digest *digest, uint32_t estimate)
{
	static const char *const keys[] = {"by_scope_pj", "by_stage_pj", "by_op_pj"};
	uint32_t column = 0;
	while (digest->columns[column].kind != OPJ_COLUMN_ENERGY || digest->columns[column].index != estimate)
		column++;
	put_column(json, digest, column, keys);
}

/* What ops took by the executor's clock; null where nothing was timed. */
static void put_time(struct opj_json *json, const struct opj_digest *digest)
{
	static const char *const keys[] = {"by_scope", "by_stage", "by_op"};
	const struct opj_figure *total = &digest->totals[OPJ_DIGEST_TIME];
	if (!total->known) {
		opj_json_null(json, "time");
		return;
	}
	opj_json_object(json, "time");
	opj_json_string(json, "unit", "ns");
	opj_json_integer(json, "total", total->integer);
	put_column(json, digest, OPJ_DIGEST_TIME, keys);
	opj_json_object_end(json);
}

/* Modules in which something ran, in the order of the model. */
static void put_modules(struct opj_json *json, const struct opj_digest *digest)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	opj_json_array(json, "modules");
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_seen_module *seen = rows->rows[i].module;
		if (!seen)
			continue;
		opj_json_object(json, NULL);
		opj_json_string(json, "path", seen->module->def.path);
		opj_json_string(json, "class", seen->module->def.cls);
		opj_json_integer(json, "ops", rows->rows[i].figures[OPJ_DIGEST_OPS].integer);
		opj_json_unsigned(json, "calls", seen->in.calls);
		opj_json_object(json, "in");
		opj_about_put_activity(json, &seen->in);
		opj_json_object_end(json);
		opj_json_object(json, "out");
		opj_about_put_activity(json, &seen->out);
		opj_json_object_end(json);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
}

static void put_estimate(struct opj_json *json, const struct opj_digest *digest, uint32_t i)
{
	const struct opj_estimate *estimate = &digest->analysis->estimates[i];
	const struct opj_estimator *estimator = estimate->estimator;
	const struct opj_about *about = &digest->about;
	opj_json_object(json, NULL);
	opj_json_string(json, "model", estimator->name);
	opj_json_string(json, "preset", estimate->preset);
	opj_json_string(json, "version", estimator->version);
	opj_json_string(json, "cost_source", estimate->source);
	opj_json_string(json, "boundary", estimator->boundary);
	opj_json_strings(json, "stages", about->covered[i].names, about->covered[i].count);
	opj_about_put_input(json, "input", about->input, about->fed);
	put_config(json, estimate->config);
	put_fields(json, estimate->report);
	put_energies(json, digest, i);
	opj_json_tree(json, "uncovered", estimate->report->uncovered);
	opj_json_tree(json, "warnings", estimate->report->warnings);
	opj_json_object_end(json);
}

static void put_warnings(struct opj_json *json, const struct opj_digest *digest)
{
	const struct opj_analysis *analysis = digest->analysis;
	char text[OPJ_ABOUT_WARNING];
	opj_json_array(json, "warnings");
	for (size_t i = 0; i < json_array_size(analysis->warnings); i++)
		opj_json_string(json, NULL, json_string_value(json_array_get(analysis->warnings, i)));
	if (analysis->ignored_ops)
		opj_json_string(json, NULL, opj_about_ignored_warning(text, analysis->ignored_ops));
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		if (*analysis->counts[i].uncovered_why.text)
			opj_json_string(json, NULL, opj_about_count_warning(text, &analysis->counts[i]));
	}
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const struct opj_estimate *estimate = &analysis->estimates[i];
		const char *what;
		json_t *count;
		json_object_foreach(estimate->report->uncovered, what, count) opj_json_string(
		    json, NULL,
		    opj_about_uncovered_warning(text, estimate->estimator->name, what, json_integer_value(count)));
	}
	opj_json_array_end(json);
}

int opj_put_report(struct opj_json *json, const struct opj_digest *digest, const struct opj_methods *methods,
		   struct opj_error *err)
{
	opj_json_string(json, "format", OPJ_REPORT_FORMAT);
	opj_json_integer(json, "version", OPJ_REPORT_VERSION);
	if (opj_about_put_trace(json, "trace", digest->analysis->trace, err))
		return -1;
	put_modules(json, digest);
	put_time(json, digest);
	if (put_counts(json, digest, err))
		return -1;
	opj_json_array(json, "estimates");
	for (uint32_t i = 0; i < digest->analysis->estimate_count; i++)
		put_estimate(json, digest, i);
	opj_json_array_end(json);
	put_warnings(json, digest);
	if (methods)
		opj_methods_put(json, "methods", methods, digest);
	return 0;
}

/* Several traces: {"traces": […]}, each the very object that it is alone. */
static int write_json(const struct opj_document *document, FILE *out, struct opj_error *err)
{
	for (uint32_t i = 0; i < document->count; i++) {
		struct opj_json json = {.file = out, .indent = 1};
		fputs(document->count == 1 ? "" : i ? ",\n" : "{\"traces\": [\n", out);
		opj_json_object(&json, NULL);
		if (opj_put_report(&json, document->sources[i].digest, document->methods ? &document->methods[i] : NULL,
				   err))
			return -1;
		opj_json_object_end(&json);
		if (json.problem)
			return opj_fail(err, "%s", json.problem);
	}
	fputs(document->count == 1 ? "\n" : "\n]}\n", out);
	return 0;
}

const struct opj_format opj_format_json = {.name = "json", .whole = true, .write = write_json};

char *opj_analysis_json(const struct opj_analysis *analysis, struct opj_error *err)
{
	struct opj_digest digest;
	struct opj_buffer text = {0};
	struct opj_json json = {.buffer = &text, .indent = 1};
	if (opj_digest_init(&digest, analysis, err))
		return NULL;
	opj_json_object(&json, NULL);
	int failed = opj_put_report(&json, &digest, NULL, err);
	opj_json_object_end(&json);
	opj_digest_finish(&digest);
	if (!failed && (json.problem || !opj_buffer_text(&text)))
		failed = opj_fail(err, "%s", json.problem ? json.problem : "out of memory");
	if (!failed)
		return text.data;
	opj_buffer_finish(&text);
	return NULL;
}
