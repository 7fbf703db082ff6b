/* record/native/layer_threshold.c: Threshold, the step function 1 where x > threshold, else 0, without a state. It runs
 * as a neuron's firing does: a difference, a comparison with 0, a conversion. */
#include "layer.h"

struct threshold {
	struct opj_layer base;
	struct opj_rhs threshold;
};

static int create_threshold(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			    struct opj_error *err)
{
	return opj_layer_numbers(layer, node, "threshold", NULL, sim, &((struct threshold *)layer)->threshold, err);
}

static struct opj_nd *step_threshold(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	struct opj_nd *above = opj_aten_binary(x, OPJ_SUB, in, ((struct threshold *)layer)->threshold);
	struct opj_nd *fired = opj_aten_positive(x, above, &layer->spikes);
	opj_nd_unref(above);
	struct opj_nd *out = opj_aten_to_float(x, fired);
	opj_nd_unref(fired);
	return out;
}

static void destroy_threshold(struct opj_layer *layer)
{
	opj_nd_unref(((struct threshold *)layer)->threshold.nd);
}

static const char *const bases[] = {"Threshold", "Module", NULL};

const struct opj_layer_type opj_threshold_type = {.nir = "Threshold",
						  .bases = bases,
						  .spiking = true,
						  .size = sizeof(struct threshold),
						  .create = create_threshold,
						  .step = step_threshold,
						  .destroy = destroy_threshold};
