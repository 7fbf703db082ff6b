/* record/native/exec.c: the time loop. In each step the input's slice is taken, then every node runs in order: its
 * edges are summed, its modules entered, its layer stepped. A value is let go when its last reader has run, so that its
 * memory serves the next layer; one that a delayed edge reads stays until its node runs again. */
#include "network.h"
#include <stdlib.h>

static void enter_graphs(struct opj_network *net, int graph)
{
	if (graph < 0)
		return;
	enter_graphs(net, net->nir.graphs[graph].parent);
	opj_module_enter(net->exec.rec, net->graph_modules[graph]);
}

static void exit_graphs(struct opj_network *net, int graph)
{
	for (; graph >= 0; graph = net->nir.graphs[graph].parent)
		opj_module_exit(net->exec.rec, net->graph_modules[graph]);
}

/* One reader of a node's value has run. */
static void release(struct opj_network *net, int node)
{
	if (--net->pending[node] > 0 || net->kept[node])
		return;
	opj_nd_unref(net->values[node]);
	net->values[node] = NULL;
}

/* The sum of what the edges into a node deliver; a new reference. A delayed edge delivers nothing in the first step.
 */
static struct opj_nd *gather_inputs(struct opj_network *net, int node)
{
	struct opj_nd *sum = NULL;
	for (int e = net->first_in[node]; e >= 0; e = net->next_in[e]) {
		struct opj_nd *value = net->values[net->nir.edges[e].from];
		if (!value)
			continue;
		if (!sum) {
			sum = opj_nd_ref(value);
			continue;
		}
		struct opj_nd *next = opj_aten_binary_nd(&net->exec, OPJ_ADD, sum, value);
		opj_nd_unref(sum);
		if (!next)
			return NULL;
		sum = next;
	}
	return sum;
}

static struct opj_nd *step_layer(struct opj_network *net, struct opj_layer *layer, struct opj_nd *in)
{
	if (!layer->type->bases)
		return layer->type->step(&net->exec, layer, in);
	opj_module_enter(net->exec.rec, layer->module);
	struct opj_nd *out = layer->type->step(&net->exec, layer, in);
	opj_module_exit(net->exec.rec, layer->module);
	if (out)
		opj_call_end(&net->exec, layer->module, layer, in, out);
	return out;
}

static int run_node(struct opj_network *net, int node, struct opj_nd *slice)
{
	int graph = net->nir.nodes[node].graph;
	enter_graphs(net, graph);
	struct opj_nd *in = node == net->nir.input ? opj_nd_ref(slice) : gather_inputs(net, node);
	struct opj_nd *out = in ? step_layer(net, net->layers[node], in) : NULL;
	opj_nd_unref(in);
	exit_graphs(net, graph);
	opj_nd_unref(net->values[node]);
	net->values[node] = out;
	net->pending[node] = net->readers[node];
	for (int e = net->first_in[node]; e >= 0; e = net->next_in[e]) {
		if (!net->delayed[e])
			release(net, net->nir.edges[e].from);
	}
	return out ? 0 : -1;
}

static int run_step(struct opj_network *net, struct opj_nd *input, int64_t t, struct opj_array *output)
{
	struct opj_nd *slice = opj_aten_select(&net->exec, input, t);
	int result = slice ? 0 : -1;
	for (int i = 0; result == 0 && i < net->nir.node_count; i++)
		result = run_node(net, net->order[i], slice);
	opj_nd_unref(slice);
	if (result == 0) {
		const struct opj_nd *out = net->values[net->nir.output];
		memcpy(output->values + (size_t)t * out->count, out->data, out->count * sizeof(float));
	}
	return result;
}

/* [T, N, …] for the output; values are filled step by step. */
static int create_output(const struct opj_network *net, const struct opj_array *input, struct opj_array *output)
{
	const struct opj_dims *out = &net->layers[net->nir.output]->out;
	*output = (struct opj_array){.ndim = 2 + out->count, .shape = {input->shape[0], input->shape[1]}, .count = 1};
	memcpy(output->shape + 2, out->size, (size_t)out->count * sizeof *out->size);
	for (int d = 0; d < output->ndim; d++) {
		if (__builtin_mul_overflow(output->count, (size_t)output->shape[d], &output->count))
			return -1;
	}
	output->values = calloc(output->count + 1, sizeof *output->values);
	return output->values ? 0 : -1;
}

int opj_network_run(struct opj_network *net, const struct opj_array *input, struct opj_array *output,
		    struct opj_error *err)
{
	*output = (struct opj_array){0};
	struct opj_nd *whole = opj_nd_create(&net->exec.pool, OPJ_FLOAT32, input->ndim, input->shape);
	int result = whole ? create_output(net, input, output) : -1;
	if (result == 0) {
		memcpy(whole->data, input->values, whole->count * sizeof(float));
		whole->role = OPJ_ROLE_INPUT;
		opj_module_enter(net->exec.rec, net->root_module);
		for (int64_t t = 0; result == 0 && t < input->shape[0]; t++)
			result = run_step(net, whole, t, output);
		opj_module_exit(net->exec.rec, net->root_module);
	}
	if (result == 0)
		opj_call_end(&net->exec, net->root_module, NULL, whole, net->values[net->nir.output]);
	else
		opj_fail(err, "%s: out of memory", net->nir.path);
	opj_nd_unref(whole);
	if (result != 0)
		opj_array_finish(output);
	return result;
}
