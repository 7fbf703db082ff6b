/* tests/unit/test_neuron_state.c: The rules of neuron state and addressing on ops written out by hand, with figures
 * worked out by hand. */
#include "analyze/ops/operators.h"
#include "oplog_run.h"

#define NET LOG_MODULE(0, "Net", "Net", "\"Module\"", LOG_PLAIN)
#define NEURON LOG_MODULE(1, "Net.n", "IFNode", "\"BaseNode\",\"Module\"", LOG_NEURON("\"torch\""))
#define IN_NEURON LOG_IN("0,1", "\"Global\",\"Net\",\"Net.n\"")
#define IN_OTHER LOG_IN("0,2", "\"Global\",\"Net\",\"Net.m\"")
#define OUTSIDE LOG_IN("0", "\"Global\",\"Net\"")
#define STATES(i, op, where, in, out, states) LOG_OP(i, op, where, in, out ",\"states\":[" states "]")

static json_t *metrics_of(json_t *json)
{
	return oplog_at(json, "counters", "neuron_state", "metrics", "Net.n", NULL);
}

static json_t *projection_of(json_t *json)
{
	return oplog_at(json, "counters", "neuron_state", "projection", "Net.n", NULL);
}

/* v = zeros; v = v + x: 8 elements of 4 bytes read, written and added, with no spikes about. */
Test(neuron_state, dense_addition)
{
	json_t *json = oplog_run(
	    NET NEURON LOG_OP(0, "aten.full_like.default", IN_NEURON, F32("2,4", 1, 8, 0), F32("2,4", 2, 0, 1)) LOG_OP(
		1, "aten.add.Tensor", IN_NEURON, F32("2,4", 2, 0, 1) "," F32("2,4", 1, 8, 0), F32("2,4", 3, 8, 0)),
	    "neuron_state", NULL);
	oplog_assert_int(32, metrics_of(json), "state_reads");
	oplog_assert_int(32, metrics_of(json), "state_writes");
	oplog_assert_int(8, metrics_of(json), "state_adds");
	oplog_assert_int(8, metrics_of(json), "timestep_dense_ops");
	oplog_assert_int(0, metrics_of(json), "spike_triggered_ops");
	oplog_assert_int(32, projection_of(json), "potential_buffer_bytes");
	oplog_assert_int(8, projection_of(json), "state_acc_like");
	json_decref(json);
}

/* v = v * (1 - spike), 3 of 8 elements: 3 are read and written, though 8 products are counted. */
Test(neuron_state, spikes_gate_access)
{
	static const char log[] = NET NEURON STATES(
	    0, "aten.mul.Tensor", IN_NEURON, F32("2,4", 1, 3, 1) "," F32("2,4", 2, 8, 0), F32("2,4", 3, 3, 0), "2");
	json_t *json = oplog_run(log, "neuron_state", NULL);
	oplog_assert_int(12, metrics_of(json), "state_reads");
	oplog_assert_int(12, metrics_of(json), "state_writes");
	oplog_assert_int(8, metrics_of(json), "state_muls");
	oplog_assert_int(8, metrics_of(json), "state_reset_ops");
	oplog_assert_int(8, metrics_of(json), "spike_triggered_ops");
	oplog_assert_int(8, projection_of(json), "state_mac_like");
	oplog_assert_int(32, projection_of(json), "potential_buffer_bytes");
	json_decref(json);

	json = oplog_run(log, "neuron_state,sparse=false", NULL);
	oplog_assert_int(32, metrics_of(json), "state_reads");
	oplog_assert_int(8, metrics_of(json), "timestep_dense_ops");
	oplog_assert_int(0, metrics_of(json), "state_reset_ops");
	json_decref(json);
}

