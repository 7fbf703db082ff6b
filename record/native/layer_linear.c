/* record/native/layer_linear.c: Affine, Linear (matrix products, PyTorch's Linear) and Scale (a product by element). */
#include "layer.h"

static int create_linear(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			 struct opj_error *err)
{
	char text[OPJ_SHAPE_TEXT];
	struct opj_nd *weight = opj_layer_parameter(layer, node, "weight", 2, 0, sim, err);
	if (!weight)
		return -1;
	if (layer->in.count != 1 || layer->in.size[0] != weight->shape[1])
		return opj_fail(err, "weight: takes [%lld], but %s flows in", (long long)weight->shape[1],
				opj_shape_text(text, layer->in.count, layer->in.size));
	layer->out = (struct opj_dims){.count = 1, .size = {weight->shape[0]}};
	opj_layer_say(layer, "in_features", OPJ_INT(weight->shape[1]));
	opj_layer_say(layer, "out_features", OPJ_INT(weight->shape[0]));
	return 0;
}

static int create_affine(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			 struct opj_error *err)
{
	if (create_linear(layer, node, sim, err) != 0)
		return -1;
	struct opj_nd *bias = opj_layer_parameter(layer, node, "bias", 1, 1, sim, err);
	if (!bias)
		return -1;
	if (bias->shape[0] != layer->out.size[0])
		return opj_fail(err, "bias: %lld values for %lld outputs", (long long)bias->shape[0],
				(long long)layer->out.size[0]);
	return 0;
}

static struct opj_nd *step_linear(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	struct opj_nd *wt = opj_aten_t(x, layer->parameters[0]);
	struct opj_nd *out = opj_aten_linear(x, layer->parameters[1], in, wt);
	opj_nd_unref(wt);
	return out;
}

static int create_scale(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			struct opj_error *err)
{
	char text[OPJ_SHAPE_TEXT];
	struct opj_nd *scale = opj_layer_parameter(layer, node, "scale", layer->in.count, 0, sim, err);
	if (!scale)
		return -1;
	if (memcmp(scale->shape, layer->in.size, (size_t)layer->in.count * sizeof *scale->shape) != 0)
		return opj_fail(err, "scale: its shape is not %s, which flows in",
				opj_shape_text(text, layer->in.count, layer->in.size));
	return 0;
}

static struct opj_nd *step_scale(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	return opj_aten_binary_nd(x, OPJ_MUL, in, layer->parameters[0]);
}

static const char *const linear_bases[] = {"Linear", "Module", NULL};
static const char *const scale_bases[] = {"Scale", "Module", NULL};

const struct opj_layer_type opj_linear_type = {.nir = "Linear",
					       .bases = linear_bases,
					       .size = sizeof(struct opj_layer),
					       .create = create_linear,
					       .step = step_linear};
const struct opj_layer_type opj_affine_type = {.nir = "Affine",
					       .bases = linear_bases,
					       .size = sizeof(struct opj_layer),
					       .create = create_affine,
					       .step = step_linear};
const struct opj_layer_type opj_scale_type = {
    .nir = "Scale", .bases = scale_bases, .size = sizeof(struct opj_layer), .create = create_scale, .step = step_scale};
