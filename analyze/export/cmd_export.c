/* analyze/export/cmd_export.c: `opjoule export`: a trace for other programs. */
#include "export.h"
#include "record/base/output.h"
#include "record/base/text.h"
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_CSV, FORMAT_JSON, FORMAT_CHROME, FORMAT_FOLDED };

struct command {
	struct opj_request request;
	int format; /* enum format */
	const char *path, *output, *weight;
};

static const struct opj_option_row options[] = {
    {"format", 'f', OPJ_OPT_CHOICE, OPJ_OPT_REQUIRED, .word = "FORMAT", .choices = "csv|json|chrome|folded",
     .at = offsetof(struct command, format),
     .help = "csv, json: a row or an object for each op, with shapes, values and figures; chrome: a timeline for "
	     "ui.perfetto.dev; folded: stacks for flame graphs"},
    {"output", 'o', OPJ_OPT_NAME, .word = "OUT", .at = offsetof(struct command, output), .complete = "files",
     .help = "file to write (default: standard output)", .more = "It is there whole or not at all."},
    {"count", 'c', OPJ_REQUEST_ASK(OPJ_ASKED_COUNTER), .word = "NAME", .at = offsetof(struct command, request),
     .form = OPJ_COUNT_FORM, .complete = "counters", .help = "csv, json, chrome: what a counter counted of each op"},
    {"model", 'm', OPJ_REQUEST_ASK(OPJ_ASKED_MODEL), .word = "NAME", .at = offsetof(struct command, request),
     .form = OPJ_MODEL_FORM, .complete = "estimators",
     .help = "csv, json, chrome: energy of each op; chrome without -c and -m: compute",
     .more = "Only estimators that price single ops have one; the others are refused."},
    {"weight", 'w', OPJ_OPT_NAME, .word = "WEIGHT", .at = offsetof(struct command, weight),
     .help = "folded: what stacks weigh: time (default), ops, a counter (flop, neuron_state.state_adds) or an energy "
	     "(energy[compute:int8])",
     .more = "Weights are whole numbers that add up to the total. Energies are in fJ; where the total is too large for "
	     "that, a message names the unit."},
    {NULL}};

static const struct opj_option_group groups[] = {{options},
						 {opj_request_rows, .at = offsetof(struct command, request)},
						 OPJ_REQUEST_READING(struct command),
						 {NULL}};

static int check(const struct command *command, struct opj_error *err)
{
	bool folded = command->format == FORMAT_FOLDED;
	if (folded && opj_request_asked(&command->request))
		opj_fail(err, "stacks have one weight: --weight NAME or --weight 'energy[NAME]' in place of -c and -m");
	else if (!folded && command->weight)
		opj_fail(err, "--weight is for --format folded; the others take -c and -m");
	else
		return 0;
	return OPJ_COMMAND_WRONG;
}

/* Folded stacks ---------------------------------------------------------------------------------------------------- */

/* What a weight asks for: ask[0] the counter or estimator, ask[1] the name of its column, "" for the last energy. */
struct weight {
	bool asks; /* for something beside the replay itself */
	enum opj_asked what;
	char ask[300], column[300];
};

/* "flop", "neuron_state.mac,KEY=VALUE", "energy[compute:int8,KEY=VALUE]". */
static int parse_weight(const char *text, struct weight *weight, struct opj_error *err)
{
	size_t length = strlen(text), energy = strlen("energy[");
	if (length >= sizeof weight->ask)
		return opj_fail(err, "--weight \"%.60s…\" is too long", text);
	*weight = (struct weight){0};
	if (strncmp(text, "energy[", energy) == 0 && text[length - 1] == ']') {
		weight->asks = true;
		weight->what = OPJ_ASKED_MODEL;
		snprintf(weight->ask, sizeof weight->ask, "%.*s", (int)(length - energy - 1), text + energy);
		return 0;
	}
	if (strcmp(text, "energy") == 0)
		return opj_fail(err, "--weight energy needs a model: energy[compute], energy[compute:int8]");
	size_t settings = strcspn(text, ","), name = strcspn(text, ".");
	snprintf(weight->column, sizeof weight->column, "%.*s", (int)settings, text);
	if (strcmp(weight->column, "ops") == 0 || strcmp(weight->column, "time") == 0)
		return settings == length ? 0 : opj_fail(err, "%s has no settings", weight->column);
	weight->asks = true;
	weight->what = OPJ_ASKED_COUNTER;
	snprintf(weight->ask, sizeof weight->ask, "%.*s%s", (int)(name < settings ? name : settings), text,
		 text + settings);
	return 0;
}

