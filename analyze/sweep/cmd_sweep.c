/* analyze/sweep/cmd_sweep.c: `opjoule sweep`: reads the command line and the grid file, replays once, writes the rows.
 */
#include "analyze/command/request.h"
#include "record/base/bar.h"
#include "record/base/output.h"
#include "sweep.h"
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_OF_OUTPUT, FORMAT_CSV, FORMAT_JSON };

struct command {
	struct opj_request request;
	const char *path, *grid, *output;
	int format; /* enum format */
	int64_t jobs;
};

/* -c and -m of the other commands. */
static int refuse(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	(void)at;
	(void)word;
	opj_fail(err, "what is to run stands in the grid file, not behind -%c", row->letter);
	return OPJ_COMMAND_WRONG;
}

static const struct opj_option_row options[] = {
    {"grid", 'g', OPJ_OPT_NAME, OPJ_OPT_REQUIRED, .word = "GRID.yaml", .at = offsetof(struct command, grid),
     .complete = "files yaml yml", .help = "estimators and counters, with lists or ranges of values for their settings",
     .more = "See below."},
    {"output", 'o', OPJ_OPT_NAME, .word = "OUT", .at = offsetof(struct command, output), .complete = "files",
     .help = "where to write; without it, standard output"},
    {"format", 'f', OPJ_OPT_CHOICE, .word = "FORMAT", .choices = "csv|json", .min = FORMAT_CSV,
     .at = offsetof(struct command, format), .help = "csv (default) or json (default for an OUT that ends in .json)",
     .more =
	 "_csv_: a line for each configuration, with warnings on standard error. _json_: one object with all that must "
	 "stand beside the figures."},
    {"jobs", 'j', OPJ_OPT_NUMBER, .word = "N", .min = 1, .max = 1024, .at = offsetof(struct command, jobs),
     .help = "threads that share configurations which have to see the trace by themselves; default: one for each "
	     "processor"},
    {"count", 'c', OPJ_OPT_TAKE, OPJ_OPT_HIDDEN, .take = refuse},
    {"model", 'm', OPJ_OPT_TAKE, OPJ_OPT_HIDDEN, .take = refuse},
    {NULL}};

static const struct opj_option_group groups[] = {{options},
						 {opj_request_rows, .at = offsetof(struct command, request)},
						 OPJ_REQUEST_READING(struct command),
						 {NULL}};

/* The name of the output decides where nothing else does. */
static bool writes_json(const struct command *command)
{
	size_t length = command->output ? strlen(command->output) : 0;
	bool named = length > 5 && strcmp(command->output + length - 5, ".json") == 0;
	return command->format == FORMAT_JSON || (command->format == FORMAT_OF_OUTPUT && named);
}

static struct opj_analysis *create(const void *data, struct opj_error *err)
{
	return opj_request_analysis(data, err);
}

/* CSV has no place for warnings. */
static int print_warnings(const struct opj_sweep *sweep, struct opj_error *err)
{
	json_t *whole = opj_sweep_warnings(sweep, err), *rows = opj_sweep_row_warnings(sweep, err), *value;
	size_t i;
	const char *text;
	json_array_foreach(whole, i, value)
	{
		fprintf(stderr, "opjoule sweep: warning: %s\n", json_string_value(value));
	}
	json_object_foreach(rows, text, value)
	{
		json_int_t rows_warned = json_integer_value(value);
		fprintf(stderr, "opjoule sweep: warning of %" JSON_INTEGER_FORMAT " configuration%s: %s\n", rows_warned,
			rows_warned == 1 ? "" : "s", text);
	}
	int failed = whole && rows ? 0 : -1;
	json_decref(whole);
	json_decref(rows);
	return failed;
}

static int write_rows(const struct command *command, const struct opj_sweep *sweep, FILE *out, struct opj_error *err)
{
	if (writes_json(command))
		return opj_sweep_write_json(sweep, out, err);
	return opj_sweep_write_csv(sweep, out, err) || print_warnings(sweep, err);
}

static int write_out(const struct command *command, const struct opj_sweep *sweep, struct opj_error *err)
{
	struct opj_output output;
	if (opj_output_open(&output, command->output, err))
		return -1;
	return opj_output_close(&output, write_rows(command, sweep, output.stream, err) != 0, err);
}

static int replay(struct command *command, struct opj_sweep *sweep, struct opj_error *err)
{
	struct opj_bar bar = {0};
	command->request.trace.progress = opj_bar_show;
	command->request.trace.progress_data = &bar;
	struct opj_trace *trace = opj_reading_open(command->path, &command->request.trace, err);
	if (!trace)
		return -1;
	opj_bar_begin(&bar, command->path, "ops");
	int failed = opj_sweep_run(sweep, trace, err);
	opj_bar_finish(&bar);
	failed = failed || write_out(command, sweep, err);
	opj_sweep_finish(sweep);
	opj_trace_close(trace);
	return failed;
}

static int sweep(void *values, const struct opj_words *operands, struct opj_error *err)
{
	static const char *const nothing[] = {NULL};
	struct command *command = values;
	struct opj_sweep_setup setup = {.create = create, .data = &command->request, .jobs = (uint32_t)command->jobs};
	struct opj_sweep sweep;
	command->path = operands->list[0];
	command->request.counters = command->request.models = nothing;
	if (opj_sweep_init(&sweep, command->grid, &setup, err))
		return -1;
	int failed = replay(command, &sweep, err);
	opj_sweep_finish(&sweep);
	return failed ? -1 : 0;
}

static void finish(void *values)
{
	opj_request_finish(&((struct command *)values)->request);
}

const struct opj_command opj_command_sweep = {
    .name = "sweep",
    .summary = "price a trace under many configurations, from one replay",
    .operands = OPJ_READING_ONE,
    .about =
	"Prices a trace (.opj) or an op log (.jsonl) under every configuration of a grid, from one replay. Rows on "
	"the Pareto front (least energy, smallest sizes; or what the grid's `objectives` say) are marked.",
    .examples = "  opjoule sweep run.opj --grid grid.yaml -o rows.csv       a table, a row for each configuration\n"
		"  opjoule sweep run.opj --grid grid.yaml -o rows.json      with sources, boundaries and warnings\n",
    .notes = "A grid file, with 3 x 20 configurations of compute and 5 of lemaire:\n"
	     "  estimators:\n"
	     "    - estimator: compute\n"
	     "      e_mac_pj: [0.23, 1.5, 4.6]\n"
	     "      e_ac_pj: {from: 30 fJ, to: 0.9 pJ, steps: 20, scale: log}\n"
	     "    - estimator: lemaire\n"
	     "      preset: int8\n"
	     "      memory1_bytes: {from: 1KiB, to: 16KiB, steps: 5, scale: log}\n"
	     "\n"
	     "`opjoule models` lists counters, estimators, presets and settings.\n",
    .groups = groups,
    .size = sizeof(struct command),
    .run = sweep,
    .finish = finish,
};
