/* record/definition.c: the texts of definitions. */
#include "definition.h"
#include "record/base/json_record.h"
#include <stdio.h>

struct writing {
	struct opj_texts *texts;
	struct opj_json text, more; /* `more` is begun by its first key */
};

void opj_texts_finish(struct opj_texts *texts)
{
	opj_buffer_finish(&texts->text);
	opj_buffer_finish(&texts->more);
}

static struct writing writing_begin(struct opj_texts *texts)
{
	struct writing w = {.texts = texts, .text = {.buffer = &texts->text}, .more = {.buffer = &texts->more}};
	opj_buffer_clear(&texts->text);
	opj_buffer_clear(&texts->more);
	opj_json_object(&w.text, NULL);
	return w;
}

/* For a key that schema 1.0 does not have. */
static struct opj_json *more(struct writing *w)
{
	if (w->more.depth == 0)
		opj_json_object(&w->more, NULL);
	return &w->more;
}

static void more_answer(struct writing *w, const char *key, enum opj_answer answer)
{
	if (answer != OPJ_UNKNOWN)
		opj_json_bool(more(w), key, answer == OPJ_YES);
}

static void more_count(struct writing *w, const char *key, uint32_t count)
{
	if (count)
		opj_json_unsigned(more(w), key, count);
}

static bool writing_end(struct writing *w)
{
	opj_json_object_end(&w->text);
	if (w->more.depth)
		opj_json_object_end(&w->more);
	return !w->text.problem && !w->more.problem && opj_buffer_text(&w->texts->text) &&
	       opj_buffer_text(&w->texts->more);
}

static void tensor_text(struct opj_json *json, const char *key, uint32_t index, const void *data)
{
	const struct opj_tensor *tensor = (const struct opj_tensor *)data + index;
	const char *role = opj_role_name(tensor->role);
	opj_json_object(json, key);
	opj_json_integers(json, "T", tensor->data->shape, (uint32_t)tensor->data->ndim);
	opj_json_dtype(json, "d", tensor->data->dtype);
	if (tensor->requires_grad)
		opj_json_integer(json, "g", 1);
	if (tensor->name)
		opj_json_string(json, "p", tensor->name);
	if (role)
		opj_json_string(json, "r", role);
	opj_json_object_end(json);
}

bool opj_define_module(struct opj_texts *texts, const struct opj_module *module)
{
	struct writing w = writing_begin(texts);
	opj_json_module(&w.text, module);
	if (module->buffer_count)
		opj_json_buffers(more(&w), module);
	more_count(&w, "batch_axis", module->batch_axis);
	more_count(&w, "time_axis", module->time_axis);
	return writing_end(&w);
}

bool opj_define_context(struct opj_texts *texts, const struct opj_context_text *context)
{
	struct writing w = writing_begin(texts);
	opj_json_array(&w.text, "mods");
	for (uint32_t i = 0; i < context->module_count; i++)
		opj_json_unsigned(&w.text, NULL, context->modules[i]);
	opj_json_array_end(&w.text);
	opj_json_strings(&w.text, "parents", context->parents, context->parent_count);
	opj_json_string(&w.text, "stage", context->stage->name);
	opj_json_bool(&w.text, "suspended", context->suspended);
	opj_json_bool(&w.text, "grad", context->grad);
	if (context->stage->phase != OPJ_PHASE_UNKNOWN)
		opj_json_string(more(&w), "phase", opj_phase_name(context->stage->phase));
	more_answer(&w, "reuse_weights", context->stage->reuse_weights);
	more_answer(&w, "batch_norm_backward", context->stage->batch_norm_backward);
	return writing_end(&w);
}

/* Where tensors are that are not in C order on the CPU, by their number in the walk:
 * "tensors":{"2":{"st":strides,"dev":device}}. */
static void tensors_more(struct writing *w, const struct opj_walk *walk)
{
	bool any = false;
	for (uint32_t i = 0; i < walk->leaf_count; i++) {
		const DLTensor *data = walk->tensors[walk->leaves[i]].data;
		bool strides = opj_strides_matter(data), device = opj_device_matters(data);
		char text[48];
		if (!strides && !device)
			continue;
		if (!any)
			opj_json_object(more(w), "tensors");
		any = true;
		snprintf(text, sizeof text, "%u", i);
		opj_json_object(&w->more, text);
		if (strides)
			opj_json_integers(&w->more, "st", data->strides, (uint32_t)data->ndim);
		opj_device_text(data->device, text, sizeof text);
		if (device)
			opj_json_string(&w->more, "dev", text);
		opj_json_object_end(&w->more);
	}
	if (any)
		opj_json_object_end(&w->more);
}

bool opj_define_signature(struct opj_texts *texts, const struct opj_op_record *op, const struct opj_walk *walk)
{
	struct writing w = writing_begin(texts);
	opj_json_string(&w.text, "op", op->name);
	opj_json_list(&w.text, "in", op->in, op->in_count, tensor_text, op->tensors);
	if (op->kw_count)
		opj_json_members(&w.text, "kw", op->kw, op->kw_count, tensor_text, op->tensors);
	opj_json_value(&w.text, "out", &op->out, tensor_text, op->tensors);
	tensors_more(&w, walk);
	return writing_end(&w);
}

bool opj_define_call(struct opj_texts *texts, const struct opj_call_record *call, const struct opj_walk *walk)
{
	struct writing w = writing_begin(texts);
	opj_json_string(&w.text, "dir", call->direction == OPJ_BACKWARD ? "backward" : "forward");
	opj_json_unsigned(&w.text, "mod", call->module);
	opj_json_list(&w.text, "in", call->in, call->in_count, tensor_text, call->tensors);
	opj_json_list(&w.text, "out", call->out, call->out_count, tensor_text, call->tensors);
	if (call->kw_count)
		opj_json_members(more(&w), "kw", call->kw, call->kw_count, tensor_text, call->tensors);
	more_answer(&w, "grad", call->grad);
	more_answer(&w, "training", call->training);
	if (call->state_count)
		opj_json_states(more(&w), call->states, call->state_count);
	tensors_more(&w, walk);
	return writing_end(&w);
}

bool opj_define_optimizer(struct opj_texts *texts, const struct opj_optimizer_record *step)
{
	struct writing w = writing_begin(texts);
	opj_json_string(&w.text, "cls", step->cls);
	opj_json_groups(&w.text, step);
	return writing_end(&w);
}
