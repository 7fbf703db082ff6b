/* tests/unit/test_timeline.c: what modules returned over time: bins that widen, sums that stay, what is left out. */
#include "analyze/page/timeline.h"
#include "oplog_run.h"

/* A log of `ops` ops, each followed by a call of module `Net.a` that returns 8 elements, op modulo 5 of them not zero,
 * and every tenth also by one of `Net.b`, of whose values nothing is known. */
static char *log_of(int ops)
{
	static const char module[] =
	    "{\"k\":\"module\",\"id\":%d,\"path\":\"%s\",\"cls\":\"%s\",\"bases\":[\"%s\"],\"kind\":null,"
	    "\"training\":false,\"step_mode\":\"s\",\"backend\":null,\"attrs\":{},\"params\":[]}\n";
	static const char call[] =
	    "{\"k\":\"call\",\"dir\":\"%s\",\"mod\":%d,\"stage\":\"forward\",\"after\":%d,"
	    "\"suspended\":false,\"in\":[],\"out\":[[{\"T\":[8],\"d\":\"float32\",\"u\":1,\"a\":1%s}]]}\n";
	char *body = NULL, stats[40];
	size_t size = 0;
	FILE *out = open_memstream(&body, &size);
	fprintf(out, module, 0, "Net.a", "A", "A");
	fprintf(out, module, 1, "Net.b", "B", "B");
	for (int i = 0; i < ops; i++) {
		fprintf(out,
			"{\"k\":\"op\",\"i\":%d,\"op\":\"aten.relu.default\",\"stage\":\"forward\",\"grad\":false,"
			"\"mods\":[0],"
			"\"parents\":[\"Global\",\"Net.a\"],\"in\":[],\"out\":null}\n",
			i);
		snprintf(stats, sizeof stats, ",\"z\":%d,\"b\":0", i % 5);
		fprintf(out, call, "forward", 0, i + 1, stats);
		fprintf(out, call, "backward", 0, i + 1, stats);
		if (i % 10 == 0)
			fprintf(out, call, "forward", 1, i + 1, "");
	}
	fclose(out);
	char *path = oplog_write(body);
	free(body);
	return path;
}

/* The timeline of such a log; class `ignored` is left out where it is not NULL. */
static json_t *run(int ops, const char *ignored)
{
	struct opj_error err = {""};
	char *path = log_of(ops);
	struct opj_analysis *analysis = opj_analysis_create();
	struct opj_trace *trace = opj_trace_open(path, NULL, &err);
	cr_assert(analysis && trace, "%s", err.text);
	if (ignored)
		cr_assert_eq(opj_analysis_ignore_class(analysis, ignored, &err), 0);
	struct opj_timeline timeline;
	opj_timeline_init(&timeline, analysis);
	struct opj_visitor visitor = opj_timeline_visitor(&timeline);
	cr_assert_eq(opj_analysis_run_with(analysis, trace, &visitor, &err), 0, "%s", err.text);
	json_t *json = opj_timeline_json(&timeline, &err);
	cr_assert(json, "%s", err.text);
	opj_timeline_finish(&timeline);
	opj_analysis_destroy(analysis);
	opj_trace_close(trace);
	unlink(path);
	free(path);
	return json;
}

static json_int_t width(json_t *json)
{
	return json_integer_value(json_object_get(json, "width"));
}

/* Integer i of a list of the first module. */
static json_int_t at(json_t *json, const char *key, size_t i)
{
	json_t *list = json_object_get(json_array_get(json_object_get(json, "modules"), 0), key);
	cr_assert(i < json_array_size(list), "%s has no item %zu", key, i);
	return json_integer_value(json_array_get(list, i));
}

static size_t bins(json_t *json)
{
	return json_array_size(json_object_get(json_array_get(json_object_get(json, "modules"), 0), "bin"));
}

Test(timeline, one_op_a_bin)
{
	json_t *json = run(OPJ_TIMELINE_BINS, NULL);
	cr_assert_eq(width(json), 1);
	cr_assert_eq(json_array_size(json_object_get(json, "modules")), 1, "what nobody looked at has no place");
	cr_assert_eq(bins(json), OPJ_TIMELINE_BINS);
	for (size_t i = 0; i < OPJ_TIMELINE_BINS; i++) {
		cr_assert_eq(at(json, "bin", i), i);
		cr_assert_eq(at(json, "calls", i), 1);
		cr_assert_eq(at(json, "elements", i), 8);
		cr_assert_eq(at(json, "nonzero", i), i % 5);
	}
	json_decref(json);
}

/* Bins widened on the way hold what bins of that width from the start would. */
static void expect_binned(int ops, int wanted)
{
	json_t *json = run(ops, NULL);
	cr_assert_eq(width(json), wanted, "%d ops: %d a bin", ops, (int)width(json));
	cr_assert_eq(bins(json), (size_t)(ops + wanted - 1) / (size_t)wanted);
	for (int i = 0; i < (int)bins(json); i++) {
		int nonzero = 0, calls = 0;
		for (int op = i * wanted; op < (i + 1) * wanted && op < ops; op++) {
			nonzero += op % 5;
			calls++;
		}
		cr_assert_eq(at(json, "calls", (size_t)i), calls);
		cr_assert_eq(at(json, "elements", (size_t)i), 8 * calls);
		cr_assert_eq(at(json, "nonzero", (size_t)i), nonzero);
	}
	json_decref(json);
}

Test(timeline, wider_bins)
{
	expect_binned(OPJ_TIMELINE_BINS + 1, 2);
	expect_binned(2 * OPJ_TIMELINE_BINS, 2);
	expect_binned(2 * OPJ_TIMELINE_BINS + 1, 4);
	expect_binned(10 * OPJ_TIMELINE_BINS - 7, 16);
}

Test(timeline, left_out)
{
	json_t *json = run(10, "A");
	cr_assert_eq(json_array_size(json_object_get(json, "modules")), 0);
	json_decref(json);
	json = run(0, NULL);
	cr_assert_eq(json_array_size(json_object_get(json, "modules")), 0);
	json_decref(json);
}
