/* analyze/figures/format_markdown.c: GitHub's Markdown, citations as pandoc reads them. Figures are in the unit of the
 * heading; modules stand by their full path, as indents do not survive. */
#include "format.h"
#include <stdlib.h>
#include <string.h>

static void put(const char *text, FILE *out)
{
	char *clean = strdup(text);
	if (clean)
		opj_clean(clean);
	for (char *at = clean; at && *at; at++) {
		if (*at == '<')
			fputs("&lt;", out);
		else if (*at == '&')
			fputs("&amp;", out);
		else if (strchr("\\`*_{}[]>#|~$", *at))
			fprintf(out, "\\%c", *at);
		else
			putc(*at, out);
	}
	free(clean);
}

static void put_heading(const struct opj_sheet *sheet, const struct opj_sheet_column *column, FILE *out)
{
	char unit[8];
	bool labelled = column->trace != OPJ_SHEET_ALL && sheet->source_count > 1;
	fputs(" ", out);
	if (labelled) {
		put(sheet->sources[column->trace].label, out);
		fputs(": ", out);
	}
	put(column->head, out);
	if (*opj_sheet_unit(unit, column))
		fprintf(out, " (%s)", unit);
	fputs(" |", out);
}

static int put_table(const struct opj_sheet *sheet, FILE *out)
{
	char text[40];
	putc('|', out);
	for (uint32_t i = 0; i < sheet->column_count; i++)
		put_heading(sheet, &sheet->columns[i], out);
	fputs("\n|", out);
	for (uint32_t i = 0; i < sheet->column_count; i++)
		fputs(sheet->columns[i].quantity == OPJ_QUANTITY_TEXT ? " :-- |" : " --: |", out);
	putc('\n', out);
	for (uint32_t r = 0; r < sheet->row_count; r++) {
		putc('|', out);
		for (uint32_t i = 0; i < sheet->column_count; i++) {
			const struct opj_sheet_cell *cell = &sheet->rows[r].cells[i];
			putc(' ', out);
			put(cell->text ? cell->text : opj_sheet_figure(text, &sheet->columns[i], &cell->figure), out);
			fputs(" |", out);
		}
		putc('\n', out);
	}
	return 0;
}

const struct opj_format opj_format_markdown = {
    .name = "markdown",
    .detail = OPJ_SHEET_PAPER,
    .table = put_table,
    .say = put,
    .head = "",
    .above = "\n\n",
    .below = "\n",
    .tail = "",
    .first_note = "- ",
    .note = "- ",
    .heading = "\n**Methods.**\n\n",
    .references = "\n```bibtex\n",
    .reference = "",
    .references_end = "```\n",
    .cite = {" [", "@", "; @", "]"},
};
