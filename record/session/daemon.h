/* record/session/daemon.h: the LTTng session daemon that a recording needs: found, or started and later stopped. */
#ifndef OPJ_RECORD_SESSION_DAEMON_H
#define OPJ_RECORD_SESSION_DAEMON_H

#include <opjoule/error.h>

struct opj_daemon; /* opaque */

/* Makes sure that a session daemon runs which this user may use. One that was started belongs to all recordings of the
 * user that run at the time; the last one stops it. Sets LTTNG_HOME in the environment of this process, and so of the
 * command to record, to a private folder when the user has no home folder to write in. NULL: there is no daemon and
 * none could be started; err says what is missing. */
struct opj_daemon *opj_daemon_open(struct opj_error *err);

/* Stops the daemon if a recording started it and nobody else uses it. Takes NULL. */
void opj_daemon_close(struct opj_daemon *daemon);

#endif
