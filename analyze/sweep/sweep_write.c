/* analyze/sweep/sweep_write.c: the rows of a sweep as CSV, and with all that must stand beside them as JSON.
 *
 * Numbers are those of the JSON report, with all their digits. Rows are written one at a time: what is not written yet
 * is not in memory as text. */
#include "analyze/engine/json_tree.h"
#include "record/base/csv.h"
#include "record/base/vector.h"
#include "sweep.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* CSV -------------------------------------------------------------------------------------------------------------- */

/* Distinct names in the order in which they were added; they belong to others. */
struct names {
	const char **items;
	size_t count;
};

static int add_name(struct names *names, const char *name, struct opj_error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], name) == 0)
			return 0;
	}
	const char **added = OPJ_PUSH(names->items, names->count);
	if (!added)
		return opj_fail(err, "out of memory");
	*added = name;
	return 0;
}

/* Settings that some grid names, figures that some row has. */
static int collect(const struct opj_sweep *sweep, struct names *settings, struct names *figures, struct opj_error *err)
{
	for (uint32_t g = 0; g < sweep->file.count; g++) {
		const struct opj_sweep_grid *grid = &sweep->file.grids[g];
		for (uint32_t i = 0; i < grid->dimension_count; i++) {
			if (add_name(settings, grid->dimensions[i].key, err))
				return -1;
		}
		for (uint32_t i = 0; i < sweep->names[g].count; i++) {
			if (add_name(figures, sweep->names[g].names[i], err))
				return -1;
		}
	}
	return 0;
}

/* A figure or setting of the JSON report; empty where this row has none. */
static void put_value(struct opj_csv *csv, const json_t *value)
{
	if (json_is_string(value))
		opj_csv_text(csv, json_string_value(value));
	else if (json_is_integer(value))
		opj_csv_integer(csv, json_integer_value(value));
	else if (json_is_real(value))
		opj_csv_number(csv, json_real_value(value));
	else if (json_is_boolean(value))
		opj_csv_text(csv, json_is_true(value) ? "true" : "false");
	else
		opj_csv_none(csv);
}

static const char *preset_of(const struct opj_sweep_grid *grid, uint32_t index)
{
	const char *preset = opj_sweep_grid_preset(grid, index);
	if (preset || !grid->estimator || !grid->estimator->preset_count)
		return preset;
	return grid->estimator->presets[0].name;
}

static int put_row(const struct opj_sweep *sweep, const struct opj_sweep_row *row, const struct names *settings,
		   const struct names *figures, struct opj_csv *csv, struct opj_error *err)
{
	const struct opj_sweep_grid *grid = &sweep->file.grids[row->grid];
	const char *preset = preset_of(grid, row->index);
	json_t *config = opj_config_json(row->config);
	if (!config)
		return opj_fail(err, "out of memory");
	opj_csv_integer(csv, row - sweep->rows + 1);
	opj_csv_text(csv, opj_sweep_grid_model(grid));
	opj_csv_text(csv, preset ? preset : "");
	for (size_t i = 0; i < settings->count; i++)
		put_value(csv, json_object_get(config, settings->items[i]));
	for (size_t i = 0; i < figures->count; i++)
		put_value(csv, opj_sweep_figure(sweep, row, figures->items[i]));
	if (grid->objective_count)
		opj_csv_integer(csv, row->front);
	else
		opj_csv_none(csv);
	opj_csv_end(csv);
	json_decref(config);
	return 0;
}

int opj_sweep_write_csv(const struct opj_sweep *sweep, FILE *out, struct opj_error *err)
{
	struct opj_csv csv = {.out = out};
	struct names settings = {0}, figures = {0};
	int failed = collect(sweep, &settings, &figures, err);
	if (!failed) {
		opj_csv_text(&csv, "configuration");
		opj_csv_text(&csv, "model");
		opj_csv_text(&csv, "preset");
		for (size_t i = 0; i < settings.count; i++)
			opj_csv_text(&csv, settings.items[i]);
		for (size_t i = 0; i < figures.count; i++)
			opj_csv_text(&csv, figures.items[i]);
		opj_csv_text(&csv, "pareto");
		opj_csv_end(&csv);
	}
	for (uint32_t i = 0; !failed && i < sweep->file.configurations; i++)
		failed = put_row(sweep, &sweep->rows[i], &settings, &figures, &csv, err);
	free(figures.items);
	free(settings.items);
	return failed;
}

/* JSON ------------------------------------------------------------------------------------------------------------- */

