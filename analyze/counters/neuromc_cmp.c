/* analyze/counters/neuromc_cmp.c: comparisons: relational and logical ops, and the maxima of pooling. */
#include "neuromc_rule.h"

/* The largest of k values takes k - 1 comparisons. */
static int cmp_max_pool(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
	if (!out)
		return -1;
	if (!opj_value_count(opj_op_arg(op, 1)))
		return opj_fail(err, "argument 1 (kernel_size) is no list");
	struct opj_sums windows = {opj_int(out->numel), opj_list_product(opj_op_arg(op, 1))};
	values[0] = opj_sums_additions(windows);
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
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
    {"aten.max_pool2d_with_indices.default", cmp_max_pool},
};

static opj_count_fn cmp_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_neuromc_cmp = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_cmp",
    .unit = "comparisons",
    .summary = "comparisons of relational and logical ops and of max pooling",
    .boundary = "activations that compare inside one op (relu), sorting",
    .metric_count = 1,
    .rule = cmp_rule,
};
