/* tests/unit/test_recorder.c: what each recorder call becomes in the trace, line by line. */
#include "capture.h"
#include <criterion/criterion.h>
#include <opjoule/recorder.h>
#include <sys/mman.h>

static struct capture capture;
static struct opj_recorder *rec;

static void begin(void)
{
	capture_start(&capture);
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "test 1", .model = "Net", .run = "unit"},
				  NULL);
	cr_assert(rec);
}

static void finish(void)
{
	opj_recorder_destroy(rec);
	capture_stop(&capture);
}

static void expect(const char *text)
{
	cr_assert_str_eq(capture_text(&capture), text, "got\n%s\nnot\n%s", capture_text(&capture), text);
}

static void expect_line(const char *line)
{
	cr_assert(strstr(capture_text(&capture), line), "no \"%s\" in\n%s", line, capture_text(&capture));
}

static DLTensor vector(float *values, int64_t *size)
{
	return (DLTensor){.data = values, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 32, 1}, .shape = size};
}

/* y = relu(x), with storages 1 and 2 */
static void relu(const DLTensor *x, const DLTensor *y, uint64_t version)
{
	const struct opj_tensor tensors[] = {{.data = x, .storage = 1, .version = version, .address = 100},
					     {.data = y, .storage = 2, .version = version, .address = 200}};
	const struct opj_value in[] = {OPJ_TENSOR(0)};
	opj_record_op(rec, &(struct opj_op_record){.name = "aten.relu.default",
						   .in = in,
						   .in_count = 1,
						   .out = OPJ_TENSOR(1),
						   .tensors = tensors,
						   .tensor_count = 2});
}

static const char head[] = "0 begin 1.1 test 1|Net|unit\n"
			   "1 define 2:0 0/1 {\"mods\":[],\"parents\":[\"Global\"],\"stage\":\"forward\","
			   "\"suspended\":false,\"grad\":false}\n"
			   "2 define 3:0 0/1 {\"op\":\"aten.relu.default\",\"in\":[{\"T\":[3],\"d\":\"float32\"}],"
			   "\"out\":{\"T\":[3],\"d\":\"float32\"}}\n";

Test(recorder, nothing_happens_while_nobody_listens)
{
	long page = sysconf(_SC_PAGESIZE);
	float *forbidden = mmap(NULL, (size_t)page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t size = 3;
	DLTensor x = vector(forbidden, &size);
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "test"}, NULL);
	cr_assert_not(opj_recorder_enabled());
	relu(&x, &x, OPJ_VERSION_UNKNOWN);
	opj_record_op(rec, NULL);
	opj_record_call(rec, NULL);
	opj_record_optimizer(rec, NULL);
	opj_module_exit(rec, 5);
	opj_scope_pop(rec);
	cr_assert_eq(opj_recorder_ops(rec), 0);
	cr_assert_eq(opj_recorder_problems(rec), 0);
	opj_recorder_destroy(rec);
	opj_recorder_destroy(NULL);
}

Test(recorder, an_op_is_defined_once_and_then_named_by_its_id)
{
	int64_t size = 3;
	float a[] = {1, 0, 1}, b[] = {0.5, 2, 0};
	DLTensor x = vector(a, &size), y = vector(b, &size);
	char text[2000];
	begin();
	relu(&x, &y, 1);
	relu(&x, &y, 2);
	cr_assert_eq(opj_recorder_ops(rec), 2);
	snprintf(text, sizeof text,
		 "%s3 op sig=0 ctx=0 flags=41,108 storage=0,0 nnz=2,2 address=100,200 range=1702\n"
		 "4 op sig=0 ctx=0 flags=1,4 storage=2,1\n",
		 head);
	expect(text);
	finish();
}

Test(recorder, a_clock_that_is_none_is_refused)
{
	struct opj_error err = {""};
	cr_assert_null(opj_recorder_create(
	    &(struct opj_recorder_config){.framework = "test", .clock = OPJ_CLOCK_DEVICE + 1}, &err));
	cr_assert(strstr(err.text, "clock or facts make no sense"), "%s", err.text);
}

