/* analyze/counters/neuromc_add.c: additions, where spikes save the ones that a zero would feed.
 *
 * A sum of n terms is n - 1 additions. Where one operand of a product is binary, only terms with a spike are summed;
 * the spike statistics of the trace say how many those are and how many sums have any. */
#include "neuromc_rule.h"

/* Additions of x @ y: a row of x with s spikes makes n sums of s terms each, a column of y with s spikes m sums. */
static int product(const struct opj_op *op, const struct opj_product *p, int64_t *values, struct opj_error *err)
{
	if (opj_is_unseen(p->x) || opj_is_unseen(p->y))
		return opj_rule_unseen("operands", err);
	bool x_spikes = opj_is_spikes(p->x), y_spikes = opj_is_spikes(p->y);
	if (!x_spikes && !y_spikes) {
		struct opj_sums sums = {opj_mul(opj_mul(p->b, p->m), p->n), p->k};
		values[0] = opj_sums_additions(sums);
		return OPJ_COUNTED;
	}
	unsigned need = x_spikes && y_spikes ? OPJ_SPIKE_PAIR
			: x_spikes           ? OPJ_SPIKE_X_ACTIVE_ROWS
					     : OPJ_SPIKE_Y_ACTIVE_COLS;
	const struct opj_spike_stats *spike = op->spike;
	if (!spike || !(spike->has & need)) {
		opj_fail(err, "an operand is binary and the trace has no statistics of its spikes");
		return OPJ_UNCOVERED;
	}
	if (need == OPJ_SPIKE_PAIR)
		values[0] = opj_sub(opj_int(spike->pair_sum), opj_int(spike->pair_active));
	else if (need == OPJ_SPIKE_X_ACTIVE_ROWS)
		values[0] = opj_mul(opj_sub(opj_int(p->x->stats.nnz), opj_int(spike->x_active_rows)), p->n);
	else
		values[0] = opj_mul(opj_sub(opj_int(p->y->stats.nnz), opj_int(spike->y_active_cols)), p->m);
	return OPJ_COUNTED;
}

/* One addition more per element of the result, for the bias, unless beta is 0. */
static int add_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_rule_product(op, &p, err))
		return -1;
	int counted = product(op, &p, values, err);
	if (counted == OPJ_COUNTED && p.biased && opj_value_number(opj_op_kw(op, "beta"), 1) != 0)
		values[0] = opj_add(values[0], opj_mul(opj_mul(p.b, p.m), p.n));
	return counted;
}

/* Input spikes: each output element sums the spikes that reach it. The bias is not counted then. */
static int spiking_convolution(const struct opj_op *op, const struct opj_operand *w, int64_t *values,
			       struct opj_error *err)
{
	if (!op->spike || !(op->spike->has & OPJ_SPIKE_SYNOPS)) {
		opj_fail(err, "its input is binary and the trace has no statistics of its spikes");
		return OPJ_UNCOVERED;
	}
	if (opj_is_spikes(w) && w->stats.nnz != w->numel) {
		if (w->stats.nnz > 0) {
			opj_fail(
			    err,
			    "its weight is binary with zeros in it: the trace does not say which spikes meet them");
			return OPJ_UNCOVERED;
		}
		values[0] = 0;
		return OPJ_COUNTED;
	}
	values[0] = opj_sub(opj_int(op->spike->synops), opj_int(op->spike->active_out));
	return OPJ_COUNTED;
}

