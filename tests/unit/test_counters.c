/* tests/unit/test_counters.c: rules of flop, memory, synop, mac and ac on ops made by hand, against loops that
 * count, and the analysis around them: overflow, malformed ops, what is left out, what is not covered. */
#include "analyze/counters/rule.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <jansson.h>
#include <opjoule/analysis.h>
#include <stdlib.h>
#include <string.h>

#define F32 ((DLDataType){kDLFloat, 32, 1})
#define BOOL8 ((DLDataType){OPJ_DL_BOOL, 8, 1})

/* An op that owns what it points at. Tensors are arguments and results by index. */
struct made {
	struct opj_op op;
	struct opj_signature signature;
	struct opj_operand operands[8];
	int64_t shapes[8][5];
	struct opj_value in[12], kw[2], out[3];
	struct opj_spike_stats spike;
};

static const uint32_t scope_ids[] = {0, 1, 2};
static const char *const scopes[] = {"Global", "Net", "Net.fc"};
static const char *const bases[] = {"Linear", "Module"};
static const struct opj_trace_module fc = {
    .id = 1, .def = {.path = "Net.fc", .cls = "MyLinear", .bases = bases, .base_count = 2}};
static const struct opj_trace_module *const modules[] = {&fc};
static const struct opj_context context = {.module_count = 1,
					   .modules = modules,
					   .scope_count = 3,
					   .scopes = scopes,
					   .scope_ids = scope_ids,
					   .stage = "forward"};

static struct made *make(const char *name, uint32_t op_id)
{
	struct made *made = calloc(1, sizeof *made);
	made->signature =
	    (struct opj_signature){.op = name, .op_id = op_id, .in = made->in, .kw = made->kw, .out = OPJ_NONE()};
	made->op = (struct opj_op){
	    .index = 17, .signature = &made->signature, .context = &context, .operands = made->operands};
	return made;
}

/* Adds a dense tensor; shape ends with -1. */
static struct opj_operand *tensor(struct made *made, DLDataType dtype, const int64_t *shape)
{
	uint32_t i = made->signature.operand_count++;
	struct opj_operand *x = &made->operands[i];
	*x = (struct opj_operand){.shape = made->shapes[i], .dtype = dtype, .numel = 1};
	for (; shape[x->ndim] >= 0; x->ndim++) {
		made->shapes[i][x->ndim] = shape[x->ndim];
		x->numel *= (uint64_t)shape[x->ndim];
	}
	x->bytes = x->numel * opj_dtype_size(dtype);
	x->stats = (struct opj_stats){.nnz = x->numel, .kind = OPJ_KIND_DENSE};
	return x;
}

#define SHAPE(...) ((const int64_t[]){__VA_ARGS__, -1})

static struct opj_operand *arg(struct made *made, const int64_t *shape)
{
	made->in[made->signature.in_count++] = OPJ_TENSOR(made->signature.operand_count);
	return tensor(made, F32, shape);
}

static void value(struct made *made, struct opj_value v)
{
	made->in[made->signature.in_count++] = v;
}

static struct opj_operand *result(struct made *made, const int64_t *shape)
{
	made->signature.out = OPJ_TENSOR(made->signature.operand_count);
	return tensor(made, F32, shape);
}

static void keyword(struct made *made, const char *key, struct opj_value v)
{
	made->kw[made->signature.kw_count++] = opj_keyed(key, v);
}

static void spikes(struct opj_operand *x, uint64_t nnz)
{
	x->stats = (struct opj_stats){.nnz = nnz, .kind = OPJ_KIND_BINARY};
}

/* What a built-in counter says of one op. */
static int ask(const char *counter, const struct made *made, int64_t *count, struct opj_error *err)
{
	const struct opj_counter *descriptor = opj_counter_find(counter);
	cr_assert(descriptor, "no counter %s", counter);
	const char *op = made->signature.op;
	struct opj_rule rule = opj_rule_find(descriptor, NULL, opj_operator_find(op), op);
	cr_assert(opj_rule_exists(&rule), "counter %s has no rule for %s", counter, op);
	return opj_rule_call(&rule, NULL, &made->op, count, err);
}

