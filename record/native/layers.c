/* record/native/layers.c: the list of node types, and how a layer of one of them is made. */
#include "layer.h"
#include <stdlib.h>

static const struct opj_layer_type *const types[] = {
    &opj_affine_type,     &opj_linear_type,     &opj_scale_type,    &opj_conv1d_type, &opj_conv2d_type,
    &opj_sum_pool2d_type, &opj_avg_pool2d_type, &opj_flatten_type,  &opj_input_type,  &opj_output_type,
    &opj_threshold_type,  &opj_delay_type,      &opj_i_type,        &opj_if_type,     &opj_li_type,
    &opj_lif_type,        &opj_cuba_li_type,    &opj_cuba_lif_type,
};

const struct opj_layer_type *opj_layer_type_find(const char *nir)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(types[i]->nir, nir) == 0)
			return types[i];
	}
	return NULL;
}

/* Creates in place; a failure leaves what was made so far to opj_layer_destroy. */
static int fill_layer(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_dims *in,
		      const struct opj_simulation *sim, struct opj_error *err)
{
	char text[OPJ_SHAPE_TEXT];
	layer->name = strdup(node->name);
	if (!layer->name)
		return opj_fail(err, "out of memory");
	layer->in = *in;
	layer->out = *in; /* what most types give */
	if (layer->type->create && layer->type->create(layer, node, sim, err) != 0)
		return -1;
	if (opj_shape_count(layer->out.count, layer->out.size) < 0)
		return opj_fail(err, "output %s is too large", opj_shape_text(text, layer->out.count, layer->out.size));
	return 0;
}

struct opj_layer *opj_layer_create(const struct opj_nir_node *node, const struct opj_dims *in,
				   const struct opj_simulation *sim, struct opj_error *err)
{
	const struct opj_layer_type *type = opj_layer_type_find(node->type);
	struct opj_layer *layer = type ? calloc(1, type->size) : NULL;
	int result = -1;
	if (!type) {
		opj_fail(err, "type: \"%s\" is not a known node type", node->type);
	} else if (!layer) {
		opj_fail(err, "out of memory");
	} else {
		layer->type = type;
		result = fill_layer(layer, node, in, sim, err);
	}
	if (result == 0)
		return layer;
	char where[300];
	snprintf(where, sizeof where, "node \"%s\"", node->name);
	opj_fail_in(err, where);
	opj_layer_destroy(layer);
	return NULL;
}
