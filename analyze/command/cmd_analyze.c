/* analyze/command/cmd_analyze.c: `opjoule analyze`: analyzes traces and writes their figures in one of several formats.
 */
#include "analyze/engine/json_tree.h"
#include "analyze/figures/methods.h"
#include "analyze/figures/paper.h"
#include "request.h"
#include <stdlib.h>
#include <string.h>

struct command {
	struct opj_request request;
	const char *const *paths; /* [count] */
	uint32_t count;
	int by;     /* enum opj_axis or OPJ_BY_MODEL */
	int format; /* enum opj_format */
	bool methods;
};

static const struct opj_option_row options[] = {
    {"by", .kind = OPJ_OPT_CHOICE, .word = "WHAT", .choices = "module|stage|op|model",
     .at = offsetof(struct command, by), .help = "rows of the table: module (default), stage, op or model",
     .more = "By op the costliest comes first; by model there is a row for each trace."},
    {"format", .kind = OPJ_OPT_CHOICE, .word = "FORMAT", .choices = "text|markdown|latex|csv|json",
     .at = offsetof(struct command, format), .help = "text (default), markdown, latex, csv or json",
     .more =
	 "_text_: the report. _markdown_: a table with caption and notes. _latex_: a table environment that needs the "
	 "packages booktabs and siunitx. _csv_: by RFC 4180, exact numbers with their units in the headings, with "
	 "every metric; a name that a spreadsheet would take for a formula stands behind a single quote. _json_: "
	 "everything; of several traces, an object with the list _traces_."},
    {"json", .kind = OPJ_OPT_SET, .min = OPJ_FORMAT_JSON, .at = offsetof(struct command, format),
     .help = "the same as --format json", .more = "docs/analyze.md describes it."},
    {"methods", .kind = OPJ_OPT_FLAG, .at = offsetof(struct command, methods),
     .help = "with the table, the paragraph that must stand beside it, and references as BibTeX",
     .more =
	 "It says program, traces, input and its sparsity, and for each estimator its version, costs and their "
	 "source, what differs from the preset, stages, what is not covered. In JSON it is the key _methods_. Not in "
	 "CSV."},
    {NULL}};

static const struct opj_option_group groups[] = {{opj_asking_rows, .at = offsetof(struct command, request)},
						 {options},
						 {opj_request_rows, .at = offsetof(struct command, request)},
						 OPJ_REQUEST_READING(struct command),
						 {NULL}};

/* What is written: analyses with names for people, and the facts of each where they are asked for. */
struct results {
	struct opj_subject *subjects;
	struct opj_sheet_source *sources;
	char **labels;
	json_t **facts; /* NULL: not asked for */
	uint32_t count; /* subjects that are there */
};

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

static int analyze(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct command *command = values;
	if (command->methods && command->format == OPJ_FORMAT_CSV) {
		opj_fail(err, "--methods: CSV has no place for prose; ask for it as text, markdown, latex or json");
		return OPJ_COMMAND_WRONG;
	}
	command->paths = operands->list;
	command->count = (uint32_t)operands->count;
	struct results results = {.subjects = calloc(command->count, sizeof *results.subjects)};
	int failed = results.subjects ? 0 : opj_fail(err, "out of memory");
	for (uint32_t i = 0; !failed && i < command->count; i++) {
		failed = opj_subject_init(&results.subjects[i], &command->request, command->paths[i], err);
		results.count += !failed;
	}
	failed = failed || name_results(&results, command, err) || write_out(command, &results, err);
	finish_results(&results);
	return failed ? -1 : 0;
}

static void finish(void *values)
{
	opj_request_finish(&((struct command *)values)->request);
}

const struct opj_command opj_command_analyze = {
    .name = "analyze",
    .summary = "count and price a trace",
    .operands = "FILE…",
    .operand = "file",
    .operands_min = 1,
    .complete = "files opj jsonl",
    .about = "Counts and prices traces (.opj) or op logs (.jsonl), each in one pass over it. Figures of several traces "
	     "stand side by side, or with --by model in a row for each.",
    .examples = "  opjoule analyze run.opj -m compute:int8 -m lemaire       two estimates of the same run\n"
		"  opjoule analyze small.opj large.opj --by model --format latex --methods\n"
		"                                                           a table for a paper, and its paragraph\n",
    .notes = "`opjoule models` lists counters, estimators, presets and settings.\n",
    .groups = groups,
    .size = sizeof(struct command),
    .run = analyze,
    .finish = finish,
};
