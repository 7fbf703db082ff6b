/* analyze/counters/rule.c: the rules that several counters share. */
#include "rule.h"

int opj_rule_nothing(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		     struct opj_error *err)
{
	(void)self, (void)known, (void)op, (void)err;
	values[0] = 0;
	return OPJ_COUNTED;
}

int opj_rule_view(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		  struct opj_error *err)
{
	(void)self, (void)known, (void)err;
	const struct opj_operand *x = opj_op_in(op, 0), *out = opj_op_out(op, 0);
	bool same = x && out && x->ndim == out->ndim;
	for (int i = 0; same && i < x->ndim; i++)
		same = x->shape[i] == out->shape[i];
	values[0] = 0;
	return same ? OPJ_NOT_CONCERNED : OPJ_COUNTED;
}

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
