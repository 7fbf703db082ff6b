/* analyze/sweep/cmd_sweep.c: `opjoule sweep`: reads the command line and the grid file, replays once, writes the rows.
 */
#include "analyze/command/request.h"
#include "record/base/bar.h"
#include "record/base/command.h"
#include "record/base/output.h"
#include "sweep.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: opjoule sweep FILE --grid GRID.yaml [-o OUT] [--format csv|json] [--jobs N] [OPTION…]\n"
    "\n"
    "Prices a trace (.opj) or an op log (.jsonl) under every configuration of a grid, from one replay. Rows on the "
    "Pareto\n"
    "front (least energy, smallest sizes; or what the grid's `objectives` say) are marked.\n"
    "\n"
    "  -g, --grid GRID.yaml    estimators and counters, with lists or ranges of values for their settings\n"
    "  -o, --output OUT        where to write; without it, standard output\n"
    "  -f, --format FORMAT     csv (default) or json (default for an OUT that ends in .json)\n"
    "  -j, --jobs N            threads that share configurations which have to see the trace by themselves;\n"
    "                          default: one for each processor\n" OPJ_REQUEST_USAGE_TRACE "\n"
    "examples:\n"
    "  opjoule sweep run.opj --grid grid.yaml -o rows.csv       a table, a row for each configuration\n"
    "  opjoule sweep run.opj --grid grid.yaml -o rows.json      with sources, boundaries, stages and warnings\n"
    "\n"
    "A grid file, with 3 x 20 configurations of compute and 5 of lemaire:\n"
    "  estimators:\n"
    "    - estimator: compute\n"
    "      e_mac_pj: [0.23, 1.5, 4.6]\n"
    "      e_ac_pj: {from: 30 fJ, to: 0.9 pJ, steps: 20, scale: log}\n"
    "    - estimator: lemaire\n"
    "      preset: int8\n"
    "      memory1_bytes: {from: 1KiB, to: 16KiB, steps: 5, scale: log}\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"grid", required_argument, NULL, 'g'},
    {"output", required_argument, NULL, 'o'},
    {"format", required_argument, NULL, 'f'},
    {"jobs", required_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

struct command {
	struct opj_request request;
	const char *path, *grid, *output, *format;
	uint32_t jobs;
};

static int take_jobs(const char *text, uint32_t *jobs, struct opj_error *err)
{
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (errno || end == text || *end || number < 1 || number > 1024) {
		opj_fail(err, "--jobs takes a number from 1 to 1024, not: \"%.200s\"", text);
		return 2;
	}
	*jobs = (uint32_t)number;
	return 0;
}

static int take_format(const char *text, const char **format, struct opj_error *err)
{
	*format = text;
	if (strcmp(text, "csv") == 0 || strcmp(text, "json") == 0)
		return 0;
	opj_fail(err, "--format takes csv or json, not: \"%.200s\"", text);
	return 2;
}

static int take(struct command *command, int option, const char *value, struct opj_error *err)
{
	switch (option) {
	case 'g':
		command->grid = value;
		return 0;
	case 'o':
		command->output = value;
		return 0;
	case 'f':
		return take_format(value, &command->format, err);
	case 'j':
		return take_jobs(value, &command->jobs, err);
	case 'c':
	case 'm':
		opj_fail(err, "what is to run stands in the grid file, not behind -%c", option);
		return 2;
	default:
		return opj_request_option(&command->request, option, value, err);
	}
}

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS "g:o:f:j:", long_options, NULL)) != -1)
		status = take(command, option, optarg, err);
	if (status)
		return status;
	if (argc - optind != 1) {
		opj_fail(err, "one file is wanted, %d were given", argc - optind);
		return 2;
	}
	if (!command->grid) {
		opj_fail(err, "--grid is missing");
		return 2;
	}
	command->path = argv[optind];
	size_t length = command->output ? strlen(command->output) : 0;
	bool json = length > 5 && strcmp(command->output + length - 5, ".json") == 0;
	if (!command->format)
		command->format = json ? "json" : "csv";
	return 0;
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
		fprintf(stderr, "opjoule sweep: warning of %" JSON_INTEGER_FORMAT " configurations: %s\n",
			json_integer_value(value), text);
	}
	int failed = whole && rows ? 0 : -1;
	json_decref(whole);
	json_decref(rows);
	return failed;
}

static int write_rows(const struct command *command, const struct opj_sweep *sweep, FILE *out, struct opj_error *err)
{
	if (strcmp(command->format, "json") == 0)
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
	struct opj_trace *trace = opj_request_open(&command->request, command->path, err);
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

static int run(struct command *command, struct opj_error *err)
{
	static const char *const nothing[] = {NULL};
	struct opj_sweep_setup setup = {.create = create, .data = &command->request, .jobs = command->jobs};
	struct opj_sweep sweep;
	command->request.counters = command->request.models = nothing;
	if (opj_sweep_init(&sweep, command->grid, &setup, err))
		return 1;
	int failed = replay(command, &sweep, err);
	opj_sweep_finish(&sweep);
	return failed ? 1 : 0;
}

int opj_cmd_sweep(int argc, char **argv)
{
	if (opj_request_help(argc, argv, usage_text))
		return 0;
	struct opj_error err = {""};
	struct command command = {0};
	int status = parse(argc, argv, &command, &err);
	if (!status)
		status = run(&command, &err);
	opj_request_finish(&command.request);
	return opj_request_end("sweep", status, &err);
}
