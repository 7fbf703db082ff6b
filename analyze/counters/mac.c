/* analyze/counters/mac.c: multiply-accumulates, where both factors are dense.
 *
 * A product with spikes on either side needs no multiplication: its additions are counter ac's. */
#include "rule.h"

static int mac_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		       struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_product_read(known, op, &p, err))
		return -1;
	enum opj_spikes x = opj_spikes_of(p.x), y = opj_spikes_of(p.y);
	values[0] = 0;
	if (x == OPJ_SPIKES_YES || y == OPJ_SPIKES_YES)
		return OPJ_COUNTED;
	if (x == OPJ_SPIKES_UNKNOWN || y == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(x == OPJ_SPIKES_UNKNOWN ? "left operand" : "right operand", err);
	values[0] = opj_sums_terms(opj_product_sums(&p));
	return OPJ_COUNTED;
}

static int mac_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			   struct opj_error *err)
{
	(void)self;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	enum opj_spikes in = opj_spikes_of(c.x), weight = opj_spikes_of(c.w);
	values[0] = 0;
	if (in == OPJ_SPIKES_YES || weight == OPJ_SPIKES_YES)
		return OPJ_COUNTED;
	if (in == OPJ_SPIKES_UNKNOWN || weight == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(in == OPJ_SPIKES_UNKNOWN ? "input" : "weight", err);
	values[0] = opj_convolution_products(&c);
	return OPJ_COUNTED;
}

/* x_hat·gamma + beta per element; in training old + m·(new - old) for mean and variance of each channel. */
static int mac_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err))
		return -1;
	values[0] = norm.affine ? norm.n : 0;
	if (norm.train && norm.running)
		values[0] = opj_add(values[0], opj_mul(2, norm.c));
	return OPJ_COUNTED;
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = mac_product,
    [OPJ_FAMILY_CONVOLUTION] = mac_convolution,
    [OPJ_FAMILY_NORM] = mac_batch_norm,
};

const struct opj_counter opj_counter_mac = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "mac",
    .unit = "MACs",
    .summary = "multiply-accumulates of dense operands",
    .boundary = "element-wise products, ops made for backward alone; what spikes turn into additions is counted by ac",
    .metric_count = 1,
    .rules = rules,
};
