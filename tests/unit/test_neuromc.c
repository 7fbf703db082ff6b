/* tests/unit/test_neuromc.c: the NeuroMC counters against loops that count, and the estimator on op logs small enough
 * to price by hand: layers, weight reuse, what calls and ops have in common, optimizers, what has no figure. */
#include "analyze/estimators/neuromc/neuromc.h"
#include "oplog_run.h"
#include <math.h>

/* Costs of the preset, in pJ; memories per bit. */
#define ADD 0.548
#define MUL 0.812
#define MUX (0.548 / 16)
#define COMP 0.056
#define SQRT 0.514
#define REG_1B (0.00901 / 7.1 * 2)
#define REG_16B (0.14416 / 7.1 * 2 / 16)
#define IN_S 0.44854798
#define IN_W (5.302477904 / 16)
#define XI (5.792676768 / 16)
#define U (92.68282828 / 256)
#define S (7.176767677 / 16)
#define BUFFER_READ (458.1830181 / 256)
#define BUFFER_WRITE (375.0422185 / 256)

/* Counters -------------------------------------------------------------------------------------------------------- */

static int64_t count_in(json_t *json, const char *counter)
{
	return json_integer_value(oplog_at(json, "counters", counter, "total", NULL));
}

static int64_t count(const char *log, const char *counter)
{
	json_t *json = oplog_run(log, counter, NULL);
	int64_t total = count_in(json, counter);
	json_decref(json);
	return total;
}

#define NOWHERE LOG_IN("", "\"Global\"")
#define SPIKES(shape, u, z) F32(shape, u, z, 1)
#define DENSE(shape, u) F32(shape, u, 1, 0)

/* x @ y, x [3, 4] of spikes, y [4, 2] dense. */
Test(neuromc, additions_of_a_product_with_spikes)
{
	static const int x[3][4] = {{1, 0, 1, 1}, {0, 0, 0, 0}, {0, 1, 0, 0}};
	int64_t additions = 0, nnz = 0, rows = 0;
	for (int i = 0; i < 3; i++) {
		int terms = x[i][0] + x[i][1] + x[i][2] + x[i][3];
		nnz += terms;
		rows += terms > 0;
		for (int column = 0; column < 2; column++) {
			for (int term = 1; term < terms; term++)
				additions++;
		}
	}
	char log[2048];
	snprintf(log, sizeof log,
		 "{\"k\":\"op\",\"i\":0,\"op\":\"aten.mm.default\",\"stage\":\"forward\",\"grad\":false," NOWHERE
		 ",\"in\":[{\"T\":[3,4],\"d\":\"float32\",\"u\":1,\"a\":1,\"z\":%d,\"b\":1}," DENSE(
		     "4,2", 2) "],\"out\":" DENSE("3,2", 3) ",\"spike\":{\"x_active_rows\":%d}}\n",
		 (int)nnz, (int)rows);
	cr_assert_eq(count(log, "neuromc_add"), additions);
	cr_assert_eq(count(log, "neuromc_mul"), 0);
}

/* One dimension, kernel 3, padding 1, stride 1: every output sums the spikes around it. */
Test(neuromc, additions_of_a_convolution_of_spikes)
{
	static const int x[8] = {1, 1, 0, 0, 0, 1, 1, 1};
	int64_t additions = 0;
	int synops = 0, active = 0, nnz = 0;
	for (int o = 0; o < 8; o++) {
		int terms = 0;
		for (int k = o - 1; k <= o + 1; k++)
			terms += k >= 0 && k < 8 ? x[k] : 0;
		nnz += x[o];
		for (int channel = 0; channel < 2; channel++) {
			synops += terms;
			active += terms > 0;
			for (int term = 1; term < terms; term++)
				additions++;
		}
	}
	char log[2048];
	const char *format =
	    "{\"k\":\"op\",\"i\":0,\"op\":\"aten.convolution.default\",\"stage\":\"forward\",\"grad\":false," NOWHERE
	    ",\"in\":[{\"T\":[1,1,8],\"d\":\"float32\",\"u\":1,\"a\":1,\"z\":%d,\"b\":1},"
	    "{\"T\":[2,1,3],\"d\":\"float32\",\"u\":2,\"a\":2,\"z\":%d,\"b\":%d},null,[1],[1],[1],false,[0],1],"
	    "\"out\":" DENSE("1,2,8", 3) "%s}\n";
	char spike[100];
	snprintf(spike, sizeof spike, ",\"spike\":{\"synops\":%d,\"active_out\":%d}", synops, active);
	snprintf(log, sizeof log, format, nnz, 6, 0, spike);
	cr_assert_eq(count(log, "neuromc_add"), additions);
	snprintf(log, sizeof log, format, nnz, 6, 1, spike); /* a weight of ones saves nothing more */
	cr_assert_eq(count(log, "neuromc_add"), additions);
	snprintf(log, sizeof log, format, nnz, 0, 1, spike); /* a weight of zeros everything */
	cr_assert_eq(count(log, "neuromc_add"), 0);
	snprintf(log, sizeof log, format, nnz, 4, 1, spike); /* where its zeros are nobody knows */
	json_t *json = oplog_run(log, "neuromc_add", NULL);
	oplog_assert_int(1, json, "counters", "neuromc_add", "uncovered", "aten.convolution.default");
	json_decref(json);
	snprintf(log, sizeof log, format, nnz, 6, 0, ""); /* no statistics */
	json = oplog_run(log, "neuromc_add", NULL);
	oplog_assert_int(1, json, "counters", "neuromc_add", "uncovered", "aten.convolution.default");
	cr_assert(oplog_warns(json, "no statistics of its spikes"));
	json_decref(json);
}

