/* record/session/manifest.h: what an archive says of itself, and its JSON text. docs/archive.md describes each field.
 */
#ifndef OPJ_RECORD_SESSION_MANIFEST_H
#define OPJ_RECORD_SESSION_MANIFEST_H

#include "archive_writer.h"
#include "count.h"
#include "environment.h"
#include "packets.h"
#include "record/status.h"
#include <stdbool.h>

#define OPJ_ARCHIVE_FORMAT 1

struct opj_recorded_chunk {
	char path[48]; /* in the archive: "trace/1/3" */
	struct opj_archive_frame frame;
};

struct opj_recorded_process {
	long pid;
	char *folder; /* LTTng's name for it: <program>-<pid>-<date>-<time> */
	char *name;   /* the program */
	struct opj_status status;
	struct opj_packets packets;
	struct opj_count held; /* in the chunks */
	struct opj_recorded_chunk *chunks;
	uint32_t chunk_count;
};

/* A process that LTTng knows and that has recorded nothing so far; it may be a stranger. */
struct opj_silent_process {
	char *folder;
	struct opj_packets packets; /* empty ones: those to come are numbered from there on */
};

struct opj_run {
	char **command;              /* argv, NULL-terminated */
	const char *name;            /* of the run; NULL: what the recorder says */
	struct opj_git_state git;    /* of the folder that the command ran in */
	char started[32], ended[32]; /* ISO 8601, UTC */
	struct opj_recorded_process *processes;
	uint32_t process_count;
	struct opj_silent_process *silent;
	uint32_t silent_count;
	uint64_t lost;   /* events or packets that the tracer did not deliver */
	uint64_t cut;    /* events that went with processes that ended in the middle of one */
	int exit_status; /* of the command, -1 if a signal ended it */
	int exit_signal;
	char why[256]; /* why the trace is not complete; "": it is */
};

/* The time now, as the manifest writes it. */
void opj_manifest_time(char text[32]);

/* Sums over the processes. */
uint64_t opj_run_ops(const struct opj_run *run);

/* Children that recorded processes forked and that recorded nothing themselves: a loader's workers, mostly. */
uint64_t opj_run_unseen_forks(const struct opj_run *run);

/* The manifest, which the caller frees; *length without the terminating NUL. NULL: out of memory. */
char *opj_manifest_text(const struct opj_run *run, size_t *length, struct opj_error *err);

/* Frees what `run` holds of processes. */
void opj_run_finish(struct opj_run *run);

#endif
