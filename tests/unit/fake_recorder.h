/* tests/unit/fake_recorder.h: stands in for the recorder: what an executor reports becomes a JSON array of the lines
 * of an op log (golden/FORMAT.md), without address ids, roles and spike statistics. Scans are naive loops. */
#ifndef OPJ_TEST_FAKE_RECORDER_H
#define OPJ_TEST_FAKE_RECORDER_H

#include <jansson.h>
#include <opjoule/recorder.h>
#include <stdlib.h>

static struct {
	bool on;
	json_t *log;
	json_t
	    *more; /* line by line what the peer's log does not say: buffers, axes, states, grad; places of tensors */
	char *paths[64];
	uint32_t module_count, inside[16], depth;
	uint64_t storages;
} fake;

/* The executor never looks into a recorder. */
static struct opj_recorder *const fake_recorder = (struct opj_recorder *)&fake;

static void fake_begin(void)
{
	memset(&fake, 0, sizeof fake);
	fake.on = true;
	fake.log = json_array();
	fake.more = json_array();
}

/* The object for the line that comes next. */
static json_t *fake_more(void)
{
	json_t *more = json_pack("{s:[],s:[],s:[]}", "buffers", "states", "places");
	json_array_append_new(fake.more, more);
	return more;
}

static void fake_end(void)
{
	for (uint32_t i = 0; i < fake.module_count; i++)
		free(fake.paths[i]);
	json_decref(fake.log);
	json_decref(fake.more);
	fake.on = false;
}

bool opj_recorder_enabled(void)
{
	return fake.on;
}

uint64_t opj_storage_create(struct opj_recorder *rec)
{
	(void)rec;
	return ++fake.storages;
}

/* Contiguous tensors in any order, which is all that the executor has. */
int opj_tensor_scan(const DLTensor *t, struct opj_stats *stats, struct opj_error *err)
{
	(void)err;
	size_t count = 1;
	for (int d = 0; d < t->ndim; d++)
		count *= (size_t)t->shape[d];
	*stats = (struct opj_stats){.kind = OPJ_KIND_BINARY};
	for (size_t i = 0; i < count; i++) {
		float value = t->dtype.bits == 8    ? (float)((const uint8_t *)t->data)[i]
			      : t->dtype.bits == 64 ? (float)((const int64_t *)t->data)[i]
						    : ((const float *)t->data)[i];
		enum opj_kind kind = value == 0 || value == 1     ? OPJ_KIND_BINARY
				     : value == -1                ? OPJ_KIND_TERNARY
				     : value == (float)(int)value ? OPJ_KIND_INTEGRAL
								  : OPJ_KIND_DENSE;
		stats->nnz += value != 0;
		stats->magnitude += value < 0 ? -value : value;
		if (kind > stats->kind)
			stats->kind = kind;
	}
	return 0;
}

static json_t *fake_shape(int ndim, const int64_t *shape)
{
	json_t *array = json_array();
	for (int d = 0; d < ndim; d++)
		json_array_append_new(array, json_integer(shape[d]));
	return array;
}

static json_t *fake_tensor(const struct opj_tensor *t)
{
	struct opj_stats stats;
	if (t->stats)
		stats = *t->stats;
	else
		opj_tensor_scan(t->data, &stats, NULL);
	json_t *object = json_pack("{s:o,s:s,s:I,s:I,s:i}", "T", fake_shape(t->data->ndim, t->data->shape), "d",
				   opj_dtype_name(t->data->dtype), "u", (json_int_t)t->storage, "z",
				   (json_int_t)stats.nnz, "b", stats.kind == OPJ_KIND_BINARY);
	if (stats.kind == OPJ_KIND_TERNARY || stats.kind == OPJ_KIND_INTEGRAL)
		json_object_set_new(object, "s", json_real(stats.magnitude));
	if (t->requires_grad)
		json_object_set_new(object, "g", json_integer(1));
	if (t->name)
		json_object_set_new(object, "p", json_string(t->name));
	json_t *more = json_array_get(fake.more, json_array_size(fake.more) - 1);
	json_array_append_new(json_object_get(more, "places"),
			      json_pack("[I,I]", (json_int_t)t->extent, (json_int_t)t->offset));
	return object;
}

/* Parameters and buffers are told apart by their lists; a state has the same form. */
static json_t *fake_kept(const char *name, int ndim, const int64_t *shape, DLDataType dtype)
{
	return json_pack("{s:s,s:o,s:s}", "name", name, "shape", fake_shape(ndim, shape), "dtype",
			 opj_dtype_name(dtype));
}

static json_t *fake_value(const struct opj_value *value, const struct opj_tensor *tensors)
{
	json_t *array;
	switch (value->type) {
	case OPJ_VALUE_BOOL:
		return json_boolean(value->u.boolean);
	case OPJ_VALUE_INT:
		return json_integer(value->u.integer);
	case OPJ_VALUE_FLOAT:
		return json_real(value->u.number);
	case OPJ_VALUE_STRING:
		return json_string(value->u.string);
	case OPJ_VALUE_TENSOR:
		return fake_tensor(&tensors[value->u.tensor]);
	case OPJ_VALUE_INTS:
		return fake_shape((int)value->count, value->u.ints);
	case OPJ_VALUE_LIST:
		array = json_array();
		for (uint32_t i = 0; i < value->count; i++)
			json_array_append_new(array, fake_value(&value->u.items[i], tensors));
		return array;
	default:
		return json_null();
	}
}

