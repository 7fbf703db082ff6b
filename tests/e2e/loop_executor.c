/* tests/e2e/loop_executor.c: a program that is recorded in tests: as many ops as it is told, through the recorder API.
 *
 * loop_executor OPS [pause-us=N] [exit=N] [signal=N] [kill-us=N] [model=NAME] [model-size=N] [end=no] [after=FILE]
 * pause-us: sleeps that long after every 1000 ops. exit, signal: how it ends. kill-us: it changes between two CPUs
 * until each has filled a buffer, and SIGKILL ends it after so much more time on a CPU, in the middle of whatever it
 * does. end=no: without a closing event. after: LTTng knows the process from its start, its recorder is made when that
 * file is there. model-size: a name of so many letters. The ops add two vectors; their counts of nonzeros are
 * pseudo-random, as they would be in a network. */
#include <opjoule/recorder.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

static struct opj_tensor vector(DLTensor *view, uint64_t storage, struct opj_stats *stats, uint32_t nnz)
{
	static int64_t shape[] = {256, 256};
	*stats = (struct opj_stats){.nnz = nnz, .kind = OPJ_KIND_BINARY, .magnitude = nnz};
	*view = (DLTensor){NULL, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
	return (struct opj_tensor){
	    .data = view, .storage = storage, .version = 1, .stats = stats, .address = 4096 * storage};
}

/* Ops after which each of two CPUs that take turns has filled its first sub-buffer of 1 MiB, at some 200 bytes an op:
 * what stands in none that was filled goes with the process, the opening event too. */
enum { BUFFERS_FILLED = 16000 };

/* Whatever the process does then: the kernel sends the signal. */
static void kill_after(long us)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	struct itimerspec at = {.it_value = {us / 1000000, us % 1000000 * 1000}};
	if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0 || timer_settime(timer, 0, &at, NULL) != 0)
		abort();
}

/* To the other of two CPUs, so that both have buffers with events in them. Where there is one only, it stays. */
static void move(long round)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)(round % 2), &set);
	sched_setaffinity(0, sizeof set, &set);
}

static void run(struct opj_recorder *rec, long ops, long pause_us, long kill_us)
{
	uint32_t state = 1;
	for (long i = 0; i < ops; i++) {
		DLTensor views[3];
		struct opj_stats stats[3];
		struct opj_tensor tensors[3];
		uint64_t out = opj_storage_create(rec);
		for (int t = 0; t < 3; t++)
			tensors[t] = vector(&views[t], t == 2 ? out : 1 + out / 2, &stats[t], next_random(&state));
		struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
		opj_record_op(rec, &(struct opj_op_record){.name = "aten.add.Tensor",
							   .in = in,
							   .in_count = 2,
							   .out = OPJ_TENSOR(2),
							   .tensors = tensors,
							   .tensor_count = 3});
		if (pause_us && i % 1000 == 999)
			usleep((useconds_t)pause_us);
		if (kill_us && i % 1000 == 999)
			move(i / 1000);
		if (kill_us && i == BUFFERS_FILLED)
			kill_after(kill_us);
	}
}

/* A name of so many letters; the caller frees. */
static char *letters(size_t count)
{
	char *name = calloc(count + 1, 1);
	if (!name)
		abort();
	memset(name, 'm', count);
	return name;
}

int main(int argc, char **argv)
{
	long ops = 10, pause_us = 0, kill_us = 0, status = 0, number = 0;
	const char *model = "Loop", *after = NULL;
	char *made = NULL;
	bool end = true;
	struct opj_error err;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "pause-us=", 9) == 0)
			pause_us = atol(argv[i] + 9);
		else if (strncmp(argv[i], "kill-us=", 8) == 0)
			kill_us = atol(argv[i] + 8);
		else if (strncmp(argv[i], "exit=", 5) == 0)
			status = atol(argv[i] + 5);
		else if (strncmp(argv[i], "signal=", 7) == 0)
			number = atol(argv[i] + 7);
		else if (strncmp(argv[i], "model=", 6) == 0)
			model = argv[i] + 6;
		else if (strncmp(argv[i], "model-size=", 11) == 0)
			model = made = letters((size_t)atol(argv[i] + 11));
		else if (strncmp(argv[i], "after=", 6) == 0)
			after = argv[i] + 6;
		else if (strcmp(argv[i], "end=no") == 0)
			end = false;
		else
			ops = atol(argv[i]);
	}
	while (after && access(after, F_OK) != 0)
		usleep(10000);
	struct opj_recorder *rec =
	    opj_recorder_create(&(struct opj_recorder_config){.framework = "loop 1.0", .model = model}, &err);
	if (!rec) {
		fprintf(stderr, "loop_executor: %s\n", err.text);
		free(made);
		return EXIT_FAILURE;
	}
	free(made); /* the recorder has its own */
	run(rec, ops, pause_us, kill_us);
	if (number)
		raise((int)number);
	if (end)
		opj_recorder_destroy(rec);
	return (int)status;
}
