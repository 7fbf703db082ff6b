/* replay/commands/cmd_import.c: `opjoule import`: an op log becomes a trace.
 *
 * First the whole log is read, so that a log that is wrong leaves nothing behind. Then the program runs itself under
 * `opjoule record` with --emit, and says to the recorder what an executor would have said: the same recorder, the same
 * session, the same archive. */
#include "reading.h"
#include "record/base/bar.h"
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

struct arguments {
	const char *output;
	bool force, quiet, emit;
};

static const struct opj_option_row options[] = {
    {"output", 'o', OPJ_OPT_NAME, .word = "FILE", .at = offsetof(struct arguments, output), .complete = "files",
     .help = "the archive (default: the name of the log, .opj)",
     .more = "The default is in the current folder, and has _.opj_ for _.jsonl_."},
    {"force", 'f', OPJ_OPT_FLAG, .at = offsetof(struct arguments, force), .help = "overwrite FILE"},
    {"quiet", 'q', OPJ_OPT_FLAG, .at = offsetof(struct arguments, quiet), .help = "no progress and no summary"},
    {"emit", 0, OPJ_OPT_FLAG, OPJ_OPT_HIDDEN, .at = offsetof(struct arguments, emit)},
    {NULL}};

static const struct opj_option_group groups[] = {{options}, {NULL}};

/* Emitting --------------------------------------------------------------------------------------------------------- */

struct emitter {
	struct opj_trace *trace;
	struct opj_recorder *rec;
	const struct opj_context *context; /* that the recorder is in; NULL: none yet */
	DLTensor data[OPJ_OP_TENSORS_MAX];
	struct opj_tensor tensors[OPJ_OP_TENSORS_MAX];
};

static void context_leave(struct emitter *e)
{
	if (!e->context)
		return;
	if (e->context->suspended)
		opj_resume(e->rec);
	opj_stage_pop(e->rec);
	opj_scope_pop(e->rec);
	e->context = NULL;
}

static int context_enter(struct emitter *e, const struct opj_context *context, struct opj_error *err)
{
	if (e->context == context)
		return 0;
	context_leave(e);
	uint32_t *modules = malloc((context->module_count + 1) * sizeof *modules);
	if (!modules)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < context->module_count; i++)
		modules[i] = context->modules[i]->id;
	opj_scope_push(e->rec, modules, context->module_count, context->scopes, context->scope_count);
	free(modules);
	opj_stage_push_with(e->rec, &(struct opj_stage){.name = context->stage,
							.phase = context->phase,
							.reuse_weights = context->reuse_weights,
							.batch_norm_backward = context->batch_norm_backward});
	if (context->suspended)
		opj_suspend(e->rec);
	opj_grad_mode(e->rec, context->grad);
	e->context = context;
	return 0;
}

static void tensors_fill(struct emitter *e, const struct opj_operand *operands, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct opj_operand *operand = &operands[i];
		e->data[i] = (DLTensor){.device = operand->device,
					.ndim = operand->ndim,
					.dtype = operand->dtype,
					.shape = (int64_t *)operand->shape,
					.strides = (int64_t *)operand->strides};
		e->tensors[i] = (struct opj_tensor){.data = &e->data[i],
						    .storage = operand->storage,
						    .version = OPJ_VERSION_UNKNOWN,
						    .address = operand->address,
						    .extent = operand->extent,
						    .offset = operand->offset,
						    .role = operand->role,
						    .requires_grad = operand->requires_grad,
						    .name = operand->name,
						    .stats = &operand->stats};
	}
}

static int emit_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	struct emitter *e = data;
	return opj_module_define(e->rec, &module->def) == module->id
		   ? 0
		   : opj_fail(err, "module %s could not be recorded", module->def.path);
}

static int emit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct emitter *e = data;
	const struct opj_signature *signature = op->signature;
	if (context_enter(e, op->context, err))
		return -1;
	tensors_fill(e, op->operands, signature->operand_count);
	opj_record_op(e->rec, &(struct opj_op_record){.name = signature->op,
						      .in = signature->in,
						      .in_count = signature->in_count,
						      .kw = signature->kw,
						      .kw_count = signature->kw_count,
						      .out = signature->out,
						      .tensors = e->tensors,
						      .tensor_count = signature->operand_count,
						      .states = op->states,
						      .state_count = op->state_count,
						      .duration_ns = op->duration_ns,
						      .spike = op->spike});
	return 0;
}

static int emit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct emitter *e = data;
	if (context_enter(e, call->context, err))
		return -1;
	tensors_fill(e, call->operands, call->operand_count);
	opj_record_call(e->rec, &(struct opj_call_record){.module = call->module->id,
							  .direction = call->direction,
							  .in = call->in,
							  .in_count = call->in_count,
							  .out = call->out,
							  .out_count = call->out_count,
							  .kw = call->kw,
							  .kw_count = call->kw_count,
							  .tensors = e->tensors,
							  .tensor_count = call->operand_count,
							  .states = call->states,
							  .state_count = call->state_count,
							  .grad = call->grad,
							  .training = call->training});
	return 0;
}

static int emit_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	struct emitter *e = data;
	if (context_enter(e, step->context, err))
		return -1;
	opj_record_optimizer(e->rec, &step->def);
	return 0;
}

static int emit_mark(void *data, const struct opj_trace_mark *mark, struct opj_error *err)
{
	struct emitter *e = data;
	(void)err;
	opj_record_mark(e->rec, &mark->def);
	return 0;
}

