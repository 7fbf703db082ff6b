/* replay/core/definitions.c: definitions out of JSON. The types of JSON values are checked by the field tables,
 * references to other definitions here. */
#include "definitions.h"
#include "record/base/vector.h"
#include "tree.h"
#include <stdlib.h>

const char *opj_define_kind_name(unsigned kind)
{
	static const char *const names[] = {"?", "module", "context", "signature", "call", "optimizer"};
	return kind < OPJ_DEFINE_KINDS ? names[kind] : names[0];
}

static int no_memory(struct opj_error *err)
{
	return opj_fail(err, "out of memory");
}

static const char *text_copy(struct opj_definitions *definitions, const json_t *text)
{
	return opj_arena_copy(&definitions->arena, json_string_value(text), json_string_length(text));
}

/* A list of strings, copied. */
static int texts_read(struct opj_definitions *definitions, const json_t *list, const char *key,
		      const char *const **texts, struct opj_error *err)
{
	size_t count = json_array_size(list);
	const char **copies = opj_arena_alloc(&definitions->arena, count, sizeof *copies);
	if (!copies)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		const json_t *text = json_array_get(list, i);
		if (!json_is_string(text))
			return opj_fail(err, "%s[%zu]: expected a string, found %s", key, i, opj_field_type_name(text));
		if (!(copies[i] = text_copy(definitions, text)))
			return no_memory(err);
	}
	*texts = copies;
	return 0;
}

/* Something that is kept: its name, shape and dtype. */
static int kept_read(struct opj_definitions *definitions, const json_t *const v[3], const char **name, int *ndim,
		     const int64_t **shape, DLDataType *dtype, struct opj_error *err)
{
	if (opj_tree_shape(&definitions->arena, v[1], ndim, shape, NULL, err))
		return opj_fail_in(err, "shape");
	if (!opj_dtype_parse(json_string_value(v[2]), dtype))
		return opj_fail(err, "dtype: unknown dtype \"%s\"", json_string_value(v[2]));
	*name = text_copy(definitions, v[0]);
	return *name ? 0 : no_memory(err);
}

static int parameter_read(struct opj_definitions *definitions, const json_t *json, bool trained,
			  struct opj_module_parameter *parameter, struct opj_error *err)
{
	enum { NAME, SHAPE, DTYPE, GRAD, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"name", OPJ_FIELD_STRING},
	    {"shape", OPJ_FIELD_ARRAY},
	    {"dtype", OPJ_FIELD_STRING},
	    {"requires_grad", OPJ_FIELD_BOOL},
	};
	const json_t *v[FIELDS] = {0};
	if (opj_fields_read(json, fields, trained ? FIELDS : GRAD, &definitions->rules, v, err) ||
	    kept_read(definitions, v, &parameter->name, &parameter->ndim, &parameter->shape, &parameter->dtype, err))
		return -1;
	parameter->requires_grad = json_is_true(v[GRAD]);
	return 0;
}

/* A module's parameters, which are trained, or its buffers. */
static int parameters_read(struct opj_definitions *definitions, const json_t *list, const char *key,
			   const struct opj_module_parameter **result, uint32_t *result_count, struct opj_error *err)
{
	size_t count = json_array_size(list);
	struct opj_module_parameter *parameters = opj_arena_alloc(&definitions->arena, count, sizeof *parameters);
	if (!parameters)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (parameter_read(definitions, json_array_get(list, i), strcmp(key, "params") == 0, &parameters[i],
				   err)) {
			char where[32];
			snprintf(where, sizeof where, "%s[%zu]", key, i);
			return opj_fail_in(err, where);
		}
	}
	*result = parameters;
	*result_count = (uint32_t)count;
	return 0;
}

/* An axis, counted from 1; 0 where the key is missing. */
static int axis_read(const json_t *json, const char *key, uint32_t *axis, struct opj_error *err)
{
	uint64_t number = 0;
	if (json && opj_field_uint(json, key, &number, err))
		return -1;
	if (json && (number < 1 || number > OPJ_DIMENSIONS_MAX))
		return opj_fail(err, "%s: %llu is no axis; they are counted from 1", key, (unsigned long long)number);
	*axis = (uint32_t)number;
	return 0;
}

static enum opj_answer answer_read(const json_t *json)
{
	return json ? opj_answer(json_is_true(json)) : OPJ_UNKNOWN;
}

