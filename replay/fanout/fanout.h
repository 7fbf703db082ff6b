/* replay/fanout/fanout.h: one replay shown to several threads.
 *
 *     struct opj_fanout *fanout = opj_fanout_start(visitors, count, &err);
 *     struct opj_visitor visitor = opj_fanout_visitor(fanout);
 *     int failed = opj_trace_replay(trace, &visitor, 1, &err);
 *     failed = opj_fanout_stop(fanout, &err) || failed;
 *
 * Each visitor has a thread of its own and sees every event in order, some time after the replay showed it. What an
 * event owns is copied; definitions are not: they live as long as the trace, and nobody writes to them. Memory is
 * bounded: the replay waits for the slowest visitor when it is too far ahead. */
#ifndef OPJ_REPLAY_FANOUT_FANOUT_H
#define OPJ_REPLAY_FANOUT_FANOUT_H

#include <opjoule/replay.h>

struct opj_fanout; /* opaque */

/* Starts a thread for each visitor. `visitors` are copied, what their `data` points to is theirs until stop. NULL: out
 * of memory, or of threads. */
struct opj_fanout *opj_fanout_start(const struct opj_visitor *visitors, uint32_t count, struct opj_error *err);

/* What to replay through. It fails, so that the replay ends, soon after one of the visitors did. */
struct opj_visitor opj_fanout_visitor(struct opj_fanout *fanout);

/* Shows the visitors what is left, waits for them and frees. -1: a visitor failed; err then has its message. Of several
 * the one at the earliest event counts, the first visitor among equals, so that the message does not depend on the
 * threads. 0 leaves err as it is. */
int opj_fanout_stop(struct opj_fanout *fanout, struct opj_error *err);

#endif
