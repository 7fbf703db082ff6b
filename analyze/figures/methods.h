/* analyze/figures/methods.h: what must be said beside a table of figures: which estimators, at which costs, from which
 * sources, over what, and what is not covered.
 *
 * The facts of one analysis are gathered as JSON (docs/analyze.md, "methods") and then put into words, so that both say
 * the same. */
#ifndef OPJ_ANALYZE_FIGURES_METHODS_H
#define OPJ_ANALYZE_FIGURES_METHODS_H

#include "format.h"

/* The facts of a finished analysis, a new reference; NULL on failure. */
json_t *opj_methods_json(const struct opj_analysis *analysis, struct opj_error *err);

/* The paragraph of one or several traces that were analyzed with the same request, and the references as BibTeX; as
 * text, Markdown or LaTeX. `facts` are theirs. */
int opj_methods_write(const struct opj_sheet_source *sources, json_t *const *facts, uint32_t source_count,
		      enum opj_format format, FILE *out, struct opj_error *err);

#endif