static int64_t count(const char *counter, const struct made *made)
{
	struct opj_error err = {""};
	int64_t n = -12345;
	int result_code = ask(counter, made, &n, &err);
	cr_assert_eq(result_code, OPJ_COUNTED, "%s: %s", counter, err.text);
	return n;
}

Test(counters, product)
{
	enum { M = 3, K = 5, N = 4 };
	struct made *mm = make("aten.mm.default", 0);
	arg(mm, SHAPE(M, K));
	arg(mm, SHAPE(K, N));
	result(mm, SHAPE(M, N));
	int64_t flops = 0, macs = 0;
	for (int i = 0; i < M * N; i++) {
		for (int k = 0; k < K; k++) {
			macs++;
			flops += k ? 2 : 1; /* a product, and a sum with those before */
		}
	}
	cr_assert_eq(count("flop", mm), flops);
	cr_assert_eq(count("mac", mm), macs);
	cr_assert_eq(count("ac", mm), 0);
	cr_assert_eq(count("synop", mm), 0);
	cr_assert_eq(count("memory", mm), 4 * (M * K + K * N + M * N));
	spikes(&mm->operands[0], 7); /* each spike of the left operand adds a row of the right one */
	cr_assert_eq(count("mac", mm), 0);
	cr_assert_eq(count("synop", mm), 7 * N);
	cr_assert_eq(count("ac", mm), 7 * N);
	spikes(&mm->operands[1], 9);
	mm->operands[0].stats.kind = OPJ_KIND_TERNARY;
	cr_assert_eq(count("synop", mm), 9 * M);
	free(mm);
}

Test(counters, product_of_spikes_needs_to_know_where_they_meet)
{
	struct made *bmm = make("aten.bmm.default", 0);
	struct opj_error err = {""};
	int64_t n;
	spikes(arg(bmm, SHAPE(2, 3, 5)), 6);
	spikes(arg(bmm, SHAPE(2, 5, 4)), 8);
	result(bmm, SHAPE(2, 3, 4));
	cr_assert_eq(ask("synop", bmm, &n, &err), OPJ_UNCOVERED);
	cr_assert(strstr(err.text, "where they meet"));
	bmm->spike = (struct opj_spike_stats){.has = OPJ_SPIKE_PAIR, .pair_sum = 11};
	bmm->op.spike = &bmm->spike;
	cr_assert_eq(count("synop", bmm), 11);
	cr_assert_eq(count("ac", bmm), 11);
	cr_assert_eq(count("mac", bmm), 0);
	cr_assert_eq(count("flop", bmm), 2 * 3 * 4 * 9);
	free(bmm);
}

/* With spikes on the other side, whatever the one nobody looked at holds decides the count. */
Test(counters, a_product_needs_the_values_of_both_operands)
{
	static const char *const sides[] = {"left operand", "right operand"};
	for (int unknown = 0; unknown < 2; unknown++) {
		for (int dense = 0; dense < 2; dense++) {
			struct made *mm = make("aten.mm.default", 0);
			arg(mm, SHAPE(3, 5));
			arg(mm, SHAPE(5, 4));
			result(mm, SHAPE(3, 4));
			if (!dense)
				spikes(&mm->operands[1 - unknown], 7);
			mm->operands[unknown].stats = (struct opj_stats){.kind = OPJ_KIND_UNKNOWN};
			struct opj_error err = {""};
			int64_t n;
			cr_assert_eq(ask("synop", mm, &n, &err), OPJ_UNCOVERED);
			cr_assert(strstr(err.text, sides[unknown]), "%s", err.text);
			cr_assert_eq(ask("neuromc_add", mm, &n, &err), OPJ_UNCOVERED);
			cr_assert_eq(ask("neuromc_mul", mm, &n, &err), OPJ_UNCOVERED);
			free(mm);
		}
	}
}

