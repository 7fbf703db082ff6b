/* analyze/counters/memory.c: bytes of the tensors that an op reads and writes, each once: a lower bound of traffic.
 *
 * Views cost nothing. What does not apply (a scalar operand, a missing bias) has no bytes. */
#include "rule.h"

static int64_t bytes(const struct opj_operand *x)
{
	return x ? opj_int(x->bytes) : 0;
}

static int64_t in(const struct opj_op *op, int i)
{
	return i == OPJ_ABSENT ? 0 : bytes(opj_op_in(op, (uint32_t)i));
}

static int64_t out(const struct opj_op *op, uint32_t i)
{
	return bytes(opj_op_out(op, i));
}

static int memory_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err)
{
	(void)self;
	struct opj_product p;
	if (opj_product_read(known, op, &p, err) || !opj_need_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(opj_add(bytes(p.x), bytes(p.y)), out(op, 0));
	if (p.beta != 0)
		values[0] = opj_add(values[0], bytes(p.bias));
	return OPJ_COUNTED;
}

static int memory_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			      struct opj_error *err)
{
	(void)self;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	values[0] = opj_add(opj_add(bytes(c.x), bytes(c.w)), opj_add(bytes(c.bias), bytes(c.out)));
	return OPJ_COUNTED;
}

/* The output's gradient once; for each gradient asked for its result and the operand it needs beside. */
static int memory_convolution_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				       int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_convolution_gradients g;
	if (opj_convolution_gradients_read(known, op, &g, err))
		return -1;
	int64_t sum = bytes(g.grad);
	if (g.grad_x)
		sum = opj_add(sum, opj_add(bytes(g.w), bytes(g.grad_x)));
	if (g.grad_w)
		sum = opj_add(sum, opj_add(bytes(g.x), bytes(g.grad_w)));
	values[0] = opj_add(sum, bytes(g.grad_bias));
	return OPJ_COUNTED;
}

static int memory_max_pool(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			   struct opj_error *err)
{
	(void)self, (void)known;
	if (!opj_need_in(op, 0, 0, "input", err) || !opj_need_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(in(op, 0), opj_add(out(op, 0), out(op, 1)));
	return OPJ_COUNTED;
}

static int memory_max_pool_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				    int64_t *values, struct opj_error *err)
{
	(void)self, (void)known;
	if (!opj_need_in(op, 0, 0, "grad_output", err) || !opj_need_out(op, 0, 0, err))
		return -1;
	/* Argument 1 is the forward's input; the indices, argument 7, are not counted: the reference's definition. */
	values[0] = opj_add(in(op, 0), opj_add(in(op, 1), out(op, 0)));
	return OPJ_COUNTED;
}

static int memory_unary(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			struct opj_error *err)
{
	(void)self, (void)known;
	if (!opj_need_in(op, 0, 0, "input", err) || !opj_need_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(in(op, 0), out(op, 0));
	return OPJ_COUNTED;
}

static int memory_binary(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			 struct opj_error *err)
{
	(void)self, (void)known;
	if (!opj_need_out(op, 0, 0, err))
		return -1;
	values[0] = opj_add(opj_add(in(op, 0), in(op, 1)), out(op, 0));
	return OPJ_COUNTED;
}

static int memory_stack(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			struct opj_error *err)
{
	(void)self, (void)known;
	struct opj_value list = opj_op_arg(op, 0);
	if (list.type != OPJ_VALUE_LIST)
		return opj_fail(err, "argument 0 (tensors) is no list");
	if (!opj_need_out(op, 0, 0, err))
		return -1;
	int64_t sum = out(op, 0);
	for (uint32_t i = 0; i < list.count; i++)
		sum = opj_add(sum, bytes(opj_op_operand(op, list.u.items[i])));
	values[0] = sum;
	return OPJ_COUNTED;
}

static int memory_fill(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		       struct opj_error *err)
{
	(void)self, (void)known;
	if (!opj_need_out(op, 0, 0, err))
		return -1;
	values[0] = out(op, 0);
	return OPJ_COUNTED;
}

/* Reads the input and four vectors per channel; writes the output, in training the batch's statistics too. */
static int memory_batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			     struct opj_error *err)
{
	(void)self;
	struct opj_norm norm;
	if (opj_norm_read(known, op, &norm, err) || !opj_need_out(op, 0, 0, err))
		return -1;
	const struct opj_norm_form *form = &known->form.norm;
	const int8_t read[] = {form->x, form->gamma, form->beta, form->running_mean, form->running_var};
	int64_t sum = out(op, 0);
	for (size_t i = 0; i < sizeof read; i++)
		sum = opj_add(sum, in(op, read[i]));
	if (norm.train)
		sum = opj_add(sum, opj_add(out(op, 1), out(op, 2)));
	values[0] = sum;
	return OPJ_COUNTED;
}

