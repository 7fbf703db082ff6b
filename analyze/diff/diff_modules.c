/* analyze/diff/diff_modules.c: what became of the modules, a line for each that is not the same, in the order of the
 * model.
 *
 * What went or came as a whole takes one line, and so do neighbours whose numbers moved by the same amount because
 * something before them went or came. */
#include "diff.h"
#include "record/base/columns.h"
#include <stdlib.h>
#include <string.h>

/* Of a module of one trace. */
struct inside {
	size_t count; /* modules inside it */
	bool shared;  /* one of them has a match */
};

/* Neighbours with numbers for names, "Net.blocks.3", whose numbers moved alike. */
struct run {
	const struct opj_diff_row *first, *last;
	size_t count;
	long shift;
};

struct list {
	const struct opj_diff *diff;
	struct inside *a, *b; /* by row */
	struct opj_columns columns;
	struct run run;
	size_t same;
};

/* By row, for the caller to free. A module stands before what is inside it. NULL: out of memory. */
static struct inside *look_inside(const struct opj_align_side *side)
{
	struct inside *all = calloc(side->rows->count + 1, sizeof *all);
	for (size_t i = side->rows->count; all && i-- > 0;) {
		int64_t parent = side->rows->rows[i].parent;
		if (parent < 0)
			continue;
		all[parent].count += 1 + all[i].count;
		all[parent].shared = all[parent].shared || all[i].shared || side->match[i] >= 0;
	}
	return all;
}

static const char *class_of(const struct opj_diff_row *row)
{
	const struct opj_row *one = row->b ? row->b : row->a;
	return one && one->module ? one->module->module->def.cls : "";
}

static void add_line(struct list *list, const char *what, const char *name, const char *cls, const char *more)
{
	opj_columns_cell(&list->columns, "%s", what);
	opj_columns_cell(&list->columns, "%s", name);
	opj_columns_cell(&list->columns, "%s", cls);
	opj_columns_cell(&list->columns, "%s", more);
}

/* Where the number begins that is a module's whole name below its parent's; NULL: the name is none. */
static const char *number_of(const char *name)
{
	const char *dot = strrchr(name, '.'), *number = dot ? dot + 1 : name;
	size_t digits = strspn(number, "0123456789");
	return digits && digits < 10 && !number[digits] ? number : NULL;
}

/* Whether only the number in the name moved; by how much. */
static bool number_moved(const struct opj_diff_row *row, long *shift)
{
	const char *a = number_of(row->a->name), *b = number_of(row->b->name);
	if (row->status != OPJ_DIFF_RENAMED || !a || !b)
		return false;
	*shift = atol(b) - atol(a);
	return *shift != 0;
}

static bool same_stem(const char *x, const char *y)
{
	size_t n = (size_t)(number_of(x) - x);
	return n == (size_t)(number_of(y) - y) && memcmp(x, y, n) == 0;
}

static void end_run(struct list *list)
{
	const struct run *run = &list->run;
	char *name, more[40] = "";
	if (!run->count)
		return;
	int length = run->count == 1
			 ? asprintf(&name, "%s → %s", run->first->a->name, run->first->b->name)
			 : asprintf(&name, "%s … %s → %s … %s", run->first->a->name, number_of(run->last->a->name),
				    run->first->b->name, number_of(run->last->b->name));
	if (run->count > 1)
		snprintf(more, sizeof more, "%zu modules", run->count);
	if (length < 0) {
		list->columns.failed = true;
	} else {
		add_line(list, "renamed", name, run->count == 1 ? class_of(run->first) : "", more);
		free(name);
	}
	list->run = (struct run){0};
}

/* False: the row is not one whose number moved. */
static bool add_to_run(struct list *list, const struct opj_diff_row *row)
{
	struct run *run = &list->run;
	long shift;
	if (!number_moved(row, &shift))
		return false;
	if (run->count && (shift != run->shift || !same_stem(row->a->name, run->last->a->name) ||
			   !same_stem(row->b->name, run->last->b->name)))
		end_run(list);
	if (!run->count)
		run->first = row;
	run->last = row;
	run->shift = shift;
	run->count++;
	return true;
}

static void add_lone(struct list *list, const struct opj_diff_row *row)
{
	const struct opj_align_side *side = row->a ? &list->diff->align.a : &list->diff->align.b;
	const struct inside *inside = row->a ? list->a : list->b;
	const struct opj_row *one = row->a ? row->a : row->b;
	const struct inside *own = &inside[one - side->rows->rows];
	char more[40] = "";
	if (one->parent >= 0 && side->match[one->parent] < 0 && !inside[one->parent].shared)
		return; /* with the module around it */
	if (own->count && !own->shared)
		snprintf(more, sizeof more, "and %zu module%s inside", own->count, own->count == 1 ? "" : "s");
	end_run(list);
	add_line(list, row->a ? "removed" : "added", one->name, class_of(row), more);
}

/* "out_channels 32 → 48, weight …": NULL: out of memory. */
static char *changes_text(const struct opj_diff *diff, const struct opj_diff_row *row)
{
	struct opj_geometry_cursor cursor = {0};
	struct opj_geometry_change change;
	size_t index = (size_t)(row->a - diff->a->by[OPJ_BY_MODULE].rows), size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	for (bool more = false; opj_align_next_change(&diff->align, index, &cursor, &change); more = true)
		fprintf(out, "%s%s %s → %s", more ? ", " : "", change.name, change.a ? change.a : "none",
			change.b ? change.b : "none");
	bool bad = ferror(out);
	if (fclose(out) == 0 && !bad)
		return text;
	free(text);
	return NULL;
}

static void add_both(struct list *list, const struct opj_diff_row *row)
{
	bool renamed = row->status & OPJ_DIFF_RENAMED, changed = row->status & OPJ_DIFF_CHANGED;
	bool moved = strcmp(row->a->name, row->b->name) != 0;
	char *changes = changes_text(list->diff, row), *name;
	int length = !changes ? -1
		     : moved  ? asprintf(&name, "%s → %s", row->a->name, row->b->name)
			      : asprintf(&name, "%s", row->b->name);
	end_run(list);
	if (length < 0) {
		list->columns.failed = true;
	} else {
		add_line(list,
			 renamed && changed ? "renamed, changed"
			 : renamed          ? "renamed"
					    : "changed",
			 name, class_of(row), changes);
		free(name);
	}
	free(changes);
}

static void add_row(struct list *list, const struct opj_diff_row *row)
{
	if (row->outside)
		return;
	if (!row->status)
		list->same++;
	else if (row->status & (OPJ_DIFF_ADDED | OPJ_DIFF_REMOVED))
		add_lone(list, row);
	else if (!add_to_run(list, row))
		add_both(list, row);
}

int opj_diff_modules(const struct opj_diff *diff, FILE *out, struct opj_error *err)
{
	struct list list = {.diff = diff, .columns = {.count = 4}};
	int failed = -1;
	list.a = look_inside(&diff->align.a);
	list.b = look_inside(&diff->align.b);
	if (list.a && list.b) {
		for (size_t i = 0; i < diff->by[OPJ_BY_MODULE].count; i++)
			add_row(&list, &diff->by[OPJ_BY_MODULE].rows[i]);
		end_run(&list);
		fprintf(out, "\nmodules: %zu in A and B are the same%s\n", list.same,
			list.columns.cell_count ? "" : ", none was added, removed, renamed or changed");
		failed = opj_columns_print(&list.columns, 2, 0, out);
	}
	if (failed)
		opj_fail(err, "out of memory");
	opj_columns_finish(&list.columns);
	free(list.a);
	free(list.b);
	return failed;
}
