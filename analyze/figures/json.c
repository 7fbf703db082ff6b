/* analyze/figures/json.c: an analysis as one JSON object; docs/analyze.md describes it.
 *
 * Keys of scopes, stages and ops come in the order in which the trace first named them. */
#include "about.h"
#include "analyze/engine/json_tree.h"
#include "digest.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* {op: integer} of one group of a plain counter; ops that it counted there only. */
static json_t *plain_group(const struct opj_tally *tally, const struct opj_rollup *rollup, uint32_t group)
{
	json_t *object = json_object();
	for (uint32_t op = 0; object && op < rollup->op_count; op++) {
		const int64_t *slice = opj_rollup_at(rollup, group, op);
		if (slice[OPJ_CELL_COUNTED] &&
		    json_object_set_new(object, tally->ops[op], json_integer(slice[OPJ_CELL_METRICS]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* {metric: integer} of one group of a counter with several. */
static json_t *metric_group(const struct opj_count *count, const int64_t *sum)
{
	json_t *object = json_object();
	for (uint32_t m = 0; object && m < count->counter->metric_count; m++) {
		if (json_object_set_new(object, count->counter->metrics[m], json_integer(sum[OPJ_CELL_METRICS + m]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* {group: …} by scope or stage. */
static json_t *groups(const struct opj_analysis *analysis, const struct opj_count *count, enum opj_axis axis,
		      struct opj_error *err)
{
	struct opj_rollup rollup;
	if (opj_tally_roll(&analysis->tally, axis, count->offset, opj_count_width(count), &rollup, err))
		return NULL;
	json_t *object = json_object();
	for (uint32_t group = 0; object && group < rollup.group_count; group++) {
		const int64_t *sum = opj_rollup_sum(&rollup, group);
		if (!rollup.groups[group] || !sum[OPJ_CELL_COUNTED])
			continue;
		json_t *entry =
		    count->counter->metrics ? metric_group(count, sum) : plain_group(&analysis->tally, &rollup, group);
		if (json_object_set_new(object, rollup.groups[group], entry)) {
			json_decref(object);
			object = NULL;
		}
	}
	opj_rollup_finish(&rollup);
	if (!object)
		opj_fail(err, "out of memory, or a name that is not UTF-8");
	return object;
}

json_t *opj_count_uncovered(const struct opj_analysis *analysis, const struct opj_count *count, struct opj_error *err)
{
	struct opj_rollup rollup;
	if (opj_tally_roll(&analysis->tally, OPJ_BY_OP, count->offset, opj_count_width(count), &rollup, err))
		return NULL;
	json_t *object = json_object();
	for (uint32_t op = 0; object && op < rollup.group_count; op++) {
		int64_t ops = opj_rollup_sum(&rollup, op)[OPJ_CELL_UNCOVERED];
		if (ops && json_object_set_new(object, rollup.groups[op], json_integer(ops))) {
			json_decref(object);
			object = NULL;
		}
	}
	opj_rollup_finish(&rollup);
	if (!object)
		opj_fail(err, "out of memory, or a name that is not UTF-8");
	return object;
}

static int put_tallies(const struct opj_analysis *analysis, const struct opj_count *count, json_t *object,
		       struct opj_error *err)
{
	bool plain = !count->counter->metrics;
	json_t *by_scope = groups(analysis, count, OPJ_BY_MODULE, err);
	json_t *by_stage = by_scope ? groups(analysis, count, OPJ_BY_STAGE, err) : NULL;
	if (!by_stage) {
		json_decref(by_scope);
		return -1;
	}
	if (plain && !json_object_get(by_scope, "Global") && opj_json_put(by_scope, "Global", json_object(), err)) {
		json_decref(by_scope);
		json_decref(by_stage);
		return -1;
	}
	json_t *total = plain ? json_integer(count->totals[0]) : NULL;
	int failed = total ? opj_json_put(object, "total", total, err) : 0;
	failed |= opj_json_put(object, plain ? "by_scope" : "metrics", by_scope, err);
	failed |= opj_json_put(object, plain ? "by_stage" : "metrics_by_stage", by_stage, err);
	return failed ? -1 : 0;
}

static json_t *count_json(const struct opj_analysis *analysis, const struct opj_count *count, struct opj_error *err)
{
	json_t *object = json_object();
	if (!object ||
	    opj_json_put(object, "unit", json_string(count->counter->unit ? count->counter->unit : ""), err) ||
	    opj_json_put(object, "config", opj_config_json(count->config), err))
		goto failed;
	if (count->counter->metric_count) {
		if (put_tallies(analysis, count, object, err) ||
		    opj_json_put(object, "uncovered", opj_count_uncovered(analysis, count, err), err))
			goto failed;
	}
	if (json_object_update(object, count->report->fields) ||
	    opj_json_put(object, "warnings", json_incref(count->report->warnings), err))
		goto failed;
	return object;
failed:
	json_decref(object);
	return NULL;
}

static json_t *counts_json(const struct opj_analysis *analysis, struct opj_error *err)
{
	json_t *object = json_object();
	for (uint32_t i = 0; object && i < analysis->count_count; i++) {
		json_t *entry = count_json(analysis, &analysis->counts[i], err);
		if (!entry || opj_json_put(object, analysis->counts[i].label, entry, err)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *opj_analysis_input_json(const struct opj_analysis *analysis)
{
	const struct opj_trace_module *module;
	const struct opj_activity *input = opj_analysis_input(analysis, &module);
	if (!input)
		return json_null();
	double sparsity;
	bool known = opj_activity_sparsity(input, &sparsity);
	return json_pack("{s:s?, s:s?, s:I, s:o, s:I, s:o}", "module", module ? module->def.path : NULL, "kind",
			 known ? opj_kind_name(input->kind) : NULL, "elements", (json_int_t)input->elements, "nonzero",
			 known ? json_integer((json_int_t)input->nonzero) : json_null(), "unseen",
			 (json_int_t)input->unseen, "sparsity", known ? json_real(sparsity) : json_null());
}

/* {name: figure} of one column by one axis, as far as it is known: integers where it is exact. */
static json_t *column_json(const struct opj_digest *digest, uint32_t column, enum opj_axis axis)
{
	const struct opj_rows *rows = &digest->by[axis];
	json_t *object = json_object();
	for (size_t i = 0; object && i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i];
		const struct opj_figure *figure = &row->figures[column];
		if (row->outside || !figure->known)
			continue;
		if (json_object_set_new(object, row->name, opj_figure_json(figure))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static int put_axes(const struct opj_digest *digest, uint32_t column, const char *const keys[3], json_t *object,
		    struct opj_error *err)
{
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_OP; axis++) {
		if (opj_json_put(object, keys[axis], column_json(digest, column, axis), err))
			return -1;
	}
	return 0;
}

static int put_energies(const struct opj_digest *digest, const struct opj_estimate *estimate, json_t *object,
			struct opj_error *err)
{
	static const char *const keys[] = {"by_scope_pj", "by_stage_pj", "by_op_pj"};
	uint32_t index = (uint32_t)(estimate - digest->analysis->estimates), column = 0;
	while (digest->columns[column].kind != OPJ_COLUMN_ENERGY || digest->columns[column].index != index)
		column++;
	return put_axes(digest, column, keys, object, err);
}

/* What ops took by the executor's clock; null where nothing was timed. */
static json_t *time_json(const struct opj_digest *digest, struct opj_error *err)
{
	static const char *const keys[] = {"by_scope", "by_stage", "by_op"};
	const struct opj_figure *total = &digest->totals[OPJ_DIGEST_TIME];
	if (!total->known)
		return json_null();
	json_t *object = json_object();
	if (!object || opj_json_put(object, "unit", json_string("ns"), err) ||
	    opj_json_put(object, "total", json_integer(total->integer), err) ||
	    put_axes(digest, OPJ_DIGEST_TIME, keys, object, err)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *activity_json(const struct opj_activity *activity)
{
	bool known = activity->elements > 0;
	return json_pack("{s:s?, s:I, s:o, s:I}", "kind", known ? opj_kind_name(activity->kind) : NULL, "elements",
			 (json_int_t)activity->elements, "nonzero",
			 known ? json_integer((json_int_t)activity->nonzero) : json_null(), "unseen",
			 (json_int_t)activity->unseen);
}

/* Modules in which something ran, in the order of the model. */
static json_t *modules_json(const struct opj_digest *digest)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	json_t *array = json_array();
	for (size_t i = 0; array && i < rows->count; i++) {
		const struct opj_seen_module *seen = rows->rows[i].module;
		if (!seen)
			continue;
		json_t *entry = json_pack(
		    "{s:s, s:s, s:I, s:I, s:o, s:o}", "path", seen->module->def.path, "class", seen->module->def.cls,
		    "ops", (json_int_t)rows->rows[i].figures[OPJ_DIGEST_OPS].integer, "calls",
		    (json_int_t)seen->in.calls, "in", activity_json(&seen->in), "out", activity_json(&seen->out));
		if (json_array_append_new(array, entry)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *estimate_json(const struct opj_digest *digest, const struct opj_estimate *estimate,
			     struct opj_error *err)
{
	const struct opj_analysis *analysis = digest->analysis;
	const struct opj_estimator *estimator = estimate->estimator;
	json_t *object = json_object();
	if (!object || opj_json_put(object, "model", json_string(estimator->name), err) ||
	    opj_json_put(object, "preset", estimate->preset ? json_string(estimate->preset) : json_null(), err) ||
	    opj_json_put(object, "version", json_string(estimator->version), err) ||
	    opj_json_put(object, "cost_source", json_string(estimate->source), err) ||
	    opj_json_put(object, "boundary", json_string(estimator->boundary), err) ||
	    opj_json_put(object, "stages", opj_analysis_stages(analysis, estimate), err) ||
	    opj_json_put(object, "input", opj_analysis_input_json(analysis), err) ||
	    opj_json_put(object, "config", opj_config_json(estimate->config), err) ||
	    json_object_update(object, estimate->report->fields) || put_energies(digest, estimate, object, err) ||
	    opj_json_put(object, "uncovered", json_incref(estimate->report->uncovered), err) ||
	    opj_json_put(object, "warnings", json_incref(estimate->report->warnings), err)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *estimates_json(const struct opj_digest *digest, struct opj_error *err)
{
	const struct opj_analysis *analysis = digest->analysis;
	json_t *array = json_array();
	for (uint32_t i = 0; array && i < analysis->estimate_count; i++) {
		json_t *entry = estimate_json(digest, &analysis->estimates[i], err);
		if (!entry || json_array_append_new(array, entry)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *opj_trace_json(const struct opj_trace *trace, struct opj_error *err)
{
	if (!trace)
		return json_null();
	json_error_t where;
	json_t *object = json_loads(opj_trace_manifest_json(trace), 0, &where);
	if (!object) {
		opj_fail(err, "the manifest is no JSON: %s", where.text);
		return NULL;
	}
	if (json_object_size(object))
		return object;
	const struct opj_manifest *manifest = opj_trace_manifest(trace);
	if (json_object_set_new(object, "framework", json_string(manifest->framework)) ||
	    json_object_set_new(object, "model", json_string(manifest->model)) ||
	    json_object_set_new(object, "run", json_string(manifest->run)) ||
	    json_object_set_new(object, "ops", json_integer((json_int_t)manifest->ops)) ||
	    json_object_set_new(object, "complete", json_boolean(manifest->complete))) {
		json_decref(object);
		opj_fail(err, "trace: out of memory, or a name that is not UTF-8");
		return NULL;
	}
	return object;
}

/* One warning for each thing that an estimator has no figure for. */
static int warn_uncovered(const struct opj_estimate *estimate, json_t *warnings)
{
	const char *what;
	json_t *count;
	int failed = 0;
	json_object_foreach(estimate->report->uncovered, what, count)
	{
		json_int_t times = json_integer_value(count);
		json_t *text = json_sprintf("estimator %s has no figure for %s (%" JSON_INTEGER_FORMAT " time%s)",
					    estimate->estimator->name, what, times, times == 1 ? "" : "s");
		failed |= json_array_append_new(warnings, text);
	}
	return failed;
}

json_t *opj_count_warning(const struct opj_count *count)
{
	return json_sprintf("counter %s leaves ops out, the first of them op %" PRIu64 ": %s", count->label,
			    count->uncovered_at, count->uncovered_why.text);
}

json_t *opj_ignored_warning(const struct opj_analysis *analysis)
{
	char ignored[80];
	return json_sprintf("%s %s left out", opj_about_ignored(ignored, analysis->ignored_ops),
			    analysis->ignored_ops == 1 ? "is" : "are");
}

static json_t *warnings_json(const struct opj_analysis *analysis)
{
	json_t *array = json_copy(analysis->warnings);
	if (array && analysis->ignored_ops && json_array_append_new(array, opj_ignored_warning(analysis))) {
		json_decref(array);
		return NULL;
	}
	for (uint32_t i = 0; array && i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (*count->uncovered_why.text && json_array_append_new(array, opj_count_warning(count))) {
			json_decref(array);
			return NULL;
		}
	}
	for (uint32_t i = 0; array && i < analysis->estimate_count; i++) {
		if (warn_uncovered(&analysis->estimates[i], array)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* The whole object. NULL on failure. */
static json_t *root_json(const struct opj_digest *digest, struct opj_error *err)
{
	const struct opj_analysis *analysis = digest->analysis;
	json_t *root = json_object();
	if (!root || opj_json_put(root, "trace", opj_trace_json(analysis->trace, err), err) ||
	    opj_json_put(root, "modules", modules_json(digest), err) ||
	    opj_json_put(root, "time", time_json(digest, err), err) ||
	    opj_json_put(root, "counters", counts_json(analysis, err), err) ||
	    opj_json_put(root, "estimates", estimates_json(digest, err), err) ||
	    opj_json_put(root, "warnings", warnings_json(analysis), err)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

char *opj_analysis_json(const struct opj_analysis *analysis, struct opj_error *err)
{
	struct opj_digest digest;
	if (opj_digest_init(&digest, analysis, err))
		return NULL;
	json_t *root = root_json(&digest, err);
	char *text = root ? opj_json_tree_text(root, 1, err) : NULL;
	json_decref(root);
	opj_digest_finish(&digest);
	return text;
}