/* 6 of 8 zeros are sparse at a threshold of 0.75, and dense above. */
Test(neuron_state, threshold_is_inclusive)
{
	static const char log[] = NET NEURON STATES(0, "aten.add.Tensor", IN_NEURON,
						    F32("8", 2, 8, 0) "," F32("8", 1, 2, 0), F32("8", 3, 8, 0), "2");
	json_t *json = oplog_run(log, "neuron_state,sparse_zero_ratio_threshold=0.75", NULL);
	oplog_assert_int(8, metrics_of(json), "state_reads");
	json_decref(json);
	json = oplog_run(log, "neuron_state,sparse_zero_ratio_threshold=0.76", NULL);
	oplog_assert_int(32, metrics_of(json), "state_reads");
	json_decref(json);
	struct opj_error err = {""};
	cr_assert_null(oplog_try(log, "neuron_state,sparse_zero_ratio_threshold=1.5", NULL, &err));
	cr_assert(strstr(err.text, "sparse_zero_ratio_threshold"), "%s", err.text);
}

/* A comparison reads state and writes none; a view is nothing; copy_ writes its target whole, spikes or not. */
Test(neuron_state, comparison_view_and_copy)
{
	json_t *json =
	    oplog_run(NET NEURON STATES(0, "aten.ge.Scalar", IN_NEURON, F32("4", 2, 4, 0) ",0", F32("4", 3, 1, 1), "2")
			  STATES(1, "aten.view.default", IN_NEURON, F32("4", 2, 4, 0) ",[4]", F32("4", 2, 4, 0), "2")
			      STATES(2, "aten.copy_.default", IN_NEURON, F32("4", 2, 4, 0) "," F32("4", 9, 1, 1),
				     F32("4", 2, 4, 0), "2"),
		      "neuron_state", NULL);
	oplog_assert_int(16, metrics_of(json), "state_reads");
	oplog_assert_int(16, metrics_of(json), "state_writes");
	oplog_assert_int(4, metrics_of(json), "state_comps");
	oplog_assert_int(4, metrics_of(json), "state_reset_ops");
	json_decref(json);
}

Test(neuron_state, nothing_outside_neurons)
{
	json_t *json =
	    oplog_run(NET NEURON STATES(0, "aten.add.Tensor", OUTSIDE, F32("4", 2, 4, 0) ",1", F32("4", 3, 4, 0), "2"),
		      "neuron_state", NULL);
	cr_assert_eq(json_object_size(oplog_at(json, "counters", "neuron_state", "metrics", NULL)), 0);
	json_decref(json);
}

/* The first state is followed only while none is known, unless asked; what stays out is said. */
Test(neuron_state, second_neuron_starts_unfollowed)
{
	static const char log[] = NET NEURON LOG_MODULE(2, "Net.m", "IFNode", "\"BaseNode\"", LOG_NEURON("null"))
	    LOG_OP(0, "aten.zeros_like.default", IN_NEURON, F32("4", 1, 4, 0), F32("4", 2, 0, 1))
		LOG_OP(1, "aten.add.Tensor", IN_NEURON, F32("4", 2, 0, 1) ",1", F32("4", 3, 4, 0))
		    LOG_OP(2, "aten.zeros_like.default", IN_OTHER, F32("4", 1, 4, 0), F32("4", 4, 0, 1))
			LOG_OP(3, "aten.add.Tensor", IN_OTHER, F32("4", 4, 0, 1) ",1", F32("4", 5, 4, 0));
	json_t *json = oplog_run(log, "neuron_state", NULL);
	oplog_assert_int(4, json, "counters", "neuron_state", "metrics", "Global", "state_adds");
	cr_assert(oplog_warns(oplog_at(json, "counters", "neuron_state", NULL), "1 of 2 neuron modules"));
	json_decref(json);
	json = oplog_run(log, "neuron_state,follow_every_state=true", NULL);
	oplog_assert_int(8, json, "counters", "neuron_state", "metrics", "Global", "state_adds");
	cr_assert_eq(json_array_size(oplog_at(json, "counters", "neuron_state", "warnings", NULL)), 0);
	json_decref(json);
}

