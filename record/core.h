/* record/core.h: the recorder from inside, shared by the files of this folder that make up the library.
 *
 * One recorder speaks per process (voice.h): it owns the numbering of the process's events. Its mutex covers "look up
 * or define, take the next number, emit", and nothing slow: keys are built and tensors scanned before it is taken. */
#ifndef OPJ_RECORD_CORE_H
#define OPJ_RECORD_CORE_H

#include "cache.h"
#include "definition.h"
#include "event.h"
#include "record/base/intern.h"
#include "site.h"
#include "status.h"
#include "storage.h"
#include "tracepoints.h"
#include <opjoule/recorder.h>
#include <pthread.h>
#include <stdatomic.h>

struct opj_known_module {
	char *path;
	struct opj_texts texts; /* its definition while that is not written yet, else empty */
};

struct opj_recorder {
	uint64_t generation; /* of this recorder, never reused: what per-thread state belongs to */
	uint32_t fork_count; /* of the process that made it: another one in a forked child */
	unsigned flags;
	char *framework, *model, *run;
	char *facts; /* what the executor says of itself, a JSON object */
	enum opj_clock clock;
	struct opj_cache *cache;
	struct opj_status *status; /* the shared page, or one of our own that nobody sees */
	bool status_shared;
	bool input_known; /* status->input is final */
	_Atomic uint64_t storage_ids, problems;
	_Atomic uint32_t module_count;

	pthread_mutex_t lock; /* of everything below */
	bool begun;           /* the opening event was written */
	uint64_t events, ops, calls, optimizers;
	struct opj_known_module *modules;
	uint32_t module_room;
	struct opj_intern contexts, signatures, call_definitions, optimizer_definitions;
	struct opj_storage_table storages;
	struct opj_site_table sites;
};

/* The minor version of what `rec` writes. */
static inline unsigned opj_recorder_minor(const struct opj_recorder *rec)
{
	return rec->flags & OPJ_RECORDER_PLAIN ? 0 : OPJ_SCHEMA_MINOR;
}

/* One load and one branch: the test in front of everything. */
static inline bool opj_listening(void)
{
	return lttng_ust_tracepoint_enabled(opjoule, op);
}

/* Takes the mutex; writes the opening event and the modules known so far where that has not been done. */
void opj_recorder_lock(struct opj_recorder *rec);
void opj_recorder_unlock(struct opj_recorder *rec);

/* Under the mutex, before an event is written: waits where recorders are held back. */
static inline void opj_recorder_hold(struct opj_recorder *rec)
{
	if (atomic_load_explicit(&rec->status->hold, memory_order_relaxed))
		opj_status_wait(rec->status);
}

/* Under the mutex: the next sequence number. */
uint32_t opj_recorder_next(struct opj_recorder *rec);

/* Under the mutex: writes a definition, in pieces where it is long. The texts are left as they were. */
void opj_recorder_define(struct opj_recorder *rec, enum opj_define_kind kind, uint32_t id, struct opj_texts *texts);

#endif
