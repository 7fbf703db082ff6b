/* analyze/export/cmd_export.c: `opjoule export`: a trace for other programs. */
#include "export.h"
#include "record/base/command.h"
#include "record/base/output.h"
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: opjoule export FILE --format csv|json|chrome|folded [-o OUT] [-c NAME[,KEY=VALUE…]]…\n"
    "                      [-m NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]]… [--weight WEIGHT] [--ignore-module CLASS]…\n"
    "                      [--plugin FILE.so]… [--strict] [--partial] [--process N]\n"
    "\n"
    "Writes the ops of a trace (.opj) or an op log (.jsonl) for other programs.\n"
    "\n"
    "  -f, --format FORMAT     csv, json: a row or an object for each op, with shapes, values and figures;\n"
    "                          chrome: a timeline for ui.perfetto.dev; folded: stacks for flame graphs\n"
    "  -o, --output OUT        file to write (default: standard output)\n"
    "  -c, --count NAME        csv, json, chrome: what a counter counted of each op\n"
    "  -m, --model NAME        csv, json, chrome: energy of each op; chrome without -c and -m: compute\n"
    "  -w, --weight WEIGHT     folded: what stacks weigh: time (default), ops, a counter (flop, "
    "neuron_state.state_adds)\n"
    "                          or an energy (energy[compute:int8])\n" OPJ_REQUEST_USAGE_TRACE "\n"
    "examples:\n"
    "  opjoule export run.opj --format csv -c flop -c memory -m compute -o ops.csv\n"
    "                                          a row for each op, with its FLOPs, bytes and energy\n"
    "  opjoule export run.opj --format chrome -o timeline.json\n"
    "                                          a timeline to open at ui.perfetto.dev\n"
    "  opjoule export run.opj --format folded -w 'energy[compute]' | flamegraph.pl > energy.svg\n"
    "                                          a flame graph of energy\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"weight", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

struct command {
	struct opj_request request;
	const char *path, *format, *output, *weight;
};

/* 0, or an exit status. */
static int check(const struct command *command, struct opj_error *err)
{
	static const char *const names[] = {"csv", "json", "chrome", "folded"};
	const char *format = command->format ? command->format : "";
	bool known = false, folded = strcmp(format, "folded") == 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		known = known || strcmp(names[i], format) == 0;
	if (!known)
		opj_fail(err, "--format takes csv, json, chrome or folded%s%.100s%s", *format ? ", not \"" : "", format,
			 *format ? "\"" : "");
	else if (folded && opj_request_asked(&command->request))
		opj_fail(err, "stacks have one weight: --weight NAME or --weight 'energy[NAME]' in place of -c and -m");
	else if (!folded && command->weight)
		opj_fail(err, "--weight is for --format folded; %s takes -c and -m", format);
	else
		return 0;
	return 2;
}

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS "f:o:w:", long_options, NULL)) != -1) {
		if (option == 'f')
			command->format = optarg;
		else if (option == 'o')
			command->output = optarg;
		else if (option == 'w')
			command->weight = optarg;
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
	return check(command, err);
}

/* Folded stacks ---------------------------------------------------------------------------------------------------- */

/* What a weight asks for: ask[0] the counter or estimator, ask[1] the name of its column, "" for the last energy. */
struct weight {
	int option; /* 'c', 'm', or 0: nothing beside the replay itself */
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
		weight->option = 'm';
		snprintf(weight->ask, sizeof weight->ask, "%.*s", (int)(length - energy - 1), text + energy);
		return 0;
	}
	if (strcmp(text, "energy") == 0)
		return opj_fail(err, "--weight energy needs a model: energy[compute], energy[compute:int8]");
	size_t settings = strcspn(text, ","), name = strcspn(text, ".");
	snprintf(weight->column, sizeof weight->column, "%.*s", (int)settings, text);
	if (strcmp(weight->column, "ops") == 0 || strcmp(weight->column, "time") == 0)
		return settings == length ? 0 : opj_fail(err, "%s has no settings", weight->column);
	weight->option = 'c';
	snprintf(weight->ask, sizeof weight->ask, "%.*s%s", (int)(name < settings ? name : settings), text,
		 text + settings);
	return 0;
}

/* The column of a subject's digest that a weight means. */
static int find_weight(const struct opj_digest *digest, const struct weight *weight, uint32_t *column,
		       struct opj_error *err)
{
	char names[600] = "";
	int64_t found = weight->option == 'm' ? digest->column_count - 1 : opj_digest_column(digest, weight->column);
	if (found < 0) {
		for (uint32_t i = OPJ_DIGEST_TIME + 1; i < digest->column_count; i++) {
			size_t used = strlen(names);
			snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", digest->columns[i].name);
		}
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
	if (weight.option && opj_request_option(&command->request, weight.option, weight.ask, err))
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
	bool chrome = strcmp(command->format, "chrome") == 0;
	command->request.counters = none;
	command->request.models = chrome ? compute : none;
	const struct opj_export_format *format = chrome                                ? &opj_export_chrome
						 : strcmp(command->format, "csv") == 0 ? &opj_export_csv
										       : &opj_export_json;
	return opj_export_run(format, &command->request, command->path, out, err);
}

static int export(struct command *command, struct opj_error *err)
{
	struct opj_output output;
	if (opj_output_open(&output, command->output, err))
		return -1;
	int failed = strcmp(command->format, "folded") == 0 ? export_folded(command, output.stream, err)
							    : export_ops(command, output.stream, err);
	return opj_output_close(&output, failed, err);
}

int opj_cmd_export(int argc, char **argv)
{
	if (opj_request_help(argc, argv, usage_text))
		return 0;
	struct opj_error err = {""};
	struct command command = {0};
	int status = parse(argc, argv, &command, &err);
	if (!status)
		status = export(&command, &err) ? 1 : 0;
	opj_request_finish(&command.request);
	return opj_request_end("export", status, &err);
}
