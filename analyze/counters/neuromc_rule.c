/* analyze/counters/neuromc_rule.c: reading convolutions, their gradients and batch normalisation for the NeuroMC
 * counters. Nothing is kept between ops; overflow stays overflow (opjoule/counter.h). */
#include "neuromc_rule.h"

/* Sums behind `outputs` results of a convolution of an image with `channels` channels and a kernel whose spatial
 * dimensions begin at 2. */
static int convolution(int64_t channels, int64_t groups, const struct opj_operand *kernel, uint64_t outputs,
		       struct opj_sums *sums, struct opj_error *err)
{
	if (groups < 1)
		return opj_fail(err, "groups is %" PRId64 ", not a positive integer", groups);
	sums->outputs = opj_int(outputs);
	sums->terms = opj_mul(channels / groups, opj_shape_product(kernel, 2));
	return 0;
}

int opj_sums_convolution(const struct opj_op *op, struct opj_sums *sums, struct opj_error *err)
{
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	const struct opj_operand *w = x ? opj_rule_in(op, 1, 2, "weight", err) : NULL;
	const struct opj_operand *out = w ? opj_rule_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	return convolution(x->shape[1], opj_value_integer(opj_op_arg(op, 8), 1), w, out->numel, sums, err);
}

static int gradient_of_input(const struct opj_op *op, const struct opj_operand *grad, const struct opj_operand *w,
			     int64_t groups, struct opj_sums *sums, struct opj_error *err)
{
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
	return out ? convolution(grad->shape[1], groups, w, out->numel, sums, err) : -1;
}

/* The weight's gradient is a convolution over the batch: samples take the place of channels. */
static int gradient_of_weight(const struct opj_op *op, const struct opj_operand *grad, const struct opj_operand *x,
			      int64_t groups, struct opj_sums *sums, struct opj_error *err)
{
	bool transposed = opj_value_truth(opj_op_arg(op, 7), false);
	const struct opj_operand *image = transposed ? grad : x, *kernel = transposed ? x : grad;
	const struct opj_operand *out = opj_rule_out(op, 1, 0, err);
	return out ? convolution(image->shape[0], groups, kernel, out->numel, sums, err) : -1;
}

int opj_sums_convolution_backward(const struct opj_op *op, struct opj_conv_gradients *parts, struct opj_error *err)
{
	*parts = (struct opj_conv_gradients){0};
	const struct opj_operand *grad = opj_rule_in(op, 0, 2, "grad_output", err);
	const struct opj_operand *x = grad ? opj_rule_in(op, 1, 2, "input", err) : NULL;
	const struct opj_operand *w = x ? opj_rule_in(op, 2, 2, "weight", err) : NULL;
	if (!w)
		return -1;
	struct opj_value mask = opj_op_arg(op, 10);
	if (opj_value_count(mask) != 3)
		return opj_fail(err, "argument 10 (output_mask) is no list of three");
	int64_t groups = opj_value_integer(opj_op_arg(op, 9), 1);
	if (opj_value_truth(opj_value_item(mask, 0), false) && gradient_of_input(op, grad, w, groups, &parts->x, err))
		return -1;
	if (opj_value_truth(opj_value_item(mask, 1), false) && gradient_of_weight(op, grad, x, groups, &parts->w, err))
		return -1;
	if (opj_value_truth(opj_value_item(mask, 2), false) && opj_op_out(op, 2)) {
		int64_t terms = opj_mul(grad->shape[0], opj_shape_product(grad, 2));
		parts->bias_additions = opj_mul(grad->shape[1], opj_sub(terms, 1));
	}
	return 0;
}

int opj_norm_backward(const struct opj_op *op, struct opj_norm_gradients *norm, struct opj_error *err)
{
	const struct opj_operand *grad = opj_rule_in(op, 0, 2, "grad_out", err);
	if (!grad)
		return -1;
	uint32_t count = op->signature->in_count;
	struct opj_value mask = count < 4 ? OPJ_NONE() : opj_op_arg(op, count - 1);
	if (opj_value_count(mask) != 3)
		return opj_fail(err, "its last argument (output_mask) is no list of three");
	const struct opj_operand *gamma = opj_op_in(op, 2);
	norm->n = opj_int(grad->numel);
	norm->c = gamma ? opj_int(gamma->numel) : grad->shape[1];
	norm->train = opj_value_truth(opj_op_arg(op, count - 3), false);
	norm->want_x = opj_value_truth(opj_value_item(mask, 0), false);
	norm->want_gamma = opj_value_truth(opj_value_item(mask, 1), false);
	norm->want_beta = opj_value_truth(opj_value_item(mask, 2), false);
	return 0;
}
