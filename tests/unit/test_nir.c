/* tests/unit/test_nir.c: NIR files: their structure, the order of nodes, and every way in which a file can be wrong,
 * each with a message that names file, node and field. */
#include "nir_writer.h"
#include "record/native/network.h"
#include <criterion/criterion.h>
#include <math.h>

/* Order ------------------------------------------------------------------------------------------------------------ */

Test(nir, order_goes_forward)
{
	/* 0 -> 2 -> 1 -> 3, 0 -> 3, 3 -> 2 closes a cycle, 1 -> 1 another */
	static const struct opj_nir_edge edges[] = {{3, 2}, {0, 2}, {2, 1}, {1, 3}, {0, 3}, {1, 1}};
	int order[4];
	bool delayed[6];
	cr_assert_eq(opj_graph_order(4, edges, 6, 0, order, delayed), 4);
	cr_assert_eq(memcmp(order, (int[]){0, 2, 1, 3}, sizeof order), 0);
	cr_assert_eq(memcmp(delayed, (bool[]){true, false, false, false, false, true}, sizeof delayed), 0);
}

Test(nir, order_of_branches_follows_the_file)
{
	static const struct opj_nir_edge edges[] = {{0, 3}, {0, 1}, {0, 2}, {1, 4}, {2, 4}, {3, 4}};
	int order[5];
	bool delayed[6];
	cr_assert_eq(opj_graph_order(5, edges, 6, 0, order, delayed), 5);
	cr_assert_eq(memcmp(order, (int[]){0, 3, 1, 2, 4}, sizeof order), 0);
}

Test(nir, order_leaves_out_what_cannot_be_reached)
{
	static const struct opj_nir_edge edges[] = {{0, 1}, {2, 1}};
	int order[3];
	bool delayed[2];
	cr_assert_eq(opj_graph_order(3, edges, 2, 0, order, delayed), 2);
	cr_assert_eq(order[0], 0);
	cr_assert_eq(order[1], 1);
}

/* A chain as long as any file may bring: no recursion. */
Test(nir, order_of_a_long_chain)
{
	enum { COUNT = 1000000 };
	struct opj_nir_edge *edges = malloc(COUNT * sizeof *edges);
	int *order = malloc(COUNT * sizeof *order);
	bool *delayed = malloc(COUNT * sizeof *delayed);
	for (int i = 0; i + 1 < COUNT; i++)
		edges[i] = (struct opj_nir_edge){i, i + 1};
	cr_assert_eq(opj_graph_order(COUNT, edges, COUNT - 1, 0, order, delayed), COUNT);
	for (int i = 0; i < COUNT; i++)
		cr_assert_eq(order[i], i);
	free(edges), free(order), free(delayed);
}

/* Wrong files ------------------------------------------------------------------------------------------------------ */

/* Opening the file for inputs of the given shape must fail, naming the file and each of the parts. */
static void expect_failure_with(struct nir_file *nir, int ndim, const int64_t *shape, const char *a, const char *b)
{
	struct opj_network net;
	struct opj_array input = {.ndim = ndim};
	struct opj_error err = {""};
	memcpy(input.shape, shape, (size_t)ndim * sizeof *shape);
	nir_end(nir);
	struct opj_network_options options = {.path = nir->path, .dt = 1e-4};
	int result = opj_network_open(&net, &options, &input, &err);
	unlink(nir->path);
	cr_assert_eq(result, -1, "accepted; \"%s\" and \"%s\" expected", a, b);
	cr_assert(strstr(err.text, a) && strstr(err.text, b), "\"%s\" does not say \"%s\" and \"%s\"", err.text, a, b);
	cr_assert(strstr(err.text, nir->path), "\"%s\" does not name the file", err.text);
	cr_assert_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0, "something of the file is still open");
}

static void expect_failure(struct nir_file *nir, const char *a, const char *b)
{
	expect_failure_with(nir, 3, (int64_t[]){1, 1, 2}, a, b);
}

