/* record/session/recording.h: a recording from beginning to end: raw trace, session, archive. */
#ifndef OPJ_RECORD_SESSION_RECORDING_H
#define OPJ_RECORD_SESSION_RECORDING_H

#include "manifest.h"
#include <opjoule/error.h>

struct opj_recording; /* opaque */

struct opj_recording_config {
	const char *part;         /* the archive while it is written */
	const char *raw_parent;   /* folder in which the raw trace lives meanwhile */
	uint64_t rotate;          /* bytes of raw trace after which it moves to the archive; 0: at the end */
	void (*tick)(void *data); /* called now and then during long work */
	void *tick_data;
};

/* Finds or starts the session daemon, makes folders, archive and session. From now on it records. */
struct opj_recording *opj_recording_create(const struct opj_recording_config *config, struct opj_error *err);

/* For the command: where its recorders announce themselves. */
const char *opj_recording_status_dir(const struct opj_recording *recording);

/* Moves finished chunks into the archive when it is time to. To be called every 20 ms or so. A failure is remembered;
 * the recording goes on without moving anything, opj_recording_finish reports it. */
void opj_recording_work(struct opj_recording *recording);

/* Ops so far, and bytes of trace so far, those in the archive included. */
void opj_recording_progress(const struct opj_recording *recording, uint64_t *ops, uint64_t *bytes);

/* Ends the session and moves the rest into the archive. run->why is set if something is lost. *recorders: how many
 * processes made a recorder at all. After -1 what is in the archive is still whole chunks. */
int opj_recording_stop(struct opj_recording *recording, int *recorders, struct opj_error *err);

/* What has been recorded; the caller fills in the command's part. */
struct opj_run *opj_recording_run(struct opj_recording *recording);

/* Writes manifest and footer. */
int opj_recording_seal(struct opj_recording *recording, struct opj_error *err);

/* Keeps the raw trace when it is destroyed; returns its folder. */
const char *opj_recording_keep_raw(struct opj_recording *recording);

/* Ends whatever has not ended, deletes the raw trace, lets go of the daemon. Takes NULL. */
void opj_recording_destroy(struct opj_recording *recording);

#endif
