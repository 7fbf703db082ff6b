/* replay/commands/oplog_write.c: writes op logs. Keys stand in the order of docs/oplog.md and numbers look as Python's
 * json writes them, so that a log that was imported comes back byte for byte. */
#include "record/base/json_write.h"
#include "replay/oplog/oplog.h"

static void put_operand(FILE *out, const struct opj_operand *operand)
{
	const struct opj_stats *stats = &operand->stats;
	fputs("{\"T\":", out);
	opj_json_write_shape(out, operand->ndim, operand->shape);
	fprintf(out, ",\"d\":\"%s\",\"u\":%llu,\"a\":%llu", opj_dtype_name(operand->dtype),
		(unsigned long long)operand->storage, (unsigned long long)operand->address);
	if (stats->kind != OPJ_KIND_UNKNOWN)
		fprintf(out, ",\"z\":%llu,\"b\":%d", (unsigned long long)stats->nnz, stats->kind == OPJ_KIND_BINARY);
	if (stats->kind == OPJ_KIND_TERNARY || stats->kind == OPJ_KIND_INTEGRAL) {
		fputs(",\"s\":", out);
		opj_json_write_float(out, stats->magnitude);
	}
	if (operand->requires_grad)
		fputs(",\"g\":1", out);
	if (operand->name) {
		fputs(",\"p\":", out);
		opj_json_write_string(out, operand->name);
	}
	if (operand->role != OPJ_ROLE_NONE)
		fprintf(out, ",\"r\":\"%s\"", opj_role_name(operand->role));
	putc('}', out);
}

static void put_value(FILE *out, struct opj_value value, const struct opj_operand *operands);

/* A list's items, or an object's members where they have keys. */
static void put_items(FILE *out, const struct opj_value *items, uint32_t count, const struct opj_operand *operands)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			putc(',', out);
		if (items[i].key) {
			opj_json_write_string(out, items[i].key);
			putc(':', out);
		}
		put_value(out, items[i], operands);
	}
}

static void put_list(FILE *out, const struct opj_value *items, uint32_t count, const struct opj_operand *operands)
{
	putc('[', out);
	put_items(out, items, count, operands);
	putc(']', out);
}

static void put_object(FILE *out, const struct opj_value *members, uint32_t count, const struct opj_operand *operands)
{
	putc('{', out);
	put_items(out, members, count, operands);
	putc('}', out);
}

static void put_value(FILE *out, struct opj_value value, const struct opj_operand *operands)
{
	switch (value.type) {
	case OPJ_VALUE_NONE:
		fputs("null", out);
		break;
	case OPJ_VALUE_BOOL:
		fputs(value.u.boolean ? "true" : "false", out);
		break;
	case OPJ_VALUE_INT:
		fprintf(out, "%lld", (long long)value.u.integer);
		break;
	case OPJ_VALUE_FLOAT:
		opj_json_write_float(out, value.u.number);
		break;
	case OPJ_VALUE_STRING:
		opj_json_write_string(out, value.u.string);
		break;
	case OPJ_VALUE_TENSOR:
		put_operand(out, &operands[value.u.tensor]);
		break;
	case OPJ_VALUE_LIST:
		put_list(out, value.u.items, value.count, operands);
		break;
	case OPJ_VALUE_INTS:
		opj_json_write_shape(out, (int)value.count, value.u.ints);
		break;
	}
}

static void put_stage(FILE *out, const char *stage)
{
	if (stage[0])
		opj_json_write_string(out, stage);
	else
		fputs("null", out);
}

static void put_bool(FILE *out, const char *key, bool value)
{
	fprintf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void put_uints(FILE *out, const uint64_t *numbers, uint32_t count)
{
	putc('[', out);
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "%s%llu", i ? "," : "", (unsigned long long)numbers[i]);
	putc(']', out);
}

static void put_context(FILE *out, const struct opj_context *context)
{
	fputs(",\"stage\":", out);
	put_stage(out, context->stage);
	put_bool(out, "grad", context->grad);
	fputs(",\"mods\":[", out);
	for (uint32_t i = 0; i < context->module_count; i++)
		fprintf(out, "%s%u", i ? "," : "", context->modules[i]->id);
	fputs("],\"parents\":[", out);
	for (uint32_t i = 0; i < context->scope_count; i++) {
		if (i)
			putc(',', out);
		opj_json_write_string(out, context->scopes[i]);
	}
	putc(']', out);
	if (context->suspended)
		put_bool(out, "suspended", true);
}

static void put_tiles(FILE *out, const struct opj_spike_stats *spike)
{
	for (uint32_t i = 0; i < spike->tile_count; i++) {
		const struct opj_tile_stats *tile = &spike->tiles[i];
		fprintf(out, "%s\"%u\":{\"patches\":%llu,\"rows\":", i ? "," : "", tile->size,
			(unsigned long long)tile->patches);
		put_uints(out, tile->rows, tile->row_count);
		fprintf(out, ",\"sites\":%llu}", (unsigned long long)tile->sites);
	}
}

static void put_spike(FILE *out, const struct opj_spike_stats *spike)
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
	const char *separator = "";
	fputs(",\"spike\":{", out);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!(spike->has & numbers[i].has))
			continue;
		fprintf(out, "%s\"%s\":%llu", separator, numbers[i].key, (unsigned long long)numbers[i].value);
		separator = ",";
	}
	if (spike->has & OPJ_SPIKE_TILES) {
		fprintf(out, "%s\"tiles\":{", separator);
		put_tiles(out, spike);
		putc('}', out);
	}
	putc('}', out);
}

