/* analyze/page/cmd_report.c: `opjoule report`: analyzes traces and writes them out as one HTML page. */
#include "analyze/command/request.h"
#include "analyze/roofline/roofline.h"
#include "page.h"
#include "record/base/command.h"
#include "record/base/output.h"
#include <string.h>
#include <sys/stat.h>

static const char usage_text[] =
    "usage: opjoule report FILE… [-o FILE.html] [-c NAME[,KEY=VALUE…]]… [-m NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]]…\n"
    "                      [--machine FILE.yaml | --peak-flops [NAME=]RATE | --peak-bandwidth [NAME=]RATE]…\n"
    "                      [--strict] [--ignore-module CLASS]… [--plugin FILE.so]… [--partial] [--process N]\n"
    "\n"
    "Writes traces (.opj) or op logs (.jsonl) as one page with tables and charts: energy by layer, op and stage, "
    "sparsity,\n"
    "where the figures are from. The page holds everything it shows and opens without a network.\n"
    "\n"
    "  -o, --output FILE.html  what to write, over what was there before; \"-\" is standard output (default "
    "report.html)\n"
    "\n"
    "A roofline chart of the layers of each trace:\n"
    "      --machine FILE.yaml     under the ceilings of a machine; docs/examples/machine.yaml is one\n"
    "      --peak-flops RATE       under a peak of computing: 76.8e9, 1.2TFLOP/s, \"fp16=2.4 TFLOP/s\"\n"
    "      --peak-bandwidth RATE   under the bandwidth of a memory level: 25e9, 50GB/s, \"L2=200 GB/s\"\n"
    "\n" OPJ_REQUEST_USAGE_ASKED OPJ_REQUEST_USAGE_TRACE "\n"
    "examples:\n"
    "  opjoule report run.opj -o run.html\n"
    "  opjoule report old.opj new.opj -m compute:int8 -m lemaire --machine machine.yaml\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

enum { OPT_MACHINE = 256, OPT_FLOPS, OPT_BANDWIDTH };

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"machine", required_argument, NULL, OPT_MACHINE},
    {"peak-flops", required_argument, NULL, OPT_FLOPS},
    {"peak-bandwidth", required_argument, NULL, OPT_BANDWIDTH},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

struct command {
	struct opj_request request;
	struct opj_machine machine; /* without ceilings: no rooflines */
	const char *output;
	char **paths; /* [count] */
	size_t count;
};

/* 0, or an exit status. */
static int take_option(struct command *command, int option, const char *value, struct opj_error *err)
{
	switch (option) {
	case OPT_MACHINE:
		return opj_machine_load(&command->machine, value, err) ? 1 : 0;
	case OPT_FLOPS:
		return opj_machine_add(&command->machine, OPJ_CEILING_COMPUTE, value, err) ? 2 : 0;
	case OPT_BANDWIDTH:
		return opj_machine_add(&command->machine, OPJ_CEILING_MEMORY, value, err) ? 2 : 0;
	case 'o':
		command->output = value;
		return 0;
	default:
		return opj_request_option(&command->request, option, value, err);
	}
}

static bool has_machine(const struct command *command)
{
	return command->machine.by[OPJ_CEILING_COMPUTE].count || command->machine.by[OPJ_CEILING_MEMORY].count;
}

/* A roofline wants both kinds of ceilings, and its counters, which without -c and -m run anyway. */
static int want_roofline(struct command *command, struct opj_error *err)
{
	if (!opj_machine_find(&command->machine, OPJ_CEILING_COMPUTE, NULL, err) ||
	    !opj_machine_find(&command->machine, OPJ_CEILING_MEMORY, NULL, err))
		return 2;
	int status = 0;
	bool asked = opj_request_asked(&command->request);
	for (const char *const *name = opj_roofline_counters; asked && !status && *name; name++)
		status = opj_request_option(&command->request, 'c', *name, err);
	return status;
}

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS "o:", long_options, NULL)) != -1)
		status = take_option(command, option, optarg, err);
	if (status)
		return status;
	command->paths = argv + optind;
	command->count = (size_t)(argc - optind);
	if (!command->count) {
		opj_fail(err, "no file was given");
		return 2;
	}
	return has_machine(command) ? want_roofline(command, err) : 0;
}

/* A slip of the hand must not cost a trace. */
static int check_output(const struct command *command, struct opj_error *err)
{
	struct stat output, input;
	if (stat(command->output, &output))
		return 0;
	for (size_t i = 0; i < command->count; i++) {
		if (stat(command->paths[i], &input) == 0 && input.st_dev == output.st_dev &&
		    input.st_ino == output.st_ino)
			return opj_fail(err, "%s: is one of the traces; the page goes elsewhere", command->output);
	}
	return 0;
}

static int write_out(const struct opj_page *page, const char *path, struct opj_error *err)
{
	struct opj_output output;
	if (opj_output_open(&output, strcmp(path, "-") == 0 ? NULL : path, err))
		return -1;
	return opj_output_close(&output, opj_page_write(page, output.stream, err) != 0, err);
}

static int report(const struct command *command, struct opj_error *err)
{
	struct opj_page *page = opj_page_create();
	int failed = page ? check_output(command, err) : opj_fail(err, "out of memory");
	if (!failed && has_machine(command))
		opj_page_set_machine(page, &command->machine);
	for (size_t i = 0; !failed && i < command->count; i++)
		failed = opj_page_add(page, &command->request, command->paths[i], err);
	if (!failed)
		failed = write_out(page, command->output, err);
	opj_page_destroy(page);
	return failed;
}

int opj_cmd_report(int argc, char **argv)
{
	if (opj_request_help(argc, argv, usage_text))
		return 0;
	struct opj_error err = {""};
	struct command command = {.output = "report.html"};
	int status = opj_machine_init(&command.machine, &err) ? 1 : parse(argc, argv, &command, &err);
	if (!status)
		status = report(&command, &err) ? 1 : 0;
	opj_machine_finish(&command.machine);
	opj_request_finish(&command.request);
	return opj_request_end("report", status, &err);
}