/* input -> output of [2], to which a test adds what is wrong. */
static struct nir_file begin_wire(void)
{
	struct nir_file nir = nir_begin();
	nir_port(nir.graph, "input", "Input", 1, (int64_t[]){2});
	nir_port(nir.graph, "output", "Output", 1, (int64_t[]){2});
	return nir;
}

static const char *const wire[] = {"input", "output"};

Test(nir, not_hdf5)
{
	struct opj_nir nir;
	struct opj_error err = {""};
	char path[] = "/tmp/opj_test_XXXXXX";
	close(mkstemp(path));
	cr_assert_eq(opj_nir_open(&nir, path, &err), -1);
	cr_assert(strstr(err.text, "not an HDF5 file") && strstr(err.text, path), "%s", err.text);
	unlink(path);
	cr_assert_eq(opj_nir_open(&nir, path, &err), -1);
	cr_assert(strstr(err.text, "No such file"), "%s", err.text);
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	H5Fclose(file);
	cr_assert_eq(opj_nir_open(&nir, path, &err), -1);
	cr_assert(strstr(err.text, "not a NIR file"), "%s", err.text);
	unlink(path);
}

Test(nir, structure)
{
	struct nir_file nir = nir_begin();
	expect_failure(&nir, "nodes", "missing");
	nir = begin_wire();
	expect_failure(&nir, "edges", "missing");
	nir = begin_wire();
	nir_strings(nir.graph, "edges", 1, (hsize_t[]){2}, wire);
	expect_failure(&nir, "edges", "not pairs");
	nir = begin_wire();
	nir_shape(nir.graph, "edges", 2, (int64_t[]){0, 1});
	expect_failure(&nir, "edges", "not pairs");
	nir = begin_wire();
	nir_edges(nir.graph, 1, (const char *[]){"input", "nowhere"});
	expect_failure(&nir, "edge \"input\" -> \"nowhere\"", "no node \"nowhere\"");
	nir = begin_wire();
	nir_edges(nir.graph, 0, wire);
	expect_failure(&nir, "node \"output\"", "no path leads from the input");
	nir = nir_begin();
	nir_port(nir.graph, "output", "Output", 1, (int64_t[]){2});
	nir_edges(nir.graph, 0, wire);
	expect_failure(&nir, "has no Input node", "");
	nir = nir_begin();
	nir_port(nir.graph, "input", "Input", 1, (int64_t[]){2});
	nir_edges(nir.graph, 0, wire);
	expect_failure(&nir, "has no Output node", "");
	nir = begin_wire();
	nir_port(nir.graph, "second", "Input", 1, (int64_t[]){2});
	nir_edges(nir.graph, 1, wire);
	expect_failure(&nir, "has several Input nodes", "one is needed");
}

Test(nir, nodes)
{
	struct nir_file nir = begin_wire();
	nir_edges(nir.graph, 2, (const char *[]){"input", "x", "x", "output"});
	H5Gclose(nir_node(nir.graph, "x", "Conv9d"));
	expect_failure(&nir, "node \"x\"", "type: \"Conv9d\" is not a known node type");
	nir = begin_wire();
	nir_edges(nir.graph, 1, wire);
	hid_t nodes = H5Gopen2(nir.graph, "nodes", H5P_DEFAULT);
	H5Gclose(nir_group(nodes, "x"));
	H5Gclose(nodes);
	expect_failure(&nir, "node \"x\"", "type: missing");
	nir = begin_wire();
	nir_edges(nir.graph, 1, wire);
	nodes = H5Gopen2(nir.graph, "nodes", H5P_DEFAULT);
	nir_text(nodes, "x", "not a group");
	H5Gclose(nodes);
	expect_failure(&nir, "node \"x\"", "not a group");
	nir = begin_wire();
	nir_edges(nir.graph, 1, wire);
	H5Gclose(nir_node(nir.graph, "lost", "Scale"));
	expect_failure(&nir, "node \"lost\"", "no path leads from the input");
}

