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

static int count_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			 struct opj_error *err)
{
	(void)self;
	if (!opj_context_count_modules(op->context, linear_classes))
		return OPJ_NOT_CONCERNED;
	struct opj_product p;
	const struct opj_operand *out = opj_product_read(known, op, &p, err) ? NULL : opj_need_out(op, 0, 2, err);
	if (!out)
		return -1;
	enum opj_spikes spikes = opj_spikes_of(p.x);
	if (spikes == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen("left operand", err);
	values[MAC_ADDR] = 0;
	if (spikes == OPJ_SPIKES_YES)
		values[ACC_ADDR] = opj_mul(opj_int(p.x->stats.nnz), p.n);
	else
		values[ACC_ADDR] = opj_add(opj_int(p.x->numel), opj_int(out->numel));
	return OPJ_COUNTED;
}

static int count_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			     struct opj_error *err)
{
	(void)self;
	if (!opj_context_count_modules(op->context, conv_classes))
		return OPJ_NOT_CONCERNED;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	values[ACC_ADDR] = values[MAC_ADDR] = 0;
	if (c.transposed)
		return OPJ_COUNTED;
	enum opj_spikes spikes = opj_spikes_of(c.x);
	if (spikes == OPJ_SPIKES_UNKNOWN)
		return opj_rule_unseen("input", err);
	int64_t kernel = opj_shape_product(c.w, 2), outputs = c.w->shape[0];
	if (spikes == OPJ_SPIKES_YES) {
		int64_t nnz = opj_int(c.x->stats.nnz);
		values[ACC_ADDR] = opj_mul(opj_mul(nnz, outputs / c.groups), kernel);
		values[MAC_ADDR] = opj_mul(nnz, 2);
	} else {
		int64_t tensors = opj_add(opj_int(c.x->numel), opj_int(c.out->numel));
		values[ACC_ADDR] = opj_add(tensors, opj_mul(outputs, kernel));
	}
	return OPJ_COUNTED;
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = count_product,
    [OPJ_FAMILY_CONVOLUTION] = count_convolution,
};

const struct opj_counter opj_counter_addressing = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "addressing",
    .unit = "address calculations",
    .summary = "additions and multiplications that find weights and outputs",
    .boundary = "products outside Linear, convolutions outside Conv1d, Conv2d and Conv3d, transposed convolutions",
    .metric_count = ADDR_METRICS,
    .metrics = metric_names,
    .rules = rules,
};
