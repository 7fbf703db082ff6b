/* analyze/counters/memory.c: bytes of the tensors that an op reads and writes, each once: a lower bound of traffic.
 *
 * Views cost nothing. What does not apply (a scalar operand, a missing bias) has no bytes. */
#include "rule.h"

static int64_t bytes(const struct opj_operand *x)
{
	return x ? opj_int(x->bytes) : 0;
}

static int64_t in(const struct opj_op *op, uint32_t i)
{
	return bytes(opj_op_in(op, i));
}

static int64_t out(const struct opj_op *op, uint32_t i)
{
	return bytes(opj_op_out(op, i));
}

static int memory_none(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self, (void)op, (void)err;
	values[0] = 0;
	return OPJ_COUNTED;
}

static int memory_view(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self, (void)err;
	values[0] = 0;
	return opj_rule_idle_view(op) ? OPJ_NOT_CONCERNED : OPJ_COUNTED;
}

static int memory_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_rule_product(op, &p, err) || !opj_rule_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(opj_add(bytes(p.x), bytes(p.y)), out(op, 0));
	if (p.biased && opj_value_number(opj_op_kw(op, "beta"), 1) != 0)
		values[0] = opj_add(values[0], in(op, 0));
	return OPJ_COUNTED;
}

static int memory_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_in(op, 0, 2, "input", err) || !opj_rule_in(op, 1, 2, "weight", err) ||
	    !opj_rule_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(opj_add(in(op, 0), in(op, 1)), opj_add(in(op, 2), out(op, 0)));
	return OPJ_COUNTED;
}

/* The output's gradient once; for each gradient asked for its result and the operand it needs beside. */
static int memory_convolution_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_value mask = opj_op_arg(op, 10);
	if (!opj_rule_in(op, 0, 2, "grad_output", err))
		return -1;
	if (opj_value_count(mask) < 3)
		return opj_fail(err, "argument 10 (output_mask) is no list of three");
	int64_t sum = in(op, 0);
	if (opj_value_truth(opj_value_item(mask, 0), false))
		sum = opj_add(sum, opj_add(in(op, 2), out(op, 0)));
	if (opj_value_truth(opj_value_item(mask, 1), false))
		sum = opj_add(sum, opj_add(in(op, 1), out(op, 1)));
	if (opj_value_truth(opj_value_item(mask, 2), false))
		sum = opj_add(sum, out(op, 2));
	values[0] = sum;
	return OPJ_COUNTED;
}

static int memory_max_pool(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_in(op, 0, 0, "input", err) || !opj_rule_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(in(op, 0), opj_add(out(op, 0), out(op, 1)));
	return OPJ_COUNTED;
}

static int memory_max_pool_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_in(op, 0, 0, "grad_output", err) || !opj_rule_out(op, 0, 0, err))
		return -1;
	/* Argument 1 is the forward's input; the indices, argument 7, are not counted: the reference's definition. */
	values[0] = opj_add(in(op, 0), opj_add(in(op, 1), out(op, 0)));
	return OPJ_COUNTED;
}

static int memory_unary(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_in(op, 0, 0, "input", err) || !opj_rule_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(in(op, 0), out(op, 0));
	return OPJ_COUNTED;
}

static int memory_binary(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(opj_add(in(op, 0), in(op, 1)), out(op, 0));
	return OPJ_COUNTED;
}

static int memory_stack(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_value list = opj_op_arg(op, 0);
	if (list.type != OPJ_VALUE_LIST)
		return opj_fail(err, "argument 0 (tensors) is no list");
	if (!opj_rule_out(op, 0, 0, err))
		return -1;
	int64_t sum = out(op, 0);
	for (uint32_t i = 0; i < list.count; i++)
		sum = opj_add(sum, bytes(opj_op_operand(op, list.u.items[i])));
	values[0] = sum;
	return OPJ_COUNTED;
}

static int memory_fill(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_out(op, 0, 0, err))
		return -1;
	values[0] = out(op, 0);
	return OPJ_COUNTED;
}

/* Reads the input and four vectors per channel; writes the output, in training the batch's statistics too. */
static int memory_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_in(op, 0, 0, "input", err) || !opj_rule_out(op, 0, 0, err))
		return -1;
	int64_t sum = out(op, 0);
	for (uint32_t i = 0; i < 5; i++)
		sum = opj_add(sum, in(op, i));
	if (opj_value_truth(opj_op_arg(op, 5), false))
		sum = opj_add(sum, opj_add(out(op, 1), out(op, 2)));
	values[0] = sum;
	return OPJ_COUNTED;
}

enum { GRAD, X, GAMMA, SAVED_MEAN = 5, SAVED_INVSTD };

