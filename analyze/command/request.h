/* analyze/command/request.h: what a command is to look at: the options that all commands which analyze traces share,
 * and a trace analyzed as they say, once or several times with the same request. Part of the program, not of the
 * library.
 *
 *     static const struct option options[] = {OPJ_REQUEST_OPTIONS, {"json", no_argument, NULL, 'j'}, {0}};
 *     struct opj_request request = {0};
 *     while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS, options, NULL)) != -1)
 *             status = option == 'j' ? … : opj_request_option(&request, option, optarg, &err);
 *     …
 *     if (opj_subject_init(&subject, &request, path, &err)) …
 */
#ifndef OPJ_ANALYZE_COMMAND_REQUEST_H
#define OPJ_ANALYZE_COMMAND_REQUEST_H

#include "analyze/figures/digest.h"
#include "record/base/bar.h"
#include <getopt.h>

enum opj_request_value {
	OPJ_REQUEST_STRICT = 1024, /* commands number their own from 256 */
	OPJ_REQUEST_IGNORE,
	OPJ_REQUEST_PLUGIN,
	OPJ_REQUEST_PARTIAL,
	OPJ_REQUEST_PROCESS,
};

/* For a command's getopt_long: a command puts its own behind these. */
#define OPJ_REQUEST_LETTERS "c:m:h"
#define OPJ_REQUEST_OPTIONS                                                                                            \
	{"count", required_argument, NULL, 'c'}, {"model", required_argument, NULL, 'm'},                              \
	    {"strict", no_argument, NULL, OPJ_REQUEST_STRICT},                                                         \
	    {"ignore-module", required_argument, NULL, OPJ_REQUEST_IGNORE},                                            \
	    {"plugin", required_argument, NULL, OPJ_REQUEST_PLUGIN},                                                   \
	    {"partial", no_argument, NULL, OPJ_REQUEST_PARTIAL},                                                       \
	    {"process", required_argument, NULL, OPJ_REQUEST_PROCESS},                                                 \
	{                                                                                                              \
		"help", no_argument, NULL, 'h'                                                                         \
	}

/* For the command's usage text. */
#define OPJ_REQUEST_USAGE_ASKED                                                                                        \
	"  -c, --count NAME        run a counter; without -c and -m: flop, memory, synop, mac, ac\n"                   \
	"  -m, --model NAME        run an energy estimator; without -c and -m: compute\n"
#define OPJ_REQUEST_USAGE_TRACE                                                                                        \
	"      --strict            fail on an op that a requested counter has no rule for\n"                           \
	"      --ignore-module C   leave out modules of class C and of classes derived from it\n"                      \
	"      --plugin FILE.so    counters and estimators of your own\n"                                              \
	"      --partial           accept a trace that was cut short\n"                                                \
	"      --process N         the process to look at where several were recorded, from 1\n"                       \
	"  -h, --help              this text\n"

struct opj_request_ask {
	int option;        /* 'c', 'm', OPJ_REQUEST_IGNORE, OPJ_REQUEST_PLUGIN */
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

/* Takes one option that getopt_long returned. 0; 1 failed; 2 the command line is wrong: err says why, and is empty
 * where getopt has said it. Commands may add what they need themselves: option 'c' with value "flop". */
int opj_request_option(struct opj_request *request, int option, const char *value, struct opj_error *err);
void opj_request_finish(struct opj_request *request);

/* Whether -c or -m was given. */
bool opj_request_asked(const struct opj_request *request);

/* "module", "stage" or "op". 0, or 2 with a message. */
int opj_request_axis(const char *text, enum opj_axis *axis, struct opj_error *err);

/* A new analysis of everything asked for, not run yet; opj_analysis_destroy. NULL: a counter, estimator, preset,
 * setting or plugin that there is none of. */
struct opj_analysis *opj_request_analysis(const struct opj_request *request, struct opj_error *err);

/* Opens a trace as the request says; from here on signals that end the program first delete what was unpacked. */
struct opj_trace *opj_request_open(const struct opj_request *request, const char *path, struct opj_error *err);

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

/* Prints the text and returns true where the command line has --help or -h. */
bool opj_request_help(int argc, char **argv, const char *usage_text);

/* The end of a command: sees to it that standard output was written, says on standard error what went wrong. Returns
 * the exit status. */
int opj_request_end(const char *command, int status, struct opj_error *err);

#endif
