/* analyze/ops/operators.h: the operators that this program knows.
 *
 * One row of operators.c says of an operator (an op's name, overload included) which family it is of, what is true of
 * it whoever asks, and where its arguments stand. Operators of one family compute alike: counters and estimators have
 * one rule for all of them, or none. So a new operator is one row, and whoever has no rule for its family says so. Two
 * operators are of one family only where nobody tells them apart. How to add a row: docs/counters.md. */
#ifndef OPJ_ANALYZE_OPS_OPERATORS_H
#define OPJ_ANALYZE_OPS_OPERATORS_H

#include "record/base/vector.h"
#include <opjoule/replay.h>

enum opj_family {
	OPJ_FAMILY_NONE, /* of an op without a row; nobody has a rule for it */
	OPJ_FAMILY_PRODUCT,
	OPJ_FAMILY_CONVOLUTION,
	OPJ_FAMILY_CONVOLUTION_BACKWARD,
	OPJ_FAMILY_NORM,
	OPJ_FAMILY_NORM_BACKWARD,
	OPJ_FAMILY_MAX_POOL,
	OPJ_FAMILY_MAX_POOL_BACKWARD,
	OPJ_FAMILY_AVG_POOL,
	OPJ_FAMILY_SUM,
	OPJ_FAMILY_MEAN,
	OPJ_FAMILY_ADD, /* x ± alpha·y */
	OPJ_FAMILY_NEGATE,
	OPJ_FAMILY_MULTIPLY, /* and divide */
	OPJ_FAMILY_COMPARE,
	OPJ_FAMILY_LOGIC,
	OPJ_FAMILY_WHERE,
	OPJ_FAMILY_ROOT,
	OPJ_FAMILY_SIGMOID_IN_PLACE, /* apart from sigmoid: the reference counts it, and not the other */
	OPJ_FAMILY_SIGMOID,
	OPJ_FAMILY_EXPONENTIAL,
	OPJ_FAMILY_LOSS,
	OPJ_FAMILY_ALL,     /* whether all elements are true */
	OPJ_FAMILY_RESHAPE, /* aten.view */
	OPJ_FAMILY_VIEW,    /* views that counters know to cost nothing */
	OPJ_FAMILY_TRANSPOSE,
	OPJ_FAMILY_OTHER_VIEW, /* views that no counter has a rule for */
	OPJ_FAMILY_SQUEEZE,
	OPJ_FAMILY_SPLIT,
	OPJ_FAMILY_VIEW_COPY, /* what a view shows, or its gradient, in memory of its own */
	OPJ_FAMILY_SELECT_BACKWARD,
	OPJ_FAMILY_STACK,
	OPJ_FAMILY_COPY,
	OPJ_FAMILY_COPY_INTO,
	OPJ_FAMILY_MOVE, /* the rest of what moves data */
	OPJ_FAMILY_FULL,
	OPJ_FAMILY_ZEROS,
	OPJ_FAMILY_ONES,
	OPJ_FAMILY_EMPTY,
	OPJ_FAMILY_NEW_EMPTY,
	OPJ_FAMILY_MARKER, /* tells a profiler where the run is: no tensor takes part */
	OPJ_FAMILIES
};

enum opj_trait {
	OPJ_TRAIT_VIEW = 1,     /* the result is memory of argument 0 under another shape */
	OPJ_TRAIT_CREATES = 2,  /* no element of the result comes from an argument */
	OPJ_TRAIT_IN_PLACE = 4, /* the result is argument 0, written over */
	OPJ_TRAIT_MOVES = 8,    /* copies elements and computes nothing */
};

/* Where an operator has its arguments: positions from 0, as torch's schema has them. */
enum { OPJ_ABSENT = -1 }; /* it has no such argument */

struct opj_product_form {
	int8_t x, y, bias;
	uint8_t ndim; /* of x and y: 2, or 3 with a batch in front */
};

struct opj_convolution_form {
	int8_t x, w, bias, stride, padding, dilation, transposed, groups;
};

struct opj_convolution_backward_form {
	int8_t grad, x, w, bias_sizes, transposed, groups, output_mask;
};

struct opj_norm_form {
	int8_t x, gamma, beta, running_mean, running_var, train;
};

struct opj_norm_backward_form {
	int8_t grad, x, gamma, running_mean, running_var, saved_mean, saved_deviation, train, output_mask;
};

struct opj_pool_form {
	int8_t kernel;
};

struct opj_operator {
	const char *name; /* "aten.mm.default"; "" for ops without a row */
	enum opj_family family;
	unsigned traits; /* OR of enum opj_trait */
	union {          /* by family; the others have argument 0, and where there are two, 1 */
		struct opj_product_form product;
		struct opj_convolution_form convolution;
		struct opj_convolution_backward_form convolution_backward;
		struct opj_norm_form norm;
		struct opj_norm_backward_form norm_backward;
		struct opj_pool_form pool;
	} form;
};

/* The table, family by family. */
extern const struct opj_operator opj_operators[];
extern const uint32_t opj_operator_count;

/* The row of an op name; never NULL. Look it up once per op name, not per op. */
const struct opj_operator *opj_operator_find(const char *name);

/* The same, kept by op id in `seen`, a vector of const struct opj_operator *. NULL: out of memory. */
const struct opj_operator *opj_operator_of(struct opj_vector *seen, const struct opj_signature *signature);

#endif
