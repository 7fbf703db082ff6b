/* analyze/ops/operators.c: the table of operators, in the order of their families. */
#include "operators.h"

#define VIEW OPJ_TRAIT_VIEW
#define CREATES OPJ_TRAIT_CREATES
#define IN_PLACE OPJ_TRAIT_IN_PLACE
#define MOVES OPJ_TRAIT_MOVES

/* clang-format off */
const struct opj_operator opj_operators[] = {
    {"aten.addmm.default", OPJ_FAMILY_PRODUCT, 0, {.product = {.bias = 0, .x = 1, .y = 2, .ndim = 2}}},
    {"aten.baddbmm.default", OPJ_FAMILY_PRODUCT, 0, {.product = {.bias = 0, .x = 1, .y = 2, .ndim = 3}}},
    {"aten.bmm.default", OPJ_FAMILY_PRODUCT, 0, {.product = {.bias = OPJ_ABSENT, .x = 0, .y = 1, .ndim = 3}}},
    {"aten.mm.default", OPJ_FAMILY_PRODUCT, 0, {.product = {.bias = OPJ_ABSENT, .x = 0, .y = 1, .ndim = 2}}},

    {"aten.convolution.default", OPJ_FAMILY_CONVOLUTION, 0,
     {.convolution = {.x = 0, .w = 1, .bias = 2, .stride = 3, .padding = 4, .dilation = 5, .transposed = 6, .groups = 8}}},
    {"aten.convolution_backward.default", OPJ_FAMILY_CONVOLUTION_BACKWARD, 0,
     {.convolution_backward = {.grad = 0, .x = 1, .w = 2, .bias_sizes = 3, .transposed = 7, .groups = 9, .output_mask = 10}}},
    {"aten.native_batch_norm.default", OPJ_FAMILY_NORM, 0,
     {.norm = {.x = 0, .gamma = 1, .beta = 2, .running_mean = 3, .running_var = 4, .train = 5}}},
    {"aten.native_batch_norm_backward.default", OPJ_FAMILY_NORM_BACKWARD, 0,
     {.norm_backward = {.grad = 0, .x = 1, .gamma = 2, .running_mean = 3, .running_var = 4, .saved_mean = 5, .saved_deviation = 6, .train = 7,
                        .output_mask = 9}}},

    {"aten.max_pool2d_with_indices.default", OPJ_FAMILY_MAX_POOL, 0, {.pool = {.kernel = 1}}},
    {"aten.max_pool2d_with_indices_backward.default", OPJ_FAMILY_MAX_POOL_BACKWARD},
    {"aten.avg_pool2d.default", OPJ_FAMILY_AVG_POOL, 0, {.pool = {.kernel = 1}}},

    {"aten.sum.default", OPJ_FAMILY_SUM},
    {"aten.sum.dim_IntList", OPJ_FAMILY_SUM},
    {"aten.mean.dim", OPJ_FAMILY_MEAN},

    {"aten.add.Scalar", OPJ_FAMILY_ADD},
    {"aten.add.Tensor", OPJ_FAMILY_ADD},
    {"aten.add_.Scalar", OPJ_FAMILY_ADD, IN_PLACE},
    {"aten.add_.Tensor", OPJ_FAMILY_ADD, IN_PLACE},
    {"aten.rsub.Scalar", OPJ_FAMILY_ADD},
    {"aten.rsub.Tensor", OPJ_FAMILY_ADD},
    {"aten.sub.Scalar", OPJ_FAMILY_ADD},
    {"aten.sub.Tensor", OPJ_FAMILY_ADD},
    {"aten.sub_.Scalar", OPJ_FAMILY_ADD, IN_PLACE},
    {"aten.sub_.Tensor", OPJ_FAMILY_ADD, IN_PLACE},

    {"aten.neg.default", OPJ_FAMILY_NEGATE},
    {"aten.neg_.default", OPJ_FAMILY_NEGATE, IN_PLACE},

    {"aten.div.Scalar", OPJ_FAMILY_MULTIPLY},
    {"aten.div.Tensor", OPJ_FAMILY_MULTIPLY},
    {"aten.div_.Scalar", OPJ_FAMILY_MULTIPLY, IN_PLACE},
    {"aten.div_.Tensor", OPJ_FAMILY_MULTIPLY, IN_PLACE},
    {"aten.mul.Scalar", OPJ_FAMILY_MULTIPLY},
    {"aten.mul.Tensor", OPJ_FAMILY_MULTIPLY},
    {"aten.mul_.Scalar", OPJ_FAMILY_MULTIPLY, IN_PLACE},
    {"aten.mul_.Tensor", OPJ_FAMILY_MULTIPLY, IN_PLACE},

    {"aten.eq.Scalar", OPJ_FAMILY_COMPARE},
    {"aten.eq.Tensor", OPJ_FAMILY_COMPARE},
    {"aten.ge.Scalar", OPJ_FAMILY_COMPARE},
    {"aten.ge.Tensor", OPJ_FAMILY_COMPARE},
    {"aten.gt.Scalar", OPJ_FAMILY_COMPARE},
    {"aten.gt.Tensor", OPJ_FAMILY_COMPARE},
    {"aten.le.Scalar", OPJ_FAMILY_COMPARE},
    {"aten.le.Tensor", OPJ_FAMILY_COMPARE},
    {"aten.lt.Scalar", OPJ_FAMILY_COMPARE},
    {"aten.lt.Tensor", OPJ_FAMILY_COMPARE},
    {"aten.ne.Scalar", OPJ_FAMILY_COMPARE},
    {"aten.ne.Tensor", OPJ_FAMILY_COMPARE},

    {"aten.logical_and.default", OPJ_FAMILY_LOGIC},
    {"aten.logical_not.default", OPJ_FAMILY_LOGIC},
    {"aten.logical_or.default", OPJ_FAMILY_LOGIC},
    {"aten.logical_xor.default", OPJ_FAMILY_LOGIC},

    {"aten.where.ScalarOther", OPJ_FAMILY_WHERE},
    {"aten.where.ScalarSelf", OPJ_FAMILY_WHERE},
    {"aten.where.self", OPJ_FAMILY_WHERE},

    {"aten.rsqrt.default", OPJ_FAMILY_ROOT},
    {"aten.sqrt.default", OPJ_FAMILY_ROOT},
    {"aten.sqrt_.default", OPJ_FAMILY_ROOT, IN_PLACE},

    {"aten.sigmoid_.default", OPJ_FAMILY_SIGMOID_IN_PLACE, IN_PLACE},
    {"aten.sigmoid.default", OPJ_FAMILY_SIGMOID},

    {"aten.exp.default", OPJ_FAMILY_EXPONENTIAL},
    {"aten.exp_.default", OPJ_FAMILY_EXPONENTIAL, IN_PLACE},
    {"aten.tanh.default", OPJ_FAMILY_EXPONENTIAL},
    {"aten.tanh_.default", OPJ_FAMILY_EXPONENTIAL, IN_PLACE},

    {"aten.mse_loss.default", OPJ_FAMILY_LOSS},
    {"aten.mse_loss_backward.default", OPJ_FAMILY_LOSS},
    {"aten.all.default", OPJ_FAMILY_ALL},

    {"aten.view.default", OPJ_FAMILY_RESHAPE, VIEW},

    {"aten.detach.default", OPJ_FAMILY_VIEW, VIEW},
    {"aten.expand.default", OPJ_FAMILY_VIEW, VIEW},
    {"aten.select.int", OPJ_FAMILY_VIEW, VIEW},

    {"aten.t.default", OPJ_FAMILY_TRANSPOSE, VIEW},

    {"aten._unsafe_view.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.alias.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.as_strided.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.as_strided_.default", OPJ_FAMILY_OTHER_VIEW, VIEW | IN_PLACE},
    {"aten.detach_.default", OPJ_FAMILY_OTHER_VIEW, VIEW | IN_PLACE},
    {"aten.expand_as.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.lift_fresh.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.permute.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.slice.Tensor", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.transpose.int", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.transpose_.default", OPJ_FAMILY_OTHER_VIEW, VIEW | IN_PLACE},
    {"aten.view.dtype", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.view_as.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.view_as_complex.default", OPJ_FAMILY_OTHER_VIEW, VIEW},
    {"aten.view_as_real.default", OPJ_FAMILY_OTHER_VIEW, VIEW},

    {"aten.squeeze.default", OPJ_FAMILY_SQUEEZE, VIEW},
    {"aten.squeeze.dim", OPJ_FAMILY_SQUEEZE, VIEW},
    {"aten.squeeze.dims", OPJ_FAMILY_SQUEEZE, VIEW},
    {"aten.squeeze_.default", OPJ_FAMILY_SQUEEZE, VIEW | IN_PLACE},
    {"aten.squeeze_.dim", OPJ_FAMILY_SQUEEZE, VIEW | IN_PLACE},
    {"aten.squeeze_.dims", OPJ_FAMILY_SQUEEZE, VIEW | IN_PLACE},
    {"aten.squeeze_copy.default", OPJ_FAMILY_SQUEEZE, MOVES},
    {"aten.squeeze_copy.dim", OPJ_FAMILY_SQUEEZE, MOVES},
    {"aten.squeeze_copy.dims", OPJ_FAMILY_SQUEEZE, MOVES},
    {"aten.unsqueeze.default", OPJ_FAMILY_SQUEEZE, VIEW},
    {"aten.unsqueeze_.default", OPJ_FAMILY_SQUEEZE, VIEW | IN_PLACE},
    {"aten.unsqueeze_copy.default", OPJ_FAMILY_SQUEEZE, MOVES},

    {"aten.split.Tensor", OPJ_FAMILY_SPLIT, VIEW},

    {"aten.alias_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.as_strided_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.as_strided_scatter.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.detach_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.expand_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.permute_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.select_copy.int", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.slice_backward.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.slice_copy.Tensor", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.slice_inverse.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.slice_scatter.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.transpose_copy.int", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.view_as_complex_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.view_as_real_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.view_copy.default", OPJ_FAMILY_VIEW_COPY, MOVES},
    {"aten.view_copy.dtype", OPJ_FAMILY_VIEW_COPY, MOVES},

    {"aten.select_backward.default", OPJ_FAMILY_SELECT_BACKWARD, MOVES},
    {"aten.stack.default", OPJ_FAMILY_STACK, MOVES},

    {"aten._to_copy.default", OPJ_FAMILY_COPY, MOVES},
    {"aten.clone.default", OPJ_FAMILY_COPY, MOVES},
    {"aten.copy_.default", OPJ_FAMILY_COPY_INTO, MOVES | IN_PLACE},

    {"aten._local_scalar_dense.default", OPJ_FAMILY_MOVE, MOVES},
    {"aten.cat.default", OPJ_FAMILY_MOVE, MOVES},
    {"aten.index.Tensor", OPJ_FAMILY_MOVE, MOVES},
    {"aten.select_scatter.default", OPJ_FAMILY_MOVE, MOVES},

    {"aten.full_like.default", OPJ_FAMILY_FULL, CREATES},
    {"aten.zeros_like.default", OPJ_FAMILY_ZEROS, CREATES},
    {"aten.ones_like.default", OPJ_FAMILY_ONES, CREATES},
    {"aten.empty.memory_format", OPJ_FAMILY_EMPTY, CREATES},
    {"aten.new_empty_strided.default", OPJ_FAMILY_NEW_EMPTY, CREATES},

    {"profiler._record_function_enter.default", OPJ_FAMILY_MARKER},
    {"profiler._record_function_enter_new.default", OPJ_FAMILY_MARKER},
    {"profiler._record_function_exit._RecordFunction", OPJ_FAMILY_MARKER},
    {"profiler._record_function_exit.default", OPJ_FAMILY_MARKER},
};
/* clang-format on */

const uint32_t opj_operator_count = sizeof opj_operators / sizeof *opj_operators;

const struct opj_operator *opj_operator_find(const char *name)
{
	static const struct opj_operator unknown = {.name = "", .family = OPJ_FAMILY_NONE};
	for (uint32_t i = 0; i < opj_operator_count; i++) {
		if (strcmp(opj_operators[i].name, name) == 0)
			return &opj_operators[i];
	}
	return &unknown;
}

const struct opj_operator *opj_operator_of(struct opj_vector *seen, const struct opj_signature *signature)
{
	const struct opj_operator **known = opj_vector_at(seen, signature->op_id);
	if (!known)
		return NULL;
	if (!*known)
		*known = opj_operator_find(signature->op);
	return *known;
}
