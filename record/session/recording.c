/* record/session/recording.c: a recording from beginning to end.
 *
 * One private folder holds everything that is temporary: status/ (what recorders say of themselves) and raw/ (where
 * LTTng writes). With rotation LTTng moves what is complete to raw/archives/<chunk>; each goes into the archive and is
 * deleted before the next, so the disk holds the threshold and what is recorded meanwhile; recorders that are faster
 * than the archive are held back at twice the threshold. */
#include "recording.h"
#include "daemon.h"
#include "folder.h"
#include "guard.h"
#include "harvest.h"
#include "session.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORTH_MOVING ((uint64_t)8 << 20) /* raw trace that is worth a rotation when room is short */

struct opj_recording {
	char *folder, *status_dir, *raw_dir;
	int lock; /* tells other recordings that this one lives */
	struct opj_daemon *daemon;
	struct opj_session *session;
	struct opj_guard *guard;
	struct opj_archive_writer *writer;
	struct opj_run run;
	uint64_t rotate, archived; /* bytes of raw trace already in the archive */
	bool keep_raw;
	struct opj_error failure; /* of a rotation or of the archive: nothing is moved any more */
	struct opj_error stopped; /* why recording ended before the command did */
};

static int make_folders(struct opj_recording *recording, const char *parent, struct opj_error *err)
{
	recording->folder = opj_folder_create(parent, ".opjoule-", err);
	if (!recording->folder)
		return -1;
	recording->status_dir = opj_path("%s/status", recording->folder);
	recording->raw_dir = opj_path("%s/raw", recording->folder);
	if (!recording->status_dir || !recording->raw_dir)
		return opj_fail(err, "out of memory");
	if (mkdir(recording->status_dir, 0700) < 0 || mkdir(recording->raw_dir, 0700) < 0)
		return opj_fail(err, "%s: cannot make a folder: %s", recording->folder, strerror(errno));
	char *lock = opj_path("%s/" OPJ_SESSION_LOCK, recording->folder);
	recording->lock = lock ? open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	free(lock);
	if (recording->lock < 0 || flock(recording->lock, LOCK_EX | LOCK_NB) < 0)
		return opj_fail(err, "%s: cannot make a lock: %s", recording->folder, strerror(errno));
	return 0;
}

struct opj_recording *opj_recording_create(const struct opj_recording_config *config, struct opj_error *err)
{
	struct opj_recording *recording = calloc(1, sizeof *recording);
	if (!recording) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	recording->lock = -1;
	recording->rotate = config->rotate;
	recording->writer =
	    opj_archive_writer_create(config->part, OPJ_ARCHIVE_LEVEL, config->tick, config->tick_data, err);
	if (!recording->writer || make_folders(recording, config->raw_parent, err) < 0)
		goto fail;
	if (opj_guard_is_short(recording->raw_dir)) {
		opj_fail(err, "%s: no room on the disk: recording needs 64 MiB to begin with", config->raw_parent);
		goto fail;
	}
	recording->daemon = opj_daemon_open(err);
	if (!recording->daemon)
		goto fail;
	recording->session = opj_session_create(recording->raw_dir, err);
	if (!recording->session)
		goto fail;
	recording->guard = opj_guard_create(recording->raw_dir, recording->status_dir, 2 * recording->rotate, err);
	if (!recording->guard)
		goto fail;
	opj_manifest_time(recording->run.started);
	return recording;
fail:
	opj_recording_destroy(recording);
	return NULL;
}

const char *opj_recording_status_dir(const struct opj_recording *recording)
{
	return recording->status_dir;
}

struct opj_run *opj_recording_run(struct opj_recording *recording)
{
	return &recording->run;
}

void opj_recording_progress(const struct opj_recording *recording, uint64_t *ops, uint64_t *bytes)
{
	*ops = opj_status_ops(recording->status_dir);
	*bytes = recording->archived + opj_folder_size(recording->raw_dir);
}

/* Moves one chunk, a folder that LTTng has finished. */
static int move_chunk(struct opj_recording *recording, const char *chunk, struct opj_error *err)
{
	uint64_t size = opj_folder_size(chunk);
	if (opj_harvest_chunk(&recording->run, recording->writer, chunk, recording->status_dir, err) < 0)
		return -1;
	recording->archived += size;
	if (opj_folder_remove(chunk) < 0)
		return opj_fail(err, "%s: cannot delete: %s", chunk, strerror(errno));
	return 0;
}

/* LTTng's names of chunks end in a number that counts. */
static int chunk_number(const void *name)
{
	const char *dash = strrchr(*(char *const *)name, '-');
	return dash ? atoi(dash + 1) : 0;
}

