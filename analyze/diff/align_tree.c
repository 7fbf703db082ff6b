/* analyze/diff/align_tree.c: building the trees that are aligned, and how alike two modules are.
 *
 * Names and geometries become 64-bit hashes once, so that comparing thousands of modules with thousands compares
 * numbers. Two things of one hash are taken for equal; what is said to have changed is compared in full elsewhere. */
#include "align_tree.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_position(const char *local)
{
	const char *dot = strrchr(local, '.'), *at = dot ? dot + 1 : local;
	if (!*at)
		return false;
	while (isdigit((unsigned char)*at))
		at++;
	return !*at;
}

static void fill_node(struct opj_align_node *node, const struct opj_row *row, const struct opj_geometry *geometry)
{
	*node = (struct opj_align_node){.row = row,
					.geometry = geometry,
					.name = opj_geometry_hash_text(OPJ_GEOMETRY_HASH, row->local),
					.cls = opj_geometry_hash_text(OPJ_GEOMETRY_HASH, geometry->cls),
					.shape = opj_geometry_hash(geometry),
					.position = row->module && is_position(row->local)};
}

static size_t parent_of(const struct opj_align_tree *tree, size_t row)
{
	int64_t parent = tree->nodes[row].row->parent;
	return parent < 0 ? tree->count : (size_t)parent;
}

/* Groups rows by parent: counts first, then places. The last row of a digest may be that of ops outside modules. */
static void link_children(struct opj_align_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		tree->nodes[parent_of(tree, i)].end++;
	size_t at = 0;
	for (size_t i = 0; i <= tree->count; i++) {
		at += tree->nodes[i].end;
		tree->nodes[i].first = tree->nodes[i].end = at - tree->nodes[i].end;
	}
	for (size_t i = 0; i < tree->count; i++)
		tree->children[tree->nodes[parent_of(tree, i)].end++] = i;
}

/* A parent stands before its children among the rows, so sizes add up from the back and places from the front. */
static void set_places(struct opj_align_tree *tree)
{
	struct opj_align_node *nodes = tree->nodes;
	for (size_t i = 0; i <= tree->count; i++)
		nodes[i].after = 1; /* the size, for now */
	for (size_t i = tree->count; i-- > 0;)
		nodes[parent_of(tree, i)].after += nodes[i].after;
	size_t next = 0;
	for (size_t i = nodes[tree->count].first; i < nodes[tree->count].end; i++) {
		nodes[tree->children[i]].place = next;
		next += nodes[tree->children[i]].after;
	}
	for (size_t i = 0; i < tree->count; i++) {
		size_t inside = nodes[i].place + 1;
		for (size_t c = nodes[i].first; c < nodes[i].end; c++) {
			nodes[tree->children[c]].place = inside;
			inside += nodes[tree->children[c]].after;
		}
		nodes[i].after += nodes[i].place;
		tree->order[nodes[i].place] = i;
	}
}

