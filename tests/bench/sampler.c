/* tests/bench/sampler.c: where a process is at every tick of its processor time, for bench_torch.py.
 *
 * A timer's signal notes the address that was being executed, nothing else: the handler touches only memory that its
 * caller gave. Loaded by ctypes. */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <ucontext.h>

__attribute__((visibility("default"))) int sampler_start(uintptr_t *room, size_t count, long microseconds);
__attribute__((visibility("default"))) size_t sampler_stop(void);

static uintptr_t *samples;
static volatile size_t taken, capacity;

static void note(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	const ucontext_t *at = context;
	if (taken == capacity)
		return;
#if defined(__x86_64__)
	samples[taken++] = (uintptr_t)at->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	samples[taken++] = (uintptr_t)at->uc_mcontext.pc;
#else
	(void)at;
#endif
}

static int set_timer(long microseconds)
{
	struct timeval every = {0, microseconds};
	return setitimer(ITIMER_PROF, &(struct itimerval){every, every}, NULL);
}

/* Addresses go to room[count] until sampler_stop. -1 and errno on failure. */
int sampler_start(uintptr_t *room, size_t count, long microseconds)
{
	samples = room;
	taken = 0;
	capacity = count;
	struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
	return sigaction(SIGPROF, &action, NULL) ? -1 : set_timer(microseconds);
}

/* How many addresses were taken. */
size_t sampler_stop(void)
{
	set_timer(0);
	return taken;
}