static void *module_build(struct opj_definitions *definitions, const json_t *json, uint32_t id, struct opj_error *err)
{
	enum { PATH, CLS, BASES, KIND, TRAINING, STEP_MODE, BACKEND, ATTRS, PARAMS, BUFFERS, BATCH, TIME, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"path", OPJ_FIELD_STRING},
	    {"cls", OPJ_FIELD_STRING},
	    {"bases", OPJ_FIELD_ARRAY},
	    {"kind", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"training", OPJ_FIELD_BOOL},
	    {"step_mode", OPJ_FIELD_STRING},
	    {"backend", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"attrs", OPJ_FIELD_OBJECT},
	    {"params", OPJ_FIELD_ARRAY},
	    {"buffers", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL, 1},
	    {"batch_axis", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	    {"time_axis", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	struct opj_trace_module *module = opj_arena_alloc(&definitions->arena, 1, sizeof *module);
	if (opj_fields_read(json, fields, FIELDS, &definitions->rules, v, err))
		return NULL;
	const char *kind = json_string_value(v[KIND]), *step_mode = json_string_value(v[STEP_MODE]);
	if (kind && strcmp(kind, "neuron") != 0) {
		opj_fail(err, "kind: \"%s\" is neither \"neuron\" nor null", kind);
		return NULL;
	}
	if (strcmp(step_mode, "s") != 0 && strcmp(step_mode, "m") != 0) {
		opj_fail(err, "step_mode: \"%s\" is neither \"s\" nor \"m\"", step_mode);
		return NULL;
	}
	if (!module || !(module->def.path = text_copy(definitions, v[PATH])) ||
	    !(module->def.cls = text_copy(definitions, v[CLS])) ||
	    (json_is_string(v[BACKEND]) && !(module->def.backend = text_copy(definitions, v[BACKEND])))) {
		no_memory(err);
		return NULL;
	}
	module->id = id;
	module->def.neuron = kind != NULL;
	module->def.training = json_is_true(v[TRAINING]);
	module->def.multi_step = step_mode[0] == 'm';
	module->def.base_count = (uint32_t)json_array_size(v[BASES]);
	if (texts_read(definitions, v[BASES], "bases", &module->def.bases, err) ||
	    opj_tree_constants(&definitions->arena, v[ATTRS], "attrs", &module->def.attrs, &module->def.attr_count,
			       err) ||
	    parameters_read(definitions, v[PARAMS], "params", &module->def.parameters, &module->def.parameter_count,
			    err) ||
	    (v[BUFFERS] && parameters_read(definitions, v[BUFFERS], "buffers", &module->def.buffers,
					   &module->def.buffer_count, err)) ||
	    axis_read(v[BATCH], "batch_axis", &module->def.batch_axis, err) ||
	    axis_read(v[TIME], "time_axis", &module->def.time_axis, err))
		return NULL;
	return module;
}

static int active_modules_read(struct opj_definitions *definitions, const json_t *ids, struct opj_context *context,
			       struct opj_error *err)
{
	size_t count = json_array_size(ids);
	const struct opj_trace_module **modules = opj_arena_alloc(&definitions->arena, count, sizeof *modules);
	if (!modules)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		uint64_t id;
		if (opj_field_uint(json_array_get(ids, i), "mods", &id, err))
			return -1;
		if (!(modules[i] = opj_definitions_get(definitions, OPJ_DEFINE_MODULE, id)))
			return opj_fail(err, "mods: module %llu is not defined", (unsigned long long)id);
		if (i > 0 && modules[i - 1]->id >= id)
			return opj_fail(err, "mods: not ascending");
	}
	context->modules = modules;
	context->module_count = (uint32_t)count;
	return 0;
}

static int scopes_read(struct opj_definitions *definitions, const json_t *names, struct opj_context *context,
		       struct opj_error *err)
{
	size_t count = json_array_size(names);
	uint32_t *ids = opj_arena_alloc(&definitions->arena, count, sizeof *ids);
	const char **scopes = opj_arena_alloc(&definitions->arena, count, sizeof *scopes);
	if (!ids || !scopes)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		if (!name)
			return opj_fail(err, "parents[%zu]: not a string", i);
		ids[i] = opj_intern_text(&definitions->scopes, name);
		if (ids[i] == OPJ_INTERN_NONE)
			return no_memory(err);
		scopes[i] = opj_intern_key(&definitions->scopes, ids[i]);
		for (size_t j = 0; j < i; j++) {
			if (ids[j] == ids[i])
				return opj_fail(err, "parents: \"%s\" is there twice", name);
		}
	}
	context->scopes = scopes;
	context->scope_ids = ids;
	context->scope_count = (uint32_t)count;
	return 0;
}

