/* replay/commands/cmd_info.c: `opjoule info`: what is in a trace. */
#include "info.h"
#include "reading.h"
#include "record/base/bar.h"

struct arguments {
	bool json;
	struct opj_trace_options trace;
};

static const struct opj_option_row options[] = {
    {"json", .kind = OPJ_OPT_FLAG, .at = offsetof(struct arguments, json), .help = "one JSON object",
     .more =
	 "It has the keys _trace_, _modules_, _ops_ and _stages_. A module has _path_, _class_, _bases_, _neuron_, "
	 "_training_, _step_mode_, _backend_, _attrs_, _parameters_, _forward_calls_, _backward_calls_, _inputs_ and "
	 "_outputs_; the last two have _tensors_, _nonzero_, _elements_ and _kind_."},
    {NULL}};

static const struct opj_option_group groups[] = {
    {options}, {opj_reading_rows, .at = offsetof(struct arguments, trace)}, {NULL}};

static int show(const struct arguments *arguments, const struct opj_info *info, struct opj_error *err)
{
	if (!arguments->json) {
		opj_info_print(info);
		return 0;
	}
	struct opj_json json = {.file = stdout, .indent = 2};
	opj_info_json(info, &json);
	return json.problem ? opj_fail(err, "%s", json.problem) : 0;
}

static int info(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct arguments *arguments = values;
	struct opj_info info = {0};
	struct opj_bar bar;
	arguments->trace.progress = opj_bar_show;
	arguments->trace.progress_data = &bar;
	struct opj_trace *trace = opj_reading_open(operands->list[0], &arguments->trace, err);
	if (!trace)
		return -1;
	opj_bar_begin(&bar, operands->list[0], "ops");
	int failed = opj_info_gather(&info, trace, err);
	opj_bar_finish(&bar);
	if (!failed) {
		opj_reading_warn("info", trace);
		failed = show(arguments, &info, err);
	}
	opj_info_finish(&info);
	opj_trace_close(trace);
	return failed;
}

const struct opj_command opj_command_info = {
    .name = "info",
    .summary = "what is in a trace: provenance, model, ops, stages, sparsity",
    .operands = OPJ_READING_ONE,
    .about =
	"Tells what is in a trace (.opj) or in an op log (.jsonl): where it is from, the model, its ops and stages, "
	"and how sparse the inputs and outputs of its modules are.",
    .examples = "  opjoule info run.opj\n"
		"  opjoule info run.opj --json | jq .trace.command\n",
    .groups = groups,
    .size = sizeof(struct arguments),
    .run = info,
};