/* The column of a subject's digest that a weight means. */
static int find_weight(const struct opj_digest *digest, const struct weight *weight, uint32_t *column,
		       struct opj_error *err)
{
	char names[600] = "";
	bool energy = weight->asks && weight->what == OPJ_ASKED_MODEL;
	int64_t found = energy ? digest->column_count - 1 : opj_digest_column(digest, weight->column);
	if (found < 0) {
		for (uint32_t i = OPJ_DIGEST_TIME + 1; i < digest->column_count; i++)
			opj_text_list(names, sizeof names, "%s", digest->columns[i].name);
		return opj_fail(err, "there is no weight \"%s\"%s%s", weight->column,
				*names ? "; there are: " : ": the counter has no figures of single ops", names);
	}
	*column = (uint32_t)found;
	const struct opj_column *chosen = &digest->columns[found];
	if (chosen->kind == OPJ_COLUMN_ENERGY && !digest->analysis->estimates[chosen->index].estimator->price)
		return opj_fail(err, "estimator %s prices more than single ops, so none has an energy of it",
				digest->analysis->estimates[chosen->index].estimator->name);
	if (!digest->totals[found].known)
		return opj_fail(err, "no op of the trace was timed; --weight takes ops, flop, energy[compute], …");
	return 0;
}

/* Ops that weigh nothing because nobody has a figure for them. */
static void say_uncovered(const struct opj_digest *digest, const struct opj_column *column)
{
	const struct opj_analysis *analysis = digest->analysis;
	int64_t uncovered = 0;
	if (column->kind != OPJ_COLUMN_COUNT)
		return;
	for (uint32_t i = 0; i < analysis->tally.cell_count; i++)
		uncovered +=
		    opj_tally_at(&analysis->tally, i)[analysis->counts[column->index].offset + OPJ_CELL_UNCOVERED];
	if (uncovered)
		fprintf(stderr, "opjoule export: %s has no rule for %lld of %lld ops: they weigh nothing\n",
			column->name, (long long)uncovered, (long long)digest->totals[OPJ_DIGEST_OPS].integer);
}

static int export_folded(struct command *command, FILE *out, struct opj_error *err)
{
	static const char *const none[] = {NULL};
	struct weight weight;
	struct opj_subject subject;
	uint32_t column = 0;
	const char *unit = "";
	if (parse_weight(command->weight ? command->weight : "time", &weight, err))
		return -1;
	command->request.counters = command->request.models = none;
	if (weight.asks && opj_request_ask(&command->request, weight.what, weight.ask, err))
		return -1;
	if (opj_subject_init(&subject, &command->request, command->path, err))
		return -1;
	int failed =
	    find_weight(&subject.digest, &weight, &column, err) || opj_export_folded(&subject, column, out, &unit, err);
	if (!failed && subject.digest.columns[column].kind == OPJ_COLUMN_ENERGY && strcmp(unit, "fJ") != 0)
		fprintf(stderr, "opjoule export: weights are in %s\n", unit);
	if (!failed)
		say_uncovered(&subject.digest, &subject.digest.columns[column]);
	opj_subject_finish(&subject);
	return failed ? -1 : 0;
}

/* The command ------------------------------------------------------------------------------------------------------ */

static int export_ops(struct command *command, FILE *out, struct opj_error *err)
{
	static const char *const none[] = {NULL}, *const compute[] = {"compute", NULL};
	static const struct opj_export_format *const formats[] = {
	    [FORMAT_CSV] = &opj_export_csv, [FORMAT_JSON] = &opj_export_json, [FORMAT_CHROME] = &opj_export_chrome};
	command->request.counters = none;
	command->request.models = command->format == FORMAT_CHROME ? compute : none;
	return opj_export_run(formats[command->format], &command->request, command->path, out, err);
}

static int export(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct command *command = values;
	struct opj_output output;
	int status = check(command, err);
	if (status)
		return status;
	command->path = operands->list[0];
	if (opj_output_open(&output, command->output, err))
		return -1;
	int failed = command->format == FORMAT_FOLDED ? export_folded(command, output.stream, err)
						      : export_ops(command, output.stream, err);
	return opj_output_close(&output, failed, err);
}

static void finish(void *values)
{
	opj_request_finish(&((struct command *)values)->request);
}

const struct opj_command opj_command_export = {
    .name = "export",
    .summary = "the ops of a trace as CSV, JSON, a timeline or stacks for flame graphs",
    .operands = OPJ_READING_ONE,
    .about = "Writes the ops of a trace (.opj) or an op log (.jsonl) for other programs.",
    .examples = "  opjoule export run.opj --format csv -c flop -c memory -m compute -o ops.csv\n"
		"                                          a row for each op, with its FLOPs, bytes and energy\n"
		"  opjoule export run.opj --format chrome -o timeline.json\n"
		"                                          a timeline to open at ui.perfetto.dev\n"
		"  opjoule export run.opj --format folded -w 'energy[compute]' | flamegraph.pl > energy.svg\n"
		"                                          a flame graph of energy\n",
    .notes = "`opjoule models` lists counters, estimators, presets and settings.\n",
    .groups = groups,
    .size = sizeof(struct command),
    .run = export,
    .finish = finish,
};