static int phase_read(const struct opj_definitions *definitions, const json_t *json, enum opj_phase *phase,
		      struct opj_error *err)
{
	for (enum opj_phase p = OPJ_PHASE_FORWARD; json && opj_phase_name(p); p++) {
		if (strcmp(opj_phase_name(p), json_string_value(json)) == 0)
			*phase = p;
	}
	if (json && *phase == OPJ_PHASE_UNKNOWN && !definitions->rules.open)
		return opj_fail(err, "phase: unknown phase \"%s\"", json_string_value(json));
	return 0;
}

static void *context_build(struct opj_definitions *definitions, const json_t *json, uint32_t id, struct opj_error *err)
{
	enum { MODS, PARENTS, STAGE, SUSPENDED, GRAD, PHASE, REUSE, NORM, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"mods", OPJ_FIELD_ARRAY},
	    {"parents", OPJ_FIELD_ARRAY},
	    {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"suspended", OPJ_FIELD_BOOL},
	    {"grad", OPJ_FIELD_BOOL},
	    {"phase", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"reuse_weights", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"batch_norm_backward", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	struct opj_context *context = opj_arena_alloc(&definitions->arena, 1, sizeof *context);
	if (!context)
		return no_memory(err), NULL;
	if (opj_fields_read(json, fields, FIELDS, &definitions->rules, v, err) ||
	    active_modules_read(definitions, v[MODS], context, err) ||
	    scopes_read(definitions, v[PARENTS], context, err) ||
	    phase_read(definitions, v[PHASE], &context->phase, err))
		return NULL;
	context->id = id;
	context->suspended = json_is_true(v[SUSPENDED]);
	context->grad = json_is_true(v[GRAD]);
	context->reuse_weights = answer_read(v[REUSE]);
	context->batch_norm_backward = answer_read(v[NORM]);
	context->stage_id =
	    opj_intern_text(&definitions->stages, json_is_string(v[STAGE]) ? json_string_value(v[STAGE]) : "");
	if (context->stage_id == OPJ_INTERN_NONE)
		return no_memory(err), NULL;
	context->stage = opj_intern_key(&definitions->stages, context->stage_id);
	return context;
}

/* Moves the tensors that a builder has collected into the arena. */
static int operands_keep(struct opj_tree_builder *builder, struct opj_operand **operands, uint32_t *count,
			 struct opj_error *err)
{
	*count = builder->operand_count;
	*operands = opj_arena_alloc(builder->arena, *count, sizeof **operands);
	if (!*operands)
		return no_memory(err);
	if (*count)
		memcpy(*operands, builder->operands, *count * sizeof **operands);
	return 0;
}

static void *signature_build(struct opj_definitions *definitions, const json_t *json, uint32_t id,
			     struct opj_error *err)
{
	enum { OP, IN, KW, OUT, TENSORS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"op", OPJ_FIELD_STRING},
	    {"in", OPJ_FIELD_ARRAY},
	    {"kw", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL},
	    {"out", OPJ_FIELD_ANY},
	    {"tensors", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	struct opj_tree_builder builder = {.arena = &definitions->arena, .rules = &definitions->rules};
	struct opj_definition_signature *signature = opj_arena_alloc(&definitions->arena, 1, sizeof *signature);
	if (!signature)
		return no_memory(err), NULL;
	struct opj_signature *def = &signature->def;
	if (opj_fields_read(json, fields, FIELDS, &definitions->rules, v, err) ||
	    opj_tree_items(&builder, v[IN], "in", &def->in, &def->in_count, err) ||
	    (v[KW] && opj_tree_members(&builder, v[KW], "kw", &def->kw, &def->kw_count, err)))
		goto fail;
	if (opj_tree_value(&builder, v[OUT], &def->out, err)) {
		opj_fail_in(err, "out");
		goto fail;
	}
	if (v[TENSORS] && opj_tree_places(&builder, v[TENSORS], err)) {
		opj_fail_in(err, "tensors");
		goto fail;
	}
	def->id = id;
	def->op_id = opj_intern_text(&definitions->ops, json_string_value(v[OP]));
	if (def->op_id == OPJ_INTERN_NONE) {
		no_memory(err);
		goto fail;
	}
	def->op = opj_intern_key(&definitions->ops, def->op_id);
	if (operands_keep(&builder, &signature->operands, &def->operand_count, err))
		goto fail;
	opj_tree_builder_finish(&builder);
	return signature;
fail:
	opj_tree_builder_finish(&builder);
	return NULL;
}

static int states_read(struct opj_definitions *definitions, const json_t *list, struct opj_definition_call *call,
		       struct opj_error *err)
{
	static const struct opj_field fields[] = {
	    {"name", OPJ_FIELD_STRING}, {"shape", OPJ_FIELD_ARRAY}, {"dtype", OPJ_FIELD_STRING}};
	size_t count = json_array_size(list);
	struct opj_state *states = opj_arena_alloc(&definitions->arena, count, sizeof *states);
	if (!states)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct opj_state *state = &states[i];
		const json_t *v[3];
		if (opj_fields_read(json_array_get(list, i), fields, 3, &definitions->rules, v, err) ||
		    kept_read(definitions, v, &state->name, &state->ndim, &state->shape, &state->dtype, err))
			return opj_fail_in(err, "states");
	}
	call->states = states;
	call->state_count = (uint32_t)count;
	return 0;
}

/* The argument trees of a call: positional ones and results, then those that came with schema 1.1. */
static int call_trees(struct opj_definitions *definitions, const json_t *in, const json_t *out, const json_t *kw,
		      const json_t *places, struct opj_definition_call *call, struct opj_error *err)
{
	struct opj_tree_builder builder = {.arena = &definitions->arena, .rules = &definitions->rules};
	int failed = opj_tree_items(&builder, in, "in", &call->in, &call->in_count, err) ||
		     opj_tree_items(&builder, out, "out", &call->out, &call->out_count, err);
	call->positional = builder.operand_count;
	failed = failed || (kw && opj_tree_members(&builder, kw, "kw", &call->kw, &call->kw_count, err)) ||
		 (places && opj_tree_places(&builder, places, err) && opj_fail_in(err, "tensors")) ||
		 operands_keep(&builder, &call->operands, &call->operand_count, err);
	opj_tree_builder_finish(&builder);
	return failed ? -1 : 0;
}

static void *call_build(struct opj_definitions *definitions, const json_t *json, uint32_t id, struct opj_error *err)
{
	enum { DIR, MOD, IN, OUT, KW, STATES, GRAD, TRAINING, TENSORS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"dir", OPJ_FIELD_STRING},
	    {"mod", OPJ_FIELD_INTEGER},
	    {"in", OPJ_FIELD_ARRAY},
	    {"out", OPJ_FIELD_ARRAY},
	    {"kw", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL, 1},
	    {"states", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL, 1},
	    {"grad", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"training", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"tensors", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL, 1},
	};
	(void)id;
	const json_t *v[FIELDS];
	struct opj_definition_call *call = opj_arena_alloc(&definitions->arena, 1, sizeof *call);
	if (!call)
		return no_memory(err), NULL;
	uint64_t module;
	if (opj_fields_read(json, fields, FIELDS, &definitions->rules, v, err) ||
	    opj_field_uint(v[MOD], "mod", &module, err))
		return NULL;
	const char *direction = json_string_value(v[DIR]);
	if (strcmp(direction, "forward") != 0 && strcmp(direction, "backward") != 0)
		return opj_fail(err, "dir: \"%s\" is neither \"forward\" nor \"backward\"", direction), NULL;
	call->direction = direction[0] == 'b' ? OPJ_BACKWARD : OPJ_FORWARD;
	call->module = opj_definitions_get(definitions, OPJ_DEFINE_MODULE, module);
	if (!call->module)
		return opj_fail(err, "mod: module %llu is not defined", (unsigned long long)module), NULL;
	call->grad = answer_read(v[GRAD]);
	call->training = answer_read(v[TRAINING]);
	if (call_trees(definitions, v[IN], v[OUT], v[KW], v[TENSORS], call, err) ||
	    (v[STATES] && states_read(definitions, v[STATES], call, err)))
		return NULL;
	return call;
}

