/* tests/bench/bench_recorder.c: what an op costs the executor that is recorded.
 *
 * Without a session: ns per opj_record_op call. Under one (tests/bench/recorder.sh makes it): ns per op through the
 * recorder against ns per bare tracepoint of the same provider that writes the same payload, in alternating rounds, so
 * that both see the same machine. Scans are left out: facts are supplied, or remembered from the first look. */
#include "record/tracepoints.h"
#include <opjoule/recorder.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 31, OPS_OFF = 1000 * 1000, OPS_ON = 100 * 1000, TENSORS = 3, SIGNATURES = 8 };

enum mode { SUPPLIED, REMEMBERED, IN_MODULES };

struct workload {
	struct opj_recorder *rec;
	uint32_t modules[SIGNATURES];
	float values[64];
	int64_t shapes[SIGNATURES][4];
	DLTensor data[SIGNATURES];
	struct opj_stats stats;
	uint64_t storage;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, compare);
	return values[count / 2];
}

/* One op as a neuron has it: two operands, a new result; every eighth has the same signature. */
static void record(struct workload *load, uint32_t i, enum mode mode)
{
	uint32_t s = i % SIGNATURES;
	load->stats.nnz = i; /* differs from op to op, so that every event carries it */
	const struct opj_stats *stats = mode == REMEMBERED ? NULL : &load->stats;
	const struct opj_tensor tensors[TENSORS] = {
	    {.data = &load->data[s], .storage = load->storage, .version = 1, .stats = stats},
	    {.data = &load->data[s], .storage = load->storage + 1, .version = 1, .stats = stats},
	    {.data = &load->data[s], .storage = load->storage + 2, .version = 1, .stats = stats},
	};
	const struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	const struct opj_value kw[] = {opj_keyed("alpha", OPJ_FLOAT(1))};
	if (mode == IN_MODULES)
		opj_module_enter(load->rec, load->modules[s]);
	opj_record_op(load->rec, &(struct opj_op_record){.name = "aten.add.Tensor",
							 .in = in,
							 .in_count = 2,
							 .kw = kw,
							 .kw_count = 1,
							 .out = OPJ_TENSOR(2),
							 .tensors = tensors,
							 .tensor_count = TENSORS});
	if (mode == IN_MODULES)
		opj_module_exit(load->rec, load->modules[s]);
}

/* The same payload, with nothing in front of the tracepoint. */
static void bare(uint32_t i, enum mode mode)
{
	static const uint8_t flags[TENSORS] = {OPJ_KIND_BINARY, OPJ_KIND_BINARY, OPJ_KIND_BINARY};
	static const int64_t storage[TENSORS] = {3, 2, 1};
	const uint64_t nnz[TENSORS] = {i, i, i};
	struct opj_event_op event = {.seq = i,
				     .signature = i % SIGNATURES,
				     .flags_count = TENSORS,
				     .flags = flags,
				     .storage_count = TENSORS,
				     .storage = storage,
				     .nnz_count = mode == REMEMBERED ? 0 : TENSORS, /* unchanged: not written */
				     .nnz = nnz};
	lttng_ust_tracepoint(opjoule, op, &event);
}

static double time_recorder(struct workload *load, uint32_t ops, enum mode mode)
{
	double start = now();
	for (uint32_t i = 0; i < ops; i++)
		record(load, i, mode);
	return (now() - start) / ops;
}

static double time_bare(uint32_t ops, enum mode mode)
{
	double start = now();
	for (uint32_t i = 0; i < ops; i++)
		bare(i, mode);
	return (now() - start) / ops;
}

static void compare_on(struct workload *load, enum mode mode, const char *what)
{
	double recorder[ROUNDS], alone[ROUNDS], ratio[ROUNDS];
	for (int r = 0; r < ROUNDS; r++) {
		alone[r] = time_bare(OPS_ON, mode);
		recorder[r] = time_recorder(load, OPS_ON, mode);
		ratio[r] = recorder[r] / alone[r];
	}
	printf("on, %s: recorder %.0f ns, bare tracepoint %.0f ns, ratio %.2f (at most 3)\n", what,
	       median(recorder, ROUNDS), median(alone, ROUNDS), median(ratio, ROUNDS));
}

static double time_call(struct workload *load, const struct opj_op_record *op)
{
	double start = now();
	for (uint32_t i = 0; i < OPS_OFF; i++)
		opj_record_op(load->rec, op);
	return (now() - start) / OPS_OFF;
}

static double time_asked(struct workload *load)
{
	double start = now();
	for (uint32_t i = 0; i < OPS_OFF; i++) {
		if (opj_recorder_enabled())
			record(load, i, SUPPLIED);
	}
	return (now() - start) / OPS_OFF;
}

static void time_off(struct workload *load)
{
	double call[ROUNDS], asked[ROUNDS], filled[ROUNDS];
	const struct opj_op_record op = {.name = "aten.add.Tensor"};
	for (int r = 0; r < ROUNDS; r++) {
		call[r] = time_call(load, &op);
		asked[r] = time_asked(load);
		filled[r] = time_recorder(load, OPS_OFF, SUPPLIED);
	}
	printf("off, the call: %.2f ns per op (at most 5)\n", median(call, ROUNDS));
	printf("off, opj_recorder_enabled asked first: %.2f ns per op (at most 5)\n", median(asked, ROUNDS));
	printf("off, structures filled for nothing: %.2f ns per op\n", median(filled, ROUNDS));
}

int main(void)
{
	struct workload load = {.storage = 1, .stats = {.nnz = 7, .kind = OPJ_KIND_BINARY}};
	load.rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "bench"}, NULL);
	if (!load.rec)
		return EXIT_FAILURE;
	for (uint32_t s = 0; s < SIGNATURES; s++) {
		char path[] = {'N', 'e', 't', '.', (char)('a' + s), '\0'};
		load.modules[s] = opj_module_define(load.rec, &(struct opj_module){.path = path, .cls = "IFNode"});
		int64_t shape[4] = {1 + s, 2, 2, 1};
		for (int d = 0; d < 4; d++)
			load.shapes[s][d] = shape[d];
		load.data[s] = (DLTensor){.data = load.values,
					  .device = {kDLCPU, 0},
					  .ndim = 4,
					  .dtype = {kDLFloat, 32, 1},
					  .shape = load.shapes[s]};
	}
	if (opj_recorder_enabled()) {
		compare_on(&load, SUPPLIED, "facts supplied");
		compare_on(&load, REMEMBERED, "facts remembered");
		compare_on(&load, IN_MODULES, "facts supplied, a module entered and left around each op");
	} else {
		time_off(&load);
	}
	opj_recorder_destroy(load.rec);
	return EXIT_SUCCESS;
}
