/* replay/oplog/oplog.h: the op log, one JSON object a line (docs/oplog.md), in and out. */
#ifndef OPJ_REPLAY_OPLOG_OPLOG_H
#define OPJ_REPLAY_OPLOG_OPLOG_H

#include <opjoule/replay.h>

enum { OPJ_OPLOG_VERSION = 2 }; /* the newest: says what schema 1.1 does; version 1 what 1.0 does */

struct opj_oplog; /* an open log: opaque */
struct opj_trace;

/* Whether a file that begins with these bytes could be an op log: its first character is a brace. */
bool opj_oplog_probe(const void *head, size_t size);

/* Reads the first and the last line and fills the manifest, whose strings the log owns. NULL: no op log, of another
 * version, or without its last line where `options` do not allow that. */
struct opj_oplog *opj_oplog_open(const char *path, const struct opj_trace_options *options,
				 struct opj_manifest *manifest, struct opj_error *err);
void opj_oplog_close(struct opj_oplog *log);

/* Reads the log line by line into the trace. Errors name file and line. */
int opj_oplog_replay(struct opj_oplog *log, struct opj_trace *trace, struct opj_error *err);

/* Writing. Nothing is checked after each call: ask ferror(out) in the end. */
void opj_oplog_write_begin(FILE *out, const struct opj_manifest *manifest);
void opj_oplog_write_module(FILE *out, const struct opj_trace_module *module);
void opj_oplog_write_op(FILE *out, const struct opj_op *op);
void opj_oplog_write_call(FILE *out, const struct opj_call *call);
void opj_oplog_write_optimizer(FILE *out, const struct opj_optimizer_step *step);
void opj_oplog_write_mark(FILE *out, const struct opj_trace_mark *mark);
void opj_oplog_write_site(FILE *out, const struct opj_site *site);
void opj_oplog_write_end(FILE *out, uint64_t ops);

#endif