static int optimizer_parameter_read(struct opj_definitions *definitions, const json_t *json,
				    struct opj_optimizer_parameter *parameter, struct opj_error *err)
{
	enum { SHAPE, HAS_GRAD, MOMENTUM, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"shape", OPJ_FIELD_ARRAY},
	    {"has_grad", OPJ_FIELD_BOOL},
	    {"momentum_buffer", OPJ_FIELD_BOOL},
	};
	const json_t *v[FIELDS];
	if (opj_fields_read(json, fields, FIELDS, &definitions->rules, v, err) ||
	    opj_tree_shape(&definitions->arena, v[SHAPE], &parameter->ndim, &parameter->shape, NULL, err))
		return -1;
	parameter->has_grad = json_is_true(v[HAS_GRAD]);
	parameter->momentum_buffer = json_is_true(v[MOMENTUM]);
	return 0;
}

static int optimizer_group_read(struct opj_definitions *definitions, const json_t *json,
				struct opj_optimizer_group *group, struct opj_error *err)
{
	static const struct opj_field fields[] = {{"hyper", OPJ_FIELD_OBJECT}, {"params", OPJ_FIELD_ARRAY}};
	const json_t *v[2];
	if (opj_fields_read(json, fields, 2, &definitions->rules, v, err) ||
	    opj_tree_constants(&definitions->arena, v[0], "hyper", &group->hyper, &group->hyper_count, err))
		return -1;
	size_t count = json_array_size(v[1]);
	struct opj_optimizer_parameter *parameters = opj_arena_alloc(&definitions->arena, count, sizeof *parameters);
	if (!parameters)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (optimizer_parameter_read(definitions, json_array_get(v[1], i), &parameters[i], err))
			return opj_fail_in(err, "params");
	}
	group->parameters = parameters;
	group->parameter_count = (uint32_t)count;
	return 0;
}

