/* record/fork.c: forks without exec whose children can record.
 *
 * LTTng-UST gives a child buffers of its own where it is told of the fork on both sides. liblttng-ust-fork.so does that
 * for whoever preloads it; an executor that sees its forks, as Python does, tells it by these calls and needs no
 * preloading. Between the two calls LTTng's locks are held by the forking thread and its signals are blocked. */
#include "fork.h"
#include "core.h"
#include <dlfcn.h>
#include <lttng/ust-fork.h>
#include <signal.h>
#include <string.h>

static _Atomic uint32_t fork_count; /* how often this process is the result of a fork */
static _Atomic uint32_t children;   /* that it forked itself, as far as it was told */
static uint32_t told_count;         /* what fork_count was after the last fork that LTTng was told of */
static _Atomic(const struct opj_fork_watcher *) watcher;
static _Thread_local bool told;
static _Thread_local sigset_t signals;

static void after_fork_in_child(void)
{
	atomic_fetch_add(&fork_count, 1);
	atomic_store(&children, 0);
	const struct opj_fork_watcher *to_tell = atomic_load_explicit(&watcher, memory_order_acquire);
	if (to_tell)
		to_tell->in_child();
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, after_fork_in_child);
}

void opj_fork_watch(const struct opj_fork_watcher *one)
{
	atomic_store_explicit(&watcher, one, memory_order_release);
}

uint32_t opj_fork_count(void)
{
	return atomic_load_explicit(&fork_count, memory_order_relaxed);
}

uint32_t opj_fork_children(void)
{
	return atomic_load_explicit(&children, memory_order_relaxed);
}

/* liblttng-ust-fork takes the place of fork(). */
static bool is_preloaded(void)
{
	Dl_info info;
	void *function = dlsym(RTLD_DEFAULT, "fork");
	return function && dladdr(function, &info) && info.dli_fname && strstr(info.dli_fname, "lttng-ust-fork");
}

bool opj_fork_is_traced(void)
{
	return opj_fork_count() == told_count || is_preloaded();
}

void opj_fork_before(bool child_may_record)
{
	told = child_may_record && opj_listening() && !is_preloaded();
	if (told)
		lttng_ust_before_fork(&signals);
}

void opj_fork_after(bool child)
{
	if (told && !child)
		lttng_ust_after_fork_parent(&signals);
	const struct opj_fork_watcher *to_tell = atomic_load_explicit(&watcher, memory_order_acquire);
	uint32_t count = child ? 0 : atomic_fetch_add(&children, 1) + 1;
	if (!child && to_tell)
		to_tell->in_parent(count);
	if (told && child) {
		told_count = opj_fork_count();
		lttng_ust_after_fork_child(&signals);
	}
	told = false;
}
