/* analyze/engine/run.c: the pass over the trace.
 *
 * Per op: find its cell, call each counter's rule, add. Rules are looked up when an op name is first seen, contexts
 * are judged (left out or not) when first seen; after that an op costs table look-ups and the rules themselves. */
#include "engine.h"
#include "replay/core/scope.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int visit_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	struct opj_analysis *analysis = data;
	if (module->id >= analysis->module_count) {
		size_t more = (size_t)module->id + 1 + analysis->module_count / 2;
		struct opj_seen_module *moved = reallocarray(analysis->modules, more, sizeof *moved);
		if (!moved)
			return opj_fail(err, "out of memory");
		memset(moved + analysis->module_count, 0, (more - analysis->module_count) * sizeof *moved);
		analysis->modules = moved;
		analysis->module_count = (uint32_t)more;
	}
	analysis->modules[module->id].module = module;
	return 0;
}

/* "op 17 (aten.mm.default, in Net.fc): inner message". */
static int fail_at(const struct opj_op *op, const char *who, struct opj_error *err)
{
	const char *scope = opj_scope_innermost(op->context);
	char where[300];
	snprintf(where, sizeof where, "op %" PRIu64 " (%.100s, in %.100s), %.60s", op->index, op->signature->op,
		 scope ? scope : "no module", who);
	return opj_fail_in(err, where);
}

static int resolve(struct opj_analysis *analysis, const struct opj_signature *signature, struct opj_error *err)
{
	uint32_t id = signature->op_id;
	if (id >= analysis->rule_ops) {
		size_t more = (size_t)id + 1 + analysis->rule_ops / 2;
		struct opj_rule *rules =
		    reallocarray(analysis->rules, more, (analysis->ruled_count + 1) * sizeof *rules);
		if (!rules)
			return opj_fail(err, "out of memory");
		analysis->rules = rules;
		bool *resolved = realloc(analysis->resolved, more);
		if (!resolved)
			return opj_fail(err, "out of memory");
		memset(resolved + analysis->rule_ops, 0, more - analysis->rule_ops);
		analysis->resolved = resolved;
		analysis->rule_ops = (uint32_t)more;
	}
	const struct opj_operator *known = opj_operator_find(signature->op);
	for (uint32_t i = 0; i < analysis->ruled_count; i++) {
		const struct opj_count *count = &analysis->counts[analysis->ruled[i]];
		analysis->rules[(size_t)id * analysis->ruled_count + i] =
		    opj_rule_find(count->counter, count->self, known, signature->op);
	}
	analysis->resolved[id] = true;
	return 0;
}

static int uncovered(const struct opj_analysis *analysis, struct opj_count *count, const struct opj_op *op,
		     int64_t *slice, const struct opj_error *why, struct opj_error *err)
{
	slice[OPJ_CELL_UNCOVERED]++;
	if (why && !*count->uncovered_why.text) {
		count->uncovered_why = *why;
		count->uncovered_at = op->index;
	}
	if (!analysis->strict || !count->requested)
		return 0;
	opj_fail(err, "%s (--strict)", why ? why->text : "it has no rule for this op");
	char who[80];
	snprintf(who, sizeof who, "counter %s", count->label);
	return fail_at(op, who, err);
}

static int add_values(const struct opj_count *count, const int64_t *values, int64_t *slice)
{
	slice[OPJ_CELL_COUNTED]++;
	bool overflow = false;
	for (uint32_t m = 0; m < count->counter->metric_count; m++) {
		int64_t *cell = &slice[OPJ_CELL_METRICS + m];
		overflow |= values[m] == OPJ_OVERFLOW || __builtin_add_overflow(*cell, values[m], cell);
	}
	return overflow ? -1 : 0;
}

static int count_op(struct opj_analysis *analysis, const struct opj_op *op, int64_t *cell, struct opj_error *err)
{
	const struct opj_rule *rules = analysis->rules + (size_t)op->signature->op_id * analysis->ruled_count;
	for (uint32_t i = 0; i < analysis->ruled_count; i++) {
		struct opj_count *count = &analysis->counts[analysis->ruled[i]];
		int64_t *slice = cell + count->offset, *latest = analysis->latest + count->offset;
		int64_t *values = latest + OPJ_CELL_METRICS;
		struct opj_error why;
		bool ruled = opj_rule_exists(&rules[i]);
		int result = ruled ? opj_rule_call(&rules[i], count->self, op, values, &why) : OPJ_UNCOVERED;
		int failed = 0;
		latest[OPJ_CELL_COUNTED] = result == OPJ_COUNTED;
		latest[OPJ_CELL_UNCOVERED] = result == OPJ_UNCOVERED;
		if (result != OPJ_COUNTED) /* a rule may have begun to write */
			memset(values, 0, count->counter->metric_count * sizeof *values);
		if (result == OPJ_COUNTED) {
			if (add_values(count, values, slice)) {
				opj_fail(err, "the count does not fit in 64 bits");
				failed = fail_at(op, count->label, err);
			}
		} else if (result == OPJ_UNCOVERED) {
			failed = uncovered(analysis, count, op, slice, ruled ? &why : NULL, err);
		} else if (result != OPJ_NOT_CONCERNED) {
			if (err)
				*err = why;
			failed = fail_at(op, count->label, err);
		}
		if (failed)
			return -1;
	}
	return 0;
}

static int show_visitors(struct opj_analysis *analysis, const struct opj_op *op, struct opj_error *err)
{
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (count->counter->visit_op && count->counter->visit_op(count->self, op, err))
			return fail_at(op, count->label, err);
	}
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const struct opj_estimate *estimate = &analysis->estimates[i];
		if (estimate->estimator->visit_op && estimate->estimator->visit_op(estimate->self, op, err))
			return fail_at(op, estimate->estimator->name, err);
	}
	return 0;
}

