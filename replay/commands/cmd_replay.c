/* replay/commands/cmd_replay.c: `opjoule replay`: the ops of a trace, one line each, as text or as an op log.
 *
 * What the filters leave over is numbered anew in an op log, so that it is a log of its own. */
#include "record/base/bar.h"
#include "record/base/command.h"
#include "record/base/style.h"
#include "replay/core/scope.h"
#include "replay/oplog/oplog.h"
#include "util.h"
#include <fnmatch.h>
#include <getopt.h>

static const char usage[] =
    "usage: opjoule replay FILE [--format text|jsonl] [--stage STAGE] [--module PATH] [--op NAME] [-n COUNT]\n"
    "                      [--process N] [--partial]\n\n"
    "Prints the ops of a trace (.opj) or of an op log (.jsonl) in program order, one line each: number, time, stage,\n"
    "module, name, tensors with the share of nonzero values, results. Or as an op log, which `opjoule import` "
    "reads.\n\n"
    "  -f, --format FORMAT  text (default), or jsonl: an op log\n"
    "  -s, --stage STAGE    only ops of this stage\n"
    "  -m, --module PATH    only ops of this module and of those in it\n"
    "  -o, --op NAME        only these ops; * and ? stand for any characters: 'aten.add*'\n"
    "  -n, --count COUNT    the first COUNT of those\n"
    "      --process N      the process to look at where several were recorded, from 1\n"
    "      --partial        take what there is of a trace that was cut short\n"
    "  -h, --help           this text\n\n"
    "examples:\n"
    "  opjoule replay run.opj --module Net.conv2 --op 'aten.convolution*' -n 10\n"
    "  opjoule replay run.opj --format jsonl --stage forward > forward.jsonl\n";

struct replay {
	const char *path, *stage, *module, *op;
	bool jsonl, begun, stopped;
	int64_t count; /* 0: all */
	uint64_t written, first_ns;
	struct opj_trace_options options;
	struct opj_trace *trace;
};

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
	if (replay->jsonl && !replay->begun)
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
	if (replay->jsonl) {
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

/* The command ------------------------------------------------------------------------------------------------------ */

static int wrong(void)
{
	fputs("`opjoule replay --help` explains the command\n", stderr);
	return 2;
}

/* -1: go on; else the exit status to end with. */
static int parse(struct replay *replay, int argc, char **argv)
{
	enum { PROCESS = 256, PARTIAL };
	static const struct option options[] = {{"format", required_argument, NULL, 'f'},
						{"stage", required_argument, NULL, 's'},
						{"module", required_argument, NULL, 'm'},
						{"op", required_argument, NULL, 'o'},
						{"count", required_argument, NULL, 'n'},
						{"process", required_argument, NULL, PROCESS},
						{"partial", no_argument, NULL, PARTIAL},
						{"help", no_argument, NULL, 'h'},
						{NULL}};
	int option;
	while ((option = getopt_long(argc, argv, "f:s:m:o:n:h", options, NULL)) >= 0) {
		switch (option) {
		case 'f':
			replay->jsonl = strcmp(optarg, "jsonl") == 0;
			if (replay->jsonl || strcmp(optarg, "text") == 0)
				break;
			opj_cmd_say("replay", "--format takes text or jsonl, not \"%s\"", optarg);
			return wrong();
		case 's':
			replay->stage = optarg;
			break;
		case 'm':
			replay->module = optarg;
			break;
		case 'o':
			replay->op = optarg;
			break;
		case 'n':
			if (opj_cmd_number("replay", "--count", optarg, &replay->count))
				return wrong();
			break;
		case PROCESS:
			if (opj_cmd_number("replay", "--process", optarg, &replay->options.process))
				return wrong();
			break;
		case PARTIAL:
			replay->options.partial = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			return wrong();
		}
	}
	if (argc - optind != 1) {
		opj_cmd_say("replay", "one file is wanted, %d were given", argc - optind);
		return wrong();
	}
	replay->path = argv[optind];
	return -1;
}

int opj_cmd_replay(int argc, char **argv)
{
	struct replay replay = {0};
	struct opj_error err = {0};
	int status = parse(&replay, argc, argv);
	if (status >= 0)
		return status;
	struct opj_bar bar;
	if (!isatty(STDOUT_FILENO)) { /* where the ops themselves are shown, they are the progress */
		replay.options.progress = opj_bar_show;
		replay.options.progress_data = &bar;
	}
	replay.trace = opj_cmd_open("replay", replay.path, &replay.options);
	if (!replay.trace)
		return 1;
	opj_bar_begin(&bar, replay.path, "ops");
	struct opj_visitor visitor = {.data = &replay, .op = visit_op};
	if (replay.jsonl) {
		visitor.module = visit_module;
		visitor.call = visit_call;
		visitor.optimizer = visit_optimizer;
	}
	bool failed = opj_trace_replay(replay.trace, &visitor, 1, &err) && !replay.stopped;
	opj_bar_finish(&bar);
	if (!failed) {
		begin(&replay);
		if (replay.jsonl)
			opj_oplog_write_end(stdout, replay.written);
	} else {
		fflush(stdout);
		opj_cmd_say("replay", "%s", err.text);
	}
	opj_cmd_warn("replay", replay.trace);
	opj_trace_close(replay.trace);
	return opj_cmd_finish_output("replay") || failed;
}