/* {setting: [value, …]} as the file says it. */
static void put_settings(struct opj_json *json, const struct opj_sweep_grid *grid)
{
	opj_json_object(json, "settings");
	for (uint32_t i = 0; i < grid->dimension_count; i++)
		opj_json_strings(json, grid->dimensions[i].key, (const char *const *)grid->dimensions[i].texts,
				 grid->dimensions[i].count);
	opj_json_object_end(json);
}

static void put_objectives(struct opj_json *json, const struct opj_sweep_grid *grid)
{
	opj_json_array(json, "objectives");
	for (uint32_t i = 0; i < grid->objective_count; i++) {
		opj_json_object(json, NULL);
		opj_json_string(json, "figure", grid->objectives[i].name);
		opj_json_string(json, "better", grid->objectives[i].largest ? "larger" : "smaller");
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
}

/* {preset: where its costs are from}; what the grid sets itself stands in "settings". */
static int put_presets(struct opj_json *json, const struct opj_sweep *sweep, const struct opj_sweep_grid *grid,
		       struct opj_error *err)
{
	uint32_t count = grid->presets.count ? grid->presets.count : grid->estimator->preset_count > 0;
	int failed = 0;
	opj_json_object(json, "cost_sources");
	for (uint32_t i = 0; !failed && i < count; i++) {
		const char *preset = preset_of(grid, i * (grid->count / count));
		struct opj_estimate estimate = {0};
		char *spec;
		if (asprintf(&spec, "%s:%s", grid->estimator->name, preset) < 0)
			return opj_fail(err, "out of memory");
		failed = opj_estimate_configure(&estimate, sweep->catalogue, spec, err);
		if (!failed)
			opj_json_string(json, preset, estimate.source);
		free(spec);
		opj_estimate_finish(&estimate);
	}
	opj_json_object_end(json);
	return failed;
}

/* Takes over the tree. */
static void put_tree(struct opj_json *json, const char *key, json_t *tree)
{
	opj_json_tree(json, key, tree);
	json_decref(tree);
}

static void put_known(struct opj_json *json, const char *key, const char *text)
{
	if (text)
		opj_json_string(json, key, text);
}

static int put_grid(struct opj_json *json, const struct opj_sweep *sweep, const struct opj_sweep_grid *grid,
		    const struct opj_sweep_row *first, struct opj_error *err)
{
	const struct opj_estimator *estimator = grid->estimator;
	const struct opj_analysis *analysis = opj_sweep_analysis(sweep, first);
	const struct opj_estimate *estimate = opj_sweep_estimate(sweep, first);
	opj_json_line(json);
	opj_json_object(json, NULL);
	opj_json_string(json, "model", opj_sweep_grid_model(grid));
	opj_json_unsigned(json, "configurations", grid->count);
	put_known(json, "version", estimator ? estimator->version : NULL);
	put_known(json, "boundary", estimator ? estimator->boundary : grid->counter->boundary);
	put_known(json, "unit", estimator ? NULL : grid->counter->unit);
	put_settings(json, grid);
	put_objectives(json, grid);
	if (estimator) {
		if (put_presets(json, sweep, grid, err))
			return -1;
		struct opj_stages stages;
		const struct opj_trace_module *fed;
		const struct opj_activity *input = opj_analysis_input(analysis, &fed);
		if (opj_stages_init(&stages, analysis, estimate, err))
			return -1;
		opj_json_strings(json, "stages", stages.names, stages.count);
		opj_stages_finish(&stages);
		opj_about_put_input(json, "input", input, fed);
		opj_json_tree(json, "uncovered", estimate->report->uncovered);
	}
	opj_json_object_end(json);
	return 0;
}

static void put_figures(struct opj_json *json, const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	opj_json_object(json, "figures");
	for (uint32_t i = 0; i < row->figure_count; i++) {
		if (row->figures[i])
			opj_json_tree(json, sweep->names[row->grid].names[i], row->figures[i]);
	}
	opj_json_object_end(json);
}

static void put_row_json(struct opj_json *json, const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	const struct opj_sweep_grid *grid = &sweep->file.grids[row->grid];
	opj_json_line(json);
	opj_json_object(json, NULL);
	opj_json_integer(json, "configuration", row - sweep->rows + 1);
	opj_json_unsigned(json, "grid", row->grid);
	opj_json_string(json, "model", opj_sweep_grid_model(grid));
	opj_json_string(json, "preset", preset_of(grid, row->index));
	put_tree(json, "config", opj_config_json(row->config));
	put_figures(json, sweep, row);
	if (grid->objective_count)
		opj_json_bool(json, "pareto", row->front);
	else
		opj_json_null(json, "pareto");
	opj_json_tree(json, "warnings", row->warnings);
	opj_json_object_end(json);
}

/* Adds a text that is not there yet; takes the reference. */
static int add_warning(json_t *list, json_t *text)
{
	size_t i;
	json_t *known;
	json_array_foreach(list, i, known)
	{
		if (json_equal(known, text)) {
			json_decref(text);
			return 0;
		}
	}
	return json_array_append_new(list, text);
}

/* Ops that an estimator's counters leave out, or a counter itself. */
static int warn_of_counts(const struct opj_sweep *sweep, const struct opj_sweep_row *row, json_t *list)
{
	const struct opj_analysis *analysis = opj_sweep_analysis(sweep, row);
	const struct opj_estimate *estimate = opj_sweep_estimate(sweep, row);
	char text[OPJ_ABOUT_WARNING];
	uint32_t own = sweep->instances[row->instance].index, count = estimate ? estimate->need_count : 1;
	for (uint32_t i = 0; i < count; i++) {
		const struct opj_count *at = &analysis->counts[estimate ? estimate->needs[i] : own];
		if (*at->uncovered_why.text && add_warning(list, json_string(opj_about_count_warning(text, at))))
			return -1;
	}
	return 0;
}

json_t *opj_sweep_warnings(const struct opj_sweep *sweep, struct opj_error *err)
{
	const struct opj_analysis *any = sweep->analyses[0];
	const struct opj_estimator *estimator = NULL;
	bool several = false;
	char text[OPJ_ABOUT_WARNING];
	for (uint32_t g = 0; g < sweep->file.count; g++) {
		several |= estimator && sweep->file.grids[g].estimator && sweep->file.grids[g].estimator != estimator;
		estimator = sweep->file.grids[g].estimator ? sweep->file.grids[g].estimator : estimator;
	}
	json_t *list = json_array();
	int failed =
	    !list || opj_warn_of_whole(list, any->trace, several, err) ||
	    (any->ignored_ops && add_warning(list, json_string(opj_about_ignored_warning(text, any->ignored_ops))));
	for (uint32_t i = 0; !failed && i < sweep->instance_count; i++)
		failed = warn_of_counts(sweep, &sweep->rows[sweep->instances[i].row], list);
	if (!failed)
		return list;
	json_decref(list);
	opj_fail(err, "out of memory");
	return NULL;
}

json_t *opj_sweep_row_warnings(const struct opj_sweep *sweep, struct opj_error *err)
{
	json_t *counts = json_object(), *warning;
	int failed = !counts;
	for (uint32_t i = 0; !failed && i < sweep->file.configurations; i++) {
		const struct opj_sweep_row *row = &sweep->rows[i];
		size_t w;
		json_array_foreach(row->warnings, w, warning)
		{
			const char *text = json_string_value(warning);
			json_int_t rows = json_integer_value(json_object_get(counts, text));
			failed |= json_object_set_new(counts, text, json_integer(rows + 1));
		}
	}
	if (!failed)
		return counts;
	json_decref(counts);
	opj_fail(err, "out of memory");
	return NULL;
}

static int put_parts(struct opj_json *json, const struct opj_sweep *sweep, struct opj_error *err)
{
	const struct opj_grid_file *file = &sweep->file;
	const struct opj_sweep_row *row = sweep->rows;
	if (opj_about_put_trace(json, "trace", sweep->analyses[0]->trace, err))
		return -1;
	json_t *warnings = opj_sweep_warnings(sweep, err);
	opj_json_line(json);
	if (!warnings)
		return -1;
	put_tree(json, "warnings", warnings);
	opj_json_line(json);
	opj_json_array(json, "grids");
	for (uint32_t i = 0; i < file->count; row += file->grids[i++].count) {
		if (put_grid(json, sweep, &file->grids[i], row, err))
			return -1;
	}
	opj_json_array_end(json);
	opj_json_line(json);
	opj_json_array(json, "rows");
	for (uint32_t i = 0; i < file->configurations; i++)
		put_row_json(json, sweep, &sweep->rows[i]);
	opj_json_array_end(json);
	return 0;
}

int opj_sweep_write_json(const struct opj_sweep *sweep, FILE *out, struct opj_error *err)
{
	struct opj_json json = {.file = out, .indent = 1, .flat = true};
	opj_json_object(&json, NULL);
	if (put_parts(&json, sweep, err))
		return -1;
	opj_json_object_end(&json);
	opj_json_line(&json);
	return opj_json_check(&json, "the sweep", err);
}
