/* record/definition.c: the texts of definitions. */
#include "definition.h"
#include "record/base/json.h"

static void strings_text(struct opj_buffer *out, const char *const *strings, uint32_t count)
{
	opj_json_text(out, "[");
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			opj_json_text(out, ",");
		opj_json_string(out, strings[i]);
	}
	opj_json_text(out, "]");
}

static bool parameter_text(struct opj_buffer *out, const struct opj_module_parameter *parameter)
{
	const char *dtype = opj_dtype_name(parameter->dtype);
	if (!dtype)
		return false;
	opj_json_text(out, "{\"name\":");
	opj_json_string(out, parameter->name);
	opj_json_text(out, ",\"shape\":");
	opj_json_integers(out, parameter->shape, (uint32_t)parameter->ndim);
	opj_json_text(out, ",\"dtype\":");
	opj_json_string(out, dtype);
	opj_json_text(out, ",\"requires_grad\":");
	opj_json_bool(out, parameter->requires_grad);
	opj_json_text(out, "}");
	return true;
}

bool opj_define_module(struct opj_buffer *out, const struct opj_module *module)
{
	opj_json_text(out, "{\"path\":");
	opj_json_string(out, module->path);
	opj_json_text(out, ",\"cls\":");
	opj_json_string(out, module->cls);
	opj_json_text(out, ",\"bases\":");
	strings_text(out, module->bases, module->base_count);
	opj_json_text(out, module->neuron ? ",\"kind\":\"neuron\"" : ",\"kind\":null");
	opj_json_text(out, ",\"training\":");
	opj_json_bool(out, module->training);
	opj_json_text(out, module->multi_step ? ",\"step_mode\":\"m\"" : ",\"step_mode\":\"s\"");
	opj_json_text(out, ",\"backend\":");
	opj_json_string(out, module->backend);
	opj_json_text(out, ",\"attrs\":");
	if (!opj_json_object(out, module->attrs, module->attr_count, NULL))
		return false;
	opj_json_text(out, ",\"params\":[");
	for (uint32_t i = 0; i < module->parameter_count; i++) {
		if (i)
			opj_json_text(out, ",");
		if (!parameter_text(out, &module->parameters[i]))
			return false;
	}
	opj_json_text(out, "]}");
	return true;
}

void opj_define_context(struct opj_buffer *out, const struct opj_context_text *context)
{
	opj_json_text(out, "{\"mods\":[");
	for (uint32_t i = 0; i < context->module_count; i++) {
		if (i)
			opj_json_text(out, ",");
		opj_json_integer(out, context->modules[i]);
	}
	opj_json_text(out, "],\"parents\":");
	strings_text(out, context->parents, context->parent_count);
	opj_json_text(out, ",\"stage\":");
	opj_json_string(out, context->stage);
	opj_json_text(out, ",\"suspended\":");
	opj_json_bool(out, context->suspended);
	opj_json_text(out, ",\"grad\":");
	opj_json_bool(out, context->grad);
	opj_json_text(out, "}");
}

bool opj_define_signature(struct opj_buffer *out, const struct opj_op_record *op)
{
	opj_json_text(out, "{\"op\":");
	opj_json_string(out, op->name);
	opj_json_text(out, ",\"in\":");
	if (!opj_json_list(out, op->in, op->in_count, op->tensors))
		return false;
	if (op->kw_count) {
		opj_json_text(out, ",\"kw\":");
		if (!opj_json_object(out, op->kw, op->kw_count, op->tensors))
			return false;
	}
	opj_json_text(out, ",\"out\":");
	if (!opj_json_value(out, &op->out, op->tensors))
		return false;
	opj_json_text(out, "}");
	return true;
}

bool opj_define_call(struct opj_buffer *out, const struct opj_call_record *call)
{
	opj_json_text(out, call->direction == OPJ_BACKWARD ? "{\"dir\":\"backward\",\"mod\":"
							   : "{\"dir\":\"forward\",\"mod\":");
	opj_json_integer(out, call->module);
	opj_json_text(out, ",\"in\":");
	if (!opj_json_list(out, call->in, call->in_count, call->tensors))
		return false;
	opj_json_text(out, ",\"out\":");
	if (!opj_json_list(out, call->out, call->out_count, call->tensors))
		return false;
	opj_json_text(out, "}");
	return true;
}

static bool group_text(struct opj_buffer *out, const struct opj_optimizer_group *group)
{
	opj_json_text(out, "{\"hyper\":");
	if (!opj_json_object(out, group->hyper, group->hyper_count, NULL))
		return false;
	opj_json_text(out, ",\"params\":[");
	for (uint32_t i = 0; i < group->parameter_count; i++) {
		const struct opj_optimizer_parameter *parameter = &group->parameters[i];
		opj_json_text(out, i ? ",{\"shape\":" : "{\"shape\":");
		opj_json_integers(out, parameter->shape, (uint32_t)parameter->ndim);
		opj_json_text(out, ",\"has_grad\":");
		opj_json_bool(out, parameter->has_grad);
		opj_json_text(out, ",\"momentum_buffer\":");
		opj_json_bool(out, parameter->momentum_buffer);
		opj_json_text(out, "}");
	}
	opj_json_text(out, "]}");
	return true;
}

bool opj_define_optimizer(struct opj_buffer *out, const struct opj_optimizer_record *step)
{
	opj_json_text(out, "{\"cls\":");
	opj_json_string(out, step->cls);
	opj_json_text(out, ",\"groups\":[");
	for (uint32_t i = 0; i < step->group_count; i++) {
		if (i)
			opj_json_text(out, ",");
		if (!group_text(out, &step->groups[i]))
			return false;
	}
	opj_json_text(out, "]}");
	return true;
}