Test(counters, biased_product)
{
	struct made *addmm = make("aten.addmm.default", 0);
	arg(addmm, SHAPE(4));
	spikes(arg(addmm, SHAPE(3, 5)), 7);
	arg(addmm, SHAPE(5, 4));
	result(addmm, SHAPE(3, 4));
	cr_assert_eq(count("flop", addmm), 12 * 9 + 12);
	cr_assert_eq(count("memory", addmm), 4 * (4 + 15 + 20 + 12));
	cr_assert_eq(count("synop", addmm), 28);
	keyword(addmm, "beta", OPJ_FLOAT(0.5));
	cr_assert_eq(count("flop", addmm), 12 * 9 + 12 + 4);
	keyword(addmm, "alpha", OPJ_INT(2));
	cr_assert_eq(count("flop", addmm), 12 * 9 + 12 + 12 + 4);
	cr_assert_eq(count("synop", addmm), 0, "a scaled product is no bare addition");
	addmm->kw[0] = opj_keyed("beta", OPJ_INT(0));
	cr_assert_eq(count("memory", addmm), 4 * (15 + 20 + 12));
	cr_assert_eq(count("flop", addmm), 12 * 9 + 12);
	free(addmm);
}

/* Groups 2, stride 2, padding 1, kernel 3x2, bias. */
static struct made *make_convolution(void)
{
	struct made *conv = make("aten.convolution.default", 0);
	arg(conv, SHAPE(2, 4, 7, 6));
	arg(conv, SHAPE(6, 2, 3, 2));
	arg(conv, SHAPE(6));
	static const int64_t two[] = {2, 2}, one[] = {1, 1}, none[] = {0, 0};
	value(conv, OPJ_INTS(2, two));
	value(conv, OPJ_INTS(2, one));
	value(conv, OPJ_INTS(2, one));
	value(conv, OPJ_BOOL(false));
	value(conv, OPJ_INTS(2, none));
	value(conv, OPJ_INT(2));
	result(conv, SHAPE(2, 6, 4, 4));
	return conv;
}

Test(counters, convolution)
{
	struct made *conv = make_convolution();
	int64_t flops = 0, macs = 0;
	for (int site = 0; site < 2 * 6 * 4 * 4; site++) {
		for (int tap = 0; tap < 2 * 3 * 2; tap++) {
			macs++;
			flops += tap ? 2 : 1;
		}
		flops++; /* bias */
	}
	cr_assert_eq(count("flop", conv), flops);
	cr_assert_eq(count("mac", conv), macs);
	cr_assert_eq(count("memory", conv), 4 * (2 * 4 * 7 * 6 + 6 * 2 * 3 * 2 + 6 + 2 * 6 * 4 * 4));
	free(conv);
}

Test(counters, convolution_of_spikes)
{
	struct made *conv = make_convolution();
	struct opj_error err = {""};
	int64_t n;
	spikes(&conv->operands[0], 20);
	cr_assert_eq(ask("synop", conv, &n, &err), OPJ_UNCOVERED);
	conv->spike = (struct opj_spike_stats){.has = OPJ_SPIKE_SYNOPS, .synops = 321};
	conv->op.spike = &conv->spike;
	cr_assert_eq(count("synop", conv), 321);
	cr_assert_eq(count("mac", conv), 0);
	spikes(&conv->operands[1], 72);
	cr_assert_eq(count("synop", conv), 321, "all weights are ones");
	spikes(&conv->operands[1], 0);
	cr_assert_eq(count("synop", conv), 0, "all weights are zeros");
	spikes(&conv->operands[1], 71);
	cr_assert_eq(ask("synop", conv, &n, &err), OPJ_UNCOVERED);
	conv->operands[0].stats.kind = OPJ_KIND_DENSE;
	cr_assert_eq(count("synop", conv), 71 * 2 * 4 * 4, "a weight of one is added at each output site");
	free(conv);
}

