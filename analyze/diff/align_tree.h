/* analyze/diff/align_tree.h: module rows as a tree that can be compared: only the files of align.h include this. */
#ifndef OPJ_ANALYZE_DIFF_ALIGN_TREE_H
#define OPJ_ANALYZE_DIFF_ALIGN_TREE_H

#include "align.h"

struct opj_align_node {
	const struct opj_row *row;
	const struct opj_geometry *geometry;
	size_t first, end;   /* children: tree->children[first, end) */
	size_t place, after; /* in the order of the tree it is number `place`; what is inside ends before `after` */
	uint64_t name;       /* hash of the name below its parent */
	uint64_t cls;        /* of its class */
	uint64_t shape;      /* of class and geometry */
	uint64_t content;    /* of shape and everything inside: equal for equal subtrees under whatever name */
	bool position;       /* the name ends in a number of its own: "3", "blocks.3" */
	/* What contents are compared by, each list ascending: hashes of name and class of everything inside, however
	 * deep; of the children's shapes; of their classes. */
	uint64_t *paths, *shapes, *classes;
};

struct opj_align_tree {
	struct opj_align_node
	    *nodes; /* [count + 1] by row; the last stands for the whole: its children are the roots */
	size_t count;
	size_t *children; /* [count] rows, grouped by parent, in order */
	size_t *order;    /* [count] rows, each before what is inside it */
	uint64_t *hashes; /* room of the lists of all nodes */
	int64_t *match;   /* the side's */
};

/* -1: out of memory; the tree is to be finished all the same. */
int opj_align_tree_init(struct opj_align_tree *tree, const struct opj_align_side *side);
void opj_align_tree_finish(struct opj_align_tree *tree);

/* Of the same class and geometry, and so is everything inside, under the same names. */
bool opj_align_identical(const struct opj_align_node *a, const struct opj_align_node *b);

/* How alike two nodes are that are not identical: 0, they cannot be the same module, to 1000. Modules without others
 * inside are of one class; those with others share a quarter of their content, half of it where the classes differ. */
int opj_align_likeness(const struct opj_align_node *x, const struct opj_align_node *y);

#endif
