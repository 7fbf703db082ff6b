/* analyze/diff_text.c: a diff for people: totals, what became of the modules, then the tables of diff_table.c. */
#include "columns.h"
#include "diff.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Prints and empties. */
static int flush(struct opj_columns *columns, uint32_t indent, uint32_t heads, FILE *out, struct opj_error *err)
{
	int failed = opj_columns_print(columns, indent, heads, out) ? opj_fail(err, "out of memory") : 0;
	opj_columns_finish(columns);
	return failed;
}

static void add_trace(const char *name, const struct opj_digest *digest, struct opj_columns *columns)
{
	const struct opj_analysis *analysis = digest->analysis;
	opj_columns_cell(columns, "%s", name);
	if (!analysis->trace) {
		opj_columns_cell(columns, "%" PRIu64 " ops", analysis->ops);
		return;
	}
	const struct opj_manifest *manifest = opj_trace_manifest(analysis->trace);
	opj_columns_cell(columns, "%s: %s%s%s%s%s, %" PRIu64 " ops", opj_trace_path(analysis->trace),
			 *manifest->model ? manifest->model : "unnamed", *manifest->run ? ", run " : "", manifest->run,
			 *manifest->framework ? ", " : "", manifest->framework, analysis->ops);
}

static int print_header(const struct opj_diff *diff, FILE *out, struct opj_error *err)
{
	struct opj_columns columns = {.count = 2};
	add_trace("A", diff->a, &columns);
	add_trace("B", diff->b, &columns);
	for (size_t i = 0; i < diff->warning_count; i++) {
		opj_columns_cell(&columns, "warning");
		opj_columns_cell(&columns, "%s", diff->warnings[i]);
	}
	return flush(&columns, 0, 0, out, err);
}

static int print_totals(const struct opj_diff *diff, FILE *out, struct opj_error *err)
{
	struct opj_columns columns = {.count = 5, .right = ~UINT64_C(1)};
	static const char *const heads[] = {"total", "A", "B", "change", ""};
	for (int i = 0; i < 5; i++)
		opj_columns_cell(&columns, "%s", heads[i]);
	for (uint32_t i = 0; i < diff->digest_columns; i++) {
		const struct opj_diff_pair *pair = &diff->totals[i];
		char text[32];
		if (!pair->a.known && !pair->b.known)
			continue;
		opj_columns_cell(&columns, "%s%s", diff->columns[i].name, i == OPJ_DIGEST_TIME ? ", measured" : "");
		opj_diff_figure_text(text, diff, i, &pair->a);
		opj_columns_cell(&columns, "%s", text);
		opj_diff_figure_text(text, diff, i, &pair->b);
		opj_columns_cell(&columns, "%s", text);
		opj_diff_change_text(text, diff, i, pair);
		opj_columns_cell(&columns, "%s", text);
		opj_diff_relative_text(text, pair);
		opj_columns_cell(&columns, "%s", text);
	}
	putc('\n', out);
	return flush(&columns, 0, 1, out, err);
}

static const char *class_of(const struct opj_diff_row *row)
{
	const struct opj_row *one = row->b ? row->b : row->a;
	return one && one->module ? one->module->module->def.cls : "";
}

/* Modules of one trace inside a row that is not in the other, when none of them is in the other. */
static size_t alone_inside(const struct opj_align_side *side, size_t row)
{
	const struct opj_row *rows = side->rows->rows;
	size_t count = 0, length = strlen(rows[row].name);
	for (size_t i = row + 1; i < side->rows->count; i++) {
		if (rows[i].depth <= rows[row].depth || strncmp(rows[i].name, rows[row].name, length) != 0)
			continue;
		if (side->match[i] >= 0)
			return 0;
		count++;
	}
	return count;
}

/* Whether a module went or came with one around it that stands in the list. */
static bool with_parent(const struct opj_align_side *side, const struct opj_row *row)
{
	for (int64_t parent = row->parent; parent >= 0; parent = side->rows->rows[parent].parent) {
		if (side->match[parent] < 0 && alone_inside(side, (size_t)parent))
			return true;
	}
	return false;
}