Test(counters, values_nobody_looked_at_are_uncovered)
{
	struct made *conv = make_convolution();
	struct opj_error err = {""};
	int64_t n;
	conv->operands[0].stats = (struct opj_stats){.kind = OPJ_KIND_UNKNOWN};
	cr_assert_eq(ask("mac", conv, &n, &err), OPJ_UNCOVERED);
	cr_assert_eq(ask("ac", conv, &n, &err), OPJ_UNCOVERED);
	cr_assert(strstr(err.text, "input"));
	cr_assert(count("flop", conv) > 0);
	free(conv);
}

static struct made *make_convolution_backward(bool transposed)
{
	struct made *op = make("aten.convolution_backward.default", 0);
	arg(op, SHAPE(2, 6, 5, 4)); /* gradient of the output */
	arg(op, SHAPE(2, 3, 7, 6)); /* input */
	if (transposed)
		arg(op, SHAPE(3, 6, 3, 3));
	else
		arg(op, SHAPE(6, 3, 3, 3));
	static const int64_t bias[] = {6}, one[] = {1, 1}, none[] = {0, 0};
	static const struct opj_value mask[] = {
	    {.type = OPJ_VALUE_BOOL, .u.boolean = true},
	    {.type = OPJ_VALUE_BOOL, .u.boolean = true},
	    {.type = OPJ_VALUE_BOOL, .u.boolean = true},
	};
	value(op, OPJ_INTS(1, bias));
	value(op, OPJ_INTS(2, one));
	value(op, OPJ_INTS(2, none));
	value(op, OPJ_INTS(2, one));
	value(op, OPJ_BOOL(transposed));
	value(op, OPJ_INTS(2, none));
	value(op, OPJ_INT(1));
	value(op, OPJ_LIST(3, mask));
	for (uint32_t i = 0; i < 3; i++)
		op->out[i] = OPJ_TENSOR(op->signature.operand_count + i);
	op->signature.out = OPJ_LIST(3, op->out);
	tensor(op, F32, SHAPE(2, 3, 7, 6));
	tensor(op, F32, transposed ? SHAPE(3, 6, 3, 3) : SHAPE(6, 3, 3, 3));
	tensor(op, F32, SHAPE(6));
	return op;
}

Test(counters, convolution_backward)
{
	struct made *op = make_convolution_backward(false);
	int64_t grad_x = 2 * (3 * 9) * (5 * 4) * 6 * 2 - 2 * 3 * 7 * 6;
	int64_t grad_w = 2 * (2 * 5 * 4) * 9 * 6 * 3 - 6 * 3 * 9;
	int64_t grad_b = 6 * (2 * 5 * 4 - 1);
	cr_assert_eq(count("flop", op), grad_x + grad_w + grad_b);
	cr_assert_eq(count("memory", op), 4 * (240 + 162 + 252 + 252 + 162 + 6));
	op->in[3] = OPJ_NONE();
	cr_assert_eq(count("flop", op), grad_x + grad_w);
	free(op);
	op = make_convolution_backward(true);
	grad_x = 2 * (6 * 9) * (7 * 6) * 3 * 2 - 2 * 3 * 7 * 6;
	grad_w = 2 * (2 * 7 * 6) * 9 * 3 * 6 - 3 * 6 * 9;
	cr_assert_eq(count("flop", op), grad_x + grad_w + grad_b);
	free(op);
}

Test(counters, element_wise_addition)
{
	struct made *add = make("aten.add.Tensor", 0);
	arg(add, SHAPE(3, 4));
	arg(add, SHAPE(4));
	result(add, SHAPE(3, 4));
	cr_assert_eq(count("flop", add), 12);
	cr_assert_eq(count("ac", add), 12);
	spikes(&add->operands[0], 5);
	cr_assert_eq(count("ac", add), 12);
	spikes(&add->operands[1], 2);
	cr_assert_eq(count("ac", add), 7, "spikes on both sides: an addition for each");
	keyword(add, "alpha", OPJ_FLOAT(-0.1));
	cr_assert_eq(count("flop", add), 16);
	cr_assert_eq(count("memory", add), 4 * (12 + 4 + 12));
	free(add);
	add = make("aten.add.Scalar", 0);
	arg(add, SHAPE(3, 4));
	value(add, OPJ_INT(1));
	result(add, SHAPE(3, 4));
	cr_assert_eq(count("ac", add), 12);
	cr_assert_eq(count("memory", add), 4 * 24);
	keyword(add, "alpha", OPJ_INT(2));
	cr_assert_eq(count("flop", add), 13);
	free(add);
}

