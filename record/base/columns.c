/* record/base/columns.c: text in aligned columns.
 *
 * Names come from traces, which anybody may have written: cells are cleaned, and styles stand beside their text. */
#include "columns.h"
#include "text.h"
#include "vector.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void opj_columns_cell(struct opj_columns *columns, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	struct opj_cell *cell = text ? OPJ_PUSH(columns->cells, columns->cell_count) : NULL;
	if (!cell) {
		free(text);
		columns->failed = true;
		return;
	}
	opj_clean(text);
	*cell = (struct opj_cell){text, columns->style};
}

static void pad(size_t n, FILE *out)
{
	while (n--)
		putc(' ', out);
}

static bool is_right(const struct opj_columns *columns, uint32_t column)
{
	return columns->right >> (column < 63 ? column : 63) & 1;
}

/* styled: whether `out` shows styles; heading: whether cells without a style of their own are bold. */
static void print_row(const struct opj_columns *columns, size_t row, const size_t *widths, uint32_t indent, bool styled,
		      bool heading, FILE *out)
{
	pad(indent, out);
	size_t owed = 0; /* spaces are written only before something */
	for (uint32_t i = 0; i < columns->count; i++) {
		const struct opj_cell *cell = &columns->cells[row * columns->count + i];
		enum opj_style style = heading && cell->style == OPJ_PLAIN ? OPJ_HEADING : cell->style;
		const char *text = cell->text;
		size_t space = widths[i] - opj_text_width(text);
		if (is_right(columns, i))
			owed += space;
		if (*text) {
			pad(owed, out);
			if (styled && style != OPJ_PLAIN)
				fprintf(out, "%s%s%s", opj_style_on(style), text, OPJ_STYLE_OFF);
			else
				fputs(text, out);
			owed = 0;
		} else {
			owed += is_right(columns, i) ? 0 : widths[i];
			space = 0;
		}
		owed += (is_right(columns, i) ? 0 : space) + 2;
	}
	putc('\n', out);
}

int opj_columns_print(const struct opj_columns *columns, uint32_t indent, uint32_t heads, FILE *out)
{
	if (columns->failed || !columns->count)
		return -1;
	size_t *widths = calloc(columns->count, sizeof *widths), total = 0, rows = columns->cell_count / columns->count;
	if (!widths)
		return -1;
	bool styled = opj_styled(out);
	for (size_t i = 0; i < rows * columns->count; i++) {
		size_t width = opj_text_width(columns->cells[i].text);
		if (width > widths[i % columns->count])
			widths[i % columns->count] = width;
	}
	for (uint32_t i = 0; i < columns->count; i++)
		total += widths[i] + (i > 0 ? 2 : 0);
	for (size_t row = 0; row < rows; row++) {
		print_row(columns, row, widths, indent, styled, row < heads, out);
		if (row + 1 == heads) {
			pad(indent, out);
			for (size_t i = 0; i < total; i++)
				fputs("─", out);
			putc('\n', out);
		}
	}
	free(widths);
	return 0;
}

void opj_columns_finish(struct opj_columns *columns)
{
	for (size_t i = 0; i < columns->cell_count; i++)
		free(columns->cells[i].text);
	free(columns->cells);
	*columns = (struct opj_columns){0};
}
