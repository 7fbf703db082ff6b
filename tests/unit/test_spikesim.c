/* tests/unit/test_spikesim.c: Estimator spikesim on convolutions small enough to price by hand. */
#include "analyze/engine/engine.h"
#include "oplog_run.h"

#define NET LOG_MODULE(0, "Net", "Net", "\"Module\"", LOG_PLAIN)
#define LAYER(cls, training)                                                                                           \
	LOG_MODULE(1, "Net.conv", cls, "\"Module\"",                                                                   \
		   "\"kind\":null,\"training\":" training                                                              \
		   ",\"step_mode\":\"s\",\"backend\":null,\"attrs\":{},\"params\":[]")
#define CONV LAYER("Conv2d", "false")
#define IN_CONV LOG_IN("0,1", "\"Global\",\"Net\",\"Net.conv\"")
#define W_20 F32("6,20,3,2", 2, 720, 0)
#define X_20(z, b) F32("2,20,5,5", 1, z, b)
#define OUT_6 F32("2,6,3,4", 3, 144, 0)
#define CONVOLVE_OP(i, x, w, out, transposed, groups, spike)                                                           \
	LOG_OP(i, "aten.convolution.default", IN_CONV, x "," w ",null,[1,1],[0,0],[1,1]," transposed ",[0,0]," groups, \
	       out spike)
#define TILES                                                                                                          \
	",\"spike\":{\"synops\":9,\"active_out\":9,\"tiles\":{\"16\":{\"patches\":11,\"rows\":[7,5],\"sites\":8},"     \
	"\"32\":{\"patches\":8,\"rows\":[12],\"sites\":8}}}"
#define DENSE CONVOLVE_OP(0, X_20(900, 0), W_20, OUT_6, "false", "1", "")
#define SPIKES CONVOLVE_OP(0, X_20(9, 1), W_20, OUT_6, "false", "1", TILES)

/* One group of 8 rows in each formula: unit costs make every term visible. */
#define UNIT                                                                                                           \
	",tile_buffer_pj=1,temp_buffer_pj=10,sub_pj=1,adc_pj=60,htree_pj=2,mux_pj=40,mem_fetch_pj=3,neuron_pj=7,"      \
	"rram_xbar_pj=8,sram_xbar_pj=80"

/* 24 sites, 20 channels on 16 rows: 2 tiles; 6 columns on 16: 1 tile. size/8 = 2. */
static const double control = 2 + 3 + 1 + 2 * 16 * 1 + 2 * 10 + 2 * 2 * (60 + 40);

static json_t *stats_of(json_t *report)
{
	return oplog_at(report, "event_stats_by_stage", "Net.conv", NULL);
}

Test(spikesim, dense_cycle)
{
	json_t *json = oplog_run(NET CONV DENSE, NULL, "spikesim,xbar_size=16" UNIT), *report = oplog_estimate(json);
	oplog_assert_int(48, report, "counts", "dense_pe_cycle_count");
	oplog_assert_pj(48 * (control + 7 + 2 * 6 * 8), report, "energy_total_pj");
	oplog_assert_int(24 * 20 * 6, stats_of(report), "dense_row_count");
	oplog_assert_int(24 * 20 * 6, stats_of(report), "active_row_count");
	json_t *rows = oplog_at(stats_of(report), "dense_row_count_by_tile", NULL);
	cr_assert_eq(json_integer_value(json_array_get(rows, 0)), 24 * 16 * 6);
	cr_assert_eq(json_integer_value(json_array_get(rows, 1)), 24 * 4 * 6);
	cr_assert_eq(json_array_size(json_object_get(report, "warnings")), 0);
	json_decref(json);
	json = oplog_run(NET CONV DENSE, NULL, "spikesim,device=sram,xbar_size=16" UNIT);
	oplog_assert_pj(48 * (control + 7 + 2 * 6 * 80), oplog_estimate(json), "energy_total_pj");
	json_decref(json);
}

