/* analyze/figures/about.h: what was analyzed, in words that all formats share. */
#ifndef OPJ_ANALYZE_FIGURES_ABOUT_H
#define OPJ_ANALYZE_FIGURES_ABOUT_H

#include "analyze/engine/engine.h"

/* "52.1 % of 16.38 k elements nonzero (sparsity 47.9 %)", of elements that were looked at, and how many were not:
 * ", 90 more not looked at". The text lives in buffer. */
const char *opj_about_values(char buffer[160], const struct opj_activity *input);

/* "5 ops inside modules that were to be ignored". The text lives in buffer. */
const char *opj_about_ignored(char buffer[80], uint64_t ops);

/* "over 1 call of Digits"; module NULL: "as the first op sees it". The text lives in buffer. */
const char *opj_about_source(char buffer[320], const struct opj_activity *input, const struct opj_trace_module *module);

#endif
