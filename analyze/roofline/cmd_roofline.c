/* analyze/roofline/cmd_roofline.c: `opjoule roofline`: where each layer stands under what the machine can do. */
#include "analyze/command/request.h"
#include "chart.h"
#include "record/base/command.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: opjoule roofline FILE (--peak-flops [NAME=]RATE | --peak-bandwidth [NAME=]RATE | --machine FILE.yaml)…\n"
    "                        [--compute NAME] [--memory NAME] [--by module|stage|op] [-o CHART.svg|.png]…\n"
    "                        [--format text|json|csv] [--ignore-module CLASS]… [--partial] [--process N]\n"
    "\n"
    "FLOPs, bytes, intensity and measured rate of each layer of a trace (.opj) or an op log (.jsonl), and the rate\n"
    "that the machine would allow.\n"
    "\n"
    "      --peak-flops RATE      a peak of computing: 76.8e9, 1.2TFLOP/s, \"fp16=2.4 TFLOP/s\"\n"
    "      --peak-bandwidth RATE  the bandwidth of a memory level: 25e9, 50GB/s, \"L2=200 GB/s\"\n"
    "      --machine FILE.yaml    several of both, each with a name; docs/examples/machine.yaml is one\n"
    "      --compute NAME         the peak that layers are measured by (default: the highest)\n"
    "      --memory NAME          the memory level that they are measured by (default: the fastest)\n"
    "      --by WHAT              rows: module (default; what ran in no other inside it), stage or op\n"
    "  -o, --output FILE          draws the chart into FILE.svg or FILE.png; may be repeated\n"
    "      --format FORMAT        text (default), json or csv\n"
    "      --json                 the same as --format json\n"
    "      --ignore-module C      leave out modules of class C and of classes derived from it\n"
    "      --partial              accept a trace that was cut short\n"
    "      --process N            the process to look at where several were recorded, from 1\n"
    "  -h, --help                 this text\n"
    "\n"
    "examples:\n"
    "  opjoule roofline run.opj --peak-flops 128GFLOP/s --peak-bandwidth 20GB/s\n"
    "                                          one peak, one memory: a table and a chart in the terminal\n"
    "  opjoule roofline run.opj --machine chip.yaml --memory DRAM -o chart.svg\n"
    "                                          all ceilings of a machine, layers measured by DRAM\n";

enum { OPT_FLOPS = 256, OPT_BANDWIDTH, OPT_MACHINE, OPT_COMPUTE, OPT_MEMORY, OPT_BY, OPT_FORMAT, OPT_JSON };

static const struct option long_options[] = {
    {"peak-flops", required_argument, NULL, OPT_FLOPS},
    {"peak-bandwidth", required_argument, NULL, OPT_BANDWIDTH},
    {"machine", required_argument, NULL, OPT_MACHINE},
    {"compute", required_argument, NULL, OPT_COMPUTE},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"by", required_argument, NULL, OPT_BY},
    {"output", required_argument, NULL, 'o'},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"json", no_argument, NULL, OPT_JSON},
    {"ignore-module", required_argument, NULL, OPJ_REQUEST_IGNORE},
    {"partial", no_argument, NULL, OPJ_REQUEST_PARTIAL},
    {"process", required_argument, NULL, OPJ_REQUEST_PROCESS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct command {
	struct opj_request request;
	struct opj_machine machine;
	const char *path, *compute, *memory;
	const char **outputs; /* [output_count] */
	size_t output_count;
	enum opj_axis by;
	enum format format;
};

/* Checked before anything is replayed. */
static int take_output(struct command *command, const char *path, struct opj_error *err)
{
	const char *dot = strrchr(path, '.');
	if (!dot || (strcmp(dot, ".svg") != 0 && strcmp(dot, ".png") != 0)) {
		opj_fail(err, "--output takes a file that ends in .svg or .png, not \"%.200s\"", path);
		return 2;
	}
	const char **moved = reallocarray(command->outputs, command->output_count + 1, sizeof *moved);
	if (!moved) {
		opj_fail(err, "out of memory");
		return 1;
	}
	command->outputs = moved;
	command->outputs[command->output_count++] = path;
	return 0;
}

static int take_format(const char *text, enum format *format, struct opj_error *err)
{
	static const char *const names[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], text) == 0) {
			*format = (enum format)i;
			return 0;
		}
	}
	opj_fail(err, "--format takes text, json or csv, not \"%.100s\"", text);
	return 2;
}

