/* record/session/session.h: one LTTng recording session of ours: made, started, rotated, stopped, taken down. */
#ifndef OPJ_RECORD_SESSION_SESSION_H
#define OPJ_RECORD_SESSION_SESSION_H

#include <opjoule/error.h>
#include <stdbool.h>
#include <stdint.h>

struct opj_session; /* opaque */

/* A file in the folder around `output` on which the recording holds an exclusive flock(2) while it lives. */
#define OPJ_SESSION_LOCK "lock"

/* Makes a session with a name nobody else has, and starts it: from here on `opjoule` events of this user's processes
 * go to folders below `output`, each process into its own. Nothing is discarded: a process whose buffers are full
 * waits, if LTTNG_UST_ALLOW_BLOCKING=1 stands in its environment. */
struct opj_session *opj_session_create(const char *output, struct opj_error *err);

/* Starts to move what was recorded so far into <output>/archives/<chunk>. */
int opj_session_rotate(struct opj_session *session, struct opj_error *err);

/* Whether a rotation is under way; -1 when it failed. */
int opj_session_rotating(struct opj_session *session, struct opj_error *err);

/* No event is recorded any more; processes go on without. */
void opj_session_stop(struct opj_session *session);

/* Stops, waits until everything is written, and takes the session down. The files stay. *lost receives how many events
 * or packets the tracer says it dropped: 0, unless something went badly wrong. */
int opj_session_finish(struct opj_session *session, uint64_t *lost, struct opj_error *err);

/* Frees; takes the session down if opj_session_finish has not. Takes NULL. */
void opj_session_destroy(struct opj_session *session);

#endif