static json_t *fake_values(const struct opj_value *values, uint32_t count, const struct opj_tensor *tensors)
{
	struct opj_value list = OPJ_LIST(count, values);
	return fake_value(&list, tensors);
}

static json_t *fake_keyed(const struct opj_value *values, uint32_t count)
{
	json_t *object = json_object();
	for (uint32_t i = 0; i < count; i++)
		json_object_set_new(object, values[i].key, fake_value(&values[i], NULL));
	return object;
}

uint32_t opj_module_define(struct opj_recorder *rec, const struct opj_module *module)
{
	(void)rec;
	json_t *bases = json_array(), *params = json_array();
	for (uint32_t i = 0; i < module->base_count; i++)
		json_array_append_new(bases, json_string(module->bases[i]));
	for (uint32_t i = 0; i < module->parameter_count; i++) {
		const struct opj_module_parameter *p = &module->parameters[i];
		json_array_append_new(params, json_pack("{s:s,s:o,s:s,s:b}", "name", p->name, "shape",
							fake_shape(p->ndim, p->shape), "dtype",
							opj_dtype_name(p->dtype), "requires_grad", p->requires_grad));
	}
	json_t *more = fake_more();
	for (uint32_t i = 0; i < module->buffer_count; i++)
		json_array_append_new(json_object_get(more, "buffers"),
				      fake_kept(module->buffers[i].name, module->buffers[i].ndim,
						module->buffers[i].shape, module->buffers[i].dtype));
	json_object_set_new(more, "axes", json_pack("[i,i]", (int)module->batch_axis, (int)module->time_axis));
	fake.paths[fake.module_count] = strdup(module->path);
	json_array_append_new(fake.log,
			      json_pack("{s:s,s:i,s:s,s:s,s:o,s:s?,s:b,s:s,s:s?,s:o,s:o}", "k", "module", "id",
					(int)fake.module_count, "path", module->path, "cls", module->cls, "bases",
					bases, "kind", module->neuron ? "neuron" : NULL, "training", module->training,
					"step_mode", module->multi_step ? "m" : "s", "backend", module->backend,
					"attrs", fake_keyed(module->attrs, module->attr_count), "params", params));
	return fake.module_count++;
}

void opj_module_enter(struct opj_recorder *rec, uint32_t module)
{
	(void)rec;
	if (fake.on)
		fake.inside[fake.depth++] = module;
}

void opj_module_exit(struct opj_recorder *rec, uint32_t module)
{
	(void)rec;
	if (fake.on && (fake.depth == 0 || fake.inside[--fake.depth] != module))
		abort(); /* not properly nested */
}

void opj_record_op(struct opj_recorder *rec, const struct opj_op_record *op)
{
	(void)rec;
	fake_more();
	json_t *in = fake_values(op->in, op->in_count, op->tensors), *out = fake_value(&op->out, op->tensors);
	json_t *line = json_pack("{s:s,s:s,s:o,s:o}", "k", "op", "op", op->name, "in", in, "out", out);
	json_t *mods = json_array(), *parents = json_array();
	for (uint32_t i = 0; i < fake.depth; i++) {
		json_array_append_new(mods, json_integer(fake.inside[i]));
		json_array_append_new(parents, json_string(fake.paths[fake.inside[i]]));
	}
	json_array_append_new(parents, json_string("Global"));
	json_object_set_new(line, "mods", mods);
	json_object_set_new(line, "parents", parents);
	if (op->kw_count > 0)
		json_object_set_new(line, "kw", fake_keyed(op->kw, op->kw_count));
	if (op->state_count > 0) {
		json_t *states = json_array();
		for (uint32_t i = 0; i < op->state_count; i++)
			json_array_append_new(states, json_integer((json_int_t)op->states[i]));
		json_object_set_new(line, "states", states);
	}
	json_array_append_new(fake.log, line);
}

void opj_record_call(struct opj_recorder *rec, const struct opj_call_record *call)
{
	(void)rec;
	json_t *more = fake_more();
	for (uint32_t i = 0; i < call->state_count; i++)
		json_array_append_new(json_object_get(more, "states"),
				      fake_kept(call->states[i].name, call->states[i].ndim, call->states[i].shape,
						call->states[i].dtype));
	json_object_set_new(more, "grad", json_integer(call->grad));
	json_array_append_new(fake.log,
			      json_pack("{s:s,s:s,s:i,s:o,s:o}", "k", "call", "dir",
					call->direction == OPJ_FORWARD ? "forward" : "backward", "mod",
					(int)call->module, "in", fake_values(call->in, call->in_count, call->tensors),
					"out", fake_values(call->out, call->out_count, call->tensors)));
}

#endif
