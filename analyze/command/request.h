/* analyze/command/request.h: what a command is to look at: the options that all commands which analyze traces share,
 * and a trace analyzed as they say, once or several times with the same request. Part of the program, not of the
 * library.
 *
 *     struct arguments {
 *             struct opj_request request;
 *             bool json;
 *     };
 *     static const struct opj_option_group groups[] = {
 *         {opj_asking_rows, .at = offsetof(struct arguments, request)},
 *         {options},
 *         {opj_request_rows, .at = offsetof(struct arguments, request)},
 *         OPJ_REQUEST_READING(struct arguments),
 *         {NULL}};
 *     …
 *     if (opj_subject_init(&subject, &arguments->request, path, err)) …
 */
#ifndef OPJ_ANALYZE_COMMAND_REQUEST_H
#define OPJ_ANALYZE_COMMAND_REQUEST_H

#include "analyze/figures/digest.h"
#include "record/base/bar.h"
#include "replay/commands/reading.h"

/* Into a struct opj_request: -c and -m; what else says how a trace is analyzed, and of that only --ignore-module. */
extern const struct opj_option_row opj_asking_rows[], opj_request_rows[], opj_ignore_rows[];

/* The group of --partial and --process, for a command whose values have a struct opj_request named request. */
#define OPJ_REQUEST_READING(arguments)                                                                                 \
	{                                                                                                              \
		opj_reading_rows, .at = offsetof(arguments, request.trace)                                             \
	}

/* What of a row of a command's own asks for the same in other words: at an opj_request. */
#define OPJ_REQUEST_ASK(what) .kind = OPJ_OPT_TAKE, .marks = OPJ_OPT_REPEATED, .min = (what), .take = opj_request_take
#define OPJ_COUNT_FORM "NAME[,KEY=VALUE…]"
#define OPJ_MODEL_FORM "NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]"
int opj_request_take(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err);

enum opj_asked { OPJ_ASKED_COUNTER, OPJ_ASKED_MODEL, OPJ_ASKED_IGNORE, OPJ_ASKED_PLUGIN };

struct opj_request_ask {
	enum opj_asked what;
	const char *value; /* borrowed from the command line */
};

/* Zeroed: nothing is asked for yet. */
struct opj_request {
	struct opj_request_ask *asks; /* [ask_count] in the order given */
	size_t ask_count;
	bool strict;
	struct opj_trace_options trace;
	/* What runs where neither -c nor -m was given, lists that end with NULL. Both NULL: flop, memory, synop, mac,
	 * ac and the estimator compute. */
	const char *const *counters, *const *models;
};

/* Asks for something, as an option does; a command may add what it needs itself. */
int opj_request_ask(struct opj_request *request, enum opj_asked what, const char *value, struct opj_error *err);
void opj_request_finish(struct opj_request *request);

/* Whether -c or -m was given. */
bool opj_request_asked(const struct opj_request *request);

/* A new analysis of everything asked for, not run yet; opj_analysis_destroy. NULL: a counter, estimator, preset,
 * setting or plugin that there is none of. */
struct opj_analysis *opj_request_analysis(const struct opj_request *request, struct opj_error *err);

/* One trace, analyzed. Stays where it is between open and run. */
struct opj_subject {
	struct opj_trace *trace;
	struct opj_analysis *analysis;
	struct opj_digest digest; /* after run */
	struct opj_bar bar;
};

/* Opens the trace and makes the analysis, which has not begun. On failure the subject is empty. */
int opj_subject_open(struct opj_subject *subject, const struct opj_request *request, const char *path,
		     struct opj_error *err);

/* Replays the trace through everything asked for, and through another visitor beside it; companion NULL: none. To be
 * finished also on failure. */
int opj_subject_run(struct opj_subject *subject, const struct opj_visitor *companion, struct opj_error *err);

/* Both, without a companion. On failure the subject is empty. */
int opj_subject_init(struct opj_subject *subject, const struct opj_request *request, const char *path,
		     struct opj_error *err);
void opj_subject_finish(struct opj_subject *subject);

#endif