Test(recorder, the_closing_event_counts)
{
	int64_t size = 3;
	float a[] = {1, 0, 1};
	DLTensor x = vector(a, &size);
	const struct opj_tensor tensors[] = {{.data = &x, .storage = 7, .version = 0, .address = 9}};
	const struct opj_value in[] = {OPJ_TENSOR(0), OPJ_NONE()};
	int64_t shape[] = {4, 2};
	const struct opj_optimizer_parameter parameter = {.ndim = 2, .shape = shape, .has_grad = true};
	const struct opj_value hyper[] = {opj_keyed("lr", OPJ_FLOAT(0.1)), opj_keyed("fused", OPJ_NONE())};
	const struct opj_optimizer_group group = {
	    .hyper = hyper, .hyper_count = 2, .parameters = &parameter, .parameter_count = 1};
	begin();
	uint32_t id = opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "Net"});
	opj_record_call(rec, &(struct opj_call_record){
				 .module = id, .in = in, .in_count = 2, .tensors = tensors, .tensor_count = 1});
	opj_record_optimizer(rec, &(struct opj_optimizer_record){.cls = "SGD", .groups = &group, .group_count = 1});
	opj_record_optimizer(rec, &(struct opj_optimizer_record){.cls = "SGD", .groups = &group, .group_count = 1});
	opj_recorder_destroy(rec);
	expect(
	    "0 begin 1.1 test 1|Net|unit\n"
	    "1 define 1:0 0/1 {\"path\":\"Net\",\"cls\":\"Net\",\"bases\":[],\"kind\":null,\"training\":false,"
	    "\"step_mode\":\"s\",\"backend\":null,\"attrs\":{},\"params\":[]}\n"
	    "2 define 2:0 0/1 {\"mods\":[],\"parents\":[\"Global\"],\"stage\":\"forward\",\"suspended\":false,"
	    "\"grad\":false}\n"
	    "3 define 4:0 0/1 {\"dir\":\"forward\",\"mod\":0,\"in\":[{\"T\":[3],\"d\":\"float32\"},null],\"out\":[]}\n"
	    "4 call sig=0 ctx=0 flags=41 storage=-7 nnz=2 address=9\n"
	    "5 define 5:0 0/1 {\"cls\":\"SGD\",\"groups\":[{\"hyper\":{\"lr\":0.1,\"fused\":null},\"params\":["
	    "{\"shape\":[4,2],\"has_grad\":true,\"momentum_buffer\":false}]}]}\n"
	    "6 optimizer def=0 ctx=0\n"
	    "7 optimizer def=0 ctx=0\n"
	    "8 end ops=0 calls=1 optimizers=2 problems=0\n");
	capture_stop(&capture);
}

Test(recorder, a_module_with_everything)
{
	int64_t shape[] = {8, 1, 3, 3};
	int64_t stride[] = {2, 2};
	const struct opj_module_parameter parameter = {"weight", 4, shape, {kDLBfloat, 16, 1}, true};
	const struct opj_value attrs[] = {opj_keyed("stride", OPJ_INTS(2, stride)), opj_keyed("bias", OPJ_BOOL(false))};
	const char *const bases[] = {"Conv2d", "Module"};
	begin();
	const struct opj_module module = {.path = "Net.c",
					  .cls = "Conv2d",
					  .bases = bases,
					  .base_count = 2,
					  .neuron = true,
					  .training = true,
					  .multi_step = true,
					  .backend = "torch",
					  .attrs = attrs,
					  .attr_count = 2,
					  .parameters = &parameter,
					  .parameter_count = 1};
	cr_assert_eq(opj_module_define(rec, &module), 0);
	cr_assert_eq(opj_module_define(rec, &module), 1, "modules are not interned: two of a kind are two");
	expect_line("{\"path\":\"Net.c\",\"cls\":\"Conv2d\",\"bases\":[\"Conv2d\",\"Module\"],\"kind\":\"neuron\","
		    "\"training\":true,\"step_mode\":\"m\",\"backend\":\"torch\",\"attrs\":{\"stride\":[2,2],"
		    "\"bias\":false},\"params\":[{\"name\":\"weight\",\"shape\":[8,1,3,3],\"dtype\":\"bfloat16\","
		    "\"requires_grad\":true}]}\n");
	finish();
}

