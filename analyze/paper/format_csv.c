/* analyze/paper/format_csv.c: tables as CSV by RFC 4180: exact numbers, lines that end in CR LF. */
#include "format.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int put_field(const char *text, FILE *out)
{
	char *clean = strdup(text);
	if (!clean)
		return -1;
	opj_clean(clean);
	bool formula = *clean && strchr("=+-@", *clean);
	bool quoted = formula || strpbrk(clean, ",\"");
	fputs(quoted ? formula ? "\"'" : "\"" : "", out);
	for (const char *at = clean; *at; at++)
		fputs(*at == '"' ? "\"\"" : (const char[]){*at, '\0'}, out);
	fputs(quoted ? "\"" : "", out);
	free(clean);
	return 0;
}

/* "digits: energy[compute:fp32] (pJ)" */
static int put_heading(const struct opj_sheet *sheet, const struct opj_sheet_column *column, FILE *out)
{
	static const char *const units[] = {"", "", " (bytes)", " (ns)", " (pJ)", " (%)"};
	bool labelled = column->trace != OPJ_SHEET_ALL && sheet->source_count > 1;
	char *text;
	if (asprintf(&text, "%s%s%s%s", labelled ? sheet->sources[column->trace].label : "", labelled ? ": " : "",
		     column->name, units[column->quantity]) < 0)
		return -1;
	int failed = put_field(text, out);
	free(text);
	return failed;
}

/* As few digits as read back to the same number. */
static void put_figure(const struct opj_figure *figure, FILE *out)
{
	char text[40] = "";
	if (figure->known && figure->exact)
		snprintf(text, sizeof text, "%lld", (long long)figure->integer);
	for (int digits = 15; figure->known && !figure->exact && digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, figure->number);
		if (strtod(text, NULL) == figure->number)
			break;
	}
	fputs(text, out);
}

int opj_sheet_csv(const struct opj_sheet *sheet, FILE *out)
{
	int failed = 0;
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		fputs(i ? "," : "", out);
		failed |= put_heading(sheet, &sheet->columns[i], out);
	}
	fputs("\r\n", out);
	for (uint32_t r = 0; r < sheet->row_count; r++) {
		for (uint32_t i = 0; i < sheet->column_count; i++) {
			const struct opj_sheet_cell *cell = &sheet->rows[r].cells[i];
			fputs(i ? "," : "", out);
			if (cell->text)
				failed |= put_field(cell->text, out);
			else
				put_figure(&cell->figure, out);
		}
		fputs("\r\n", out);
	}
	return failed;
}
