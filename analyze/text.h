/* analyze/text.h: the two halves of the text report. */
#ifndef OPJ_ANALYZE_TEXT_H
#define OPJ_ANALYZE_TEXT_H

#include "analysis.h"

/* Writes the table of modules, stages or ops. */
int opj_text_table(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err);

/* What an estimator's report calls its total; false where it has none. */
bool opj_text_find_total(const struct opj_estimate *estimate, double *pj);

#endif
