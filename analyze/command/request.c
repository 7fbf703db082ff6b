/* analyze/command/request.c: options that all analyzing commands share, and the way from a path to finished figures.
 *
 * Options are kept as they came and become an analysis afterwards, as often as there are traces; plugins are loaded
 * first, because -c and -m may name what they bring. */
#include "request.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int keep(struct opj_request *request, int option, const char *value, struct opj_error *err)
{
	struct opj_request_ask *moved = reallocarray(request->asks, request->ask_count + 1, sizeof *moved);
	if (!moved) {
		opj_fail(err, "out of memory");
		return 1;
	}
	request->asks = moved;
	request->asks[request->ask_count++] = (struct opj_request_ask){option, value};
	return 0;
}

static int wrong(const char *what, const char *value, struct opj_error *err)
{
	opj_fail(err, "%s: \"%.200s\"", what, value);
	return 2;
}

static int take_process(const char *text, int64_t *process, struct opj_error *err)
{
	char *end;
	errno = 0;
	*process = strtoll(text, &end, 10);
	bool number = !errno && end != text && !*end && *process >= 1;
	return number ? 0 : wrong("--process takes a number from 1, not", text, err);
}

int opj_request_option(struct opj_request *request, int option, const char *value, struct opj_error *err)
{
	switch (option) {
	case 'c':
	case 'm':
	case OPJ_REQUEST_IGNORE:
	case OPJ_REQUEST_PLUGIN:
		return keep(request, option, value, err);
	case OPJ_REQUEST_STRICT:
		request->strict = true;
		return 0;
	case OPJ_REQUEST_PARTIAL:
		request->trace.partial = true;
		return 0;
	case OPJ_REQUEST_PROCESS:
		return take_process(value, &request->trace.process, err);
	default:
		return 2;
	}
}

void opj_request_finish(struct opj_request *request)
{
	free(request->asks);
	*request = (struct opj_request){0};
}

bool opj_request_asked(const struct opj_request *request)
{
	for (size_t i = 0; i < request->ask_count; i++) {
		if (request->asks[i].option == 'c' || request->asks[i].option == 'm')
			return true;
	}
	return false;
}

int opj_request_axis(const char *text, enum opj_axis *axis, struct opj_error *err)
{
	static const char *const names[] = {[OPJ_BY_MODULE] = "module", [OPJ_BY_STAGE] = "stage", [OPJ_BY_OP] = "op"};
	for (int i = 0; i < 3; i++) {
		if (strcmp(names[i], text) == 0) {
			*axis = (enum opj_axis)i;
			return 0;
		}
	}
	return wrong("--by takes module, stage or op, not", text, err);
}

static int load_plugins(const struct opj_request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	for (size_t i = 0; i < request->ask_count; i++) {
		if (request->asks[i].option == OPJ_REQUEST_PLUGIN &&
		    opj_analysis_load_plugin(analysis, request->asks[i].value, err))
			return -1;
	}
	return 0;
}

static int add_asked(const struct opj_request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	int failed = 0;
	for (size_t i = 0; !failed && i < request->ask_count; i++) {
		const struct opj_request_ask *ask = &request->asks[i];
		if (ask->option == 'c')
			failed = opj_analysis_add_counter(analysis, ask->value, err);
		else if (ask->option == 'm')
			failed = opj_analysis_add_estimator(analysis, ask->value, err);
		else if (ask->option == OPJ_REQUEST_IGNORE)
			failed = opj_analysis_ignore_class(analysis, ask->value, err);
	}
	return failed;
}

static int add_defaults(const struct opj_request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	static const char *const counters[] = {"flop", "memory", "synop", "mac", "ac", NULL};
	static const char *const models[] = {"compute", NULL};
	bool standard = !request->counters && !request->models;
	int failed = 0;
	for (const char *const *at = standard ? counters : request->counters; !failed && at && *at; at++)
		failed = opj_analysis_add_counter(analysis, *at, err);
	for (const char *const *at = standard ? models : request->models; !failed && at && *at; at++)
		failed = opj_analysis_add_estimator(analysis, *at, err);
	return failed;
}

struct opj_analysis *opj_request_analysis(const struct opj_request *request, struct opj_error *err)
{
	struct opj_analysis *analysis = opj_analysis_create();
	if (!analysis) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	opj_analysis_set_strict(analysis, request->strict);
	if (load_plugins(request, analysis, err) || add_asked(request, analysis, err) ||
	    (!opj_request_asked(request) && add_defaults(request, analysis, err))) {
		opj_analysis_destroy(analysis);
		return NULL;
	}
	return analysis;
}

struct opj_trace *opj_request_open(const struct opj_request *request, const char *path, struct opj_error *err)
{
	return opj_trace_guard_signals(err) ? NULL : opj_trace_open(path, &request->trace, err);
}

int opj_subject_open(struct opj_subject *subject, const struct opj_request *request, const char *path,
		     struct opj_error *err)
{
	struct opj_request shown = *request;
	shown.trace.progress = opj_bar_show;
	shown.trace.progress_data = &subject->bar;
	*subject = (struct opj_subject){.analysis = opj_request_analysis(request, err)};
	if (!subject->analysis)
		return -1;
	opj_bar_begin(&subject->bar, path, "ops");
	subject->trace = opj_request_open(&shown, path, err);
	if (subject->trace)
		return 0;
	opj_subject_finish(subject);
	return -1;
}

int opj_subject_run(struct opj_subject *subject, const struct opj_visitor *companion, struct opj_error *err)
{
	int failed = opj_analysis_run_with(subject->analysis, subject->trace, companion, err);
	opj_bar_finish(&subject->bar);
	return failed || opj_digest_init(&subject->digest, subject->analysis, err) ? -1 : 0;
}

int opj_subject_init(struct opj_subject *subject, const struct opj_request *request, const char *path,
		     struct opj_error *err)
{
	if (opj_subject_open(subject, request, path, err))
		return -1;
	int failed = opj_subject_run(subject, NULL, err);
	if (failed)
		opj_subject_finish(subject);
	return failed;
}

void opj_subject_finish(struct opj_subject *subject)
{
	opj_bar_finish(&subject->bar);
	opj_digest_finish(&subject->digest);
	opj_analysis_destroy(subject->analysis);
	opj_trace_close(subject->trace);
	*subject = (struct opj_subject){0};
}

bool opj_request_help(int argc, char **argv, const char *usage_text)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage_text, stdout);
			return true;
		}
	}
	return false;
}

int opj_request_end(const char *command, int status, struct opj_error *err)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		if (!*err->text)
			opj_fail(err, "standard output cannot be written%s%s", errno ? ": " : "",
				 errno ? strerror(errno) : "");
		status = status ? status : 1;
	}
	if (*err->text)
		fprintf(stderr, "opjoule %s: %s\n", command, err->text);
	if (status == 2)
		fprintf(stderr, "`opjoule %s --help` explains the command\n", command);
	return status;
}
