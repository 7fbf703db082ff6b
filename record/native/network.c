/* record/native/network.c: makes a network out of a NIR file: order, layers with their shapes, modules. Shapes flow
 * along the order from the input on; edges that reach back in time are checked against what is known by then. */
#include "network.h"
#include <stdlib.h>

static int allocate(struct opj_network *net)
{
	size_t nodes = (size_t)net->nir.node_count, edges = (size_t)net->nir.edge_count;
	net->layers = calloc(nodes, sizeof *net->layers);
	net->order = calloc(nodes, sizeof *net->order);
	net->delayed = calloc(edges + 1, sizeof *net->delayed);
	net->first_in = calloc(nodes, sizeof *net->first_in);
	net->next_in = calloc(edges + 1, sizeof *net->next_in);
	net->readers = calloc(nodes, sizeof *net->readers);
	net->kept = calloc(nodes, sizeof *net->kept);
	net->values = calloc(nodes, sizeof *net->values);
	net->pending = calloc(nodes, sizeof *net->pending);
	net->graph_modules = calloc((size_t)net->nir.graph_count + 1, sizeof *net->graph_modules);
	return net->layers && net->order && net->delayed && net->first_in && net->next_in && net->readers &&
		       net->kept && net->values && net->pending && net->graph_modules
		   ? 0
		   : -1;
}

/* Lists of edges into each node, and who reads whom. */
static void link_nodes(struct opj_network *net)
{
	for (int i = 0; i < net->nir.node_count; i++)
		net->first_in[i] = -1;
	for (int e = net->nir.edge_count - 1; e >= 0; e--) {
		struct opj_nir_edge edge = net->nir.edges[e];
		net->next_in[e] = net->first_in[edge.to];
		net->first_in[edge.to] = e;
		if (net->delayed[e])
			net->kept[edge.from] = true;
		else
			net->readers[edge.from]++;
	}
	net->kept[net->nir.output] = true;
}

static int order_nodes(struct opj_network *net, struct opj_error *err)
{
	struct opj_nir *nir = &net->nir;
	int reached =
	    opj_graph_order(nir->node_count, nir->edges, nir->edge_count, nir->input, net->order, net->delayed);
	if (reached < 0)
		return opj_fail(err, "%s: out of memory", nir->path);
	if (reached == nir->node_count)
		return 0;
	for (int i = 0; i < reached; i++)
		net->kept[net->order[i]] = true; /* borrowed as a mark: who was reached */
	int lost = 0;
	while (net->kept[lost])
		lost++;
	return opj_fail(err, "%s: node \"%s\": no path leads from the input to it", nir->path, nir->nodes[lost].name);
}

static int fail_edge(const struct opj_network *net, int e, const struct opj_dims *want, struct opj_error *err)
{
	char have[OPJ_SHAPE_TEXT], text[OPJ_SHAPE_TEXT];
	const struct opj_nir_node *nodes = net->nir.nodes;
	const struct opj_dims *out = &net->layers[net->nir.edges[e].from]->out;
	return opj_fail(err, "%s: edge \"%s\" -> \"%s\": carries %s, but %s is needed", net->nir.path,
			nodes[net->nir.edges[e].from].name, nodes[net->nir.edges[e].to].name,
			opj_shape_text(have, out->count, out->size), opj_shape_text(text, want->count, want->size));
}

/* The shape that flows into a node: that of its first edge; all others must agree. */
static int shape_into(struct opj_network *net, int node, struct opj_dims *in, struct opj_error *err)
{
	bool known = false;
	for (int e = net->first_in[node]; e >= 0; e = net->next_in[e]) {
		if (net->delayed[e])
			continue;
		const struct opj_dims *out = &net->layers[net->nir.edges[e].from]->out;
		if (known && !opj_dims_equal(in, out))
			return fail_edge(net, e, in, err);
		*in = *out;
		known = true;
	}
	return 0;
}

static int create_layers(struct opj_network *net, const struct opj_dims *input, const struct opj_simulation *sim,
			 struct opj_error *err)
{
	for (int i = 0; i < net->nir.node_count; i++) {
		int node = net->order[i];
		struct opj_dims in = *input;
		if (node != net->nir.input && shape_into(net, node, &in, err) != 0)
			return -1;
		net->layers[node] = opj_layer_create(&net->nir.nodes[node], &in, sim, err);
		if (!net->layers[node])
			return opj_fail_in(err, net->nir.path);
	}
	for (int e = 0; e < net->nir.edge_count; e++) {
		const struct opj_layer *to = net->layers[net->nir.edges[e].to];
		if (net->delayed[e] && !opj_dims_equal(&net->layers[net->nir.edges[e].from]->out, &to->in))
			return fail_edge(net, e, &to->in, err);
	}
	return 0;
}

/* "folder/digits_scnn.nir" is "digits_scnn". */
static char *stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
	return strndup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static int check_input(const struct opj_array *input, struct opj_dims *dims, struct opj_error *err)
{
	char text[OPJ_SHAPE_TEXT];
	opj_shape_text(text, input->ndim, input->shape);
	if (input->ndim < 2)
		return opj_fail(err, "input: shape %s; [time, batch, …] is needed", text);
	if (input->shape[0] < 1 || input->shape[1] < 1)
		return opj_fail(err, "input: shape %s has no time steps or no samples", text);
	if (input->shape[1] > INT32_MAX)
		return opj_fail(err, "input: shape %s: more samples than a BLAS can count", text);
	*dims = (struct opj_dims){.count = input->ndim - 2};
	memcpy(dims->size, input->shape + 2, (size_t)dims->count * sizeof *dims->size);
	return 0;
}