static int take_peak(struct command *command, enum opj_ceiling_kind kind, const char *text, struct opj_error *err)
{
	if (opj_machine_add(&command->machine, kind, text, err) == 0)
		return 0;
	opj_fail_in(err, kind == OPJ_CEILING_COMPUTE ? "--peak-flops" : "--peak-bandwidth");
	return 2;
}

static int take_option(struct command *command, int option, const char *value, struct opj_error *err)
{
	switch (option) {
	case OPT_FLOPS:
		return take_peak(command, OPJ_CEILING_COMPUTE, value, err);
	case OPT_BANDWIDTH:
		return take_peak(command, OPJ_CEILING_MEMORY, value, err);
	case OPT_MACHINE:
		return opj_machine_load(&command->machine, value, err) ? 1 : 0;
	case OPT_COMPUTE:
		command->compute = value;
		return 0;
	case OPT_MEMORY:
		command->memory = value;
		return 0;
	case OPT_BY:
		return opj_request_axis(value, &command->by, err);
	case OPT_FORMAT:
		return take_format(value, &command->format, err);
	case OPT_JSON:
		command->format = FORMAT_JSON;
		return 0;
	case 'o':
		return take_output(command, value, err);
	default:
		return opj_request_option(&command->request, option, value, err);
	}
}

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1)
		status = take_option(command, option, optarg, err);
	if (status)
		return status;
	if (argc - optind != 1) {
		opj_fail(err, "one file is wanted, %d were given", argc - optind);
		return 2;
	}
	command->path = argv[optind];
	bool roof = opj_machine_find(&command->machine, OPJ_CEILING_COMPUTE, command->compute, err) &&
		    opj_machine_find(&command->machine, OPJ_CEILING_MEMORY, command->memory, err);
	return roof ? 0 : 2;
}

/* Cells of the terminal; 80 where it is none. */
static int width_of_output(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static int print_text(const struct opj_roofline *roofline, const struct opj_chart *chart, struct opj_error *err)
{
	if (opj_roofline_print(roofline, stdout, err))
		return -1;
	putchar('\n');
	return opj_chart_print(chart, width_of_output(), stdout, err);
}

static int print_json(const struct opj_roofline *roofline, const struct opj_trace *trace, struct opj_error *err)
{
	char *text = opj_roofline_json(roofline, trace, err);
	if (!text)
		return -1;
	puts(text);
	free(text);
	return 0;
}

static int write_out(const struct command *command, const struct opj_roofline *roofline, const struct opj_trace *trace,
		     struct opj_error *err)
{
	struct opj_chart chart;
	int failed = 0;
	if (opj_chart_init(&chart, roofline, opj_trace_manifest(trace)->model, err))
		return -1;
	for (size_t i = 0; !failed && i < command->output_count; i++)
		failed = opj_chart_draw(&chart, command->outputs[i], err);
	if (!failed && command->format == FORMAT_TEXT)
		failed = print_text(roofline, &chart, err);
	else if (!failed && command->format == FORMAT_JSON)
		failed = print_json(roofline, trace, err);
	else if (!failed)
		opj_roofline_csv(roofline, stdout);
	opj_chart_finish(&chart);
	return failed;
}

static int roofline(struct command *command, struct opj_error *err)
{
	static const char *const none[] = {NULL};
	struct opj_subject subject;
	struct opj_roofline figures;
	command->request.counters = opj_roofline_counters;
	command->request.models = none;
	if (opj_subject_init(&subject, &command->request, command->path, err))
		return 1;
	int failed = opj_roofline_init(&figures, &subject.digest, command->by, &command->machine, command->compute,
				       command->memory, err);
	if (!failed) {
		failed = write_out(command, &figures, subject.trace, err);
		opj_roofline_finish(&figures);
	}
	opj_subject_finish(&subject);
	return failed ? 1 : 0;
}

int opj_cmd_roofline(int argc, char **argv)
{
	if (opj_request_help(argc, argv, usage_text))
		return 0;
	struct opj_error err = {""};
	struct command command = {.by = OPJ_BY_MODULE};
	int status = opj_machine_init(&command.machine, &err) ? 1 : parse(argc, argv, &command, &err);
	if (!status)
		status = roofline(&command, &err);
	opj_machine_finish(&command.machine);
	opj_request_finish(&command.request);
	free(command.outputs);
	return opj_request_end("roofline", status, &err);
}