/* 11 patches, 7 rows of a full tile and 5 of one a quarter full, 8 sites times 2 input tiles for neurons. */
Test(spikesim, events)
{
	json_t *json = oplog_run(NET CONV SPIKES, NULL, "spikesim,activity_mode=event,xbar_size=16" UNIT);
	json_t *report = oplog_estimate(json);
	oplog_assert_pj(11 * control, report, "breakdown_pj", "patch_control_pj");
	oplog_assert_pj(7 * 8.0 / 8 + 5 * 8.0 / 8 * 4, report, "breakdown_pj", "xbar_pj");
	oplog_assert_pj(2 * 8 * 7.0, report, "breakdown_pj", "neuron_pj");
	oplog_assert_int(11, stats_of(report), "active_patch_tile_count");
	oplog_assert_int(48, stats_of(report), "dense_patch_tile_count");
	oplog_assert_int(1, report, "stage_metadata", "Net.conv", "event_driven_calls");
	cr_assert(oplog_warns(report, "experiment"));
	json_decref(json);
}

/* Dense input has no events: the call is priced as dense, in event mode too. */
Test(spikesim, dense_input_falls_back)
{
	json_t *json = oplog_run(NET CONV DENSE, NULL, "spikesim,activity_mode=event,xbar_size=16" UNIT);
	oplog_assert_int(1, oplog_estimate(json), "stage_metadata", "Net.conv", "dense_fallback_calls");
	oplog_assert_int(48, stats_of(oplog_estimate(json)), "active_patch_tile_count");
	json_decref(json);
}

/* 20 channels fit into one tile of 32 rows or of 200: the same statistics. 12 rows need others. */
Test(spikesim, crossbar_sizes)
{
	static const char *const fit[] = {"spikesim,activity_mode=event,xbar_size=32",
					  "spikesim,activity_mode=event,xbar_size=200"};
	for (int i = 0; i < 2; i++) {
		json_t *json = oplog_run(NET CONV SPIKES, NULL, fit[i]);
		oplog_assert_int(12, stats_of(oplog_estimate(json)), "active_row_count");
		json_decref(json);
	}
	struct opj_error err = {""};
	cr_assert_null(oplog_try(NET CONV SPIKES, NULL, "spikesim,activity_mode=event,xbar_size=12", &err));
	cr_assert(strstr(err.text, "16, 32"), "%s", err.text);
	cr_assert_null(oplog_try(NET CONV CONVOLVE_OP(0, X_20(9, 1), W_20, OUT_6, "false", "1", ""), NULL,
				 "spikesim,activity_mode=event,xbar_size=16", &err));
	cr_assert(strstr(err.text, "without spike statistics"), "%s", err.text);
	json_t *json = oplog_run(NET CONV SPIKES, NULL, "spikesim,xbar_size=12");
	oplog_assert_int(48, oplog_estimate(json), "counts", "dense_pe_cycle_count");
	json_decref(json);
}

Test(spikesim, wrong_settings_are_refused)
{
	static const char *const specs[][2] = {
	    {"spikesim,xbar_size=0", "xbar_size"}, {"spikesim,xbar_size=2.5", "xbar_size"},
	    {"spikesim,device=tape", "rram|sram"}, {"spikesim,activity_mode=none", "dense|event"},
	    {"spikesim,adc_pj=-1", "adc_pj"},      {"spikesim,colour=red", "xbar_size"},
	};
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct opj_error err = {""};
		cr_assert_null(oplog_try(NET CONV DENSE, NULL, specs[i][0], &err));
		cr_assert(strstr(err.text, specs[i][1]), "%s", err.text);
	}
}

