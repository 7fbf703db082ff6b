/* analyze/counters/flop.c: arithmetic operations, one for each addition, multiplication, division or comparison.
 *
 * Formulas: docs/counters.md. A sum of n terms is n - 1 operations; nothing is saved because operands are zero. */
#include "rule.h"

static int flop_none(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self, (void)op, (void)err;
	values[0] = 0;
	return OPJ_COUNTED;
}

static int flop_view(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self, (void)err;
	values[0] = 0;
	return opj_rule_idle_view(op) ? OPJ_NOT_CONCERNED : OPJ_COUNTED;
}

/* b·m·n inner products of length k. */
static int64_t products(const struct opj_product *p)
{
	return opj_mul(opj_mul(opj_mul(p->b, p->m), p->n), opj_sub(opj_mul(2, p->k), 1));
}

/* x @ y, or beta·bias + alpha·(x @ y). */
static int flop_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_rule_product(op, &p, err))
		return -1;
	values[0] = products(&p);
	if (!p.biased)
		return OPJ_COUNTED;
	const struct opj_operand *bias = opj_rule_in(op, 0, 0, "bias", err);
	if (!bias)
		return -1;
	double alpha = opj_value_number(opj_op_kw(op, "alpha"), 1), beta = opj_value_number(opj_op_kw(op, "beta"), 1);
	int64_t out = opj_mul(opj_mul(p.b, p.m), p.n), flops = values[0];
	if (alpha != 1)
		flops = opj_add(flops, out);
	if (beta != 0)
		flops = opj_add(flops, out);
	if (beta != 0 && beta != 1)
		flops = opj_add(flops, opj_int(bias->numel));
	values[0] = flops;
	return OPJ_COUNTED;
}

/* 2·taps operations at each of positions·channels·batch, less the first addition of each output element. */
static int64_t convolution(int64_t taps, int64_t positions, int64_t channels, int64_t batch, uint64_t out_numel)
{
	int64_t flops = opj_mul(opj_mul(opj_mul(opj_mul(2, taps), positions), channels), batch);
	return opj_sub(flops, opj_int(out_numel));
}

static int flop_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	const struct opj_operand *w = x ? opj_rule_in(op, 1, 2, "weight", err) : NULL;
	const struct opj_operand *out = w ? opj_rule_out(op, 0, 2, err) : NULL;
	if (!out)
		return -1;
	bool transposed = opj_value_truth(opj_op_arg(op, 6), false);
	int64_t flops = convolution(opj_shape_product(w, 1), opj_shape_product(transposed ? x : out, 2), w->shape[0],
				    x->shape[0], out->numel);
	if (opj_op_arg(op, 2).type != OPJ_VALUE_NONE)
		flops = opj_add(flops, opj_int(out->numel));
	values[0] = flops;
	return OPJ_COUNTED;
}

/* Gradient of the input: a convolution of the output's gradient with the weight, transposed where the forward was not.
 * Gradient of the weight: a convolution of the input (as batch: channels) with the output's gradient (as kernel).
 * Gradient of the bias: a sum per output channel. */
static int flop_convolution_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *grad = opj_rule_in(op, 0, 2, "grad_output", err);
	const struct opj_operand *x = grad ? opj_rule_in(op, 1, 2, "input", err) : NULL;
	const struct opj_operand *w = x ? opj_rule_in(op, 2, 2, "weight", err) : NULL;
	if (!w)
		return -1;
	struct opj_value mask = opj_op_arg(op, 10);
	if (opj_value_count(mask) < 3)
		return opj_fail(err, "argument 10 (output_mask) is no list of three");
	bool transposed = opj_value_truth(opj_op_arg(op, 7), false);
	int64_t flops = 0;
	if (opj_value_truth(opj_value_item(mask, 0), false)) {
		const struct opj_operand *grad_x = opj_rule_out(op, 0, 2, err);
		if (!grad_x)
			return -1;
		flops = convolution(opj_shape_product(w, 1), opj_shape_product(transposed ? grad_x : grad, 2),
				    w->shape[0], grad->shape[0], grad_x->numel);
	}
	if (opj_value_truth(opj_value_item(mask, 1), false)) {
		const struct opj_operand *grad_w = opj_rule_out(op, 1, 2, err);
		if (!grad_w)
			return -1;
		const struct opj_operand *image = transposed ? grad : x, *kernel = transposed ? x : grad;
		int64_t taps = opj_mul(kernel->shape[0], opj_shape_product(kernel, 2));
		flops = opj_add(flops, convolution(taps, opj_shape_product(grad_w, 2), kernel->shape[1],
						   image->shape[1], grad_w->numel));
	}
	if (opj_value_truth(opj_value_item(mask, 2), false) && opj_op_arg(op, 3).type != OPJ_VALUE_NONE) {
		int64_t terms = opj_mul(grad->shape[0], opj_shape_product(grad, 2));
		flops = opj_add(flops, opj_mul(grad->shape[1], opj_sub(terms, 1)));
	}
	values[0] = flops;
	return OPJ_COUNTED;
}

