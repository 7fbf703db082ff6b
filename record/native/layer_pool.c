/* record/native/layer_pool.c: SumPool2d and AvgPool2d. */
#include "layer.h"

struct pool {
	struct opj_layer base;
	int64_t kernel[2], stride[2], padding[2];
	bool sum;
};

static int read_geometry(struct pool *p, const struct opj_nir_node *node, struct opj_error *err)
{
	if (opj_nir_integers(node, "kernel_size", 2, p->kernel, err) != 0 ||
	    opj_nir_integers(node, "stride", 2, p->stride, err) != 0 ||
	    opj_nir_integers(node, "padding", 2, p->padding, err) != 0)
		return -1;
	for (int d = 0; d < 2; d++) {
		if (p->kernel[d] < 1)
			return opj_fail(err, "kernel_size: %lld is not positive", (long long)p->kernel[d]);
		if (p->stride[d] < 1)
			return opj_fail(err, "stride: %lld is not positive", (long long)p->stride[d]);
		if (p->padding[d] < 0 || p->padding[d] > p->kernel[d] / 2)
			return opj_fail(err, "padding: %lld is not between 0 and half of the kernel, %lld",
					(long long)p->padding[d], (long long)p->kernel[d]);
	}
	return 0;
}

/* A pair of equal numbers is given as one, the way a module is usually written. */
static struct opj_value pair(const int64_t values[2])
{
	return values[0] == values[1] ? OPJ_INT(values[0]) : OPJ_INTS(2, values);
}

static int create_pool(struct opj_layer *layer, const struct opj_nir_node *node, struct opj_error *err)
{
	struct pool *p = (struct pool *)layer;
	char text[OPJ_SHAPE_TEXT];
	if (read_geometry(p, node, err) != 0)
		return -1;
	opj_shape_text(text, layer->in.count, layer->in.size);
	if (layer->in.count != 3)
		return opj_fail(err, "takes [channels, height, width], but %s flows in", text);
	for (int d = 0; d < 2; d++) {
		layer->out.size[1 + d] =
		    opj_window_count(layer->in.size[1 + d], p->kernel[d], p->stride[d], p->padding[d], 1);
		if (layer->out.size[1 + d] < 1)
			return opj_fail(err, "kernel_size: does not fit into the input %s", text);
	}
	opj_layer_say(layer, "kernel_size", pair(p->kernel));
	opj_layer_say(layer, "stride", pair(p->stride));
	opj_layer_say(layer, "padding", pair(p->padding));
	opj_layer_say(layer, "ceil_mode", OPJ_BOOL(false));
	opj_layer_say(layer, "count_include_pad", OPJ_BOOL(true));
	return 0;
}

static int create_avg(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
		      struct opj_error *err)
{
	(void)sim;
	return create_pool(layer, node, err);
}

static int create_sum(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
		      struct opj_error *err)
{
	(void)sim;
	((struct pool *)layer)->sum = true;
	return create_pool(layer, node, err);
}

static struct opj_nd *step_pool(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	struct pool *p = (struct pool *)layer;
	return opj_aten_avg_pool2d(x, in, p->kernel, p->stride, p->padding, p->sum);
}

static const char *const avg_bases[] = {"AvgPool2d", "_AvgPoolNd", "Module", NULL};
static const char *const sum_bases[] = {"SumPool2d", "_AvgPoolNd", "Module", NULL};

const struct opj_layer_type opj_avg_pool2d_type = {
    .nir = "AvgPool2d", .bases = avg_bases, .size = sizeof(struct pool), .create = create_avg, .step = step_pool};
const struct opj_layer_type opj_sum_pool2d_type = {
    .nir = "SumPool2d", .bases = sum_bases, .size = sizeof(struct pool), .create = create_sum, .step = step_pool};
