/* record/session/guard.c: keeps the raw trace of a recording from filling the disk.
 *
 * A thread, because whoever moves the trace into the archive is busy for seconds, and so is LTTng's daemon when it
 * rotates. It looks at sizes and writes into status files (record/status.h), nothing else. A hold is good for a second
 * only, so recorders go on should this process die. */
#include "guard.h"
#include "folder.h"
#include "harvest.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESERVE ((uint64_t)64 << 20) /* room to keep: buffers in memory, and what comes until we look again */
#define HOLD_NS UINT64_C(1000000000)
#define LOOK_NS 10000000
#define FINISH_NS 50000000 /* an op that was begun is recorded by then */

struct opj_guard {
	const char *raw_dir, *status_dir;
	_Atomic uint64_t limit;
	pthread_t thread;
	atomic_bool ending;
};

bool opj_guard_is_short(const char *raw_dir)
{
	return opj_folder_room(raw_dir) < RESERVE;
}

static void hold(const struct opj_guard *guard)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	opj_status_hold(guard->status_dir, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + HOLD_NS);
}

void opj_guard_hold(const struct opj_guard *guard)
{
	hold(guard);
	nanosleep(&(struct timespec){.tv_nsec = FINISH_NS}, NULL);
}

static void *watch(void *data)
{
	struct opj_guard *guard = data;
	bool held = false;
	while (!atomic_load(&guard->ending)) {
		uint64_t limit = guard->limit;
		bool full = (limit && opj_folder_size(guard->raw_dir) > limit) || opj_guard_is_short(guard->raw_dir);
		if (full)
			hold(guard);
		else if (held)
			opj_status_hold(guard->status_dir, 0);
		held = full;
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
	}
	opj_status_hold(guard->status_dir, 0);
	return NULL;
}

struct opj_guard *opj_guard_create(const char *raw_dir, const char *status_dir, uint64_t limit, struct opj_error *err)
{
	struct opj_guard *guard = calloc(1, sizeof *guard);
	if (!guard) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	guard->raw_dir = raw_dir;
	guard->status_dir = status_dir;
	guard->limit = limit;
	int error = pthread_create(&guard->thread, NULL, watch, guard);
	if (error) {
		opj_fail(err, "cannot make a thread: %s", strerror(error));
		free(guard);
		return NULL;
	}
	return guard;
}

void opj_guard_unlimit(struct opj_guard *guard)
{
	guard->limit = 0;
}

void opj_guard_destroy(struct opj_guard *guard)
{
	if (!guard)
		return;
	atomic_store(&guard->ending, true);
	pthread_join(guard->thread, NULL);
	free(guard);
}
