/* record/native/graph.c: depth-first order. The walk keeps its own stack, so that a long chain of nodes in a file
 * cannot exhaust the program's. */
#include "graph.h"
#include <stdlib.h>

enum mark { UNSEEN, INSIDE, DONE };

/* The edges of each node as a list: first[node], next[edge], edge indices or -1. */
struct walk {
	int *first, *next;
	int *stack;
	enum mark *marks;
};

/* Lists that run through the edges from the first to the last, or from the last to the first. */
static void link_edges(struct walk *walk, int node_count, const struct opj_nir_edge *edges, int edge_count,
		       bool from_last)
{
	for (int i = 0; i < node_count; i++) {
		walk->first[i] = -1;
		walk->marks[i] = UNSEEN;
	}
	for (int i = 0; i < edge_count; i++) {
		int e = from_last ? i : edge_count - 1 - i;
		walk->next[e] = walk->first[edges[e].from];
		walk->first[edges[e].from] = e;
	}
}

/* Visits from the root along the edges that are not delayed. With mark, those that close a cycle become delayed.
 * Fills order from its end, each node before those it leads to. Returns how many nodes were reached. */
static int visit(struct walk *walk, int node_count, const struct opj_nir_edge *edges, int root, int *order,
		 bool *delayed, bool mark)
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
		if (mark)
			delayed[edge] = walk->marks[to] == INSIDE;
		if (!delayed[edge] && walk->marks[to] == UNSEEN) {
			walk->marks[to] = INSIDE;
			walk->stack[depth++] = to;
		}
	}
	return reached;
}

/* Two walks: the first finds cycles; the second, through the edges backwards, finishes the target of a node's last edge
 * first, so that in the order, which is filled from the end, the target of its first edge comes first. */
int opj_graph_order(int node_count, const struct opj_nir_edge *edges, int edge_count, int root, int *order,
		    bool *delayed)
{
	struct walk walk = {
	    .first = malloc((size_t)node_count * sizeof(int)),
	    .next = malloc(((size_t)edge_count + 1) * sizeof(int)),
	    .stack = malloc((size_t)node_count * sizeof(int)),
	    .marks = malloc((size_t)node_count * sizeof(enum mark)),
	};
	int reached = -1;
	if (walk.first && walk.next && walk.stack && walk.marks) {
		for (int e = 0; e < edge_count; e++)
			delayed[e] = false;
		link_edges(&walk, node_count, edges, edge_count, false);
		visit(&walk, node_count, edges, root, order, delayed, true);
		link_edges(&walk, node_count, edges, edge_count, true);
		reached = visit(&walk, node_count, edges, root, order, delayed, false);
		for (int i = 0; i < reached; i++)
			order[i] = order[node_count - reached + i];
	}
	free(walk.first);
	free(walk.next);
	free(walk.stack);
	free(walk.marks);
	return reached;
}
