/* analyze/cmd_analyze.c: `opjoule analyze`: reads the command line, runs one analysis, writes it out. */
#include <getopt.h>
#include <inttypes.h>
#include <opjoule/analysis.h>
#include <opjoule/command.h>
#include <opjoule/progress.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: opjoule analyze FILE [-c NAME[,KEY=VALUE…]]… [-m NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]]…\n"
    "                       [--by module|stage|op] [--json] [--strict] [--ignore-module CLASS]…\n"
    "                       [--plugin FILE.so]… [--partial] [--process N]\n"
    "\n"
    "Counts and prices a trace (.opj) or an op log (.jsonl), everything in one pass over it.\n"
    "\n"
    "  -c, --count NAME        run a counter; without -c and -m: flop, memory, synop, mac, ac\n"
    "  -m, --model NAME        run an energy estimator; without -c and -m: compute\n"
    "      --by WHAT           rows of the table: module (default), stage or op\n"
    "      --json              one JSON object instead of the report\n"
    "      --strict            fail on an op that a requested counter has no rule for\n"
    "      --ignore-module C   leave out modules of class C and of classes derived from it\n"
    "      --plugin FILE.so    counters and estimators of your own\n"
    "      --partial           accept a trace that was cut short\n"
    "      --process N         the process to look at where several were recorded, from 1\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

enum { OPT_BY = 256, OPT_JSON, OPT_STRICT, OPT_IGNORE, OPT_PLUGIN, OPT_PARTIAL, OPT_PROCESS };

static const struct option long_options[] = {
    {"count", required_argument, NULL, 'c'},
    {"model", required_argument, NULL, 'm'},
    {"by", required_argument, NULL, OPT_BY},
    {"json", no_argument, NULL, OPT_JSON},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"ignore-module", required_argument, NULL, OPT_IGNORE},
    {"plugin", required_argument, NULL, OPT_PLUGIN},
    {"partial", no_argument, NULL, OPT_PARTIAL},
    {"process", required_argument, NULL, OPT_PROCESS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct request {
	const char *path;
	enum opj_axis by;
	bool json, any;
	struct opj_trace_options trace;
};

/* Plugins first: -c and -m may name what they bring. */
static int load_plugins(int argc, char **argv, struct opj_analysis *analysis, struct opj_error *err)
{
	int option;
	optind = 1;
	while ((option = getopt_long(argc, argv, "c:m:h", long_options, NULL)) != -1) {
		if (option == '?')
			return 2;
		if (option == OPT_PLUGIN && opj_analysis_load_plugin(analysis, optarg, err))
			return 1;
	}
	return 0;
}

static int wrong(const char *what, const char *value)
{
	fprintf(stderr, "opjoule analyze: %s: \"%s\"\n", what, value);
	return 2;
}

static int parse_by(const char *text, enum opj_axis *by)
{
	static const char *const names[] = {[OPJ_BY_MODULE] = "module", [OPJ_BY_STAGE] = "stage", [OPJ_BY_OP] = "op"};
	for (int i = 0; i < 3; i++) {
		if (strcmp(names[i], text) == 0) {
			*by = (enum opj_axis)i;
			return 0;
		}
	}
	return wrong("--by takes module, stage or op, not", text);
}

static int parse_process(const char *text, int64_t *process)
{
	char *end;
	*process = strtoll(text, &end, 10);
	return end == text || *end || *process < 1 ? wrong("--process takes a number from 1, not", text) : 0;
}

/* 0, or an exit status; 1 leaves the message in err. */
static int parse_option(int option, struct request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	switch (option) {
	case 'c':
		request->any = true;
		return opj_analysis_add_counter(analysis, optarg, err) ? 1 : 0;
	case 'm':
		request->any = true;
		return opj_analysis_add_estimator(analysis, optarg, err) ? 1 : 0;
	case OPT_BY:
		return parse_by(optarg, &request->by);
	case OPT_PROCESS:
		return parse_process(optarg, &request->trace.process);
	case OPT_IGNORE:
		return opj_analysis_ignore_class(analysis, optarg, err) ? 1 : 0;
	case OPT_JSON:
		request->json = true;
		return 0;
	case OPT_STRICT:
		opj_analysis_set_strict(analysis, true);
		return 0;
	case OPT_PARTIAL:
		request->trace.partial = true;
		return 0;
	case OPT_PLUGIN: /* loaded before */
		return 0;
	default:
		return 2;
	}
}

static int parse(int argc, char **argv, struct request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	int status = load_plugins(argc, argv, analysis, err), option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, "c:m:h", long_options, NULL)) != -1)
		status = parse_option(option, request, analysis, err);
	if (status)
		return status;
	if (argc - optind != 1) {
		fprintf(stderr, "opjoule analyze: one file is wanted, %d were given\n", argc - optind);
		return 2;
	}
	request->path = argv[optind];
	static const char *const counters[] = {"flop", "memory", "synop", "mac", "ac"};
	for (size_t i = 0; !request->any && i < sizeof counters / sizeof *counters; i++) {
		if (opj_analysis_add_counter(analysis, counters[i], err))
			return 1;
	}
	return !request->any && opj_analysis_add_estimator(analysis, "compute", err) ? 1 : 0;
}

static int write_out(const struct request *request, const struct opj_analysis *analysis, struct opj_error *err)
{
	if (request->json) {
		char *text = opj_analysis_json(analysis, err);
		if (!text)
			return -1;
		puts(text);
		free(text);
	} else if (opj_analysis_print(analysis, request->by, stdout, err)) {
		return -1;
	}
	return fflush(stdout) || ferror(stdout) ? opj_fail(err, "standard output cannot be written") : 0;
}

static int analyze(struct request *request, struct opj_analysis *analysis, struct opj_error *err)
{
	struct opj_bar bar;
	request->trace.progress = opj_bar_show;
	request->trace.progress_data = &bar;
	struct opj_trace *trace =
	    opj_trace_guard_signals(err) < 0 ? NULL : opj_trace_open(request->path, &request->trace, err);
	if (!trace)
		return 1;
	opj_bar_begin(&bar, request->path, "ops");
	int status = opj_analysis_run(analysis, trace, err);
	opj_bar_finish(&bar);
	status = status || write_out(request, analysis, err);
	opj_trace_close(trace);
	return status;
}

int opj_cmd_analyze(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage_text, stdout);
			return 0;
		}
	}
	struct opj_error err = {""};
	struct request request = {.by = OPJ_BY_MODULE};
	struct opj_analysis *analysis = opj_analysis_create();
	if (!analysis) {
		fputs("opjoule analyze: out of memory\n", stderr);
		return 1;
	}
	int status = parse(argc, argv, &request, analysis, &err);
	if (!status)
		status = analyze(&request, analysis, &err);
	if (*err.text)
		fprintf(stderr, "opjoule analyze: %s\n", err.text);
	else if (status == 2)
		fputs("`opjoule analyze --help` explains the command\n", stderr);
	opj_analysis_destroy(analysis);
	return status;
}
