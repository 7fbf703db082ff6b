/* record/base/json_record.c: the keys that traces and op logs share. */
#include "json_record.h"

void opj_json_dtype(struct opj_json *json, const char *key, DLDataType dtype)
{
	const char *name = opj_dtype_name(dtype);
	if (!name)
		json->problem = "a dtype without a name";
	opj_json_string(json, key, name);
}

/* Something that is kept: a parameter, a buffer, a state. The object stays open. */
static void put_kept(struct opj_json *json, const char *name, int ndim, const int64_t *shape, DLDataType dtype)
{
	opj_json_object(json, NULL);
	opj_json_string(json, "name", name ? name : "");
	opj_json_integers(json, "shape", shape, (uint32_t)ndim);
	opj_json_dtype(json, "dtype", dtype);
}

void opj_json_module(struct opj_json *json, const struct opj_module *module)
{
	opj_json_string(json, "path", module->path);
	opj_json_string(json, "cls", module->cls);
	opj_json_strings(json, "bases", module->bases, module->base_count);
	opj_json_string(json, "kind", module->neuron ? "neuron" : NULL);
	opj_json_bool(json, "training", module->training);
	opj_json_string(json, "step_mode", module->multi_step ? "m" : "s");
	opj_json_string(json, "backend", module->backend);
	opj_json_members(json, "attrs", module->attrs, module->attr_count, NULL, NULL);
	opj_json_array(json, "params");
	for (uint32_t i = 0; i < module->parameter_count; i++) {
		const struct opj_module_parameter *parameter = &module->parameters[i];
		put_kept(json, parameter->name, parameter->ndim, parameter->shape, parameter->dtype);
		opj_json_bool(json, "requires_grad", parameter->requires_grad);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
}

void opj_json_buffers(struct opj_json *json, const struct opj_module *module)
{
	opj_json_array(json, "buffers");
	for (uint32_t i = 0; i < module->buffer_count; i++) {
		const struct opj_module_parameter *buffer = &module->buffers[i];
		put_kept(json, buffer->name, buffer->ndim, buffer->shape, buffer->dtype);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
}

void opj_json_states(struct opj_json *json, const struct opj_state *states, uint32_t count)
{
	opj_json_array(json, "states");
	for (uint32_t i = 0; i < count; i++) {
		put_kept(json, states[i].name, states[i].ndim, states[i].shape, states[i].dtype);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
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

void opj_json_groups(struct opj_json *json, const struct opj_optimizer_record *step)
{
	opj_json_array(json, "groups");
	for (uint32_t i = 0; i < step->group_count; i++)
		put_group(json, &step->groups[i]);
	opj_json_array_end(json);
}
