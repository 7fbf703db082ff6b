/* analyze/figures/text.c: the report for people: what was looked at, what each part costs, and what the figures mean.
 *
 * A figure without its assumptions is worth nothing, so every estimator's block says which costs it took from where,
 * which stages it covers and what it leaves out; totals of different estimators never meet in one sum. */
#include "record/base/text.h"
#include "format.h"
#include "record/base/columns.h"
#include "record/base/quantity.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A section's heading, an empty line before it. */
static void heading(FILE *out, const char *text, const char *more, const char *last)
{
	putc('\n', out);
	opj_print(out, OPJ_HEADING, "%s%s%s", text, more, last);
	putc('\n', out);
}

static void add_input(const struct opj_about *about, struct opj_columns *columns)
{
	const struct opj_activity *input = about->input;
	char values[160], source[320];
	if (!input)
		return;
	bool known = input->kind != OPJ_KIND_UNKNOWN;
	opj_columns_cell(columns, "input");
	opj_columns_cell(columns, "%s%s%s, %s", known ? opj_kind_name(input->kind) : "", known ? ", " : "",
			 opj_about_source(source, input, about->fed), opj_about_values(values, input));
}

/* "stages forward, backward"; the first of many. */
static void list_stages(const struct opj_stages *stages, char *text, size_t size)
{
	enum { SHOWN = 8 };
	uint32_t count = stages->count;
	snprintf(text, size, "%s", count == 0 ? "no stage of this trace" : count == 1 ? "stage " : "stages ");
	for (uint32_t i = 0; i < count && i < SHOWN; i++) {
		size_t used = strlen(text);
		snprintf(text + used, size - used, "%s%.60s", i ? ", " : "", opj_stage_label(stages->names[i]));
	}
	size_t used = strlen(text);
	if (count > SHOWN)
		snprintf(text + used, size - used, ", … (%u in all)", count);
}

static void add_trace(const struct opj_about *about, struct opj_columns *columns)
{
	const struct opj_manifest *manifest = about->manifest;
	bool why = !manifest->complete && *manifest->why;
	opj_columns_cell(columns, "trace");
	opj_columns_cell(columns, "%s%s%s%s%s", about->file, manifest->complete ? "" : " (cut short", why ? ": " : "",
			 why ? manifest->why : "", manifest->complete ? "" : ")");
	opj_columns_cell(columns, "model");
	opj_columns_cell(columns, "%s%s%s", *manifest->model ? manifest->model : "unnamed",
			 *manifest->run ? ", run " : "", manifest->run);
	opj_columns_cell(columns, "framework");
	opj_columns_cell(columns, "%s%s%s%s%s", manifest->framework, *manifest->cpu ? ", on " : "", manifest->cpu,
			 *manifest->started ? ", " : "", manifest->started);
}

static int print_header(const struct opj_about *about, FILE *out, struct opj_error *err)
{
	struct opj_columns columns = {.count = 2};
	char stages[640], ignored[80];
	list_stages(&about->stages, stages, sizeof stages);
	if (about->manifest)
		add_trace(about, &columns);
	add_input(about, &columns);
	opj_columns_cell(&columns, "ops");
	opj_columns_cell(&columns, "%" PRIu64 ", %s", about->ops, stages);
	if (about->ignored_ops) {
		opj_columns_cell(&columns, "left out");
		opj_columns_cell(&columns, "%s", opj_about_ignored(ignored, about->ignored_ops));
	}
	int failed = opj_columns_print(&columns, 0, 0, out) ? opj_fail(err, "out of memory") : 0;
	opj_columns_finish(&columns);
	return failed;
}

static void add_warnings(const json_t *warnings, struct opj_columns *columns)
{
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		columns->style = OPJ_WARNING;
		opj_columns_cell(columns, "%s", i ? "" : "warnings");
		opj_columns_cell(columns, "%s", json_string_value(json_array_get(warnings, i)));
		columns->style = OPJ_PLAIN;
	}
}

static void add_uncovered(json_t *uncovered, struct opj_columns *columns)
{
	const char *what, *title = "no figure for";
	json_t *count;
	json_object_foreach(uncovered, what, count)
	{
		columns->style = OPJ_WARNING;
		opj_columns_cell(columns, "%s", title);
		opj_columns_cell(columns, "%s ×%" JSON_INTEGER_FORMAT, what, json_integer_value(count));
		columns->style = OPJ_PLAIN;
		title = "";
	}
}

