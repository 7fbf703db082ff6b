/* record/native/graph.c: depth-first order. The walk keeps its own stack, so that a long chain of nodes in a file
 * cannot exhaust the program's. */
#include "graph.h"
#include <stdlib.h>

enum mark { UNSEEN, INSIDE, DONE };

/* The edges of each node, in file order from the last to the first: the walk finishes nodes in reverse, so going
 * through the edges backwards puts the target of the first edge first. */
struct walk {
	int *first, *next; /* first[node], next[edge]: edge indices or -1 */
	int *stack;
	enum mark *marks;
};

static void link_edges(struct walk *walk, int node_count, const struct opj_nir_edge *edges, int edge_count)
{
	for (int i = 0; i < node_count; i++)
		walk->first[i] = -1;
	for (int e = 0; e < edge_count; e++) {
		walk->next[e] = walk->first[edges[e].from];
		walk->first[edges[e].from] = e;
	}
}

/* Visits from the root; fills order from its end. Returns how many nodes were reached. */
static int visit(struct walk *walk, int node_count, const struct opj_nir_edge *edges, int root, int *order,
		 bool *delayed)
{
	int depth = 0, reached = 0;
	walk->stack[depth++] = root;
	walk->marks[root] = INSIDE;
	while (depth > 0) {
		int node = walk->stack[depth - 1], edge = walk->first[node];
		if (edge < 0) {
			walk->marks[node] = DONE;
			order[node_count - ++reached] = node;
			depth--;
			continue;
		}
		walk->first[node] = walk->next[edge];
		int to = edges[edge].to;
		delayed[edge] = walk->marks[to] == INSIDE;
		if (walk->marks[to] == UNSEEN) {
			walk->marks[to] = INSIDE;
			walk->stack[depth++] = to;
		}
	}
	return reached;
}

int opj_graph_order(int node_count, const struct opj_nir_edge *edges, int edge_count, int root, int *order,
		    bool *delayed)
{
	struct walk walk = {
	    .first = malloc((size_t)node_count * sizeof(int)),
	    .next = malloc(((size_t)edge_count + 1) * sizeof(int)),
	    .stack = malloc((size_t)node_count * sizeof(int)),
	    .marks = calloc((size_t)node_count, sizeof(enum mark)),
	};
	int reached = -1;
	if (walk.first && walk.next && walk.stack && walk.marks) {
		link_edges(&walk, node_count, edges, edge_count);
		for (int e = 0; e < edge_count; e++)
			delayed[e] = false;
		reached = visit(&walk, node_count, edges, root, order, delayed);
		for (int i = 0; i < reached; i++)
			order[i] = order[node_count - reached + i];
	}
	free(walk.first);
	free(walk.next);
	free(walk.stack);
	free(walk.marks);
	return reached;
}
