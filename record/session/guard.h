/* record/session/guard.h: keeps the raw trace of a recording from filling the disk. */
#ifndef OPJ_RECORD_SESSION_GUARD_H
#define OPJ_RECORD_SESSION_GUARD_H

#include <opjoule/error.h>
#include <stdbool.h>
#include <stdint.h>

struct opj_guard; /* opaque */

/* Watches raw_dir from a thread of its own: while more than `limit` bytes are in it (0: no limit), or the disk is short
 * of room, the recorders that announced themselves in status_dir are asked to write no event. The names must outlive
 * the guard. */
struct opj_guard *opj_guard_create(const char *raw_dir, const char *status_dir, uint64_t limit, struct opj_error *err);

/* Whether the disk has so little room that recording should end. LTTng's daemon waits without end once there is none,
 * and the recorded process with it. */
bool opj_guard_is_short(const char *raw_dir);

/* No limit any more, only room on the disk matters: nothing is moved out of raw_dir from now on. */
void opj_guard_unlimit(struct opj_guard *guard);

/* Holds recorders back now, without waiting for the next look, until ops that had begun are recorded: what is stopped
 * then loses none. The guard goes on holding them while there is no room. */
void opj_guard_hold(const struct opj_guard *guard);

/* Ends the watch and lets the recorders go on. Takes NULL. */
void opj_guard_destroy(struct opj_guard *guard);

#endif
