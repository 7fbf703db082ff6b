/* analyze/counters/rule.h: what the rules of counters share: the table from op name to function, and operands that a
 * rule cannot do without. */
#ifndef OPJ_ANALYZE_COUNTERS_RULE_H
#define OPJ_ANALYZE_COUNTERS_RULE_H

#include <inttypes.h>
#include <opjoule/counter.h>

struct opj_rule {
	const char *op;
	opj_count_fn count;
};

/* Once per op name and counter. */
static inline opj_count_fn opj_rule_find(const struct opj_rule *rules, size_t count, const char *op)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rules[i].op, op) == 0)
			return rules[i].count;
	}
	return NULL;
}

/* Argument i, a tensor of at least ndim dimensions; NULL with a message that names it. */
static inline const struct opj_operand *opj_rule_in(const struct opj_op *op, uint32_t i, int ndim, const char *name,
						    struct opj_error *err)
{
	const struct opj_operand *x = opj_op_in(op, i);
	if (!x)
		opj_fail(err, "argument %" PRIu32 " (%s) is missing or no tensor", i, name);
	else if (x->ndim < ndim)
		opj_fail(err, "argument %" PRIu32 " (%s) has %d dimensions, not %d", i, name, x->ndim, ndim);
	return x && x->ndim >= ndim ? x : NULL;
}

/* Result i, the same. */
static inline const struct opj_operand *opj_rule_out(const struct opj_op *op, uint32_t i, int ndim,
						     struct opj_error *err)
{
	const struct opj_operand *x = opj_op_out(op, i);
	if (!x)
		opj_fail(err, "result %" PRIu32 " is missing or no tensor", i);
	else if (x->ndim < ndim)
		opj_fail(err, "result %" PRIu32 " has %d dimensions, not %d", i, x->ndim, ndim);
	return x && x->ndim >= ndim ? x : NULL;
}

/* Product of a shape from dimension `from` on. */
static inline int64_t opj_shape_product(const struct opj_operand *x, int from)
{
	int64_t product = 1;
	for (int i = from; i < x->ndim; i++)
		product = opj_mul(product, x->shape[i]);
	return product;
}

/* Product of a list of integers; of an integer, that integer. OPJ_OVERFLOW where it is neither. */
static inline int64_t opj_list_product(struct opj_value list)
{
	if (list.type == OPJ_VALUE_INT)
		return list.u.integer;
	int64_t product = opj_value_count(list) ? 1 : OPJ_OVERFLOW;
	for (uint32_t i = 0; i < opj_value_count(list); i++)
		product = opj_mul(product, opj_value_integer(opj_value_item(list, i), OPJ_OVERFLOW));
	return product;
}

/* A product x @ y: [m, k] @ [k, n], or [b, m, k] @ [b, k, n] (b is 1 for the former). */
struct opj_product {
	const struct opj_operand *x, *y;
	int64_t b, m, k, n;
	bool biased; /* argument 0 is a bias, the operands follow it */
};

/* Reads aten.mm, aten.addmm, aten.bmm or aten.baddbmm; which it is, the op's name says. */
int opj_rule_product(const struct opj_op *op, struct opj_product *p, struct opj_error *err);

/* Rules: one for each element of the result; the additions of a sum, elements less results. */
int opj_rule_elements(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err);
int opj_rule_sum(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err);

/* A view that changes nothing: hooks around modules leave them in a training run. No network asked for them, and the
 * reference does not see them. */
static inline bool opj_rule_idle_view(const struct opj_op *op)
{
	const struct opj_operand *x = opj_op_in(op, 0), *out = opj_op_out(op, 0);
	bool same = x && out && x->ndim == out->ndim;
	for (int i = 0; same && i < x->ndim; i++)
		same = x->shape[i] == out->shape[i];
	return same;
}

/* Whether a tensor holds spikes, zeros and ones only. Booleans always do. UNKNOWN: nobody looked at its values. */
enum opj_spikes { OPJ_SPIKES_NO, OPJ_SPIKES_YES, OPJ_SPIKES_UNKNOWN };

static inline enum opj_spikes opj_rule_spikes(const struct opj_operand *x)
{
	if (x->numel == 0 || (x->dtype.code == OPJ_DL_BOOL && x->dtype.bits == 8))
		return OPJ_SPIKES_YES;
	if (x->stats.kind == OPJ_KIND_UNKNOWN)
		return OPJ_SPIKES_UNKNOWN;
	return x->stats.kind == OPJ_KIND_BINARY ? OPJ_SPIKES_YES : OPJ_SPIKES_NO;
}

/* For a rule that needs values nobody looked at. */
static inline int opj_rule_unseen(const char *what, struct opj_error *err)
{
	opj_fail(err, "the trace does not say what values the %s holds", what);
	return OPJ_UNCOVERED;
}

/* Additions that spikes trigger in a product or convolution, the rules that counters synop and ac share: synop.c. */
int opj_synop_product(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err);
int opj_synop_convolution(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err);

#endif
