/* analyze/page/cmd_report.c: `opjoule report`: analyzes traces and writes them out as one HTML page. */
#include "analyze/command/request.h"
#include "analyze/roofline/machine_rows.h"
#include "analyze/roofline/roofline.h"
#include "page.h"
#include "record/base/output.h"
#include <string.h>
#include <sys/stat.h>

struct command {
	struct opj_request request;
	struct opj_machine machine; /* without ceilings: no rooflines */
	const char *output;
};

static const struct opj_option_row options[] = {
    {"output", 'o', OPJ_OPT_NAME, .word = "FILE.html", .at = offsetof(struct command, output), .complete = "files",
     .help = "what to write, over what was there before; \"-\" is standard output (default report.html)",
     .more = "A trace that is among the input files is not overwritten."},
    {NULL}};

static const struct opj_option_group groups[] = {{options},
						 {opj_machine_rows, offsetof(struct command, machine),
						  "A roofline chart of the layers of each trace, under:", OPJ_ANY},
						 {opj_asking_rows, .at = offsetof(struct command, request)},
						 {opj_request_rows, .at = offsetof(struct command, request)},
						 OPJ_REQUEST_READING(struct command),
						 {NULL}};

static bool has_machine(const struct command *command)
{
	return command->machine.by[OPJ_CEILING_COMPUTE].count || command->machine.by[OPJ_CEILING_MEMORY].count;
}

/* A roofline wants both kinds of ceilings, and its counters, which without -c and -m run anyway. */
static int want_roofline(struct command *command, struct opj_error *err)
{
	if (!opj_machine_find(&command->machine, OPJ_CEILING_COMPUTE, NULL, err) ||
	    !opj_machine_find(&command->machine, OPJ_CEILING_MEMORY, NULL, err))
		return OPJ_COMMAND_WRONG;
	int status = 0;
	bool asked = opj_request_asked(&command->request);
	for (const char *const *name = opj_roofline_counters; asked && !status && *name; name++)
		status = opj_request_ask(&command->request, OPJ_ASKED_COUNTER, *name, err);
	return status;
}

/* A slip of the hand must not cost a trace. */
static int check_output(const struct command *command, const struct opj_words *paths, struct opj_error *err)
{
	struct stat output, input;
	if (stat(command->output, &output))
		return 0;
	for (size_t i = 0; i < paths->count; i++) {
		if (stat(paths->list[i], &input) == 0 && input.st_dev == output.st_dev && input.st_ino == output.st_ino)
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

static int write_page(const struct command *command, const struct opj_words *paths, struct opj_error *err)
{
	struct opj_page *page = opj_page_create();
	int failed = page ? check_output(command, paths, err) : opj_fail(err, "out of memory");
	if (!failed && has_machine(command))
		opj_page_set_machine(page, &command->machine);
	for (size_t i = 0; !failed && i < paths->count; i++)
		failed = opj_page_add(page, &command->request, paths->list[i], err);
	if (!failed)
		failed = write_out(page, command->output, err);
	opj_page_destroy(page);
	return failed;
}

static int report(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct command *command = values;
	int status = has_machine(command) ? want_roofline(command, err) : 0;
	return status ? status : write_page(command, operands, err);
}

static void finish(void *values)
{
	struct command *command = values;
	opj_machine_finish(&command->machine);
	opj_request_finish(&command->request);
}

static const struct command defaults = {.output = "report.html"};

const struct opj_command opj_command_report = {
    .name = "report",
    .summary = "write traces as one page with tables and charts",
    .operands = OPJ_READING_SOME,
    .about =
	"Writes traces (.opj) or op logs (.jsonl) as one page with tables and charts: energy by layer, op and stage, "
	"sparsity, where the figures are from. The page holds everything it shows and opens without a network.",
    .examples = "  opjoule report run.opj -o run.html\n"
		"  opjoule report old.opj new.opj -m compute:int8 -m lemaire --machine machine.yaml\n",
    .notes = "`opjoule models` lists counters, estimators, presets and settings.\n",
    .groups = groups,
    .size = sizeof(struct command),
    .defaults = &defaults,
    .run = report,
    .finish = finish,
};
