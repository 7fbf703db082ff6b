/* replay/core/sink.h: an open trace from inside, and how its readers (ctf/, oplog/) hand events on. */
#ifndef OPJ_REPLAY_CORE_SINK_H
#define OPJ_REPLAY_CORE_SINK_H

#include "definitions.h"

struct opj_archive;
struct opj_oplog;

struct opj_trace {
	char *path;
	struct opj_trace_options options;
	struct opj_manifest manifest;
	struct opj_definitions definitions;
	struct opj_oplog *oplog;     /* of these two, the one that the file is */
	struct opj_archive *archive; /* (the other is NULL) */
	bool replayed;
	const struct opj_visitor *visitors; /* [visitor_count] during opj_trace_replay */
	size_t visitor_count;
	uint64_t ops, calls, optimizers; /* handed on so far */
};

/* Number the event, where it has a number, and show it to every visitor. What a definition adds is shown once the
 * trace holds it: opj_trace_define does both. Not zero: the visitor's answer. */
int opj_trace_define(struct opj_trace *trace, enum opj_define_kind kind, uint64_t id, const json_t *text,
		     struct opj_error *err);
int opj_trace_emit_op(struct opj_trace *trace, struct opj_op *op, struct opj_error *err);
int opj_trace_emit_call(struct opj_trace *trace, struct opj_call *call, struct opj_error *err);
int opj_trace_emit_optimizer(struct opj_trace *trace, struct opj_optimizer_step *step, struct opj_error *err);
int opj_trace_emit_mark(struct opj_trace *trace, const struct opj_trace_mark *mark, struct opj_error *err);
int opj_trace_emit_site(struct opj_trace *trace, const struct opj_site *site, struct opj_error *err);

#endif
