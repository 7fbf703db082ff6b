/* analyze/diff/align.c: pairs the modules of two trees, from the roots down, then what is left wherever it stands.
 *
 * Every step only adds pairs of modules that have none yet, in an order that the rows give, so the result is the same
 * each time. Pairing n siblings with m takes n·m steps and bytes. */
#include "align_tree.h"
#include <stdlib.h>
#include <string.h>

struct trees {
	struct opj_align_tree a, b;
	struct opj_error *err;
};

static void pair(struct trees *trees, size_t x, size_t y)
{
	trees->a.match[x] = (int64_t)y;
	trees->b.match[y] = (int64_t)x;
}

/* Modules of one tree that have no match, a list of rows. */
struct unmatched {
	size_t *rows, count;
};

/* Those among the children of a node, or in the whole tree; room is the caller's. */
static struct unmatched unmatched_children(const struct opj_align_tree *tree, size_t node, size_t *room)
{
	struct unmatched list = {.rows = room};
	for (size_t i = tree->nodes[node].first; i < tree->nodes[node].end; i++) {
		if (tree->match[tree->children[i]] < 0)
			list.rows[list.count++] = tree->children[i];
	}
	return list;
}

static bool is_leaf(const struct opj_align_node *node)
{
	return node->first == node->end;
}

static struct unmatched unmatched_leaves(const struct opj_align_tree *tree, size_t *room)
{
	struct unmatched list = {.rows = room};
	for (size_t i = 0; i < tree->count; i++) {
		size_t row = tree->order[i];
		if (tree->match[row] < 0 && is_leaf(&tree->nodes[row]))
			list.rows[list.count++] = row;
	}
	return list;
}

/* What pairing two modules is worth; 0: they cannot be the same one. */
typedef int64_t (*worth_fn)(const struct opj_align_node *x, const struct opj_align_node *y);

/* One pair of identical modules is worth more than any number of pairs that are only alike. */
#define IDENTICAL (INT64_C(1) << 32)

static int64_t identical_worth(const struct opj_align_node *x)
{
	bool telling = !is_leaf(x) || x->row->module->module->def.parameter_count > 0;
	return telling ? 2 * IDENTICAL : IDENTICAL;
}

static int64_t sibling_worth(const struct opj_align_node *x, const struct opj_align_node *y)
{
	int64_t same_name = x->name == y->name ? 100 : 0;
	if (opj_align_identical(x, y))
		return identical_worth(x) + same_name;
	int64_t alike = opj_align_likeness(x, y);
	return alike ? alike + same_name : 0;
}

/* Far from each other, modules are the same when both have parameters and agree in them, or when name and class agree.
 */
static int64_t moved_worth(const struct opj_align_node *x, const struct opj_align_node *y)
{
	if (!x->row->module || !y->row->module || x->cls != y->cls)
		return 0;
	bool named = x->name == y->name && !x->position && !y->position;
	if (opj_align_identical(x, y) && (named || x->row->module->module->def.parameter_count))
		return identical_worth(x) + named;
	return named;
}

enum { SKIP_A, SKIP_B, TAKE };

/* Fills steps[n][m]: what to do with the first of each list where i and j of them are left behind. */
static int plan(const struct trees *trees, struct unmatched a, struct unmatched b, worth_fn worth, char *steps)
{
	size_t width = b.count + 1;
	int64_t *best = calloc(2 * width, sizeof *best);
	if (!best)
		return opj_fail(trees->err, "out of memory");
	for (size_t i = a.count; i-- > 0;) {
		int64_t *here = best + (i % 2) * width, *below = best + ((i + 1) % 2) * width;
		here[b.count] = 0;
		for (size_t j = b.count; j-- > 0;) {
			int64_t gain = worth(&trees->a.nodes[a.rows[i]], &trees->b.nodes[b.rows[j]]);
			bool skip_a = below[j] >= here[j + 1];
			int64_t skipped = skip_a ? below[j] : here[j + 1];
			bool take = gain > 0 && below[j + 1] + gain >= skipped;
			here[j] = take ? below[j + 1] + gain : skipped;
			steps[i * b.count + j] = take ? TAKE : skip_a ? SKIP_A : SKIP_B;
		}
	}
	free(best);
	return 0;
}

