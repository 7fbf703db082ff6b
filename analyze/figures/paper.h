/* analyze/figures/paper.h: a table with what must stand beside it: a caption, the boundary of each estimator, warnings.
 */
#ifndef OPJ_ANALYZE_PAPER_PAPER_H
#define OPJ_ANALYZE_PAPER_PAPER_H

#include "format.h"

/* Short names for traces, unlike each other: the model and the run, or the file where those are the same or not known.
 * labels[i] are the caller's to free. -1: out of memory. */
int opj_paper_labels(const struct opj_analysis *const *analyses, uint32_t count, char **labels);

/* The table of one or several traces by `by` in a format other than JSON. CSV is the table alone. */
int opj_paper_write(const struct opj_sheet_source *sources, uint32_t source_count, int by, enum opj_format format,
		    FILE *out, struct opj_error *err);

/* "dense, 52.1 % of 16.38 k elements nonzero (sparsity 47.9 %), over 1 call of Digits" */
void opj_paper_input(const struct opj_prose *prose, const struct opj_analysis *analysis);

#endif