Test(neuromc, dense_convolution_and_its_gradients)
{
	enum { N = 2, C = 3, K = 4, HW = 25, TAPS = 9 }; /* kernel 3, padding 1: 5 by 5 in and out */
	static const char forward[] =
	    LOG_OP(0, "aten.convolution.default", NOWHERE,
		   DENSE("2,3,5,5", 1) "," DENSE("4,3,3,3", 2) "," DENSE("4", 3) ",[1,1],[1,1],[1,1],false,[0,0],1",
		   DENSE("2,4,5,5", 4));
	int64_t products = 0, additions = 0;
	for (int output = 0; output < N * K * HW; output++) {
		for (int term = 0; term < C * TAPS; term++) {
			products++;
			additions++; /* to the terms before, or to the bias */
		}
	}
	cr_assert_eq(count(forward, "neuromc_mul"), products);
	cr_assert_eq(count(forward, "neuromc_add"), additions);
	static const char backward[] = LOG_OP(0, "aten.convolution_backward.default", NOWHERE,
					      DENSE("2,4,5,5", 1) "," DENSE("2,3,5,5", 2) "," DENSE(
						  "4,3,3,3", 3) ",[4],[1,1],[1,1],[1,1],false,[0,0],1,[true,true,true]",
					      "[" DENSE("2,3,5,5", 4) "," DENSE("4,3,3,3", 5) "," DENSE("4", 6) "]");
	int64_t grad_x = N * C * HW, grad_w = K * C * TAPS;
	cr_assert_eq(count(backward, "neuromc_mul"), grad_x * K * TAPS + grad_w * N * HW);
	cr_assert_eq(count(backward, "neuromc_add"),
		     grad_x * (K * TAPS - 1) + grad_w * (N * HW - 1) + K * (N * HW - 1));
}

Test(neuromc, other_ops)
{
	static const char log[] = LOG_OP(0, "aten.ge.Scalar", NOWHERE, DENSE("3,5", 1) ",0.0", DENSE("3,5", 2))
	    LOG_OP(1, "aten.max_pool2d_with_indices.default", NOWHERE, DENSE("1,1,6,6", 3) ",[3,2]",
		   "[" DENSE("1,1,2,3", 4) "," DENSE("1,1,2,3", 5) "]")
		LOG_OP(2, "aten.where.self", NOWHERE, DENSE("7", 6) "," DENSE("7", 7) "," DENSE("7", 8), DENSE("7", 9))
		    LOG_OP(3, "aten.rsqrt.default", NOWHERE, DENSE("11", 10), DENSE("11", 11))
			LOG_OP(4, "aten.sum.dim_IntList", NOWHERE, DENSE("4,6", 12) ",[1]", DENSE("4", 13))
			    LOG_OP(5, "aten.native_batch_norm.default", NOWHERE,
				   DENSE("2,3,4", 14) "," DENSE("3", 15) "," DENSE("3", 16) "," DENSE(
				       "3", 17) "," DENSE("3", 18) ",true,0.1,1e-05",
				   "[" DENSE("2,3,4", 19) "," DENSE("3", 20) "," DENSE("3", 21) "]");
	cr_assert_eq(count(log, "neuromc_cmp"), 15 + 6 * 5);
	cr_assert_eq(count(log, "neuromc_mux"), 7);
	cr_assert_eq(count(log, "neuromc_sqrt"), 11 + 3);
	/* 6 sums of 4; mean, variance and shift of 24 elements, eps and two running averages of 3 channels */
	cr_assert_eq(count(log, "neuromc_add"), 4 * 5 + (24 - 3) + (24 + 3) + 24 + 3 + 6);
	cr_assert_eq(count(log, "neuromc_mul"), 24 + 24 + 24 + 3 + 6);
}