/* A group that contains itself must not end in endless nesting. */
Test(nir, graph_within_itself)
{
	struct nir_file nir = begin_wire();
	nir_edges(nir.graph, 1, wire);
	hid_t nodes = H5Gopen2(nir.graph, "nodes", H5P_DEFAULT);
	H5Lcreate_hard(nir.graph, ".", nodes, "again", H5P_DEFAULT, H5P_DEFAULT);
	H5Gclose(nodes);
	expect_failure(&nir, "nested too deeply", "again.again");
}

Test(nir, subgraph_without_output)
{
	struct nir_file nir = begin_wire();
	nir_edges(nir.graph, 2, (const char *[]){"input", "block", "block", "output"});
	hid_t block = nir_node(nir.graph, "block", "NIRGraph");
	nir_port(block, "in", "Input", 1, (int64_t[]){2});
	nir_edges(block, 0, wire);
	H5Gclose(block);
	expect_failure(&nir, "graph \"block\"", "has no Output node");
}

Test(nir, input_shapes)
{
	struct nir_file nir = begin_wire();
	nir_edges(nir.graph, 1, wire);
	expect_failure_with(&nir, 3, (int64_t[]){1, 1, 3}, "node \"input\"", "shape: [2], but [3] flows in");
	nir = begin_wire();
	nir_edges(nir.graph, 1, wire);
	expect_failure_with(&nir, 4, (int64_t[]){1, 1, 2, 1}, "node \"input\"", "shape: [2], but [2, 1] flows in");
}

/* These messages are about the input, so they name no network. */
Test(nir, input_without_time)
{
	static const struct opj_array inputs[] = {{.ndim = 1, .shape = {2}},
						  {.ndim = 3, .shape = {0, 1, 2}},
						  {.ndim = 3, .shape = {1, 0, 2}},
						  {.ndim = 3, .shape = {1, INT64_C(1) << 31, 2}}};
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		struct opj_network net;
		struct opj_error err = {""};
		cr_assert_eq(opj_network_open(&net, &(struct opj_network_options){.path = "x"}, &inputs[i], &err), -1);
		cr_assert(strstr(err.text, "input: shape ["), "%s", err.text);
	}
}

/* Fields ----------------------------------------------------------------------------------------------------------- */

Test(nir, linear_fields)
{
	float w[6] = {1, 2, 3, 4, 5, 6};
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){3});
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "weight: missing");
	node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){3});
	nir_text(node, "weight", "heavy");
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "weight: does not hold numbers");
	node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){3});
	nir_floats(node, "weight", NIR_DIMS(6), w);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "weight: 1 dimensions, 2 expected");
	node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){3});
	nir_floats(node, "weight", NIR_DIMS(2, 3), w);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "weight: takes [3], but [2] flows in");
	node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){4});
	nir_floats(node, "weight", NIR_DIMS(3, 2), w);
	H5Gclose(node);
	expect_failure(&nir, "node \"output\"", "shape: [4], but [3] flows in");
	node = nir_begin_one(&nir, "Affine", 1, (int64_t[]){2}, 1, (int64_t[]){3});
	nir_floats(node, "weight", NIR_DIMS(3, 2), w);
	nir_floats(node, "bias", NIR_DIMS(2), w);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "bias: 2 values for 3 outputs");
	w[4] = NAN;
	node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){3});
	nir_floats(node, "weight", NIR_DIMS(3, 2), w);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "weight: value 4 is nan");
	node = nir_begin_one(&nir, "Scale", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_floats(node, "scale", NIR_DIMS(1), w);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "scale");
}

struct conv_fields {
	int64_t stride, padding, dilation;
	double groups;
	const char *text; /* padding as text */
	const char *expected;
};

