/* record/native/layer_conv.c: Conv1d and Conv2d. */
#include "layer.h"
#include <stdlib.h>

struct conv {
	struct opj_layer base;
	struct opj_conv conv;
	int64_t kernel[2];
	int64_t pad[4]; /* explicit zeros before the convolution, as opj_aten_pad takes them */
	bool padded;
	const char *word; /* "same" or "valid" where the file says that in place of numbers, else NULL */
};

/* "same": as many zeros as keep the extent, at stride 1. An odd number of them cannot be split evenly; then they are
 * put in front as an operator of their own, the extra one at the end, as PyTorch does. */
static int pad_same(struct conv *c, struct opj_error *err)
{
	int spatial = c->conv.spatial;
	for (int d = 0; d < spatial; d++) {
		if (c->conv.stride[d] != 1)
			return opj_fail(err, "padding: \"same\" needs a stride of 1, not %lld",
					(long long)c->conv.stride[d]);
		int64_t total = c->conv.dilation[d] * (c->kernel[d] - 1);
		c->conv.padding[d] = total / 2;
		c->pad[2 * (spatial - 1 - d)] = total / 2;
		c->pad[2 * (spatial - 1 - d) + 1] = total - total / 2;
		c->padded = c->padded || total % 2 != 0;
	}
	for (int d = 0; c->padded && d < spatial; d++)
		c->conv.padding[d] = 0;
	return 0;
}

static int read_padding(struct conv *c, const struct opj_nir_node *node, struct opj_error *err)
{
	char *text = opj_nir_text(node, "padding");
	if (!text)
		return opj_nir_integers(node, "padding", c->conv.spatial, c->conv.padding, err);
	int result = 0;
	c->word = strcmp(text, "same") == 0 ? "same" : "valid";
	if (strcmp(text, "same") == 0)
		result = pad_same(c, err);
	else if (strcmp(text, "valid") != 0)
		result = opj_fail(err, "padding: \"%s\" is neither \"same\" nor \"valid\"", text);
	free(text);
	return result;
}

static int read_geometry(struct conv *c, const struct opj_nir_node *node, const struct opj_nd *weight,
			 struct opj_error *err)
{
	int spatial = c->conv.spatial;
	if (opj_nir_integers(node, "stride", spatial, c->conv.stride, err) != 0 ||
	    opj_nir_integers(node, "dilation", spatial, c->conv.dilation, err) != 0 ||
	    opj_nir_integers(node, "groups", 1, &c->conv.groups, err) != 0)
		return -1;
	for (int d = 0; d < spatial; d++) {
		c->kernel[d] = weight->shape[2 + d];
		if (c->conv.stride[d] < 1)
			return opj_fail(err, "stride: %lld is not positive", (long long)c->conv.stride[d]);
		if (c->conv.dilation[d] < 1)
			return opj_fail(err, "dilation: %lld is not positive", (long long)c->conv.dilation[d]);
	}
	if (c->conv.groups < 1 || weight->shape[0] % c->conv.groups != 0)
		return opj_fail(err, "groups: %lld does not divide %lld output channels", (long long)c->conv.groups,
				(long long)weight->shape[0]);
	if (read_padding(c, node, err) != 0)
		return -1;
	for (int d = 0; d < spatial; d++) {
		if (c->conv.padding[d] < 0)
			return opj_fail(err, "padding: %lld is negative", (long long)c->conv.padding[d]);
	}
	return 0;
}

/* The output's shape; fails where the input does not suit. */
static int infer_shape(struct conv *c, const struct opj_nd *weight, struct opj_error *err)
{
	struct opj_layer *layer = &c->base;
	char text[OPJ_SHAPE_TEXT];
	int spatial = c->conv.spatial;
	int64_t channels = weight->shape[1] * c->conv.groups;
	opj_shape_text(text, layer->in.count, layer->in.size);
	if (layer->in.count != 1 + spatial || layer->in.size[0] != channels)
		return opj_fail(err, "weight: takes %lld channels in %d dimension%s, but %s flows in",
				(long long)channels, spatial, spatial == 1 ? "" : "s", text);
	layer->out = (struct opj_dims){.count = 1 + spatial, .size = {weight->shape[0]}};
	for (int d = 0; d < spatial; d++) {
		int at = 2 * (spatial - 1 - d);
		int64_t size = layer->in.size[1 + d] + (c->padded ? c->pad[at] + c->pad[at + 1] : 0);
		layer->out.size[1 + d] =
		    opj_window_count(size, c->kernel[d], c->conv.stride[d], c->conv.padding[d], c->conv.dilation[d]);
		if (layer->out.size[1 + d] < 1)
			return opj_fail(err, "weight: the kernel does not fit into the input %s", text);
	}
	return 0;
}

