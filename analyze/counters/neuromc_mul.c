/* analyze/counters/neuromc_mul.c: multiplications and divisions; a product with spikes needs none. */
#include "neuromc_rule.h"

/* alpha scales the product, beta the bias, unless they are 1 (or beta 0). */
static int mul_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_rule_product(op, &p, err))
		return -1;
	if (opj_is_unseen(p.x) || opj_is_unseen(p.y))
		return opj_rule_unseen("operands", err);
	bool spikes = opj_is_spikes(p.x) || opj_is_spikes(p.y);
	int64_t out = opj_mul(opj_mul(p.b, p.m), p.n);
	values[0] = spikes ? 0 : opj_mul(out, p.k);
	if (!p.biased)
		return OPJ_COUNTED;
	double alpha = opj_value_number(opj_op_kw(op, "alpha"), 1), beta = opj_value_number(opj_op_kw(op, "beta"), 1);
	if (alpha != 1)
		values[0] = opj_add(values[0], out);
	if (beta != 0 && beta != 1)
		values[0] = opj_add(values[0], out);
	return OPJ_COUNTED;
}

static int mul_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_sums sums;
	if (opj_sums_convolution(op, &sums, err))
		return -1;
	if (opj_is_unseen(opj_op_in(op, 0)) || opj_is_unseen(opj_op_in(op, 1)))
		return opj_rule_unseen("operands", err);
	bool spikes = opj_is_spikes(opj_op_in(op, 0)) || opj_is_spikes(opj_op_in(op, 1));
	values[0] = spikes ? 0 : opj_sums_products(sums);
	return OPJ_COUNTED;
}

static int mul_convolution_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_conv_gradients parts;
	if (opj_sums_convolution_backward(op, &parts, err))
		return -1;
	values[0] = opj_add(opj_sums_products(parts.x), opj_sums_products(parts.w));
	return OPJ_COUNTED;
}

/* x + alpha·y. */
static int mul_scaled_sum(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	if (opj_rule_elements(self, op, values, err))
		return -1;
	if (opj_value_number(opj_op_kw(op, "alpha"), 1) == 1)
		values[0] = 0;
	return OPJ_COUNTED;
}

/* Inference: the scale per element, gamma per element. Training: squares for the variance besides, one scale per
 * channel, two running averages. */
static int mul_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	if (!x)
		return -1;
	bool train = opj_value_truth(opj_op_arg(op, 5), false);
	bool affine = opj_op_arg(op, 1).type != OPJ_VALUE_NONE, running = opj_op_arg(op, 3).type != OPJ_VALUE_NONE;
	int64_t per_element = (train ? 2 : 1) + affine, per_channel = train ? (running ? 3 : 1) : 0;
	values[0] = opj_add(opj_mul(per_element, opj_int(x->numel)), opj_mul(per_channel, x->shape[1]));
	return OPJ_COUNTED;
}

static int mul_batch_norm_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_norm_gradients norm;
	if (opj_norm_backward(op, &norm, err))
		return -1;
	int64_t per_element = norm.want_x ? (norm.train ? 5 : 2) : 0;
	values[0] = opj_mul(per_element + norm.want_gamma, norm.n);
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", mul_product},
    {"aten.addmm.default", mul_product},
    {"aten.bmm.default", mul_product},
    {"aten.baddbmm.default", mul_product},
    {"aten.convolution.default", mul_convolution},
    {"aten.convolution_backward.default", mul_convolution_backward},
    {"aten.native_batch_norm.default", mul_batch_norm},
    {"aten.native_batch_norm_backward.default", mul_batch_norm_backward},
    {"aten.mul.Tensor", opj_rule_elements},
    {"aten.mul_.Tensor", opj_rule_elements},
    {"aten.mul.Scalar", opj_rule_elements},
    {"aten.mul_.Scalar", opj_rule_elements},
    {"aten.div.Tensor", opj_rule_elements},
    {"aten.div_.Tensor", opj_rule_elements},
    {"aten.div.Scalar", opj_rule_elements},
    {"aten.div_.Scalar", opj_rule_elements},
    {"aten.add.Tensor", mul_scaled_sum},
    {"aten.add_.Tensor", mul_scaled_sum},
    {"aten.add.Scalar", mul_scaled_sum},
    {"aten.add_.Scalar", mul_scaled_sum},
    {"aten.sub.Tensor", mul_scaled_sum},
    {"aten.sub_.Tensor", mul_scaled_sum},
    {"aten.sub.Scalar", mul_scaled_sum},
    {"aten.sub_.Scalar", mul_scaled_sum},
    {"aten.rsub.Tensor", mul_scaled_sum},
    {"aten.rsub.Scalar", mul_scaled_sum},
};

static opj_count_fn mul_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_neuromc_mul = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_mul",
    .unit = "multiplications",
    .summary = "multiplications and divisions; none in products with a spike operand",
    .boundary = "pooling, activations; the zeros of an operand that is not binary",
    .metric_count = 1,
    .rule = mul_rule,
};
