/* analyze/figures/format_text.c: text for terminals. Tables: aligned columns, each figure with its SI unit, at most one
 * line of headings more for several traces. */
#include "format.h"
#include "record/base/columns.h"
#include "record/base/quantity.h"
#include <string.h>

/* The traces' numbers, each above the first of its columns. */
static void add_group_heading(const struct opj_sheet *sheet, struct opj_columns *columns)
{
	uint32_t last = OPJ_SHEET_ALL;
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		uint32_t trace = sheet->columns[i].trace;
		if (trace != OPJ_SHEET_ALL && trace != last)
			opj_columns_cell(columns, "[%u]", trace + 1);
		else
			opj_columns_cell(columns, "%s", "");
		last = trace;
	}
}

static void add_row(const struct opj_sheet *sheet, const struct opj_sheet_row *row, struct opj_columns *columns)
{
	char text[32];
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		const struct opj_sheet_cell *cell = &row->cells[i];
		if (cell->text)
			opj_columns_cell(columns, "%*s%s", i ? 0 : 2 * (int)row->depth, "", cell->local);
		else
			opj_columns_cell(columns, "%s",
					 opj_figure_text(text, sheet->columns[i].quantity, &cell->figure));
	}
}

static int put_table(const struct opj_sheet *sheet, FILE *out)
{
	struct opj_columns columns = {.count = sheet->column_count};
	bool grouped = sheet->by != OPJ_BY_MODEL && sheet->source_count > 1;
	columns.right = ~(uint64_t)(sheet->by == OPJ_BY_MODULE ? 3 : 1);
	if (grouped) {
		for (uint32_t i = 0; i < sheet->source_count; i++) {
			opj_print(out, OPJ_PLAIN, "[%u] %s", i + 1, sheet->sources[i].label);
			putc('\n', out);
		}
		putc('\n', out);
		add_group_heading(sheet, &columns);
	}
	for (uint32_t i = 0; i < sheet->column_count; i++)
		opj_columns_cell(&columns, "%s", sheet->columns[i].head);
	for (uint32_t i = 0; i < sheet->row_count; i++)
		add_row(sheet, &sheet->rows[i], &columns);
	int failed = opj_columns_print(&columns, 0, grouped ? 2 : 1, out);
	opj_columns_finish(&columns);
	return failed;
}

static void say(const char *text, FILE *out)
{
	opj_print(out, OPJ_PLAIN, "%s", text);
}

/* One trace has a whole report for people; what several have in common is a table. */
static int write_text(const struct opj_document *document, FILE *out, struct opj_error *err)
{
	if (document->count == 1 && document->by != OPJ_BY_MODEL)
		return opj_text_report(document->sources[0].digest, (enum opj_axis)document->by, out, err);
	return opj_paper_write(document, &opj_format_text, out, err);
}

const struct opj_format opj_format_text = {
    .name = "text",
    .detail = OPJ_SHEET_REPORT,
    .write = write_text,
    .table = put_table,
    .say = say,
    .styled = true,
    .head = "",
    .above = "\n\n",
    .below = "\n",
    .tail = "",
    .first_note = "",
    .note = "",
    .heading = "Methods",
    .references = "\n",
    .reference = "",
    .references_end = "",
    .cite = {" [", "", ", ", "]"},
};
