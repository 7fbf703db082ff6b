/* analyze/counters/synop.c: synaptic operations: additions of a weight because a spike arrived.
 *
 * Only products and convolutions have synapses; one of dense operands has no spikes, so none. How many outputs a spike
 * of a convolution reaches depends on where it is: that comes with the trace (opjoule/spike.h). The rules serve
 * counter ac as well: an addition that a spike triggers is an accumulate. */
#include "rule.h"

/* Spikes meeting spikes: the sum of the product itself, which no operand's count can tell. */
static int pair(const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	if (!op->spike || !(op->spike->has & OPJ_SPIKE_PAIR)) {
		opj_fail(err, "both operands hold spikes, and the trace does not say where they meet");
		return OPJ_UNCOVERED;
	}
	values[0] = opj_int(op->spike->pair_sum);
	return OPJ_COUNTED;
}

/* x @ y: each spike of x meets n weights, each spike of y m. alpha scales dense terms, so no term is a bare addition.
 */
int opj_synop_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		      struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_product_read(known, op, &p, err))
		return -1;
	enum opj_spikes x = opj_spikes_of(p.x), y = opj_spikes_of(p.y);
	if (x == OPJ_SPIKES_UNKNOWN || y == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(x == OPJ_SPIKES_UNKNOWN ? "left operand" : "right operand", err);
	if (x == OPJ_SPIKES_YES && y == OPJ_SPIKES_YES)
		return pair(op, values, err);
	values[0] = 0;
	if (p.scaled)
		return OPJ_COUNTED;
	if (x == OPJ_SPIKES_YES)
		values[0] = opj_mul(opj_int(p.x->stats.nnz), p.n);
	else if (y == OPJ_SPIKES_YES)
		values[0] = opj_mul(opj_int(p.y->stats.nnz), p.m);
	return OPJ_COUNTED;
}

/* Input spikes: as recorded, every weight counting. Where the weights are zeros and ones as well, only the ones count:
 * that is the recorded figure where all are ones, and nothing where all are zeros. */
static int spiking_input(const struct opj_op *op, const struct opj_operand *w, bool w_binary, int64_t *values,
			 struct opj_error *err)
{
	if (w_binary && w->stats.nnz == 0) {
		values[0] = 0;
		return OPJ_COUNTED;
	}
	if (w_binary && w->stats.nnz < w->numel)
		return pair(op, values, err);
	if (!op->spike || !(op->spike->has & OPJ_SPIKE_SYNOPS)) {
		opj_fail(err, "the input holds spikes, and the trace does not say how many outputs they reach");
		return OPJ_UNCOVERED;
	}
	values[0] = opj_int(op->spike->synops);
	return OPJ_COUNTED;
}

int opj_synop_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err)
{
	(void)self;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	enum opj_spikes in = opj_spikes_of(c.x), weight = opj_spikes_of(c.w);
	if (in == OPJ_SPIKES_UNKNOWN || weight == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(in == OPJ_SPIKES_UNKNOWN ? "input" : "weight", err);
	if (in == OPJ_SPIKES_YES)
		return spiking_input(op, c.w, weight == OPJ_SPIKES_YES, values, err);
	values[0] = weight == OPJ_SPIKES_YES ? opj_mul(opj_int(c.w->stats.nnz), opj_convolution_uses(&c)) : 0;
	return OPJ_COUNTED;
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = opj_synop_product,
    [OPJ_FAMILY_CONVOLUTION] = opj_synop_convolution,
};

const struct opj_counter opj_counter_synop = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "synop",
    .unit = "SynOps",
    .summary = "weights added because a spike arrived, in products and convolutions",
    .boundary = "additions outside synapses (residuals, neurons, normalisation); ops made for backward alone",
    .metric_count = 1,
    .rules = rules,
};