static void set_contents(struct opj_align_tree *tree)
{
	for (size_t i = tree->count; i-- > 0;) {
		struct opj_align_node *node = &tree->nodes[i];
		node->content = node->shape;
		for (size_t c = node->first; c < node->end; c++) {
			const struct opj_align_node *child = &tree->nodes[tree->children[c]];
			node->content = (node->content ^ child->name) * UINT64_C(0x100000001b3);
			node->content = (node->content ^ child->content) * UINT64_C(0x100000001b3);
		}
	}
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void fill_lists(const struct opj_align_tree *tree, struct opj_align_node *node, uint64_t *room)
{
	size_t inside = node->after - node->place - 1, count = node->end - node->first;
	size_t length = strlen(node->row->name);
	node->paths = room;
	node->shapes = room + inside;
	node->classes = node->shapes + count;
	for (size_t i = 0; i < inside; i++) {
		const struct opj_align_node *at = &tree->nodes[tree->order[node->place + 1 + i]];
		node->paths[i] = opj_geometry_hash_text(at->cls, at->row->name + length);
	}
	for (size_t i = 0; i < count; i++) {
		node->shapes[i] = tree->nodes[tree->children[node->first + i]].shape;
		node->classes[i] = tree->nodes[tree->children[node->first + i]].cls;
	}
	qsort(node->paths, inside, sizeof *room, by_number);
	qsort(node->shapes, count, sizeof *room, by_number);
	qsort(node->classes, count, sizeof *room, by_number);
}

/* As long as the tree has levels, times its modules, and twice its modules. */
static int set_lists(struct opj_align_tree *tree)
{
	size_t total = 0;
	for (int fill = 0; fill < 2; fill++) {
		size_t at = 0;
		for (size_t i = 0; i < tree->count; i++) {
			struct opj_align_node *node = &tree->nodes[i];
			if (fill)
				fill_lists(tree, node, tree->hashes + at);
			at += node->after - node->place - 1 + 2 * (node->end - node->first);
		}
		total = at;
		if (!fill && !(tree->hashes = calloc(total + 1, sizeof *tree->hashes)))
			return -1;
	}
	return 0;
}

int opj_align_tree_init(struct opj_align_tree *tree, const struct opj_align_side *side)
{
	const struct opj_rows *rows = side->rows;
	size_t count = rows->count - (rows->count && rows->rows[rows->count - 1].outside);
	*tree = (struct opj_align_tree){.count = count, .match = side->match};
	tree->nodes = calloc(count + 1, sizeof *tree->nodes);
	tree->children = calloc(count + 1, sizeof *tree->children);
	tree->order = calloc(count + 1, sizeof *tree->order);
	if (!tree->nodes || !tree->children || !tree->order)
		return -1;
	for (size_t i = 0; i < count; i++)
		fill_node(&tree->nodes[i], &rows->rows[i], &side->geometries[i]);
	link_children(tree);
	set_places(tree);
	set_contents(tree);
	return set_lists(tree);
}

void opj_align_tree_finish(struct opj_align_tree *tree)
{
	free(tree->nodes);
	free(tree->children);
	free(tree->order);
	free(tree->hashes);
	*tree = (struct opj_align_tree){0};
}

bool opj_align_identical(const struct opj_align_node *a, const struct opj_align_node *b)
{
	return a->row->module && b->row->module && a->content == b->content;
}

/* Twice what both lists have, of the length of both, in thousandths. */
static int shared(const uint64_t *left, size_t n, const uint64_t *right, size_t m)
{
	size_t i = 0, j = 0, both = 0;
	while (i < n && j < m) {
		both += left[i] == right[j];
		int way = by_number(&left[i], &right[j]);
		i += way <= 0;
		j += way >= 0;
	}
	return (int)(2000 * both / (n + m));
}

/* The best of the three ways to compare contents; classes alone count half. */
static int content_shared(const struct opj_align_node *x, const struct opj_align_node *y)
{
	size_t n = x->end - x->first, m = y->end - y->first;
	int paths = shared(x->paths, x->after - x->place - 1, y->paths, y->after - y->place - 1);
	int shapes = shared(x->shapes, n, y->shapes, m);
	int classes = shared(x->classes, n, y->classes, m) / 2;
	int best = paths > shapes ? paths : shapes;
	return best > classes ? best : classes;
}

/* A tenth of the likeness is the name's: "conv2" is nearer to "conv2_wide" than to "conv3". */
static int name_likeness(const char *x, const char *y)
{
	size_t n = strlen(x), m = strlen(y), same = 0, longer = n > m ? n : m;
	while (x[same] && x[same] == y[same])
		same++;
	return longer ? (int)(100 * same / longer) : 100;
}

int opj_align_likeness(const struct opj_align_node *x, const struct opj_align_node *y)
{
	bool inner = x->first < x->end && y->first < y->end;
	if (!x->row->module || !y->row->module || (!inner && x->cls != y->cls))
		return 0;
	int alike = name_likeness(x->row->local, y->row->local);
	if (inner) {
		int content = content_shared(x, y);
		return content < (x->cls == y->cls ? 250 : 500) ? 0 : alike + 9 * content / 10;
	}
	size_t entries = x->geometry->count + y->geometry->count;
	size_t equal = 2 * opj_geometry_shared(x->geometry, y->geometry);
	return alike + 200 + (int)(entries ? 700 * equal / entries : 700);
}
