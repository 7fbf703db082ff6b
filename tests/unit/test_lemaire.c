/* tests/unit/test_lemaire.c: Estimator lemaire on layers small enough to price by hand. */
#include "analyze/engine/engine.h"
#include "oplog_run.h"

#define NET LOG_MODULE(0, "Net", "Net", "\"Module\"", LOG_PLAIN)
#define PARAM(name, shape) "{\"name\":\"" name "\",\"shape\":[" shape "],\"dtype\":\"float32\",\"requires_grad\":true}"
#define LAYER(cls, attrs, params)                                                                                      \
	LOG_MODULE(1, "Net.fc", cls, "\"Module\"",                                                                     \
		   "\"kind\":null,\"training\":false,\"step_mode\":\"s\",\"backend\":null,\"attrs\":{" attrs           \
		   "},\"params\":[" params "]")
#define FC LAYER("Linear", "\"in_features\":3,\"out_features\":2", PARAM("weight", "2,3") "," PARAM("bias", "2"))
#define IN_FC LOG_IN("0,1", "\"Global\",\"Net\",\"Net.fc\"")
#define CALL(stage, suspended, in, out)                                                                                \
	"{\"k\":\"call\",\"dir\":\"forward\",\"mod\":1,\"stage\":\"" stage "\",\"after\":1,\"suspended\":" suspended   \
	",\"in\":[" in "],\"out\":[" out "]}\n"
#define ADDMM(x)                                                                                                       \
	LOG_OP(0, "aten.addmm.default", IN_FC, F32("2", 4, 2, 0) "," x "," F32("3,2", 2, 6, 0), F32("1,2", 3, 2, 0))
#define DENSE_X F32("1,3", 1, 3, 0)
#define SPIKE_X F32("1,3", 1, 2, 1)
#define OUT F32("1,2", 3, 2, 0)

static const char dense_log[] = NET FC ADDMM(DENSE_X) CALL("forward", "false", DENSE_X, OUT);
static const char spike_log[] = NET FC ADDMM(SPIKE_X) CALL("forward", "false", SPIKE_X, OUT);

/* 6 MACs; 3 inputs and 2 outputs addressed; 12 bytes in, 8 out, 32 of parameters, each in a memory of that size. */
Test(lemaire, dense_linear)
{
	json_t *json = oplog_run(dense_log, NULL, "lemaire"), *report = oplog_estimate(json);
	const double per_byte = 10.0 / 4 / 8192;
	oplog_assert_int(6, report, "counts", "mac");
	oplog_assert_int(5, report, "counts", "acc_addr");
	oplog_assert_int(12, report, "counts", "read_in_bytes");
	oplog_assert_int(8, report, "counts", "write_out_bytes");
	oplog_assert_int(32, report, "counts", "read_params_bytes");
	oplog_assert_int(12, report, "buffer_sizes_bytes", "inout_buffer_bytes");
	oplog_assert_pj(6 * 3.2, report, "breakdown_pj", "ops_pj");
	oplog_assert_pj(5 * 0.1, report, "breakdown_pj", "addressing_pj");
	oplog_assert_pj((12 * 12 + 8 * 8) * per_byte, report, "breakdown_pj", "inout_pj");
	oplog_assert_pj(32 * 32 * per_byte, report, "breakdown_pj", "params_pj");
	oplog_assert_pj(6 * 3.2 + 5 * 0.1 + (12 * 12 + 8 * 8 + 32 * 32) * per_byte, report, "energy_total_pj");
	cr_assert_eq(json_array_size(json_object_get(report, "warnings")), 0);
	json_decref(json);
}

/* 2 spikes fetch 2 weights each, 2 outputs a bias each. */
Test(lemaire, spiking_linear)
{
	json_t *json = oplog_run(spike_log, NULL, "lemaire"), *report = oplog_estimate(json);
	oplog_assert_int(4, report, "counts", "synop");
	oplog_assert_int(0, report, "counts", "mac");
	oplog_assert_int(8, report, "counts", "read_in_bytes");
	oplog_assert_int(2 * 2 * 4 + 2 * 4, report, "counts", "read_params_bytes");
	json_decref(json);
	json = oplog_run(spike_log, NULL, "lemaire,sparse=false");
	report = oplog_estimate(json);
	oplog_assert_int(12, report, "counts", "read_in_bytes");
	oplog_assert_int(32, report, "counts", "read_params_bytes");
	json_decref(json);
}

