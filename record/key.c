/* record/key.c: checks argument trees and turns them into keys.
 *
 * On the path of every op, so it only copies bytes. Every list is preceded by its length and every string followed by a
 * NUL, so two different trees never give the same bytes. */
#include "key.h"
#include "storage.h"

static void put_byte(struct opj_buffer *key, uint8_t byte)
{
	opj_buffer_put(key, &byte, 1);
}

static void put_count(struct opj_buffer *key, uint32_t count)
{
	opj_buffer_put(key, &count, sizeof count);
}

static bool put_string(struct opj_buffer *key, const char *string)
{
	if (!string)
		return false;
	opj_buffer_put(key, string, strlen(string) + 1);
	return true;
}

bool opj_shape_valid(int ndim, const int64_t *shape)
{
	if (ndim < 0 || ndim > OPJ_DIMENSIONS_MAX || (ndim > 0 && !shape))
		return false;
	int64_t bytes = 16; /* of one element of the largest type */
	bool empty = false, overflow = false;
	for (int i = 0; i < ndim; i++) {
		if (shape[i] < 0)
			return false;
		empty |= shape[i] == 0;
		overflow |= __builtin_mul_overflow(bytes, shape[i], &bytes);
	}
	return empty || !overflow;
}

bool opj_strides_matter(const DLTensor *data)
{
	int64_t step = 1;
	bool matter = false, empty = false;
	if (!data->strides)
		return false;
	for (int i = data->ndim - 1; i >= 0; i--) {
		matter |= data->shape[i] > 1 && data->strides[i] != step;
		empty |= data->shape[i] == 0;
		step = (int64_t)((uint64_t)step * (uint64_t)data->shape[i]);
	}
	return matter && !empty;
}

bool opj_device_matters(const DLTensor *data)
{
	int type = (int)data->device.device_type; /* 0: an executor that does not say */
	return type != 0 && (type != kDLCPU || data->device.device_id != 0);
}

/* Strides and device, where the key says in its eighth byte that they are there. */
static void put_place(struct opj_buffer *key, const DLTensor *data, size_t shape_size, bool strides, bool device)
{
	if (strides)
		opj_buffer_put(key, data->strides, shape_size);
	if (device) {
		int32_t place[] = {(int32_t)data->device.device_type, (int32_t)data->device.device_id};
		opj_buffer_put(key, place, sizeof place);
	}
}

static bool put_tensor(struct opj_walk *walk, uint32_t index)
{
	if (index >= walk->tensor_count || walk->leaf_count == OPJ_OP_TENSORS_MAX)
		return false;
	const struct opj_tensor *tensor = &walk->tensors[index];
	const DLTensor *data = tensor->data;
	if (!data || !opj_shape_valid(data->ndim, data->shape) || tensor->storage == 0 ||
	    tensor->storage > OPJ_STORAGE_MAX || (unsigned)tensor->role > OPJ_ROLE_GRADIENT)
		return false;
	walk->leaves[walk->leaf_count++] = index;
	size_t shape_size = (size_t)data->ndim * sizeof *data->shape;
	uint8_t *bytes = opj_buffer_add(walk->key, 8 + shape_size);
	if (!bytes)
		return false;
	bytes[0] = OPJ_VALUE_TENSOR;
	bytes[1] = (uint8_t)(tensor->role << 2 | (tensor->name ? 2 : 0) | (tensor->requires_grad ? 1 : 0));
	bytes[2] = data->dtype.code;
	bytes[3] = data->dtype.bits;
	memcpy(bytes + 4, &data->dtype.lanes, 2);
	bytes[6] = (uint8_t)data->ndim;
	bool strides = opj_strides_matter(data), device = opj_device_matters(data);
	bytes[7] = (uint8_t)(strides | device << 1);
	if (shape_size)
		memcpy(bytes + 8, data->shape, shape_size);
	put_place(walk->key, data, shape_size, strides, device);
	return !tensor->name || put_string(walk->key, tensor->name);
}

static bool put_values(struct opj_walk *walk, const struct opj_value *values, uint32_t count, bool keyed, int depth);

