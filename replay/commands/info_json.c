/* replay/commands/info_json.c: what a trace holds, for programs. */
#include "info.h"

static void put_flow(struct opj_json *json, const char *key, const struct opj_activity *flow)
{
	opj_json_object(json, key);
	opj_json_unsigned(json, "tensors", flow->tensors);
	opj_json_unsigned(json, "nonzero", flow->nonzero);
	opj_json_unsigned(json, "elements", flow->elements);
	opj_json_unsigned(json, "unseen", flow->unseen);
	opj_json_string(json, "kind", opj_kind_name(flow->kind));
	opj_json_object_end(json);
}

static void put_parameters(struct opj_json *json, const struct opj_module *def)
{
	opj_json_array(json, "parameters");
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

static void put_module(struct opj_json *json, const struct opj_info *info, uint32_t id)
{
	const struct opj_module *def = &opj_trace_module(info->trace, id)->def;
	const struct opj_info_module *module = &info->modules[id];
	opj_json_object(json, NULL);
	opj_json_string(json, "path", def->path);
	opj_json_string(json, "class", def->cls);
	opj_json_strings(json, "bases", def->bases, def->base_count);
	opj_json_bool(json, "neuron", def->neuron);
	opj_json_bool(json, "training", def->training);
	opj_json_string(json, "step_mode", def->multi_step ? "m" : "s");
	opj_json_string(json, "backend", def->backend);
	opj_json_members(json, "attrs", def->attrs, def->attr_count, NULL, NULL);
	put_parameters(json, def);
	opj_json_unsigned(json, "forward_calls", module->forward_calls);
	opj_json_unsigned(json, "backward_calls", module->backward_calls);
	put_flow(json, "inputs", &module->in);
	put_flow(json, "outputs", &module->out);
	opj_json_object_end(json);
}

static void put_op(struct opj_json *json, const struct opj_info *info, uint32_t op)
{
	opj_json_object(json, opj_trace_op_name(info->trace, op));
	opj_json_unsigned(json, "count", info->ops[op].count);
	opj_json_unsigned(json, "duration_ns", info->ops[op].duration_ns);
	opj_json_object(json, "by_stage");
	for (uint32_t stage = 0; stage < opj_trace_stage_count(info->trace); stage++) {
		uint64_t count = opj_info_op_in_stage(info, op, stage);
		if (count)
			opj_json_unsigned(json, opj_trace_stage_name(info->trace, stage), count);
	}
	opj_json_object_end(json);
	opj_json_object_end(json);
}

static void put_trace(struct opj_json *json, const struct opj_info *info)
{
	const struct opj_manifest *m = opj_trace_manifest(info->trace);
	opj_json_object(json, "trace");
	opj_json_string(json, "file", opj_trace_path(info->trace));
	opj_json_string(json, "model", m->model);
	opj_json_string(json, "run", m->run);
	opj_json_string(json, "input", m->input);
	opj_json_string(json, "framework", m->framework);
	opj_json_string(json, "tool", m->tool);
	opj_json_string(json, "command", m->command);
	opj_json_string(json, "host", m->host);
	opj_json_string(json, "cpu", m->cpu);
	opj_json_string(json, "kernel", m->kernel);
	opj_json_string(json, "started", m->started);
	opj_json_string(json, "ended", m->ended);
	opj_json_integers(json, "schema", (const int64_t[]){m->schema_major, m->schema_minor}, 2);
	opj_json_unsigned(json, "ops", info->op_count);
	opj_json_unsigned(json, "calls", info->call_count);
	opj_json_unsigned(json, "optimizer_steps", info->optimizer_count);
	opj_json_unsigned(json, "lost_events", m->lost_events);
	opj_json_unsigned(json, "unseen_forks", m->unseen_forks);
	opj_json_unsigned(json, "marks", info->mark_count);
	opj_json_string(json, "clock", opj_clock_name(m->clock));
	opj_json_members(json, "environment", m->environment, m->environment_count, NULL, NULL);
	opj_json_members(json, "facts", m->facts, m->fact_count, NULL, NULL);
	opj_json_bool(json, "complete", m->complete);
	opj_json_string(json, "why", m->why);
	opj_json_object_end(json);
}

void opj_info_json(const struct opj_info *info, struct opj_json *json)
{
	opj_json_object(json, NULL);
	put_trace(json, info);
	opj_json_array(json, "modules");
	for (uint32_t id = 0; id < opj_trace_module_count(info->trace); id++)
		put_module(json, info, id);
	opj_json_array_end(json);
	opj_json_object(json, "ops");
	for (uint32_t op = 0; op < opj_trace_op_name_count(info->trace) && op < info->op_capacity; op++) {
		if (info->ops[op].count)
			put_op(json, info, op);
	}
	opj_json_object_end(json);
	opj_json_object(json, "stages");
	for (uint32_t stage = 0; stage < opj_trace_stage_count(info->trace); stage++)
		opj_json_unsigned(json, opj_trace_stage_name(info->trace, stage), opj_info_stage_total(info, stage));
	opj_json_object_end(json);
	opj_json_object_end(json);
	opj_json_line(json);
}
