/* analyze/counters/addressing.c: counter `addressing`, address calculations after Lemaire et al. 2022.
 *
 * What it costs to find the weights and outputs that an input reaches, in additions (ACC) and multiplications (MAC).
 * Counted for matrix products inside a Linear and convolutions inside a Conv1d, Conv2d or Conv3d, as the reference
 * does; docs/counter-addressing.md has the formulas. */
#include "../module_class.h"
#include "../sparse_access.h"
#include <opjoule/counter.h>

enum { ACC_ADDR, MAC_ADDR, ADDR_METRICS };

static const char *const metric_names[ADDR_METRICS] = {"acc_addr", "mac_addr"};
static const char *const linear_classes[] = {"Linear", NULL};
static const char *const conv_classes[] = {"Conv1d", "Conv2d", "Conv3d", NULL};

static int count_product(const struct opj_op *op, uint32_t left, int64_t *values, struct opj_error *err)
{
	if (!opj_context_count_modules(op->context, linear_classes))
		return OPJ_NOT_CONCERNED;
	values[ACC_ADDR] = values[MAC_ADDR] = 0;
	const struct opj_operand *x = opj_op_in(op, left), *out = opj_op_out(op, 0);
	if (!x || !out)
		return OPJ_COUNTED;
	if (out->ndim < 1)
		return opj_fail(err, "result of a matrix product has no dimensions");
	if (opj_operand_is_binary(x))
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

/* aten.convolution: x, w, bias, stride, padding, dilation, transposed, output_padding, groups. */
static int count_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	if (!opj_context_count_modules(op->context, conv_classes))
		return OPJ_NOT_CONCERNED;
	values[ACC_ADDR] = values[MAC_ADDR] = 0;
	const struct opj_operand *x = opj_op_in(op, 0), *w = opj_op_in(op, 1), *out = opj_op_out(op, 0);
	if (opj_value_truth(opj_op_arg(op, 6), false) || !x || !out)
		return OPJ_COUNTED;
	int64_t groups = opj_value_integer(opj_op_arg(op, 8), 1);
	if (!w || w->ndim < 2)
		return opj_fail(err, "weight (argument 1) is no tensor of two or more dimensions");
	if (groups < 1)
		return opj_fail(err, "groups (argument 8) is %lld", (long long)groups);
	int64_t kernel = 1;
	for (int i = 2; i < w->ndim; i++)
		kernel = opj_mul(kernel, w->shape[i]);
	if (opj_operand_is_binary(x)) {
		int64_t spikes = opj_int(x->stats.nnz);
		values[ACC_ADDR] = opj_mul(opj_mul(spikes, w->shape[0] / groups), kernel);
		values[MAC_ADDR] = opj_mul(spikes, 2);
	} else {
		int64_t tensors = opj_add(opj_int(x->numel), opj_int(out->numel));
		values[ACC_ADDR] = opj_add(tensors, opj_mul(w->shape[0], kernel));
	}
	return OPJ_COUNTED;
}

static opj_count_fn addressing_rule(void *self, const char *op)
{
	static const struct {
		const char *op;
		opj_count_fn count;
	} rules[] = {
	    {"aten.mm.default", count_matmul},
	    {"aten.bmm.default", count_matmul},
	    {"aten.addmm.default", count_add_matmul},
	    {"aten.baddbmm.default", count_add_matmul},
	    {"aten.convolution.default", count_convolution},
	};
	(void)self;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (strcmp(op, rules[i].op) == 0)
			return rules[i].count;
	}
	return NULL;
}

const struct opj_counter opj_counter_addressing = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "addressing",
    .unit = "address calculations",
    .summary = "additions and multiplications that find weights and outputs",
    .boundary = "products inside Linear and convolutions inside Conv1d, Conv2d, Conv3d; no transposed convolutions",
    .metric_count = ADDR_METRICS,
    .metrics = metric_names,
    .rule = addressing_rule,
};
