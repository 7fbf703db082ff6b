/* analyze/engine/report.h: the tree of figures that counters and estimators fill (opjoule/estimator.h), and its reading
 * end.
 *
 * The tree is a jansson object. A failure while filling (no memory, a figure that is not finite, a path through a
 * leaf) is remembered and comes out of opj_report_check. */
#ifndef OPJ_ANALYZE_ENGINE_REPORT_H
#define OPJ_ANALYZE_ENGINE_REPORT_H

#include <jansson.h>
#include <opjoule/estimator.h>

struct opj_report {
	json_t *fields;    /* object: the tree */
	json_t *warnings;  /* array of strings */
	json_t *uncovered; /* object: what has no figure, and how often it came */
	json_t *parts;     /* object: key of breakdown_pj that is part of another, and which */
	json_t *shares[3]; /* by enum opj_axis: object from name to pJ */
	bool totalled;     /* opj_report_total was called */
	double total_pj;
	bool failed;
	char failure[256]; /* what failed first */
};

/* NULL: out of memory. */
struct opj_report *opj_report_create(void);
void opj_report_destroy(struct opj_report *report);
int opj_report_check(const struct opj_report *report, struct opj_error *err);

/* Energy share of one name, false where the estimator gave none. */
bool opj_report_find_share(const struct opj_report *report, enum opj_axis axis, const char *name, double *pj);

#endif
