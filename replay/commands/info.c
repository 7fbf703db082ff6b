/* replay/commands/info.c: see info.h. Sparsity is that of the tensors of forward calls: what a module was given and
 * gave. */
#include "info.h"
#include <stdlib.h>

/* Makes `items` at least `count` long, new items zeroed. */
static int grow(void **items, uint32_t *capacity, uint32_t count, size_t size, struct opj_error *err)
{
	if (count <= *capacity)
		return 0;
	uint32_t more = count + count / 2 + 8;
	char *grown = realloc(*items, more * size);
	if (!grown)
		return opj_fail(err, "out of memory");
	memset(grown + *capacity * size, 0, (more - *capacity) * size);
	*items = grown;
	*capacity = more;
	return 0;
}

static int module_at(struct opj_info *info, uint32_t id, struct opj_info_module **module, struct opj_error *err)
{
	void *items = info->modules;
	int failed = grow(&items, &info->module_capacity, id + 1, sizeof *info->modules, err);
	info->modules = items;
	*module = failed ? NULL : &info->modules[id];
	return failed;
}

static int visit_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	struct opj_info_module *unused;
	return module_at(data, module->id, &unused, err);
}

static int visit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct opj_info *info = data;
	void *items = info->ops;
	int failed = grow(&items, &info->op_capacity, op->signature->op_id + 1, sizeof *info->ops, err);
	info->ops = items;
	if (failed)
		return -1;
	struct opj_info_op *counts = &info->ops[op->signature->op_id];
	items = counts->by_stage;
	failed = grow(&items, &counts->stage_capacity, op->context->stage_id + 1, sizeof *counts->by_stage, err);
	counts->by_stage = items;
	if (failed)
		return -1;
	info->op_count++;
	counts->count++;
	counts->by_stage[op->context->stage_id]++;
	counts->duration_ns += op->duration_ns;
	return 0;
}

static int visit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct opj_info *info = data;
	struct opj_info_module *module;
	if (module_at(info, call->module->id, &module, err))
		return -1;
	info->call_count++;
	if (call->direction == OPJ_BACKWARD) {
		module->backward_calls++;
		return 0;
	}
	module->forward_calls++;
	return opj_activity_add_call(&module->in, &module->out, call, err);
}

static int visit_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	(void)step, (void)err;
	((struct opj_info *)data)->optimizer_count++;
	return 0;
}

static int visit_mark(void *data, const struct opj_trace_mark *mark, struct opj_error *err)
{
	(void)mark, (void)err;
	((struct opj_info *)data)->mark_count++;
	return 0;
}

int opj_info_gather(struct opj_info *info, struct opj_trace *trace, struct opj_error *err)
{
	info->trace = trace;
	return opj_trace_replay(trace,
				&(struct opj_visitor){.data = info,
						      .module = visit_module,
						      .op = visit_op,
						      .call = visit_call,
						      .optimizer = visit_optimizer,
						      .mark = visit_mark},
				1, err);
}

void opj_info_finish(struct opj_info *info)
{
	for (uint32_t i = 0; i < info->op_capacity; i++)
		free(info->ops[i].by_stage);
	free(info->ops);
	free(info->modules);
	*info = (struct opj_info){0};
}

uint64_t opj_info_op_in_stage(const struct opj_info *info, uint32_t op, uint32_t stage)
{
	const struct opj_info_op *counts = op < info->op_capacity ? &info->ops[op] : NULL;
	return counts && stage < counts->stage_capacity ? counts->by_stage[stage] : 0;
}

uint64_t opj_info_stage_total(const struct opj_info *info, uint32_t stage)
{
	uint64_t total = 0;
	for (uint32_t op = 0; op < opj_trace_op_name_count(info->trace); op++)
		total += opj_info_op_in_stage(info, op, stage);
	return total;
}
