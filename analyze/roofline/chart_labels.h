/* analyze/roofline/chart_labels.h: finds places for texts in a drawing so that none lies over another. Any unit of
 * length. */
#ifndef OPJ_ANALYZE_ROOFLINE_CHART_LABELS_H
#define OPJ_ANALYZE_ROOFLINE_CHART_LABELS_H

#include <stdbool.h>
#include <stddef.h>

struct opj_box {
	double x0, y0, x1, y1;
};

struct opj_boxes {
	struct opj_box *items; /* [count] */
	size_t count;
	bool failed; /* out of memory: places found since may overlap */
};

void opj_boxes_add(struct opj_boxes *boxes, struct opj_box box);
void opj_boxes_finish(struct opj_boxes *boxes);

/* Whether a box touches none of those there are. */
bool opj_boxes_free(const struct opj_boxes *boxes, struct opj_box box);

/* What a label is placed among. */
struct opj_label_room {
	const struct opj_boxes *taken;   /* never covered */
	const struct opj_boxes *avoided; /* covered only where there is no other place; or NULL */
	struct opj_box frame;            /* never left */
};

/* The place nearest to a point for a box of this size whose edge keeps `gap` from the point, at most `reach` from it.
 * False: there is none. */
bool opj_label_place(const struct opj_label_room *room, double x, double y, double width, double height, double gap,
		     double reach, struct opj_box *place);

#endif
