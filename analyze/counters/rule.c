/* analyze/counters/rule.c: reading the operands of a matrix product, for all counters alike. */
#include "rule.h"

int opj_rule_product(const struct opj_op *op, uint32_t first, int ndim, struct opj_product *p, struct opj_error *err)
{
	p->x = opj_rule_in(op, first, ndim, "left operand", err);
	if (!p->x)
		return -1;
	p->y = opj_rule_in(op, first + 1, ndim, "right operand", err);
	if (!p->y)
		return -1;
	const int64_t *x = p->x->shape, *y = p->y->shape;
	if (p->x->ndim != ndim || p->y->ndim != ndim)
		return opj_fail(err, "a product of %d and %d dimensions where both must have %d", p->x->ndim,
				p->y->ndim, ndim);
	p->b = ndim == 3 ? x[0] : 1;
	p->m = x[ndim - 2];
	p->k = x[ndim - 1];
	p->n = y[ndim - 1];
	if (y[ndim - 2] != p->k)
		return opj_fail(err, "inner dimensions differ: %" PRId64 " and %" PRId64, p->k, y[ndim - 2]);
	if (ndim == 3 && y[0] != p->b)
		return opj_fail(err, "batch dimensions differ: %" PRId64 " and %" PRId64, p->b, y[0]);
	return 0;
}