Test(recorder, a_tensor_is_scanned_once_per_version)
{
	int64_t size = 3;
	float a[] = {1, 0, 1}, b[] = {1, 1, 1};
	DLTensor x = vector(a, &size), y = vector(b, &size);
	begin();
	relu(&x, &y, 1);
	a[1] = b[1] = 7;
	relu(&x, &y, 1);
	expect_line("4 op sig=0 ctx=0 flags=1,1 storage=2,1\n"); /* as remembered */
	relu(&x, &y, 2);
	expect_line("5 op sig=0 ctx=0 flags=115,83 storage=2,1 nnz=3 magnitude=9,9 range=1503,1503\n");
	a[1] = b[1] = 0;
	relu(&x, &y, OPJ_VERSION_UNKNOWN);
	expect_line("6 op sig=0 ctx=0 flags=33,33 storage=2,1 nnz=2,2\n");
	a[1] = b[1] = 1;
	relu(&x, &y, OPJ_VERSION_UNKNOWN);
	expect_line("7 op sig=0 ctx=0 flags=33,33 storage=2,1 nnz=3,3\n");
	finish();
}

Test(recorder, facts_of_the_caller_are_taken_and_remembered)
{
	int64_t size = 3, none = 0;
	DLTensor x = vector(NULL, &size), empty = vector(NULL, &none);
	const struct opj_stats integral = {.nnz = 3, .magnitude = 6.5e9, .kind = OPJ_KIND_INTEGRAL},
			       ternary = {.nnz = 2, .magnitude = 2, .kind = OPJ_KIND_TERNARY},
			       nothing = {.nnz = 99, .kind = OPJ_KIND_UNKNOWN};
	const struct opj_tensor tensors[] = {
	    {.data = &x, .storage = 1, .address = 1, .version = 4, .stats = &integral},
	    {.data = &x, .storage = 2, .address = 2, .version = 4, .stats = &ternary},
	    {.data = &x, .storage = 3, .address = 3, .version = 4, .stats = &nothing},
	    {.data = &x, .storage = 1, .address = 1, .version = 4},
	    {.data = &x, .storage = 1, .address = 1, .version = 5},
	    {.data = &empty, .storage = 4, .version = 0},
	};
	const struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1), OPJ_TENSOR(2),
				       OPJ_TENSOR(3), OPJ_TENSOR(4), OPJ_TENSOR(5)};
	begin();
	opj_record_op(rec, &(struct opj_op_record){.name = "aten.cat.default",
						   .in = in,
						   .in_count = 6,
						   .tensors = tensors,
						   .tensor_count = 6,
						   .duration_ns = 77});
	expect_line("op sig=0 ctx=0 flags=59,42,8,3,0,9 storage=0,0,0,3,3,0 nnz=3,2 magnitude=6.5e+09 "
		    "address=1,2,3,0 duration=77\n");
	finish();
}

Test(recorder, memory_of_a_device_is_not_touched)
{
	int64_t size = 3;
	DLTensor x = vector((float *)16, &size);
	x.device.device_type = kDLCUDA;
	begin();
	relu(&x, &x, OPJ_VERSION_UNKNOWN);
	expect_line("flags=8,8 storage=0,0 address=100,200\n");
	finish();
}