static int flop_max_pool(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
	if (!out)
		return -1;
	if (!opj_value_count(opj_op_arg(op, 1)))
		return opj_fail(err, "argument 1 (kernel_size) is no list");
	values[0] = opj_mul(opj_int(out->numel), opj_sub(opj_list_product(opj_op_arg(op, 1)), 1));
	return OPJ_COUNTED;
}

static int flop_avg_pool(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
	if (!out)
		return -1;
	if (!opj_value_count(opj_op_arg(op, 1)))
		return opj_fail(err, "argument 1 (kernel_size) is no list");
	values[0] = opj_mul(opj_int(out->numel), opj_list_product(opj_op_arg(op, 1)));
	return OPJ_COUNTED;
}

static int flop_mean(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 0, "input", err);
	if (!x)
		return -1;
	values[0] = opj_int(x->numel);
	return OPJ_COUNTED;
}

/* x + alpha·y: one addition per element, and a multiplication per element of y unless alpha is 1. */
static int flop_add(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
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
static int flop_sigmoid(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
	if (!out)
		return -1;
	values[0] = opj_mul(4, opj_int(out->numel));
	return OPJ_COUNTED;
}

static int flop_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	if (!x)
		return -1;
	bool train = opj_value_truth(opj_op_arg(op, 5), false);
	bool affine = opj_op_arg(op, 1).type != OPJ_VALUE_NONE, running = opj_op_arg(op, 3).type != OPJ_VALUE_NONE;
	/* inference: sqrt(var + eps), then (x - mean) / std; training adds mean and variance of the batch. */
	int64_t per_element = train ? 5 : 2, per_channel = train ? 4 : 2;
	if (affine)
		per_element += 2;
	if (train && running)
		per_channel += 6;
	values[0] = opj_add(opj_mul(per_element, opj_int(x->numel)), opj_mul(per_channel, x->shape[1]));
	return OPJ_COUNTED;
}

