/* analyze/ops/shapes.c: taking ops apart, family by family. */
#include "shapes.h"
#include <inttypes.h>

const struct opj_operand *opj_need_in(const struct opj_op *op, uint32_t i, int ndim, const char *name,
				      struct opj_error *err)
{
	const struct opj_operand *x = opj_op_in(op, i);
	if (!x)
		opj_fail(err, "argument %" PRIu32 " (%s) is missing or no tensor", i, name);
	else if (x->ndim < ndim)
		opj_fail(err, "argument %" PRIu32 " (%s) has %d dimensions, not %d", i, name, x->ndim, ndim);
	return x && x->ndim >= ndim ? x : NULL;
}

const struct opj_operand *opj_need_out(const struct opj_op *op, uint32_t i, int ndim, struct opj_error *err)
{
	const struct opj_operand *x = opj_op_out(op, i);
	if (!x)
		opj_fail(err, "result %" PRIu32 " is missing or no tensor", i);
	else if (x->ndim < ndim)
		opj_fail(err, "result %" PRIu32 " has %d dimensions, not %d", i, x->ndim, ndim);
	return x && x->ndim >= ndim ? x : NULL;
}

/* Argument by its place in a row; none where the operator has no such argument. */
static struct opj_value argument(const struct opj_op *op, int8_t place)
{
	return place == OPJ_ABSENT ? OPJ_NONE() : opj_op_arg(op, (uint32_t)place);
}

static const struct opj_operand *tensor(const struct opj_op *op, int8_t place, int ndim, const char *name,
					struct opj_error *err)
{
	return opj_need_in(op, (uint32_t)place, ndim, name, err);
}

static bool given(const struct opj_op *op, int8_t place)
{
	return argument(op, place).type != OPJ_VALUE_NONE;
}

static bool truth(const struct opj_op *op, int8_t place)
{
	return opj_value_truth(argument(op, place), false);
}

/* Which of three gradients were asked for. */
static int read_mask(const struct opj_op *op, int8_t place, bool want[3], struct opj_error *err)
{
	struct opj_value mask = argument(op, place);
	if (opj_value_count(mask) != 3)
		return opj_fail(err, "argument %d (output_mask) is no list of three", place);
	for (uint32_t i = 0; i < 3; i++)
		want[i] = opj_value_truth(opj_value_item(mask, i), false);
	return 0;
}

static int read_groups(const struct opj_op *op, int8_t place, int64_t *groups, struct opj_error *err)
{
	*groups = opj_value_integer(argument(op, place), 1);
	if (*groups < 1)
		return opj_fail(err, "argument %d (groups) is %" PRId64 ", not a positive integer", place, *groups);
	return 0;
}

/* Products --------------------------------------------------------------------------------------------------------- */

int opj_product_read(const struct opj_operator *known, const struct opj_op *op, struct opj_product *p,
		     struct opj_error *err)
{
	const struct opj_product_form *form = &known->form.product;
	int ndim = form->ndim;
	p->x = tensor(op, form->x, ndim, "left operand", err);
	p->y = p->x ? tensor(op, form->y, ndim, "right operand", err) : NULL;
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
	p->biased = form->bias != OPJ_ABSENT;
	p->bias = opj_op_operand(op, argument(op, form->bias));
	p->scaled = p->biased && opj_value_number(opj_op_kw(op, "alpha"), 1) != 1;
	p->beta = p->biased ? opj_value_number(opj_op_kw(op, "beta"), 1) : 0;
	return 0;
}

/* Convolutions ----------------------------------------------------------------------------------------------------- */

int opj_convolution_read(const struct opj_operator *known, const struct opj_op *op, struct opj_convolution *c,
			 struct opj_error *err)
{
	const struct opj_convolution_form *form = &known->form.convolution;
	c->x = tensor(op, form->x, 2, "input", err);
	c->w = c->x ? tensor(op, form->w, 2, "weight", err) : NULL;
	c->out = c->w ? opj_need_out(op, 0, 2, err) : NULL;
	if (!c->out || read_groups(op, form->groups, &c->groups, err))
		return -1;
	c->transposed = truth(op, form->transposed);
	c->sites = c->transposed ? c->x : c->out;
	c->bias = opj_op_operand(op, argument(op, form->bias));
	return 0;
}

struct opj_sums opj_convolution_sums(const struct opj_convolution *c)
{
	int64_t terms = opj_mul(c->x->shape[1] / c->groups, opj_shape_product(c->w, 2));
	return (struct opj_sums){opj_int(c->out->numel), terms};
}

