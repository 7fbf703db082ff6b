/* replay/core/sink.c: what a reader found goes into the definitions of the trace and to every visitor. */
#include "sink.h"

enum { PROGRESS_EVERY = 1 << 14 };

int opj_trace_define(struct opj_trace *trace, enum opj_define_kind kind, uint64_t id, const json_t *text,
		     struct opj_error *err)
{
	if (opj_definitions_define(&trace->definitions, kind, id, text, err))
		return -1;
	if (kind != OPJ_DEFINE_MODULE)
		return 0;
	for (size_t i = 0; i < trace->visitor_count; i++) {
		const struct opj_visitor *visitor = &trace->visitors[i];
		if (visitor->module &&
		    visitor->module(visitor->data, opj_definitions_get(&trace->definitions, OPJ_DEFINE_MODULE, id),
				    err))
			return -1;
	}
	return 0;
}

int opj_trace_emit_op(struct opj_trace *trace, struct opj_op *op, struct opj_error *err)
{
	op->index = trace->ops++;
	for (size_t i = 0; i < trace->visitor_count; i++) {
		const struct opj_visitor *visitor = &trace->visitors[i];
		if (visitor->op && visitor->op(visitor->data, op, err))
			return -1;
	}
	if (trace->options.progress && trace->ops % PROGRESS_EVERY == 0)
		trace->options.progress(trace->options.progress_data, trace->ops, trace->manifest.ops);
	return 0;
}

int opj_trace_emit_call(struct opj_trace *trace, struct opj_call *call, struct opj_error *err)
{
	trace->calls++;
	call->after = trace->ops;
	for (size_t i = 0; i < trace->visitor_count; i++) {
		const struct opj_visitor *visitor = &trace->visitors[i];
		if (visitor->call && visitor->call(visitor->data, call, err))
			return -1;
	}
	return 0;
}

int opj_trace_emit_optimizer(struct opj_trace *trace, struct opj_optimizer_step *step, struct opj_error *err)
{
	trace->optimizers++;
	step->after = trace->ops;
	for (size_t i = 0; i < trace->visitor_count; i++) {
		const struct opj_visitor *visitor = &trace->visitors[i];
		if (visitor->optimizer && visitor->optimizer(visitor->data, step, err))
			return -1;
	}
	return 0;
}

int opj_trace_emit_mark(struct opj_trace *trace, const struct opj_trace_mark *mark, struct opj_error *err)
{
	for (size_t i = 0; i < trace->visitor_count; i++) {
		const struct opj_visitor *visitor = &trace->visitors[i];
		if (visitor->mark && visitor->mark(visitor->data, mark, err))
			return -1;
	}
	return 0;
}

int opj_trace_emit_site(struct opj_trace *trace, const struct opj_site *site, struct opj_error *err)
{
	for (size_t i = 0; i < trace->visitor_count; i++) {
		const struct opj_visitor *visitor = &trace->visitors[i];
		if (visitor->site && visitor->site(visitor->data, site, err))
			return -1;
	}
	return 0;
}
