/* tests/fuzz/fuzz_oplog.c: an op log through the reader, every counter, every estimator and every report, and back into
 * an op log. Whatever the log says, nothing may crash, leak or take long; a log that reads to its end writes one that
 * reads, too. */
#include "fuzz.h"
#include "replay/oplog/oplog.h"
#include <opjoule/analysis.h>
#include <stdlib.h>

/* Reading is for every log: one that was cut short is read as far as it goes. */
static const struct opj_trace_options partial = {.partial = true};

static struct opj_analysis *analysis_of_everything(void)
{
	struct opj_error err;
	struct opj_analysis *analysis = opj_analysis_create();
	for (const struct opj_counter *const *at = opj_counters; *at; at++) {
		if (opj_analysis_add_counter(analysis, (*at)->name, &err))
			abort();
	}
	for (const struct opj_estimator *const *at = opj_estimators; *at; at++) {
		if (opj_analysis_add_estimator(analysis, (*at)->name, &err))
			abort();
	}
	return analysis;
}

static void analyze(const char *path)
{
	static FILE *nowhere;
	struct opj_error err;
	struct opj_trace *trace = opj_trace_open(path, &partial, &err);
	if (!trace)
		return;
	struct opj_analysis *analysis = analysis_of_everything();
	if (!nowhere && !(nowhere = fopen("/dev/null", "w")))
		abort();
	if (opj_analysis_run(analysis, trace, &err) == 0) {
		free(opj_analysis_json(analysis, &err));
		opj_analysis_print(analysis, OPJ_BY_MODULE, nowhere, &err);
		opj_analysis_print(analysis, OPJ_BY_STAGE, nowhere, &err);
		opj_analysis_print(analysis, OPJ_BY_OP, nowhere, &err);
	}
	opj_analysis_destroy(analysis);
	opj_trace_close(trace);
}

struct writer {
	FILE *out;
	uint64_t ops;
};

static int write_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	(void)err;
	opj_oplog_write_module(((struct writer *)data)->out, module);
	return 0;
}

static int write_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	(void)err;
	((struct writer *)data)->ops++;
	opj_oplog_write_op(((struct writer *)data)->out, op);
	return 0;
}

static int write_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	(void)err;
	opj_oplog_write_call(((struct writer *)data)->out, call);
	return 0;
}

static int write_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	(void)err;
	opj_oplog_write_optimizer(((struct writer *)data)->out, step);
	return 0;
}

/* Replays a log into another one; its bytes, to be freed, or NULL: the log has an error. */
static char *rewrite(const char *path, const struct opj_trace_options *options, size_t *size)
{
	struct opj_error err;
	char *bytes = NULL;
	struct opj_trace *trace = opj_trace_open(path, options, &err);
	if (!trace)
		return NULL;
	struct writer writer = {.out = open_memstream(&bytes, size)};
	const struct opj_visitor visitor = {&writer, write_module, write_op, write_call, write_optimizer};
	opj_oplog_write_begin(writer.out, opj_trace_manifest(trace));
	int failed = opj_trace_replay(trace, &visitor, 1, &err);
	opj_oplog_write_end(writer.out, writer.ops);
	fclose(writer.out);
	opj_trace_close(trace);
	if (failed) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	analyze(path);
	size_t written, again;
	char *first = rewrite(path, &partial, &written);
	if (!first)
		return 0;
	char *second = rewrite(fuzz_file((uint8_t *)first, written), NULL, &again);
	if (!second || written != again || memcmp(first, second, written) != 0)
		abort();
	free(second);
	free(first);
	return 0;
}