int opj_convolution_gradients_read(const struct opj_operator *known, const struct opj_op *op,
				   struct opj_convolution_gradients *g, struct opj_error *err)
{
	const struct opj_convolution_backward_form *form = &known->form.convolution_backward;
	bool want[3];
	*g = (struct opj_convolution_gradients){0};
	g->grad = tensor(op, form->grad, 2, "grad_output", err);
	g->x = g->grad ? tensor(op, form->x, 2, "input", err) : NULL;
	g->w = g->x ? tensor(op, form->w, 2, "weight", err) : NULL;
	if (!g->w || read_mask(op, form->output_mask, want, err) || read_groups(op, form->groups, &g->groups, err))
		return -1;
	if ((want[0] && !(g->grad_x = opj_need_out(op, 0, 2, err))) ||
	    (want[1] && !(g->grad_w = opj_need_out(op, 1, 2, err))))
		return -1;
	g->transposed = truth(op, form->transposed);
	g->image = g->transposed ? g->grad : g->x;
	g->kernel = g->transposed ? g->x : g->grad;
	g->wants_bias = want[2];
	g->grad_bias = want[2] ? opj_op_out(op, 2) : NULL;
	g->biased = given(op, form->bias_sizes);
	return 0;
}

int64_t opj_grad_x_products(const struct opj_convolution_gradients *g)
{
	if (!g->grad_x)
		return 0;
	const struct opj_operand *sites = g->transposed ? g->grad_x : g->grad;
	return opj_mul(opj_shape_product(g->w, 0), opj_mul(g->grad->shape[0], opj_shape_product(sites, 2)));
}

int64_t opj_grad_w_products(const struct opj_convolution_gradients *g)
{
	if (!g->grad_w)
		return 0;
	int64_t taps = opj_shape_product(g->kernel, 0);
	return opj_mul(opj_mul(taps, opj_shape_product(g->grad_w, 2)), g->image->shape[1]);
}

struct opj_sums opj_grad_x_sums(const struct opj_convolution_gradients *g)
{
	if (!g->grad_x)
		return (struct opj_sums){0, 0};
	int64_t terms = opj_mul(g->grad->shape[1] / g->groups, opj_shape_product(g->w, 2));
	return (struct opj_sums){opj_int(g->grad_x->numel), terms};
}

struct opj_sums opj_grad_w_sums(const struct opj_convolution_gradients *g)
{
	if (!g->grad_w)
		return (struct opj_sums){0, 0};
	int64_t terms = opj_mul(g->image->shape[0] / g->groups, opj_shape_product(g->kernel, 2));
	return (struct opj_sums){opj_int(g->grad_w->numel), terms};
}

struct opj_sums opj_grad_bias_sums(const struct opj_convolution_gradients *g)
{
	int64_t terms = opj_mul(g->grad->shape[0], opj_shape_product(g->grad, 2));
	return (struct opj_sums){g->grad->shape[1], terms};
}

/* Normalisation and pooling ---------------------------------------------------------------------------------------- */

int opj_norm_read(const struct opj_operator *known, const struct opj_op *op, struct opj_norm *norm,
		  struct opj_error *err)
{
	const struct opj_norm_form *form = &known->form.norm;
	const struct opj_operand *x = tensor(op, form->x, 2, "input", err);
	if (!x)
		return -1;
	*norm = (struct opj_norm){
	    .n = opj_int(x->numel),
	    .c = x->shape[1],
	    .train = truth(op, form->train),
	    .affine = given(op, form->gamma),
	    .running = given(op, form->running_mean),
	};
	return 0;
}

int opj_norm_gradients_read(const struct opj_operator *known, const struct opj_op *op, struct opj_norm_gradients *norm,
			    struct opj_error *err)
{
	const struct opj_norm_backward_form *form = &known->form.norm_backward;
	const struct opj_operand *grad = tensor(op, form->grad, 2, "grad_out", err);
	bool want[3];
	if (!grad || read_mask(op, form->output_mask, want, err))
		return -1;
	const struct opj_operand *gamma = opj_op_operand(op, argument(op, form->gamma));
	*norm = (struct opj_norm_gradients){
	    .n = opj_int(grad->numel),
	    .c = gamma ? opj_int(gamma->numel) : grad->shape[1],
	    .train = truth(op, form->train),
	    .want_x = want[0],
	    .want_gamma = want[1],
	    .want_beta = want[2],
	};
	return 0;
}

/* Product of a list of integers. OPJ_OVERFLOW where one is none. */
static int64_t list_product(struct opj_value list)
{
	int64_t product = 1;
	for (uint32_t i = 0; i < opj_value_count(list); i++)
		product = opj_mul(product, opj_value_integer(opj_value_item(list, i), OPJ_OVERFLOW));
	return product;
}

int opj_pool_read(const struct opj_operator *known, const struct opj_op *op, struct opj_sums *windows,
		  struct opj_error *err)
{
	int8_t place = known->form.pool.kernel;
	const struct opj_operand *out = opj_need_out(op, 0, 0, err);
	if (!out)
		return -1;
	struct opj_value kernel = argument(op, place);
	if (!opj_value_count(kernel))
		return opj_fail(err, "argument %d (kernel_size) is no list", place);
	*windows = (struct opj_sums){opj_int(out->numel), list_product(kernel)};
	return 0;
}