static void note_first_input(struct opj_analysis *analysis, const struct opj_op *op)
{
	for (uint32_t i = 0; i < op->signature->operand_count; i++) {
		const struct opj_operand *x = &op->operands[i];
		if (x->role == OPJ_ROLE_PARAMETER || x->role == OPJ_ROLE_BUFFER || x->name)
			continue;
		analysis->first_input.calls = 1;
		opj_activity_add(&analysis->first_input, x); /* one tensor fits */
		return;
	}
}

static int visit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct opj_analysis *analysis = data;
	struct opj_tally_row *row = opj_tally_row(&analysis->tally, op->context->id);
	if (!row) {
		row = opj_tally_make_row(&analysis->tally, op->context);
		if (!row)
			return opj_fail(err, "out of memory");
		row->ignored = opj_analysis_ignores(analysis, op->context);
	}
	analysis->ops++;
	if (!analysis->first_input.calls)
		note_first_input(analysis, op);
	analysis->latest[OPJ_HEAD_OPS] = !row->ignored;
	analysis->latest[OPJ_HEAD_TIMED] = op->duration_ns > 0;
	if (row->ignored) {
		analysis->ignored_ops++;
		return 0;
	}
	uint32_t id = op->signature->op_id;
	if ((id >= analysis->rule_ops || !analysis->resolved[id]) && resolve(analysis, op->signature, err))
		return -1;
	int64_t *cell = opj_tally_cell(&analysis->tally, row, op);
	if (!cell)
		return opj_fail(err, "out of memory");
	cell[OPJ_HEAD_OPS]++;
	cell[OPJ_HEAD_TIMED] += op->duration_ns > 0;
	analysis->latest[OPJ_HEAD_NS] = (int64_t)op->duration_ns;
	if (__builtin_add_overflow(cell[OPJ_HEAD_NS], op->duration_ns, &cell[OPJ_HEAD_NS])) {
		opj_fail(err, "the sum of durations does not fit in 64 bits");
		return fail_at(op, "measured time", err);
	}
	return count_op(analysis, op, cell, err) || show_visitors(analysis, op, err) ? -1 : 0;
}

static int note_call(struct opj_analysis *analysis, const struct opj_call *call, struct opj_error *err)
{
	uint32_t id = call->module->id;
	if (call->direction != OPJ_FORWARD || id >= analysis->module_count)
		return 0;
	struct opj_seen_module *seen = &analysis->modules[id];
	seen->in.calls++;
	seen->out.calls++;
	return opj_activity_add_call(&seen->in, &seen->out, call, err);
}

static int visit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct opj_analysis *analysis = data;
	if (note_call(analysis, call, err))
		return -1;
	if (opj_analysis_ignores_module(analysis, call->module) || opj_analysis_ignores(analysis, call->context))
		return 0;
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (count->counter->visit_call && count->counter->visit_call(count->self, call, err))
			return opj_fail_in(err, count->label);
	}
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const struct opj_estimate *estimate = &analysis->estimates[i];
		if (estimate->estimator->visit_call && estimate->estimator->visit_call(estimate->self, call, err))
			return opj_fail_in(err, estimate->estimator->name);
	}
	return 0;
}

static int visit_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	struct opj_analysis *analysis = data;
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const struct opj_estimate *estimate = &analysis->estimates[i];
		if (estimate->estimator->visit_optimizer &&
		    estimate->estimator->visit_optimizer(estimate->self, step, err))
			return opj_fail_in(err, estimate->estimator->name);
	}
	return 0;
}

int opj_analysis_begin(struct opj_analysis *analysis, struct opj_visitor *visitor, struct opj_error *err)
{
	if (analysis->begun)
		return opj_fail(err, "an analysis runs once");
	analysis->begun = true;
	uint32_t stride = OPJ_HEAD;
	analysis->ruled = calloc((size_t)analysis->count_count + 1, sizeof *analysis->ruled);
	if (!analysis->ruled)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		struct opj_count *count = &analysis->counts[i];
		count->offset = stride;
		stride += opj_count_width(count);
		if (count->counter->metric_count)
			analysis->ruled[analysis->ruled_count++] = i;
	}
	analysis->tally.stride = stride;
	analysis->latest = calloc(stride, sizeof *analysis->latest);
	if (!analysis->latest)
		return opj_fail(err, "out of memory");
	*visitor = (struct opj_visitor){
	    .data = analysis, .module = visit_module, .op = visit_op, .call = visit_call, .optimizer = visit_optimizer};
	return 0;
}

int opj_analysis_run(struct opj_analysis *analysis, struct opj_trace *trace, struct opj_error *err)
{
	return opj_analysis_run_with(analysis, trace, NULL, err);
}

int opj_analysis_run_with(struct opj_analysis *analysis, struct opj_trace *trace, const struct opj_visitor *companion,
			  struct opj_error *err)
{
	struct opj_visitor visitors[2];
	if (opj_analysis_begin(analysis, &visitors[0], err))
		return -1;
	analysis->trace = trace;
	if (companion)
		visitors[1] = *companion;
	if (opj_trace_replay(trace, visitors, companion ? 2 : 1, err) || opj_analysis_finish(analysis, err))
		return opj_fail_in_trace(err, trace);
	return 0;
}

int opj_fail_in_trace(struct opj_error *err, const struct opj_trace *trace)
{
	const char *path = opj_trace_path(trace);
	return err && strncmp(err->text, path, strlen(path)) != 0 ? opj_fail_in(err, path) : -1;
}