/* Pairs two lists in order so that the sum of what the pairs are worth is as high as can be. Identical
 * beginnings and ends of the same name are paired at once: no other pairing is worth more. */
static int pair_in_order(struct trees *trees, struct unmatched a, struct unmatched b, worth_fn worth)
{
	while (a.count && b.count && worth(&trees->a.nodes[*a.rows], &trees->b.nodes[*b.rows]) > 2 * IDENTICAL) {
		pair(trees, *a.rows, *b.rows);
		a = (struct unmatched){a.rows + 1, a.count - 1};
		b = (struct unmatched){b.rows + 1, b.count - 1};
	}
	while (a.count && b.count &&
	       worth(&trees->a.nodes[a.rows[a.count - 1]], &trees->b.nodes[b.rows[b.count - 1]]) > 2 * IDENTICAL)
		pair(trees, a.rows[--a.count], b.rows[--b.count]);
	if (!a.count || !b.count)
		return 0;
	char *steps = a.count > SIZE_MAX / b.count ? NULL : malloc(a.count * b.count);
	if (!steps)
		return opj_fail(trees->err, "out of memory");
	int failed = plan(trees, a, b, worth, steps);
	for (size_t i = 0, j = 0; !failed && i < a.count && j < b.count;) {
		char step = steps[i * b.count + j];
		if (step == TAKE)
			pair(trees, a.rows[i], b.rows[j]);
		i += step != SKIP_B;
		j += step != SKIP_A;
	}
	free(steps);
	return failed;
}

/* Children that were swapped. */
static void pair_identical(struct trees *trees, struct unmatched a, struct unmatched b)
{
	for (size_t i = 0; i < a.count; i++) {
		for (size_t j = 0; j < b.count && trees->a.match[a.rows[i]] < 0; j++) {
			if (trees->b.match[b.rows[j]] < 0 &&
			    opj_align_identical(&trees->a.nodes[a.rows[i]], &trees->b.nodes[b.rows[j]]))
				pair(trees, a.rows[i], b.rows[j]);
		}
	}
}

static void pair_by_name(struct trees *trees, struct unmatched a, struct unmatched b)
{
	for (size_t i = 0; i < a.count; i++) {
		const struct opj_align_node *x = &trees->a.nodes[a.rows[i]];
		for (size_t j = 0; j < b.count && !x->position; j++) {
			const struct opj_align_node *y = &trees->b.nodes[b.rows[j]];
			if (x->name == y->name && strcmp(x->row->local, y->row->local) == 0 &&
			    !x->row->module == !y->row->module) {
				pair(trees, a.rows[i], b.rows[j]);
				break;
			}
		}
	}
}

/* Pairs what is below a pair of modules, level by level. Both lists of rows are room for the largest level. */
static int descend(struct trees *trees, size_t x, size_t y, size_t *room_a, size_t *room_b)
{
	struct opj_align_tree *a = &trees->a, *b = &trees->b;
	pair_by_name(trees, unmatched_children(a, x, room_a), unmatched_children(b, y, room_b));
	if (pair_in_order(trees, unmatched_children(a, x, room_a), unmatched_children(b, y, room_b), sibling_worth))
		return -1;
	pair_identical(trees, unmatched_children(a, x, room_a), unmatched_children(b, y, room_b));
	return 0;
}

/* From a pair down: a module stands before what is inside it, so pairs are met before the pairs below them. */
static int descend_all(struct trees *trees, size_t x, size_t y, size_t *room_a, size_t *room_b)
{
	const struct opj_align_tree *a = &trees->a;
	if (descend(trees, x, y, room_a, room_b))
		return -1;
	size_t from = x == a->count ? 0 : a->nodes[x].place + 1, end = x == a->count ? a->count : a->nodes[x].after;
	for (size_t i = from; i < end; i++) {
		size_t row = a->order[i];
		if (a->match[row] >= 0 && descend(trees, row, (size_t)a->match[row], room_a, room_b))
			return -1;
	}
	return 0;
}

