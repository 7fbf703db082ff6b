/* analyze/figures/format_csv.c: the table as CSV by RFC 4180: one line of headings, with units, exact numbers, lines
 * that end in CR LF; names that a spreadsheet would take for a formula stand behind a single quote. */
#include "format.h"
#include "record/base/csv.h"
#include <stdlib.h>
#include <string.h>

/* Tables are for people: control characters in names become "?". */
static int put_text(const char *text, struct opj_csv *csv)
{
	char *clean = strdup(text);
	if (!clean)
		return -1;
	opj_clean(clean);
	opj_csv_text(csv, clean);
	free(clean);
	return 0;
}

/* "digits: energy[compute:fp32] (pJ)" */
static int put_heading(const struct opj_sheet *sheet, const struct opj_sheet_column *column, struct opj_csv *csv)
{
	static const char *const units[] = {"", "", " (bytes)", " (ns)", " (pJ)", " (%)", ""};
	bool labelled = column->trace != OPJ_SHEET_ALL && sheet->source_count > 1;
	char *text;
	if (asprintf(&text, "%s%s%s%s", labelled ? sheet->sources[column->trace].label : "", labelled ? ": " : "",
		     column->name, units[column->quantity]) < 0)
		return -1;
	int failed = put_text(text, csv);
	free(text);
	return failed;
}

static void put_figure(const struct opj_figure *figure, struct opj_csv *csv)
{
	if (!figure->known)
		opj_csv_none(csv);
	else if (figure->exact)
		opj_csv_integer(csv, figure->integer);
	else
		opj_csv_number(csv, figure->number);
}

static int put_table(const struct opj_sheet *sheet, FILE *out)
{
	struct opj_csv csv = {.out = out};
	int failed = 0;
	for (uint32_t i = 0; i < sheet->column_count; i++)
		failed |= put_heading(sheet, &sheet->columns[i], &csv);
	opj_csv_end(&csv);
	for (uint32_t r = 0; r < sheet->row_count; r++) {
		for (uint32_t i = 0; i < sheet->column_count; i++) {
			const struct opj_sheet_cell *cell = &sheet->rows[r].cells[i];
			if (cell->text)
				failed |= put_text(cell->text, &csv);
			else
				put_figure(&cell->figure, &csv);
		}
		opj_csv_end(&csv);
	}
	return failed;
}

const struct opj_format opj_format_csv = {.name = "csv", .detail = OPJ_SHEET_EXACT, .table = put_table};
