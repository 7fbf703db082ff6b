/* record/native/network.h: a NIR network, checked and ready, and the time loop that runs it. */
#ifndef OPJ_RECORD_NATIVE_NETWORK_H
#define OPJ_RECORD_NATIVE_NETWORK_H

#include "array.h"
#include "graph.h"
#include "layer.h"

struct opj_network_options {
	const char *path; /* of the .nir file */
	const char *name; /* of the root module; NULL: the file's name without folder and extension */
	double dt;        /* seconds per step, > 0 */
	bool subtract_reset;
};

struct opj_network {
	char *name;
	struct opj_nir nir;
	struct opj_layer **layers; /* [nir.node_count] */
	int *order;                /* nodes in the order they run; the output node is the last that matters */
	bool *delayed;             /* [nir.edge_count]: the edge delivers the step before */
	int *first_in, *next_in;   /* edges into a node: first_in[node], next_in[edge]; -1 ends */
	int *readers;              /* [node]: edges out of it that are not delayed */
	bool *kept;                /* [node]: a delayed edge leaves it, or it is the output */
	struct opj_nd **values;    /* [node] output of the current step, until its last reader ran */
	int *pending;              /* [node] readers that have not run in this step */
	uint32_t root_module;
	uint32_t *graph_modules; /* [nir.graph_count] */
	struct opj_exec exec;
};

/* Reads the file and makes every layer for inputs of shape input->shape, [T, N, …]. -1 with a message that names the
 * file, and node and field where there are any. After a failure there is nothing to close. */
int opj_network_open(struct opj_network *net, const struct opj_network_options *options, const struct opj_array *input,
		     struct opj_error *err);
void opj_network_close(struct opj_network *net);

/* Makes the modules known to the recorder: the root, then each layer in the order it runs, a nested graph before the
 * first of its layers. Ops are recorded there from now on. */
void opj_network_define(struct opj_network *net, struct opj_recorder *rec);

/* Runs all time steps of input, of the shape given at opj_network_open. *output is made: [T, N, …] of the output node.
 * -1: out of memory. */
int opj_network_run(struct opj_network *net, const struct opj_array *input, struct opj_array *output,
		    struct opj_error *err);

#endif
