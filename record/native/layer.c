/* record/native/layer.c: what the layers of all families share: shapes, parameters, numbers, their end. */
#include "layer.h"
#include <math.h>
#include <stdlib.h>

bool opj_dims_equal(const struct opj_dims *a, const struct opj_dims *b)
{
	return a->count == b->count && memcmp(a->size, b->size, (size_t)a->count * sizeof *a->size) == 0;
}

void opj_layer_destroy(struct opj_layer *layer)
{
	if (!layer)
		return;
	if (layer->type->destroy)
		layer->type->destroy(layer);
	for (int i = 0; i < OPJ_STATES_MAX; i++)
		opj_nd_unref(layer->state[i]);
	for (int i = 0; i < OPJ_LAYER_PARAMETERS_MAX; i++) {
		if (!layer->parameters[i])
			continue;
		free((char *)layer->parameters[i]->name);
		opj_nd_unref(layer->parameters[i]);
	}
	free(layer->name);
	free(layer);
}

/* A float32 tensor with the values of an array of the file. */
static struct opj_nd *to_nd(struct opj_pool *pool, const struct opj_nir_array *array)
{
	struct opj_nd *nd = opj_nd_create(pool, OPJ_FLOAT32, array->ndim, array->shape);
	for (int64_t i = 0; nd && i < array->count; i++)
		opj_nd_floats(nd)[i] = (float)array->values[i];
	return nd;
}

struct opj_nd *opj_layer_parameter(struct opj_layer *layer, const struct opj_nir_node *node, const char *field,
				   int ndim, int index, const struct opj_simulation *sim, struct opj_error *err)
{
	struct opj_nir_array array;
	if (opj_nir_numbers(node, field, &array, err) != 0)
		return NULL;
	struct opj_nd *nd = NULL;
	char *name = NULL;
	if (array.ndim != ndim) {
		opj_fail(err, "%s: %d dimensions, %d expected", field, array.ndim, ndim);
	} else if (array.count == 0) {
		opj_fail(err, "%s: holds no values", field);
	} else if (asprintf(&name, "%s.%s", layer->name, field) < 0 || !(nd = to_nd(sim->pool, &array))) {
		opj_fail(err, "%s: out of memory", field);
		free(name);
	} else {
		nd->role = OPJ_ROLE_PARAMETER;
		nd->requires_grad = true;
		nd->name = name;
		layer->parameters[index] = nd;
	}
	free(array.values);
	return nd;
}

void opj_layer_say(struct opj_layer *layer, const char *key, struct opj_value value)
{
	layer->attrs[layer->attr_count++] = opj_keyed(key, value);
}

/* Fields that opj_layer_numbers reads, by the names that they have as attributes. */
static const char *const numbers[][4] = {
#define NUMBERS(field)                                                                                                 \
	{                                                                                                              \
		field, field "_min", field "_mean", field "_max"                                                       \
	}
    NUMBERS("r"),           NUMBERS("tau"),     NUMBERS("tau_mem"), NUMBERS("tau_syn"), NUMBERS("v_leak"),
    NUMBERS("v_threshold"), NUMBERS("v_reset"), NUMBERS("w_in"),    NUMBERS("delay"),   NUMBERS("threshold"),
#undef NUMBERS
};

static void say_numbers(struct opj_layer *layer, const char *field, const struct opj_nir_array *array)
{
	size_t row = 0;
	while (strcmp(numbers[row][0], field) != 0)
		row++;
	double least = array->values[0], greatest = least, sum = 0;
	for (int64_t i = 0; i < array->count; i++) {
		least = fmin(least, array->values[i]);
		greatest = fmax(greatest, array->values[i]);
		sum += array->values[i];
	}
	if (least == greatest) {
		opj_layer_say(layer, numbers[row][0], OPJ_FLOAT(least));
		return;
	}
	opj_layer_say(layer, numbers[row][1], OPJ_FLOAT(least));
	opj_layer_say(layer, numbers[row][2], OPJ_FLOAT(sum / (double)array->count));
	opj_layer_say(layer, numbers[row][3], OPJ_FLOAT(greatest));
}

static bool all_equal(const struct opj_nir_array *array)
{
	for (int64_t i = 1; i < array->count; i++) {
		if ((float)array->values[i] != (float)array->values[0])
			return false;
	}
	return array->count > 0;
}

int opj_layer_numbers(struct opj_layer *layer, const struct opj_nir_node *node, const char *field,
		      double (*convert)(double value, const struct opj_simulation *sim),
		      const struct opj_simulation *sim, struct opj_rhs *out, struct opj_error *err)
{
	struct opj_nir_array array;
	char have[OPJ_SHAPE_TEXT], want[OPJ_SHAPE_TEXT];
	if (opj_nir_numbers(node, field, &array, err) != 0)
		return -1;
	int result = 0;
	struct opj_dims dims = {.count = array.ndim};
	bool fits = array.ndim == layer->in.count;
	if (fits)
		memcpy(dims.size, array.shape, (size_t)array.ndim * sizeof *array.shape);
	if (array.ndim > 0 && !(fits && opj_dims_equal(&dims, &layer->in)))
		result =
		    opj_fail(err, "%s: shape %s, but %s flows in", field, opj_shape_text(have, array.ndim, array.shape),
			     opj_shape_text(want, layer->in.count, layer->in.size));
	if (result == 0 && array.count > 0)
		say_numbers(layer, field, &array);
	for (int64_t i = 0; result == 0 && convert && i < array.count; i++) {
		double value = convert(array.values[i], sim);
		if (!(value > 0 && value < 1e30))
			result = opj_fail(err, "%s: value %lld is %g, which is no time constant", field, (long long)i,
					  array.values[i]);
		array.values[i] = value;
	}
	if (result == 0 && all_equal(&array)) {
		*out = opj_number((float)array.values[0]);
	} else if (result == 0) {
		out->nd = to_nd(sim->pool, &array);
		if (!out->nd || layer->buffer_count == OPJ_LAYER_BUFFERS_MAX) {
			result = opj_fail(err, "%s: out of memory", field);
		} else {
			out->nd->role = OPJ_ROLE_BUFFER;
			layer->buffers[layer->buffer_count].name = field;
			layer->buffers[layer->buffer_count++].nd = out->nd;
		}
	}
	free(array.values);
	return result;
}

void opj_layer_set_state(struct opj_layer *layer, int index, struct opj_nd *state)
{
	if (state)
		state->role = OPJ_ROLE_STATE;
	opj_nd_unref(layer->state[index]);
	layer->state[index] = state;
}
