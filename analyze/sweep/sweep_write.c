/* analyze/sweep/sweep_write.c: the rows of a sweep as CSV, and with all that must stand beside them as JSON.
 *
 * Numbers are those of the JSON report, with all their digits. Rows are written one at a time: what is not written yet
 * is not in memory as text. */
#include "record/base/csv.h"
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
	const char **moved = reallocarray(names->items, names->count + 1, sizeof *moved);
	if (!moved)
		return opj_fail(err, "out of memory");
	names->items = moved;
	names->items[names->count++] = name;
	return 0;
}

/* Settings that some grid names, figures that some row has. */
static int collect(const struct opj_sweep *sweep, struct names *settings, struct names *figures, struct opj_error *err)
{
	for (uint32_t g = 0; g < sweep->file.count; g++) {
		const struct opj_sweep_grid *grid = &sweep->file.grids[g];
		for (uint32_t i = 0; i < grid->axis_count; i++) {
			if (add_name(settings, grid->axes[i].key, err))
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

/* Texts of an axis as a list. */
static json_t *texts_json(const struct opj_axis_values *axis)
{
	json_t *list = json_array();
	for (uint32_t i = 0; list && i < axis->count; i++) {
		if (json_array_append_new(list, json_string(axis->texts[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* {setting: [value, …]} as the file says it. */
static json_t *settings_json(const struct opj_sweep_grid *grid)
{
	json_t *object = json_object();
	for (uint32_t i = 0; object && i < grid->axis_count; i++) {
		if (json_object_set_new(object, grid->axes[i].key, texts_json(&grid->axes[i]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *objectives_json(const struct opj_sweep_grid *grid)
{
	json_t *list = json_array();
	for (uint32_t i = 0; list && i < grid->objective_count; i++) {
		const struct opj_objective *objective = &grid->objectives[i];
		json_t *entry = json_pack("{s:s, s:s}", "figure", objective->name, "better",
					  objective->largest ? "larger" : "smaller");
		if (json_array_append_new(list, entry)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* {preset: where its costs are from}; what the grid sets itself stands in "settings". */
static json_t *presets_json(const struct opj_sweep *sweep, const struct opj_sweep_grid *grid, struct opj_error *err)
{
	json_t *object = json_object();
	uint32_t count = grid->presets.count ? grid->presets.count : grid->estimator->preset_count > 0;
	for (uint32_t i = 0; object && i < count; i++) {
		const char *preset = preset_of(grid, i * (grid->count / count));
		struct opj_estimate estimate = {0};
		char *spec;
		int failed = asprintf(&spec, "%s:%s", grid->estimator->name, preset) < 0;
		if (!failed) {
			failed = opj_estimate_configure(&estimate, sweep->catalogue, spec, err) ||
				 json_object_set_new(object, preset, json_string(estimate.source));
			free(spec);
		}
		opj_estimate_finish(&estimate);
		if (failed) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *grid_json(const struct opj_sweep *sweep, const struct opj_sweep_grid *grid,
			 const struct opj_sweep_row *first, struct opj_error *err)
{
	const struct opj_estimator *estimator = grid->estimator;
	const struct opj_analysis *analysis = opj_sweep_analysis(sweep, first);
	json_t *object = json_pack("{s:s, s:i, s:s*, s:s*, s:s*, s:o, s:o}", "model", opj_sweep_grid_model(grid),
				   "configurations", (int)grid->count, "version", estimator ? estimator->version : NULL,
				   "boundary", estimator ? estimator->boundary : grid->counter->boundary, "unit",
				   estimator ? NULL : grid->counter->unit, "settings", settings_json(grid),
				   "objectives", objectives_json(grid));
	if (object && estimator &&
	    (json_object_set_new(object, "cost_sources", presets_json(sweep, grid, err)) ||
	     json_object_set_new(object, "stages", opj_analysis_stages(analysis, opj_sweep_estimate(sweep, first))) ||
	     json_object_set_new(object, "input", opj_analysis_input_json(analysis)) ||
	     json_object_set(object, "uncovered", opj_sweep_estimate(sweep, first)->report->uncovered))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *figures_json(const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	json_t *object = json_object();
	for (uint32_t i = 0; object && i < row->figure_count; i++) {
		if (row->figures[i] && json_object_set(object, sweep->names[row->grid].names[i], row->figures[i])) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *row_json(const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	const struct opj_sweep_grid *grid = &sweep->file.grids[row->grid];
	json_t *pareto = grid->objective_count ? json_boolean(row->front) : json_null();
	return json_pack("{s:I, s:i, s:s, s:s?, s:o, s:o, s:o, s:O}", "configuration",
			 (json_int_t)(row - sweep->rows) + 1, "grid", (int)row->grid, "model",
			 opj_sweep_grid_model(grid), "preset", preset_of(grid, row->index), "config",
			 opj_config_json(row->config), "figures", figures_json(sweep, row), "pareto", pareto,
			 "warnings", row->warnings);
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
	uint32_t own = sweep->instances[row->instance].index, count = estimate ? estimate->need_count : 1;
	for (uint32_t i = 0; i < count; i++) {
		const struct opj_count *at = &analysis->counts[estimate ? estimate->needs[i] : own];
		if (*at->uncovered_why.text && add_warning(list, opj_count_warning(at)))
			return -1;
	}
	return 0;
}

json_t *opj_sweep_warnings(const struct opj_sweep *sweep, struct opj_error *err)
{
	const struct opj_analysis *any = sweep->analyses[0];
	const struct opj_estimator *estimator = NULL;
	bool several = false;
	for (uint32_t g = 0; g < sweep->file.count; g++) {
		several |= estimator && sweep->file.grids[g].estimator && sweep->file.grids[g].estimator != estimator;
		estimator = sweep->file.grids[g].estimator ? sweep->file.grids[g].estimator : estimator;
	}
	json_t *list = json_array();
	int failed = !list || opj_warn_of_whole(list, any->trace, several, err) ||
		     (any->ignored_ops && add_warning(list, opj_ignored_warning(any)));
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

/* One piece of the text behind what separates it from the one before. Takes the reference; -1: it could not be made. */
static int put_piece(FILE *out, const char *separator, json_t *piece)
{
	if (!piece)
		return -1;
	fputs(separator, out);
	json_dumpf(piece, out, 0);
	json_decref(piece);
	return 0;
}

static int put_pieces(const struct opj_sweep *sweep, FILE *out, struct opj_error *err)
{
	const struct opj_grid_file *file = &sweep->file;
	const struct opj_sweep_row *row = sweep->rows;
	if (put_piece(out, "{\"trace\": ", opj_trace_json(sweep->analyses[0]->trace, err)) ||
	    put_piece(out, ",\n\"warnings\": ", opj_sweep_warnings(sweep, err)))
		return -1;
	for (uint32_t i = 0; i < file->count; row += file->grids[i++].count) {
		if (put_piece(out, i ? ",\n" : ",\n\"grids\": [\n", grid_json(sweep, &file->grids[i], row, err)))
			return -1;
	}
	for (uint32_t i = 0; i < file->configurations; i++) {
		if (put_piece(out, i ? ",\n" : "],\n\"rows\": [\n", row_json(sweep, &sweep->rows[i])))
			return -1;
	}
	fputs("]}\n", out);
	return 0;
}

int opj_sweep_write_json(const struct opj_sweep *sweep, FILE *out, struct opj_error *err)
{
	return put_pieces(sweep, out, err) ? opj_fail(err, "out of memory, or a name that is not UTF-8") : 0;
}