Test(counters, booleans_are_spikes)
{
	struct made *add = make("aten.add.Tensor", 0);
	arg(add, SHAPE(6))->dtype = BOOL8;
	arg(add, SHAPE(6))->dtype = BOOL8;
	result(add, SHAPE(6));
	add->operands[0].stats = (struct opj_stats){.nnz = 2, .kind = OPJ_KIND_BINARY};
	add->operands[1].stats = (struct opj_stats){.nnz = 3, .kind = OPJ_KIND_BINARY};
	cr_assert_eq(count("ac", add), 5);
	free(add);
}

Test(counters, pooling_and_sums)
{
	static const int64_t kernel[] = {3, 2};
	struct made *pool = make("aten.avg_pool2d.default", 0);
	arg(pool, SHAPE(2, 3, 6, 6));
	value(pool, OPJ_INTS(2, kernel));
	result(pool, SHAPE(2, 3, 2, 3));
	cr_assert_eq(count("flop", pool), 36 * 6);
	cr_assert_eq(count("ac", pool), 36 * 5);
	cr_assert_eq(count("memory", pool), 4 * (216 + 36));
	pool->in[1] = OPJ_INT(3);
	struct opj_error err = {""};
	int64_t n;
	cr_assert_eq(ask("flop", pool, &n, &err), -1);
	cr_assert(strstr(err.text, "kernel_size"));
	free(pool);
	struct made *sum = make("aten.sum.dim_IntList", 0);
	arg(sum, SHAPE(5, 8));
	result(sum, SHAPE(5));
	cr_assert_eq(count("flop", sum), 35);
	cr_assert_eq(count("ac", sum), 35);
	free(sum);
	struct made *mean = make("aten.mean.dim", 0);
	arg(mean, SHAPE(5, 8));
	result(mean, SHAPE(5));
	cr_assert_eq(count("flop", mean), 40);
	cr_assert_eq(count("ac", mean), 35);
	free(mean);
}

static struct made *make_batch_norm(bool train, bool affine, bool running)
{
	struct made *norm = make("aten.native_batch_norm.default", 0);
	arg(norm, SHAPE(2, 3, 4, 4));
	for (int i = 0; i < 4; i++) {
		if (i < 2 ? affine : running)
			arg(norm, SHAPE(3));
		else
			value(norm, OPJ_NONE());
	}
	value(norm, OPJ_BOOL(train));
	for (uint32_t i = 0; i < 3; i++)
		norm->out[i] = OPJ_TENSOR(norm->signature.operand_count + i);
	norm->signature.out = OPJ_LIST(3, norm->out);
	tensor(norm, F32, SHAPE(2, 3, 4, 4));
	tensor(norm, F32, train ? SHAPE(3) : SHAPE(0));
	tensor(norm, F32, train ? SHAPE(3) : SHAPE(0));
	return norm;
}

Test(counters, batch_norm)
{
	enum { N = 96, C = 3 };
	struct made *norm = make_batch_norm(false, true, true);
	cr_assert_eq(count("flop", norm), 2 * C + 2 * N + 2 * N);
	cr_assert_eq(count("mac", norm), N);
	cr_assert_eq(count("ac", norm), N + C);
	cr_assert_eq(count("memory", norm), 4 * (N + 4 * C + N));
	free(norm);
	norm = make_batch_norm(true, true, true);
	cr_assert_eq(count("flop", norm), N + (2 * N + 2 * C) + 2 * C + 2 * N + 2 * N + 6 * C);
	cr_assert_eq(count("mac", norm), N + 2 * C);
	cr_assert_eq(count("ac", norm), (N - C) + N + C + N + 2 * C);
	cr_assert_eq(count("memory", norm), 4 * (N + 4 * C + N + 2 * C));
	free(norm);
	norm = make_batch_norm(true, false, false);
	cr_assert_eq(count("flop", norm), N + (2 * N + 2 * C) + 2 * C + 2 * N);
	cr_assert_eq(count("mac", norm), 0);
	cr_assert_eq(count("ac", norm), 3 * N);
	free(norm);
}