static bool put_value(struct opj_walk *walk, const struct opj_value *value, int depth)
{
	if (value->type == OPJ_VALUE_TENSOR)
		return put_tensor(walk, value->u.tensor);
	put_byte(walk->key, (uint8_t)value->type);
	switch (value->type) {
	case OPJ_VALUE_NONE:
		return true;
	case OPJ_VALUE_BOOL:
		put_byte(walk->key, value->u.boolean);
		return true;
	case OPJ_VALUE_INT:
		opj_buffer_put(walk->key, &value->u.integer, sizeof value->u.integer);
		return true;
	case OPJ_VALUE_FLOAT:
		opj_buffer_put(walk->key, &value->u.number, sizeof value->u.number);
		return true;
	case OPJ_VALUE_STRING:
		return put_string(walk->key, value->u.string);
	case OPJ_VALUE_LIST:
		return put_values(walk, value->u.items, value->count, false, depth + 1);
	case OPJ_VALUE_INTS:
		if (value->count && !value->u.ints)
			return false;
		put_count(walk->key, value->count);
		opj_buffer_put(walk->key, value->u.ints, value->count * sizeof *value->u.ints);
		return true;
	default:
		return false;
	}
}

static bool put_values(struct opj_walk *walk, const struct opj_value *values, uint32_t count, bool keyed, int depth)
{
	if ((count && !values) || depth > OPJ_VALUE_DEPTH_MAX)
		return false;
	put_count(walk->key, count);
	for (uint32_t i = 0; i < count; i++) {
		if (keyed && !put_string(walk->key, values[i].key))
			return false;
		if (!put_value(walk, &values[i], depth))
			return false;
	}
	return true;
}

bool opj_key_values(struct opj_walk *walk, const struct opj_value *values, uint32_t count, bool keyed)
{
	return put_values(walk, values, count, keyed, 1) && !walk->key->failed;
}

static bool tensors_valid(const struct opj_walk *walk)
{
	return walk->tensor_count <= OPJ_OP_TENSORS_MAX && (walk->tensor_count == 0 || walk->tensors);
}

bool opj_key_op(struct opj_walk *walk, const struct opj_op_record *op)
{
	if (!tensors_valid(walk) || !put_string(walk->key, op->name) ||
	    !put_values(walk, op->in, op->in_count, false, 1) || !put_values(walk, op->kw, op->kw_count, true, 1))
		return false;
	walk->results = walk->leaf_count;
	return put_value(walk, &op->out, 1) && !walk->key->failed;
}

static bool put_state(struct opj_buffer *key, const struct opj_state *state)
{
	if (!opj_shape_valid(state->ndim, state->shape))
		return false;
	put_string(key, state->name ? state->name : "");
	opj_buffer_put(key, &state->dtype, sizeof state->dtype);
	put_byte(key, (uint8_t)state->ndim);
	opj_buffer_put(key, state->shape, (size_t)state->ndim * sizeof *state->shape);
	return true;
}

bool opj_key_call(struct opj_walk *walk, const struct opj_call_record *call)
{
	if ((call->direction != OPJ_FORWARD && call->direction != OPJ_BACKWARD) || (unsigned)call->grad > OPJ_YES ||
	    (unsigned)call->training > OPJ_YES || (call->state_count && !call->states))
		return false;
	put_byte(walk->key, (uint8_t)(call->direction | (int)call->grad << 2 | (int)call->training << 4));
	put_count(walk->key, call->module);
	if (!tensors_valid(walk) || !put_values(walk, call->in, call->in_count, false, 1) ||
	    !put_values(walk, call->out, call->out_count, false, 1))
		return false;
	walk->positional = walk->leaf_count;
	put_count(walk->key, call->state_count);
	for (uint32_t i = 0; i < call->state_count; i++) {
		if (!put_state(walk->key, &call->states[i]))
			return false;
	}
	return put_values(walk, call->kw, call->kw_count, true, 1) && !walk->key->failed;
}

static bool put_optimizer_parameter(struct opj_buffer *key, const struct opj_optimizer_parameter *parameter)
{
	if (!opj_shape_valid(parameter->ndim, parameter->shape))
		return false;
	put_byte(key, (uint8_t)parameter->ndim);
	opj_buffer_put(key, parameter->shape, (size_t)parameter->ndim * sizeof *parameter->shape);
	put_byte(key, (uint8_t)(parameter->has_grad << 1 | parameter->momentum_buffer));
	return true;
}

bool opj_key_optimizer(struct opj_walk *walk, const struct opj_optimizer_record *step)
{
	if (!put_string(walk->key, step->cls) || (step->group_count && !step->groups))
		return false;
	put_count(walk->key, step->group_count);
	for (uint32_t g = 0; g < step->group_count; g++) {
		const struct opj_optimizer_group *group = &step->groups[g];
		if (!put_values(walk, group->hyper, group->hyper_count, true, 1) ||
		    (group->parameter_count && !group->parameters))
			return false;
		put_count(walk->key, group->parameter_count);
		for (uint32_t p = 0; p < group->parameter_count; p++) {
			if (!put_optimizer_parameter(walk->key, &group->parameters[p]))
				return false;
		}
	}
	return !walk->key->failed;
}
