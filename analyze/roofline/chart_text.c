/* analyze/roofline/chart_text.c: the chart in a terminal.
 *
 * Lines are drawn in dots of braille, eight to a cell; numbers of marks and names of ceilings are written over them. A
 * number stands as near to its place as there is room, so that every one can be read. */
#include "chart.h"
#include "record/base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_BYTES = 16, MARGIN = 12 };

struct cell {
	unsigned char dots;
	char text[CELL_BYTES]; /* what is written over the dots; a wide character's second cell is "" and taken */
	bool written;
};

struct grid {
	const struct opj_chart *chart;
	int width, height;
	struct cell *cells; /* [height][width] */
};

static struct cell *at(const struct grid *grid, int column, int row)
{
	return &grid->cells[(size_t)row * (size_t)grid->width + (size_t)column];
}

/* Where a point lies, in parts of the whole: 0 left and 0 top. */
static double across(const struct grid *grid, double x)
{
	return (x - grid->chart->x0) / (grid->chart->x1 - grid->chart->x0);
}

static double down(const struct grid *grid, double y)
{
	return (grid->chart->y1 - y) / (grid->chart->y1 - grid->chart->y0);
}

static int clamp(double value, int most)
{
	return value < 0 ? 0 : value > most ? most : (int)value;
}

static void draw_line(struct grid *grid, const struct opj_chart_line *line)
{
	/* Bits of the dots of a braille cell, by column and row. */
	static const unsigned char bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
	int steps = 8 * (grid->width + grid->height);
	for (int i = 0; i <= steps; i++) {
		double t = (double)i / steps;
		int x =
		    clamp(across(grid, line->x0 + t * (line->x1 - line->x0)) * grid->width * 2, grid->width * 2 - 1);
		int y =
		    clamp(down(grid, line->y0 + t * (line->y1 - line->y0)) * grid->height * 4, grid->height * 4 - 1);
		at(grid, x / 2, y / 4)->dots |= bits[x % 2][y % 4];
	}
}

/* Whether a text has room, with a cell of air on either side; with `clear`, off all lines as well. */
static bool is_free(const struct grid *grid, int column, int row, int width, bool clear)
{
	if (column < 0 || row < 0 || column + width > grid->width || row >= grid->height)
		return false;
	for (int i = column - 1; i <= column + width; i++) {
		if (i < 0 || i >= grid->width)
			continue;
		const struct cell *cell = at(grid, i, row);
		if (cell->written || (clear && cell->dots && i >= column && i < column + width))
			return false;
	}
	return true;
}

/* Writes one character after the other into cells; combining marks join the cell before. */
static void write_text(struct grid *grid, int column, int row, const char *text)
{
	while (*text) {
		char one[CELL_BYTES] = "";
		const char *begin = text;
		opj_text_next(&text);
		size_t length = (size_t)(text - begin);
		memcpy(one, begin, length);
		int width = (int)opj_text_width(one);
		struct cell *cell = at(grid, column > 0 && width == 0 ? column - 1 : column, row);
		if (width > 0)
			cell->text[0] = '\0';
		if (strlen(cell->text) + length < CELL_BYTES)
			memcpy(cell->text + strlen(cell->text), one, length + 1);
		for (int i = 0; i < width; i++)
			at(grid, column + i, row)->written = true;
		column += width;
	}
}

static void write_mark(struct grid *grid, const struct opj_chart_mark *mark)
{
	char number[16];
	int width = snprintf(number, sizeof number, "%u", mark->number);
	int column = clamp(across(grid, mark->x) * grid->width, grid->width - 1);
	int row = clamp(down(grid, mark->y) * grid->height, grid->height - 1);
	int best_column = -1, best_row = 0, best = 0;
	for (int r = 0; r < grid->height; r++) {
		for (int c = 0; c + width <= grid->width; c++) {
			/* A row is twice as high as a column is wide. */
			int distance = (c - column) * (c - column) + 4 * (r - row) * (r - row);
			if ((best_column < 0 || distance < best) && is_free(grid, c, r, width, false)) {
				best_column = c;
				best_row = r;
				best = distance;
			}
		}
	}
	if (best_column >= 0)
		write_text(grid, best_column, best_row, number);
}

/* Beside its line, off all lines: above a peak, from the right; left of a bandwidth, from the bottom. A name that has
 * no room is left out: the list above the table has it. */
