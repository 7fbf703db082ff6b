/* analyze/figures/methods.h: what must be said beside a table of figures, as far as a digest does not have it: what to
 * cite for each estimator and its costs, and which settings are not those of its preset.
 *
 * Gathered once; the paragraph (methods_text.c) and the JSON report say the same of it. */
#ifndef OPJ_ANALYZE_FIGURES_METHODS_H
#define OPJ_ANALYZE_FIGURES_METHODS_H

#include "digest.h"

/* A setting that is not what the preset says, or else the estimator's default. */
struct opj_changed_setting {
	const char *key;
	const json_t *now, *preset; /* number, boolean or string */
};

struct opj_methods_estimate {
	json_t *cites, *cost_cites;          /* arrays of BibTeX keys: of its rules, of its costs */
	struct opj_changed_setting *changed; /* [changed_count] */
	size_t changed_count;
	json_t *settings, *preset; /* all there are, which `changed` points into */
};

struct opj_methods {
	struct opj_methods_estimate *estimates; /* [estimate_count] as the analysis has them */
	uint32_t estimate_count;
	json_t *bibtex; /* {key: entry} of all that is cited, opjoule itself first */
};

/* Of an analysis that has finished; borrows from it. To be finished, after a failure too. */
int opj_methods_init(struct opj_methods *methods, const struct opj_analysis *analysis, struct opj_error *err);
void opj_methods_finish(struct opj_methods *methods);

/* Everything that must be said, digest included, as one value: docs/analyze.md, "methods". */
void opj_methods_put(struct opj_json *json, const char *key, const struct opj_methods *methods,
		     const struct opj_digest *digest);

/* {op: how many} of what a counter has no figure for. */
void opj_put_uncovered(struct opj_json *json, const char *key, const struct opj_uncovered_list *list);

#endif
