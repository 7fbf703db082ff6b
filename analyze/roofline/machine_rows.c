/* analyze/roofline/machine_rows.c: a machine as command lines describe it. */
#include "machine_rows.h"
#include "machine.h"

static int begin(struct opj_machine *machine, struct opj_error *err)
{
	return machine->name ? 0 : opj_machine_init(machine, err);
}

static int take_peak(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	char option[32];
	if (begin(at, err))
		return -1;
	if (opj_machine_add(at, (enum opj_ceiling_kind)row->min, word, err) == 0)
		return 0;
	snprintf(option, sizeof option, "--%s", row->name);
	opj_fail_in(err, option);
	return OPJ_COMMAND_WRONG;
}

static int take_file(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	(void)row;
	return begin(at, err) || opj_machine_load(at, word, err) ? -1 : 0;
}

const struct opj_option_row opj_machine_rows[] = {
    {"peak-flops", 0, OPJ_OPT_TAKE, OPJ_OPT_REPEATED, .word = "RATE", .form = "[NAME=]RATE", .take = take_peak,
     .min = OPJ_CEILING_COMPUTE, .help = "a peak of computing: 76.8e9, 1.2TFLOP/s, \"fp16=2.4 TFLOP/s\""},
    {"peak-bandwidth", 0, OPJ_OPT_TAKE, OPJ_OPT_REPEATED, .word = "RATE", .form = "[NAME=]RATE", .take = take_peak,
     .min = OPJ_CEILING_MEMORY, .help = "the bandwidth of a memory level: 25e9, 50GB/s, \"L2=200 GB/s\""},
    {"machine", 0, OPJ_OPT_TAKE, OPJ_OPT_REPEATED, .word = "FILE.yaml", .take = take_file, .complete = "files yaml yml",
     .help = "several of both, each with a name; docs/examples/machine.yaml is one",
     .more = "They add to what the other two options give."},
    {NULL}};
