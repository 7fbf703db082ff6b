/* analyze/page/timeline.h: what modules returned in the course of a run: how many elements, how many of them not zero.
 *
 * Time is the number of ops so far, cut into bins of equal width. The width doubles whenever the run outgrows the bins,
 * so one pass suffices, of a run of any length, and memory is bounded by modules times bins. Over all bins a module's
 * figures add up to what its `out` says in the JSON of an analysis. */
#ifndef OPJ_ANALYZE_PAGE_TIMELINE_H
#define OPJ_ANALYZE_PAGE_TIMELINE_H

#include "analyze/engine/engine.h"
#include "record/base/vector.h"

enum { OPJ_TIMELINE_BINS = 256 };

/* The forward calls of one module that returned within one bin. */
struct opj_timeline_bin {
	uint64_t calls;    /* that returned a tensor whose values somebody looked at */
	uint64_t elements; /* of those tensors */
	uint64_t nonzero;
};

struct opj_timeline_row {
	const struct opj_trace_module *module;
	uint64_t elements;             /* over all bins */
	struct opj_timeline_bin *bins; /* [OPJ_TIMELINE_BINS], NULL before the first call */
};

struct opj_timeline {
	const struct opj_analysis *analysis; /* says which modules are left out */
	uint64_t width;                      /* ops per bin, a power of two */
	struct opj_vector rows;              /* struct opj_timeline_row by module id */
};

void opj_timeline_init(struct opj_timeline *timeline, const struct opj_analysis *analysis);
void opj_timeline_finish(struct opj_timeline *timeline);

/* Watches a replay; the timeline must outlive it. */
struct opj_visitor opj_timeline_visitor(struct opj_timeline *timeline);

/* {"width": ops per bin, "modules": [{"path", "bin": [...], "calls": [...], "elements": [...], "nonzero": [...]}]}: of
 * each module that returned something, the bins in which it did. The caller releases. NULL on failure. */
json_t *opj_timeline_json(const struct opj_timeline *timeline, struct opj_error *err);

#endif
