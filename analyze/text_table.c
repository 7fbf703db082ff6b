/* analyze/text_table.c: the table of the text report: a row for each module, stage or op.
 *
 * Each module's row includes what is below it, so rows do not add up to the total. */
#include "columns.h"
#include "digest.h"
#include "text.h"
#include <string.h>

/* What a column is called and shown with: counters of several metrics have a list of their own below the table. */
static bool shown(const struct opj_digest *digest, const struct opj_column *column)
{
	return column->kind == OPJ_COLUMN_OPS || column->kind == OPJ_COLUMN_ENERGY ||
	       (column->kind == OPJ_COLUMN_COUNT && !digest->analysis->counts[column->index].counter->metrics);
}

static bool outputs_known(const struct opj_digest *digest)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->rows[i].module && rows->rows[i].module->out.known)
			return true;
	}
	return false;
}

static void add_heading(const struct opj_digest *digest, enum opj_axis by, bool outputs, struct opj_columns *columns)
{
	static const char *const names[] = {"module", "stage", "op"};
	opj_columns_cell(columns, "%s", names[by]);
	if (by == OPJ_BY_MODULE)
		opj_columns_cell(columns, "class");
	for (uint32_t i = 0; i < digest->column_count; i++) {
		const struct opj_column *column = &digest->columns[i];
		if (shown(digest, column))
			opj_columns_cell(columns, "%s", column->head);
		if (column->kind == OPJ_COLUMN_ENERGY)
			opj_columns_cell(columns, "share");
	}
	if (outputs)
		opj_columns_cell(columns, "nonzero out");
}

static void add_figures(const struct opj_digest *digest, const struct opj_figure *figures, struct opj_columns *columns)
{
	char text[32];
	for (uint32_t i = 0; i < digest->column_count; i++) {
		const struct opj_column *column = &digest->columns[i];
		if (!shown(digest, column))
			continue;
		opj_columns_cell(columns, "%s", opj_figure_text(text, column, &figures[i]));
		if (column->kind != OPJ_COLUMN_ENERGY)
			continue;
		const struct opj_figure *total = &digest->totals[i];
		if (figures[i].known && total->known && total->number > 0)
			opj_columns_cell(columns, "%.1f %%", 100 * figures[i].number / total->number);
		else
			opj_columns_cell(columns, "%s", "");
	}
}

static void add_row(const struct opj_digest *digest, enum opj_axis by, const struct opj_row *row, bool outputs,
		    struct opj_columns *columns)
{
	const char *label = row->outside         ? "(outside modules)"
			    : by == OPJ_BY_STAGE ? opj_text_stage(row->name)
						 : row->local;
	opj_columns_cell(columns, "%*s%s", 2 * (int)row->depth, "", label);
	if (by == OPJ_BY_MODULE)
		opj_columns_cell(columns, "%s", row->module ? row->module->module->def.cls : "");
	add_figures(digest, row->figures, columns);
	if (!outputs)
		return;
	const struct opj_activity *out = row->module ? &row->module->out : NULL;
	if (out && out->known && out->elements)
		opj_columns_cell(columns, "%.1f %%", 100.0 * (double)out->nnz / (double)out->elements);
	else
		opj_columns_cell(columns, "%s", "");
}

int opj_text_table(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err)
{
	struct opj_digest digest;
	struct opj_columns columns = {0};
	if (opj_digest_init(&digest, analysis, err))
		return -1;
	const struct opj_rows *rows = &digest.by[by];
	bool outputs = by == OPJ_BY_MODULE && outputs_known(&digest);
	add_heading(&digest, by, outputs, &columns);
	columns.count = (uint32_t)columns.cell_count;
	columns.right = ~(uint64_t)(by == OPJ_BY_MODULE ? 3 : 1);
	for (size_t i = 0; i < rows->count; i++)
		add_row(&digest, by, &rows->rows[i], outputs, &columns);
	opj_columns_cell(&columns, "total");
	if (by == OPJ_BY_MODULE)
		opj_columns_cell(&columns, "%s", "");
	add_figures(&digest, digest.totals, &columns);
	if (outputs)
		opj_columns_cell(&columns, "%s", "");
	int failed = opj_columns_print(&columns, 0, 1, out) ? opj_fail(err, "out of memory") : 0;
	opj_columns_finish(&columns);
	opj_digest_finish(&digest);
	return failed;
}