static int by_number(const void *a, const void *b)
{
	return (chunk_number(a) > chunk_number(b)) - (chunk_number(a) < chunk_number(b));
}

/* Moves the chunks that rotations have finished, in their order. */
static int move_finished(struct opj_recording *recording, struct opj_error *err)
{
	char **names = NULL;
	char *archives = opj_path("%s/archives", recording->raw_dir);
	int count = archives ? opj_folder_list(archives, &names, err) : opj_fail(err, "out of memory");
	int result = count < 0 ? -1 : 0;
	if (count > 0)
		qsort(names, (size_t)count, sizeof *names, by_number);
	for (int i = 0; i < count && result == 0; i++) {
		char *chunk = opj_path("%s/%s", archives, names[i]);
		result = chunk ? move_chunk(recording, chunk, err) : opj_fail(err, "out of memory");
		free(chunk);
	}
	opj_folder_free(names, count);
	free(archives);
	return result;
}

static void let_go(struct opj_recording *recording)
{
	opj_guard_destroy(recording->guard);
	recording->guard = NULL;
}

/* Ends the recording, not the command: there is no room for more. */
static void stop_early(struct opj_recording *recording)
{
	opj_guard_hold(recording->guard);
	opj_session_stop(recording->session);
	opj_fail(&recording->stopped, "%s: no room on the disk: recording stopped after %llu ops", recording->raw_dir,
		 (unsigned long long)opj_status_ops(recording->status_dir));
	let_go(recording);
}

void opj_recording_work(struct opj_recording *recording)
{
	struct opj_error *failure = &recording->failure;
	if (recording->stopped.text[0])
		return;
	if (failure->text[0])
		opj_guard_unlimit(recording->guard);
	int rotating = failure->text[0] ? 0 : opj_session_rotating(recording->session, failure);
	if (rotating > 0)
		return;
	if (recording->rotate && !failure->text[0])
		move_finished(recording, failure);
	bool can_rotate = recording->rotate && !failure->text[0];
	uint64_t size = opj_folder_size(recording->raw_dir);
	if (can_rotate && size >= (opj_guard_is_short(recording->raw_dir) ? WORTH_MOVING : recording->rotate))
		opj_session_rotate(recording->session, failure);
	else if (opj_guard_is_short(recording->raw_dir))
		stop_early(recording);
}

/* What makes the trace incomplete, as far as the recording itself knows. */
static void note_losses(struct opj_recording *recording)
{
	struct opj_run *run = &recording->run;
	const char *why = recording->failure.text[0] ? recording->failure.text : recording->stopped.text;
	if (*why)
		snprintf(run->why, sizeof run->why, "%.*s", (int)sizeof run->why - 1, why);
	else if (run->lost)
		snprintf(run->why, sizeof run->why, "%llu events or packets were lost", (unsigned long long)run->lost);
}

int opj_recording_stop(struct opj_recording *recording, int *recorders, struct opj_error *err)
{
	struct opj_run *run = &recording->run;
	struct opj_error failure = {0};
	uint64_t lost = 0;
	let_go(recording);
	if (opj_session_finish(recording->session, &lost, &failure) < 0 && !recording->failure.text[0])
		recording->failure = failure;
	*recorders = opj_status_count(recording->status_dir);
	if (!recording->failure.text[0] && move_finished(recording, &recording->failure) == 0)
		move_chunk(recording, recording->raw_dir, &recording->failure);
	opj_harvest_status(run, recording->status_dir);
	run->lost = lost > run->lost ? lost : run->lost;
	note_losses(recording);
	if (recording->failure.text[0])
		return opj_fail(err, "%s", recording->failure.text);
	return 0;
}

int opj_recording_seal(struct opj_recording *recording, struct opj_error *err)
{
	size_t length;
	char *text = opj_manifest_text(&recording->run, &length, err);
	int result = text ? opj_archive_writer_finish(recording->writer, text, length, err) : -1;
	free(text);
	return result;
}

const char *opj_recording_keep_raw(struct opj_recording *recording)
{
	recording->keep_raw = true;
	return recording->raw_dir;
}

void opj_recording_destroy(struct opj_recording *recording)
{
	if (!recording)
		return;
	let_go(recording);
	opj_session_destroy(recording->session);
	opj_daemon_close(recording->daemon);
	opj_archive_writer_destroy(recording->writer);
	if (recording->folder && !recording->keep_raw)
		opj_folder_remove(recording->folder);
	if (recording->lock >= 0)
		close(recording->lock);
	opj_run_finish(&recording->run);
	free(recording->raw_dir);
	free(recording->status_dir);
	free(recording->folder);
	free(recording);
}
