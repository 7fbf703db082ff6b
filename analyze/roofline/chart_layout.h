/* analyze/roofline/chart_layout.h: where every text of the drawn chart stands, in points (1/72 inch) from the upper
 * left. */
#ifndef OPJ_ANALYZE_ROOFLINE_CHART_LAYOUT_H
#define OPJ_ANALYZE_ROOFLINE_CHART_LAYOUT_H

#include "chart.h"
#include "chart_labels.h"

/* Sizes of the drawing. */
enum {
	OPJ_CHART_WIDTH = 860,
	OPJ_CHART_LEFT = 92,
	OPJ_CHART_RIGHT = 24,
	OPJ_CHART_TOP = 52,
	OPJ_CHART_PLOT = 470, /* height of the plot */
	OPJ_CHART_BELOW = 60, /* from the plot to the first row of the key */
	OPJ_CHART_TEXT = 11,  /* size of letters */
	OPJ_CHART_TITLE = 15,
	OPJ_CHART_KEY_ROW = 16,
	OPJ_CHART_MARK = 4, /* radius of a mark */
};

struct opj_label {
	double x, y;  /* of the left end of the baseline */
	double angle; /* radians, clockwise */
	bool shown;   /* false: no room was found */
	bool leader;  /* a line leads from the mark to the label, to (to_x, to_y) */
	double to_x, to_y;
};

struct opj_chart_layout {
	const struct opj_chart *chart;
	double width, height;
	bool keyed; /* marks bear numbers, and a key below says what they stand for */
	uint32_t key_columns, key_rows;
	uint32_t line_key_rows;  /* ceilings whose label found no room stand in the key as well */
	struct opj_label *marks; /* [mark_count] */
	struct opj_label *lines; /* [line_count] */
};

/* Width of a text in the font of the drawing. */
typedef double (*opj_text_measure)(void *data, const char *text);

/* -1: out of memory; nothing is to be finished then. */
int opj_chart_layout_init(struct opj_chart_layout *layout, const struct opj_chart *chart, opj_text_measure measure,
			  void *data);
void opj_chart_layout_finish(struct opj_chart_layout *layout);

/* A point of the chart in the drawing. */
double opj_chart_across(const struct opj_chart *chart, double x);
double opj_chart_down(const struct opj_chart *chart, double y);

#endif