static int memory_batch_norm_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_rule_in(op, GRAD, 0, "grad_out", err) || !opj_rule_in(op, X, 0, "input", err))
		return -1;
	uint32_t count = op->signature->in_count;
	struct opj_value mask = opj_op_arg(op, count - 1);
	if (count < 8 || opj_value_count(mask) < 3)
		return opj_fail(err, "its last argument (output_mask) is no list of three");
	bool train = opj_value_truth(opj_op_arg(op, count - 3), false);
	bool want_x = opj_value_truth(opj_value_item(mask, 0), false);
	bool want_gamma = opj_value_truth(opj_value_item(mask, 1), false);
	bool want_beta = opj_value_truth(opj_value_item(mask, 2), false);
	/* Every operand that any of the gradients asked for reads, once. */
	bool reads[SAVED_INVSTD + 1] = {
	    [GRAD] = want_x || want_gamma || want_beta,     [X] = want_gamma || (train && want_x), [GAMMA] = want_x,
	    [SAVED_MEAN] = want_gamma || (train && want_x), [SAVED_INVSTD] = want_x || want_gamma,
	};
	int64_t sum = 0;
	for (uint32_t i = 0; i <= SAVED_INVSTD; i++)
		sum = opj_add(sum, reads[i] ? in(op, i) : 0);
	values[0] = sum;
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", memory_product},
    {"aten.addmm.default", memory_product},
    {"aten.bmm.default", memory_product},
    {"aten.baddbmm.default", memory_product},
    {"aten.convolution.default", memory_convolution},
    {"aten.convolution_backward.default", memory_convolution_backward},
    {"aten.native_batch_norm.default", memory_batch_norm},
    {"aten.native_batch_norm_backward.default", memory_batch_norm_backward},
    {"aten.max_pool2d_with_indices.default", memory_max_pool},
    {"aten.max_pool2d_with_indices_backward.default", memory_max_pool_backward},
    {"aten.avg_pool2d.default", memory_unary},
    {"aten.sum.default", memory_unary},
    {"aten.sum.dim_IntList", memory_unary},
    {"aten.mean.dim", memory_unary},
    {"aten.add.Tensor", memory_binary},
    {"aten.add_.Tensor", memory_binary},
    {"aten.add.Scalar", memory_binary},
    {"aten.add_.Scalar", memory_binary},
    {"aten.sub.Tensor", memory_binary},
    {"aten.sub_.Tensor", memory_binary},
    {"aten.sub.Scalar", memory_binary},
    {"aten.sub_.Scalar", memory_binary},
    {"aten.rsub.Tensor", memory_binary},
    {"aten.rsub.Scalar", memory_binary},
    {"aten.neg.default", memory_unary},
    {"aten.neg_.default", memory_unary},
    {"aten.mul.Tensor", memory_binary},
    {"aten.mul_.Tensor", memory_binary},
    {"aten.mul.Scalar", memory_binary},
    {"aten.mul_.Scalar", memory_binary},
    {"aten.div.Tensor", memory_binary},
    {"aten.div_.Tensor", memory_binary},
    {"aten.div.Scalar", memory_binary},
    {"aten.div_.Scalar", memory_binary},
    {"aten.eq.Tensor", memory_binary},
    {"aten.eq.Scalar", memory_binary},
    {"aten.ne.Tensor", memory_binary},
    {"aten.ne.Scalar", memory_binary},
    {"aten.lt.Tensor", memory_binary},
    {"aten.lt.Scalar", memory_binary},
    {"aten.le.Tensor", memory_binary},
    {"aten.le.Scalar", memory_binary},
    {"aten.gt.Tensor", memory_binary},
    {"aten.gt.Scalar", memory_binary},
    {"aten.ge.Tensor", memory_binary},
    {"aten.ge.Scalar", memory_binary},
    {"aten.logical_and.default", memory_binary},
    {"aten.logical_or.default", memory_binary},
    {"aten.logical_xor.default", memory_binary},
    {"aten.logical_not.default", memory_binary},
    {"aten.sigmoid_.default", memory_unary},
    {"aten.stack.default", memory_stack},
    {"aten.clone.default", memory_unary},
    {"aten._to_copy.default", memory_unary},
    {"aten.full_like.default", memory_fill},
    {"aten.ones_like.default", memory_fill},
    {"aten.view.default", memory_view},
    {"aten.empty.memory_format", memory_none},
    {"aten.select.int", memory_none},
    {"aten.select_backward.default", memory_unary},
    {"aten.detach.default", memory_none},
    {"aten.t.default", memory_none},
    {"aten.expand.default", memory_none},
};

static opj_count_fn memory_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_memory = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "memory",
    .unit = "bytes",
    .summary = "bytes of operands read and results written, each tensor once per op",
    .boundary = "caches, re-reads within an op, alignment; optimizer state",
    .metric_count = 1,
    .rule = memory_rule,
};