static int flop_batch_norm_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *grad = opj_rule_in(op, 0, 2, "grad_out", err);
	if (!grad)
		return -1;
	uint32_t last = op->signature->in_count - 1;
	struct opj_value mask = opj_op_arg(op, last);
	if (op->signature->in_count < 6 || opj_value_count(mask) < 3)
		return opj_fail(err, "its last argument (output_mask) is no list of three");
	bool train = opj_value_truth(opj_op_arg(op, last - 2), false);
	bool want_x = opj_value_truth(opj_value_item(mask, 0), false);
	bool want_gamma = opj_value_truth(opj_value_item(mask, 1), false);
	bool want_beta = opj_value_truth(opj_value_item(mask, 2), false);
	const struct opj_operand *gamma = opj_op_in(op, 2);
	int64_t n = opj_int(grad->numel), c = gamma ? opj_int(gamma->numel) : grad->shape[1];
	int64_t per_element = 0, per_channel = 0;
	/* Training: the gradients of gamma and beta are by-products of the input's (x_hat 2n, their sums n - c and 2n -
	 * c, the rest 5n + 2c). Inference: each is computed for itself. */
	if (want_x) {
		per_element += train ? 10 : 2;
	}
	if (want_gamma && !(train && want_x)) {
		per_element += 4;
		per_channel -= 1;
	}
	if (want_beta && !(train && want_x)) {
		per_element += 1;
		per_channel -= 1;
	}
	values[0] = opj_add(opj_mul(per_element, n), opj_mul(per_channel, c));
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", flop_product},
    {"aten.addmm.default", flop_product},
    {"aten.bmm.default", flop_product},
    {"aten.baddbmm.default", flop_product},
    {"aten.convolution.default", flop_convolution},
    {"aten.convolution_backward.default", flop_convolution_backward},
    {"aten.native_batch_norm.default", flop_batch_norm},
    {"aten.native_batch_norm_backward.default", flop_batch_norm_backward},
    {"aten.max_pool2d_with_indices.default", flop_max_pool},
    {"aten.max_pool2d_with_indices_backward.default", flop_none},
    {"aten.avg_pool2d.default", flop_avg_pool},
    {"aten.sum.default", opj_rule_sum},
    {"aten.sum.dim_IntList", opj_rule_sum},
    {"aten.mean.dim", flop_mean},
    {"aten.add.Tensor", flop_add},
    {"aten.add_.Tensor", flop_add},
    {"aten.add.Scalar", flop_add},
    {"aten.add_.Scalar", flop_add},
    {"aten.sub.Tensor", flop_add},
    {"aten.sub_.Tensor", flop_add},
    {"aten.sub.Scalar", flop_add},
    {"aten.sub_.Scalar", flop_add},
    {"aten.rsub.Tensor", flop_add},
    {"aten.rsub.Scalar", flop_add},
    {"aten.neg.default", opj_rule_elements},
    {"aten.neg_.default", opj_rule_elements},
    {"aten.mul.Tensor", opj_rule_elements},
    {"aten.mul_.Tensor", opj_rule_elements},
    {"aten.mul.Scalar", opj_rule_elements},
    {"aten.mul_.Scalar", opj_rule_elements},
    {"aten.div.Tensor", opj_rule_elements},
    {"aten.div_.Tensor", opj_rule_elements},
    {"aten.div.Scalar", opj_rule_elements},
    {"aten.div_.Scalar", opj_rule_elements},
    {"aten.eq.Tensor", opj_rule_elements},
    {"aten.eq.Scalar", opj_rule_elements},
    {"aten.ne.Tensor", opj_rule_elements},
    {"aten.ne.Scalar", opj_rule_elements},
    {"aten.lt.Tensor", opj_rule_elements},
    {"aten.lt.Scalar", opj_rule_elements},
    {"aten.le.Tensor", opj_rule_elements},
    {"aten.le.Scalar", opj_rule_elements},
    {"aten.gt.Tensor", opj_rule_elements},
    {"aten.gt.Scalar", opj_rule_elements},
    {"aten.ge.Tensor", opj_rule_elements},
    {"aten.ge.Scalar", opj_rule_elements},
    {"aten.logical_and.default", opj_rule_elements},
    {"aten.logical_or.default", opj_rule_elements},
    {"aten.logical_xor.default", opj_rule_elements},
    {"aten.logical_not.default", opj_rule_elements},
    {"aten.sigmoid_.default", flop_sigmoid},
    {"aten.stack.default", flop_none},
    {"aten.clone.default", flop_none},
    {"aten._to_copy.default", flop_none},
    {"aten.full_like.default", flop_none},
    {"aten.ones_like.default", flop_none},
    {"aten.view.default", flop_view},
    {"aten.empty.memory_format", flop_none},
    {"aten.select.int", flop_none},
    {"aten.select_backward.default", flop_none},
    {"aten.detach.default", flop_none},
    {"aten.t.default", flop_none},
    {"aten.expand.default", flop_none},
};

static opj_count_fn flop_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_flop = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "flop",
    .unit = "FLOPs",
    .summary = "arithmetic operations as if every operand were dense",
    .boundary = "data movement, operations saved by sparsity",
    .metric_count = 1,
    .rule = flop_rule,
};
