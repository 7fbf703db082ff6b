/* analyze/counters/rule.c: the rules that several counters share. */
#include "rule.h"

int opj_rule_elements(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		      struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *out = opj_need_out(op, 0, 0, err);
	if (!out)
		return -1;
	values[0] = opj_int(out->numel);
	return OPJ_COUNTED;
}

int opj_rule_sum(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		 struct opj_error *err)
{
	(void)self, (void)known;
	const struct opj_operand *x = opj_need_in(op, 0, 0, "input", err);
	const struct opj_operand *out = x ? opj_need_out(op, 0, 0, err) : NULL;
	if (!out)
		return -1;
	values[0] = opj_sub(opj_int(x->numel), opj_int(out->numel));
	return OPJ_COUNTED;
}