/* A module with others inside that was moved, wrapped or unwrapped: the one most like it, wherever it stands. */
static int pair_moved(struct trees *trees, size_t *room_a, size_t *room_b)
{
	struct opj_align_tree *a = &trees->a, *b = &trees->b;
	for (size_t i = 0; i < a->count; i++) {
		size_t row = a->order[i];
		const struct opj_align_node *x = &a->nodes[row];
		int64_t found = -1;
		int most = 500;
		for (size_t j = 0; a->match[row] < 0 && !is_leaf(x) && j < b->count; j++) {
			const struct opj_align_node *y = &b->nodes[b->order[j]];
			if (b->match[b->order[j]] >= 0 || is_leaf(y) || x->cls != y->cls)
				continue;
			int alike = opj_align_identical(x, y) ? 2000 : opj_align_likeness(x, y);
			if (alike > most) {
				most = alike;
				found = (int64_t)b->order[j];
			}
		}
		if (found >= 0) {
			pair(trees, row, (size_t)found);
			if (descend_all(trees, row, (size_t)found, room_a, room_b))
				return -1;
		}
	}
	return 0;
}

/* The leaf before (step -1) or behind (step 1) another in the order of the tree; -1: there is none. */
static int64_t next_leaf(const struct opj_align_tree *tree, size_t row, int step)
{
	int64_t place = (int64_t)tree->nodes[row].place + step;
	while (place >= 0 && place < (int64_t)tree->count && !is_leaf(&tree->nodes[tree->order[place]]))
		place += step;
	return place < 0 || place >= (int64_t)tree->count ? -1 : (int64_t)tree->order[place];
}

/* A layer without parameters (a neuron, a pooling) follows the layer beside it: of the same class and geometry, next to
 * a pair. step -1: next to the pair before it. */
static void pair_beside(struct trees *trees, int step)
{
	struct opj_align_tree *a = &trees->a, *b = &trees->b;
	for (size_t n = 0; n < a->count; n++) {
		size_t row = a->order[step < 0 ? n : a->count - 1 - n];
		int64_t beside = is_leaf(&a->nodes[row]) && a->match[row] < 0 ? next_leaf(a, row, step) : -1;
		if (beside < 0 || a->match[beside] < 0 || !is_leaf(&b->nodes[a->match[beside]]))
			continue;
		int64_t other = next_leaf(b, (size_t)a->match[beside], -step);
		if (other >= 0 && b->match[other] < 0 && opj_align_identical(&a->nodes[row], &b->nodes[other]))
			pair(trees, row, (size_t)other);
	}
}

static int align(struct trees *trees)
{
	struct opj_align_tree *a = &trees->a, *b = &trees->b;
	size_t *room_a = calloc(a->count + 1, sizeof *room_a), *room_b = calloc(b->count + 1, sizeof *room_b);
	int failed = !room_a || !room_b ? opj_fail(trees->err, "out of memory") : 0;
	failed = failed || descend_all(trees, a->count, b->count, room_a, room_b) ||
		 pair_moved(trees, room_a, room_b) ||
		 pair_in_order(trees, unmatched_leaves(a, room_a), unmatched_leaves(b, room_b), moved_worth);
	if (!failed) {
		pair_beside(trees, -1);
		pair_beside(trees, 1);
	}
	free(room_a);
	free(room_b);
	return failed ? -1 : 0;
}

static int init_side(struct opj_align_side *side, const struct opj_rows *rows, struct opj_error *err)
{
	side->rows = rows;
	side->match = calloc(rows->count + 1, sizeof *side->match);
	side->geometries = calloc(rows->count + 1, sizeof *side->geometries);
	if (!side->match || !side->geometries)
		return opj_fail(err, "out of memory");
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_seen_module *module = rows->rows[i].module;
		side->match[i] = -1;
		if (opj_geometry_init(&side->geometries[i], module ? &module->module->def : NULL, err))
			return -1;
	}
	return 0;
}

