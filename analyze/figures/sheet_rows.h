/* analyze/figures/sheet_rows.h: rows of several digests, matched. Only sheet.c includes this. */
#ifndef OPJ_ANALYZE_FIGURES_SHEET_ROWS_H
#define OPJ_ANALYZE_FIGURES_SHEET_ROWS_H

#include "sheet.h"

struct opj_matched_row {
	const struct opj_row **rows; /* [source_count] NULL: this trace has none */
};

struct opj_matched {
	struct opj_matched_row *rows;
	uint32_t count;
};

/* -1: out of memory; to be finished all the same. */
int opj_match_rows(struct opj_matched *matched, const struct opj_sheet_source *sources, uint32_t source_count,
		   enum opj_axis axis);
void opj_matched_finish(struct opj_matched *matched);

#endif
