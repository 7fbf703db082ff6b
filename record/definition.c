/* record/definition.c: the texts of definitions. */
#include "definition.h"
#include "record/base/json.h"

/* A problem of its own, as trees and modules that reach this have been looked at but for that. */
static void dtype_text(struct opj_json *json, const char *key, DLDataType dtype)
{
	const char *name = opj_dtype_name(dtype);
	if (!name)
		json->problem = "a dtype without a name";
	opj_json_string(json, key, name);
}

static void tensor_text(struct opj_json *json, const char *key, uint32_t index, const void *data)
{
	const struct opj_tensor *tensor = (const struct opj_tensor *)data + index;
	const char *role = opj_role_name(tensor->role);
	opj_json_object(json, key);
	opj_json_integers(json, "T", tensor->data->shape, (uint32_t)tensor->data->ndim);
	dtype_text(json, "d", tensor->data->dtype);
	if (tensor->requires_grad)
		opj_json_integer(json, "g", 1);
	if (tensor->name)
		opj_json_string(json, "p", tensor->name);
	if (role)
		opj_json_string(json, "r", role);
	opj_json_object_end(json);
}

static void parameter_text(struct opj_json *json, const struct opj_module_parameter *parameter)
{
	opj_json_object(json, NULL);
	opj_json_string(json, "name", parameter->name);
	opj_json_integers(json, "shape", parameter->shape, (uint32_t)parameter->ndim);
	dtype_text(json, "dtype", parameter->dtype);
	opj_json_bool(json, "requires_grad", parameter->requires_grad);
	opj_json_object_end(json);
}

bool opj_define_module(struct opj_buffer *out, const struct opj_module *module)
{
	struct opj_json json = {.buffer = out};
	opj_json_object(&json, NULL);
	opj_json_string(&json, "path", module->path);
	opj_json_string(&json, "cls", module->cls);
	opj_json_strings(&json, "bases", module->bases, module->base_count);
	opj_json_string(&json, "kind", module->neuron ? "neuron" : NULL);
	opj_json_bool(&json, "training", module->training);
	opj_json_string(&json, "step_mode", module->multi_step ? "m" : "s");
	opj_json_string(&json, "backend", module->backend);
	opj_json_members(&json, "attrs", module->attrs, module->attr_count, NULL, NULL);
	opj_json_array(&json, "params");
	for (uint32_t i = 0; i < module->parameter_count; i++)
		parameter_text(&json, &module->parameters[i]);
	opj_json_array_end(&json);
	opj_json_object_end(&json);
	return !json.problem;
}

bool opj_define_context(struct opj_buffer *out, const struct opj_context_text *context)
{
	struct opj_json json = {.buffer = out};
	opj_json_object(&json, NULL);
	opj_json_array(&json, "mods");
	for (uint32_t i = 0; i < context->module_count; i++)
		opj_json_unsigned(&json, NULL, context->modules[i]);
	opj_json_array_end(&json);
	opj_json_strings(&json, "parents", context->parents, context->parent_count);
	opj_json_string(&json, "stage", context->stage);
	opj_json_bool(&json, "suspended", context->suspended);
	opj_json_bool(&json, "grad", context->grad);
	opj_json_object_end(&json);
	return !json.problem;
}

bool opj_define_signature(struct opj_buffer *out, const struct opj_op_record *op)
{
	struct opj_json json = {.buffer = out};
	opj_json_object(&json, NULL);
	opj_json_string(&json, "op", op->name);
	opj_json_list(&json, "in", op->in, op->in_count, tensor_text, op->tensors);
	if (op->kw_count)
		opj_json_members(&json, "kw", op->kw, op->kw_count, tensor_text, op->tensors);
	opj_json_value(&json, "out", &op->out, tensor_text, op->tensors);
	opj_json_object_end(&json);
	return !json.problem;
}

bool opj_define_call(struct opj_buffer *out, const struct opj_call_record *call)
{
	struct opj_json json = {.buffer = out};
	opj_json_object(&json, NULL);
	opj_json_string(&json, "dir", call->direction == OPJ_BACKWARD ? "backward" : "forward");
	opj_json_unsigned(&json, "mod", call->module);
	opj_json_list(&json, "in", call->in, call->in_count, tensor_text, call->tensors);
	opj_json_list(&json, "out", call->out, call->out_count, tensor_text, call->tensors);
	opj_json_object_end(&json);
	return !json.problem;
}

static void group_text(struct opj_json *json, const struct opj_optimizer_group *group)
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

bool opj_define_optimizer(struct opj_buffer *out, const struct opj_optimizer_record *step)
{
	struct opj_json json = {.buffer = out};
	opj_json_object(&json, NULL);
	opj_json_string(&json, "cls", step->cls);
	opj_json_array(&json, "groups");
	for (uint32_t i = 0; i < step->group_count; i++)
		group_text(&json, &step->groups[i]);
	opj_json_array_end(&json);
	opj_json_object_end(&json);
	return !json.problem;
}
