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
int opj_synop_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_rule_product(op, &p, err))
		return -1;
	enum opj_spikes x = opj_rule_spikes(p.x), y = opj_rule_spikes(p.y);
	if (x == OPJ_SPIKES_UNKNOWN || y == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(x == OPJ_SPIKES_UNKNOWN ? "left operand" : "right operand", err);
	if (x == OPJ_SPIKES_YES && y == OPJ_SPIKES_YES)
		return pair(op, values, err);
	values[0] = 0;
	if (p.biased && opj_value_number(opj_op_kw(op, "alpha"), 1) != 1)
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

int opj_synop_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	const struct opj_operand *w = x ? opj_rule_in(op, 1, 2, "weight", err) : NULL;
	const struct opj_operand *out = w ? opj_rule_out(op, 0, 2, err) : NULL;
	if (!out)
		return -1;
	enum opj_spikes in = opj_rule_spikes(x), weight = opj_rule_spikes(w);
	if (in == OPJ_SPIKES_UNKNOWN || weight == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen(in == OPJ_SPIKES_UNKNOWN ? "input" : "weight", err);
	if (in == OPJ_SPIKES_YES)
		return spiking_input(op, w, weight == OPJ_SPIKES_YES, values, err);
	values[0] = 0;
	if (weight == OPJ_SPIKES_YES) {
		const struct opj_operand *sites = opj_value_truth(opj_op_arg(op, 6), false) ? x : out;
		int64_t uses = opj_mul(sites->shape[0], opj_shape_product(sites, 2));
		values[0] = opj_mul(opj_int(w->stats.nnz), uses);
	}
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", opj_synop_product},
    {"aten.addmm.default", opj_synop_product},
    {"aten.bmm.default", opj_synop_product},
    {"aten.baddbmm.default", opj_synop_product},
    {"aten.convolution.default", opj_synop_convolution},
};

static opj_count_fn synop_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_synop = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "synop",
    .unit = "SynOps",
    .summary = "weights added because a spike arrived, in products and convolutions",
    .boundary = "additions outside synapses (residuals, neurons, normalisation); ops made for backward alone",
    .metric_count = 1,
    .rule = synop_rule,
};
