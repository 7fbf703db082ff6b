/* analyze/roofline/cmd_roofline.c: `opjoule roofline`: where each layer stands under what the machine can do. */
#include "analyze/command/request.h"
#include "chart.h"
#include "machine_rows.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct command {
	struct opj_request request;
	struct opj_machine machine;
	const char *compute, *memory;
	struct opj_words outputs;
	int by, format; /* enum opj_axis, enum format */
};

/* Checked before anything is replayed. */
static int take_output(void *at, const struct opj_option_row *row, const char *path, struct opj_error *err)
{
	struct command *command = at;
	const char *dot = strrchr(path, '.');
	if (!dot || (strcmp(dot, ".svg") != 0 && strcmp(dot, ".png") != 0))
		return opj_option_wrong(row, "a file that ends in .svg or .png", path, err);
	return opj_words_add(&command->outputs, path, err);
}

static const struct opj_option_row options[] = {
    {"compute", .kind = OPJ_OPT_NAME, .word = "NAME", .at = offsetof(struct command, compute),
     .help = "the peak that layers are measured by (default: the highest)", .more = "Nothing can exceed that."},
    {"memory", .kind = OPJ_OPT_NAME, .word = "NAME", .at = offsetof(struct command, memory),
     .help = "the memory level that they are measured by (default: the fastest)"},
    {"by", .kind = OPJ_OPT_CHOICE, .word = "WHAT", .choices = "module|stage|op", .at = offsetof(struct command, by),
     .help = "rows of the table: module (default; what ran in no other inside it), stage or op"},
    {"output", 'o', OPJ_OPT_TAKE, OPJ_OPT_REPEATED, .word = "FILE", .form = "FILE.svg|FILE.png", .take = take_output,
     .complete = "files svg png", .help = "draws the chart into FILE.svg or FILE.png",
     .more = "Marks bear the names of layers where these have room, else numbers that a key below the chart explains."},
    {"format", .kind = OPJ_OPT_CHOICE, .word = "FORMAT", .choices = "text|json|csv",
     .at = offsetof(struct command, format), .help = "text (default), json or csv",
     .more =
	 "What goes to standard output: the table and a chart in text, as wide as the terminal (80 cells where there "
	 "is none); one JSON object; rows of CSV. Figures in JSON and CSV are exact."},
    {"json", .kind = OPJ_OPT_SET, .min = FORMAT_JSON, .at = offsetof(struct command, format),
     .help = "the same as --format json"},
    {NULL}};

static const struct opj_option_group groups[] = {{opj_machine_rows, offsetof(struct command, machine), NULL, OPJ_SOME},
						 {options},
						 {opj_ignore_rows, .at = offsetof(struct command, request)},
						 OPJ_REQUEST_READING(struct command),
						 {NULL}};

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
	for (size_t i = 0; !failed && i < command->outputs.count; i++)
		failed = opj_chart_draw(&chart, command->outputs.list[i], err);
	if (!failed && command->format == FORMAT_TEXT)
		failed = print_text(roofline, &chart, err);
	else if (!failed && command->format == FORMAT_JSON)
		failed = print_json(roofline, trace, err);
	else if (!failed)
		opj_roofline_csv(roofline, stdout);
	opj_chart_finish(&chart);
	return failed;
}

static int measure(struct command *command, const char *path, struct opj_error *err)
{
	static const char *const none[] = {NULL};
	struct opj_subject subject;
	struct opj_roofline figures;
	command->request.counters = opj_roofline_counters;
	command->request.models = none;
	if (opj_subject_init(&subject, &command->request, path, err))
		return -1;
	int failed = opj_roofline_init(&figures, &subject.digest, (enum opj_axis)command->by, &command->machine,
				       command->compute, command->memory, err);
	if (!failed) {
		failed = write_out(command, &figures, subject.trace, err);
		opj_roofline_finish(&figures);
	}
	opj_subject_finish(&subject);
	return failed;
}

static int roofline(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct command *command = values;
	if (!opj_machine_find(&command->machine, OPJ_CEILING_COMPUTE, command->compute, err) ||
	    !opj_machine_find(&command->machine, OPJ_CEILING_MEMORY, command->memory, err))
		return OPJ_COMMAND_WRONG;
	return measure(command, operands->list[0], err);
}

static void finish(void *values)
{
	struct command *command = values;
	opj_machine_finish(&command->machine);
	opj_request_finish(&command->request);
	free(command->outputs.list);
}

const struct opj_command opj_command_roofline = {
    .name = "roofline",
    .summary = "where each layer stands under what a machine can do",
    .operands = OPJ_READING_ONE,
    .about = "FLOPs, bytes, intensity and measured rate of each layer of a trace (.opj) or an op log (.jsonl), and the "
	     "rate that the machine would allow.",
    .examples = "  opjoule roofline run.opj --peak-flops 128GFLOP/s --peak-bandwidth 20GB/s\n"
		"                                          one peak, one memory: a table and a chart in the terminal\n"
		"  opjoule roofline run.opj --machine chip.yaml --memory DRAM -o chart.svg\n"
		"                                          all ceilings of a machine, layers measured by DRAM\n",
    .groups = groups,
    .size = sizeof(struct command),
    .run = roofline,
    .finish = finish,
};