Test(neuron_state, fused_backend_is_a_warning)
{
	json_t *json =
	    oplog_run(NET LOG_MODULE(1, "Net.n", "IFNode", "\"BaseNode\"", LOG_NEURON("\"cupy\""))
			  STATES(0, "aten.add.Tensor", IN_NEURON, F32("4", 2, 4, 0) ",1", F32("4", 3, 4, 0), "2"),
		      "neuron_state", NULL);
	json_t *counter = oplog_at(json, "counters", "neuron_state", NULL);
	cr_assert_eq(json_object_size(json_object_get(counter, "metrics")), 0);
	cr_assert(oplog_warns(counter, "cupy"));
	json_decref(json);
}

/* Two state tensors of 2^62 bytes each: reading both does not fit in 64 bits. */
Test(neuron_state, overflow_is_an_error)
{
#define HUGE_STATE "{\"T\":[2147483648,2147483648],\"d\":\"uint8\",\"u\":2,\"a\":2,\"z\":9,\"b\":0}"
	struct opj_error err = {""};
	cr_assert_null(oplog_try(
	    NET NEURON STATES(0, "aten.ge.Tensor", IN_NEURON, HUGE_STATE "," HUGE_STATE, F32("4", 3, 4, 0), "2"),
	    "neuron_state", NULL, &err));
	cr_assert(strstr(err.text, "64 bits"), "%s", err.text);
}

#define LINEAR LOG_MODULE(1, "Net.n", "Linear", "\"Module\"", LOG_PLAIN)
#define CONV LOG_MODULE(1, "Net.n", "MyConv", "\"Conv2d\",\"Module\"", LOG_PLAIN)

static json_t *addresses(json_t *json)
{
	return oplog_at(json, "counters", "addressing", "metrics", "Net.n", NULL);
}

Test(addressing, matrix_products)
{
	json_t *json = oplog_run(NET LINEAR LOG_OP(0, "aten.mm.default", IN_NEURON,
						   F32("2,3", 1, 5, 1) "," F32("3,7", 2, 21, 0), F32("2,7", 3, 14, 0)),
				 "addressing", NULL);
	oplog_assert_int(5 * 7, addresses(json), "acc_addr");
	json_decref(json);
	json = oplog_run(NET LINEAR LOG_OP(0, "aten.addmm.default", IN_NEURON,
					   F32("7", 4, 7, 0) "," F32("2,3", 1, 6, 0) "," F32("3,7", 2, 21, 0),
					   F32("2,7", 3, 14, 0)),
			 "addressing", NULL);
	oplog_assert_int(6 + 14, addresses(json), "acc_addr");
	json_decref(json);
	json = oplog_run(NET LINEAR LOG_OP(0, "aten.mm.default", OUTSIDE, F32("2,3", 1, 5, 1) "," F32("3,7", 2, 21, 0),
					   F32("2,7", 3, 14, 0)),
			 "addressing", NULL);
	cr_assert_eq(json_object_size(oplog_at(json, "counters", "addressing", "metrics", NULL)), 0);
	json_decref(json);
}

#define CONVOLVE(spikes, binary, transposed, groups)                                                                   \
	LOG_OP(0, "aten.convolution.default", IN_NEURON,                                                               \
	       F32("1,4,5,5", 1, spikes, binary) "," F32("6,2,3,3", 2, 108, 0) ",null,[1,1],[0,0],[1,1]," transposed   \
									       ",[0,0]," groups,                       \
	       F32("1,6,3,3", 3, 54, 0))

