/* analyze/roofline/chart_layout.c: places labels in the drawn chart.
 *
 * Ceilings are named first, along their lines; then marks get their names beside them, and where one name has no room
 * all get numbers and a key instead. Whatever is placed is taken, so no text can lie over another. */
#include "chart_layout.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double opj_chart_across(const struct opj_chart *chart, double x)
{
	double plot = OPJ_CHART_WIDTH - OPJ_CHART_LEFT - OPJ_CHART_RIGHT;
	return OPJ_CHART_LEFT + plot * (x - chart->x0) / (chart->x1 - chart->x0);
}

double opj_chart_down(const struct opj_chart *chart, double y)
{
	return OPJ_CHART_TOP + OPJ_CHART_PLOT * (chart->y1 - y) / (chart->y1 - chart->y0);
}

/* Between a ceiling's label and the ends of its line. */
enum { END_GAP = 8 };

struct placing {
	struct opj_chart_layout *layout;
	struct opj_boxes taken, lines;
	struct opj_label_room room;
	opj_text_measure measure;
	void *data;
};

static struct opj_box around(double x, double y, double radius)
{
	return (struct opj_box){x - radius, y - radius, x + radius, y + radius};
}

static void take_marks(struct placing *placing)
{
	const struct opj_chart *chart = placing->layout->chart;
	for (uint32_t i = 0; i < chart->mark_count; i++)
		opj_boxes_add(&placing->taken, around(opj_chart_across(chart, chart->marks[i].x),
						      opj_chart_down(chart, chart->marks[i].y), OPJ_CHART_MARK + 1));
}

/* A line as a string of small boxes, for labels to keep off. */
static void avoid(struct placing *placing, double x0, double y0, double x1, double y1)
{
	int pieces = (int)(hypot(x1 - x0, y1 - y0) / 4) + 1;
	for (int i = 0; i <= pieces; i++) {
		double t = (double)i / pieces;
		opj_boxes_add(&placing->lines, around(x0 + t * (x1 - x0), y0 + t * (y1 - y0), 2));
	}
}

static void avoid_line(struct placing *placing, const struct opj_chart_line *line)
{
	const struct opj_chart *chart = placing->layout->chart;
	avoid(placing, opj_chart_across(chart, line->x0), opj_chart_down(chart, line->y0),
	      opj_chart_across(chart, line->x1), opj_chart_down(chart, line->y1));
}

/* A text along a line, from `t` of it on, on one side. Small boxes follow it, so its slope costs no room. */
static bool try_along(struct placing *placing, const struct opj_chart_line *line, double t, double side, double width,
		      struct opj_label *label, bool take)
{
	const struct opj_chart *chart = placing->layout->chart;
	double x0 = opj_chart_across(chart, line->x0), x1 = opj_chart_across(chart, line->x1);
	double y0 = opj_chart_down(chart, line->y0), y1 = opj_chart_down(chart, line->y1);
	double length = hypot(x1 - x0, y1 - y0), dx = (x1 - x0) / length, dy = (y1 - y0) / length;
	double start = END_GAP + t * (length - width - 2 * END_GAP), half = OPJ_CHART_TEXT * 0.55,
	       off = side * (half + 3);
	if (length < width + 2 * END_GAP)
		return false;
	for (double along = 0; along <= width; along += half) {
		double x = x0 + dx * (start + along) + dy * off, y = y0 + dy * (start + along) - dx * off;
		struct opj_box box = around(x, y, half);
		if (take)
			opj_boxes_add(&placing->taken, box);
		else if (!opj_boxes_free(&placing->taken, box) || box.x0 < placing->room.frame.x0 ||
			 box.x1 > placing->room.frame.x1 || box.y0 < placing->room.frame.y0)
			return false;
	}
	double below = OPJ_CHART_TEXT * 0.36; /* from the middle of letters to their baseline */
	*label = (struct opj_label){.x = x0 + dx * start + dy * off - dy * below,
				    .y = y0 + dy * start - dx * off + dx * below,
				    .angle = atan2(dy, dx),
				    .shown = true};
	return true;
}

/* Peaks from their right end, bandwidths from their left, above the line and then below it. */
static void place_line(struct placing *placing, uint32_t index)
{
	const struct opj_chart_line *line = &placing->layout->chart->lines[index];
	struct opj_label *label = &placing->layout->lines[index];
	double width = placing->measure(placing->data, line->label) + 4;
	for (int side = 1; side >= -1; side -= 2) {
		for (int i = 0; i <= 20; i++) {
			double t = line->kind == OPJ_CEILING_COMPUTE ? 1 - i / 20.0 : i / 20.0;
			if (try_along(placing, line, t, side, width, label, false)) {
				try_along(placing, line, t, side, width, label, true);
				return;
			}
		}
	}
	placing->layout->line_key_rows++;
}

/* Distance of a mark from a box. */
static double gap_of(const struct opj_chart *chart, uint32_t mark, const struct opj_box *box)
{
	double x = opj_chart_across(chart, chart->marks[mark].x), y = opj_chart_down(chart, chart->marks[mark].y);
	return hypot(x - fmin(fmax(x, box->x0), box->x1), y - fmin(fmax(y, box->y0), box->y1));
}

