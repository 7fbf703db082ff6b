/* analyze/counters/neuromc_rule.h: what the five NeuroMC counters share: which operand counts as spikes, and a
 * convolution (or its gradients) as so many sums of so many products.
 *
 * docs/counter-neuromc.md has the formulas. */
#ifndef OPJ_ANALYZE_COUNTERS_NEUROMC_RULE_H
#define OPJ_ANALYZE_COUNTERS_NEUROMC_RULE_H

#include "rule.h"

/* Every element is 0 or 1. An empty tensor is no spikes: nothing is computed from it either way. */
static inline bool opj_is_spikes(const struct opj_operand *x)
{
	return x->numel > 0 && opj_rule_spikes(x) == OPJ_SPIKES_YES;
}

/* Nobody looked at the values. */
static inline bool opj_is_unseen(const struct opj_operand *x)
{
	return opj_rule_spikes(x) == OPJ_SPIKES_UNKNOWN;
}

/* `outputs` elements, each the sum of `terms` products. */
struct opj_sums {
	int64_t outputs, terms;
};

static inline int64_t opj_sums_products(struct opj_sums s)
{
	return opj_mul(s.outputs, s.terms);
}

static inline int64_t opj_sums_additions(struct opj_sums s)
{
	return s.terms == OPJ_OVERFLOW ? OPJ_OVERFLOW : opj_mul(s.outputs, s.terms > 1 ? s.terms - 1 : 0);
}

/* aten.convolution.default with dense operands, borders included in full. */
int opj_sums_convolution(const struct opj_op *op, struct opj_sums *sums, struct opj_error *err);

/* aten.convolution_backward.default: the parts that output_mask asks for, zeros for the others. bias_additions is what
 * the gradient of the bias takes. */
struct opj_conv_gradients {
	struct opj_sums x, w;
	int64_t bias_additions;
};
int opj_sums_convolution_backward(const struct opj_op *op, struct opj_conv_gradients *parts, struct opj_error *err);

/* aten.native_batch_norm_backward.default: what its formulas are made of. */
struct opj_norm_gradients {
	int64_t n, c; /* elements, channels */
	bool train;
	bool want_x, want_gamma, want_beta;
};
int opj_norm_backward(const struct opj_op *op, struct opj_norm_gradients *norm, struct opj_error *err);

#endif
