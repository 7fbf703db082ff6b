/* analyze/counters/flop.c: arithmetic operations, one for each addition, multiplication, division or comparison.
 *
 * Formulas: docs/counters.md. A sum of n terms is n - 1 operations; nothing is saved because operands are zero. */
#include "rule.h"

/* x @ y, or beta·bias + alpha·(x @ y). */
static int flop_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_product_read(known, op, &p, err))
		return -1;
	if (p.biased && !p.bias)
		return opj_fail(err, "argument %d (bias) is missing or no tensor", known->form.product.bias);
	struct opj_sums sums = opj_product_sums(&p);
	int64_t flops = opj_mul(sums.outputs, opj_sub(opj_mul(2, sums.terms), 1));
	if (p.scaled)
		flops = opj_add(flops, sums.outputs);
	if (p.beta != 0)
		flops = opj_add(flops, sums.outputs);
	if (p.beta != 0 && p.beta != 1)
		flops = opj_add(flops, opj_int(p.bias->numel));
	values[0] = flops;
	return OPJ_COUNTED;
}

/* A multiplication and an addition for each product, less the first addition of each output element. */
static int64_t sums_of(int64_t products, const struct opj_operand *out)
{
	return opj_sub(opj_mul(2, products), opj_int(out->numel));
}

static int flop_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			    struct opj_error *err)
{
	(void)self;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	values[0] = sums_of(opj_convolution_products(&c), c.out);
	if (c.bias)
		values[0] = opj_add(values[0], opj_int(c.out->numel));
	return OPJ_COUNTED;
}

static int flop_convolution_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				     int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_convolution_gradients g;
	if (opj_convolution_gradients_read(known, op, &g, err))
		return -1;
	int64_t flops = 0;
	if (g.grad_x)
		flops = sums_of(opj_grad_x_products(&g), g.grad_x);
	if (g.grad_w)
		flops = opj_add(flops, sums_of(opj_grad_w_products(&g), g.grad_w));
	if (g.wants_bias && g.biased)
		flops = opj_add(flops, opj_sums_additions(opj_grad_bias_sums(&g)));
	values[0] = flops;
	return OPJ_COUNTED;
}

static int flop_max_pool(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			 struct opj_error *err)
{
	(void)self;
	struct opj_sums windows;
	if (opj_pool_read(known, op, &windows, err))
		return -1;
	values[0] = opj_sums_additions(windows); /* the largest of k values takes k - 1 comparisons */
	return OPJ_COUNTED;
}

static int flop_avg_pool(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			 struct opj_error *err)
{
	(void)self;
	struct opj_sums windows;
	if (opj_pool_read(known, op, &windows, err))
		return -1;
	values[0] = opj_sums_terms(windows);
	return OPJ_COUNTED;
}

static int flop_mean(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		     struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *x = opj_need_in(op, 0, 0, "input", err);
	if (!x)
		return -1;
	values[0] = opj_int(x->numel);
	return OPJ_COUNTED;
}

/* x + alpha·y: one addition per element, and a multiplication per element of y unless alpha is 1. */
static int flop_add(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		    struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *out = opj_need_out(op, 0, 0, err);
	if (!out)
		return -1;
	int64_t flops = opj_int(out->numel);
	if (opj_value_number(opj_op_kw(op, "alpha"), 1) != 1) {
		const struct opj_operand *y = opj_op_in(op, 1);
		flops = opj_add(flops, y ? opj_int(y->numel) : 1);
	}
	values[0] = flops;
	return OPJ_COUNTED;
}

/* 1 / (1 + exp(-x)): four operations an element. */
static int flop_sigmoid(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *out = opj_need_out(op, 0, 0, err);
	if (!out)
		return -1;
	values[0] = opj_mul(4, opj_int(out->numel));
	return OPJ_COUNTED;
}

/* Inference: sqrt(var + eps), then (x - mean) / std. Training adds mean and variance of the batch. */
static int flop_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			   struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err))
		return -1;
	int64_t per_element = norm.train ? 5 : 2, per_channel = norm.train ? 4 : 2;
	if (norm.affine)
		per_element += 2;
	if (norm.train && norm.running)
		per_channel += 6;
	values[0] = opj_add(opj_mul(per_element, norm.n), opj_mul(per_channel, norm.c));
	return OPJ_COUNTED;
}

/* Training: the gradients of gamma and beta are by-products of the input's (x_hat 2n, their sums n - c and 2n - c, the
 * rest 5n + 2c). Inference: each is computed for itself. */
static int flop_batch_norm_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				    int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_norm_gradients norm;
	if (opj_norm_gradients_read(known, op, &norm, err))
		return -1;
	int64_t per_element = 0, per_channel = 0;
	if (norm.want_x)
		per_element += norm.train ? 10 : 2;
	if (norm.want_gamma && !(norm.train && norm.want_x)) {
		per_element += 4;
		per_channel -= 1;
	}
	if (norm.want_beta && !(norm.train && norm.want_x)) {
		per_element += 1;
		per_channel -= 1;
	}
	values[0] = opj_add(opj_mul(per_element, norm.n), opj_mul(per_channel, norm.c));
	return OPJ_COUNTED;
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = flop_product,
    [OPJ_FAMILY_CONVOLUTION] = flop_convolution,
    [OPJ_FAMILY_CONVOLUTION_BACKWARD] = flop_convolution_backward,
    [OPJ_FAMILY_NORM] = flop_batch_norm,
    [OPJ_FAMILY_NORM_BACKWARD] = flop_batch_norm_backward,
    [OPJ_FAMILY_MAX_POOL] = flop_max_pool,
    [OPJ_FAMILY_MAX_POOL_BACKWARD] = opj_rule_nothing,
    [OPJ_FAMILY_AVG_POOL] = flop_avg_pool,
    [OPJ_FAMILY_SUM] = opj_rule_sum,
    [OPJ_FAMILY_MEAN] = flop_mean,
    [OPJ_FAMILY_ADD] = flop_add,
    [OPJ_FAMILY_NEGATE] = opj_rule_elements,
    [OPJ_FAMILY_MULTIPLY] = opj_rule_elements,
    [OPJ_FAMILY_COMPARE] = opj_rule_elements,
    [OPJ_FAMILY_LOGIC] = opj_rule_elements,
    [OPJ_FAMILY_SIGMOID_IN_PLACE] = flop_sigmoid,
    [OPJ_FAMILY_RESHAPE] = opj_rule_view,
    [OPJ_FAMILY_VIEW] = opj_rule_nothing,
    [OPJ_FAMILY_TRANSPOSE] = opj_rule_nothing,
    [OPJ_FAMILY_SELECT_BACKWARD] = opj_rule_nothing,
    [OPJ_FAMILY_STACK] = opj_rule_nothing,
    [OPJ_FAMILY_COPY] = opj_rule_nothing,
    [OPJ_FAMILY_FULL] = opj_rule_nothing,
    [OPJ_FAMILY_ONES] = opj_rule_nothing,
    [OPJ_FAMILY_EMPTY] = opj_rule_nothing,
};

const struct opj_counter opj_counter_flop = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "flop",
    .unit = "FLOPs",
    .summary = "arithmetic operations as if every operand were dense",
    .boundary = "data movement, operations saved by sparsity",
    .metric_count = 1,
    .rules = rules,
};
