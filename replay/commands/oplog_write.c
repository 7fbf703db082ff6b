/* replay/commands/oplog_write.c: writes op logs. Keys stand in the order of docs/oplog.md and numbers look as Python's
 * json writes them, so that a log that was imported comes back byte for byte. */
#include "record/base/json.h"
#include "replay/oplog/oplog.h"

static void put_operand(struct opj_json *json, const char *key, uint32_t index, const void *operands)
{
	const struct opj_operand *operand = (const struct opj_operand *)operands + index;
	const struct opj_stats *stats = &operand->stats;
	opj_json_object(json, key);
	opj_json_integers(json, "T", operand->shape, (uint32_t)operand->ndim);
	opj_json_string(json, "d", opj_dtype_name(operand->dtype));
	opj_json_unsigned(json, "u", operand->storage);
	opj_json_unsigned(json, "a", operand->address);
	if (stats->kind != OPJ_KIND_UNKNOWN) {
		opj_json_unsigned(json, "z", stats->nnz);
		opj_json_integer(json, "b", stats->kind == OPJ_KIND_BINARY);
	}
	if (stats->kind == OPJ_KIND_TERNARY || stats->kind == OPJ_KIND_INTEGRAL)
		opj_json_float(json, "s", stats->magnitude);
	if (operand->requires_grad)
		opj_json_integer(json, "g", 1);
	if (operand->name)
		opj_json_string(json, "p", operand->name);
	if (operand->role != OPJ_ROLE_NONE)
		opj_json_string(json, "r", opj_role_name(operand->role));
	opj_json_object_end(json);
}

/* The stage's name, null outside of all. */
static void put_stage(struct opj_json *json, const struct opj_context *context)
{
	opj_json_string(json, "stage", context->stage[0] ? context->stage : NULL);
}

static void put_context(struct opj_json *json, const struct opj_context *context)
{
	put_stage(json, context);
	opj_json_bool(json, "grad", context->grad);
	opj_json_array(json, "mods");
	for (uint32_t i = 0; i < context->module_count; i++)
		opj_json_unsigned(json, NULL, context->modules[i]->id);
	opj_json_array_end(json);
	opj_json_strings(json, "parents", context->scopes, context->scope_count);
	if (context->suspended)
		opj_json_bool(json, "suspended", true);
}

static void put_tiles(struct opj_json *json, const struct opj_spike_stats *spike)
{
	opj_json_object(json, "tiles");
	for (uint32_t i = 0; i < spike->tile_count; i++) {
		const struct opj_tile_stats *tile = &spike->tiles[i];
		char size[16];
		snprintf(size, sizeof size, "%u", tile->size);
		opj_json_object(json, size);
		opj_json_unsigned(json, "patches", tile->patches);
		opj_json_unsigneds(json, "rows", tile->rows, tile->row_count);
		opj_json_unsigned(json, "sites", tile->sites);
		opj_json_object_end(json);
	}
	opj_json_object_end(json);
}

static void put_spike(struct opj_json *json, const struct opj_spike_stats *spike)
{
	const struct {
		unsigned has;
		const char *key;
		uint64_t value;
	} numbers[] = {{OPJ_SPIKE_SYNOPS, "synops", spike->synops},
		       {OPJ_SPIKE_SYNOPS, "active_out", spike->active_out},
		       {OPJ_SPIKE_X_ACTIVE_ROWS, "x_active_rows", spike->x_active_rows},
		       {OPJ_SPIKE_Y_ACTIVE_COLS, "y_active_cols", spike->y_active_cols},
		       {OPJ_SPIKE_PAIR, "pair_sum", spike->pair_sum},
		       {OPJ_SPIKE_PAIR, "pair_active", spike->pair_active}};
	opj_json_object(json, "spike");
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (spike->has & numbers[i].has)
			opj_json_unsigned(json, numbers[i].key, numbers[i].value);
	}
	if (spike->has & OPJ_SPIKE_TILES)
		put_tiles(json, spike);
	opj_json_object_end(json);
}

/* Every line is one object, its kind first. */
static struct opj_json begin_line(FILE *out, const char *kind)
{
	struct opj_json json = {.file = out};
	opj_json_object(&json, NULL);
	opj_json_string(&json, "k", kind);
	return json;
}

static void end_line(struct opj_json *json)
{
	opj_json_object_end(json);
	opj_json_line(json);
}

void opj_oplog_write_begin(FILE *out, const struct opj_manifest *manifest)
{
	struct opj_json json = begin_line(out, "oplog");
	opj_json_integer(&json, "version", 1);
	opj_json_string(&json, "case", manifest->run);
	opj_json_string(&json, "framework", manifest->framework);
	opj_json_string(&json, "model", manifest->model);
	end_line(&json);
}

