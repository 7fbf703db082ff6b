/* analyze/diff_text.c: a diff for people: totals, what became of the modules, then tables of changes, the greatest
 * first.
 *
 * Rows of the tables are what ran in a module itself, without the modules inside it: they add up to the total. */
#include "columns.h"
#include "diff.h"
#include "text.h"
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
		opj_columns_cell(&columns, "%s", diff->columns[i].name);
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

/* Whether any row that is shown changed in a column. */
static bool column_differs(const struct opj_diff *diff, enum opj_axis axis, uint32_t column)
{
	const struct opj_diff_rows *rows = &diff->by[axis];
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[i];
		struct opj_figure change = opj_diff_change(&(row->own ? row->own : row->figures)[column]);
		if (change.known && change.number != 0)
			return true;
	}
	return false;
}

/* Columns of a table: the one that rows are sorted by first. Returns how many. */
static uint32_t choose_columns(const struct opj_diff *diff, enum opj_axis axis, uint32_t *chosen)
{
	uint32_t count = 0;
	chosen[count++] = diff->effect;
	for (uint32_t i = 0; i < diff->column_count; i++) {
		bool energy = diff->columns[i].kind == OPJ_COLUMN_ENERGY;
		if (i != diff->effect && energy && column_differs(diff, axis, i))
			chosen[count++] = i;
	}
	for (uint32_t i = 0; i < diff->column_count; i++) {
		bool energy = diff->columns[i].kind == OPJ_COLUMN_ENERGY;
		if (i != diff->effect && !energy && column_differs(diff, axis, i))
			chosen[count++] = i;
	}
	return count;
}

static void add_pair(const struct opj_diff *diff, uint32_t column, const struct opj_diff_pair *pair,
		     struct opj_columns *columns)
{
	struct opj_figure change = opj_diff_change(pair);
	char first[32] = "", second[32] = "";
	bool changed = change.known && change.number != 0;
	if (opj_diff_is_share(diff, column)) {
		opj_diff_figure_text(first, diff, column, &pair->a);
		opj_diff_figure_text(second, diff, column, &pair->b);
		if (changed && strcmp(first, second) != 0)
			opj_columns_cell(columns, "%.*s → %s", (int)strcspn(first, " "), first, second);
		else
			opj_columns_cell(columns, "%s", "");
		return;
	}
	if (changed) {
		opj_diff_change_text(first, diff, column, pair);
		opj_diff_relative_text(second, pair);
	}
	opj_columns_cell(columns, "%s", first);
	opj_columns_cell(columns, "%s", second);
}

static const char *row_label(const struct opj_diff_row *row, enum opj_axis axis)
{
	return row->outside           ? "(outside modules)"
	       : axis == OPJ_BY_STAGE ? opj_text_stage(opj_diff_name(row))
				      : opj_diff_name(row);
}

static const char *status_word(unsigned status)
{
	return status & OPJ_DIFF_ADDED     ? "added"
	       : status & OPJ_DIFF_REMOVED ? "removed"
	       : status & OPJ_DIFF_CHANGED ? "changed"
	       : status & OPJ_DIFF_RENAMED ? "renamed"
					   : "";
}

static void add_head(const struct opj_diff *diff, enum opj_axis axis, const uint32_t *chosen, uint32_t count,
		     struct opj_columns *columns)
{
	static const char *const names[] = {"module itself", "stage", "op"};
	opj_columns_cell(columns, "%s", names[axis]);
	opj_columns_cell(columns, "%s", "");
	for (uint32_t i = 0; i < count; i++) {
		opj_columns_cell(columns, "%s", diff->columns[chosen[i]].head);
		if (!opj_diff_is_share(diff, chosen[i]))
			opj_columns_cell(columns, "%s", "");
	}
	columns->count = (uint32_t)columns->cell_count;
	columns->right = ~UINT64_C(3);
}

static void add_row(const struct opj_diff *diff, const char *label, const char *status,
		    const struct opj_diff_pair *pairs, const uint32_t *chosen, uint32_t count,
		    struct opj_columns *columns)
{
	opj_columns_cell(columns, "%s", label);
	opj_columns_cell(columns, "%s", status);
	for (uint32_t i = 0; i < count; i++)
		add_pair(diff, chosen[i], &pairs[chosen[i]], columns);
}

static int print_table(const struct opj_diff *diff, enum opj_axis axis, FILE *out, struct opj_error *err)
{
	const struct opj_diff_rows *rows = &diff->by[axis];
	struct opj_columns columns = {0};
	size_t *order = opj_diff_sorted(diff, axis), shown = 0;
	uint32_t *chosen = calloc(diff->column_count, sizeof *chosen);
	if (!order || !chosen) {
		free(order);
		free(chosen);
		return opj_fail(err, "out of memory");
	}
	uint32_t count = choose_columns(diff, axis, chosen);
	add_head(diff, axis, chosen, count, &columns);
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[order[i]];
		if (!opj_diff_row_differs(diff, row))
			continue;
		add_row(diff, row_label(row, axis), status_word(row->status), row->own ? row->own : row->figures,
			chosen, count, &columns);
		shown++;
	}
	add_row(diff, "total", "", diff->totals, chosen, count, &columns);
	free(order);
	free(chosen);
	if (!shown) {
		opj_columns_finish(&columns);
		return 0;
	}
	putc('\n', out);
	return flush(&columns, 0, 1, out, err);
}

int opj_diff_print(const struct opj_diff *diff, unsigned axes, FILE *out, struct opj_error *err)
{
	bool differs = opj_diff_differs(diff);
	if (!differs && !diff->warning_count) {
		fputs("no difference\n", out);
		return 0;
	}
	if (print_header(diff, out, err))
		return -1;
	if (!differs) {
		fputs("no difference\n", out);
		return 0;
	}
	if (print_totals(diff, out, err) || print_modules(diff, out, err))
		return -1;
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_OP; axis++) {
		if (axes >> axis & 1 && print_table(diff, (enum opj_axis)axis, out, err))
			return -1;
	}
	return 0;
}
