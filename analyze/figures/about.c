/* analyze/figures/about.c: gathering what was analyzed, and saying it. */
#include "about.h"
#include "record/base/quantity.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t suspended_ops(const struct opj_tally *tally)
{
	uint64_t ops = 0;
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		if (tally->rows[tally->keys[i].context].context->suspended)
			ops += (uint64_t)opj_tally_at(tally, i)[OPJ_HEAD_OPS];
	}
	return ops;
}

static int list_uncovered(struct opj_uncovered_list *list, const struct opj_rollup *rollup, uint32_t offset)
{
	list->items = calloc((size_t)rollup->group_count + 1, sizeof *list->items);
	for (uint32_t op = 0; list->items && op < rollup->group_count; op++) {
		int64_t ops = opj_rollup_sum(rollup, op)[offset + OPJ_CELL_UNCOVERED];
		if (ops)
			list->items[list->count++] = (struct opj_uncovered){rollup->groups[op], ops};
		list->ops += ops;
	}
	return list->items ? 0 : -1;
}

static int gather_uncovered(struct opj_about *about, const struct opj_analysis *analysis, struct opj_error *err)
{
	struct opj_rollup rollup;
	about->uncovered = calloc((size_t)analysis->count_count + 1, sizeof *about->uncovered);
	about->count_count = about->uncovered ? analysis->count_count : 0;
	if (!about->uncovered)
		return opj_fail(err, "out of memory");
	if (opj_tally_sum(&analysis->tally, OPJ_BY_OP, &rollup, err))
		return -1;
	int failed = 0;
	for (uint32_t i = 0; !failed && i < analysis->count_count; i++) {
		if (analysis->counts[i].counter->metric_count)
			failed = list_uncovered(&about->uncovered[i], &rollup, analysis->counts[i].offset);
	}
	opj_rollup_finish(&rollup);
	return failed ? opj_fail(err, "out of memory") : 0;
}

int opj_about_init(struct opj_about *about, const struct opj_analysis *analysis, struct opj_error *err)
{
	*about = (struct opj_about){
	    .ops = analysis->ops,
	    .ignored_ops = analysis->ignored_ops,
	    .suspended_ops = suspended_ops(&analysis->tally),
	    .covered = calloc((size_t)analysis->estimate_count + 1, sizeof *about->covered),
	};
	if (!about->covered)
		return opj_fail(err, "out of memory");
	about->input = opj_analysis_input(analysis, &about->fed);
	if (analysis->trace) {
		about->file = opj_trace_path(analysis->trace);
		about->manifest = opj_trace_manifest(analysis->trace);
	}
	int failed = opj_stages_init(&about->stages, analysis, NULL, err);
	for (uint32_t i = 0; !failed && i < analysis->estimate_count; i++) {
		failed = opj_stages_init(&about->covered[i], analysis, &analysis->estimates[i], err);
		about->estimate_count += !failed;
	}
	return failed || gather_uncovered(about, analysis, err) ? -1 : 0;
}

void opj_about_finish(struct opj_about *about)
{
	for (uint32_t i = 0; i < about->estimate_count; i++)
		opj_stages_finish(&about->covered[i]);
	for (uint32_t i = 0; i < about->count_count; i++)
		free(about->uncovered[i].items);
	opj_stages_finish(&about->stages);
	free(about->covered);
	free(about->uncovered);
	*about = (struct opj_about){0};
}

void opj_about_put_activity(struct opj_json *json, const struct opj_activity *activity)
{
	bool known = activity->elements > 0;
	opj_json_string(json, "kind", known ? opj_kind_name(activity->kind) : NULL);
	opj_json_unsigned(json, "elements", activity->elements);
	if (known)
		opj_json_unsigned(json, "nonzero", activity->nonzero);
	else
		opj_json_null(json, "nonzero");
	opj_json_unsigned(json, "unseen", activity->unseen);
}

void opj_about_put_input(struct opj_json *json, const char *key, const struct opj_activity *input,
			 const struct opj_trace_module *fed)
{
	double sparsity;
	if (!input) {
		opj_json_null(json, key);
		return;
	}
	opj_json_object(json, key);
	opj_json_string(json, "module", fed ? fed->def.path : NULL);
	opj_about_put_activity(json, input);
	if (opj_activity_sparsity(input, &sparsity))
		opj_json_number(json, "sparsity", sparsity);
	else
		opj_json_null(json, "sparsity");
	opj_json_object_end(json);
}