/* Estimator ------------------------------------------------------------------------------------------------------- */

static json_t *estimate(const char *log, const char *spec, json_t **json)
{
	*json = oplog_run(log, NULL, spec);
	return oplog_estimate(*json);
}

/* Net with a linear layer 4 -> 3 without bias, a neuron behind it, and modules of other classes. */
#define NET LOG_MODULE(0, "Net", "Net", "\"Net\"", LOG_PLAIN)
#define LINEAR                                                                                                         \
	LOG_MODULE(                                                                                                    \
	    1, "Net.fc", "Linear", "\"Linear\",\"Module\"",                                                            \
	    "\"kind\":null,\"training\":true,\"step_mode\":\"s\",\"backend\":null,\"attrs\":{\"in_features\":4,"       \
	    "\"out_features\":3},\"params\":[{\"name\":\"weight\",\"shape\":[3,4],\"dtype\":\"float32\","              \
	    "\"requires_grad\":true}]")
#define NEURON LOG_MODULE(1, "Net.n", "LIFNode", "\"LIFNode\",\"BaseNode\"", LOG_NEURON("\"torch\""))
#define CALL(dir, mod, stage, in, out) CALL_AFTER(0, dir, mod, stage, in, out)
#define CALL_AFTER(ops, dir, mod, stage, in, out)                                                                      \
	"{\"k\":\"call\",\"dir\":\"" dir "\",\"mod\":" #mod ",\"stage\":\"" stage "\",\"after\":" #ops                 \
	",\"suspended\":false,\"in\":[" in "],\"out\":[" out "]}\n"

Test(neuromc, linear_layer)
{
	json_t *json, *e = estimate(NET LINEAR CALL("forward", 1, "forward", SPIKES("2,4", 1, 3), DENSE("2,3", 2)),
				    "neuromc", &json);
	double macs = 2 * 4 * 3;
	double in = 2 * 4 * 1 * (REG_1B + IN_S), w = 3 * 4 * 16 * (REG_16B + IN_W), out = 2 * 3 * 16 * (REG_16B + XI);
	oplog_assert_pj(macs * (ADD + MUX), e, "energy_mac_pj");
	oplog_assert_pj(in + w + out, e, "energy_base_memory_pj");
	oplog_assert_pj(macs * (ADD + MUX) + in + w + out, e, "energy_total_pj");
	oplog_assert_int(24, e, "counts_by_core_type", "fp_soma", "mac");
	oplog_assert_int(3 * 4 * 16 + 2 * 4, e, "memory_bits_by_level", "by_level_dir", "sram", "rh2l");
	cr_assert_str_eq(json_string_value(oplog_at(e, "memory_bits_by_level", "preset_name", NULL)),
			 "neuromc_like_v1");
	json_decref(json);
	e = estimate(NET LINEAR CALL("forward", 1, "forward", DENSE("2,4", 1), DENSE("2,3", 2)), "neuromc", &json);
	in = 2 * 4 * 16 * (REG_16B + IN_W);
	oplog_assert_pj(macs * (ADD + MUL), e, "energy_mac_pj");
	oplog_assert_pj(in + w + out, e, "energy_base_memory_pj");
	json_decref(json);
}

/* A stage with an index finds its weights where the stage before left them, if they fit. */
Test(neuromc, weights_are_kept_between_steps)
{
	static const char log[] = NET LINEAR CALL("forward", 1, "forward_t1", SPIKES("2,4", 1, 3), DENSE("2,3", 2));
	double in = 2 * 4 * (REG_1B + IN_S), w = 3 * 4 * 16 * (REG_16B + IN_W), out = 2 * 3 * 16 * (REG_16B + XI);
	json_t *json, *e = estimate(log, "neuromc", &json);
	oplog_assert_pj(in + out, e, "energy_base_memory_pj");
	oplog_assert_int(1, json_array_get(oplog_at(e, "mapping_summary", NULL), 0), "t_type");
	json_decref(json);
	e = estimate(log, "neuromc,sram_fp_conv_in_w_size_bits=191", &json);
	oplog_assert_pj(in + w + out, e, "energy_base_memory_pj");
	cr_assert_str_eq(json_string_value(oplog_at(e, "memory_bits_by_level", "preset_name", NULL)), "custom");
	json_decref(json);
	e = estimate(log, "neuromc,sram_fp_conv_in_w_size_bits=192", &json);
	oplog_assert_pj(in + out, e, "energy_base_memory_pj");
	json_decref(json);
}

