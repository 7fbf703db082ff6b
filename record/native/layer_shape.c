/* record/native/layer_shape.c: nodes that compute nothing: Input and Output pass values through, Flatten renames them.
 * Frameworks have no module for them. */
#include "layer.h"
#include <stdlib.h>

struct flatten {
	struct opj_layer base;
	int64_t shape[OPJ_DIMS_MAX]; /* with the batch */
};

/* An Input or Output states the shape that passes it. */
static int create_port(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
		       struct opj_error *err)
{
	(void)sim;
	struct opj_nir_array array;
	char have[OPJ_SHAPE_TEXT], text[OPJ_SHAPE_TEXT];
	if (opj_nir_numbers(node, "shape", &array, err) != 0)
		return -1;
	bool equal = array.count == layer->in.count && array.ndim <= 1;
	for (int64_t i = 0; equal && i < array.count; i++)
		equal = array.values[i] == (double)layer->in.size[i];
	int64_t shape[OPJ_NIR_DIMS_MAX];
	int count = array.count <= OPJ_NIR_DIMS_MAX ? (int)array.count : OPJ_NIR_DIMS_MAX;
	for (int i = 0; i < count; i++)
		shape[i] = (int64_t)array.values[i];
	int result = 0;
	if (!equal)
		result = opj_fail(err, "shape: %s, but %s flows in", opj_shape_text(have, count, shape),
				  opj_shape_text(text, layer->in.count, layer->in.size));
	free(array.values);
	return result;
}

static struct opj_nd *step_port(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	(void)x, (void)layer;
	return opj_nd_ref(in);
}

/* start_dim and end_dim count the dimensions without the batch, negative ones from the end. */
static int create_flatten(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			  struct opj_error *err)
{
	struct flatten *f = (struct flatten *)layer;
	int64_t start = 1, end = -1, count = layer->in.count;
	if (opj_nir_has(node, "start_dim") && opj_nir_integers(node, "start_dim", 1, &start, err) != 0)
		return -1;
	if (opj_nir_has(node, "end_dim") && opj_nir_integers(node, "end_dim", 1, &end, err) != 0)
		return -1;
	int64_t first = start < 0 ? start + count : start, last = end < 0 ? end + count : end;
	if (first < 0 || last >= count || first > last)
		return opj_fail(err, "start_dim %lld, end_dim %lld: not a range of the %lld dimensions that flow in",
				(long long)start, (long long)end, (long long)count);
	layer->out = (struct opj_dims){0};
	for (int64_t d = 0; d < count; d++) {
		if (d > first && d <= last)
			layer->out.size[layer->out.count - 1] *= layer->in.size[d]; /* a part of a checked product */
		else
			layer->out.size[layer->out.count++] = layer->in.size[d];
	}
	f->shape[0] = sim->batch;
	memcpy(f->shape + 1, layer->out.size, (size_t)layer->out.count * sizeof *f->shape);
	return 0;
}

static struct opj_nd *step_flatten(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	return opj_aten_view(x, in, 1 + layer->out.count, ((struct flatten *)layer)->shape);
}

const struct opj_layer_type opj_input_type = {
    .nir = "Input", .size = sizeof(struct opj_layer), .create = create_port, .step = step_port};
const struct opj_layer_type opj_output_type = {
    .nir = "Output", .size = sizeof(struct opj_layer), .create = create_port, .step = step_port};
const struct opj_layer_type opj_flatten_type = {
    .nir = "Flatten", .size = sizeof(struct flatten), .create = create_flatten, .step = step_flatten};
