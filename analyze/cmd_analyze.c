/* analyze/cmd_analyze.c: `opjoule analyze`: analyzes traces and writes their figures in one of several formats. */
#include "paper.h"
#include "request.h"
#include <opjoule/command.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: opjoule analyze FILE… [-c NAME[,KEY=VALUE…]]… [-m NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]]…\n"
    "                       [--by module|stage|op|model] [--format text|markdown|latex|csv|json] [--methods]\n"
    "                       [OPTION…]\n"
    "\n"
    "Counts and prices traces (.opj) or op logs (.jsonl), each in one pass over it. Figures of several traces stand\n"
    "side by side, or with --by model in a row for each.\n"
    "\n" OPJ_REQUEST_USAGE_ASKED "      --by WHAT           rows of the table: module (default), stage, op or model\n"
    "      --format FORMAT     text (default), markdown, latex, csv or json\n"
    "      --json              the same as --format json\n" OPJ_REQUEST_USAGE_TRACE
    "  -h, --help              this text\n"
    "\n"
    "examples:\n"
    "  opjoule analyze run.opj -m compute:int8 -m lemaire       two estimates of the same run\n"
    "  opjoule analyze small.opj large.opj --by model --format latex --methods\n"
    "                                                           a table for a paper and the paragraph beside it\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

enum { OPT_BY = 256, OPT_FORMAT, OPT_JSON };

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"by", required_argument, NULL, OPT_BY},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"json", no_argument, NULL, OPT_JSON},
    {NULL, 0, NULL, 0},
};

struct command {
	struct opj_request request;
	char **paths; /* [count] */
	uint32_t count;
	int by; /* enum opj_axis or OPJ_BY_MODEL */
	enum opj_format format;
};

static int take_by(const char *text, int *by, struct opj_error *err)
{
	enum opj_axis axis = OPJ_BY_MODULE;
	if (strcmp(text, "model") == 0) {
		*by = OPJ_BY_MODEL;
		return 0;
	}
	if (opj_request_axis(text, &axis, NULL)) {
		opj_fail(err, "--by takes module, stage, op or model, not: \"%.200s\"", text);
		return 2;
	}
	*by = (int)axis;
	return 0;
}

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS, long_options, NULL)) != -1) {
		if (option == OPT_BY)
			status = take_by(optarg, &command->by, err);
		else if (option == OPT_FORMAT)
			status = opj_format_parse(optarg, &command->format, err);
		else if (option == OPT_JSON)
			command->format = OPJ_FORMAT_JSON;
		else
			status = opj_request_option(&command->request, option, optarg, err);
	}
	if (status)
		return status;
	if (optind == argc) {
		opj_fail(err, "a trace is wanted, none was given");
		return 2;
	}
	command->paths = argv + optind;
	command->count = (uint32_t)(argc - optind);
	return 0;
}

/* Several traces: {"traces": […]}, each the very object that it is alone. */
static int write_json(const struct opj_subject *subjects, uint32_t count, struct opj_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		char *text = opj_analysis_json(subjects[i].analysis, err);
		if (!text)
			return -1;
		fputs(count == 1 ? "" : i ? ",\n" : "{\"traces\": [\n", stdout);
		fputs(text, stdout);
		free(text);
	}
	fputs(count == 1 ? "\n" : "\n]}\n", stdout);
	return 0;
}

static int write_table(const struct command *command, const struct opj_subject *subjects, struct opj_error *err)
{
	int failed = -1;
	const struct opj_analysis **analyses = calloc(command->count, sizeof *analyses);
	struct opj_sheet_source *sources = calloc(command->count, sizeof *sources);
	char **labels = calloc(command->count, sizeof *labels);
	for (uint32_t i = 0; analyses && i < command->count; i++)
		analyses[i] = subjects[i].analysis;
	if (!analyses || !sources || !labels || opj_paper_labels(analyses, command->count, labels)) {
		opj_fail(err, "out of memory");
		goto done;
	}
	for (uint32_t i = 0; i < command->count; i++)
		sources[i] = (struct opj_sheet_source){.label = labels[i], .digest = &subjects[i].digest};
	failed = opj_paper_write(sources, command->count, command->by, command->format, stdout, err);
done:
	for (uint32_t i = 0; labels && i < command->count; i++)
		free(labels[i]);
	free(labels);
	free(sources);
	free(analyses);
	return failed;
}

static int write_out(const struct command *command, const struct opj_subject *subjects, struct opj_error *err)
{
	if (command->format == OPJ_FORMAT_JSON)
		return write_json(subjects, command->count, err);
	if (command->format == OPJ_FORMAT_TEXT && command->count == 1 && command->by != OPJ_BY_MODEL)
		return opj_analysis_print(subjects[0].analysis, (enum opj_axis)command->by, stdout, err);
	return write_table(command, subjects, err);
}

static int analyze(const struct command *command, struct opj_error *err)
{
	struct opj_subject *subjects = calloc(command->count, sizeof *subjects);
	uint32_t ready = 0;
	int failed = subjects ? 0 : opj_fail(err, "out of memory");
	for (; !failed && ready < command->count; ready++)
		failed = opj_subject_init(&subjects[ready], &command->request, command->paths[ready], err);
	failed = failed || write_out(command, subjects, err);
	while (subjects && ready-- > 0)
		opj_subject_finish(&subjects[ready]);
	free(subjects);
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
