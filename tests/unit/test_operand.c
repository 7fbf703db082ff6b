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
	expect_end(" spike=,,2,,, effective=4\n");
	plain[0] = tensor(&data[0], dense_values, 2, x_shape, 1), plain[1] = tensor(&data[1], y_values, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_end(" spike=,,,3,, effective=6\n");
	plain[1] = tensor(&data[1], dense_values, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_end(" spike=,,,,, effective=6\n"); /* neither operand holds spikes, both have zeros */
	float full[] = {1, 2, 3, 4, 5, 6, 7, 8};
	plain[1] = tensor(&data[1], full, 2, y_shape, 2);
	record("aten.mm.default", two, 2, plain, 2, NULL);
	expect_plain(); /* it follows from the nonzeros of the left one */
	plain[1] = tensor(&data[1], dense_values, 2, y_shape, 2);
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
	expect_end(" spike=2,2,,,, effective=0 tiles=16,1,1,1,1,32,1,1,1,1,64,1,1,1,1,128,1,1,1,1,256,1,1,1,1\n");
	convolution(&one, false, OPJ_INT(1), 9);
	expect_end(" spike=18,18,,,, effective=1 tiles=16,9,9,1,9,32,9,9,1,9,64,9,9,1,9,128,9,9,1,9,256,9,9,1,9\n");
	convolution(&one, true, OPJ_INT(1), 9);
	expect_end(" spike=18,18,,,, effective=1\n"); /* transposed: no tiles */
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

/* Sites ------------------------------------------------------------------------------------------------------------ */

/* One op without operands whose result is `values`. */
static void result(float *values, int ndim, int64_t *shape, uint64_t storage, uint64_t version,
		   const struct opj_stats *stats)
{
	DLTensor data;
	struct opj_tensor out = tensor(&data, values, ndim, shape, storage);
	out.version = version;
	out.stats = stats;
	opj_record_op(rec, &(struct opj_op_record){
			       .name = "aten.ge.Scalar", .out = OPJ_TENSOR(0), .tensors = &out, .tensor_count = 1});
}

/* The recorder ends; what it wrote of sites is `text`. */
static void expect_sites(const char *text)
{
	char got[4096] = "";
	opj_recorder_destroy(rec);
	for (const char *line = capture_text(&capture); *line; line = strchr(line, '\n') + 1) {
		size_t length = (size_t)(strchr(line, '\n') + 1 - line), used = strlen(got);
		if (strstr(line, " site ") && strstr(line, " site ") < line + length && used + length < sizeof got)
			snprintf(got + used, sizeof got - used, "%.*s", (int)length, line);
	}
	cr_assert_str_eq(got, text);
	capture_stop(&capture);
}

Test(operand, channels_of_results_are_added_up_over_the_run)
{
	float spikes[] = {1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0}, counts[] = {3, 0, 2, 2}, dense[] = {0.5, 1, 1, 1};
	int64_t maps[] = {2, 3, 2}, matrix[] = {2, 2}, line[] = {4};
	const struct opj_stats known = {.nnz = 1, .kind = OPJ_KIND_BINARY};
	begin(0);
	result(spikes, 3, maps, 1, 1, NULL); /* planes 11 00 01, 11 00 00 */
	result(spikes, 3, maps, 1, 1, NULL); /* remembered: not looked at */
	spikes[2] = 1;
	result(spikes, 3, maps, 1, 2, NULL);
	result(counts, 2, matrix, 2, 1, NULL);
	result(dense, 2, matrix, 3, 1, NULL);
	result(counts, 1, line, 4, 1, NULL);
	result(counts, 2, matrix, 5, 1, &known);
	const bool mask[] = {true, false, true, true};
	DLTensor data = {.data = (void *)mask, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {OPJ_DL_BOOL, 8, 1}};
	data.shape = matrix;
	const struct opj_tensor out = {.data = &data, .storage = 6, .version = OPJ_VERSION_UNKNOWN};
	opj_record_op(rec, &(struct opj_op_record){
			       .name = "aten.ge.Scalar", .out = OPJ_TENSOR(0), .tensors = &out, .tensor_count = 1});
	expect_sites("before 14 site sig=0 ctx=0 tensor=0 what=1 ops=2 0/3 values=8,1,2\n"
		     "before 14 site sig=1 ctx=0 tensor=0 what=1 ops=1 0/2 values=2,1\n");
}

Test(operand, a_site_belongs_to_its_context)
{
	float spikes[] = {1, 0};
	int64_t shape[] = {1, 2};
	begin(0);
	uint32_t module = opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "Net"});
	result(spikes, 2, shape, 1, OPJ_VERSION_UNKNOWN, NULL);
	opj_module_enter(rec, module);
	result(spikes, 2, shape, 1, OPJ_VERSION_UNKNOWN, NULL);
	opj_module_exit(rec, module);
	result(spikes, 2, shape, 1, OPJ_VERSION_UNKNOWN, NULL);
	expect_sites("before 8 site sig=0 ctx=0 tensor=0 what=1 ops=2 0/2 values=2,0\n"
		     "before 8 site sig=0 ctx=1 tensor=0 what=1 ops=1 0/2 values=1,0\n");
}

