/* tests/unit/test_operand.c: which ops get spike statistics, from which arguments, and how events carry them. */
#include "capture.h"
#include <criterion/criterion.h>
#include <opjoule/recorder.h>

static struct capture capture;
static struct opj_recorder *rec;

static void begin(unsigned flags)
{
	capture_start(&capture);
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "test", .flags = flags}, NULL);
}

static void finish(void)
{
	opj_recorder_destroy(rec);
	capture_stop(&capture);
}

static const char *last_line(void)
{
	const char *text = capture_text(&capture), *line = text;
	for (const char *at = text; (at = strchr(at, '\n')) && at[1]; line = ++at)
		;
	return line;
}

static void expect_end(const char *end)
{
	const char *line = last_line();
	cr_assert(strlen(line) >= strlen(end) && strcmp(line + strlen(line) - strlen(end), end) == 0,
		  "%s does not end in %s", line, end);
}

/* The last op has no statistics. */
static void expect_plain(void)
{
	cr_assert(strstr(last_line(), " op sig=") && !strstr(last_line(), "spike"), "%s", last_line());
}

static void record(const char *name, const struct opj_value *in, uint32_t in_count, const struct opj_tensor *tensors,
		   uint32_t tensor_count, const struct opj_spike_stats *spike)
{
	opj_record_op(rec, &(struct opj_op_record){.name = name,
						   .in = in,
						   .in_count = in_count,
						   .tensors = tensors,
						   .tensor_count = tensor_count,
						   .spike = spike});
}

/* x [3, 2] has two rows with a spike; y [2, 4] has three columns with one; x @ y has the sum 4 and 4 nonzeros. */
static float x_values[] = {1, 0, 0, 0, 0, 1}, y_values[] = {1, 0, 1, 0, 1, 0, 0, 1},
	     dense_values[] = {.5, 0, 1, 0, 1, 0, 0, 1};
static int64_t x_shape[] = {3, 2}, y_shape[] = {2, 4}, x_batch[] = {1, 3, 2}, y_batch[] = {1, 2, 4};

static struct opj_tensor tensor(DLTensor *data, float *values, int ndim, int64_t *shape, uint64_t storage)
{
	*data =
	    (DLTensor){.data = values, .device = {kDLCPU, 0}, .ndim = ndim, .dtype = {kDLFloat, 32, 1}, .shape = shape};
	return (struct opj_tensor){.data = data, .storage = storage, .version = OPJ_VERSION_UNKNOWN};
}