static void expect_malformed(const struct made *made, const char *counter, const char *part)
{
	struct opj_error err = {""};
	int64_t n;
	cr_assert_eq(ask(counter, made, &n, &err), -1, "%s accepted it", counter);
	cr_assert(strstr(err.text, part), "\"%s\" does not contain \"%s\"", err.text, part);
}

Test(counters, every_rule_survives_an_op_with_nothing_in_it)
{
	static const char *const counters[] = {"flop", "memory", "synop", "mac", "ac"};
	static const char *const ops[] = {"aten.mm.default",
					  "aten.addmm.default",
					  "aten.bmm.default",
					  "aten.baddbmm.default",
					  "aten.convolution.default",
					  "aten.convolution_backward.default",
					  "aten.native_batch_norm.default",
					  "aten.native_batch_norm_backward.default",
					  "aten.max_pool2d_with_indices.default",
					  "aten.max_pool2d_with_indices_backward.default",
					  "aten.avg_pool2d.default",
					  "aten.sum.default",
					  "aten.mean.dim",
					  "aten.add.Tensor",
					  "aten.neg.default",
					  "aten.mul.Tensor",
					  "aten.sigmoid_.default",
					  "aten.stack.default",
					  "aten.full_like.default",
					  "aten.view.default"};
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		for (size_t j = 0; j < sizeof counters / sizeof *counters; j++) {
			struct made *made = make(ops[i], 0);
			struct opj_error err = {""};
			int64_t n = 0;
			const struct opj_counter *counter = opj_counter_find(counters[j]);
			struct opj_rule rule = opj_rule_find(counter, NULL, opj_operator_find(ops[i]), ops[i]);
			int code = opj_rule_exists(&rule) ? opj_rule_call(&rule, NULL, &made->op, &n, &err) : 0;
			cr_assert(code == -1 ? *err.text != '\0' : n == 0, "%s of %s: %d, %" PRId64, counters[j],
				  ops[i], code, n);
			free(made);
		}
	}
}

Test(counters, malformed_ops_are_named)
{
	struct made *mm = make("aten.mm.default", 0);
	arg(mm, SHAPE(3, 5));
	arg(mm, SHAPE(4, 2));
	result(mm, SHAPE(3, 2));
	expect_malformed(mm, "flop", "inner dimensions differ: 5 and 4");
	mm->operands[1].ndim = 1;
	expect_malformed(mm, "memory", "argument 1 (right operand) has 1 dimensions, not 2");
	mm->in[0] = OPJ_INT(3);
	expect_malformed(mm, "synop", "argument 0 (left operand) is missing or no tensor");
	expect_malformed(mm, "neuromc_add", "argument 0 (left operand) is missing or no tensor");
	free(mm);
}

Test(counters, malformed_convolutions_are_named)
{
	static const char *const counters[] = {"flop", "memory", "mac", "neuromc_add", "neuromc_mul"};
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		struct made *conv = make_convolution();
		conv->in[8] = OPJ_INT(0);
		expect_malformed(conv, counters[i], "argument 8 (groups) is 0, not a positive integer");
		conv->operands[3].ndim = 1;
		expect_malformed(conv, counters[i], "result 0 has 1 dimensions, not 2");
		conv->in[1] = OPJ_NONE();
		expect_malformed(conv, counters[i], "argument 1 (weight) is missing or no tensor");
		free(conv);
	}
}

Test(counters, malformed_gradients_are_named)
{
	static const char *const counters[] = {"flop", "memory", "neuromc_add", "neuromc_mul"};
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		struct made *op = make_convolution_backward(false);
		op->out[1] = OPJ_NONE();
		expect_malformed(op, counters[i], "result 1 is missing or no tensor");
		op->in[10] = OPJ_BOOL(true);
		expect_malformed(op, counters[i], "argument 10 (output_mask) is no list of three");
		op->in[2] = OPJ_NONE();
		expect_malformed(op, counters[i], "argument 2 (weight) is missing or no tensor");
		free(op);
	}
}