Test(nir, conv_fields)
{
	static const struct conv_fields cases[] = {
	    {0, 0, 1, 1, NULL, "stride: 0 is not positive"},
	    {-1, 0, 1, 1, NULL, "stride: -1 is not positive"},
	    {1, 0, 0, 1, NULL, "dilation: 0 is not positive"},
	    {1, -1, 1, 1, NULL, "padding: -1 is negative"},
	    {1, 0, 1, 0, NULL, "groups: 0 does not divide 2"},
	    {1, 0, 1, 3, NULL, "groups: 3 does not divide 2"},
	    {1, 0, 1, 2, NULL, "weight: takes 4 channels in 2 dimensions, but [2, 4, 4] flows in"},
	    {1, 0, 1, 1.5, NULL, "groups: 1.5 is not a whole number"},
	    {1, 0, 2, 1, NULL, "weight: the kernel does not fit into the input [2, 4, 4]"},
	    {1, 0, 1, 1, "circular", "padding: \"circular\" is neither"},
	    {2, 0, 1, 1, "same", "padding: \"same\" needs a stride of 1, not 2"},
	    {1, 2147483647, 1, 1, NULL, "is too large"},
	};
	float w[2 * 2 * 3 * 3] = {0};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nir_file nir;
		hid_t node = nir_begin_one(&nir, "Conv2d", 3, (int64_t[]){2, 4, 4}, 3, (int64_t[]){2, 2, 2});
		nir_floats(node, "weight", NIR_DIMS(2, 2, 3, 3), w);
		nir_pair(node, "stride", cases[i].stride, cases[i].stride);
		nir_pair(node, "dilation", cases[i].dilation, cases[i].dilation);
		nir_number(node, "groups", cases[i].groups);
		if (cases[i].text)
			nir_text(node, "padding", cases[i].text);
		else
			nir_pair(node, "padding", cases[i].padding, cases[i].padding);
		H5Gclose(node);
		expect_failure_with(&nir, 5, (int64_t[]){1, 1, 2, 4, 4}, "node \"x\"", cases[i].expected);
	}
}

Test(nir, pool_fields)
{
	static const struct {
		int64_t kernel, stride, padding;
		const char *expected;
	} cases[] = {{0, 1, 0, "kernel_size: 0 is not positive"},
		     {2, 0, 0, "stride: 0 is not positive"},
		     {2, 2, 2, "padding: 2 is not between 0 and half of the kernel"},
		     {5, 1, 0, "kernel_size: does not fit"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nir_file nir;
		hid_t node = nir_begin_one(&nir, "AvgPool2d", 3, (int64_t[]){1, 4, 4}, 3, (int64_t[]){1, 2, 2});
		nir_pair(node, "kernel_size", cases[i].kernel, cases[i].kernel);
		nir_pair(node, "stride", cases[i].stride, cases[i].stride);
		nir_pair(node, "padding", cases[i].padding, cases[i].padding);
		H5Gclose(node);
		expect_failure_with(&nir, 5, (int64_t[]){1, 1, 1, 4, 4}, "node \"x\"", cases[i].expected);
	}
}

Test(nir, neuron_fields)
{
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "LIF", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_number(node, "r", 1);
	nir_number(node, "tau", 0);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "tau: value 0 is 0, which is no time constant");
	node = nir_begin_one(&nir, "IF", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_floats(node, "r", NIR_DIMS(3), (float[]){1, 1, 1});
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "r: shape [3], but [2] flows in");
	node = nir_begin_one(&nir, "IF", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_number(node, "r", 1);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "v_threshold: missing");
	node = nir_begin_one(&nir, "Delay", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_number(node, "delay", -1);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "delay: -1 s is not a delay");
	node = nir_begin_one(&nir, "Delay", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_number(node, "delay", 2e5);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "delay: 2000000001 steps of this input are too much");
	node = nir_begin_one(&nir, "Flatten", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	nir_number(node, "start_dim", 1);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "start_dim 1");
	static const char *const bounds[] = {"start_dim", "end_dim"};
	for (size_t i = 0; i < 2; i++) {
		node = nir_begin_one(&nir, "Flatten", 1, (int64_t[]){2}, 1, (int64_t[]){2});
		nir_text(node, bounds[i], "first");
		H5Gclose(node);
		expect_failure(&nir, "node \"x\"", bounds[i]);
	}
}