static void add_settings(const struct opj_config *settings, struct opj_columns *columns)
{
	json_t *config = opj_config_json(settings);
	const char *key, *title = "settings";
	json_t *value;
	json_object_foreach(config, key, value)
	{
		char *text = json_is_real(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
		opj_columns_cell(columns, "%s", title);
		if (json_is_real(value))
			opj_columns_cell(columns, "%s = %.10g", key, json_real_value(value));
		else
			opj_columns_cell(columns, "%s = %s", key, text ? text : "");
		free(text);
		title = "";
	}
	json_decref(config);
}

/* A long list of defaults is left to --json. */
static void add_estimate_settings(const struct opj_estimate *estimate, struct opj_columns *columns)
{
	enum { LONG_LIST = 16 };
	uint32_t count = estimate->estimator->option_count;
	if (count > LONG_LIST && opj_config_is_default(estimate->config)) {
		opj_columns_cell(columns, "settings");
		opj_columns_cell(columns, "all %" PRIu32 " at their defaults; --json lists them", count);
		return;
	}
	add_settings(estimate->config, columns);
}

/* Parts stand further in than what they are parts of. */
static void add_breakdown(const struct opj_estimate *estimate, struct opj_columns *columns)
{
	json_t *breakdown = json_object_get(estimate->report->fields, "breakdown_pj");
	const char *key;
	json_t *value;
	json_object_foreach(breakdown, key, value)
	{
		char text[32];
		int length = (int)strlen(key);
		if (length > 3 && strcmp(key + length - 3, "_pj") == 0)
			length -= 3;
		bool part = json_object_get(estimate->report->parts, key);
		opj_columns_cell(columns, "%s%.*s", part ? "    " : "  ", length, key);
		opj_columns_cell(columns, "%s", opj_format_energy(text, json_number_value(value)));
	}
}

static int print_estimate(const struct opj_estimate *estimate, const struct opj_stages *covered, FILE *out,
			  struct opj_error *err)
{
	struct opj_columns columns = {.count = 2};
	const struct opj_estimator *estimator = estimate->estimator;
	char text[32], stages[640];
	double pj;
	list_stages(covered, stages, sizeof stages);
	heading(out, estimate->label, ", rules of version ", estimator->version);
	if (opj_estimate_total(estimate, &pj)) {
		opj_columns_cell(&columns, "energy");
		opj_columns_cell(&columns, "%s", opj_format_energy(text, pj));
	}
	add_breakdown(estimate, &columns);
	opj_columns_cell(&columns, "costs from");
	opj_columns_cell(&columns, "%s", estimate->source);
	add_estimate_settings(estimate, &columns);
	opj_columns_cell(&columns, "covers");
	opj_columns_cell(&columns, "%s", stages);
	opj_columns_cell(&columns, "leaves out");
	opj_columns_cell(&columns, "%s", estimator->boundary);
	add_uncovered(estimate->report->uncovered, &columns);
	add_warnings(estimate->report->warnings, &columns);
	int failed = opj_columns_print(&columns, 2, 0, out) ? opj_fail(err, "out of memory") : 0;
	opj_columns_finish(&columns);
	return failed;
}

/* "synop: 288 ops of 9 kinds: aten.add.Tensor ×64, …" for each counter that left ops out. */
static int print_uncovered(const struct opj_digest *digest, FILE *out, struct opj_error *err)
{
	enum { SHOWN = 4 };
	struct opj_columns columns = {.count = 2};
	for (uint32_t i = 0; i < digest->about.count_count; i++) {
		const struct opj_uncovered_list *list = &digest->about.uncovered[i];
		char names[512] = "";
		for (size_t kind = 0; kind < list->count && kind < SHOWN; kind++)
			opj_text_list(names, sizeof names, "%.80s ×%" PRId64, list->items[kind].op,
				      list->items[kind].ops);
		if (!list->count)
			continue;
		opj_columns_cell(&columns, "%s", digest->analysis->counts[i].label);
		opj_columns_cell(&columns, "%" PRId64 " op%s of %zu kind%s: %s%s", list->ops, list->ops == 1 ? "" : "s",
				 list->count, list->count == 1 ? "" : "s", names, list->count > SHOWN ? ", …" : "");
	}
	if (columns.cell_count)
		heading(out, "ops without a rule", " (--json lists all)", "");
	int failed = opj_columns_print(&columns, 2, 0, out) ? opj_fail(err, "out of memory") : 0;
	opj_columns_finish(&columns);
	return failed;
}

/* Figures that a counter reports besides its tallies, one a line, behind the names of the sections around them. Lists
 * are left to JSON. */
static void add_fields(json_t *fields, uint32_t depth, struct opj_columns *columns)
{
	const char *key;
	json_t *value;
	json_object_foreach(fields, key, value)
	{
		char text[32] = "";
		if (json_is_integer(value))
			opj_format_count(text, json_integer_value(value), "");
		else if (json_is_real(value))
			snprintf(text, sizeof text, "%.10g", json_real_value(value));
		else if (!json_object_size(value))
			continue;
		opj_columns_cell(columns, "%*s%s", 2 * (int)depth, "", key);
		opj_columns_cell(columns, "%s", text);
		add_fields(value, depth + 1, columns);
	}
}

/* Counters with several metrics have no column of their own; settings and warnings belong to the figures. */
static int print_count(const struct opj_count *count, FILE *out)
{
	struct opj_columns metrics = {.count = 2, .right = 2}, notes = {.count = 2};
	for (uint32_t m = 0; count->counter->metrics && m < count->counter->metric_count; m++) {
		char text[32];
		opj_columns_cell(&metrics, "%s", count->counter->metrics[m]);
		opj_columns_cell(&metrics, "%s", opj_format_count(text, count->totals[m], ""));
	}
	add_fields(count->report->fields, 0, &metrics);
	if (!count->counter->metric_count && !metrics.cell_count) {
		opj_columns_cell(&notes, "figures");
		opj_columns_cell(&notes, "--json lists them");
	}
	add_settings(count->config, &notes);
	add_warnings(count->report->warnings, &notes);
	if (metrics.cell_count || notes.cell_count)
		heading(out, count->label, "", "");
	int failed = opj_columns_print(&metrics, 2, 0, out) || opj_columns_print(&notes, 2, 0, out);
	opj_columns_finish(&metrics);
	opj_columns_finish(&notes);
	return failed;
}

static int print_counts(const struct opj_analysis *analysis, FILE *out, struct opj_error *err)
{
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		if (print_count(&analysis->counts[i], out))
			return opj_fail(err, "out of memory");
	}
	return 0;
}

