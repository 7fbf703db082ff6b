/* analyze/counters/mac.c: multiply-accumulates, where both factors are dense.
 *
 * A product with spikes on either side needs no multiplication: its additions are counter ac's. */
#include "rule.h"

static int mac_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_rule_product(op, &p, err))
		return -1;
	enum opj_spikes x = opj_rule_spikes(p.x), y = opj_rule_spikes(p.y);
	values[0] = 0;
	if (x == OPJ_SPIKES_YES || y == OPJ_SPIKES_YES)
		return OPJ_COUNTED;
	if (x == OPJ_SPIKES_UNKNOWN || y == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(x == OPJ_SPIKES_UNKNOWN ? "left operand" : "right operand", err);
	values[0] = opj_mul(opj_mul(p.b, p.m), opj_mul(p.n, p.k));
	return OPJ_COUNTED;
}

static int mac_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	const struct opj_operand *w = x ? opj_rule_in(op, 1, 2, "weight", err) : NULL;
	const struct opj_operand *out = w ? opj_rule_out(op, 0, 2, err) : NULL;
	if (!out)
		return -1;
	enum opj_spikes in = opj_rule_spikes(x), weight = opj_rule_spikes(w);
	values[0] = 0;
	if (in == OPJ_SPIKES_YES || weight == OPJ_SPIKES_YES)
		return OPJ_COUNTED;
	if (in == OPJ_SPIKES_UNKNOWN || weight == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(in == OPJ_SPIKES_UNKNOWN ? "input" : "weight", err);
	const struct opj_operand *sites = opj_value_truth(opj_op_arg(op, 6), false) ? x : out;
	values[0] = opj_mul(opj_mul(opj_shape_product(w, 0), opj_shape_product(sites, 2)), x->shape[0]);
	return OPJ_COUNTED;
}

/* x_hat·gamma + beta per element; in training old + m·(new - old) for mean and variance of each channel. */
static int mac_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	if (!x)
		return -1;
	values[0] = opj_op_arg(op, 1).type != OPJ_VALUE_NONE ? opj_int(x->numel) : 0;
	if (opj_value_truth(opj_op_arg(op, 5), false) && opj_op_arg(op, 3).type != OPJ_VALUE_NONE)
		values[0] = opj_add(values[0], opj_mul(2, x->shape[1]));
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", mac_product},
    {"aten.addmm.default", mac_product},
    {"aten.bmm.default", mac_product},
    {"aten.baddbmm.default", mac_product},
    {"aten.convolution.default", mac_convolution},
    {"aten.native_batch_norm.default", mac_batch_norm},
};

static opj_count_fn mac_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_mac = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "mac",
    .unit = "MACs",
    .summary = "multiply-accumulates of dense operands",
    .boundary = "element-wise products, ops made for backward alone; what spikes turn into additions is counted by ac",
    .metric_count = 1,
    .rule = mac_rule,
};