static void put_parameters(struct opj_json *json, const struct opj_module *def)
{
	opj_json_array(json, "params");
	for (uint32_t i = 0; i < def->parameter_count; i++) {
		const struct opj_module_parameter *parameter = &def->parameters[i];
		opj_json_object(json, NULL);
		opj_json_string(json, "name", parameter->name);
		opj_json_integers(json, "shape", parameter->shape, (uint32_t)parameter->ndim);
		opj_json_string(json, "dtype", opj_dtype_name(parameter->dtype));
		opj_json_bool(json, "requires_grad", parameter->requires_grad);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
}

void opj_oplog_write_module(FILE *out, const struct opj_trace_module *module)
{
	const struct opj_module *def = &module->def;
	struct opj_json json = begin_line(out, "module");
	opj_json_unsigned(&json, "id", module->id);
	opj_json_string(&json, "path", def->path);
	opj_json_string(&json, "cls", def->cls);
	opj_json_strings(&json, "bases", def->bases, def->base_count);
	opj_json_string(&json, "kind", def->neuron ? "neuron" : NULL);
	opj_json_bool(&json, "training", def->training);
	opj_json_string(&json, "step_mode", def->multi_step ? "m" : "s");
	opj_json_string(&json, "backend", def->backend);
	opj_json_members(&json, "attrs", def->attrs, def->attr_count, NULL, NULL);
	put_parameters(&json, def);
	end_line(&json);
}

void opj_oplog_write_op(FILE *out, const struct opj_op *op)
{
	const struct opj_signature *signature = op->signature;
	struct opj_json json = begin_line(out, "op");
	opj_json_unsigned(&json, "i", op->index);
	opj_json_string(&json, "op", signature->op);
	put_context(&json, op->context);
	if (op->duration_ns)
		opj_json_unsigned(&json, "ns", op->duration_ns);
	opj_json_list(&json, "in", signature->in, signature->in_count, put_operand, op->operands);
	if (signature->kw_count)
		opj_json_members(&json, "kw", signature->kw, signature->kw_count, put_operand, op->operands);
	opj_json_value(&json, "out", &signature->out, put_operand, op->operands);
	if (op->state_count)
		opj_json_unsigneds(&json, "states", op->states, op->state_count);
	if (op->spike)
		put_spike(&json, op->spike);
	end_line(&json);
}

void opj_oplog_write_call(FILE *out, const struct opj_call *call)
{
	struct opj_json json = begin_line(out, "call");
	opj_json_string(&json, "dir", call->direction == OPJ_BACKWARD ? "backward" : "forward");
	opj_json_unsigned(&json, "mod", call->module->id);
	put_stage(&json, call->context);
	opj_json_unsigned(&json, "after", call->after);
	opj_json_bool(&json, "suspended", call->context->suspended);
	opj_json_list(&json, "in", call->in, call->in_count, put_operand, call->operands);
	opj_json_list(&json, "out", call->out, call->out_count, put_operand, call->operands);
	end_line(&json);
}

static void put_group(struct opj_json *json, const struct opj_optimizer_group *group)
{
	opj_json_object(json, NULL);
	opj_json_members(json, "hyper", group->hyper, group->hyper_count, NULL, NULL);
	opj_json_array(json, "params");
	for (uint32_t i = 0; i < group->parameter_count; i++) {
		const struct opj_optimizer_parameter *parameter = &group->parameters[i];
		opj_json_object(json, NULL);
		opj_json_integers(json, "shape", parameter->shape, (uint32_t)parameter->ndim);
		opj_json_bool(json, "has_grad", parameter->has_grad);
		opj_json_bool(json, "momentum_buffer", parameter->momentum_buffer);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
	opj_json_object_end(json);
}

void opj_oplog_write_optimizer(FILE *out, const struct opj_optimizer_step *step)
{
	struct opj_json json = begin_line(out, "optimizer");
	opj_json_string(&json, "cls", step->def.cls);
	put_stage(&json, step->context);
	opj_json_unsigned(&json, "after", step->after);
	opj_json_array(&json, "groups");
	for (uint32_t i = 0; i < step->def.group_count; i++)
		put_group(&json, &step->def.groups[i]);
	opj_json_array_end(&json);
	end_line(&json);
}

void opj_oplog_write_end(FILE *out, uint64_t ops)
{
	struct opj_json json = begin_line(out, "end");
	opj_json_unsigned(&json, "ops", ops);
	end_line(&json);
}