/* An analysis of one op, or of the same op twice. */
static struct opj_analysis *run(const struct made *made, int times, const char *ignore, bool strict, int *code,
				struct opj_error *err)
{
	struct opj_analysis *analysis = opj_analysis_create();
	struct opj_visitor visitor;
	cr_assert_eq(opj_analysis_add_counter(analysis, "flop", err), 0);
	cr_assert_eq(opj_analysis_add_estimator(analysis, "compute:int8,e_ac_pj=2", err), 0, "%s", err->text);
	if (ignore)
		cr_assert_eq(opj_analysis_ignore_class(analysis, ignore, err), 0);
	opj_analysis_set_strict(analysis, strict);
	cr_assert_eq(opj_analysis_begin(analysis, &visitor, err), 0);
	*code = 0;
	for (int i = 0; !*code && i < times; i++)
		*code = visitor.op(visitor.data, &made->op, err);
	if (!*code)
		*code = opj_analysis_finish(analysis, err);
	return analysis;
}

static struct made *make_mm(void)
{
	struct made *mm = make("aten.mm.default", 3);
	spikes(arg(mm, SHAPE(3, 5)), 7);
	arg(mm, SHAPE(5, 4));
	result(mm, SHAPE(3, 4));
	return mm;
}

Test(analysis, totals_and_json)
{
	struct made *mm = make_mm();
	struct opj_error err = {""};
	int code;
	struct opj_analysis *analysis = run(mm, 2, NULL, true, &code, &err);
	cr_assert_eq(code, 0, "%s", err.text);
	int64_t total = 0;
	cr_assert_eq(opj_analysis_total(analysis, "flop", NULL, &total, &err), 0);
	cr_assert_eq(total, 2 * 12 * 9);
	cr_assert_eq(opj_analysis_total(analysis, "ac", NULL, &total, &err), 0);
	cr_assert_eq(total, 2 * 28);
	cr_assert_eq(opj_analysis_total(analysis, "memory", NULL, &total, &err), -1);
	char *text = opj_analysis_json(analysis, &err);
	cr_assert(text, "%s", err.text);
	json_t *root = json_loads(text, 0, NULL);
	json_t *flop = json_object_get(json_object_get(root, "counters"), "flop");
	json_t *scope = json_object_get(json_object_get(flop, "by_scope"), "Net.fc");
	cr_assert_eq(json_integer_value(json_object_get(scope, "aten.mm.default")), 216);
	json_t *stage = json_object_get(json_object_get(flop, "by_stage"), "forward");
	cr_assert_eq(json_integer_value(json_object_get(stage, "aten.mm.default")), 216);
	json_t *estimate = json_array_get(json_object_get(root, "estimates"), 0);
	cr_assert_str_eq(json_string_value(json_object_get(estimate, "model")), "compute");
	cr_assert_str_eq(json_string_value(json_object_get(estimate, "preset")), "int8");
	cr_assert(json_real_value(json_object_get(estimate, "energy_total_pj")) == 112);
	cr_assert(json_real_value(json_object_get(json_object_get(estimate, "config"), "e_mac_pj")) == 0.23);
	json_decref(root);
	free(text);
	opj_analysis_destroy(analysis);
	free(mm);
}

Test(analysis, ignored_classes_match_bases)
{
	struct made *mm = make_mm();
	struct opj_error err = {""};
	int code;
	static const char *const classes[] = {"MyLinear", "Linear", "Conv2d"};
	for (int i = 0; i < 3; i++) {
		struct opj_analysis *analysis = run(mm, 1, classes[i], false, &code, &err);
		int64_t total = -1;
		cr_assert_eq(code, 0, "%s", err.text);
		cr_assert_eq(opj_analysis_total(analysis, "flop", NULL, &total, &err), 0);
		cr_assert_eq(total, i < 2 ? 0 : 108, "%s", classes[i]);
		opj_analysis_destroy(analysis);
	}
	free(mm);
}

