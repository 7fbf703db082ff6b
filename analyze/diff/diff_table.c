/* analyze/diff/diff_table.c: tables of changes by module, stage and op, the greatest first.
 *
 * A module's row is what ran in itself, without the modules inside it: so rows add up to the total. Metrics that
 * changed nowhere have no column. */
#include "diff.h"
#include "record/base/columns.h"
#include <stdlib.h>
#include <string.h>

/* How a metric is shown. */
enum form {
	FORM_FULL,     /* A, B, change, relative change */
	FORM_CHANGE,   /* change, relative change */
	FORM_RELATIVE, /* relative change */
	FORM_SHARE,    /* "72.1 → 66.8 %" */
};

struct table {
	const struct opj_diff *diff;
	enum opj_axis axis;
	bool wide;
	uint32_t *chosen; /* [count] columns of the diff */
	uint32_t count;
	struct opj_columns columns;
};

static enum form form_of(const struct table *table, uint32_t column)
{
	bool energy = table->diff->columns[column].kind == OPJ_COLUMN_ENERGY;
	return table->diff->columns[column].quantity == OPJ_QUANTITY_SHARE ? FORM_SHARE
	       : energy || column == table->diff->effect                   ? FORM_FULL
	       : table->wide                                               ? FORM_CHANGE
									   : FORM_RELATIVE;
}

static const struct opj_diff_pair *pairs_of(const struct opj_diff_row *row)
{
	return row->own ? row->own : row->figures;
}

static bool changed(const struct opj_diff_pair *pair)
{
	struct opj_figure change = opj_diff_change(pair);
	return change.known && change.number != 0;
}

static bool column_changed(const struct table *table, uint32_t column)
{
	const struct opj_diff_rows *rows = &table->diff->by[table->axis];
	for (size_t i = 0; i < rows->count; i++) {
		if (changed(&pairs_of(&rows->rows[i])[column]))
			return true;
	}
	return false;
}

static bool any_known(const struct table *table, uint32_t column)
{
	const struct opj_diff_rows *rows = &table->diff->by[table->axis];
	for (size_t i = 0; i < rows->count; i++) {
		if (opj_diff_change(&pairs_of(&rows->rows[i])[column]).known)
			return true;
	}
	return false;
}

/* Energies, then whatever was counted, then what was measured. */
static int rank_of(const struct opj_column *column)
{
	return column->kind == OPJ_COLUMN_ENERGY ? 0 : column->kind == OPJ_COLUMN_TIME ? 2 : 1;
}

/* The metric that rows are sorted by comes first. */
static void choose(struct table *table)
{
	const struct opj_diff *diff = table->diff;
	if (any_known(table, diff->effect))
		table->chosen[table->count++] = diff->effect;
	for (int rank = 0; rank <= 2; rank++) {
		for (uint32_t i = 0; i < diff->column_count; i++) {
			if (i != diff->effect && rank_of(&diff->columns[i]) == rank && column_changed(table, i))
				table->chosen[table->count++] = i;
		}
	}
}

static void add_heads(struct table *table)
{
	static const char *const names[] = {"module itself", "stage", "op"};
	struct opj_columns *columns = &table->columns;
	opj_columns_cell(columns, "%s", names[table->axis]);
	opj_columns_cell(columns, "%s", "");
	for (uint32_t i = 0; i < table->count; i++) {
		enum form form = form_of(table, table->chosen[i]);
		opj_columns_cell(columns, "%s%s", table->diff->columns[table->chosen[i]].head,
				 form == FORM_FULL ? " A" : "");
		if (form == FORM_FULL) {
			opj_columns_cell(columns, "B");
			opj_columns_cell(columns, "change");
		}
		if (form == FORM_FULL || form == FORM_CHANGE)
			opj_columns_cell(columns, "%s", "");
	}
	columns->count = (uint32_t)columns->cell_count;
	columns->right = ~UINT64_C(3);
}

static void add_share(const struct table *table, uint32_t column, const struct opj_diff_pair *pair,
		      struct opj_columns *columns)
{
	char a[32], b[32];
	opj_diff_figure_text(a, table->diff, column, &pair->a);
	opj_diff_figure_text(b, table->diff, column, &pair->b);
	if (changed(pair) && strcmp(a, b) != 0)
		opj_columns_cell(columns, "%.*s → %s", (int)strcspn(a, " "), a, b);
	else
		opj_columns_cell(columns, "%s", "");
}

static void add_pair(struct table *table, uint32_t column, const struct opj_diff_pair *pair)
{
	struct opj_columns *columns = &table->columns;
	enum form form = form_of(table, column);
	char text[32];
	bool shown = changed(pair);
	if (form == FORM_SHARE) {
		add_share(table, column, pair, columns);
		return;
	}
	if (form == FORM_FULL) {
		opj_columns_cell(columns, "%s", opj_diff_figure_text(text, table->diff, column, &pair->a));
		opj_columns_cell(columns, "%s", opj_diff_figure_text(text, table->diff, column, &pair->b));
	}
	columns->style = opj_diff_style(pair);
	if (form == FORM_FULL || form == FORM_CHANGE)
		opj_columns_cell(columns, "%s", shown ? opj_diff_change_text(text, table->diff, column, pair) : "");
	opj_columns_cell(columns, "%s", shown ? opj_diff_relative_text(text, pair) : "");
	columns->style = OPJ_PLAIN;
}

static const char *status_word(unsigned status)
{
	return status & OPJ_DIFF_ADDED     ? "added"
	       : status & OPJ_DIFF_REMOVED ? "removed"
	       : status & OPJ_DIFF_CHANGED ? "changed"
	       : status & OPJ_DIFF_RENAMED ? "renamed"
					   : "";
}

static void add_row(struct table *table, const char *label, unsigned status, const struct opj_diff_pair *pairs)
{
	opj_columns_cell(&table->columns, "%s", label);
	opj_columns_cell(&table->columns, "%s", status_word(status));
	for (uint32_t i = 0; i < table->count; i++)
		add_pair(table, table->chosen[i], &pairs[table->chosen[i]]);
}

static const char *label_of(const struct table *table, const struct opj_diff_row *row)
{
	if (row->outside)
		return "(outside modules)";
	return table->axis == OPJ_BY_STAGE ? opj_stage_label(opj_diff_name(row)) : opj_diff_name(row);
}

/* Returns how many rows differ. */
static size_t add_rows(struct table *table, const size_t *order)
{
	const struct opj_diff_rows *rows = &table->diff->by[table->axis];
	size_t shown = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[order[i]];
		if (!opj_diff_row_differs(table->diff, row))
			continue;
		add_row(table, label_of(table, row), row->status, pairs_of(row));
		shown++;
	}
	return shown;
}

int opj_diff_table(const struct opj_diff *diff, enum opj_axis axis, const struct opj_diff_view *view, FILE *out,
		   struct opj_error *err)
{
	struct table table = {.diff = diff, .axis = axis, .wide = view->wide};
	size_t *order = opj_diff_sorted(diff, axis);
	table.chosen = calloc(diff->column_count, sizeof *table.chosen);
	int failed = -1;
	if (!order || !table.chosen)
		goto no_memory;
	choose(&table);
	add_heads(&table);
	failed = 0;
	if (add_rows(&table, order)) {
		add_row(&table, "total", 0, diff->totals);
		putc('\n', out);
		failed = opj_columns_print(&table.columns, 0, 1, out);
	}
no_memory:
	if (failed)
		opj_fail(err, "out of memory");
	opj_columns_finish(&table.columns);
	free(table.chosen);
	free(order);
	return failed;
}