static void add_changes(const struct opj_diff *diff, const struct opj_diff_row *row, char *text, size_t size)
{
	struct opj_geometry_cursor cursor = {0};
	struct opj_geometry_change change;
	size_t index = (size_t)(row->a - diff->a->by[OPJ_BY_MODULE].rows), used = 0;
	text[0] = '\0';
	while (used + 1 < size && opj_align_next_change(&diff->align, index, &cursor, &change)) {
		snprintf(text + used, size - used, "%s%.80s %.120s → %.120s", used ? ", " : "", change.name,
			 change.a ? change.a : "none", change.b ? change.b : "none");
		used = strlen(text);
	}
}

static void add_lone(const struct opj_diff *diff, const struct opj_diff_row *row, struct opj_columns *columns)
{
	const struct opj_align_side *side = row->a ? &diff->align.a : &diff->align.b;
	const struct opj_row *one = row->a ? row->a : row->b;
	if (with_parent(side, one))
		return;
	size_t inside = alone_inside(side, (size_t)(one - side->rows->rows));
	opj_columns_cell(columns, "%s", row->a ? "removed" : "added");
	opj_columns_cell(columns, "%s", one->name);
	opj_columns_cell(columns, "%s", class_of(row));
	if (inside)
		opj_columns_cell(columns, "and %zu module%s inside", inside, inside == 1 ? "" : "s");
	else
		opj_columns_cell(columns, "%s", "");
}

static void add_both(const struct opj_diff *diff, const struct opj_diff_row *row, struct opj_columns *columns)
{
	char changes[1200];
	bool renamed = row->status & OPJ_DIFF_RENAMED, changed = row->status & OPJ_DIFF_CHANGED;
	add_changes(diff, row, changes, sizeof changes);
	opj_columns_cell(columns, "%s", renamed && changed ? "renamed, changed" : renamed ? "renamed" : "changed");
	if (strcmp(row->a->name, row->b->name) != 0)
		opj_columns_cell(columns, "%s → %s", row->a->name, row->b->name);
	else
		opj_columns_cell(columns, "%s", row->b->name);
	opj_columns_cell(columns, "%s", class_of(row));
	opj_columns_cell(columns, "%s", changes);
}

/* What became of the modules, in the order of the model. */
static int print_modules(const struct opj_diff *diff, FILE *out, struct opj_error *err)
{
	const struct opj_diff_rows *rows = &diff->by[OPJ_BY_MODULE];
	struct opj_columns columns = {.count = 4};
	size_t same = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[i];
		if (row->outside)
			continue;
		if (row->status & (OPJ_DIFF_ADDED | OPJ_DIFF_REMOVED))
			add_lone(diff, row, &columns);
		else if (row->status)
			add_both(diff, row, &columns);
		else
			same++;
	}
	fprintf(out, "\nmodules: %zu in A and B are the same%s\n", same,
		columns.cell_count ? "" : ", none was added, removed, renamed or changed");
	return flush(&columns, 2, 0, out, err);
}

int opj_diff_print(const struct opj_diff *diff, const struct opj_diff_view *view, FILE *out, struct opj_error *err)
{
	bool differs = opj_diff_differs(diff);
	if ((differs || diff->warning_count) && print_header(diff, out, err))
		return -1;
	if (!differs) {
		fputs("no difference\n", out);
		return 0;
	}
	if (print_totals(diff, out, err) || print_modules(diff, out, err))
		return -1;
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_OP; axis++) {
		bool one = diff->by[axis].count == 1 && !view->axes; /* a table that says what the totals said */
		bool asked = !view->axes || view->axes >> axis & 1;
		if (asked && !one && opj_diff_table(diff, (enum opj_axis)axis, view, out, err))
			return -1;
	}
	return 0;
}
