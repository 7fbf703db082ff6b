/* record/native/graph.h: the order in which the nodes of a graph run, and which edges reach back in time. */
#ifndef OPJ_RECORD_NATIVE_GRAPH_H
#define OPJ_RECORD_NATIVE_GRAPH_H

#include "nir.h"

/* Orders the nodes that can be reached from `root`, so that every edge that is not delayed goes forward.
 *
 * A walk goes from the root along the edges, depth first, a node's edges in the order given; an edge
 * to a node that the walk is still inside closes a cycle: delayed[edge] becomes true, and it delivers what its source
 * gave in the step before. order [node_count] gets node indices; delayed [edge_count]. Returns how many nodes were
 * reached, -1 out of memory. Linear in nodes and edges. */
int opj_graph_order(int node_count, const struct opj_nir_edge *edges, int edge_count, int root, int *order,
		    bool *delayed);

#endif
