/* analyze/diff/diff_json.c: a diff as one JSON object; docs/diff.md describes it. Figures are exact. */
#include "diff.h"
#include <math.h>

/* The relative change from 0 is no number: null. */
static json_t *pair_json(const struct opj_diff_pair *pair)
{
	struct opj_figure change = opj_diff_change(pair);
	double relative;
	bool known = opj_diff_relative(pair, &relative) && isfinite(relative);
	return json_pack("{s:o, s:o, s:o, s:o}", "a", opj_figure_json(&pair->a), "b", opj_figure_json(&pair->b),
			 "change", opj_figure_json(&change), "relative", known ? json_real(relative) : json_null());
}

/* {metric: pair}; metrics that neither of the two knows are left out. */
static json_t *pairs_json(const struct opj_diff *diff, const struct opj_diff_pair *pairs)
{
	json_t *object = json_object();
	for (uint32_t i = 0; object && i < diff->column_count; i++) {
		if (!pairs[i].a.known && !pairs[i].b.known)
			continue;
		if (json_object_set_new(object, diff->columns[i].name, pair_json(&pairs[i]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *metrics_json(const struct opj_diff *diff)
{
	static const char *const kinds[] = {[OPJ_QUANTITY_COUNT] = "count",
					    [OPJ_QUANTITY_BYTES] = "count",
					    [OPJ_QUANTITY_TIME] = "time",
					    [OPJ_QUANTITY_ENERGY] = "energy",
					    [OPJ_QUANTITY_SHARE] = "share"};
	json_t *array = json_array();
	for (uint32_t i = 0; array && i < diff->column_count; i++) {
		const struct opj_column *column = &diff->columns[i];
		const char *kind = kinds[column->quantity];
		if (json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "name", column->name, "kind", kind,
							   "unit", column->unit))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *trace_json(const struct opj_digest *digest)
{
	const struct opj_about *about = &digest->about;
	const struct opj_manifest *manifest = about->manifest;
	if (!manifest)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "path", about->file, "framework", manifest->framework,
			 "model", manifest->model, "run", manifest->run, "input", manifest->input, "ops",
			 (json_int_t)about->ops, "complete", (int)manifest->complete);
}

static json_t *status_json(unsigned status)
{
	static const char *const words[] = {"added", "removed", "renamed", "changed"};
	json_t *array = json_array();
	for (unsigned i = 0; array && i < sizeof words / sizeof *words; i++) {
		if (status >> i & 1 && json_array_append_new(array, json_string(words[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* {what: {a, b}} of class, attributes and parameters that differ. */
static json_t *changes_json(const struct opj_diff *diff, const struct opj_diff_row *row)
{
	json_t *object = json_object();
	struct opj_geometry_cursor cursor = {0};
	struct opj_geometry_change change;
	if (!row->a || !row->b)
		return object;
	size_t index = (size_t)(row->a - diff->a->by[OPJ_BY_MODULE].rows);
	while (object && opj_align_next_change(&diff->align, index, &cursor, &change)) {
		if (json_object_set_new(object, change.name, json_pack("{s:s?, s:s?}", "a", change.a, "b", change.b))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *class_json(const struct opj_diff_row *row)
{
	const struct opj_row *one = row->b ? row->b : row->a;
	return one && one->module ? json_string(one->module->module->def.cls) : json_null();
}

static json_t *module_json(const struct opj_diff *diff, const struct opj_diff_row *row)
{
	return json_pack("{s:s?, s:s?, s:o, s:o, s:o, s:o, s:o}", "a", row->a ? row->a->name : NULL, "b",
			 row->b ? row->b->name : NULL, "class", class_json(row), "status", status_json(row->status),
			 "changes", changes_json(diff, row), "figures", pairs_json(diff, row->figures), "own",
			 pairs_json(diff, row->own));
}

static json_t *named_json(const struct opj_diff *diff, const struct opj_diff_row *row)
{
	return json_pack("{s:s, s:o, s:o}", "name", opj_diff_name(row), "status", status_json(row->status), "figures",
			 pairs_json(diff, row->figures));
}

/* Modules without the row of what ran outside them. */
static json_t *rows_json(const struct opj_diff *diff, enum opj_axis axis)
{
	const struct opj_diff_rows *rows = &diff->by[axis];
	json_t *array = json_array();
	for (size_t i = 0; array && i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[i];
		if (row->outside)
			continue;
		json_t *entry = axis == OPJ_BY_MODULE ? module_json(diff, row) : named_json(diff, row);
		if (json_array_append_new(array, entry)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *warnings_json(const struct opj_diff *diff)
{
	json_t *array = json_array();
	for (size_t i = 0; array && i < diff->warning_count; i++) {
		if (json_array_append_new(array, json_string(diff->warnings[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *opj_diff_json(const struct opj_diff *diff, struct opj_error *err)
{
	const struct opj_diff_rows *modules = &diff->by[OPJ_BY_MODULE];
	json_t *root =
	    json_pack("{s:o, s:o, s:o, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "a", trace_json(diff->a), "b",
		      trace_json(diff->b), "warnings", warnings_json(diff), "differs", (int)opj_diff_differs(diff),
		      "metrics", metrics_json(diff), "effect", diff->columns[diff->effect].name, "total",
		      pairs_json(diff, diff->totals), "modules", rows_json(diff, OPJ_BY_MODULE), "outside",
		      pairs_json(diff, modules->rows[modules->count - 1].own), "stages", rows_json(diff, OPJ_BY_STAGE),
		      "ops", rows_json(diff, OPJ_BY_OP));
	if (!root)
		opj_fail(err, "out of memory, or a name that is not UTF-8");
	return root;
}