/* Each spike reaches 6 / 3 output channels through 9 taps. */
Test(lemaire, grouped_convolution)
{
	static const char x[] = F32("1,3,5,5", 1, 10, 1), out[] = F32("1,6,3,3", 3, 54, 0);
	char log[4096];
	snprintf(log, sizeof log, "%s%s%s%s%s%s", NET,
		 LAYER("Conv2d", "\"out_channels\":6,\"kernel_size\":[3,3],\"groups\":3", PARAM("weight", "6,1,3,3")),
		 "{\"k\":\"call\",\"dir\":\"forward\",\"mod\":1,\"stage\":\"forward\",\"after\":0,\"suspended\":false,"
		 "\"in\":[",
		 x, "],\"out\":[", out);
	strcat(log, "]}\n");
	json_t *json = oplog_run(log, NULL, "lemaire");
	oplog_assert_int(10 * 2 * 9 * 4, oplog_estimate(json), "counts", "read_params_bytes");
	oplog_assert_int(40, oplog_estimate(json), "counts", "read_in_bytes");
	oplog_assert_int(54 * 4, oplog_estimate(json), "counts", "write_out_bytes");
	json_decref(json);
}

/* Its 5 taps are in the weight's shape where the attributes do not tell. */
Test(lemaire, convolution_without_attributes)
{
	json_t *json = oplog_run(NET LAYER("Conv1d", "", PARAM("weight", "6,3,5")) ADDMM(SPIKE_X)
				     CALL("forward", "false", F32("1,3,9", 1, 4, 1), F32("1,6,5", 3, 30, 0)),
				 NULL, "lemaire");
	oplog_assert_int(4 * 6 * 5 * 4, oplog_estimate(json), "counts", "read_params_bytes");
	json_decref(json);
}

/* Without attributes the weight's shape tells the fan-out; without that either, dense and a warning. */
Test(lemaire, geometry_from_the_weight_or_a_warning)
{
	json_t *json = oplog_run(NET LAYER("Linear", "", PARAM("weight", "2,3")) ADDMM(SPIKE_X)
				     CALL("forward", "false", SPIKE_X, OUT),
				 NULL, "lemaire");
	oplog_assert_int(2 * 2 * 4, oplog_estimate(json), "counts", "read_params_bytes");
	json_decref(json);
	json = oplog_run(NET LAYER("Linear", "", "") ADDMM(SPIKE_X) CALL("forward", "false", SPIKE_X, OUT), NULL,
			 "lemaire");
	oplog_assert_int(12, oplog_estimate(json), "counts", "read_in_bytes");
	cr_assert(oplog_warns(oplog_estimate(json), "neither geometry nor weight"));
	json_decref(json);
}

Test(lemaire, transposed_convolution_falls_back)
{
	json_t *json = oplog_run(NET LAYER("ConvTranspose2d", "", PARAM("weight", "2,3")) ADDMM(SPIKE_X)
				     CALL("forward", "false", SPIKE_X, OUT),
				 NULL, "lemaire");
	oplog_assert_int(12, oplog_estimate(json), "counts", "read_in_bytes");
	oplog_assert_int(24, oplog_estimate(json), "counts", "read_params_bytes");
	cr_assert(oplog_warns(oplog_estimate(json), "ConvTranspose2d"));
	json_decref(json);
}

/* 32 bytes between memories of 20 bytes at 2 pJ a byte and 40 at 4; and above the largest. */
Test(lemaire, memory_cost_is_piecewise)
{
#define POINTS "lemaire,memory1_bytes=10,memory1_pj=4,memory2_bytes=20,memory2_pj=8,memory3_pj=16,memory3_bytes="
	json_t *json = oplog_run(dense_log, NULL, POINTS "40");
	oplog_assert_pj(32 * 3.2, oplog_estimate(json), "breakdown_pj", "params_pj");
	oplog_assert_pj(12 * 1.2 + 8 * 0.8, oplog_estimate(json), "breakdown_pj", "inout_pj");
	oplog_assert_pj(3.2, oplog_estimate(json), "memory_cost_pj_per_byte", "params");
	json_decref(json);
	json = oplog_run(dense_log, NULL, POINTS "30");
	oplog_assert_pj(32 * 4.0, oplog_estimate(json), "breakdown_pj", "params_pj");
	json_decref(json);
}

Test(lemaire, wrong_costs_are_refused)
{
	static const char *const specs[][2] = {
	    {"lemaire,memory1_bytes=64KiB", "memory2_bytes"},
	    {"lemaire,e_add_pj=-1", "e_add_pj"},
	    {"lemaire,memory2_pj=-3", "memory2_pj"},
	    {"lemaire,access_width_bytes=0", "access_width_bytes"},
	    {"lemaire,sparse_zero_ratio_threshold=-0.1", "sparse_zero_ratio_threshold"},
	    {"lemaire:fp99", "fp99"},
	};
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct opj_error err = {""};
		cr_assert_null(oplog_try(dense_log, NULL, specs[i][0], &err));
		cr_assert(strstr(err.text, specs[i][1]), "%s", err.text);
	}
}