/* Tables ----------------------------------------------------------------------------------------------------------- */

/* The traces' numbers, each above the first of its columns. */
static void add_group_heading(const struct opj_sheet *sheet, struct opj_columns *columns)
{
	uint32_t last = OPJ_SHEET_ALL;
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		uint32_t trace = sheet->columns[i].trace;
		if (trace != OPJ_SHEET_ALL && trace != last)
			opj_columns_cell(columns, "[%u]", trace + 1);
		else
			opj_columns_cell(columns, "%s", "");
		last = trace;
	}
}

static void add_row(const struct opj_sheet *sheet, const struct opj_sheet_row *row, struct opj_columns *columns)
{
	char text[32];
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		const struct opj_sheet_cell *cell = &row->cells[i];
		if (cell->text)
			opj_columns_cell(columns, "%*s%s", i ? 0 : 2 * (int)row->depth, "", cell->local);
		else
			opj_columns_cell(columns, "%s",
					 opj_figure_text(text, sheet->columns[i].quantity, &cell->figure));
	}
}

int opj_text_table(const struct opj_sheet *sheet, FILE *out)
{
	struct opj_columns columns = {.count = sheet->column_count};
	bool grouped = sheet->by != OPJ_BY_MODEL && sheet->source_count > 1;
	columns.right = ~(uint64_t)(sheet->by == OPJ_BY_MODULE ? 3 : 1);
	if (grouped) {
		for (uint32_t i = 0; i < sheet->source_count; i++) {
			opj_print(out, OPJ_PLAIN, "[%u] %s", i + 1, sheet->sources[i].label);
			putc('\n', out);
		}
		putc('\n', out);
		add_group_heading(sheet, &columns);
	}
	for (uint32_t i = 0; i < sheet->column_count; i++)
		opj_columns_cell(&columns, "%s", sheet->columns[i].head);
	for (uint32_t i = 0; i < sheet->row_count; i++)
		add_row(sheet, &sheet->rows[i], &columns);
	int failed = opj_columns_print(&columns, 0, grouped ? 2 : 1, out);
	opj_columns_finish(&columns);
	return failed;
}

static int print_table(const struct opj_digest *digest, enum opj_axis by, FILE *out, struct opj_error *err)
{
	struct opj_sheet sheet;
	const struct opj_sheet_source source = {.label = "", .digest = digest};
	if (opj_sheet_init(&sheet, &source, 1, by, OPJ_SHEET_REPORT, err))
		return -1;
	int failed = opj_text_table(&sheet, out) ? opj_fail(err, "out of memory") : 0;
	opj_sheet_finish(&sheet);
	return failed;
}

int opj_text_report(const struct opj_digest *digest, enum opj_axis by, FILE *out, struct opj_error *err)
{
	const struct opj_analysis *analysis = digest->analysis;
	if (print_header(&digest->about, out, err))
		return -1;
	putc('\n', out);
	if (print_table(digest, by, out, err) || print_counts(analysis, out, err))
		return -1;
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		if (print_estimate(&analysis->estimates[i], &digest->about.covered[i], out, err))
			return -1;
	}
	for (size_t i = 0; i < json_array_size(analysis->warnings); i++) {
		putc('\n', out);
		opj_print(out, OPJ_WARNING, "%s", json_string_value(json_array_get(analysis->warnings, i)));
		putc('\n', out);
	}
	return print_uncovered(digest, out, err);
}

int opj_analysis_print(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err)
{
	struct opj_digest digest;
	if (opj_digest_init(&digest, analysis, err))
		return -1;
	int failed = opj_text_report(&digest, by, out, err);
	opj_digest_finish(&digest);
	return failed;
}
