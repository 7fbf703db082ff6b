/* replay/oplog/oplog_line.h: one line of an op log into definitions and an event. */
#ifndef OPJ_REPLAY_OPLOG_OPLOG_LINE_H
#define OPJ_REPLAY_OPLOG_OPLOG_LINE_H

#include "facts.h"
#include "replay/core/sink.h"

/* What is kept from line to line; {0} before the first. */
struct opj_oplog_lines {
	struct opj_intern interned[OPJ_DEFINE_KINDS]; /* texts of definitions; their ids are those of the model */
	struct opj_facts facts;
	struct opj_spike_reader spike;
	uint64_t *states; /* of the op at hand */
	size_t state_capacity;
	bool ended; /* the last line was seen */
};

/* Hands on what any line but the first says; `line` may be changed. */
int opj_oplog_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err);
void opj_oplog_lines_finish(struct opj_oplog_lines *lines);

/* The number of ops that a last line states. */
int opj_oplog_end_read(const json_t *line, uint64_t *ops, struct opj_error *err);

#endif