Test(neuromc, stage_names)
{
	static const struct {
		const char *name;
		enum opj_nmc_phase phase;
		int64_t b, t;
	} stages[] = {
	    {"forward", OPJ_NMC_FORWARD, 0, 0},
	    {"b2", OPJ_NMC_FORWARD, 2, 0},
	    {"forward_t1", OPJ_NMC_FORWARD, 0, 1},
	    {"Backward_B3_T14", OPJ_NMC_BACKWARD, 3, 14},
	    {"my_update", OPJ_NMC_OPTIMIZER, 0, 0},
	    {"Optimizer", OPJ_NMC_OPTIMIZER, 0, 0},
	    {"ab2 tb7", OPJ_NMC_FORWARD, 0, 0},
	    {"b2x_b3", OPJ_NMC_FORWARD, 3, 0},
	    {"t99999999999999999999", OPJ_NMC_FORWARD, 0, INT64_MAX},
	    {"t92233720368547758070000000000000000000001", OPJ_NMC_FORWARD, 0, INT64_MAX},
	    {"", OPJ_NMC_FORWARD, 0, 0},
	    {"b", OPJ_NMC_FORWARD, 0, 0},
	};
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
		struct opj_nmc_stage stage = opj_nmc_stage_parse(stages[i].name);
		cr_assert_eq(stage.phase, stages[i].phase, "phase of \"%s\"", stages[i].name);
		cr_assert_eq(stage.b_type, stages[i].b, "batch of \"%s\": %lld", stages[i].name,
			     (long long)stage.b_type);
		cr_assert_eq(stage.t_type, stages[i].t, "time of \"%s\": %lld", stages[i].name,
			     (long long)stage.t_type);
	}
	cr_assert(opj_nmc_stage_parse("backward_WITHOUT_bp_bn").without_bp_bn);
}

Test(neuromc, neuron)
{
	json_t *json, *e = estimate(NET NEURON CALL("forward", 1, "forward", DENSE("2,3,4", 1), SPIKES("2,3,4", 2, 5)),
				    "neuromc", &json);
	double n = 24; /* input current, potential, spike, mask: each read and written */
	oplog_assert_pj(n * (MUX + ADD + MUL + 3 * COMP), e, "energy_extra_compute_pj");
	oplog_assert_pj(2 * n * (16 * XI + 16 * U + S + S), e, "energy_extra_memory_pj");
	oplog_assert_pj(0.0, e, "energy_mac_pj");
	json_decref(json);
}

/* The product inside a layer's call is the call's; one beside it counts for itself. */
#define PRODUCT(i, stage, suspended, x, y, out)                                                                        \
	"{\"k\":\"op\",\"i\":" #i ",\"op\":\"aten.mm.default\",\"stage\":\"" stage                                     \
	"\",\"grad\":true," suspended NOWHERE ",\"in\":[" x "," y "],\"out\":" out "}\n"

