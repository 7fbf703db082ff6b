/* record/native/aten.h: the operators that the executor runs, each under its ATen name.
 *
 * Every function computes one operator, hands it to the recorder while somebody listens, and returns a new reference.
 * An operand of NULL, or running out of memory, gives NULL: layers chain operators and the time loop checks once.
 * Shapes were checked when the layers were made. Tensors are float32 in C order unless said otherwise. */
#ifndef OPJ_RECORD_NATIVE_ATEN_H
#define OPJ_RECORD_NATIVE_ATEN_H

#include "nd.h"
#include <opjoule/recorder.h>

struct opj_layer;

/* What operators need besides operands. */
struct opj_exec {
	struct opj_pool pool;
	struct opj_recorder *rec;
	struct opj_layer *active; /* the neuron whose state is in force, or NULL */
};

/* The right-hand side of an elementwise operator: a number, or a tensor. A tensor with fewer dimensions than the left
 * one is repeated over the leading ones, as neuron parameters are over the batch. */
struct opj_rhs {
	double number;
	struct opj_nd *nd; /* NULL: the number */
};

static inline struct opj_rhs opj_number(double number)
{
	return (struct opj_rhs){.number = number};
}

enum opj_binary { OPJ_ADD, OPJ_SUB, OPJ_MUL, OPJ_DIV };

/* aten.add.Tensor, sub, mul, div: a op b. The right-hand side being a tensor that is NULL through an earlier failure
 * must be told by opj_aten_binary_nd, since here NULL stands for a number. */
struct opj_nd *opj_aten_binary(struct opj_exec *x, enum opj_binary op, struct opj_nd *a, struct opj_rhs b);
struct opj_nd *opj_aten_binary_nd(struct opj_exec *x, enum opj_binary op, struct opj_nd *a, struct opj_nd *b);
/* aten.rsub.Scalar: number - a. */
struct opj_nd *opj_aten_rsub(struct opj_exec *x, struct opj_nd *a, double number);
/* aten.full_like.default(a, 0.0). */
struct opj_nd *opj_aten_zeros_like(struct opj_exec *x, struct opj_nd *a);
/* a > 0 as a bool tensor; *count is raised by how many are. Recorded as aten.ge.Scalar(a, 0), the peer's comparison,
 * wherever a holds no zero and the two are the same function, else as aten.gt.Scalar(a, 0). */
struct opj_nd *opj_aten_positive(struct opj_exec *x, struct opj_nd *a, uint64_t *count);
/* aten._to_copy.default(a, dtype=torch.float32, device=cpu) of a bool tensor. */
struct opj_nd *opj_aten_to_float(struct opj_exec *x, struct opj_nd *a);

/* aten.select.int(a, 0, index): a view. */
struct opj_nd *opj_aten_select(struct opj_exec *x, struct opj_nd *a, int64_t index);
/* aten.view.default. */
struct opj_nd *opj_aten_view(struct opj_exec *x, struct opj_nd *a, int ndim, const int64_t *shape);
/* aten.t.default of a matrix: a view with swapped strides. */
struct opj_nd *opj_aten_t(struct opj_exec *x, struct opj_nd *a);
/* aten.constant_pad_nd.default(a, pad, 0.0): pad[2*i] zeros before and pad[2*i+1] after dimension ndim-1-i. */
struct opj_nd *opj_aten_pad(struct opj_exec *x, struct opj_nd *a, int spatial, const int64_t *pad);

/* a [N, I] times wt [I, O], the transpose made by opj_aten_t: aten.addmm.default(bias, a, wt), or aten.mm.default
 * where bias is NULL. */
struct opj_nd *opj_aten_linear(struct opj_exec *x, struct opj_nd *bias, struct opj_nd *a, struct opj_nd *wt);

struct opj_conv {
	int spatial; /* 1 or 2 */
	int64_t stride[2], padding[2], dilation[2];
	int64_t groups;
};

/* aten.convolution.default: a [N, C, spatial…], weight [O, C/groups, k…], bias [O] or NULL. */
struct opj_nd *opj_aten_convolution(struct opj_exec *x, struct opj_nd *a, struct opj_nd *weight, struct opj_nd *bias,
				    const struct opj_conv *conv);
/* Extent of a convolution's or pooling's output along one axis; 0 where no window fits. */
int64_t opj_window_count(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation);

/* aten.avg_pool2d.default: a [N, C, H, W]; padding counts as zeros. sum: with a divisor of 1. */
struct opj_nd *opj_aten_avg_pool2d(struct opj_exec *x, struct opj_nd *a, const int64_t kernel[2],
				   const int64_t stride[2], const int64_t padding[2], bool sum);

/* aten.new_zeros.default(a, shape). */
struct opj_nd *opj_aten_new_zeros(struct opj_exec *x, struct opj_nd *a, int ndim, const int64_t *shape);
/* aten.copy_.default(to, from): the same shape; to is written, and gets a reference. */
struct opj_nd *opj_aten_copy(struct opj_exec *x, struct opj_nd *to, struct opj_nd *from);
/* aten.gather.default(a, 0, index): out[0, …] = a[index[0, …], …]; index is int64 [1, …]. */
struct opj_nd *opj_aten_gather(struct opj_exec *x, struct opj_nd *a, struct opj_nd *index);

/* Nanoseconds of the monotonic clock while somebody listens, else 0: taken when an operator starts. */
uint64_t opj_op_start(void);

/* Records an operator that has just run and began at `start` (0: does nothing). The last of nds is the result. */
void opj_op_end(struct opj_exec *x, uint64_t start, const char *name, uint32_t in_count, const struct opj_value *in,
		uint32_t kw_count, const struct opj_value *kw, uint32_t nd_count, struct opj_nd *const *nds);

/* Records that a module returned `out` for `in`, while somebody listens; layer: whose module that is, or NULL. */
void opj_call_end(struct opj_exec *x, uint32_t module, const struct opj_layer *layer, struct opj_nd *in,
		  struct opj_nd *out);

#endif
