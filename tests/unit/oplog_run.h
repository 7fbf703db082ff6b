/* tests/unit/oplog_run.h: runs counters and estimators over a few lines of op log, for tests that state ops as text. */
#ifndef OPJ_TESTS_OPLOG_RUN_H
#define OPJ_TESTS_OPLOG_RUN_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <opjoule/analysis.h>
#include <stdlib.h>
#include <unistd.h>

/* Writes head line, `body` and end line into a temporary file; the name is to be unlinked and freed. */
static inline char *oplog_write(const char *body)
{
	char *path = strdup("/tmp/opjoule-test-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	FILE *file = fdopen(fd, "w");
	int ops = 0;
	for (const char *at = body; (at = strstr(at, "\"k\":\"op\"")); at++)
		ops++;
	fprintf(file, "{\"k\":\"oplog\",\"version\":1,\"case\":\"test\",\"framework\":\"test 1\",\"model\":\"Net\"}\n");
	fprintf(file, "%s{\"k\":\"end\",\"ops\":%d}\n", body, ops);
	cr_assert_eq(fclose(file), 0);
	return path;
}

/* The analysis as JSON, to be freed with json_decref; NULL with the message in err. Either spec may be NULL. */
static inline json_t *oplog_try(const char *body, const char *counter, const char *estimator, struct opj_error *err)
{
	char *path = oplog_write(body);
	struct opj_analysis *analysis = opj_analysis_create();
	struct opj_trace *trace = opj_trace_open(path, NULL, err);
	cr_assert(analysis && trace, "%s", err->text);
	char *text = NULL;
	if ((!counter || opj_analysis_add_counter(analysis, counter, err) == 0) &&
	    (!estimator || opj_analysis_add_estimator(analysis, estimator, err) == 0) &&
	    opj_analysis_run(analysis, trace, err) == 0)
		text = opj_analysis_json(analysis, err);
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	opj_analysis_destroy(analysis);
	opj_trace_close(trace);
	unlink(path);
	free(path);
	return json;
}

static inline json_t *oplog_run(const char *body, const char *counter, const char *estimator)
{
	struct opj_error err = {""};
	json_t *json = oplog_try(body, counter, estimator, &err);
	cr_assert(json, "%s", err.text);
	return json;
}

/* Follows keys, the last NULL. */
static inline json_t *oplog_at(json_t *json, ...)
{
	va_list keys;
	va_start(keys, json);
	for (const char *key; (key = va_arg(keys, const char *));) {
		json = json_object_get(json, key);
		cr_assert(json, "there is no %s", key);
	}
	va_end(keys);
	return json;
}

/* The first estimate of an analysis. */
static inline json_t *oplog_estimate(json_t *json)
{
	return json_array_get(json_object_get(json, "estimates"), 0);
}

/* Whether one of an object's warnings contains `text`. */
static inline bool oplog_warns(json_t *object, const char *text)
{
	size_t i;
	json_t *warning;
	json_array_foreach(json_object_get(object, "warnings"), i, warning)
	{
		if (strstr(json_string_value(warning), text))
			return true;
	}
	return false;
}

#define oplog_assert_int(expected, ...)                                                                                \
	cr_assert_eq(json_integer_value(oplog_at(__VA_ARGS__, NULL)), expected, "%lld instead of %lld",                \
		     (long long)json_integer_value(oplog_at(__VA_ARGS__, NULL)), (long long)(expected))
#define oplog_assert_pj(expected, ...)                                                                                 \
	cr_assert_float_eq(json_number_value(oplog_at(__VA_ARGS__, NULL)), expected, 1e-9 * (1 + (expected)),          \
			   "%.12g instead of %.12g", json_number_value(oplog_at(__VA_ARGS__, NULL)),                   \
			   (double)(expected))

/* Lines of an op log. */
#define LOG_MODULE(id, path, cls, bases, rest)                                                                         \
	"{\"k\":\"module\",\"id\":" #id ",\"path\":\"" path "\",\"cls\":\"" cls "\",\"bases\":[" bases "]," rest "}\n"
#define LOG_PLAIN "\"kind\":null,\"training\":false,\"step_mode\":\"s\",\"backend\":null,\"attrs\":{},\"params\":[]"
#define LOG_NEURON(backend)                                                                                            \
	"\"kind\":\"neuron\",\"training\":false,\"step_mode\":\"s\",\"backend\":" backend ",\"attrs\":{},\"params\":[" \
	"]"
/* where: LOG_IN("0,1", "\"Global\",\"Net\"") */
#define LOG_IN(mods, parents) "\"mods\":[" mods "],\"parents\":[" parents "]"
#define LOG_OP(i, op, where, in, out)                                                                                  \
	"{\"k\":\"op\",\"i\":" #i ",\"op\":\"" op "\",\"stage\":\"forward\",\"grad\":false," where ",\"in\":[" in      \
	"],\"out\":" out "}\n"
/* float32 of a shape: storage u, z nonzeros, b 1 for spikes */
#define F32(shape, u, z, b) "{\"T\":[" shape "],\"d\":\"float32\",\"u\":" #u ",\"a\":" #u ",\"z\":" #z ",\"b\":" #b "}"

#endif
