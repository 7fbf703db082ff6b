/* analyze/counters/neuromc_sqrt.c: square roots: of each element, or of each channel's variance. */
#include "neuromc_rule.h"

static int sqrt_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	if (!x)
		return -1;
	values[0] = x->shape[1];
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.sqrt.default", opj_rule_elements},
    {"aten.sqrt_.default", opj_rule_elements},
    {"aten.rsqrt.default", opj_rule_elements},
    {"aten.native_batch_norm.default", sqrt_batch_norm},
};

static opj_count_fn sqrt_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_neuromc_sqrt = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_sqrt",
    .unit = "square roots",
    .summary = "square roots of elements, and one per channel of batch normalisation",
    .boundary = "powers with other exponents, norms inside other ops",
    .metric_count = 1,
    .rule = sqrt_rule,
};