Test(recorder, tensors_stand_in_the_order_of_the_trees_and_states_behind)
{
	int64_t size = 2;
	float values[] = {1, 0};
	DLTensor x = vector(values, &size);
	const struct opj_tensor tensors[] = {{.data = &x, .storage = 10, .address = 1},
					     {.data = &x, .storage = 20, .address = 2}};
	const struct opj_value list[] = {OPJ_TENSOR(1), OPJ_TENSOR(0)};
	const struct opj_value in[] = {OPJ_LIST(2, list)}, kw[] = {opj_keyed("other", OPJ_TENSOR(1))};
	const uint64_t states[] = {20, 21, 5};
	begin();
	opj_record_op(rec, &(struct opj_op_record){.name = "op",
						   .in = in,
						   .in_count = 1,
						   .kw = kw,
						   .kw_count = 1,
						   .out = OPJ_TENSOR(0),
						   .tensors = tensors,
						   .tensor_count = 2,
						   .states = states,
						   .state_count = 3});
	expect_line("flags=41,41,1,1 storage=-20,11,1,11 nnz=1,1 address=2,1 states=1,0,17\n");
	expect_line("{\"op\":\"op\",\"in\":[[{\"T\":[2],\"d\":\"float32\"},{\"T\":[2],\"d\":\"float32\"}]],"
		    "\"kw\":{\"other\":{\"T\":[2],\"d\":\"float32\"}},\"out\":{\"T\":[2],\"d\":\"float32\"}}\n");
	finish();
}

Test(recorder, what_differs_has_a_signature_of_its_own)
{
	int64_t size = 2;
	float values[] = {1, 0};
	DLTensor x = vector(values, &size), half = x;
	half.data = NULL;
	half.dtype.bits = 16;
	const struct opj_tensor variants[] = {
	    {.data = &x, .storage = 1},
	    {.data = &half, .storage = 1},
	    {.data = &x, .storage = 1, .requires_grad = true},
	    {.data = &x, .storage = 1, .name = "w"},
	    {.data = &x, .storage = 1, .name = "v"},
	    {.data = &x, .storage = 1, .role = OPJ_ROLE_STATE},
	};
	const struct opj_value scalars[] = {OPJ_INT(1), OPJ_FLOAT(1), OPJ_BOOL(true), OPJ_STRING("1"), OPJ_NONE()};
	uint32_t signature = 0;
	begin();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 30; i++) {
			const struct opj_value in[] = {OPJ_TENSOR(0), scalars[i / 6]};
			opj_record_op(
			    rec,
			    &(struct opj_op_record){
				.name = "op", .in = in, .in_count = 2, .tensors = &variants[i % 6], .tensor_count = 1});
			char line[40];
			snprintf(line, sizeof line, "op sig=%u ctx", signature++ % 30);
			cr_assert(strstr(strrchr(capture_text(&capture), ' ') - 60, line), "%s: %s", line,
				  capture_text(&capture));
		}
	}
	finish();
}

Test(recorder, a_long_definition_comes_in_pieces)
{
	enum { COUNT = 9000 };
	static int64_t numbers[COUNT];
	for (int i = 0; i < COUNT; i++)
		numbers[i] = i;
	const struct opj_value in[] = {OPJ_INTS(COUNT, numbers)};
	begin();
	opj_record_op(rec, &(struct opj_op_record){.name = "op", .in = in, .in_count = 1});
	char joined[100000] = "", expected[100000] = "{\"op\":\"op\",\"in\":[[0";
	const char *line = capture_text(&capture);
	for (unsigned part = 0; part < 3; part++) {
		char start[40];
		snprintf(start, sizeof start, "define 3:0 %u/3 ", part);
		cr_assert(line = strstr(line, start));
		line += strlen(start);
		size_t length = strcspn(line, "\n");
		cr_assert(part == 2 ? length < 16384 : length == 16384);
		strncat(joined, line, length);
	}
	for (int i = 1; i < COUNT; i++)
		sprintf(expected + strlen(expected), ",%d", i);
	strcat(expected, "]],\"out\":null}");
	cr_assert_str_eq(joined, expected);
	finish();
}