/* The names of all attributes of a side's modules. */
static int attribute_names(const struct opj_align_side *side, struct opj_intern *names, struct opj_error *err)
{
	for (size_t i = 0; i < side->rows->count; i++) {
		const struct opj_geometry *geometry = &side->geometries[i];
		for (size_t j = 0; j < geometry->count; j++) {
			if (!geometry->entries[j].parameter &&
			    opj_intern_text(names, geometry->entries[j].name) == OPJ_INTERN_NONE)
				return opj_fail(err, "out of memory");
		}
	}
	return 0;
}

/* Traces of a later schema say more of the same module, and that is no difference: attributes of which no module of the
 * earlier trace has one of that name are left out of the later one. */
static int leave_out_unsaid(const struct opj_align_side *earlier, struct opj_align_side *later, struct opj_error *err)
{
	struct opj_intern said = {0};
	int failed = attribute_names(earlier, &said, err);
	for (size_t i = 0; !failed && i < later->rows->count; i++)
		opj_geometry_keep(&later->geometries[i], &said);
	opj_intern_finish(&said);
	return failed;
}

static void match_outside(struct opj_align *align)
{
	size_t n = align->a.rows->count, m = align->b.rows->count;
	if (n && m && align->a.rows->rows[n - 1].outside && align->b.rows->rows[m - 1].outside) {
		align->a.match[n - 1] = (int64_t)m - 1;
		align->b.match[m - 1] = (int64_t)n - 1;
	}
}

int opj_align_init(struct opj_align *result, const struct opj_rows *a, const struct opj_rows *b, struct opj_error *err)
{
	*result = (struct opj_align){0};
	struct trees trees = {.err = err};
	int failed = init_side(&result->a, a, err) || init_side(&result->b, b, err);
	if (!failed && a->schema_minor < b->schema_minor)
		failed = leave_out_unsaid(&result->a, &result->b, err);
	else if (!failed && a->schema_minor > b->schema_minor)
		failed = leave_out_unsaid(&result->b, &result->a, err);
	if (!failed) {
		failed = opj_align_tree_init(&trees.a, &result->a) || opj_align_tree_init(&trees.b, &result->b)
			     ? opj_fail(err, "out of memory")
			     : align(&trees);
		opj_align_tree_finish(&trees.a);
		opj_align_tree_finish(&trees.b);
	}
	if (failed) {
		opj_align_finish(result);
		return -1;
	}
	match_outside(result);
	return 0;
}

static void finish_side(struct opj_align_side *side)
{
	for (size_t i = 0; side->geometries && i < side->rows->count; i++)
		opj_geometry_finish(&side->geometries[i]);
	free(side->geometries);
	free(side->match);
	*side = (struct opj_align_side){0};
}

void opj_align_finish(struct opj_align *align)
{
	finish_side(&align->a);
	finish_side(&align->b);
}

bool opj_align_renamed(const struct opj_align *align, size_t a)
{
	const struct opj_row *x = &align->a.rows->rows[a], *y = &align->b.rows->rows[align->a.match[a]];
	if (x->parent < 0 || y->parent < 0)
		return x->parent != y->parent || strcmp(x->local, y->local) != 0;
	return align->a.match[x->parent] != y->parent || strcmp(x->local, y->local) != 0;
}

/* Roots are called by their class. */
static bool is_named_by_class(const struct opj_align_side *side, size_t row)
{
	return side->rows->rows[row].parent < 0 && strcmp(side->rows->rows[row].name, side->geometries[row].cls) == 0;
}

bool opj_align_next_change(const struct opj_align *align, size_t a, struct opj_geometry_cursor *cursor,
			   struct opj_geometry_change *change)
{
	size_t b = (size_t)align->a.match[a];
	if (is_named_by_class(&align->a, a) && is_named_by_class(&align->b, b))
		cursor->classed = true;
	return opj_geometry_next(&align->a.geometries[a], &align->b.geometries[b], cursor, change);
}

bool opj_align_changed(const struct opj_align *align, size_t a)
{
	struct opj_geometry_change change;
	return opj_align_next_change(align, a, &(struct opj_geometry_cursor){0}, &change);
}