Test(analysis, strict_names_op_scope_and_counter)
{
	struct made *op = make("aten.relu.default", 5);
	arg(op, SHAPE(2));
	result(op, SHAPE(2));
	struct opj_error err = {""};
	int code;
	struct opj_analysis *analysis = run(op, 1, NULL, true, &code, &err);
	cr_assert_neq(code, 0);
	cr_assert(strstr(err.text, "op 17") && strstr(err.text, "aten.relu.default") && strstr(err.text, "Net.fc") &&
		      strstr(err.text, "flop"),
		  "%s", err.text);
	opj_analysis_destroy(analysis);
	analysis = run(op, 3, NULL, false, &code, &err);
	cr_assert_eq(code, 0);
	char *text = opj_analysis_json(analysis, &err);
	json_t *root = json_loads(text, 0, NULL);
	json_t *flop = json_object_get(json_object_get(root, "counters"), "flop");
	json_t *uncovered = json_object_get(flop, "uncovered");
	cr_assert_eq(json_integer_value(json_object_get(uncovered, "aten.relu.default")), 3);
	cr_assert_eq(json_object_size(json_object_get(json_object_get(flop, "by_scope"), "Global")), 0);
	json_decref(root);
	free(text);
	opj_analysis_destroy(analysis);
	free(op);
}

Test(analysis, overflow_names_op_and_counter)
{
	struct made *mm = make("aten.mm.default", 0);
	arg(mm, SHAPE(INT64_C(1) << 30, INT64_C(1) << 10));
	arg(mm, SHAPE(INT64_C(1) << 10, INT64_C(1) << 22));
	result(mm, SHAPE(2, 2));
	struct opj_error err = {""};
	int code;
	struct opj_analysis *analysis = run(mm, 1, NULL, false, &code, &err);
	cr_assert_eq(code, 0, "2^62 multiplications less than 2^63 FLOPs fit: %s", err.text);
	opj_analysis_destroy(analysis);
	analysis = run(mm, 2, NULL, false, &code, &err);
	cr_assert_neq(code, 0);
	cr_assert(strstr(err.text, "op 17 (aten.mm.default, in Net.fc), flop: the count does not fit"), "%s", err.text);
	opj_analysis_destroy(analysis);
	mm->shapes[0][0] <<= 2;
	analysis = run(mm, 1, NULL, false, &code, &err);
	cr_assert_neq(code, 0);
	cr_assert(strstr(err.text, "flop"), "%s", err.text);
	opj_analysis_destroy(analysis);
	free(mm);
}

Test(analysis, specifications_that_are_wrong)
{
	static const struct {
		bool counter;
		const char *spec, *part;
	} wrong[] = {
	    {true, "flops", "there are: flop, memory, synop, mac, ac"},
	    {true, "flop:fp32", "no presets"},
	    {true, "flop,size=3", "no settings"},
	    {true, "", "no counter \"\""},
	    {false, "compute:fp8", "there are: fp32, fp16, int8"},
	    {false, "computer", "there are: compute"},
	    {false, "compute,e_max=3", "e_mac_pj, e_ac_pj"},
	    {false, "compute,e_mac_pj=-1", "negative"},
	    {false, "compute,e_mac_pj", "key=value"},
	    {false, "compute:/nonexistent/costs.yaml", "/nonexistent/costs.yaml"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct opj_analysis *analysis = opj_analysis_create();
		struct opj_error err = {""};
		int code = wrong[i].counter ? opj_analysis_add_counter(analysis, wrong[i].spec, &err)
					    : opj_analysis_add_estimator(analysis, wrong[i].spec, &err);
		cr_assert_eq(code, -1, "%s was accepted", wrong[i].spec);
		cr_assert(strstr(err.text, wrong[i].part), "%s: %s", wrong[i].spec, err.text);
		opj_analysis_destroy(analysis);
	}
}