/* The columns of one sample and one group must have a size that a BLAS can take. */
static int check_size(const struct conv *c, const struct opj_nd *weight, struct opj_error *err)
{
	int64_t sizes[6] = {weight->shape[1]};
	for (int d = 0; d < c->conv.spatial; d++) {
		sizes[1 + 2 * d] = c->kernel[d];
		sizes[2 + 2 * d] = c->base.out.size[1 + d];
	}
	return opj_shape_count(1 + 2 * c->conv.spatial, sizes) >= 0
		   ? 0
		   : opj_fail(err, "weight: kernel times output is too large to compute");
}

static void describe(struct conv *c, const struct opj_nd *weight)
{
	struct opj_layer *layer = &c->base;
	uint32_t spatial = (uint32_t)c->conv.spatial;
	struct opj_value attrs[] = {
	    opj_keyed("in_channels", OPJ_INT(weight->shape[1] * c->conv.groups)),
	    opj_keyed("out_channels", OPJ_INT(weight->shape[0])),
	    opj_keyed("kernel_size", OPJ_INTS(spatial, c->kernel)),
	    opj_keyed("stride", OPJ_INTS(spatial, c->conv.stride)),
	    opj_keyed("padding", c->word ? OPJ_STRING(c->word) : OPJ_INTS(spatial, c->conv.padding)),
	    opj_keyed("padding_mode", OPJ_STRING("zeros")),
	    opj_keyed("dilation", OPJ_INTS(spatial, c->conv.dilation)),
	    opj_keyed("groups", OPJ_INT(c->conv.groups)),
	};
	memcpy(layer->attrs, attrs, sizeof attrs);
	layer->attr_count = sizeof attrs / sizeof *attrs;
}

static int create_conv(struct conv *c, int spatial, const struct opj_nir_node *node, const struct opj_simulation *sim,
		       struct opj_error *err)
{
	struct opj_nd *weight = opj_layer_parameter(&c->base, node, "weight", 2 + spatial, 0, sim, err);
	if (!weight)
		return -1;
	c->conv.spatial = spatial;
	if (read_geometry(c, node, weight, err) != 0 || infer_shape(c, weight, err) != 0 ||
	    check_size(c, weight, err) != 0)
		return -1;
	describe(c, weight);
	if (!opj_nir_has(node, "bias"))
		return 0;
	struct opj_nd *bias = opj_layer_parameter(&c->base, node, "bias", 1, 1, sim, err);
	if (!bias)
		return -1;
	if (bias->shape[0] != weight->shape[0])
		return opj_fail(err, "bias: %lld values for %lld output channels", (long long)bias->shape[0],
				(long long)weight->shape[0]);
	return 0;
}

static int create_conv1d(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			 struct opj_error *err)
{
	return create_conv((struct conv *)layer, 1, node, sim, err);
}

static int create_conv2d(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			 struct opj_error *err)
{
	return create_conv((struct conv *)layer, 2, node, sim, err);
}

static struct opj_nd *step_conv(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	struct conv *c = (struct conv *)layer;
	struct opj_nd *padded = c->padded ? opj_aten_pad(x, in, c->conv.spatial, c->pad) : opj_nd_ref(in);
	struct opj_nd *out = opj_aten_convolution(x, padded, layer->parameters[0], layer->parameters[1], &c->conv);
	opj_nd_unref(padded);
	return out;
}

static const char *const conv1d_bases[] = {"Conv1d", "_ConvNd", "Module", NULL};
static const char *const conv2d_bases[] = {"Conv2d", "_ConvNd", "Module", NULL};

const struct opj_layer_type opj_conv1d_type = {
    .nir = "Conv1d", .bases = conv1d_bases, .size = sizeof(struct conv), .create = create_conv1d, .step = step_conv};
const struct opj_layer_type opj_conv2d_type = {
    .nir = "Conv2d", .bases = conv2d_bases, .size = sizeof(struct conv), .create = create_conv2d, .step = step_conv};