static void write_name(struct grid *grid, const struct opj_chart_line *line)
{
	int width = (int)opj_text_width(line->name);
	int left = clamp(across(grid, line->x0) * grid->width, grid->width - 1);
	int right = clamp(across(grid, line->x1) * grid->width, grid->width - 1);
	if (line->kind == OPJ_CEILING_COMPUTE) {
		int row = clamp(down(grid, line->y0) * grid->height, grid->height - 1);
		for (int side = -1; side <= 1; side += 2) {
			for (int c = grid->width - width; c >= left; c--) {
				if (is_free(grid, c, row + side, width, true)) {
					write_text(grid, c, row + side, line->name);
					return;
				}
			}
		}
		return;
	}
	for (int c = left; c <= right; c++) {
		double y = line->y0 + (c - left) * (line->y1 - line->y0) / fmax(1, right - left);
		int row = clamp(down(grid, y) * grid->height, grid->height - 1);
		for (int gap = 2; gap < 6; gap++) {
			if (is_free(grid, c + gap, row, width, true) && c + gap + width < right) {
				write_text(grid, c + gap, row, line->name);
				return;
			}
		}
	}
}

static void print_cell(const struct cell *cell, FILE *out)
{
	if (cell->written)
		fputs(cell->text, out);
	else if (cell->dots) /* U+2800 and the dots, as UTF-8 */
		fprintf(out, "\xe2%c%c", 0xa0 + (cell->dots >> 6), 0x80 + (cell->dots & 0x3f));
	else
		putc(' ', out);
}

/* The row a decade falls into, -1: none of the labelled ones is in this row. */
static bool tick_in_row(const struct grid *grid, int row, int step, int *decade)
{
	for (int d = (int)ceil(grid->chart->y0); d <= grid->chart->y1; d++) {
		if (d % step == 0 && clamp(down(grid, d) * grid->height, grid->height - 1) == row) {
			*decade = d;
			return true;
		}
	}
	return false;
}

static void print_rows(const struct grid *grid, FILE *out)
{
	int step = opj_chart_step(grid->chart->y0, grid->chart->y1, grid->height / 2), decade;
	for (int row = 0; row < grid->height; row++) {
		char label[32] = "";
		int end = grid->width;
		bool tick = tick_in_row(grid, row, step, &decade);
		if (tick)
			opj_format_label(label, pow(10, decade), OPJ_UNIT_FLOPS);
		fprintf(out, "%*s %s", MARGIN, label, tick ? "┤" : "│");
		while (end > 0 && !at(grid, end - 1, row)->written && !at(grid, end - 1, row)->dots)
			end--;
		for (int column = 0; column < end; column++)
			print_cell(at(grid, column, row), out);
		putc('\n', out);
	}
}

/* The axis below, its ticks, and their labels in the row after it. */
static void print_axis(const struct grid *grid, FILE *out)
{
	const struct opj_chart *chart = grid->chart;
	int step = opj_chart_step(chart->x0, chart->x1, grid->width / 10);
	int written = 0;
	char *ticks = calloc((size_t)grid->width + 1, 1);
	fprintf(out, "%*s └", MARGIN, "");
	for (int d = (int)ceil(chart->x0); ticks && d <= chart->x1; d++) {
		if (d % step == 0)
			ticks[clamp(across(grid, d) * grid->width, grid->width - 1)] = 1;
	}
	for (int column = 0; column < grid->width; column++)
		fputs(ticks && ticks[column] ? "┬" : "─", out);
	free(ticks);
	fprintf(out, "\n%*s  ", MARGIN, "");
	for (int d = (int)ceil(chart->x0); d <= chart->x1; d++) {
		char label[32];
		if (d % step != 0)
			continue;
		int width = (int)opj_text_width(opj_chart_tick(label, d));
		int start = clamp(across(grid, d) * grid->width, grid->width - 1) - width / 2;
		if (start < written || start + width > grid->width)
			continue;
		fprintf(out, "%*s%s", start - written, "", label);
		written = start + width;
	}
	fprintf(out, "\n%*s  %*s\n", MARGIN, "", (grid->width + 9) / 2, "FLOP/byte");
}

int opj_chart_print(const struct opj_chart *chart, int width, FILE *out, struct opj_error *err)
{
	struct grid grid = {.chart = chart, .width = (width < 40 ? 40 : width) - MARGIN - 2};
	grid.height = width / 4 < 16 ? 16 : width / 4 > 36 ? 36 : width / 4;
	grid.cells = calloc((size_t)grid.width * (size_t)grid.height, sizeof *grid.cells);
	if (!grid.cells)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < chart->line_count; i++)
		draw_line(&grid, &chart->lines[i]);
	for (uint32_t i = 0; i < chart->mark_count; i++)
		write_mark(&grid, &chart->marks[i]);
	for (uint32_t i = 0; i < chart->line_count; i++)
		write_name(&grid, &chart->lines[i]);
	print_rows(&grid, out);
	print_axis(&grid, out);
	free(grid.cells);
	return 0;
}
