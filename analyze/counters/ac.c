/* analyze/counters/ac.c: accumulates: additions without a multiplication.
 *
 * Those that spikes trigger in products and convolutions (the rules of counter synop), and those of sums, poolings,
 * normalisation and element-wise additions. */
#include "rule.h"

/* Two spike tensors: an addition only where there is a spike. Otherwise one per element. */
static int ac_element(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		      struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *x = opj_need_in(op, 0, 0, "input", err);
	const struct opj_operand *out = x ? opj_need_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	const struct opj_operand *y = opj_op_in(op, 1);
	values[0] = opj_int(out->numel);
	if (!y)
		return OPJ_COUNTED;
	enum opj_spikes a = opj_spikes_of(x), b = opj_spikes_of(y);
	if (a == OPJ_SPIKES_NO || b == OPJ_SPIKES_NO)
		return OPJ_COUNTED;
	if (a == OPJ_SPIKES_UNKNOWN || b == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(a == OPJ_SPIKES_UNKNOWN ? "input" : "other operand", err);
	values[0] = opj_add(opj_int(x->stats.nnz), opj_int(y->stats.nnz));
	return OPJ_COUNTED;
}

static int ac_avg_pool(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		       struct opj_error *err)
{
	(void)self;
	struct opj_sums windows;
	if (opj_pool_read(known, op, &windows, err))
		return -1;
	values[0] = opj_sums_additions(windows);
	return OPJ_COUNTED;
}

/* Inference: var + eps and x - mean. Training: the sums for mean and variance (n - c and n), var + eps, x - mean, and
 * the additions that update both running statistics. */
static int ac_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			 struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err))
		return -1;
	if (!norm.train)
		values[0] = opj_add(norm.n, norm.c);
	else
		values[0] = opj_add(opj_mul(3, norm.n), norm.running ? opj_mul(2, norm.c) : 0);
	return OPJ_COUNTED;
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = opj_synop_product,
    [OPJ_FAMILY_CONVOLUTION] = opj_synop_convolution,
    [OPJ_FAMILY_NORM] = ac_batch_norm,
    [OPJ_FAMILY_AVG_POOL] = ac_avg_pool,
    [OPJ_FAMILY_SUM] = opj_rule_sum,
    [OPJ_FAMILY_MEAN] = opj_rule_sum,
    [OPJ_FAMILY_ADD] = ac_element,
    [OPJ_FAMILY_SIGMOID_IN_PLACE] = opj_rule_elements, /* the addition in 1 / (1 + exp(-x)) */
};

const struct opj_counter opj_counter_ac = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "ac",
    .unit = "ACs",
    .summary = "additions without a multiplication: by spikes, in sums, poolings and normalisation",
    .boundary = "what mac counts, comparisons, ops made for backward alone",
    .metric_count = 1,
    .rules = rules,
};
