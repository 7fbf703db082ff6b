/* replay/commands/cmd_replay.c: `opjoule replay`: the ops of a trace, one line each, as text or as an op log.
 *
 * What the filters leave over is numbered anew in an op log, so that it is a log of its own. */
#include "reading.h"
#include "record/base/bar.h"
#include "record/base/style.h"
#include "replay/core/scope.h"
#include "replay/oplog/oplog.h"
#include <fnmatch.h>

enum format { FORMAT_TEXT, FORMAT_JSONL };

struct replay {
	const char *stage, *module, *op;
	enum format format;
	int64_t count; /* 0: all */
	struct opj_trace_options options;
	bool begun, stopped;
	uint64_t written, first_ns;
	struct opj_trace *trace;
};

static const struct opj_option_row options[] = {
    {"format", 'f', OPJ_OPT_CHOICE, .word = "FORMAT", .choices = "text|jsonl", .at = offsetof(struct replay, format),
     .help = "text (default), or jsonl: an op log"},
    {"stage", 's', OPJ_OPT_TEXT, .word = "STAGE", .at = offsetof(struct replay, stage),
     .help = "only ops of this stage", .more = "The empty string means those outside of any."},
    {"module", 'm', OPJ_OPT_TEXT, .word = "PATH", .at = offsetof(struct replay, module),
     .help = "only ops of this module and of those in it", .more = "By scope name: _Net.block1_."},
    {"op", 'o', OPJ_OPT_TEXT, .word = "NAME", .at = offsetof(struct replay, op),
     .help = "only these ops; * and ? stand for any characters: 'aten.add*'",
     .more = "Leaves out calls of modules and optimizer steps."},
    {"count", 'n', OPJ_OPT_NUMBER, .word = "COUNT", .min = 1, .at = offsetof(struct replay, count),
     .help = "the first COUNT of those"},
    {NULL}};

static const struct opj_option_group groups[] = {
    {options}, {opj_reading_rows, .at = offsetof(struct replay, options)}, {NULL}};

/* Text ------------------------------------------------------------------------------------------------------------- */

static void print_operand(const struct opj_operand *operand)
{
	const struct opj_stats *stats = &operand->stats;
	printf("%s[", opj_dtype_name(operand->dtype));
	for (int i = 0; i < operand->ndim; i++)
		printf("%s%lld", i ? "," : "", (long long)operand->shape[i]);
	putchar(']');
	if (stats->kind == OPJ_KIND_UNKNOWN)
		return;
	double percent = operand->numel ? 100.0 * (double)stats->nnz / (double)operand->numel : 0;
	printf(" %.3g%%", percent);
	if (stats->kind != OPJ_KIND_DENSE)
		printf(" %s", opj_kind_name(stats->kind));
}

/* The tensors of a tree, `separator` before all but the first of the line; the separator for those to come. */
static const char *print_tensors(const struct opj_op *op, struct opj_value value, const char *separator)
{
	if (value.type == OPJ_VALUE_TENSOR) {
		fputs(separator, stdout);
		print_operand(&op->operands[value.u.tensor]);
		return ", ";
	}
	for (uint32_t i = 0; value.type == OPJ_VALUE_LIST && i < value.count; i++)
		separator = print_tensors(op, value.u.items[i], separator);
	return separator;
}

static void print_op(struct replay *replay, const struct opj_op *op)
{
	const struct opj_signature *signature = op->signature;
	const char *separator = "", *scope = opj_scope_innermost(op->context);
	if (replay->written == 0)
		replay->first_ns = op->timestamp_ns;
	opj_print(stdout, OPJ_PLAIN, "%8llu %12.6f  %s  %s  %s  (", (unsigned long long)op->index,
		  (double)(op->timestamp_ns - replay->first_ns) / 1e9, op->context->stage[0] ? op->context->stage : "-",
		  scope ? scope : "-", signature->op);
	for (uint32_t i = 0; i < signature->in_count; i++)
		separator = print_tensors(op, signature->in[i], separator);
	for (uint32_t i = 0; i < signature->kw_count; i++)
		separator = print_tensors(op, signature->kw[i], separator);
	fputs(") -> (", stdout);
	print_tensors(op, signature->out, "");
	putchar(')');
	if (op->duration_ns)
		printf("  %.3f us", (double)op->duration_ns / 1e3);
	putchar('\n');
}

/* Visitors --------------------------------------------------------------------------------------------------------- */

/* Nothing is written any more once standard output failed: the replay ends early. */
static int written(struct replay *replay)
{
	replay->stopped |= ferror(stdout) || (replay->count && replay->written >= (uint64_t)replay->count);
	return replay->stopped ? -1 : 0;
}

static void begin(struct replay *replay)
{
	if (replay->format == FORMAT_JSONL && !replay->begun)
		opj_oplog_write_begin(stdout, opj_trace_manifest(replay->trace));
	replay->begun = true;
}