static int add_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_sums sums;
	if (opj_sums_convolution(op, &sums, err))
		return -1;
	const struct opj_operand *x = opj_op_in(op, 0), *w = opj_op_in(op, 1), *out = opj_op_out(op, 0);
	if (opj_is_unseen(x) || opj_is_unseen(w))
		return opj_rule_unseen("operands", err);
	if (opj_is_spikes(x))
		return spiking_convolution(op, w, values, err);
	if (opj_is_spikes(w)) {
		/* Each nonzero weight adds once per position that the kernel visits. */
		const struct opj_operand *visited = opj_value_truth(opj_op_arg(op, 6), false) ? x : out;
		if (visited->ndim < 2)
			return opj_fail(err, "result 0 has %d dimensions, not 2", visited->ndim);
		int64_t positions = opj_mul(visited->shape[0], opj_shape_product(visited, 2));
		values[0] = opj_mul(opj_int(w->stats.nnz), positions);
		return OPJ_COUNTED;
	}
	values[0] = opj_sums_additions(sums);
	if (opj_op_arg(op, 2).type != OPJ_VALUE_NONE)
		values[0] = opj_add(values[0], sums.outputs);
	return OPJ_COUNTED;
}

static int add_convolution_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_conv_gradients parts;
	if (opj_sums_convolution_backward(op, &parts, err))
		return -1;
	int64_t sums = opj_add(opj_sums_additions(parts.x), opj_sums_additions(parts.w));
	values[0] = opj_add(sums, parts.bias_additions);
	return OPJ_COUNTED;
}

static int add_reduction(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 0, "input", err);
	const struct opj_operand *out = x ? opj_rule_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	values[0] = x->numel > out->numel ? opj_int(x->numel - out->numel) : 0;
	return OPJ_COUNTED;
}

/* Inference: x - mean per element, var + eps per channel. Training: sums for mean (n - c) and variance (n + c), the
 * shift per element, eps per channel, and two running averages. */
static int add_batch_norm(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	if (!x)
		return -1;
	int64_t n = opj_int(x->numel), c = x->shape[1];
	bool running = opj_op_arg(op, 3).type != OPJ_VALUE_NONE;
	if (opj_value_truth(opj_op_arg(op, 5), false))
		values[0] = opj_add(opj_mul(3, n), opj_mul(running ? 3 : 1, c));
	else
		values[0] = opj_add(n, c);
	return OPJ_COUNTED;
}

static int add_batch_norm_backward(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_norm_gradients norm;
	if (opj_norm_backward(op, &norm, err))
		return -1;
	int64_t sum = opj_sub(norm.n, norm.c), additions = 0;
	if (norm.train && norm.want_x)
		additions = opj_add(sum, opj_sub(opj_mul(2, norm.n), norm.c));
	if (norm.want_gamma)
		additions = opj_add(additions, sum);
	if (norm.want_beta)
		additions = opj_add(additions, sum);
	values[0] = additions;
	return OPJ_COUNTED;
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", add_product},
    {"aten.addmm.default", add_product},
    {"aten.bmm.default", add_product},
    {"aten.baddbmm.default", add_product},
    {"aten.convolution.default", add_convolution},
    {"aten.convolution_backward.default", add_convolution_backward},
    {"aten.native_batch_norm.default", add_batch_norm},
    {"aten.native_batch_norm_backward.default", add_batch_norm_backward},
    {"aten.add.Tensor", opj_rule_elements},
    {"aten.add_.Tensor", opj_rule_elements},
    {"aten.add.Scalar", opj_rule_elements},
    {"aten.add_.Scalar", opj_rule_elements},
    {"aten.sub.Tensor", opj_rule_elements},
    {"aten.sub_.Tensor", opj_rule_elements},
    {"aten.sub.Scalar", opj_rule_elements},
    {"aten.sub_.Scalar", opj_rule_elements},
    {"aten.rsub.Tensor", opj_rule_elements},
    {"aten.rsub.Scalar", opj_rule_elements},
    {"aten.sum.default", add_reduction},
    {"aten.sum.dim_IntList", add_reduction},
    {"aten.mean.dim", add_reduction},
};

static opj_count_fn add_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_neuromc_add = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_add",
    .unit = "additions",
    .summary = "additions and subtractions, less those that a missing spike saves",
    .boundary = "pooling, activations and comparisons; the bias of a convolution whose input is spikes",
    .metric_count = 1,
    .rule = add_rule,
};