int opj_about_put_trace(struct opj_json *json, const char *key, const struct opj_trace *trace, struct opj_error *err)
{
	if (!trace) {
		opj_json_null(json, key);
		return 0;
	}
	json_error_t where;
	json_t *said = json_loads(opj_trace_manifest_json(trace), 0, &where);
	if (!said)
		return opj_fail(err, "the manifest is no JSON: %s", where.text);
	if (json_object_size(said)) {
		opj_json_tree(json, key, said);
	} else {
		const struct opj_manifest *manifest = opj_trace_manifest(trace);
		opj_json_object(json, key);
		opj_json_string(json, "framework", manifest->framework);
		opj_json_string(json, "model", manifest->model);
		opj_json_string(json, "run", manifest->run);
		opj_json_unsigned(json, "ops", manifest->ops);
		opj_json_bool(json, "complete", manifest->complete);
		opj_json_object_end(json);
	}
	json_decref(said);
	return 0;
}

const char *opj_about_values(char buffer[160], const struct opj_activity *input)
{
	char seen[32], unseen[32];
	double nonzero = input->elements ? 100.0 * (double)input->nonzero / (double)input->elements : 0;
	opj_format_count(seen, (int64_t)input->elements, "");
	opj_format_count(unseen, (int64_t)input->unseen, "");
	if (input->kind == OPJ_KIND_UNKNOWN)
		snprintf(buffer, 160, "%s elements whose values nobody looked at", unseen);
	else
		snprintf(buffer, 160, "%.1f %% of %s elements nonzero (sparsity %.1f %%)%s%s%s", nonzero, seen,
			 input->elements ? 100 - nonzero : 0, input->unseen ? ", " : "", input->unseen ? unseen : "",
			 input->unseen ? " more not looked at" : "");
	return buffer;
}

const char *opj_about_source(char buffer[320], const struct opj_activity *input, const struct opj_trace_module *module)
{
	if (module)
		snprintf(buffer, 320, "over %" PRIu64 " call%s of %.250s", input->calls, input->calls == 1 ? "" : "s",
			 module->def.path);
	else
		snprintf(buffer, 320, "as the first op sees it");
	return buffer;
}

const char *opj_about_exact(char buffer[200], const struct opj_activity *input)
{
	bool known = input->kind != OPJ_KIND_UNKNOWN;
	int used = snprintf(buffer, 200, "%" PRIu64 " elements over %" PRIu64 " call%s",
			    input->elements + input->unseen, input->calls, input->calls == 1 ? "" : "s");
	if (known)
		used += snprintf(buffer + used, 200 - (size_t)used, ", %s, %" PRIu64 " nonzero",
				 opj_kind_name(input->kind), input->nonzero);
	if (known && input->unseen)
		snprintf(buffer + used, 200 - (size_t)used, ", %" PRIu64 " not looked at", input->unseen);
	return buffer;
}

const char *opj_about_ignored(char buffer[80], uint64_t ops)
{
	snprintf(buffer, 80, "%" PRIu64 " op%s inside modules that were to be ignored", ops, ops == 1 ? "" : "s");
	return buffer;
}

const char *opj_about_ignored_warning(char buffer[OPJ_ABOUT_WARNING], uint64_t ops)
{
	char ignored[80];
	snprintf(buffer, OPJ_ABOUT_WARNING, "%s %s left out", opj_about_ignored(ignored, ops), ops == 1 ? "is" : "are");
	return buffer;
}

const char *opj_about_count_warning(char buffer[OPJ_ABOUT_WARNING], const struct opj_count *count)
{
	snprintf(buffer, OPJ_ABOUT_WARNING, "counter %.200s leaves ops out, the first of them op %" PRIu64 ": %s",
		 count->label, count->uncovered_at, count->uncovered_why.text);
	return buffer;
}

const char *opj_about_uncovered_warning(char buffer[OPJ_ABOUT_WARNING], const char *estimator, const char *what,
					int64_t times)
{
	snprintf(buffer, OPJ_ABOUT_WARNING, "estimator %.100s has no figure for %.1000s (%" PRId64 " time%s)",
		 estimator, what, times, times == 1 ? "" : "s");
	return buffer;
}

const char *opj_stage_label(const char *name)
{
	return *name ? name : "(no stage)";
}