Test(neuromc, calls_and_ops)
{
	static const char same[] =
	    NET LINEAR PRODUCT(0, "forward", "", SPIKES("2,4", 1, 3), DENSE("4,3", 3), DENSE("2,3", 2))
		CALL_AFTER(1, "forward", 1, "forward", SPIKES("2,4", 1, 3), DENSE("2,3", 2));
	json_t *json, *e = estimate(same, "neuromc", &json);
	oplog_assert_int(1, e, "fragments");
	oplog_assert_int(24, e, "primitive_counts", "totals", "mac");
	json_decref(json);
	static const char beside[] =
	    NET LINEAR PRODUCT(0, "forward", "", SPIKES("2,4", 1, 3), DENSE("4,5", 3), DENSE("2,5", 2))
		CALL_AFTER(1, "forward", 1, "forward", SPIKES("2,4", 1, 3), DENSE("2,3", 2));
	e = estimate(beside, "neuromc", &json);
	oplog_assert_int(2, e, "fragments");
	cr_assert_not(oplog_warns(e, "neurons are not counted"));
	oplog_assert_int(24 + 40, e, "primitive_counts", "totals", "mac");
	cr_assert_str_eq(
	    json_string_value(oplog_at(json_array_get(oplog_at(e, "mapping_summary", NULL), 1), "source", NULL)),
	    "trace");
	json_decref(json);
	e = estimate(PRODUCT(0, "forward", "", SPIKES("2,4", 1, 3), DENSE("4,5", 3), DENSE("2,5", 2)), "neuromc",
		     &json); /* no call at all */
	oplog_assert_int(40, e, "counts_by_core_type", "fp_soma", "mac");
	cr_assert(oplog_warns(e, "neurons are not counted"));
	json_decref(json);
	e = estimate(
	    PRODUCT(0, "forward", "\"suspended\":true,", SPIKES("2,4", 1, 3), DENSE("4,5", 3), DENSE("2,5", 2)),
	    "neuromc", &json);
	oplog_assert_int(0, e, "fragments");
	cr_assert(oplog_warns(e, "nothing in this trace"));
	json_decref(json);
}

/* The op's fragment is the call's: neither the total nor any module has it twice. */
Test(neuromc, modules_add_up_where_a_call_and_its_op_say_the_same)
{
	static const char log[] =
	    NET LINEAR LOG_OP(0, "aten.mm.default", LOG_IN("0,1", "\"Global\",\"Net\",\"Net.fc\""),
			      SPIKES("2,4", 1, 3) "," DENSE("4,3", 3), DENSE("2,3", 2))
		LOG_OP(1, "aten.mm.default", LOG_IN("0", "\"Global\",\"Net\""), DENSE("2,3", 2) "," DENSE("3,5", 4),
		       DENSE("2,5", 5)) CALL_AFTER(2, "forward", 1, "forward", SPIKES("2,4", 1, 3), DENSE("2,3", 2));
	json_t *json, *e = estimate(log, "neuromc", &json);
	json_t *by_scope = oplog_at(e, "by_scope_pj", NULL);
	double total = json_number_value(oplog_at(e, "energy_total_pj", NULL));
	double layer = 24 * (ADD + MUX) + 8 * (REG_1B + IN_S) + 12 * 16 * (REG_16B + IN_W) + 6 * 16 * (REG_16B + XI);
	double op = 30 * (ADD + MUL) + (6 + 15) * 16 * (REG_16B + IN_W) + 10 * 16 * (REG_16B + XI);
	oplog_assert_pj(layer, by_scope, "Net.fc");
	oplog_assert_pj(layer + op, by_scope, "Net");
	oplog_assert_pj(total, by_scope, "Net");
	json_decref(json);
}

/* Where a layer has no parameter called weight (it is made from others), its geometry says how large that is; no groups
 * said means one. */
Test(neuromc, a_weight_that_is_no_parameter)
{
	static const char log[] =
	    NET LOG_MODULE(1, "Net.conv", "Conv2d", "\"Conv2d\",\"Module\"",
			   "\"kind\":null,\"training\":true,\"step_mode\":\"s\",\"backend\":null,\"attrs\":{"
			   "\"in_channels\":2,\"out_channels\":3,\"kernel_size\":[2,2]},\"params\":[]")
		CALL("forward", 1, "forward", SPIKES("1,2,3,3", 1, 5), DENSE("1,3,2,2", 2));
	json_t *json, *e = estimate(log, "neuromc", &json);
	oplog_assert_int(2 * 3 * 3 + 3 * 2 * 2 * 2 * 16, e, "memory_bits_by_level", "by_level_dir", "sram", "rh2l");
	json_decref(json);
}

/* grad [2, 5] @ weight [5, 4]: the input of shape [2, 4] was spikes, so its gradient runs on the spiking core; a second
 * gradient of that shape finds no forward product left. */