/* Whether a label is far from its mark, or so near to another that it could be taken for that one's. */
static bool needs_leader(const struct opj_chart *chart, uint32_t index, const struct opj_box *box)
{
	double own = gap_of(chart, index, box);
	if (own > OPJ_CHART_MARK + 6)
		return true;
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		if (i != index && gap_of(chart, i, box) < own + OPJ_CHART_MARK)
			return true;
	}
	return false;
}

static bool place_mark(struct placing *placing, uint32_t index, const char *text, double reach)
{
	const struct opj_chart *chart = placing->layout->chart;
	double x = opj_chart_across(chart, chart->marks[index].x), y = opj_chart_down(chart, chart->marks[index].y);
	double width = placing->measure(placing->data, text) + 4, height = OPJ_CHART_TEXT + 3;
	struct opj_label *label = &placing->layout->marks[index];
	struct opj_box box;
	if (!opj_label_place(&placing->room, x, y, width, height, OPJ_CHART_MARK + 2, reach, &box))
		return false;
	opj_boxes_add(&placing->taken, box);
	*label = (struct opj_label){.x = box.x0 + 2, .y = box.y1 - 4, .shown = true};
	if (needs_leader(chart, index, &box)) {
		label->leader = true;
		label->to_x = fmin(fmax(x, box.x0), box.x1);
		label->to_y = fmin(fmax(y, box.y0), box.y1);
		avoid(placing, x, y, label->to_x, label->to_y);
	}
	return true;
}

static bool place_names(struct placing *placing)
{
	const struct opj_chart *chart = placing->layout->chart;
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		if (!place_mark(placing, i, chart->marks[i].label, OPJ_CHART_MARK + 8))
			return false;
	}
	return true;
}

static void place_numbers(struct placing *placing)
{
	const struct opj_chart *chart = placing->layout->chart;
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		char number[16];
		snprintf(number, sizeof number, "%u", chart->marks[i].number);
		placing->layout->marks[i].shown = place_mark(placing, i, number, OPJ_CHART_PLOT);
	}
}

/* As many columns as hold the longest entry. */
static void size_key(struct placing *placing)
{
	struct opj_chart_layout *layout = placing->layout;
	double widest = 0, room = OPJ_CHART_WIDTH - OPJ_CHART_LEFT - OPJ_CHART_RIGHT;
	for (uint32_t i = 0; i < layout->chart->mark_count; i++)
		widest = fmax(widest, placing->measure(placing->data, layout->chart->marks[i].label));
	layout->key_columns = (uint32_t)fmin(8, fmax(1, floor(room / (widest + 48))));
	layout->key_rows =
	    layout->keyed ? (layout->chart->mark_count + layout->key_columns - 1) / layout->key_columns : 0;
	layout->height = OPJ_CHART_TOP + OPJ_CHART_PLOT + OPJ_CHART_BELOW +
			 (layout->key_rows + layout->line_key_rows) * OPJ_CHART_KEY_ROW;
}

static void place_all(struct placing *placing)
{
	const struct opj_chart *chart = placing->layout->chart;
	take_marks(placing);
	for (uint32_t i = 0; i < chart->line_count; i++)
		avoid_line(placing, &chart->lines[i]);
	for (uint32_t i = 0; i < chart->line_count; i++)
		place_line(placing, i);
	size_t taken = placing->taken.count, lines = placing->lines.count;
	if (!place_names(placing)) {
		placing->taken.count = taken;
		placing->lines.count = lines;
		placing->layout->keyed = true;
		place_numbers(placing);
	}
	size_key(placing);
}

int opj_chart_layout_init(struct opj_chart_layout *layout, const struct opj_chart *chart, opj_text_measure measure,
			  void *data)
{
	*layout = (struct opj_chart_layout){.chart = chart, .width = OPJ_CHART_WIDTH};
	layout->marks = calloc((size_t)chart->mark_count + 1, sizeof *layout->marks);
	layout->lines = calloc((size_t)chart->line_count + 1, sizeof *layout->lines);
	struct placing placing = {.layout = layout, .measure = measure, .data = data};
	placing.room =
	    (struct opj_label_room){&placing.taken,
				    &placing.lines,
				    {OPJ_CHART_LEFT + 2, OPJ_CHART_TOP + 2, OPJ_CHART_WIDTH - OPJ_CHART_RIGHT - 2,
				     OPJ_CHART_TOP + OPJ_CHART_PLOT - 2}};
	if (layout->marks && layout->lines)
		place_all(&placing);
	bool failed = !layout->marks || !layout->lines || placing.taken.failed || placing.lines.failed;
	opj_boxes_finish(&placing.taken);
	opj_boxes_finish(&placing.lines);
	if (failed)
		opj_chart_layout_finish(layout);
	return failed ? -1 : 0;
}

void opj_chart_layout_finish(struct opj_chart_layout *layout)
{
	free(layout->marks);
	free(layout->lines);
	*layout = (struct opj_chart_layout){0};
}
