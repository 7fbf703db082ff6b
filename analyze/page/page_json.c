/* analyze/page/page_json.c: names, the tree of modules and their own figures, and the timeline, as one JSON object.
 *
 * A function that cannot make its value returns NULL; jansson takes NULL for the failure of whatever it is put into, so
 * that only the outermost looks. */
#include "page_json.h"

/* Appends, unless the array has failed already; then, or on failure, the array is gone and NULL is returned. */
static json_t *with(json_t *array, json_t *value)
{
	if (!array || json_array_append_new(array, value)) {
		if (!array)
			json_decref(value);
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *labels_json(const struct opj_analysis *analysis)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < analysis->estimate_count; i++)
		array = with(array, json_string(analysis->estimates[i].label));
	return array;
}

static json_t *parts_json(const struct opj_analysis *analysis)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < analysis->estimate_count; i++)
		array = with(array, json_incref(analysis->estimates[i].report->parts));
	return array;
}

static json_t *columns_json(const struct opj_digest *digest)
{
	json_t *array = json_array();
	for (uint32_t i = 0; i < digest->column_count; i++)
		array = with(array, json_string(digest->columns[i].name));
	return array;
}

static json_t *rows_json(const struct opj_digest *digest)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	json_t *array = json_array();
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i];
		json_t *own = json_array();
		for (uint32_t column = 0; column < digest->column_count; column++)
			own = with(own, opj_figure_json(&row->own[column]));
		array = with(array, json_pack("{s:s, s:s, s:I, s:i, s:b, s:o}", "name", row->name, "local", row->local,
					      "parent", (json_int_t)row->parent, "depth", (int)row->depth, "outside",
					      row->outside, "own", own));
	}
	return array;
}

json_t *opj_page_json(const struct opj_digest *digest, const struct opj_timeline *timeline, struct opj_error *err)
{
	const char *file = digest->about.file ? digest->about.file : "";
	json_t *time = opj_timeline_json(timeline, err);
	json_t *object = time ? json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "file", file, "labels",
					  labels_json(digest->analysis), "parts", parts_json(digest->analysis),
					  "columns", columns_json(digest), "rows", rows_json(digest), "timeline", time)
			      : NULL;
	if (time && !object)
		opj_fail(err, "%s: out of memory, or a name that is not UTF-8", file);
	return object;
}
