/* analyze/counters/ac.c: accumulates: additions without a multiplication.
 *
 * Those that spikes trigger in products and convolutions (the rules of counter synop), and those of sums, poolings,
 * normalisation and element-wise additions. */
#include "rule.h"

/* Two spike tensors: an addition only where there is a spike. Otherwise one per element. */
static int ac_element(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 0, "input", err);
	const struct opj_operand *out = x ? opj_rule_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	const struct opj_operand *y = opj_op_in(op, 1);
	values[0] = opj_int(out->numel);
	if (!y)
		return OPJ_COUNTED;
	enum opj_spikes a = opj_rule_spikes(x), b = opj_rule_spikes(y);
	if (a == OPJ_SPIKES_NO || b == OPJ_SPIKES_NO)
		return OPJ_COUNTED;
	if (a == OPJ_SPIKES_UNKNOWN || b == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(a == OPJ_SPIKES_UNKNOWN ? "input" : "other operand", err);
	values[0] = opj_add(opj_int(x->stats.nnz), opj_int(y->stats.nnz));
	return OPJ_COUNTED;
}

static int ac_avg_pool(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
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

/* Inference: var + eps and x - mean. Training: the sums for mean and variance (n - c and n), var + eps, x - mean, and
 * the additions that update both running statistics. */
static int ac_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	if (!x)
		return -1;
	int64_t n = opj_int(x->numel), c = x->shape[1];
	if (!opj_value_truth(opj_op_arg(op, 5), false))
		values[0] = opj_add(n, c);
	else if (opj_op_arg(op, 3).type == OPJ_VALUE_NONE)
		values[0] = opj_mul(3, n);
	else
		values[0] = opj_add(opj_mul(3, n), opj_mul(2, c));
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", opj_synop_product},
    {"aten.addmm.default", opj_synop_product},
    {"aten.bmm.default", opj_synop_product},
    {"aten.baddbmm.default", opj_synop_product},
    {"aten.convolution.default", opj_synop_convolution},
    {"aten.native_batch_norm.default", ac_batch_norm},
    {"aten.avg_pool2d.default", ac_avg_pool},
    {"aten.sum.default", opj_rule_sum},
    {"aten.sum.dim_IntList", opj_rule_sum},
    {"aten.mean.dim", opj_rule_sum},
    {"aten.add.Tensor", ac_element},
    {"aten.add_.Tensor", ac_element},
    {"aten.add.Scalar", ac_element},
    {"aten.add_.Scalar", ac_element},
    {"aten.sub.Tensor", ac_element},
    {"aten.sub_.Tensor", ac_element},
    {"aten.sub.Scalar", ac_element},
    {"aten.sub_.Scalar", ac_element},
    {"aten.rsub.Tensor", ac_element},
    {"aten.rsub.Scalar", ac_element},
    {"aten.sigmoid_.default", opj_rule_elements}, /* the addition in 1 / (1 + exp(-x)) */
};

static opj_count_fn ac_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_ac = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "ac",
    .unit = "ACs",
    .summary = "additions without a multiplication: by spikes, in sums, poolings and normalisation",
    .boundary = "what mac counts, comparisons, ops made for backward alone",
    .metric_count = 1,
    .rule = ac_rule,
};