/* A dataset that claims to be huge and is not stored must be refused before anything is allocated. */
Test(nir, huge_field)
{
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "Linear", 1, (int64_t[]){2}, 1, (int64_t[]){2});
	hsize_t dims[] = {(hsize_t)1 << 40, (hsize_t)1 << 22}, chunk[] = {64, 64};
	hid_t space = H5Screate_simple(2, dims, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_chunk(list, 2, chunk);
	H5Dclose(H5Dcreate2(node, "weight", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, list, H5P_DEFAULT));
	H5Sclose(space);
	H5Pclose(list);
	H5Gclose(node);
	expect_failure(&nir, "node \"x\"", "weight: holds more than");
}

Test(nir, edges_that_disagree)
{
	struct nir_file nir = begin_wire();
	float w[6] = {0};
	hid_t node = nir_node(nir.graph, "wide", "Linear");
	nir_floats(node, "weight", NIR_DIMS(3, 2), w);
	H5Gclose(node);
	nir_edges(nir.graph, 3, (const char *[]){"input", "output", "input", "wide", "wide", "output"});
	expect_failure(&nir, "edge \"wide\" -> \"output\"", "carries [3], but [2] is needed");
	nir = begin_wire();
	node = nir_node(nir.graph, "wide", "Linear");
	nir_floats(node, "weight", NIR_DIMS(3, 2), w);
	H5Gclose(node);
	node = nir_node(nir.graph, "x", "I");
	nir_number(node, "r", 1);
	H5Gclose(node);
	nir_edges(nir.graph, 4, (const char *[]){"input", "x", "x", "wide", "wide", "x", "x", "output"});
	expect_failure(&nir, "edge \"wide\" -> \"x\"", "carries [3], but [2] is needed");
}

/* Values in other stored types: fixed-length strings, booleans as an enumeration, float16 from a wider range. */
Test(nir, fixed_strings_and_small_types)
{
	struct nir_file nir = nir_begin();
	hid_t type = H5Tcopy(H5T_C_S1);
	H5Tset_size(type, 6);
	nir_port(nir.graph, "input", "Input", 1, (int64_t[]){2});
	nir_port(nir.graph, "output", "Output", 1, (int64_t[]){2});
	nir_dataset(nir.graph, "edges", type, 2, (hsize_t[]){1, 2}, "input\0output");
	H5Tclose(type);
	hid_t truth = H5Tenum_create(H5T_NATIVE_INT8);
	H5Tenum_insert(truth, "FALSE", (int8_t[]){0});
	H5Tenum_insert(truth, "TRUE", (int8_t[]){1});
	nir_dataset(nir.file, "x", truth, 3, (hsize_t[]){1, 1, 2}, (int8_t[]){1, 0});
	H5Tclose(truth);
	nir_end(&nir);
	char where[128];
	struct opj_array input, output;
	struct opj_network net;
	struct opj_error err = {""};
	snprintf(where, sizeof where, "%s:/x", nir.path);
	cr_assert_eq(opj_input_read(where, &input, &err), 0, "%s", err.text);
	cr_assert_eq(opj_network_open(&net, &(struct opj_network_options){.path = nir.path, .dt = 1}, &input, &err), 0,
		     "%s", err.text);
	cr_assert_eq(opj_network_run(&net, &input, &output, &err), 0);
	cr_assert_eq(output.values[0], 1);
	cr_assert_eq(output.values[1], 0);
	opj_network_close(&net);
	opj_array_finish(&output);
	opj_array_finish(&input);
	snprintf(where, sizeof where, "%s:/nothing", nir.path);
	cr_assert_eq(opj_input_read(where, &input, &err), -1);
	cr_assert(strstr(err.text, nir.path) && strstr(err.text, "/nothing: missing"), "%s", err.text);
	unlink(nir.path);
}
