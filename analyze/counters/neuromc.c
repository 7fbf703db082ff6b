/* analyze/counters/neuromc.c: the five NeuroMC counters: additions, multiplications, comparisons, selections, square
 * roots.
 *
 * A convolution, its gradients and a product are so many sums of so many products (analyze/ops/shapes.h); spikes save
 * what a zero would feed. docs/counter-neuromc.md has the formulas. */
#include "rule.h"

/* Additions and subtractions.
 *
 * A sum of n terms is n - 1 additions. Where one operand of a product is binary, only terms with a spike are summed;
 * the spike statistics of the trace say how many those are and how many sums have any. */

/* Additions of x @ y: a row of x with s spikes makes n sums of s terms each, a column of y with s spikes m sums. */
static int add_unbiased(const struct opj_op *op, const struct opj_product *p, int64_t *values, struct opj_error *err)
{
	if (opj_is_unseen(p->x) || opj_is_unseen(p->y))
		return opj_rule_unseen("operands", err);
	bool x_spikes = opj_is_spikes(p->x), y_spikes = opj_is_spikes(p->y);
	if (!x_spikes && !y_spikes) {
		values[0] = opj_sums_additions(opj_product_sums(p));
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
static int add_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		       struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_product_read(known, op, &p, err))
		return -1;
	int counted = add_unbiased(op, &p, values, err);
	if (counted == OPJ_COUNTED && p.beta != 0)
		values[0] = opj_add(values[0], opj_product_sums(&p).outputs);
	return counted;
}

/* Input spikes: each output element sums the spikes that reach it. The bias is not counted then. */
static int add_spikes(const struct opj_op *op, const struct opj_operand *w, int64_t *values, struct opj_error *err)
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

static int add_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			   struct opj_error *err)
{
	(void)self;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	if (opj_is_unseen(c.x) || opj_is_unseen(c.w))
		return opj_rule_unseen("operands", err);
	if (opj_is_spikes(c.x))
		return add_spikes(op, c.w, values, err);
	if (opj_is_spikes(c.w)) {
		/* Each nonzero weight adds once per position that the kernel visits. */
		values[0] = opj_mul(opj_int(c.w->stats.nnz), opj_convolution_uses(&c));
		return OPJ_COUNTED;
	}
	struct opj_sums sums = opj_convolution_sums(&c);
	values[0] = opj_add(opj_sums_additions(sums), c.bias ? sums.outputs : 0);
	return OPJ_COUNTED;
}

static int add_convolution_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				    int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_convolution_gradients g;
	if (opj_convolution_gradients_read(known, op, &g, err))
		return -1;
	int64_t sums = opj_add(opj_sums_additions(opj_grad_x_sums(&g)), opj_sums_additions(opj_grad_w_sums(&g)));
	values[0] = opj_add(sums, g.grad_bias ? opj_sums_additions(opj_grad_bias_sums(&g)) : 0);
	return OPJ_COUNTED;
}

/* Nothing to add where nothing goes in. */
static int add_reduction(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			 struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *x = opj_need_in(op, 0, 0, "input", err);
	const struct opj_operand *out = x ? opj_need_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	values[0] = x->numel > out->numel ? opj_int(x->numel - out->numel) : 0;
	return OPJ_COUNTED;
}

/* Inference: x - mean per element, var + eps per channel. Training: sums for mean (n - c) and variance (n + c), the
 * shift per element, eps per channel, and two running averages. */
static int add_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err))
		return -1;
	if (norm.train)
		values[0] = opj_add(opj_mul(3, norm.n), opj_mul(norm.running ? 3 : 1, norm.c));
	else
		values[0] = opj_add(norm.n, norm.c);
	return OPJ_COUNTED;
}

static int add_batch_norm_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				   int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_norm_gradients norm;
	if (opj_norm_gradients_read(known, op, &norm, err))
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

static const opj_family_fn add_rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = add_product,
    [OPJ_FAMILY_CONVOLUTION] = add_convolution,
    [OPJ_FAMILY_CONVOLUTION_BACKWARD] = add_convolution_backward,
    [OPJ_FAMILY_NORM] = add_batch_norm,
    [OPJ_FAMILY_NORM_BACKWARD] = add_batch_norm_backward,
    [OPJ_FAMILY_SUM] = add_reduction,
    [OPJ_FAMILY_MEAN] = add_reduction,
    [OPJ_FAMILY_ADD] = opj_rule_elements,
};

const struct opj_counter opj_counter_neuromc_add = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_add",
    .unit = "additions",
    .summary = "additions and subtractions, less those that a missing spike saves",
    .boundary = "pooling, activations and comparisons; the bias of a convolution whose input is spikes",
    .metric_count = 1,
    .rules = add_rules,
};

/* Multiplications and divisions; a product with spikes needs none. */

