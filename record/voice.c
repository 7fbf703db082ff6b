/* record/voice.c: which of a process's recorders writes, and what it could not record.
 *
 * After a fork the child shares LTTng's buffers with its parent until it registers anew; the fork handler takes the
 * voice from the parent's recorder there, so it neither writes nor takes a mutex that a lost thread may hold. */
#include "voice.h"
#include "core.h"
#include "fork.h"

static _Atomic(struct opj_recorder *) speaker;
static _Atomic uint64_t generations;

static void hush(void)
{
	atomic_store(&speaker, NULL);
}

static void note_children(uint32_t children)
{
	struct opj_recorder *rec = atomic_load_explicit(&speaker, memory_order_acquire);
	if (rec)
		atomic_store_explicit(&rec->status->forks, children, memory_order_relaxed);
}

uint64_t opj_voice_generation(void)
{
	static const struct opj_fork_watcher watcher = {.in_child = hush, .in_parent = note_children};
	opj_fork_watch(&watcher);
	return atomic_fetch_add(&generations, 1) + 1;
}

bool opj_recorder_speaks(struct opj_recorder *rec)
{
	if (!rec || rec->fork_count != opj_fork_count())
		return false;
	struct opj_recorder *now = atomic_load_explicit(&speaker, memory_order_acquire);
	if (now == rec || (!now && atomic_compare_exchange_strong(&speaker, &now, rec)) || now == rec)
		return true;
	opj_recorder_problem(rec);
	return false;
}

void opj_voice_release(struct opj_recorder *rec)
{
	atomic_compare_exchange_strong(&speaker, &rec, NULL);
}

void opj_recorder_problem(struct opj_recorder *rec)
{
	uint64_t problems = atomic_fetch_add_explicit(&rec->problems, 1, memory_order_relaxed) + 1;
	atomic_store_explicit(&rec->status->problems, problems, memory_order_relaxed);
}
