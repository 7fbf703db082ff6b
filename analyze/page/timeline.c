/* analyze/page/timeline.c: sums by module and bin of what forward calls returned. */
#include "timeline.h"
#include <stdlib.h>

void opj_timeline_init(struct opj_timeline *timeline, const struct opj_analysis *analysis)
{
	*timeline = (struct opj_timeline){
	    .analysis = analysis, .width = 1, .rows = {.item_size = sizeof(struct opj_timeline_row)}};
}

void opj_timeline_finish(struct opj_timeline *timeline)
{
	for (uint32_t i = 0; i < timeline->rows.count; i++)
		free(((struct opj_timeline_row *)opj_vector_get(&timeline->rows, i))->bins);
	opj_vector_finish(&timeline->rows);
}

static void add_bin(struct opj_timeline_bin *to, const struct opj_timeline_bin *bin)
{
	to->calls += bin->calls;
	to->elements += bin->elements;
	to->nonzero += bin->nonzero;
}

/* Makes bins twice as wide: each takes in the one after it. */
static void widen(struct opj_timeline *timeline)
{
	timeline->width *= 2;
	for (uint32_t i = 0; i < timeline->rows.count; i++) {
		struct opj_timeline_bin *bins = ((struct opj_timeline_row *)opj_vector_get(&timeline->rows, i))->bins;
		for (int bin = 0; bins && bin < OPJ_TIMELINE_BINS; bin++) {
			struct opj_timeline_bin taken = bins[bin];
			bins[bin] = (struct opj_timeline_bin){0};
			add_bin(&bins[bin / 2], &taken);
		}
	}
}

/* A call stands where the last op before its return stands. */
static int visit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct opj_timeline *timeline = data;
	struct opj_activity sum = {0};
	int failed = 0;
	if (call->direction != OPJ_FORWARD || opj_analysis_ignores_module(timeline->analysis, call->module) ||
	    opj_analysis_ignores(timeline->analysis, call->context))
		return 0;
	for (uint32_t i = 0; !failed && i < call->out_count; i++)
		failed = opj_activity_add_tree(&sum, call, call->out[i]);
	if (!failed && !sum.tensors)
		return 0;
	uint64_t at = call->after ? call->after - 1 : 0;
	while (at / timeline->width >= OPJ_TIMELINE_BINS)
		widen(timeline);
	struct opj_timeline_row *row = opj_vector_at(&timeline->rows, call->module->id);
	if (row && !row->bins)
		row->bins = calloc(OPJ_TIMELINE_BINS, sizeof *row->bins);
	if (!row || !row->bins)
		return opj_fail(err, "out of memory");
	row->module = call->module;
	if (failed || __builtin_add_overflow(row->elements, sum.elements, &row->elements) || row->elements > INT64_MAX)
		return opj_fail(err, "module %s returns more elements than fit in 64 bits", call->module->def.path);
	add_bin(&row->bins[at / timeline->width],
		&(struct opj_timeline_bin){.calls = 1, .elements = sum.elements, .nonzero = sum.nonzero});
	return 0;
}

struct opj_visitor opj_timeline_visitor(struct opj_timeline *timeline)
{
	return (struct opj_visitor){.data = timeline, .call = visit_call};
}

static json_t *row_json(const struct opj_timeline_row *row)
{
	json_t *at = json_array(), *calls = json_array(), *elements = json_array(), *nonzero = json_array();
	int failed = 0;
	for (int i = 0; i < OPJ_TIMELINE_BINS; i++) {
		const struct opj_timeline_bin *bin = &row->bins[i];
		if (!bin->calls)
			continue;
		failed |= json_array_append_new(at, json_integer(i));
		failed |= json_array_append_new(calls, json_integer((json_int_t)bin->calls));
		failed |= json_array_append_new(elements, json_integer((json_int_t)bin->elements));
		failed |= json_array_append_new(nonzero, json_integer((json_int_t)bin->nonzero));
	}
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o}", "path", row->module->def.path, "bin", at, "calls",
				   calls, "elements", elements, "nonzero", nonzero);
	if (failed) {
		json_decref(object);
		return NULL;
	}
	return object;
}

json_t *opj_timeline_json(const struct opj_timeline *timeline, struct opj_error *err)
{
	json_t *modules = json_array();
	for (uint32_t i = 0; modules && i < timeline->rows.count; i++) {
		const struct opj_timeline_row *row = opj_vector_get(&timeline->rows, i);
		if (row->bins && json_array_append_new(modules, row_json(row))) {
			json_decref(modules);
			modules = NULL;
		}
	}
	json_t *object =
	    modules ? json_pack("{s:I, s:o}", "width", (json_int_t)timeline->width, "modules", modules) : NULL;
	if (!object)
		opj_fail(err, "timeline: out of memory, or a name that is not UTF-8");
	return object;
}