void opj_oplog_write_begin(FILE *out, const struct opj_manifest *manifest)
{
	fputs("{\"k\":\"oplog\",\"version\":1,\"case\":", out);
	opj_json_write_string(out, manifest->run);
	fputs(",\"framework\":", out);
	opj_json_write_string(out, manifest->framework);
	fputs(",\"model\":", out);
	opj_json_write_string(out, manifest->model);
	fputs("}\n", out);
}

static void put_parameters(FILE *out, const struct opj_module *def)
{
	for (uint32_t i = 0; i < def->parameter_count; i++) {
		const struct opj_module_parameter *parameter = &def->parameters[i];
		fputs(i ? ",{\"name\":" : "{\"name\":", out);
		opj_json_write_string(out, parameter->name);
		fputs(",\"shape\":", out);
		opj_json_write_shape(out, parameter->ndim, parameter->shape);
		fprintf(out, ",\"dtype\":\"%s\"", opj_dtype_name(parameter->dtype));
		put_bool(out, "requires_grad", parameter->requires_grad);
		putc('}', out);
	}
}

void opj_oplog_write_module(FILE *out, const struct opj_trace_module *module)
{
	const struct opj_module *def = &module->def;
	fprintf(out, "{\"k\":\"module\",\"id\":%u,\"path\":", module->id);
	opj_json_write_string(out, def->path);
	fputs(",\"cls\":", out);
	opj_json_write_string(out, def->cls);
	fputs(",\"bases\":[", out);
	for (uint32_t i = 0; i < def->base_count; i++) {
		if (i)
			putc(',', out);
		opj_json_write_string(out, def->bases[i]);
	}
	fprintf(out, "],\"kind\":%s", def->neuron ? "\"neuron\"" : "null");
	put_bool(out, "training", def->training);
	fprintf(out, ",\"step_mode\":\"%s\",\"backend\":", def->multi_step ? "m" : "s");
	if (def->backend)
		opj_json_write_string(out, def->backend);
	else
		fputs("null", out);
	fputs(",\"attrs\":", out);
	put_object(out, def->attrs, def->attr_count, NULL);
	fputs(",\"params\":[", out);
	put_parameters(out, def);
	fputs("]}\n", out);
}

void opj_oplog_write_op(FILE *out, const struct opj_op *op)
{
	const struct opj_signature *signature = op->signature;
	fprintf(out, "{\"k\":\"op\",\"i\":%llu,\"op\":", (unsigned long long)op->index);
	opj_json_write_string(out, signature->op);
	put_context(out, op->context);
	if (op->duration_ns)
		fprintf(out, ",\"ns\":%llu", (unsigned long long)op->duration_ns);
	fputs(",\"in\":", out);
	put_list(out, signature->in, signature->in_count, op->operands);
	if (signature->kw_count) {
		fputs(",\"kw\":", out);
		put_object(out, signature->kw, signature->kw_count, op->operands);
	}
	fputs(",\"out\":", out);
	put_value(out, signature->out, op->operands);
	if (op->state_count) {
		fputs(",\"states\":", out);
		put_uints(out, op->states, op->state_count);
	}
	if (op->spike)
		put_spike(out, op->spike);
	fputs("}\n", out);
}

void opj_oplog_write_call(FILE *out, const struct opj_call *call)
{
	fprintf(out, "{\"k\":\"call\",\"dir\":\"%s\",\"mod\":%u,\"stage\":",
		call->direction == OPJ_BACKWARD ? "backward" : "forward", call->module->id);
	put_stage(out, call->context->stage);
	fprintf(out, ",\"after\":%llu", (unsigned long long)call->after);
	put_bool(out, "suspended", call->context->suspended);
	fputs(",\"in\":", out);
	put_list(out, call->in, call->in_count, call->operands);
	fputs(",\"out\":", out);
	put_list(out, call->out, call->out_count, call->operands);
	fputs("}\n", out);
}

void opj_oplog_write_optimizer(FILE *out, const struct opj_optimizer_step *step)
{
	fputs("{\"k\":\"optimizer\",\"cls\":", out);
	opj_json_write_string(out, step->def.cls);
	fputs(",\"stage\":", out);
	put_stage(out, step->context->stage);
	fprintf(out, ",\"after\":%llu,\"groups\":[", (unsigned long long)step->after);
	for (uint32_t g = 0; g < step->def.group_count; g++) {
		const struct opj_optimizer_group *group = &step->def.groups[g];
		fputs(g ? ",{\"hyper\":" : "{\"hyper\":", out);
		put_object(out, group->hyper, group->hyper_count, NULL);
		fputs(",\"params\":[", out);
		for (uint32_t p = 0; p < group->parameter_count; p++) {
			const struct opj_optimizer_parameter *parameter = &group->parameters[p];
			fputs(p ? ",{\"shape\":" : "{\"shape\":", out);
			opj_json_write_shape(out, parameter->ndim, parameter->shape);
			put_bool(out, "has_grad", parameter->has_grad);
			put_bool(out, "momentum_buffer", parameter->momentum_buffer);
			putc('}', out);
		}
		fputs("]}", out);
	}
	fputs("]}\n", out);
}

void opj_oplog_write_end(FILE *out, uint64_t ops)
{
	fprintf(out, "{\"k\":\"end\",\"ops\":%llu}\n", (unsigned long long)ops);
}
