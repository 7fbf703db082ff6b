/* replay/commands/oplog_write.c: writes op logs. Keys stand in the order of docs/oplog.md and numbers look as Python's
 * json writes them, so that a log that was imported comes back byte for byte. */
#include "record/base/json_record.h"
#include "replay/oplog/oplog.h"

/* What does not change from call to call, beside shape and type, where it is not what it is for most. */
static void put_fixed(struct opj_json *json, const struct opj_operand *operand)
{
	char device[48];
	int type = (int)operand->device.device_type;
	if (operand->requires_grad)
		opj_json_integer(json, "g", 1);
	if (operand->name)
		opj_json_string(json, "p", operand->name);
	if (operand->role != OPJ_ROLE_NONE)
		opj_json_string(json, "r", opj_role_name(operand->role));
	if (operand->strides)
		opj_json_integers(json, "st", operand->strides, (uint32_t)operand->ndim);
	opj_device_text(operand->device, device, sizeof device);
	if (type != 0 && (type != kDLCPU || operand->device.device_id != 0))
		opj_json_string(json, "dev", device);
}

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
	put_fixed(json, operand);
	if (operand->extent)
		opj_json_unsigned(json, "sb", operand->extent);
	if (operand->extent && operand->offset)
		opj_json_unsigned(json, "o", operand->offset);
	if (stats->ranged) {
		opj_json_integer(json, "e", stats->exponent);
		opj_json_integer(json, "n", stats->negative);
		opj_json_integer(json, "tz", stats->trailing_zeros);
	}
	opj_json_object_end(json);
}

/* A tensor without what changes from call to call. */
static void put_definition(struct opj_json *json, const char *key, uint32_t index, const void *operands)
{
	const struct opj_operand *operand = (const struct opj_operand *)operands + index;
	opj_json_object(json, key);
	opj_json_integers(json, "T", operand->shape, (uint32_t)operand->ndim);
	opj_json_string(json, "d", opj_dtype_name(operand->dtype));
	put_fixed(json, operand);
	opj_json_object_end(json);
}

/* The stage's name, null outside of all. */
static void put_stage(struct opj_json *json, const struct opj_context *context)
{
	opj_json_string(json, "stage", context->stage[0] ? context->stage : NULL);
}

static void put_answer(struct opj_json *json, const char *key, enum opj_answer answer)
{
	if (answer != OPJ_UNKNOWN)
		opj_json_bool(json, key, answer == OPJ_YES);
}

/* What is known of the stage beside its name. */
static void put_stage_options(struct opj_json *json, const struct opj_context *context)
{
	if (context->phase != OPJ_PHASE_UNKNOWN)
		opj_json_string(json, "phase", opj_phase_name(context->phase));
	put_answer(json, "reuse_weights", context->reuse_weights);
	put_answer(json, "batch_norm_backward", context->batch_norm_backward);
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
	put_stage_options(json, context);
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
		       {OPJ_SPIKE_PAIR, "pair_active", spike->pair_active},
		       {OPJ_SPIKE_EFFECTIVE, "effective", spike->effective}};
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
	opj_json_integer(&json, "version", manifest->schema_minor > 0 ? OPJ_OPLOG_VERSION : 1);
	opj_json_string(&json, "case", manifest->run);
	opj_json_string(&json, "framework", manifest->framework);
	opj_json_string(&json, "model", manifest->model);
	if (manifest->clock != OPJ_CLOCK_UNKNOWN)
		opj_json_string(&json, "clock", opj_clock_name(manifest->clock));
	if (manifest->fact_count)
		opj_json_members(&json, "facts", manifest->facts, manifest->fact_count, NULL, NULL);
	end_line(&json);
}

void opj_oplog_write_module(FILE *out, const struct opj_trace_module *module)
{
	const struct opj_module *def = &module->def;
	struct opj_json json = begin_line(out, "module");
	opj_json_unsigned(&json, "id", module->id);
	opj_json_module(&json, def);
	if (def->buffer_count)
		opj_json_buffers(&json, def);
	if (def->batch_axis)
		opj_json_unsigned(&json, "batch_axis", def->batch_axis);
	if (def->time_axis)
		opj_json_unsigned(&json, "time_axis", def->time_axis);
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
	put_stage_options(&json, call->context);
	opj_json_list(&json, "in", call->in, call->in_count, put_operand, call->operands);
	opj_json_list(&json, "out", call->out, call->out_count, put_operand, call->operands);
	if (call->kw_count)
		opj_json_members(&json, "kw", call->kw, call->kw_count, put_operand, call->operands);
	if (call->state_count)
		opj_json_states(&json, call->states, call->state_count);
	put_answer(&json, "grad", call->grad);
	put_answer(&json, "training", call->training);
	end_line(&json);
}

void opj_oplog_write_optimizer(FILE *out, const struct opj_optimizer_step *step)
{
	struct opj_json json = begin_line(out, "optimizer");
	opj_json_string(&json, "cls", step->def.cls);
	put_stage(&json, step->context);
	opj_json_unsigned(&json, "after", step->after);
	put_stage_options(&json, step->context);
	opj_json_groups(&json, &step->def);
	end_line(&json);
}

void opj_oplog_write_mark(FILE *out, const struct opj_trace_mark *mark)
{
	struct opj_json json = begin_line(out, "mark");
	opj_json_string(&json, "name", mark->def.name);
	opj_json_integer(&json, "index", mark->def.index);
	opj_json_unsigned(&json, "after", mark->after);
	opj_json_members(&json, "numbers", mark->def.numbers, mark->def.number_count, NULL, NULL);
	end_line(&json);
}

void opj_oplog_write_site(FILE *out, const struct opj_site *site)
{
	const struct opj_signature *signature = site->signature;
	const char *what = opj_site_what_name(site->what);
	if (!what)
		return; /* of a later version */
	struct opj_json json = begin_line(out, "site");
	opj_json_string(&json, "op", signature->op);
	put_context(&json, site->context);
	opj_json_list(&json, "in", signature->in, signature->in_count, put_definition, site->operands);
	if (signature->kw_count)
		opj_json_members(&json, "kw", signature->kw, signature->kw_count, put_definition, site->operands);
	opj_json_value(&json, "out", &signature->out, put_definition, site->operands);
	opj_json_unsigned(&json, "tensor", site->tensor);
	opj_json_string(&json, "what", what);
	opj_json_unsigned(&json, "ops", site->ops);
	opj_json_unsigned(&json, "first", site->first);
	opj_json_unsigned(&json, "total", site->total);
	opj_json_unsigneds(&json, "values", site->values, site->value_count);
	end_line(&json);
}

void opj_oplog_write_end(FILE *out, uint64_t ops)
{
	struct opj_json json = begin_line(out, "end");
	opj_json_unsigned(&json, "ops", ops);
	end_line(&json);
}
