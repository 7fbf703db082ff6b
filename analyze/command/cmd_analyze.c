/* analyze/command/cmd_analyze.c: `opjoule analyze`: analyzes traces and writes their figures in one of several formats.
 */
#include "analyze/engine/json_tree.h"
#include "analyze/figures/methods.h"
#include "analyze/figures/paper.h"
#include "record/base/command.h"
#include "request.h"
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
    "      --json              the same as --format json\n"
    "      --methods           with the table, the paragraph that must stand beside it, and references as "
    "BibTeX\n" OPJ_REQUEST_USAGE_TRACE "\n"
    "examples:\n"
    "  opjoule analyze run.opj -m compute:int8 -m lemaire       two estimates of the same run\n"
    "  opjoule analyze small.opj large.opj --by model --format latex --methods\n"
    "                                                           a table for a paper and the paragraph beside it\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

enum { OPT_BY = 256, OPT_FORMAT, OPT_JSON, OPT_METHODS };

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"by", required_argument, NULL, OPT_BY},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"json", no_argument, NULL, OPT_JSON},
    {"methods", no_argument, NULL, OPT_METHODS},
    {NULL, 0, NULL, 0},
};

struct command {
	struct opj_request request;
	char **paths; /* [count] */
	uint32_t count;
	int by; /* enum opj_axis or OPJ_BY_MODEL */
	enum opj_format format;
	bool methods;
};

/* What is written: analyses with names for people, and the facts of each where they are asked for. */
struct results {
	struct opj_subject *subjects;
	struct opj_sheet_source *sources;
	char **labels;
	json_t **facts; /* NULL: not asked for */
	uint32_t count; /* subjects that are there */
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
		else if (option == OPT_METHODS)
			command->methods = true;
		else
			status = opj_request_option(&command->request, option, optarg, err);
	}
	if (status)
		return status;
	if (optind == argc) {
		opj_fail(err, "a trace is wanted, none was given");
		return 2;
	}
	if (command->methods && command->format == OPJ_FORMAT_CSV) {
		opj_fail(err, "--methods: CSV has no place for prose; ask for it as text, markdown, latex or json");
		return 2;
	}
	command->paths = argv + optind;
	command->count = (uint32_t)(argc - optind);
	return 0;
}

/* The report of one trace, with its facts where they are asked for. */
static char *trace_json(const struct results *results, uint32_t i, struct opj_error *err)
{
	char *text = opj_analysis_json(results->subjects[i].analysis, err);
	if (!text || !results->facts)
		return text;
	json_t *report = json_loads(text, 0, NULL);
	free(text);
	if (report && json_object_set(report, "methods", results->facts[i]) == 0)
		text = opj_json_tree_text(report, 1, err);
	else
		text = opj_json_tree_text(NULL, 1, err);
	json_decref(report);
	return text;
}

/* Several traces: {"traces": […]}, each the very object that it is alone. */
static int write_json(const struct results *results, struct opj_error *err)
{
	for (uint32_t i = 0; i < results->count; i++) {
		char *text = trace_json(results, i, err);
		if (!text)
			return -1;
		fputs(results->count == 1 ? "" : i ? ",\n" : "{\"traces\": [\n", stdout);
		fputs(text, stdout);
		free(text);
	}
	fputs(results->count == 1 ? "\n" : "\n]}\n", stdout);
	return 0;
}

static int write_out(const struct command *command, const struct results *results, struct opj_error *err)
{
	if (command->format == OPJ_FORMAT_JSON)
		return write_json(results, err);
	bool report = command->format == OPJ_FORMAT_TEXT && results->count == 1 && command->by != OPJ_BY_MODEL;
	int failed = report
			 ? opj_analysis_print(results->subjects[0].analysis, (enum opj_axis)command->by, stdout, err)
			 : opj_paper_write(results->sources, results->count, command->by, command->format, stdout, err);
	if (!failed && results->facts)
		failed =
		    opj_methods_write(results->sources, results->facts, results->count, command->format, stdout, err);
	return failed;
}

static int name_results(struct results *results, const struct command *command, struct opj_error *err)
{
	const struct opj_analysis **analyses = calloc(results->count, sizeof *analyses);
	results->sources = calloc(results->count, sizeof *results->sources);
	results->labels = calloc(results->count, sizeof *results->labels);
	results->facts = command->methods ? calloc(results->count, sizeof *results->facts) : NULL;
	int failed = !analyses || !results->sources || !results->labels || (command->methods && !results->facts);
	for (uint32_t i = 0; !failed && i < results->count; i++)
		analyses[i] = results->subjects[i].analysis;
	failed = failed || opj_paper_labels(analyses, results->count, results->labels);
	free(analyses);
	if (failed)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < results->count; i++) {
		results->sources[i] = (struct opj_sheet_source){results->labels[i], &results->subjects[i].digest};
		if (results->facts && !(results->facts[i] = opj_methods_json(results->subjects[i].analysis, err)))
			return -1;
	}
	return 0;
}

static void finish_results(struct results *results)
{
	for (uint32_t i = 0; i < results->count; i++) {
		if (results->facts)
			json_decref(results->facts[i]);
		if (results->labels)
			free(results->labels[i]);
		opj_subject_finish(&results->subjects[i]);
	}
	free(results->facts);
	free(results->labels);
	free(results->sources);
	free(results->subjects);
}

static int analyze(const struct command *command, struct opj_error *err)
{
	struct results results = {.subjects = calloc(command->count, sizeof *results.subjects)};
	int failed = results.subjects ? 0 : opj_fail(err, "out of memory");
	for (uint32_t i = 0; !failed && i < command->count; i++) {
		failed = opj_subject_init(&results.subjects[i], &command->request, command->paths[i], err);
		results.count += !failed;
	}
	failed = failed || name_results(&results, command, err) || write_out(command, &results, err);
	finish_results(&results);
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
