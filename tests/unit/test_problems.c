/* tests/unit/test_problems.c: records that cannot be recorded: each is counted once, none is written, none crashes. */
#include "capture.h"
#include <criterion/criterion.h>
#include <opjoule/recorder.h>

static struct capture capture;
static struct opj_recorder *rec;
static int64_t shape[] = {2, 2};
static float values[4] = {1, 0, 1, 1};
static DLTensor data;
static struct opj_tensor tensor;
static struct opj_value in[2];
static struct opj_op_record op;

/* A good op, for a test to break one thing of. */
static void begin(void)
{
	capture_start(&capture);
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "test"}, NULL);
	data = (DLTensor){.data = values, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape};
	tensor = (struct opj_tensor){.data = &data, .storage = 1};
	in[0] = OPJ_TENSOR(0), in[1] = OPJ_INT(1);
	op = (struct opj_op_record){
	    .name = "op", .in = in, .in_count = 2, .out = OPJ_NONE(), .tensors = &tensor, .tensor_count = 1};
}

static void finish(void)
{
	opj_recorder_destroy(rec);
	capture_stop(&capture);
}

/* Neither a definition nor an event, one problem, and the recorder goes on. */
static void expect_problem(const char *what)
{
	size_t before = strlen(capture_text(&capture));
	uint64_t problems = opj_recorder_problems(rec), ops = opj_recorder_ops(rec);
	opj_record_op(rec, &op);
	cr_assert_eq(opj_recorder_problems(rec), problems + 1, "%s", what);
	cr_assert_eq(opj_recorder_ops(rec), ops, "%s", what);
	cr_assert(!strstr(capture_text(&capture) + before, " op"), "%s: %s", what, capture_text(&capture));
	opj_record_op(rec, &(struct opj_op_record){.name = "good"});
	cr_assert_eq(opj_recorder_ops(rec), ops + 1, "%s", what);
}

