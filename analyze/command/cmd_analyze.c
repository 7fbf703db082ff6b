/* analyze/command/cmd_analyze.c: `opjoule analyze`: analyzes traces and writes their figures in one of several formats.
 */
#include "analyze/figures/format.h"
#include "request.h"
#include <stdlib.h>
#include <string.h>

/* Place of a format in opj_formats, where an option names it. */
enum { FORMAT_JSON = 4 };

struct command {
	struct opj_request request;
	const char *const *paths; /* [count] */
	uint32_t count;
	int by;     /* enum opj_axis or OPJ_BY_MODEL */
	int format; /* of opj_formats */
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
    {"json", .kind = OPJ_OPT_SET, .min = FORMAT_JSON, .at = offsetof(struct command, format),
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

/* What is written: figures with names for people, and what must be said beside them where that is asked for. */
struct results {
	struct opj_subject *subjects; /* [count] those that are there */
	struct opj_sheet_source *sources;
	char **labels;
	struct opj_methods *methods; /* [methods_count]; NULL: not asked for */
	uint32_t count, methods_count;
};

static int name_results(struct results *results, struct opj_error *err)
{
	const struct opj_analysis **analyses = calloc(results->count, sizeof *analyses);
	results->sources = calloc(results->count, sizeof *results->sources);
	results->labels = calloc(results->count, sizeof *results->labels);
	int failed = !analyses || !results->sources || !results->labels;
	for (uint32_t i = 0; !failed && i < results->count; i++)
		analyses[i] = results->subjects[i].analysis;
	failed = failed || opj_paper_labels(analyses, results->count, results->labels);
	free(analyses);
	for (uint32_t i = 0; !failed && i < results->count; i++)
		results->sources[i] = (struct opj_sheet_source){results->labels[i], &results->subjects[i].digest};
	return failed ? opj_fail(err, "out of memory") : 0;
}

static int gather_methods(struct results *results, struct opj_error *err)
{
	results->methods = calloc(results->count, sizeof *results->methods);
	if (!results->methods)
		return opj_fail(err, "out of memory");
	int failed = 0;
	for (uint32_t i = 0; !failed && i < results->count; i++) {
		failed = opj_methods_init(&results->methods[i], results->subjects[i].analysis, err);
		results->methods_count++;
	}
	return failed;
}

static int write_out(const struct command *command, struct results *results, struct opj_error *err)
{
	if (name_results(results, err) || (command->methods && gather_methods(results, err)))
		return -1;
	const struct opj_document document = {
	    .sources = results->sources, .methods = results->methods, .count = results->count, .by = command->by};
	return opj_document_write(&document, opj_formats[command->format], stdout, err);
}

static void finish_results(struct results *results)
{
	for (uint32_t i = 0; i < results->methods_count; i++)
		opj_methods_finish(&results->methods[i]);
	for (uint32_t i = 0; i < results->count; i++) {
		if (results->labels)
			free(results->labels[i]);
		opj_subject_finish(&results->subjects[i]);
	}
	free(results->methods);
	free(results->labels);
	free(results->sources);
	free(results->subjects);
}

static int analyze(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct command *command = values;
	if (command->methods && !opj_formats[command->format]->whole && !opj_formats[command->format]->say) {
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
	failed = failed || write_out(command, &results, err);
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
    .operands = OPJ_READING_SOME,
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
