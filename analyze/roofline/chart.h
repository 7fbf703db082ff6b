/* analyze/roofline/chart.h: a roofline as a log-log chart: what is drawn where, apart from how. The terminal
 * (chart_text.c) and the vector drawing (chart_draw.c) share it. Coordinates are decimal logarithms: FLOP/byte across,
 * FLOP/s up. */
#ifndef OPJ_ANALYZE_ROOFLINE_CHART_H
#define OPJ_ANALYZE_ROOFLINE_CHART_H

#include "roofline.h"

struct opj_chart_mark {
	char *label; /* a layer's name without what all names begin with; no control characters */
	double x, y;
	uint32_t number;
	enum opj_ceiling_kind bound;
};

struct opj_chart_line {
	char *label;           /* "DRAM 20 GB/s" */
	const char *name;      /* "DRAM" */
	double x0, y0, x1, y1; /* inside the bounds; memory levels rise with slope 1, peaks are level */
	enum opj_ceiling_kind kind;
	bool roof; /* one of the two that layers are measured by */
};

struct opj_chart {
	char *title;                  /* "Digits on EPYC" */
	double x0, x1, y0, y1;        /* bounds */
	struct opj_chart_mark *marks; /* [mark_count] in the order of their numbers */
	uint32_t mark_count;
	struct opj_chart_line *lines; /* [line_count] */
	uint32_t line_count;
};

/* Borrows names from the roofline's machine. `model` may be "". Fails when memory runs out. */
int opj_chart_init(struct opj_chart *chart, const struct opj_roofline *roofline, const char *model,
		   struct opj_error *err);
void opj_chart_finish(struct opj_chart *chart);

/* Decades between labelled ticks of a span that has room for so many labels; at least 1. */
int opj_chart_step(double from, double to, int room);

/* Text of the tick at 10^decade: "0.01", "1000", "10⁵". Lives in buffer. */
const char *opj_chart_tick(char buffer[32], int decade);

/* The chart as text, `width` cells wide (at least 40), with numbers for marks; the table has what they stand for. */
int opj_chart_print(const struct opj_chart *chart, int width, FILE *out, struct opj_error *err);

/* Writes an SVG file, or, where the path ends in ".png", a PNG file at twice the size. */
int opj_chart_draw(const struct opj_chart *chart, const char *path, struct opj_error *err);

#endif