#define BAD(change)                                                                                                    \
	Test(problems, change##_)                                                                                      \
	{                                                                                                              \
		begin();                                                                                               \
		break_##change();                                                                                      \
		expect_problem(#change);                                                                               \
		finish();                                                                                              \
	}

static void break_more_nonzeros_than_elements(void)
{
	static const struct opj_stats five_of_four = {.nnz = 5, .kind = OPJ_KIND_BINARY};
	tensor.stats = &five_of_four;
}
static void break_more_bytes_than_count(void)
{
	static int64_t huge[] = {INT64_C(1) << 31, INT64_C(1) << 32};
	data.shape = huge;
	data.data = NULL;
}
static void break_no_name(void)
{
	op.name = NULL;
}
static void break_no_arguments(void)
{
	op.in = NULL;
}
static void break_no_keywords(void)
{
	op.kw_count = 1;
}
static void break_keyword_without_a_name(void)
{
	op.kw = in, op.kw_count = 2;
}
static void break_no_tensors(void)
{
	op.tensors = NULL;
}
static void break_index_out_of_range(void)
{
	in[0] = OPJ_TENSOR(1);
}
static void break_result_out_of_range(void)
{
	op.out = OPJ_TENSOR(UINT32_MAX);
}
static void break_no_string(void)
{
	in[1] = OPJ_STRING(NULL);
}
static void break_no_items(void)
{
	in[1] = OPJ_LIST(1, NULL);
}
static void break_no_integers(void)
{
	in[1] = OPJ_INTS(1, NULL);
}
static void break_value_type(void)
{
	in[1].type = (enum opj_value_type)99;
}
static void break_no_data(void)
{
	tensor.data = NULL;
}
static void break_no_storage(void)
{
	tensor.storage = 0;
}
static void break_storage_too_large(void)
{
	tensor.storage = UINT64_MAX;
}
static void break_role(void)
{
	tensor.role = (enum opj_role)9;
}
static void break_dtype(void)
{
	data.dtype.lanes = 4;
}
static void break_negative_rank(void)
{
	data.ndim = -1;
}
static void break_huge_rank(void)
{
	data.ndim = 1000;
}
static void break_no_shape(void)
{
	data.shape = NULL;
}
static void break_negative_size(void)
{
	static int64_t negative[] = {2, -2};
	data.shape = negative;
}
static void break_no_states(void)
{
	op.state_count = 1;
}
static void break_state_zero(void)
{
	static const uint64_t zero;
	op.states = &zero, op.state_count = 1;
}
static void break_too_many_states(void)
{
	static uint64_t many[70000];
	op.states = many, op.state_count = 70000;
}
static void break_too_many_tensors(void)
{
	op.tensor_count = OPJ_OP_TENSORS_MAX + 1;
}
static void break_too_many_leaves(void)
{
	static struct opj_value leaves[OPJ_OP_TENSORS_MAX + 1];
	for (int i = 0; i <= OPJ_OP_TENSORS_MAX; i++)
		leaves[i] = OPJ_TENSOR(0);
	op.in = leaves, op.in_count = OPJ_OP_TENSORS_MAX + 1;
}
static void break_too_deep(void)
{
	static struct opj_value lists[16];
	lists[15] = OPJ_LIST(0, NULL);
	for (int i = 14; i >= 0; i--)
		lists[i] = OPJ_LIST(1, &lists[i + 1]);
	in[1] = lists[0];
}
static void break_kind_of_facts(void)
{
	static const struct opj_stats stats = {.kind = (enum opj_kind)5};
	tensor.stats = &stats;
}
static void break_tiles_without_rows(void)
{
	static const struct opj_tile_stats tile = {.size = 16, .row_count = 2};
	static const struct opj_spike_stats spike = {.has = OPJ_SPIKE_TILES, .tile_count = 1, .tiles = &tile};
	op.spike = &spike;
}
static void break_tiles_missing(void)
{
	static const struct opj_spike_stats spike = {.has = OPJ_SPIKE_TILES, .tile_count = 1};
	op.spike = &spike;
}
static void break_too_many_tiles(void)
{
	static const uint64_t rows[70000];
	static const struct opj_tile_stats tile = {.size = 16, .row_count = 70000, .rows = rows};
	static const struct opj_spike_stats spike = {.has = OPJ_SPIKE_TILES, .tile_count = 1, .tiles = &tile};
	op.spike = &spike;
}

BAD(more_nonzeros_than_elements)
BAD(more_bytes_than_count)
BAD(no_name)
BAD(no_arguments)
BAD(no_keywords)
BAD(keyword_without_a_name)
BAD(no_tensors)
BAD(index_out_of_range)
BAD(result_out_of_range)
BAD(no_string)
BAD(no_items)
BAD(no_integers)
BAD(value_type)
BAD(no_data)
BAD(no_storage)
BAD(storage_too_large)
BAD(role)
BAD(dtype)
BAD(negative_rank)
BAD(huge_rank)
BAD(no_shape)
BAD(negative_size)
BAD(no_states)
BAD(state_zero)
BAD(too_many_states)
BAD(too_many_tensors)
BAD(too_many_leaves)
BAD(too_deep)
BAD(kind_of_facts)
BAD(tiles_without_rows)
BAD(tiles_missing)
BAD(too_many_tiles)

Test(problems, the_limits_themselves_are_fine)
{
	static struct opj_value leaves[OPJ_OP_TENSORS_MAX];
	struct opj_value lists[15];
	begin();
	for (int i = 0; i < OPJ_OP_TENSORS_MAX; i++)
		leaves[i] = OPJ_TENSOR(0);
	op.in = leaves, op.in_count = OPJ_OP_TENSORS_MAX;
	opj_record_op(rec, &op);
	lists[14] = OPJ_LIST(0, NULL);
	for (int i = 13; i >= 0; i--)
		lists[i] = OPJ_LIST(1, &lists[i + 1]);
	in[1] = lists[0];
	op.in = in, op.in_count = 2;
	opj_record_op(rec, &op);
	cr_assert_eq(opj_recorder_ops(rec), 2);
	cr_assert_eq(opj_recorder_problems(rec), 0);
	finish();
}

Test(problems, nothing_at_all)
{
	begin();
	opj_record_op(rec, NULL);
	opj_record_call(rec, NULL);
	opj_record_call(rec, &(struct opj_call_record){.module = 3}); /* not defined */
	opj_record_optimizer(rec, NULL);
	opj_record_optimizer(rec, &(struct opj_optimizer_record){.cls = NULL});
	opj_record_optimizer(rec, &(struct opj_optimizer_record){.cls = "SGD", .group_count = 1});
	cr_assert_eq(opj_recorder_problems(rec), 6);
	cr_assert_eq(opj_module_define(rec, NULL), UINT32_MAX);
	cr_assert_eq(opj_module_define(rec, &(struct opj_module){.path = "Net"}), UINT32_MAX);
	cr_assert_eq(opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "C", .attr_count = 1}),
		     UINT32_MAX);
	cr_assert_eq(opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "C", .base_count = 1}),
		     UINT32_MAX);
	struct opj_value nested = opj_keyed("tensor", OPJ_TENSOR(0));
	cr_assert_eq(
	    opj_module_define(rec, &(struct opj_module){.path = "N", .cls = "C", .attrs = &nested, .attr_count = 1}),
	    UINT32_MAX);
	struct opj_module_parameter parameter = {"w", 2, shape, {kDLFloat, 33, 1}, false};
	cr_assert_eq(
	    opj_module_define(
		rec, &(struct opj_module){.path = "N", .cls = "C", .parameters = &parameter, .parameter_count = 1}),
	    UINT32_MAX);
	cr_assert_eq(opj_recorder_problems(rec), 12);
	cr_assert_eq(opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "C"}), 0, "ids stay dense");
	finish();
}

Test(problems, no_recorder)
{
	capture_start(&capture);
	opj_record_op(NULL, &op);
	opj_record_call(NULL, NULL);
	opj_record_optimizer(NULL, NULL);
	opj_module_enter(NULL, 0);
	opj_module_exit(NULL, 0);
	opj_scope_push(NULL, NULL, 0, NULL, 0);
	opj_scope_pop(NULL);
	opj_stage_push(NULL, "x");
	opj_stage_pop(NULL);
	opj_suspend(NULL);
	opj_resume(NULL);
	opj_grad_mode(NULL, true);
	cr_assert_eq(opj_module_define(NULL, &(struct opj_module){.path = "a", .cls = "b"}), UINT32_MAX);
	cr_assert_eq(opj_recorder_ops(NULL), 0);
	cr_assert_eq(opj_recorder_problems(NULL), 0);
	struct opj_error err;
	cr_assert_null(opj_recorder_create(NULL, &err));
	cr_assert_null(opj_recorder_create(&(struct opj_recorder_config){.framework = ""}, &err));
	cr_assert(strstr(err.text, "framework"));
	cr_assert_str_empty(capture_text(&capture));
	capture_stop(&capture);
}
