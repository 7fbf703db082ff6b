/* analyze/figures/digest_rows.h: which rows a digest has, and the tally's cell of each. Only digest.c includes this. */
#ifndef OPJ_ANALYZE_FIGURES_DIGEST_ROWS_H
#define OPJ_ANALYZE_FIGURES_DIGEST_ROWS_H

#include "digest.h"

/* The tally summed by group of one axis. */
struct opj_row_cells {
	struct opj_rollup rollup; /* whole cells, one for each group */
	int64_t *outside;         /* [stride] by module: ops whose only scope is Global */
};

int opj_row_cells_init(struct opj_row_cells *cells, const struct opj_analysis *analysis, enum opj_axis axis,
		       struct opj_error *err);
void opj_row_cells_finish(struct opj_row_cells *cells);

/* The sum of a row that opj_rows_make made. */
const int64_t *opj_row_cell(const struct opj_row_cells *cells, const struct opj_row *row);

/* By module: for each row the sum of what ran in it and in no row inside it, [rows->count][stride]; the caller frees.
 * An op counts towards the innermost of its scopes (replay/core/scope.h). NULL on failure. */
int64_t *opj_row_own_cells(const struct opj_rows *rows, const struct opj_tally *tally, struct opj_error *err);

/* Rows of everything that an op ran in, without figures. -1: out of memory; rows are to be freed all the same. */
int opj_rows_make(struct opj_rows *rows, const struct opj_analysis *analysis, const struct opj_row_cells *cells,
		  enum opj_axis axis);

#endif