Test(operand, long_sums_come_in_pieces_and_now_and_then)
{
	static float many[3000], few[2];
	int64_t wide[] = {1, 3000}, narrow[] = {1, 2};
	unsigned pieces = 0, written = 0;
	begin(0);
	result(many, 2, wide, 1, 1, NULL);
	for (int i = 0; i < 70000; i++)
		result(few, 2, narrow, 2, 1, NULL); /* looked at once */
	opj_recorder_destroy(rec);
	for (const char *at = capture_text(&capture); (at = strstr(at, " site ")); at++) {
		pieces +=
		    strstr(at, " 2048/3000 values=0,0,") == at + strlen(" site sig=0 ctx=0 tensor=0 what=1 ops=1");
		written += strstr(at, " 0/3000 values=0,0,") == at + strlen(" site sig=0 ctx=0 tensor=0 what=1 ops=1");
	}
	cr_assert(pieces == 2 && written == 2, "%u, %u", pieces, written);
	capture_stop(&capture);
}

Test(operand, the_pattern_of_a_parameter_is_written_when_it_is_met_first)
{
	static float values[16] = {1}, weights[] = {1, 0, 0, 0, 2, 0, 3, 4};
	static int64_t shape[] = {1, 4, 2, 2}, w_shape[] = {2, 4, 1, 1}, ones[] = {1, 1}, zeros[] = {0, 0};
	DLTensor data[2];
	struct opj_tensor tensors[] = {tensor(&data[0], values, 4, shape, 1), tensor(&data[1], weights, 4, w_shape, 2)};
	const struct opj_value in[] = {OPJ_TENSOR(0),     OPJ_TENSOR(1),      OPJ_NONE(),
				       OPJ_INTS(2, ones), OPJ_INTS(2, zeros), OPJ_INTS(2, ones),
				       OPJ_BOOL(false),   OPJ_INTS(2, zeros), OPJ_INT(1)};
	begin(0);
	record("aten.convolution.default", in, 9, tensors, 2, NULL); /* no parameter */
	tensors[1].role = OPJ_ROLE_PARAMETER;
	tensors[1].version = 1;
	record("aten.convolution.default", in, 9, tensors, 2, NULL);
	expect_end(" spike=2,2,,,, effective=2 tiles=16,1,1,1,1,32,1,1,1,1,64,1,1,1,1,128,1,1,1,1,256,1,1,1,1\n");
	record("aten.convolution.default", in, 9, tensors, 2, NULL);
	weights[4] = 0;
	tensors[1].version = 2;
	record("aten.convolution.default", in, 9, tensors, 2, NULL);
	expect_end(" effective=1 tiles=16,1,1,1,1,32,1,1,1,1,64,1,1,1,1,128,1,1,1,1,256,1,1,1,1\n");
	const struct opj_value product[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	tensors[0] = tensor(&data[0], values, 2, (int64_t[]){1, 2}, 3);
	tensors[1] = tensor(&data[1], weights, 2, (int64_t[]){2, 4}, 4);
	tensors[1].role = OPJ_ROLE_PARAMETER;
	record("aten.mm.default", product, 2, tensors, 2, NULL);
	cr_assert_eq(opj_recorder_problems(rec), 0);
	expect_sites("before 5 site sig=1 ctx=0 tensor=1 what=2 ops=1 0/4 values=2,0,1,1\n"
		     "before 5 site sig=1 ctx=0 tensor=1 what=3 ops=1 0/5 values=0,1,0,1,0\n"
		     "before 9 site sig=2 ctx=0 tensor=1 what=2 ops=1 0/2 values=1,2\n"
		     "before 9 site sig=2 ctx=0 tensor=1 what=3 ops=1 0/5 values=0,0,0,0,0\n");
}