/* alpha scales the product, beta the bias, unless they are 1 (or beta 0). */
static int mul_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		       struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_product_read(known, op, &p, err))
		return -1;
	if (opj_is_unseen(p.x) || opj_is_unseen(p.y))
		return opj_rule_unseen("operands", err);
	bool spikes = opj_is_spikes(p.x) || opj_is_spikes(p.y);
	struct opj_sums sums = opj_product_sums(&p);
	values[0] = spikes ? 0 : opj_sums_terms(sums);
	if (p.scaled)
		values[0] = opj_add(values[0], sums.outputs);
	if (p.beta != 0 && p.beta != 1)
		values[0] = opj_add(values[0], sums.outputs);
	return OPJ_COUNTED;
}

static int mul_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			   struct opj_error *err)
{
	(void)self;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	if (opj_is_unseen(c.x) || opj_is_unseen(c.w))
		return opj_rule_unseen("operands", err);
	values[0] = opj_is_spikes(c.x) || opj_is_spikes(c.w) ? 0 : opj_sums_terms(opj_convolution_sums(&c));
	return OPJ_COUNTED;
}

static int mul_convolution_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				    int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_convolution_gradients g;
	if (opj_convolution_gradients_read(known, op, &g, err))
		return -1;
	values[0] = opj_add(opj_sums_terms(opj_grad_x_sums(&g)), opj_sums_terms(opj_grad_w_sums(&g)));
	return OPJ_COUNTED;
}

/* x + alpha·y. */
static int mul_scaled_sum(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err)
{
	if (opj_rule_elements(self, known, op, values, err))
		return -1;
	if (opj_value_number(opj_op_kw(op, "alpha"), 1) == 1)
		values[0] = 0;
	return OPJ_COUNTED;
}

/* Inference: the scale per element, gamma per element. Training: squares for the variance besides, one scale per
 * channel, two running averages. */
static int mul_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err))
		return -1;
	int64_t per_element = (norm.train ? 2 : 1) + norm.affine, per_channel = norm.train ? (norm.running ? 3 : 1) : 0;
	values[0] = opj_add(opj_mul(per_element, norm.n), opj_mul(per_channel, norm.c));
	return OPJ_COUNTED;
}

static int mul_batch_norm_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				   int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_norm_gradients norm;
	if (opj_norm_gradients_read(known, op, &norm, err))
		return -1;
	int64_t per_element = norm.want_x ? (norm.train ? 5 : 2) : 0;
	values[0] = opj_mul(per_element + norm.want_gamma, norm.n);
	return OPJ_COUNTED;
}

static const opj_family_fn mul_rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = mul_product,
    [OPJ_FAMILY_CONVOLUTION] = mul_convolution,
    [OPJ_FAMILY_CONVOLUTION_BACKWARD] = mul_convolution_backward,
    [OPJ_FAMILY_NORM] = mul_batch_norm,
    [OPJ_FAMILY_NORM_BACKWARD] = mul_batch_norm_backward,
    [OPJ_FAMILY_ADD] = mul_scaled_sum,
    [OPJ_FAMILY_MULTIPLY] = opj_rule_elements,
};

const struct opj_counter opj_counter_neuromc_mul = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_mul",
    .unit = "multiplications",
    .summary = "multiplications and divisions; none in products with a spike operand",
    .boundary = "pooling, activations; the zeros of an operand that is not binary",
    .metric_count = 1,
    .rules = mul_rules,
};

/* Comparisons, selections, square roots. */

/* The largest of k values takes k - 1 comparisons. */
static int cmp_max_pool(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			struct opj_error *err)
{
	(void)self;
	struct opj_sums windows;
	if (opj_pool_read(known, op, &windows, err))
		return -1;
	values[0] = opj_sums_additions(windows);
	return OPJ_COUNTED;
}

static const opj_family_fn cmp_rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_MAX_POOL] = cmp_max_pool,
    [OPJ_FAMILY_COMPARE] = opj_rule_elements,
    [OPJ_FAMILY_LOGIC] = opj_rule_elements,
};

const struct opj_counter opj_counter_neuromc_cmp = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_cmp",
    .unit = "comparisons",
    .summary = "comparisons of relational and logical ops and of max pooling",
    .boundary = "activations that compare inside one op (relu), sorting",
    .metric_count = 1,
    .rules = cmp_rules,
};

static const opj_family_fn mux_rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_WHERE] = opj_rule_elements,
};

const struct opj_counter opj_counter_neuromc_mux = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_mux",
    .unit = "selections",
    .summary = "elements that where() selects",
    .boundary = "selections inside other ops (a masked reset done by arithmetic)",
    .metric_count = 1,
    .rules = mux_rules,
};

/* One for the variance of each channel. */
static int sqrt_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			   struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err))
		return -1;
	values[0] = norm.c;
	return OPJ_COUNTED;
}

static const opj_family_fn sqrt_rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_NORM] = sqrt_batch_norm,
    [OPJ_FAMILY_ROOT] = opj_rule_elements,
};

const struct opj_counter opj_counter_neuromc_sqrt = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_sqrt",
    .unit = "square roots",
    .summary = "square roots of elements, and one per channel of batch normalisation",
    .boundary = "powers with other exponents, norms inside other ops",
    .metric_count = 1,
    .rules = sqrt_rules,
};
