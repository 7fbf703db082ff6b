/* analyze/cmd_analyze.c: `opjoule analyze`: reads the command line, runs one analysis, writes it out. */
#include "request.h"
#include <opjoule/command.h>
#include <stdlib.h>

static const char usage_text[] =
    "usage: opjoule analyze FILE [-c NAME[,KEY=VALUE…]]… [-m NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]]…\n"
    "                       [--by module|stage|op] [--json] [--strict] [--ignore-module CLASS]…\n"
    "                       [--plugin FILE.so]… [--partial] [--process N]\n"
    "\n"
    "Counts and prices a trace (.opj) or an op log (.jsonl), everything in one pass over it.\n"
    "\n" OPJ_REQUEST_USAGE_ASKED "      --by WHAT           rows of the table: module (default), stage or op\n"
    "      --json              one JSON object instead of the report\n" OPJ_REQUEST_USAGE_TRACE "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

enum { OPT_BY = 256, OPT_JSON };

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"by", required_argument, NULL, OPT_BY},
    {"json", no_argument, NULL, OPT_JSON},
    {NULL, 0, NULL, 0},
};

struct command {
	struct opj_request request;
	const char *path;
	enum opj_axis by;
	bool json;
};

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS, long_options, NULL)) != -1) {
		if (option == OPT_BY)
			status = opj_request_axis(optarg, &command->by, err);
		else if (option == OPT_JSON)
			command->json = true;
		else
			status = opj_request_option(&command->request, option, optarg, err);
	}
	if (status)
		return status;
	if (argc - optind != 1) {
		opj_fail(err, "one file is wanted, %d were given", argc - optind);
		return 2;
	}
	command->path = argv[optind];
	return 0;
}

static int write_out(const struct command *command, const struct opj_analysis *analysis, struct opj_error *err)
{
	if (!command->json)
		return opj_analysis_print(analysis, command->by, stdout, err);
	char *text = opj_analysis_json(analysis, err);
	if (!text)
		return -1;
	puts(text);
	free(text);
	return 0;
}

static int analyze(const struct command *command, struct opj_error *err)
{
	struct opj_subject subject;
	if (opj_subject_init(&subject, &command->request, command->path, err))
		return 1;
	int failed = write_out(command, subject.analysis, err);
	opj_subject_finish(&subject);
	return failed ? 1 : 0;
}

int opj_cmd_analyze(int argc, char **argv)
{
	if (opj_request_help(argc, argv, usage_text))
		return 0;
	struct opj_error err = {""};
	struct command command = {.by = OPJ_BY_MODULE};
	int status = parse(argc, argv, &command, &err);
	if (!status)
		status = analyze(&command, &err);
	opj_request_finish(&command.request);
	return opj_request_end("analyze", status, &err);
}