/* Every operand that any of the gradients asked for reads, once. */
static int memory_batch_norm_backward(void *self, const struct opj_operator *known, const struct opj_op *op,
				      int64_t *values, struct opj_error *err)
{
	(void)self;
	struct opj_norm_gradients norm;
	if (opj_norm_gradients_read(known, op, &norm, err))
		return -1;
	const struct opj_norm_backward_form *form = &known->form.norm_backward;
	bool centred = norm.want_gamma || (norm.train && norm.want_x);
	const struct {
		int8_t place;
		bool read;
	} operands[] = {
	    {form->grad, norm.want_x || norm.want_gamma || norm.want_beta},
	    {form->x, centred},
	    {form->gamma, norm.want_x},
	    {form->saved_mean, centred},
	    {form->saved_deviation, norm.want_x || norm.want_gamma},
	};
	int64_t sum = 0;
	for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
		sum = opj_add(sum, operands[i].read ? in(op, operands[i].place) : 0);
	values[0] = sum;
	return OPJ_COUNTED;
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = memory_product,
    [OPJ_FAMILY_CONVOLUTION] = memory_convolution,
    [OPJ_FAMILY_CONVOLUTION_BACKWARD] = memory_convolution_backward,
    [OPJ_FAMILY_NORM] = memory_batch_norm,
    [OPJ_FAMILY_NORM_BACKWARD] = memory_batch_norm_backward,
    [OPJ_FAMILY_MAX_POOL] = memory_max_pool,
    [OPJ_FAMILY_MAX_POOL_BACKWARD] = memory_max_pool_backward,
    [OPJ_FAMILY_AVG_POOL] = memory_unary,
    [OPJ_FAMILY_SUM] = memory_unary,
    [OPJ_FAMILY_MEAN] = memory_unary,
    [OPJ_FAMILY_ADD] = memory_binary,
    [OPJ_FAMILY_NEGATE] = memory_unary,
    [OPJ_FAMILY_MULTIPLY] = memory_binary,
    [OPJ_FAMILY_COMPARE] = memory_binary,
    [OPJ_FAMILY_LOGIC] = memory_binary,
    [OPJ_FAMILY_SIGMOID_IN_PLACE] = memory_unary,
    [OPJ_FAMILY_RESHAPE] = opj_rule_view,
    [OPJ_FAMILY_VIEW] = opj_rule_nothing,
    [OPJ_FAMILY_TRANSPOSE] = opj_rule_nothing,
    [OPJ_FAMILY_SELECT_BACKWARD] = memory_unary,
    [OPJ_FAMILY_STACK] = memory_stack,
    [OPJ_FAMILY_COPY] = memory_unary,
    [OPJ_FAMILY_FULL] = memory_fill,
    [OPJ_FAMILY_ONES] = memory_fill,
    [OPJ_FAMILY_EMPTY] = opj_rule_nothing,
};

const struct opj_counter opj_counter_memory = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "memory",
    .unit = "bytes",
    .summary = "bytes of operands read and results written, each tensor once per op",
    .boundary = "caches, re-reads within an op, alignment; optimizer state",
    .metric_count = 1,
    .rules = rules,
};