/* What schema 1.1 added --------------------------------------------------------------------------------------------*/

static void begin_with(unsigned flags)
{
	static const struct opj_value facts[] = {{.type = OPJ_VALUE_INT, .key = "seed", .u.integer = 7}};
	capture_start(&capture);
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "test 1",
								.model = "Net",
								.run = "unit",
								.flags = flags,
								.clock = OPJ_CLOCK_HOST_CPU,
								.facts = facts,
								.fact_count = flags ? 0 : 1},
				  NULL);
	cr_assert(rec);
}

Test(recorder, a_plain_one_calls_itself_1_0)
{
	begin_with(OPJ_RECORDER_PLAIN);
	expect("0 begin 1.0 test 1|Net|unit|2|{}\n");
	finish();
}

Test(recorder, a_stage_a_module_and_the_run_say_more)
{
	int64_t shape[] = {4};
	const struct opj_module_parameter mean = {
	    .name = "mean", .ndim = 1, .shape = shape, .dtype = {kDLFloat, 32, 1}};
	begin_with(0);
	expect_line("0 begin 1.1 test 1|Net|unit|2|{\"seed\":7}\n");
	opj_module_define(
	    rec,
	    &(struct opj_module){
		.path = "Net", .cls = "Net", .buffers = &mean, .buffer_count = 1, .batch_axis = 2, .time_axis = 1});
	expect_line("\"params\":[]} more {\"buffers\":[{\"name\":\"mean\",\"shape\":[4],\"dtype\":\"float32\"}],"
		    "\"batch_axis\":2,\"time_axis\":1}\n");
	opj_stage_push_with(rec, &(struct opj_stage){.name = "b",
						     .phase = OPJ_PHASE_BACKWARD,
						     .reuse_weights = OPJ_YES,
						     .batch_norm_backward = OPJ_NO});
	opj_record_op(rec, &(struct opj_op_record){.name = "x"});
	expect_line("\"grad\":false} more {\"phase\":\"backward\",\"reuse_weights\":true,"
		    "\"batch_norm_backward\":false}\n");
	opj_stage_push(rec, "b"); /* the same name, and nothing known of it: another context */
	opj_record_op(rec, &(struct opj_op_record){.name = "x"});
	expect_line("op sig=0 ctx=1\n");
	opj_stage_push_with(rec, &(struct opj_stage){.name = "b", .phase = OPJ_PHASE_OPTIMIZER + 1});
	cr_assert_eq(opj_recorder_problems(rec), 1);
	finish();
}

Test(recorder, a_tensor_says_where_it_lies_and_how_wide_its_values_are)
{
	int64_t shape[] = {2, 3}, strides[] = {1, 2}, order[] = {3, 1};
	DLTensor x = {.device = {kDLCUDA, 1}, .ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape};
	const struct opj_stats dense = {
	    .nnz = 6, .kind = OPJ_KIND_DENSE, .ranged = true, .negative = true, .exponent = -2, .trailing_zeros = 13};
	struct opj_tensor tensor = {.data = &x,
				    .storage = 1,
				    .version = OPJ_VERSION_UNKNOWN,
				    .address = 9,
				    .extent = 100,
				    .offset = 5,
				    .stats = &dense};
	struct opj_op_record op = {.name = "x", .out = OPJ_TENSOR(0), .tensors = &tensor, .tensor_count = 1};
	begin();
	x.strides = strides;
	opj_record_op(rec, &op);
	expect_line("more {\"tensors\":{\"0\":{\"st\":[1,2],\"dev\":\"cuda:1\"}}}\n");
	expect_line("flags=236 storage=0 nnz=6 address=9 range=8dfe extent=100 offset=5\n");
	x.strides = order; /* C order: nothing to say */
	x.device = (DLDevice){kDLCPU, 0};
	opj_record_op(rec, &op);
	expect_line("\"out\":{\"T\":[2,3],\"d\":\"float32\"}}\n");
	expect_line("op sig=1 ctx=0 flags=4 storage=1\n"); /* all as before */
	tensor.stats = NULL;
	tensor.extent = 0; /* where it lies is not known any more, nor what is in it */
	opj_record_op(rec, &op);
	expect_line("op sig=1 ctx=0 flags=128 storage=1 offset=0\n");
	finish();
}