Test(neuromc, gradient_of_an_input_follows_its_forward_product)
{
	static const char log[] = PRODUCT(0, "forward", "", SPIKES("2,4", 1, 3), DENSE("4,5", 3), DENSE("2,5", 2))
	    PRODUCT(1, "backward", "", DENSE("2,5", 4), DENSE("5,4", 3), DENSE("2,4", 5))
		PRODUCT(2, "backward", "", DENSE("2,5", 4), DENSE("5,4", 3), DENSE("2,4", 6));
	json_t *json, *e = estimate(log, "neuromc", &json);
	oplog_assert_int(1, e, "counts_by_core_type", "bp_grad", "fragments");
	oplog_assert_int(1, e, "counts_by_core_type", "ann_be", "fragments");
	json_decref(json);
	static const char weight[] =
	    PRODUCT(0, "backward", "", "{\"T\":[4,2],\"d\":\"float32\",\"u\":1,\"a\":1,\"z\":3,\"b\":1,\"g\":1}",
		    DENSE("2,5", 2), DENSE("4,5", 3));
	e = estimate(weight, "neuromc", &json); /* the left operand alone requires a gradient */
	oplog_assert_int(40, e, "counts_by_core_type", "wg", "mac");
	oplog_assert_int(2, json_array_get(oplog_at(e, "mapping_summary", NULL), 0), "loop_dims", "B");
	json_decref(json);
}

/* Backward of a layer: the gradient of the input where there is one, and of the weight if it is trained. */
Test(neuromc, backward_calls)
{
	static const char log[] = NET LINEAR CALL("forward", 1, "forward", SPIKES("2,4", 1, 3), DENSE("2,3", 2))
	    CALL("backward", 1, "backward", DENSE("2,3", 3), DENSE("2,4", 4))
		CALL("backward", 1, "backward", DENSE("2,3", 5), "null");
	json_t *json, *e = estimate(log, "neuromc", &json);
	oplog_assert_int(1, e, "counts_by_core_type", "bp_grad", "fragments");
	oplog_assert_int(2, e, "counts_by_core_type", "wg", "fragments");
	json_decref(json);
}

/* Optimizers: a weight of 12 and a bias of 3, the bias without a gradient at first. */
#define STEP(cls, hyper, buffer, bias)                                                                                 \
	"{\"k\":\"optimizer\",\"cls\":\"" cls "\",\"stage\":\"optimizer\",\"after\":0,\"groups\":[{\"hyper\":{" hyper  \
	"},\"params\":[{\"shape\":[3,4],\"has_grad\":true,\"momentum_buffer\":" buffer                                 \
	"},{\"shape\":[3],\"has_grad\":" bias ",\"momentum_buffer\":" buffer "}]}]}\n"

static void check_step(const char *log, double adds, double muls, double sqrts, double reads, double writes)
{
	json_t *json, *e = estimate(log, "neuromc", &json);
	oplog_assert_pj(adds * ADD + muls * MUL + sqrts * SQRT, e, "energy_extra_compute_pj");
	oplog_assert_pj(32 * (reads * BUFFER_READ + writes * BUFFER_WRITE), e, "energy_extra_memory_pj");
	oplog_assert_int((int64_t)adds, e, "primitive_counts", "totals", "add");
	json_decref(json);
}

Test(neuromc, optimizers)
{
	check_step(STEP("SGD", "\"momentum\":0,\"weight_decay\":0", "false", "false"), 12, 12, 0, 24, 12);
	check_step(STEP("SGD", "\"momentum\":0,\"weight_decay\":0", "true", "true"), 15, 15, 0, 30, 15);
	check_step(STEP("SGD", "\"momentum\":0.9,\"weight_decay\":0", "false", "true"), 15, 15, 0, 30, 30);
	check_step(STEP("SGD", "\"momentum\":0.9,\"weight_decay\":0", "true", "true"), 30, 30, 0, 45, 30);
	check_step(STEP("SGD", "\"momentum\":0.9,\"weight_decay\":0.1", "true", "true"), 45, 45, 0, 45, 30);
	check_step(STEP("SGD", "\"momentum\":0.9,\"weight_decay\":0.1,\"nesterov\":true", "true", "true"), 60, 60, 0,
		   45, 30);
	check_step(STEP("SGD", "\"momentum\":0.9,\"dampening\":0.5", "true", "true"), 30, 45, 0, 45, 30);
	/* 4, 11 and 1 a weight, twice that a bias; seven variables a weight, fourteen a bias */
	check_step(STEP("Adam", "\"lr\":0.1", "false", "true"), 4 * 12 + 8 * 3, 11 * 12 + 22 * 3, 12 + 6,
		   7 * 12 + 14 * 3, 7 * 12 + 14 * 3);
	check_step(STEP("AdamW", "\"lr\":0.1", "false", "false"), 4 * 12, 11 * 12, 12, 7 * 12, 7 * 12);
}

/* What has no figure -------------------------------------------------------------------------------------------- */