Test(spikesim, out_of_scope)
{
	static const struct {
		const char *log, *warning;
	} cases[] = {
	    {NET CONV CONVOLVE_OP(0, X_20(9, 1), W_20, OUT_6, "true", "1", ""), "transposed"},
	    {NET CONV CONVOLVE_OP(0, X_20(9, 1), F32("6,10,3,2", 2, 1, 0), OUT_6, "false", "2", ""), "grouped"},
	    {NET CONV CONVOLVE_OP(0, F32("20,5,5", 1, 9, 1), W_20, F32("6,3,4", 3, 9, 0), "false", "1", ""), "2d"},
	    {NET CONV CONVOLVE_OP(0, X_20(9, 1), W_20, F32("6,3,4", 3, 9, 0), "false", "1", ""), "2d"},
	    {NET LAYER("Conv1d", "false") DENSE, "outside Conv2d"},
	    {NET LAYER("Conv2d", "true") DENSE, "training"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json = oplog_run(cases[i].log, NULL, "spikesim"), *report = oplog_estimate(json);
		cr_assert(oplog_warns(report, cases[i].warning), "%s", cases[i].warning);
		cr_assert(oplog_warns(report, "no convolution of the trace is in scope"));
		oplog_assert_int(1, report, "coverage", "convolutions_out_of_scope");
		oplog_assert_pj(0, report, "energy_total_pj");
		json_decref(json);
	}
}

/* Two calls with other numbers of channels: priced each by its own tiles, said in a warning, no list of rows. */
Test(spikesim, changing_shapes)
{
	json_t *json = oplog_run(
	    NET CONV DENSE CONVOLVE_OP(1, F32("2,40,5,5", 1, 9, 0), F32("6,40,3,2", 7, 9, 0), OUT_6, "false", "1", ""),
	    NULL, "spikesim,xbar_size=16" UNIT);
	json_t *report = oplog_estimate(json);
	oplog_assert_int(24 * 2 + 24 * 3, report, "counts", "dense_pe_cycle_count");
	cr_assert(json_is_true(oplog_at(report, "stage_metadata", "Net.conv", "shape_mismatch_detected", NULL)));
	cr_assert(json_is_null(oplog_at(stats_of(report), "dense_row_count_by_tile", NULL)));
	cr_assert(oplog_warns(report, "several shapes"));
	json_decref(json);
}

/* A kernel of one row after one of three: each call drives the rows of its own. */
Test(spikesim, kernels_that_differ_in_height)
{
	json_t *json = oplog_run(NET CONV DENSE CONVOLVE_OP(1, X_20(900, 0), F32("6,20,1,2", 7, 240, 0),
							    F32("2,6,5,4", 8, 240, 0), "false", "1", ""),
				 NULL, "spikesim,xbar_size=16" UNIT);
	oplog_assert_int(24 * 20 * 6 + 40 * 20 * 2, stats_of(oplog_estimate(json)), "dense_row_count");
	json_decref(json);
}

Test(spikesim, other_neurons_are_a_warning)
{
	static const char log[] =
	    NET CONV LOG_MODULE(2, "Net.a", "ParametricLIFNode", "\"BaseNode\"", LOG_NEURON("null"))
		LOG_MODULE(3, "Net.b", "MyNode", "\"LIFNode\",\"BaseNode\"", LOG_NEURON("null"))
		    DENSE LOG_OP(1, "aten.relu.default", LOG_IN("0,2", "\"Global\""), OUT_6, OUT_6)
			LOG_OP(2, "aten.relu.default", LOG_IN("0,3", "\"Global\""), OUT_6, OUT_6);
	json_t *json = oplog_run(log, NULL, "spikesim");
	cr_assert(oplog_warns(oplog_estimate(json), "1 others: Net.a (ParametricLIFNode)"));
	json_decref(json);
	json = oplog_run(log, NULL, "spikesim,require_if_lif_neurons=false");
	cr_assert_eq(json_array_size(json_object_get(oplog_estimate(json), "warnings")), 0);
	json_decref(json);
}

Test(spikesim, malformed_convolutions)
{
	struct opj_error err = {""};
	cr_assert_null(oplog_try(NET CONV CONVOLVE_OP(0, "3", W_20, OUT_6, "false", "1", ""), NULL, "spikesim", &err));
	cr_assert(strstr(err.text, "no tensor"), "%s", err.text);
	cr_assert_null(oplog_try(NET CONV CONVOLVE_OP(0, X_20(9, 1), F32("6,20,0,2", 2, 0, 1), OUT_6, "false", "1", ""),
				 NULL, "spikesim", &err));
	cr_assert(strstr(err.text, "dimension 2"), "%s", err.text);
	cr_assert_null(oplog_try(NET CONV LOG_OP(0, "aten.convolution.default", IN_CONV,
						 X_20(9, 1) "," W_20 ",null,\"a\",[0,0],[1,1],false,[0,0],1", OUT_6),
				 NULL, "spikesim", &err));
	cr_assert(strstr(err.text, "stride"), "%s", err.text);
}
