/* analyze/counters/rule.c: reading the operands of a matrix product, and the rules that several counters share. */
#include "rule.h"

int opj_rule_product(const struct opj_op *op, struct opj_product *p, struct opj_error *err)
{
	const char *name = op->signature->op + strlen("aten."); /* mm, addmm, bmm or baddbmm */
	int ndim = name[0] == 'b' ? 3 : 2;
	p->biased = strncmp(name + (ndim == 3), "add", 3) == 0;
	p->x = opj_rule_in(op, p->biased, ndim, "left operand", err);
	if (!p->x)
		return -1;
	p->y = opj_rule_in(op, p->biased + 1u, ndim, "right operand", err);
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

int opj_rule_elements(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *out = opj_rule_out(op, 0, 0, err);
	if (!out)
		return -1;
	values[0] = opj_int(out->numel);
	return OPJ_COUNTED;
}

int opj_rule_sum(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	const struct opj_operand *x = opj_rule_in(op, 0, 0, "input", err);
	const struct opj_operand *out = x ? opj_rule_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	values[0] = opj_sub(opj_int(x->numel), opj_int(out->numel));
	return OPJ_COUNTED;
}
