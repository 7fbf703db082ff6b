/* analyze/figures/text.h: the two halves of the text report. */
#ifndef OPJ_ANALYZE_FIGURES_TEXT_H
#define OPJ_ANALYZE_FIGURES_TEXT_H

#include "analyze/engine/engine.h"

/* Writes the table of modules, stages or ops. */
int opj_text_table(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err);

/* How a stage is called in text: ops in no stage, as suspended ones, have an empty name. */
const char *opj_text_stage(const char *name);

#endif
