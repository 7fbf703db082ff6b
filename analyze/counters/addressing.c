/* analyze/counters/addressing.c: counter `addressing`, address calculations after Lemaire et al. 2022.
 *
 * What it costs to find the weights and outputs that an input reaches, in additions (ACC) and multiplications (MAC).
 * Counted for matrix products inside a Linear and convolutions inside a Conv1d, Conv2d or Conv3d, as the reference
 * does; docs/counter-addressing.md has the formulas. */
#include "analyze/ops/module_class.h"
#include "rule.h"

enum { ACC_ADDR, MAC_ADDR, ADDR_METRICS };

static const char *const metric_names[ADDR_METRICS] = {"acc_addr", "mac_addr"};
static const char *const linear_classes[] = {"Linear", NULL};
static const char *const conv_classes[] = {"Conv1d", "Conv2d", "Conv3d", NULL};

static int count_product(const struct opj_op *op, uint32_t left, int64_t *values, struct opj_error *err)
{
	if (!opj_context_count_modules(op->context, linear_classes))
		return OPJ_NOT_CONCERNED;
	const struct opj_operand *x = opj_rule_in(op, left, 2, "left operand", err);
	const struct opj_operand *out = x ? opj_rule_out(op, 0, 2, err) : NULL;
	if (!out)
		return -1;
	enum opj_spikes spikes = opj_rule_spikes(x);
	if (spikes == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen("left operand", err);
	values[MAC_ADDR] = 0;
	if (spikes == OPJ_SPIKES_YES)
		values[ACC_ADDR] = opj_mul(opj_int(x->stats.nnz), out->shape[out->ndim - 1]);
	else
		values[ACC_ADDR] = opj_add(opj_int(x->numel), opj_int(out->numel));
	return OPJ_COUNTED;
}

/* mm, bmm: x @ y. */
static int count_matmul(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	return count_product(op, 0, values, err);
}

/* addmm, baddbmm: bias + x @ y. */
static int count_add_matmul(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	return count_product(op, 1, values, err);
}

static int count_geometry(const struct opj_op *op, int64_t groups, int64_t *values, struct opj_error *err)
{
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	const struct opj_operand *w = x ? opj_rule_in(op, 1, 3, "weight", err) : NULL;
	const struct opj_operand *out = w ? opj_rule_out(op, 0, 2, err) : NULL;
	if (!out)
		return -1;
	enum opj_spikes spikes = opj_rule_spikes(x);
	if (spikes == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen("input", err);
	int64_t kernel = opj_shape_product(w, 2), outputs = w->shape[0];
	if (spikes == OPJ_SPIKES_YES) {
		int64_t nnz = opj_int(x->stats.nnz);
		values[ACC_ADDR] = opj_mul(opj_mul(nnz, outputs / groups), kernel);
		values[MAC_ADDR] = opj_mul(nnz, 2);
	} else {
		int64_t tensors = opj_add(opj_int(x->numel), opj_int(out->numel));
		values[ACC_ADDR] = opj_add(tensors, opj_mul(outputs, kernel));
	}
	return OPJ_COUNTED;
}

/* aten.convolution: input, weight, bias, stride, padding, dilation, transposed, output_padding, groups. */
static int count_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_context_count_modules(op->context, conv_classes))
		return OPJ_NOT_CONCERNED;
	int64_t groups = opj_value_integer(opj_op_arg(op, 8), 1);
	if (groups < 1)
		return opj_fail(err, "argument 8 (groups) is %" PRId64, groups);
	values[ACC_ADDR] = values[MAC_ADDR] = 0;
	if (opj_value_truth(opj_op_arg(op, 6), false))
		return OPJ_COUNTED;
	return count_geometry(op, groups, values, err);
}

static const struct opj_rule rules[] = {
    {"aten.mm.default", count_matmul},
    {"aten.bmm.default", count_matmul},
    {"aten.addmm.default", count_add_matmul},
    {"aten.baddbmm.default", count_add_matmul},
    {"aten.convolution.default", count_convolution},
};

static opj_count_fn addressing_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_addressing = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "addressing",
    .unit = "address calculations",
    .summary = "additions and multiplications that find weights and outputs",
    .boundary = "products outside Linear, convolutions outside Conv1d, Conv2d and Conv3d, transposed convolutions",
    .metric_count = ADDR_METRICS,
    .metrics = metric_names,
    .rule = addressing_rule,
};