Test(addressing, convolutions)
{
	json_t *json = oplog_run(NET CONV CONVOLVE(10, 1, "false", "2"), "addressing", NULL);
	oplog_assert_int(10 * (6 / 2) * 9, addresses(json), "acc_addr");
	oplog_assert_int(20, addresses(json), "mac_addr");
	json_decref(json);
	json = oplog_run(NET CONV CONVOLVE(100, 0, "false", "2"), "addressing", NULL);
	oplog_assert_int(100 + 54 + 6 * 9, addresses(json), "acc_addr");
	oplog_assert_int(0, addresses(json), "mac_addr");
	json_decref(json);
	json = oplog_run(NET CONV CONVOLVE(10, 1, "true", "2"), "addressing", NULL);
	oplog_assert_int(0, addresses(json), "acc_addr");
	json_decref(json);
	struct opj_error err = {""};
	cr_assert_null(oplog_try(NET CONV CONVOLVE(10, 1, "false", "0"), "addressing", NULL, &err));
	cr_assert(strstr(err.text, "groups"), "%s", err.text);
}

/* What an op on a state (dense, 8 elements) and another tensor does to it, in words: "reads writes adds". */
static void describe(const char *op, char *words, size_t size)
{
	static const char *const metrics[][2] = {{"state_reads", "reads"},       {"state_writes", "writes"},
						 {"state_adds", "adds"},         {"state_muls", "muls"},
						 {"state_comps", "compares"},    {"state_nonlinear_ops", "bends"},
						 {"state_select_ops", "selects"}};
	char log[2048];
	snprintf(log, sizeof log,
		 NET NEURON "{\"k\":\"op\",\"i\":0,\"op\":\"%s\",\"stage\":\"forward\",\"grad\":false," IN_NEURON
			    ",\"in\":[" F32("8", 2, 8, 0) "," F32("8", 1, 8, 0) "],\"out\":" F32(
				"8", 3, 8, 0) ",\"states\":[2]}\n",
		 op);
	json_t *json = oplog_run(log, "neuron_state", NULL);
	json_t *scope = json_object_get(oplog_at(json, "counters", "neuron_state", "metrics", NULL), "Net.n");
	*words = '\0';
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
		size_t used = strlen(words);
		if (json_integer_value(json_object_get(scope, metrics[i][0])) > 0)
			snprintf(words + used, size - used, "%s%s", used ? " " : "", metrics[i][1]);
	}
	json_decref(json);
}

/* Of the other families operators read state, as far as anybody can tell. In place what bends it writes it, too. */
Test(neuron_state, what_each_operator_does_to_state)
{
	static const char *const does[OPJ_FAMILIES] = {
	    [OPJ_FAMILY_ADD] = "reads writes adds",
	    [OPJ_FAMILY_MULTIPLY] = "reads writes muls",
	    [OPJ_FAMILY_COMPARE] = "reads compares",
	    [OPJ_FAMILY_WHERE] = "reads writes selects",
	    [OPJ_FAMILY_ROOT] = "reads bends",
	    [OPJ_FAMILY_SIGMOID] = "reads bends",
	    [OPJ_FAMILY_SIGMOID_IN_PLACE] = "reads bends",
	    [OPJ_FAMILY_EXPONENTIAL] = "reads bends",
	    [OPJ_FAMILY_COPY] = "reads writes",
	    [OPJ_FAMILY_COPY_INTO] = "writes",
	    [OPJ_FAMILY_RESHAPE] = "",
	    [OPJ_FAMILY_VIEW] = "",
	    [OPJ_FAMILY_OTHER_VIEW] = "",
	    [OPJ_FAMILY_SQUEEZE] = "",
	    [OPJ_FAMILY_VIEW_COPY] = "",
	};
	char words[100];
	for (uint32_t i = 0; i < opj_operator_count; i++) {
		const struct opj_operator *row = &opj_operators[i];
		const char *expected = does[row->family] ? does[row->family] : "reads";
		if (row->traits & OPJ_TRAIT_IN_PLACE && strcmp(expected, "reads bends") == 0)
			expected = "reads writes bends";
		describe(row->name, words, sizeof words);
		cr_assert_str_eq(words, expected, "%s %s, not %s", row->name, words, expected);
	}
	describe("aten.relu.default", words, sizeof words);
	cr_assert_str_eq(words, "reads");
}