#define SORT LOG_OP(0, "aten.sort.default", NOWHERE, DENSE("3", 1), DENSE("3", 2))

Test(neuromc, ops_without_a_figure_are_listed)
{
	json_t *json, *e = estimate(SORT LOG_OP(1, "aten.view.default", NOWHERE, DENSE("3", 1) ",[3]", DENSE("3", 1)),
				    "neuromc", &json);
	oplog_assert_int(1, e, "uncovered", "aten.sort.default");
	cr_assert_eq(json_object_size(oplog_at(e, "uncovered", NULL)), 1);
	cr_assert_str_eq(json_string_value(json_array_get(oplog_at(e, "unsupported_ops", NULL), 0)),
			 "aten.sort.default (calls=1)");
	cr_assert(oplog_warns(json, "no figure for aten.sort.default (1 time)"));
	json_decref(json);
}

/* Of the table's operators these have no place in the model; all others but those that make fragments are free. */
Test(neuromc, operators_without_a_place)
{
	static const char *const without[] = {
	    "aten.avg_pool2d.default",
	    "aten.convolution_backward.default",
	    "aten.exp.default",
	    "aten.exp_.default",
	    "aten.max_pool2d_with_indices.default",
	    "aten.max_pool2d_with_indices_backward.default",
	    "aten.neg.default",
	    "aten.neg_.default",
	    "aten.relu.default",
	    "aten.squeeze.default",
	    "aten.squeeze.dim",
	    "aten.squeeze.dims",
	    "aten.squeeze_.default",
	    "aten.squeeze_.dim",
	    "aten.squeeze_.dims",
	    "aten.squeeze_copy.default",
	    "aten.squeeze_copy.dim",
	    "aten.squeeze_copy.dims",
	    "aten.tanh.default",
	    "aten.tanh_.default",
	    "aten.unsqueeze.default",
	    "aten.unsqueeze_.default",
	    "aten.unsqueeze_copy.default",
	};
	char *log;
	size_t size;
	FILE *out = open_memstream(&log, &size);
	unsigned ops = 0;
	for (uint32_t i = 0; i <= opj_operator_count; i++) {
		const struct opj_operator *row = i < opj_operator_count ? &opj_operators[i] : NULL;
		bool fragment = row && (row->family == OPJ_FAMILY_PRODUCT || row->family == OPJ_FAMILY_CONVOLUTION ||
					row->family == OPJ_FAMILY_NORM || row->family == OPJ_FAMILY_NORM_BACKWARD);
		if (!fragment)
			fprintf(out,
				"{\"k\":\"op\",\"i\":%u,\"op\":\"%s\",\"stage\":\"forward\",\"grad\":false," NOWHERE
				",\"in\":[" DENSE("8", 1) "],\"out\":" DENSE("8", 2) "}\n",
				ops++, row ? row->name : "aten.relu.default");
	}
	cr_assert_eq(fclose(out), 0);
	json_t *json, *e = estimate(log, "neuromc", &json);
	json_t *unsupported = oplog_at(e, "unsupported_ops", NULL);
	size_t count = sizeof without / sizeof *without;
	for (size_t i = 0; i < count; i++) {
		char expected[100];
		snprintf(expected, sizeof expected, "%s (calls=1)", without[i]);
		cr_assert_str_eq(json_string_value(json_array_get(unsupported, i)), expected);
	}
	cr_assert_eq(json_array_size(unsupported), count);
	oplog_assert_int(0, e, "fragments");
	json_decref(json);
	free(log);
	e = estimate(LOG_OP(0, "aten.baddbmm.default", NOWHERE, DENSE("1,2,3", 1), DENSE("1,2,3", 2)), "neuromc",
		     &json);
	cr_assert_str_eq(json_string_value(json_array_get(oplog_at(e, "unsupported_ops", NULL), 0)),
			 "aten.baddbmm.default (calls=1)");
	json_decref(json);
}

Test(neuromc, strict_makes_them_errors)
{
	struct opj_error err = {""};
	char *path = oplog_write(SORT);
	struct opj_analysis *analysis = opj_analysis_create();
	struct opj_trace *trace = opj_trace_open(path, NULL, &err);
	opj_analysis_set_strict(analysis, true);
	cr_assert_eq(opj_analysis_add_estimator(analysis, "neuromc", &err), 0, "%s", err.text);
	cr_assert_neq(opj_analysis_run(analysis, trace, &err), 0);
	cr_assert(strstr(err.text, "aten.sort.default") || strstr(err.text, "nothing in this trace"), "%s", err.text);
	opj_analysis_destroy(analysis);
	opj_trace_close(trace);
	unlink(path);
	free(path);
}