Test(recorder, a_call_says_more)
{
	float values[] = {1, 0};
	int64_t two = 2;
	DLTensor x = vector(values, &two);
	const struct opj_tensor tensors[] = {
	    {.data = &x, .storage = 1, .address = 10, .version = OPJ_VERSION_UNKNOWN},
	    {.data = &x, .storage = 90, .address = 20, .version = OPJ_VERSION_UNKNOWN, .extent = 8}};
	const struct opj_value in = OPJ_TENSOR(0), mask = opj_keyed("mask", OPJ_TENSOR(1));
	const struct opj_state v = {.name = "v", .ndim = 1, .shape = &two, .dtype = {kDLFloat, 32, 1}};
	begin();
	opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "Net"});
	opj_record_call(rec, &(struct opj_call_record){.in = &in,
						       .in_count = 1,
						       .kw = &mask,
						       .kw_count = 1,
						       .tensors = tensors,
						       .tensor_count = 2,
						       .states = &v,
						       .state_count = 1,
						       .grad = OPJ_YES,
						       .training = OPJ_NO});
	expect_line(
	    "\"out\":[]} more {\"kw\":{\"mask\":{\"T\":[2],\"d\":\"float32\"}},\"grad\":true,\"training\":false,"
	    "\"states\":[{\"name\":\"v\",\"shape\":[2],\"dtype\":\"float32\"}]}\n");
	expect_line("call sig=0 ctx=0 flags=41 storage=0 nnz=1 address=10 keyword=90,1,1,0,20,8,0,65535\n");
	finish();
}

Test(recorder, marks_and_sites_stand_before_the_next_event)
{
	const struct opj_value numbers[] = {opj_keyed("accuracy", OPJ_FLOAT(0.5)), opj_keyed("samples", OPJ_INT(32))};
	const struct opj_value text = opj_keyed("accuracy", OPJ_STRING("good"));
	const uint64_t sums[] = {3, 4};
	float values[] = {1, 0, 0};
	int64_t size = 3;
	DLTensor x = vector(values, &size);
	const struct opj_tensor tensor = {.data = &x, .storage = 1};
	struct opj_op_record op = {.name = "x", .out = OPJ_TENSOR(0), .tensors = &tensor, .tensor_count = 1};
	begin();
	opj_record_op(rec, &(struct opj_op_record){.name = "x"}); /* events 0 to 3 */
	opj_record_mark(rec, &(struct opj_mark){.name = "epoch", .index = -1, .numbers = numbers, .number_count = 2});
	expect_line("before 4 mark epoch -1 after=1 {\"accuracy\":0.5,\"samples\":32}\n");
	struct opj_site_record site = {
	    .op = &op, .what = OPJ_SITE_CHANNELS, .ops = 2, .first = 1, .total = 3, .values = sums, .value_count = 2};
	opj_record_site(rec, &site);
	expect_line("before 5 site sig=1 ctx=0 tensor=0 what=1 ops=2 1/3 values=3,4\n"); /* 4 defines the signature */
	cr_assert_eq(opj_recorder_problems(rec), 0);
	opj_record_mark(rec, &(struct opj_mark){.name = ""});
	opj_record_mark(rec, &(struct opj_mark){.name = "epoch", .numbers = &text, .number_count = 1});
	opj_record_mark(rec, NULL);
	site.total = 2; /* more than there are in all */
	opj_record_site(rec, &site);
	site.total = 3, site.tensor = 1;
	opj_record_site(rec, &site);
	cr_assert_eq(opj_recorder_problems(rec), 5);
	finish();
}
