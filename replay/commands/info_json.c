/* replay/commands/info_json.c: what a trace holds, for programs. jansson remembers nothing of failed allocations inside
 * a pack: the whole is NULL then. */
#include "info.h"
#include <math.h>

static json_t *value_json(struct opj_value value)
{
	switch (value.type) {
	case OPJ_VALUE_BOOL:
		return json_boolean(value.u.boolean);
	case OPJ_VALUE_INT:
		return json_integer(value.u.integer);
	case OPJ_VALUE_FLOAT:
		if (!isfinite(value.u.number))
			return json_pack("{s:s}", "f",
					 isnan(value.u.number) ? "nan"
					 : value.u.number > 0  ? "inf"
							       : "-inf");
		return json_real(value.u.number);
	case OPJ_VALUE_STRING:
		return json_string(value.u.string);
	case OPJ_VALUE_LIST:
	case OPJ_VALUE_INTS: {
		json_t *list = json_array();
		for (uint32_t i = 0; i < value.count; i++)
			json_array_append_new(list, value_json(opj_value_item(value, i)));
		return list;
	}
	default:
		return json_null();
	}
}

static json_t *flow_json(const struct opj_activity *flow)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:s}", "tensors", (json_int_t)flow->tensors, "nonzero",
			 (json_int_t)flow->nonzero, "elements", (json_int_t)flow->elements, "unseen",
			 (json_int_t)flow->unseen, "kind", opj_kind_name(flow->kind));
}

static json_t *parameters_json(const struct opj_module *def)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < def->parameter_count; i++) {
		const struct opj_module_parameter *parameter = &def->parameters[i];
		struct opj_value shape = OPJ_INTS((uint32_t)parameter->ndim, parameter->shape);
		json_array_append_new(list, json_pack("{s:s,s:o,s:s,s:b}", "name", parameter->name, "shape",
						      value_json(shape), "dtype", opj_dtype_name(parameter->dtype),
						      "requires_grad", parameter->requires_grad));
	}
	return list;
}

static json_t *module_json(const struct opj_info *info, uint32_t id)
{
	const struct opj_module *def = &opj_trace_module(info->trace, id)->def;
	const struct opj_info_module *module = &info->modules[id];
	json_t *bases = json_array(), *attrs = json_object();
	for (uint32_t i = 0; i < def->base_count; i++)
		json_array_append_new(bases, json_string(def->bases[i]));
	for (uint32_t i = 0; i < def->attr_count; i++)
		json_object_set_new(attrs, def->attrs[i].key, value_json(def->attrs[i]));
	return json_pack("{s:s,s:s,s:o,s:b,s:b,s:s,s:s?,s:o,s:o,s:I,s:I,s:o,s:o}", "path", def->path, "class", def->cls,
			 "bases", bases, "neuron", def->neuron, "training", def->training, "step_mode",
			 def->multi_step ? "m" : "s", "backend", def->backend, "attrs", attrs, "parameters",
			 parameters_json(def), "forward_calls", (json_int_t)module->forward_calls, "backward_calls",
			 (json_int_t)module->backward_calls, "inputs", flow_json(&module->in), "outputs",
			 flow_json(&module->out));
}

static json_t *op_json(const struct opj_info *info, uint32_t op)
{
	json_t *stages = json_object();
	for (uint32_t stage = 0; stage < opj_trace_stage_count(info->trace); stage++) {
		uint64_t count = opj_info_op_in_stage(info, op, stage);
		if (count)
			json_object_set_new(stages, opj_trace_stage_name(info->trace, stage),
					    json_integer((json_int_t)count));
	}
	return json_pack("{s:I,s:I,s:o}", "count", (json_int_t)info->ops[op].count, "duration_ns",
			 (json_int_t)info->ops[op].duration_ns, "by_stage", stages);
}

static json_t *trace_json(const struct opj_info *info)
{
	const struct opj_manifest *m = opj_trace_manifest(info->trace);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[i,i],s:I,s:I,s:I,s:I,s:I,s:b,s:s}",
			 "file", opj_trace_path(info->trace), "model", m->model, "run", m->run, "input", m->input,
			 "framework", m->framework, "tool", m->tool, "command", m->command, "host", m->host, "cpu",
			 m->cpu, "kernel", m->kernel, "started", m->started, "ended", m->ended, "schema",
			 m->schema_major, m->schema_minor, "ops", (json_int_t)info->op_count, "calls",
			 (json_int_t)info->call_count, "optimizer_steps", (json_int_t)info->optimizer_count,
			 "lost_events", (json_int_t)m->lost_events, "unseen_forks", (json_int_t)m->unseen_forks,
			 "complete", m->complete, "why", m->why);
}

json_t *opj_info_json(const struct opj_info *info)
{
	json_t *modules = json_array(), *ops = json_object(), *stages = json_object();
	for (uint32_t id = 0; id < opj_trace_module_count(info->trace); id++)
		json_array_append_new(modules, module_json(info, id));
	for (uint32_t op = 0; op < opj_trace_op_name_count(info->trace) && op < info->op_capacity; op++) {
		if (info->ops[op].count)
			json_object_set_new(ops, opj_trace_op_name(info->trace, op), op_json(info, op));
	}
	for (uint32_t stage = 0; stage < opj_trace_stage_count(info->trace); stage++)
		json_object_set_new(stages, opj_trace_stage_name(info->trace, stage),
				    json_integer((json_int_t)opj_info_stage_total(info, stage)));
	return json_pack("{s:o,s:o,s:o,s:o}", "trace", trace_json(info), "modules", modules, "ops", ops, "stages",
			 stages);
}