int opj_network_open(struct opj_network *net, const struct opj_network_options *options, const struct opj_array *input,
		     struct opj_error *err)
{
	*net = (struct opj_network){0};
	struct opj_dims dims;
	if (check_input(input, &dims, err) != 0 || opj_nir_open(&net->nir, options->path, err) != 0)
		return -1;
	struct opj_simulation sim = {.dt = options->dt,
				     .subtract_reset = options->subtract_reset,
				     .batch = input->shape[1],
				     .pool = &net->exec.pool};
	net->name = options->name ? strdup(options->name) : stem(options->path);
	int result = -1;
	if (!net->name || allocate(net) != 0)
		opj_fail(err, "%s: out of memory", options->path);
	else
		result = order_nodes(net, err);
	if (result == 0) {
		link_nodes(net);
		result = create_layers(net, &dims, &sim, err);
	}
	if (result != 0)
		opj_network_close(net);
	return result;
}

void opj_network_close(struct opj_network *net)
{
	for (int i = 0; i < net->nir.node_count; i++) {
		if (net->values)
			opj_nd_unref(net->values[i]);
		if (net->layers)
			opj_layer_destroy(net->layers[i]);
	}
	opj_pool_finish(&net->exec.pool);
	free(net->layers);
	free(net->order);
	free(net->delayed);
	free(net->first_in);
	free(net->next_in);
	free(net->readers);
	free(net->kept);
	free(net->values);
	free(net->pending);
	free(net->graph_modules);
	free(net->name);
	opj_nir_close(&net->nir);
	*net = (struct opj_network){0};
}

/* The parameters of a layer, or its buffers, into `list`; their number. */
static uint32_t describe_parameters(const struct opj_layer *layer, struct opj_module_parameter *list)
{
	uint32_t count = 0;
	for (int i = 0; layer && i < OPJ_LAYER_PARAMETERS_MAX; i++) {
		const struct opj_nd *nd = layer->parameters[i];
		if (nd)
			list[count++] = (struct opj_module_parameter){strrchr(nd->name, '.') + 1, nd->ndim, nd->shape,
								      nd->dtype, nd->requires_grad};
	}
	return count;
}

static uint32_t describe_buffers(const struct opj_layer *layer, struct opj_module_parameter *list)
{
	uint32_t count = 0;
	for (; layer && count < layer->buffer_count; count++) {
		const struct opj_nd *nd = layer->buffers[count].nd;
		list[count] =
		    (struct opj_module_parameter){layer->buffers[count].name, nd->ndim, nd->shape, nd->dtype, false};
	}
	return count;
}

/* Defines a module of the given path below the root ("" for the root itself, which is called once with all time steps;
 * all others see one step of a batch). */
static uint32_t define(struct opj_network *net, const char *path, const char *const *bases,
		       const struct opj_layer *layer, bool neuron)
{
	char *full = NULL;
	if (asprintf(&full, "%s%s%s", net->name, *path ? "." : "", path) < 0)
		return 0;
	struct opj_module_parameter parameters[OPJ_LAYER_PARAMETERS_MAX], buffers[OPJ_LAYER_BUFFERS_MAX];
	uint32_t base_count = 0;
	while (bases[base_count])
		base_count++;
	struct opj_module module = {.path = full,
				    .cls = bases[0],
				    .bases = bases,
				    .base_count = base_count,
				    .neuron = neuron,
				    .backend = neuron ? "torch" : NULL,
				    .attrs = layer ? layer->attrs : NULL,
				    .attr_count = layer ? layer->attr_count : 0,
				    .parameters = parameters,
				    .parameter_count = describe_parameters(layer, parameters),
				    .buffers = buffers,
				    .buffer_count = describe_buffers(layer, buffers),
				    .batch_axis = *path ? 1 : 2,
				    .time_axis = *path ? 0 : 1};
	uint32_t id = opj_module_define(net->exec.rec, &module);
	free(full);
	return id;
}

/* The graphs around a layer that have no module yet, outermost first. */
static void define_graphs(struct opj_network *net, int graph, bool *defined)
{
	static const char *const bases[] = {"NIRGraph", "Module", NULL};
	if (graph < 0 || defined[graph])
		return;
	define_graphs(net, net->nir.graphs[graph].parent, defined);
	net->graph_modules[graph] = define(net, net->nir.graphs[graph].name, bases, NULL, false);
	defined[graph] = true;
}

/* The peer's neurons share one surrogate function, which stands in the model as a child of the first. */
static void define_surrogate(struct opj_network *net, const struct opj_layer *layer)
{
	static const char *const bases[] = {"Sigmoid", "SurrogateFunctionBase", "Module", NULL};
	char *path = NULL;
	if (asprintf(&path, "%s.surrogate_function", layer->name) >= 0)
		define(net, path, bases, NULL, false);
	free(path);
}

void opj_network_define(struct opj_network *net, struct opj_recorder *rec)
{
	net->exec.rec = rec;
	const char *bases[] = {net->name, "Module", NULL};
	net->root_module = define(net, "", bases, NULL, false);
	bool *defined = calloc((size_t)net->nir.graph_count + 1, sizeof *defined), surrogate = false;
	for (int i = 0; defined && i < net->nir.node_count; i++) {
		struct opj_layer *layer = net->layers[net->order[i]];
		define_graphs(net, net->nir.nodes[net->order[i]].graph, defined);
		if (!layer->type->bases)
			continue;
		layer->module = define(net, layer->name, layer->type->bases, layer, layer->type->neuron);
		if (layer->type->neuron && layer->type->spiking && !surrogate)
			define_surrogate(net, layer);
		surrogate = surrogate || (layer->type->neuron && layer->type->spiking);
	}
	free(defined);
}
