/* analyze/figures/format_latex.c: tables for papers: booktabs for rules, siunitx for figures and units.
 *
 * Written for pdfLaTeX with nothing but these two packages; what its default fonts cannot show is written as its code,
 * [U+4E2D]. */
#include "format.h"
#include "record/base/text.h"
#include <stdlib.h>
#include <string.h>

/* Of ASCII: characters that mean something to TeX, or that its default font shows as something else. */
static const char *escape_of(uint32_t code)
{
	static const char *const escapes[128] = {['\\'] = "\\textbackslash{}",
						 ['{'] = "\\{",
						 ['}'] = "\\}",
						 ['$'] = "\\$",
						 ['&'] = "\\&",
						 ['#'] = "\\#",
						 ['_'] = "\\_",
						 ['%'] = "\\%",
						 ['~'] = "\\textasciitilde{}",
						 ['^'] = "\\textasciicircum{}",
						 ['<'] = "\\textless{}",
						 ['>'] = "\\textgreater{}",
						 ['|'] = "\\textbar{}",
						 ['"'] = "{''}",
						 ['`'] = "{`}",
						 ['['] = "{[}",
						 [']'] = "{]}",
						 ['*'] = "{*}"};
	if (code < 128)
		return escapes[code];
	switch (code) {
	case 0xb5: /* micro sign */
	case 0x3bc:
		return "\\ensuremath{\\mu}";
	case 0xb7:
		return "\\ensuremath{\\cdot}";
	case 0xd7:
		return "\\ensuremath{\\times}";
	case 0x2013:
		return "--";
	case 0x2026:
		return "\\dots{}";
	default:
		return NULL;
	}
}

/* Letters of Western European languages that every font of LaTeX has or composes. */
static bool letter(uint32_t code)
{
	return code >= 0xc0 && code <= 0xff && code != 0xd0 && code != 0xf0 && code != 0xde && code != 0xfe &&
	       code != 0xf7;
}

static void put(const char *text, FILE *out)
{
	char *clean = strdup(text);
	if (!clean)
		return;
	opj_clean(clean);
	for (const char *at = clean; *at;) {
		const char *start = at;
		uint32_t code = opj_text_next(&at);
		const char *escape = escape_of(code);
		if (code == '-' && *at == '-') /* two would be drawn as a dash */
			fputs("-{}", out);
		else if (escape)
			fputs(escape, out);
		else if (code < 128 || letter(code))
			fwrite(start, 1, (size_t)(at - start), out);
		else
			fprintf(out, "{[}U+%04X{]}", (unsigned)code);
	}
	free(clean);
}

/* "\si{\micro\joule}" in parentheses; powers of ten for what only is a number. */
static void put_unit(const struct opj_sheet_column *column, FILE *out)
{
	static const char *const names[] = {"pico", "nano", "micro", "milli", "",   "kilo",
					    "mega", "giga", "tera",  "peta",  "exa"};
	char unit[8];
	int index = (column->quantity == OPJ_QUANTITY_ENERGY ? 0 : 1) + column->exponent / 3;
	bool named = index < (int)(sizeof names / sizeof *names);
	opj_sheet_unit(unit, column);
	if (column->quantity == OPJ_QUANTITY_PERCENT)
		fputs(" (\\%)", out);
	else if (column->quantity == OPJ_QUANTITY_BYTES)
		fprintf(out, " (%s)", unit);
	else if (column->quantity == OPJ_QUANTITY_COUNT && column->exponent)
		fprintf(out, " ($10^{%d}$)", column->exponent);
	else if (column->quantity == OPJ_QUANTITY_TIME || column->quantity == OPJ_QUANTITY_ENERGY)
		fprintf(out, " (\\si{%s%s\\%s})", named && *names[index] ? "\\" : "", named ? names[index] : "",
			column->quantity == OPJ_QUANTITY_TIME ? "second" : "joule");
}

static void put_begin(const struct opj_sheet *sheet, FILE *out)
{
	fputs("\\begin{tabular}{", out);
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		const struct opj_sheet_column *column = &sheet->columns[i];
		if (column->quantity == OPJ_QUANTITY_TEXT)
			putc('l', out);
		else
			fprintf(out, "S[table-format=%d.%d]", column->digits, column->decimals);
	}
	fputs("}\n\\toprule\n", out);
}

/* The traces' labels, each over its columns, and a rule below each. */
static void put_groups(const struct opj_sheet *sheet, FILE *out)
{
	uint32_t first = 0, end;
	while (first < sheet->column_count && sheet->columns[first].trace == OPJ_SHEET_ALL)
		first++;
	for (uint32_t i = 1; i < first; i++)
		fputs("& ", out);
	for (uint32_t i = first; i < sheet->column_count; i = end) {
		for (end = i; end < sheet->column_count && sheet->columns[end].trace == sheet->columns[i].trace; end++)
			;
		fprintf(out, "& \\multicolumn{%u}{c}{", end - i);
		put(sheet->sources[sheet->columns[i].trace].label, out);
		fputs("} ", out);
	}
	fputs("\\\\\n", out);
	for (uint32_t i = first; i < sheet->column_count; i = end) {
		for (end = i; end < sheet->column_count && sheet->columns[end].trace == sheet->columns[i].trace; end++)
			;
		fprintf(out, "\\cmidrule(lr){%u-%u}", i + 1, end);
	}
	putc('\n', out);
}

static void put_row(const struct opj_sheet *sheet, const struct opj_sheet_row *row, FILE *out)
{
	char text[40];
	if (row->total)
		fputs("\\midrule\n", out);
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		const struct opj_sheet_cell *cell = &row->cells[i];
		fputs(i ? " & " : "", out);
		for (uint32_t d = 0; i == 0 && d < row->depth; d++)
			fputs("\\quad ", out);
		if (cell->text)
			put(cell->local, out);
		else
			fputs(opj_sheet_figure(text, &sheet->columns[i], &cell->figure), out);
	}
	fputs(" \\\\\n", out);
}

static int put_table(const struct opj_sheet *sheet, FILE *out)
{
	put_begin(sheet, out);
	if (sheet->by != OPJ_BY_MODEL && sheet->source_count > 1)
		put_groups(sheet, out);
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		fputs(i ? " & {" : "{", out);
		put(sheet->columns[i].head, out);
		put_unit(&sheet->columns[i], out);
		putc('}', out);
	}
	fputs(" \\\\\n\\midrule\n", out);
	for (uint32_t i = 0; i < sheet->row_count; i++)
		put_row(sheet, &sheet->rows[i], out);
	fputs("\\bottomrule\n\\end{tabular}\n", out);
	return 0;
}

const struct opj_format opj_format_latex = {
    .name = "latex",
    .detail = OPJ_SHEET_PAPER,
    .table = put_table,
    .say = put,
    .head = "% In the preamble: \\usepackage{booktabs,siunitx}\n"
	    "\\begin{table}\n\\centering\n\\caption{",
    .above = "}\n\\label{tab:opjoule}\n",
    .below = "\n\\medskip\n\\parbox{\\linewidth}{\\footnotesize\n",
    .tail = "}\n\\end{table}\n",
    .first_note = "",
    .note = "\\par ",
    .heading = "\n\\paragraph{Methods.}\n",
    .references = "\n% For the bibliography:\n",
    .reference = "% ",
    .references_end = "",
    .cite = {"~\\cite{", "", ",", "}"},
};