static bool stage_matches(const struct replay *replay, const struct opj_context *context)
{
	return !replay->stage || strcmp(replay->stage, context->stage) == 0;
}

static bool op_matches(const struct replay *replay, const struct opj_op *op)
{
	if (!stage_matches(replay, op->context) || (replay->op && fnmatch(replay->op, op->signature->op, 0) != 0))
		return false;
	if (!replay->module)
		return true;
	for (uint32_t i = 0; i < op->context->scope_count; i++) {
		if (strcmp(op->context->scopes[i], replay->module) == 0)
			return true;
	}
	return false;
}

static bool call_matches(const struct replay *replay, const struct opj_call *call)
{
	if (replay->op || !stage_matches(replay, call->context))
		return false;
	size_t length = replay->module ? strlen(replay->module) : 0;
	const char *path = call->module->def.path;
	return !replay->module ||
	       (strncmp(path, replay->module, length) == 0 && (path[length] == '.' || !path[length]));
}

static int visit_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	(void)err;
	begin(data);
	opj_oplog_write_module(stdout, module);
	return written(data);
}

static int visit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct replay *replay = data;
	(void)err;
	if (!op_matches(replay, op))
		return 0;
	begin(replay);
	if (replay->format == FORMAT_JSONL) {
		struct opj_op numbered = *op;
		numbered.index = replay->written;
		opj_oplog_write_op(stdout, &numbered);
	} else {
		print_op(replay, op);
	}
	replay->written++;
	return written(replay);
}

static int visit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct replay *replay = data;
	(void)err;
	if (!call_matches(replay, call))
		return 0;
	struct opj_call numbered = *call;
	numbered.after = replay->written;
	begin(replay);
	opj_oplog_write_call(stdout, &numbered);
	return written(replay);
}

static int visit_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	struct replay *replay = data;
	(void)err;
	if (replay->op || replay->module || !stage_matches(replay, step->context))
		return 0;
	struct opj_optimizer_step numbered = *step;
	numbered.after = replay->written;
	begin(replay);
	opj_oplog_write_optimizer(stdout, &numbered);
	return written(replay);
}

static int visit_mark(void *data, const struct opj_trace_mark *mark, struct opj_error *err)
{
	struct replay *replay = data;
	(void)err;
	if (replay->op || replay->module || replay->stage)
		return 0;
	struct opj_trace_mark numbered = *mark;
	numbered.after = replay->written;
	begin(replay);
	opj_oplog_write_mark(stdout, &numbered);
	return written(replay);
}

static int visit_site(void *data, const struct opj_site *site, struct opj_error *err)
{
	struct replay *replay = data;
	(void)err;
	if (!op_matches(replay, &(struct opj_op){.signature = site->signature, .context = site->context}))
		return 0;
	begin(replay);
	opj_oplog_write_site(stdout, site);
	return written(replay);
}

/* The command ------------------------------------------------------------------------------------------------------ */

/* Writes what is asked for of an open trace. */
static int write_ops(struct replay *replay, struct opj_error *err)
{
	struct opj_visitor visitor = {.data = replay, .op = visit_op};
	if (replay->format == FORMAT_JSONL) {
		visitor.module = visit_module;
		visitor.call = visit_call;
		visitor.optimizer = visit_optimizer;
		visitor.mark = visit_mark;
		visitor.site = visit_site;
	}
	if (opj_trace_replay(replay->trace, &visitor, 1, err) && !replay->stopped)
		return -1;
	*err = (struct opj_error){""};
	begin(replay);
	if (replay->format == FORMAT_JSONL)
		opj_oplog_write_end(stdout, replay->written);
	return 0;
}

static int replay(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct replay *replay = values;
	struct opj_bar bar = {0};
	if (!isatty(STDOUT_FILENO)) { /* where the ops themselves are shown, they are the progress */
		replay->options.progress = opj_bar_show;
		replay->options.progress_data = &bar;
	}
	replay->trace = opj_reading_open(operands->list[0], &replay->options, err);
	if (!replay->trace)
		return -1;
	opj_bar_begin(&bar, operands->list[0], "ops");
	int failed = write_ops(replay, err);
	opj_bar_finish(&bar);
	opj_reading_warn("replay", replay->trace);
	opj_trace_close(replay->trace);
	return failed;
}

const struct opj_command opj_command_replay = {
    .name = "replay",
    .summary = "print the ops of a trace, one line each or as an op log",
    .operands = OPJ_READING_ONE,
    .about = "Prints the ops of a trace (.opj) or of an op log (.jsonl) in program order, one line each: number, time, "
	     "stage, module, name, tensors with the share of nonzero values, results. Or as an op log, which "
	     "`opjoule import` reads.",
    .examples = "  opjoule replay run.opj --module Net.conv2 --op 'aten.convolution*' -n 10\n"
		"  opjoule replay run.opj --format jsonl --stage forward > forward.jsonl\n",
    .groups = groups,
    .size = sizeof(struct replay),
    .run = replay,
};