static int emit_site(void *data, const struct opj_site *site, struct opj_error *err)
{
	struct emitter *e = data;
	const struct opj_signature *signature = site->signature;
	if (context_enter(e, site->context, err))
		return -1;
	tensors_fill(e, site->operands, signature->operand_count);
	for (uint32_t i = 0; i < signature->operand_count; i++)
		e->tensors[i].storage = 1; /* any: a site says nothing of them */
	opj_record_site(
	    e->rec, &(struct opj_site_record){.op = &(struct opj_op_record){.name = signature->op,
									    .in = signature->in,
									    .in_count = signature->in_count,
									    .kw = signature->kw,
									    .kw_count = signature->kw_count,
									    .out = signature->out,
									    .tensors = e->tensors,
									    .tensor_count = signature->operand_count},
					      .tensor = site->tensor,
					      .what = site->what,
					      .ops = site->ops,
					      .first = site->first,
					      .total = site->total,
					      .values = site->values,
					      .value_count = site->value_count});
	return 0;
}

static int emit_all(struct emitter *e, struct opj_error *err)
{
	const struct opj_visitor visitor = {.data = e,
					    .module = emit_module,
					    .op = emit_op,
					    .call = emit_call,
					    .optimizer = emit_optimizer,
					    .mark = emit_mark,
					    .site = emit_site};
	const struct opj_manifest *manifest = opj_trace_manifest(e->trace);
	e->rec = opj_recorder_create(
	    &(struct opj_recorder_config){.framework = manifest->framework,
					  .model = manifest->model,
					  .run = manifest->run,
					  .flags = OPJ_RECORDER_NO_SPIKE_STATS |
						   (manifest->schema_minor ? 0 : OPJ_RECORDER_PLAIN),
					  .clock = manifest->clock,
					  .facts = manifest->facts,
					  .fact_count = manifest->fact_count},
	    err);
	if (!e->rec)
		return -1;
	if (!opj_recorder_enabled())
		return opj_fail(err, "nobody records: --emit is for `opjoule record`, leave it out");
	if (opj_trace_replay(e->trace, &visitor, 1, err))
		return -1;
	context_leave(e);
	uint64_t problems = opj_recorder_problems(e->rec);
	return problems ? opj_fail(err, "%s: lines that could not be recorded: %llu", opj_trace_path(e->trace),
				   (unsigned long long)problems)
			: 0;
}

static int emit(const char *path, struct opj_error *err)
{
	struct emitter *e = calloc(1, sizeof *e);
	if (!e)
		return opj_fail(err, "out of memory");
	e->trace = opj_trace_open(path, NULL, err);
	int failed = e->trace ? emit_all(e, err) : -1;
	opj_recorder_destroy(e->rec);
	opj_trace_close(e->trace);
	free(e);
	return failed;
}

/* Importing -------------------------------------------------------------------------------------------------------- */

/* Reads all of it and throws it away. */
static int validate(const char *path, bool quiet, struct opj_error *err)
{
	struct opj_bar bar;
	struct opj_trace_options shown = {.progress = quiet ? NULL : opj_bar_show, .progress_data = &bar};
	opj_bar_begin(&bar, path, "ops");
	struct opj_trace *trace = opj_trace_open(path, &shown, err);
	int failed = trace ? opj_trace_replay(trace, NULL, 0, err) : -1;
	opj_bar_finish(&bar);
	if (!failed && !opj_trace_manifest(trace)->framework[0])
		failed = opj_fail(err, "%s:1: framework: empty", path);
	opj_trace_close(trace);
	return failed;
}

/* The log's name without its folder and with .opj for .jsonl; the caller frees. */
static char *output_name(const char *path)
{
	char *copy = strdup(path), *output = NULL;
	if (!copy)
		return NULL;
	const char *name = basename(copy);
	size_t length = strlen(name);
	if (length > 6 && strcmp(name + length - 6, ".jsonl") == 0)
		length -= 6;
	if (asprintf(&output, "%.*s.opj", (int)length, name) < 0)
		output = NULL;
	free(copy);
	return output;
}

/* Becomes `opjoule record`; returns where that cannot be. */
static int run_recording(const struct arguments *arguments, const char *path, struct opj_error *err)
{
	char self[4096];
	char *named = arguments->output ? NULL : output_name(path);
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (length < 0 || (!arguments->output && !named)) {
		opj_fail(err, "cannot run the recording: %s", strerror(errno));
		free(named);
		return -1;
	}
	self[length] = '\0';
	const char *args[16];
	int n = 0;
	args[n++] = self;
	args[n++] = "record";
	args[n++] = "--output";
	args[n++] = arguments->output ? arguments->output : named;
	if (arguments->force)
		args[n++] = "--force";
	if (arguments->quiet)
		args[n++] = "--quiet";
	args[n++] = "--";
	args[n++] = self;
	args[n++] = "import";
	args[n++] = "--emit";
	args[n++] = "--";
	args[n++] = path;
	args[n] = NULL;
	execv(self, (char *const *)args);
	opj_fail(err, "%s: %s", self, strerror(errno));
	free(named);
	return -1;
}

static int import(void *values, const struct opj_words *operands, struct opj_error *err)
{
	const struct arguments *arguments = values;
	const char *path = operands->list[0];
	if (arguments->emit)
		return emit(path, err);
	return validate(path, arguments->quiet, err) ? -1 : run_recording(arguments, path, err);
}

const struct opj_command opj_command_import = {
    .name = "import",
    .summary = "turn an op log into a trace",
    .operands = {"OPS.jsonl", "op log", 1, 1, "files jsonl"},
    .about =
	"Turns an op log (docs/oplog.md), a line of JSON for each op, into a trace. The whole log is checked first: "
	"one that is wrong leaves nothing behind.",
    .examples = "  opjoule import ops.jsonl\n"
		"  opjoule import ops.jsonl -o run.opj --force\n",
    .groups = groups,
    .size = sizeof(struct arguments),
    .run = import,
};
