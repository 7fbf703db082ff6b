/* record/base/columns.c: text in aligned columns.
 *
 * Names come from traces, which anybody may have written: cells are cleaned, and styles stand beside their text. */
#include "columns.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

uint32_t opj_text_next(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	uint32_t code = more == 3 ? *p & 0x07u : more == 2 ? *p & 0x0fu : more == 1 ? *p & 0x1fu : *p;
	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*at += 1;
			return *p;
		}
		code = code << 6 | (p[i] & 0x3fu);
	}
	*at += more + 1;
	return code;
}

static size_t width_of(uint32_t code)
{
	static const uint32_t wide[][2] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},
					   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
					   {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
	if ((code >= 0x300 && code <= 0x36f) || code == 0x200d || (code >= 0xfe00 && code <= 0xfe0f))
		return 0;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
		if (code >= wide[i][0] && code <= wide[i][1])
			return 2;
	}
	return 1;
}

size_t opj_text_width(const char *text)
{
	size_t width = 0;
	while (*text)
		width += width_of(opj_text_next(&text));
	return width;
}

void opj_columns_cell(struct opj_columns *columns, const char *format, ...)
{
	if (columns->cell_count == columns->capacity) {
		size_t more = columns->capacity * 2 + 64;
		struct opj_cell *moved = reallocarray(columns->cells, more, sizeof *moved);
		if (!moved) {
			columns->failed = true;
			return;
		}
		columns->cells = moved;
		columns->capacity = more;
	}
	char *text;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text) {
		columns->failed = true;
		return;
	}
	opj_clean(text);
	columns->cells[columns->cell_count++] = (struct opj_cell){text, columns->style};
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