static void *optimizer_build(struct opj_definitions *definitions, const json_t *json, uint32_t id,
			     struct opj_error *err)
{
	static const struct opj_field fields[] = {{"cls", OPJ_FIELD_STRING}, {"groups", OPJ_FIELD_ARRAY}};
	(void)id;
	const json_t *v[2];
	if (opj_fields_read(json, fields, 2, &definitions->rules, v, err))
		return NULL;
	size_t count = json_array_size(v[1]);
	struct opj_optimizer_record *step = opj_arena_alloc(&definitions->arena, 1, sizeof *step);
	struct opj_optimizer_group *groups = opj_arena_alloc(&definitions->arena, count, sizeof *groups);
	if (!step || !groups || !(step->cls = text_copy(definitions, v[0])))
		return no_memory(err), NULL;
	for (size_t i = 0; i < count; i++) {
		if (optimizer_group_read(definitions, json_array_get(v[1], i), &groups[i], err)) {
			char where[32];
			snprintf(where, sizeof where, "groups[%zu]", i);
			return opj_fail_in(err, where), NULL;
		}
	}
	step->groups = groups;
	step->group_count = (uint32_t)count;
	return step;
}

static int list_add(struct opj_definition_list *list, void *item, struct opj_error *err)
{
	void **added = OPJ_PUSH(list->items, list->count);
	if (!added)
		return no_memory(err);
	*added = item;
	return 0;
}

int opj_definitions_define(struct opj_definitions *definitions, enum opj_define_kind kind, uint64_t id,
			   const json_t *text, struct opj_error *err)
{
	static void *(*const builders[OPJ_DEFINE_KINDS])(struct opj_definitions *, const json_t *, uint32_t,
							 struct opj_error *) = {
	    [OPJ_DEFINE_MODULE] = module_build,       [OPJ_DEFINE_CONTEXT] = context_build,
	    [OPJ_DEFINE_SIGNATURE] = signature_build, [OPJ_DEFINE_CALL] = call_build,
	    [OPJ_DEFINE_OPTIMIZER] = optimizer_build,
	};
	struct opj_definition_list *list = &definitions->lists[kind];
	if (id != list->count)
		return opj_fail(err, "%s %llu is defined where %s %u was due", opj_define_kind_name(kind),
				(unsigned long long)id, opj_define_kind_name(kind), list->count);
	void *item = builders[kind](definitions, text, (uint32_t)id, err);
	return item ? list_add(list, item, err) : -1;
}

void opj_definitions_finish(struct opj_definitions *definitions)
{
	for (int kind = 0; kind < OPJ_DEFINE_KINDS; kind++)
		free(definitions->lists[kind].items);
	opj_intern_finish(&definitions->ops);
	opj_intern_finish(&definitions->scopes);
	opj_intern_finish(&definitions->stages);
	opj_arena_finish(&definitions->arena);
	*definitions = (struct opj_definitions){0};
}
