/* analyze/diff/align.h: which module of one trace is which of another.
 *
 * What has the same name below the same module is the same. What is left of two sibling lists is paired in order, so
 * that as many as possible are of the same class and geometry and the others of the same class and as alike as
 * possible; then, wherever they stand, modules that were moved or wrapped. docs/diff.md says it in full. Names that are
 * numbers (of a Sequential) are positions: they do not bind. The result depends on nothing but the rows. */
#ifndef OPJ_ANALYZE_DIFF_ALIGN_H
#define OPJ_ANALYZE_DIFF_ALIGN_H

#include "analyze/figures/digest.h"
#include "geometry.h"

struct opj_align_side {
	const struct opj_rows *rows;
	int64_t *match;                  /* [rows->count] row of the other side, -1: it has none */
	struct opj_geometry *geometries; /* [rows->count] */
};

struct opj_align {
	struct opj_align_side a, b;
};

/* Aligns module rows. Rows for what ran outside all modules match each other. On failure the alignment is empty. */
int opj_align_init(struct opj_align *result, const struct opj_rows *a, const struct opj_rows *b, struct opj_error *err);
void opj_align_finish(struct opj_align *align);

/* Of a row of `a` that has a match: whether it has another name or stands below another module; whether its class,
 * attributes or parameters differ. A root that is called like its class is renamed, not changed, when both differ. */
bool opj_align_renamed(const struct opj_align *align, size_t a);
bool opj_align_changed(const struct opj_align *align, size_t a);

/* The next thing in which a row of `a` differs from its match; the cursor is zeroed before the first call. */
bool opj_align_next_change(const struct opj_align *align, size_t a, struct opj_geometry_cursor *cursor,
			   struct opj_geometry_change *change);

#endif