Test(operand, matrix_products)
{
	DLTensor data[3];
	struct opj_tensor plain[] = {tensor(&data[0], x_values, 2, x_shape, 1),
				     tensor(&data[1], y_values, 2, y_shape, 2)};
	struct opj_tensor batched[] = {tensor(&data[0], x_values, 3, x_batch, 1),
				       tensor(&data[1], y_values, 3, y_batch, 2)};
	const struct opj_value two[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)},
			       three[] = {OPJ_NONE(), OPJ_TENSOR(0), OPJ_TENSOR(1)};
	begin(0);
	record("aten.bmm.default", two, 2, batched, 2, NULL);
	expect_end(" spike=,,2,3,4,4\n");
	record("aten.baddbmm.default", three, 3, batched, 2, NULL);
	expect_end(" spike=,,2,3,4,4\n");
	plain[0] = tensor(&data[0], x_values, 2, x_shape, 1), plain[1] = tensor(&data[1], y_values, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_end(" spike=,,2,3,4,4\n");
	record("aten.addmm.default", three, 3, plain, 2, NULL);
	expect_end(" spike=,,2,3,4,4\n");
	plain[1] = tensor(&data[1], dense_values, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_end(" spike=,,2,,,\n");
	plain[0] = tensor(&data[0], dense_values, 2, x_shape, 1), plain[1] = tensor(&data[1], y_values, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_end(" spike=,,,3,,\n");
	plain[1] = tensor(&data[1], dense_values, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_plain(); /* neither operand holds spikes */
	plain[0] = tensor(&data[0], x_values, 2, x_shape, 1);
	record("aten.mm.out", two, 2, plain, 2, NULL);
	expect_plain();
	cr_assert_eq(opj_recorder_problems(rec), 0);
	finish();
}

/* One spike in the middle of 3x3, kernel 3x3 without padding or with padding 1, two output channels. */
static void convolution(const struct opj_value *padding, bool transposed, struct opj_value groups, uint32_t count)
{
	static float values[] = {0, 0, 0, 0, 1, 0, 0, 0, 0};
	static float weights[18] = {0.5};
	static int64_t shape[] = {1, 1, 3, 3}, w_shape[] = {2, 1, 3, 3}, w_transposed[] = {1, 2, 3, 3};
	static int64_t ones[] = {1, 1}, zero[] = {0};
	DLTensor data[2];
	struct opj_tensor tensors[] = {tensor(&data[0], values, 4, shape, 1),
				       tensor(&data[1], weights, 4, transposed ? w_transposed : w_shape, 2)};
	const struct opj_value in[] = {OPJ_TENSOR(0),        OPJ_TENSOR(1),     OPJ_NONE(),
				       OPJ_INTS(2, ones),    *padding,          OPJ_INTS(1, ones),
				       OPJ_BOOL(transposed), OPJ_INTS(1, zero), groups};
	record("aten.convolution.default", in, count, tensors, 2, NULL);
}

Test(operand, convolutions)
{
	static int64_t zeros[] = {0, 0};
	const struct opj_value ones[] = {OPJ_INT(1), OPJ_INT(1)}, wrong[] = {OPJ_INT(1), OPJ_FLOAT(1)};
	const struct opj_value none = OPJ_INTS(2, zeros), one = OPJ_LIST(2, ones), bad = OPJ_LIST(2, wrong);
	begin(0);
	convolution(&none, false, OPJ_INT(1), 9);
	expect_end(" spike=2,2,,,, tiles=16,1,1,1,1,32,1,1,1,1,64,1,1,1,1,128,1,1,1,1,256,1,1,1,1\n");
	convolution(&one, false, OPJ_INT(1), 9);
	expect_end(" spike=18,18,,,, tiles=16,9,9,1,9,32,9,9,1,9,64,9,9,1,9,128,9,9,1,9,256,9,9,1,9\n");
	convolution(&one, true, OPJ_INT(1), 9);
	expect_end(" spike=18,18,,,,\n"); /* transposed: no tiles */
	cr_assert_eq(opj_recorder_problems(rec), 0);
	convolution(&bad, false, OPJ_INT(1), 9);
	expect_plain();
	convolution(&none, false, OPJ_NONE(), 9);
	expect_plain();
	convolution(&none, false, OPJ_INT(7), 9);
	expect_plain();
	cr_assert_eq(opj_recorder_problems(rec), 3, "the ops are there, their statistics are not");
	cr_assert_eq(opj_recorder_ops(rec), 6);
	convolution(&none, false, OPJ_INT(1), 8);
	expect_plain();
	finish();
}

Test(operand, statistics_of_the_caller_come_first)
{
	static const uint64_t rows[] = {4, 5};
	const struct opj_tile_stats tiles[] = {{.size = 16, .row_count = 2, .patches = 7, .sites = 6, .rows = rows},
					       {.size = 3, .row_count = 0}};
	const struct opj_spike_stats spike = {.has = OPJ_SPIKE_SYNOPS | OPJ_SPIKE_TILES,
					      .synops = 1000,
					      .active_out = 0,
					      .pair_sum = 5,
					      .tile_count = 2,
					      .tiles = tiles};
	const struct opj_spike_stats pair = {
	    .has = OPJ_SPIKE_PAIR | OPJ_SPIKE_Y_ACTIVE_COLS, .pair_sum = 1, .pair_active = 2};
	const struct opj_spike_stats nothing = {.has = 0};
	begin(0);
	record("custom", NULL, 0, NULL, 0, &spike);
	expect_end("op_spike sig=0 ctx=0 spike=1000,0,,,, tiles=16,7,6,2,4,5,3,0,0,0\n");
	record("custom", NULL, 0, NULL, 0, &pair);
	expect_end("op_spike sig=0 ctx=0 spike=,,,0,1,2\n");
	record("custom", NULL, 0, NULL, 0, &nothing);
	expect_end("op sig=0 ctx=0\n");
	finish();
}

Test(operand, a_recorder_can_be_told_to_compute_none)
{
	DLTensor data[2];
	struct opj_tensor plain[] = {tensor(&data[0], x_values, 2, x_shape, 1),
				     tensor(&data[1], y_values, 2, y_shape, 2)};
	const struct opj_value two[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	const struct opj_spike_stats pair = {.has = OPJ_SPIKE_PAIR, .pair_sum = 1, .pair_active = 2};
	begin(OPJ_RECORDER_NO_SPIKE_STATS);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_plain();
	record("aten.mm.default", two, 2, plain, 2, &pair);
	expect_end(" spike=,,,,1,2\n");
	finish();
}

Test(operand, values_out_of_reach_give_none)
{
	DLTensor data[2];
	const struct opj_stats binary = {.nnz = 2, .kind = OPJ_KIND_BINARY};
	struct opj_tensor plain[] = {tensor(&data[0], NULL, 2, x_shape, 1), tensor(&data[1], NULL, 2, y_shape, 2)};
	const struct opj_value two[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	plain[0].stats = plain[1].stats = &binary;
	begin(0);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_plain();
	cr_assert_eq(opj_recorder_problems(rec), 0);
	finish();
}
