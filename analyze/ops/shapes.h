/* analyze/ops/shapes.h: what operators of a family make of their operands' shapes.
 *
 * A reader takes an op apart: operands are there and have the dimensions that the arithmetic needs, numbers are in
 * range. `known` is the op's row (operators.h) and says where its arguments stand. Readers return 0, or -1 with a
 * message that names the argument. Arithmetic keeps an overflow (opjoule/counter.h). */
#ifndef OPJ_ANALYZE_OPS_SHAPES_H
#define OPJ_ANALYZE_OPS_SHAPES_H

#include "operators.h"
#include <opjoule/counter.h>

/* Argument i, a tensor of at least ndim dimensions; NULL with a message that names it. */
const struct opj_operand *opj_need_in(const struct opj_op *op, uint32_t i, int ndim, const char *name,
				      struct opj_error *err);
/* Result i, the same. */
const struct opj_operand *opj_need_out(const struct opj_op *op, uint32_t i, int ndim, struct opj_error *err);

/* Product of a shape from dimension `from` on. */
static inline int64_t opj_shape_product(const struct opj_operand *x, int from)
{
	int64_t product = 1;
	for (int i = from; i < x->ndim; i++)
		product = opj_mul(product, x->shape[i]);
	return product;
}

/* `outputs` elements, each the sum of `terms` terms. */
struct opj_sums {
	int64_t outputs, terms;
};

static inline int64_t opj_sums_terms(struct opj_sums s)
{
	return opj_mul(s.outputs, s.terms);
}

static inline int64_t opj_sums_additions(struct opj_sums s)
{
	return s.terms == OPJ_OVERFLOW ? OPJ_OVERFLOW : opj_mul(s.outputs, s.terms > 1 ? s.terms - 1 : 0);
}

/* alpha·(x @ y) + beta·bias: [m, k] @ [k, n], or [b, m, k] @ [b, k, n] (b is 1 for the former). */
struct opj_product {
	const struct opj_operand *x, *y;
	const struct opj_operand *bias; /* NULL: there is none, or it is no tensor */
	int64_t b, m, k, n;
	bool biased; /* the operator has a bias */
	bool scaled; /* alpha is not 1 */
	double beta; /* 0 where it has no bias */
};

int opj_product_read(const struct opj_operator *known, const struct opj_op *op, struct opj_product *p,
		     struct opj_error *err);

/* Each element of the result is an inner product of length k. */
static inline struct opj_sums opj_product_sums(const struct opj_product *p)
{
	return (struct opj_sums){opj_mul(opj_mul(p->b, p->m), p->n), p->k};
}

/* x [N, C, …] with a kernel w whose spatial dimensions begin at 2. */
struct opj_convolution {
	const struct opj_operand *x, *w, *out;
	const struct opj_operand *sites; /* where the kernel is laid: the result, or x where transposed */
	const struct opj_operand *bias;  /* NULL: there is none */
	bool transposed;
	int64_t groups; /* at least 1 */
};

int opj_convolution_read(const struct opj_operator *known, const struct opj_op *op, struct opj_convolution *c,
			 struct opj_error *err);

/* How often each weight is used: positions of the kernel, over the batch. */
static inline int64_t opj_convolution_uses(const struct opj_convolution *c)
{
	return opj_mul(c->sites->shape[0], opj_shape_product(c->sites, 2));
}

/* Products of an input with a weight, borders in full. */
static inline int64_t opj_convolution_products(const struct opj_convolution *c)
{
	return opj_mul(opj_shape_product(c->w, 0), opj_convolution_uses(c));
}

/* The same seen from the result, each element a sum over input channels and kernel. Where transposed with a stride,
 * that is more than there are products. */
struct opj_sums opj_convolution_sums(const struct opj_convolution *c);

/* The gradients of a convolution: of x, a convolution of the result's gradient with w, transposed where the forward was
 * not; of w, a convolution of `image` with `kernel`, samples in the place of channels; of the bias, a sum. */
struct opj_convolution_gradients {
	const struct opj_operand *grad, *x, *w;
	const struct opj_operand *grad_x, *grad_w; /* results; NULL where not asked for */
	const struct opj_operand *grad_bias;       /* the same; NULL also where it was asked for and not given */
	const struct opj_operand *image, *kernel;  /* x and grad, the other way round where transposed */
	bool transposed, wants_bias, biased;       /* biased: the forward had one */
	int64_t groups;                            /* at least 1 */
};

int opj_convolution_gradients_read(const struct opj_operator *known, const struct opj_op *op,
				   struct opj_convolution_gradients *g, struct opj_error *err);

/* Products of each, borders in full. 0 for what was not asked for. */
int64_t opj_grad_x_products(const struct opj_convolution_gradients *g);
int64_t opj_grad_w_products(const struct opj_convolution_gradients *g);

/* The same seen from the results, without regard to stride, and for the gradient of w to groups: NeuroMC's way. */
struct opj_sums opj_grad_x_sums(const struct opj_convolution_gradients *g);
struct opj_sums opj_grad_w_sums(const struct opj_convolution_gradients *g);

/* One sum over batch and positions for each channel. */
struct opj_sums opj_grad_bias_sums(const struct opj_convolution_gradients *g);

/* Normalisation over all dimensions but channels, which are dimension 1. */
struct opj_norm {
	int64_t n, c; /* elements, channels */
	bool train;   /* with statistics of the batch; else with running ones */
	bool affine;  /* a weight and a bias for each channel */
	bool running; /* has running statistics, which training updates */
};

int opj_norm_read(const struct opj_operator *known, const struct opj_op *op, struct opj_norm *norm,
		  struct opj_error *err);

struct opj_norm_gradients {
	int64_t n, c;
	bool train;
	bool want_x, want_gamma, want_beta;
};

int opj_norm_gradients_read(const struct opj_operator *known, const struct opj_op *op, struct opj_norm_gradients *norm,
			    struct opj_error *err);

/* Windows of a pooling: each element of the result is made of so many of the input. */
int opj_pool_read(const struct opj_operator *known, const struct opj_op *op, struct opj_sums *windows,
		  struct opj_error *err);

#endif
