/* record/session/harvest.h: finished chunks of the raw trace go into the archive; what processes say of themselves. */
#ifndef OPJ_RECORD_SESSION_HARVEST_H
#define OPJ_RECORD_SESSION_HARVEST_H

#include "archive_writer.h"
#include "manifest.h"

/* Puts every recorded process below <chunk>/ust/pid into the archive, as a chunk of its own, and notes it in `run`.
 * Processes without a status file in `status_dir`, and those without events, are left out: they are not ours, or have
 * nothing to say. The files stay. */
int opj_harvest_chunk(struct opj_run *run, struct opj_archive_writer *writer, const char *chunk, const char *status_dir,
		      struct opj_error *err);

/* After the last chunk: brings the status of every process in `run` up to date, its events and ops to what the archive
 * holds of them. run->lost and run->cut receive what is missing. */
void opj_harvest_status(struct opj_run *run, const char *status_dir);

/* Sum of what all status files say: ops so far. */
uint64_t opj_status_ops(const char *status_dir);

/* Asks all recorders to write no event before `until`, in ns of CLOCK_MONOTONIC; 0: to go on. */
void opj_status_hold(const char *status_dir, uint64_t until);

/* How many recorders announced themselves there. */
int opj_status_count(const char *status_dir);

#endif