Test(neuromc, layers_and_optimizers_without_a_figure)
{
	static const char log[] = NET LOG_MODULE(1, "Net.c", "Conv3d", "\"Conv3d\"", LOG_PLAIN)
	    CALL("forward", 1, "forward", DENSE("1,1,2,2,2", 1), DENSE("1,1,2,2,2", 2))
		CALL("forward", 1, "forward", DENSE("1,1,2,2,2", 1), DENSE("1,1,2,2,2", 2))
		    STEP("RMSprop", "\"lr\":0.1", "false", "true");
	json_t *json, *e = estimate(log, "neuromc", &json);
	oplog_assert_int(2, e, "uncovered", "Conv3d Net.c: three-dimensional convolutions have no mapping");
	oplog_assert_int(1, e, "uncovered", "optimizer RMSprop: only SGD, Adam and AdamW have a mapping");
	json_decref(json);
}

/* Names are cut to fit, never inside a character. */
Test(neuromc, long_names_stay_text)
{
	for (int shift = 0; shift < 3; shift++) {
		char path[600] = "Net.", log[2000];
		for (int i = 0; i < shift; i++)
			strcat(path, "x");
		for (int i = 0; i < 100; i++)
			strcat(path, "€");
		snprintf(
		    log, sizeof log,
		    NET
		    "{\"k\":\"module\",\"id\":1,\"path\":\"%s\",\"cls\":\"Conv3d\",\"bases\":[\"Conv3d\"]," LOG_PLAIN
		    "}\n" CALL("forward", 1, "forward", DENSE("1", 1), DENSE("1", 2)),
		    path);
		json_t *json, *e = estimate(log, "neuromc", &json);
		cr_assert_eq(json_object_size(oplog_at(e, "uncovered", NULL)), 1);
		json_decref(json);
	}
}

Test(neuromc, bad_settings)
{
	static const char *const specs[] = {"neuromc,add_pj=-1", "neuromc,add_pj=nan", "neuromc,mac_pj=1",
					    "neuromc:fp32", "neuromc,mapping_entries=-1"};
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct opj_error err = {""};
		json_t *json = oplog_try(SORT, NULL, specs[i], &err);
		cr_assert_null(json, "%s was taken", specs[i]);
		cr_assert_neq(*err.text, '\0');
	}
}

Test(neuromc, a_figure_that_does_not_fit_is_an_error)
{
	struct opj_error err = {""};
	json_t *json = oplog_try(PRODUCT(0, "forward", "", DENSE("2000000000,1000000000", 1),
					 DENSE("1000000000,1000000000", 2), DENSE("2000000000,1000000000", 3)),
				 NULL, "neuromc", &err);
	cr_assert_null(json);
	cr_assert(strstr(err.text, "64 bits"), "%s", err.text);
}

Test(neuromc, malformed_ops_are_errors)
{
	struct opj_error err = {""};
	json_t *json = oplog_try(PRODUCT(0, "forward", "", DENSE("2,3", 1), DENSE("4,5", 2), DENSE("2,5", 3)), NULL,
				 "neuromc", &err);
	cr_assert_null(json);
	cr_assert(strstr(err.text, "inner dimensions"), "%s", err.text);
}

Test(neuromc, a_sum_over_nothing_adds_nothing)
{
	static const char log[] = LOG_OP(0, "aten.sum.default", NOWHERE, F32("0", 1, 0, 1), DENSE("", 2));
	cr_assert_eq(count(log, "neuromc_add"), 0);
}

Test(neuromc, mapping_is_cut_where_asked)
{
	static const char log[] = PRODUCT(0, "forward", "", SPIKES("2,4", 1, 3), DENSE("4,5", 3), DENSE("2,5", 2))
	    PRODUCT(1, "forward", "", SPIKES("2,4", 1, 3), DENSE("4,5", 3), DENSE("2,5", 2));
	json_t *json, *e = estimate(log, "neuromc,mapping_entries=1", &json);
	cr_assert_eq(json_array_size(oplog_at(e, "mapping_summary", NULL)), 1);
	cr_assert(json_is_true(oplog_at(e, "mapping_summary_cut", NULL)));
	oplog_assert_int(80, e, "primitive_counts", "totals", "mac");
	json_decref(json);
}
