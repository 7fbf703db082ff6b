/* analyze/command/request.c: options that all analyzing commands share, and the way from a path to finished figures.
 *
 * Options are kept as they came and become an analysis afterwards, as often as there are traces; plugins are loaded
 * first, because -c and -m may name what they bring. */
#include "request.h"
#include "record/base/vector.h"
#include <stdlib.h>
#include <string.h>

int opj_request_ask(struct opj_request *request, enum opj_asked what, const char *value, struct opj_error *err)
{
	struct opj_request_ask *ask = OPJ_PUSH(request->asks, request->ask_count);
	if (!ask)
		return opj_fail(err, "out of memory");
	*ask = (struct opj_request_ask){what, value};
	return 0;
}

int opj_request_take(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	return opj_request_ask(at, (enum opj_asked)row->min, word, err);
}

const struct opj_option_row opj_asking_rows[] = {
    {"count", 'c', OPJ_REQUEST_ASK(OPJ_ASKED_COUNTER), .word = "NAME", .form = OPJ_COUNT_FORM, .complete = "counters",
     .help = "run a counter; without -c and -m: flop, memory, synop, mac, ac",
     .more = "The same one may run several times, with other settings."},
    {"model", 'm', OPJ_REQUEST_ASK(OPJ_ASKED_MODEL), .word = "NAME", .form = OPJ_MODEL_FORM, .complete = "estimators",
     .help = "run an energy estimator; without -c and -m: compute",
     .more = "It has a preset's costs or those of a cost file; settings behind it have the last word. The counters it "
	     "needs run along."},
    {NULL}};

#define IGNORE_ROW                                                                                                     \
	{                                                                                                              \
		"ignore-module", OPJ_REQUEST_ASK(OPJ_ASKED_IGNORE),                                                    \
		    .word = "CLASS", .help = "leave out modules of this class and of classes derived from it",         \
		    .more = "Every op inside them is left out."                                                        \
	}

const struct opj_option_row opj_ignore_rows[] = {IGNORE_ROW, {NULL}};

const struct opj_option_row opj_request_rows[] = {
    {"strict", .kind = OPJ_OPT_FLAG, .at = offsetof(struct opj_request, strict),
     .help = "fail on an op that a requested counter has no rule for",
     .more = "It fails on a warning of an estimator, too. Without it such ops are listed."},
    IGNORE_ROW,
    {"plugin", OPJ_REQUEST_ASK(OPJ_ASKED_PLUGIN), .word = "FILE.so", .complete = "files so",
     .help = "counters and estimators of your own", .more = "A plugin is a program: load none that you would not run."},
    {NULL}};

void opj_request_finish(struct opj_request *request)
{
	free(request->asks);
	*request = (struct opj_request){0};
}

bool opj_request_asked(const struct opj_request *request)
{
	for (size_t i = 0; i < request->ask_count; i++) {
		if (request->asks[i].what == OPJ_ASKED_COUNTER || request->asks[i].what == OPJ_ASKED_MODEL)
			return true;
	}
	return false;
}

static int load_plugins(const struct opj_request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	for (size_t i = 0; i < request->ask_count; i++) {
		if (request->asks[i].what == OPJ_ASKED_PLUGIN &&
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
		if (ask->what == OPJ_ASKED_COUNTER)
			failed = opj_analysis_add_counter(analysis, ask->value, err);
		else if (ask->what == OPJ_ASKED_MODEL)
			failed = opj_analysis_add_estimator(analysis, ask->value, err);
		else if (ask->what == OPJ_ASKED_IGNORE)
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
	subject->trace = opj_reading_open(path, &shown.trace, err);
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