/* Of the layer nothing is left, neither of its op nor of its call. */
Test(lemaire, calls_of_ignored_modules_do_not_count)
{
	struct opj_error err = {""};
	char *path = oplog_write(dense_log);
	struct opj_trace *trace = opj_trace_open(path, NULL, &err);
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_analysis_ignore_class(analysis, "Linear", &err), 0);
	cr_assert_eq(opj_analysis_add_estimator(analysis, "lemaire", &err), 0);
	cr_assert_eq(opj_analysis_run(analysis, trace, &err), 0, "%s", err.text);
	json_t *fields = analysis->estimates[0].report->fields;
	oplog_assert_int(0, fields, "counts", "mac");
	oplog_assert_int(0, fields, "counts", "read_in_bytes");
	oplog_assert_int(0, fields, "counts", "read_params_bytes");
	opj_analysis_destroy(analysis);
	opj_trace_close(trace);
	unlink(path);
	free(path);
}

/* Neurons are priced by their state, not by the MACs and ACs of the ops that compute it. */
Test(lemaire, neurons_count_as_state)
{
	json_t *json =
	    oplog_run(NET LOG_MODULE(1, "Net.n", "IFNode", "\"BaseNode\"", LOG_NEURON("\"torch\""))
			  LOG_OP(0, "aten.add.Tensor", LOG_IN("0,1", "\"Global\",\"Net\""),
				 F32("4", 2, 4, 0) "," F32("4", 1, 4, 0), F32("4", 3, 4, 0) ",\"states\":[2]")
			      LOG_OP(1, "aten.add.Tensor", LOG_IN("0", "\"Global\",\"Net\""),
				     F32("4", 3, 4, 0) "," F32("4", 1, 4, 0), F32("4", 5, 4, 0)),
		      NULL, "lemaire");
	json_t *report = oplog_estimate(json);
	oplog_assert_int(4, report, "counts", "ac");
	oplog_assert_int(4, report, "counts", "state_acc_like");
	oplog_assert_int(16, report, "counts", "read_potential_bytes");
	oplog_assert_pj(32 * 16 * 10.0 / 4 / 8192, report, "breakdown_pj", "potential_pj");
	json_decref(json);
}

Test(lemaire, training_is_left_out_and_said)
{
	json_t *json = oplog_run(
	    NET FC ADDMM(DENSE_X) CALL("forward", "true", DENSE_X, OUT)
		CALL("backward", "false", DENSE_X, OUT) "{\"k\":\"op\",\"i\":1,\"op\":\"aten.mm.default\",\"stage\":"
							"\"backward_t1\",\"grad\":false,\"mods\":[0,1],"
							"\"parents\":[\"Global\"],\"in\":[" F32("2,2", 7, 4, 0) "," F32(
							    "2,2", 8, 4, 0) "],\"out\":" F32("2,2", 9, 4, 0) "}\n",
	    NULL, "lemaire");
	json_t *report = oplog_estimate(json);
	oplog_assert_int(6, report, "counts", "mac");
	oplog_assert_int(0, report, "counts", "read_in_bytes");
	oplog_assert_int(1, report, "coverage", "ops_of_training_left_out");
	cr_assert(oplog_warns(report, "inference only"));
	cr_assert(oplog_warns(report, "no call of them (first: Net.fc)"));
	json_decref(json);
}

Test(lemaire, neurons_without_state_are_a_warning)
{
	json_t *json = oplog_run(NET LOG_MODULE(1, "Net.n", "MyNeuron", "\"Module\"", LOG_NEURON("null"))
				     LOG_OP(0, "aten.add.Tensor", LOG_IN("0,1", "\"Global\",\"Net\""),
					    F32("4", 2, 4, 0) ",1", F32("4", 3, 4, 0)),
				 NULL, "lemaire");
	cr_assert(oplog_warns(oplog_estimate(json), "1 neuron modules"));
	json_decref(json);
}

/* Shares of modules and stages use the prices of the whole run, so those of "Net" and "forward" are the total. */
Test(lemaire, shares_add_up)
{
	struct opj_error err = {""};
	char *path = oplog_write(spike_log);
	struct opj_trace *trace = opj_trace_open(path, NULL, &err);
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_analysis_add_estimator(analysis, "lemaire", &err), 0);
	cr_assert_eq(opj_analysis_run(analysis, trace, &err), 0, "%s", err.text);
	const struct opj_report *report = analysis->estimates[0].report;
	double total = json_number_value(json_object_get(report->fields, "energy_total_pj")), pj = 0;
	static const struct {
		enum opj_axis axis;
		const char *name;
	} whole[] = {{OPJ_BY_MODULE, "Net"}, {OPJ_BY_MODULE, "Net.fc"}, {OPJ_BY_STAGE, "forward"}};
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		cr_assert(opj_report_find_share(report, whole[i].axis, whole[i].name, &pj), "%s", whole[i].name);
		cr_assert_float_eq(pj, total, 1e-9 * total);
	}
	opj_analysis_destroy(analysis);
	opj_trace_close(trace);
	unlink(path);
	free(path);
}
