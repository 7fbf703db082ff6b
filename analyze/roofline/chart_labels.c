/* analyze/roofline/chart_labels.c: greedy placing of labels on rings around their points.
 *
 * The first label gets the best place; those after it go around those before. Rings grow until a place is free, so a
 * crowd of points spreads its labels instead of stacking them. */
#include "chart_labels.h"
#include "record/base/vector.h"
#include <math.h>
#include <stdlib.h>

void opj_boxes_add(struct opj_boxes *boxes, struct opj_box box)
{
	struct opj_box *added = OPJ_PUSH(boxes->items, boxes->count);
	if (added)
		*added = box;
	else
		boxes->failed = true;
}

void opj_boxes_finish(struct opj_boxes *boxes)
{
	free(boxes->items);
	*boxes = (struct opj_boxes){0};
}

bool opj_boxes_free(const struct opj_boxes *boxes, struct opj_box box)
{
	for (size_t i = 0; i < boxes->count; i++) {
		const struct opj_box *other = &boxes->items[i];
		if (box.x0 < other->x1 && other->x0 < box.x1 && box.y0 < other->y1 && other->y0 < box.y1)
			return false;
	}
	return true;
}

static bool fits(const struct opj_label_room *room, struct opj_box box, bool strict)
{
	return box.x0 >= room->frame.x0 && box.x1 <= room->frame.x1 && box.y0 >= room->frame.y0 &&
	       box.y1 <= room->frame.y1 && opj_boxes_free(room->taken, box) &&
	       (!strict || !room->avoided || opj_boxes_free(room->avoided, box));
}

/* A box in direction (dx, dy) from the point, with its nearest edge or corner `gap` away along it. */
static struct opj_box beside(double x, double y, double dx, double dy, double width, double height, double gap)
{
	double left = x + dx * gap + (dx > 0.3 ? 0 : dx < -0.3 ? -width : -width / 2);
	double top = y + dy * gap + (dy > 0.3 ? 0 : dy < -0.3 ? -height : -height / 2);
	return (struct opj_box){left, top, left + width, top + height};
}

bool opj_label_place(const struct opj_label_room *room, double x, double y, double width, double height, double gap,
		     double reach, struct opj_box *place)
{
	enum { DIRECTIONS = 16 };
	const double turn = 2 * 3.14159265358979323846 / DIRECTIONS;
	/* Right and left before above and below before what lies between. */
	static const int order[DIRECTIONS] = {0, 8, 12, 4, 14, 10, 2, 6, 15, 9, 1, 7, 13, 11, 3, 5};
	for (int strict = 1; strict >= 0; strict--) {
		for (double distance = gap; distance <= reach; distance += height / 2) {
			for (int i = 0; i < DIRECTIONS; i++) {
				*place =
				    beside(x, y, cos(turn * order[i]), sin(turn * order[i]), width, height, distance);
				if (fits(room, *place, strict))
					return true;
			}
		}
	}
	return false;
}
