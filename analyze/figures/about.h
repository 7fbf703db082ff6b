/* analyze/figures/about.h: what was analyzed: the trace, what it was fed, its stages and ops, and what is left out.
 *
 * Gathered once for each digest; every format and every command that describes a run takes it from here. */
#ifndef OPJ_ANALYZE_FIGURES_ABOUT_H
#define OPJ_ANALYZE_FIGURES_ABOUT_H

#include "analyze/engine/engine.h"

/* Ops of one kind that a counter has no figure for. */
struct opj_uncovered {
	const char *op;
	int64_t ops;
};

struct opj_uncovered_list {
	struct opj_uncovered *items; /* [count] in the order in which the trace first named the ops */
	size_t count;
	int64_t ops; /* of all kinds */
};

/* Borrows from the analysis and its trace. */
struct opj_about {
	const char *file;                    /* of the trace; NULL: ops came from elsewhere, and so is the manifest */
	const struct opj_manifest *manifest; /* NULL: there is none */
	const struct opj_activity *input;    /* NULL: nothing is known */
	const struct opj_trace_module
	    *fed; /* whose calls had that input; NULL: the first op's first operand is meant */
	uint64_t ops, ignored_ops;
	uint64_t suspended_ops;               /* in regions that the executor marked as no part of training */
	struct opj_stages stages;             /* of the trace */
	struct opj_stages *covered;           /* [estimate_count of the analysis] that an estimate has figures for */
	struct opj_uncovered_list *uncovered; /* [count_count of the analysis] */
	uint32_t estimate_count, count_count;
};

/* Of an analysis that has finished. To be finished, after a failure too. */
int opj_about_init(struct opj_about *about, const struct opj_analysis *analysis, struct opj_error *err);
void opj_about_finish(struct opj_about *about);

/* For JSON, in an object that is open: kind, elements, nonzero, unseen. */
void opj_about_put_activity(struct opj_json *json, const struct opj_activity *activity);
/* What the model was fed, as one value: the same with module and sparsity; null where nothing is known. */
void opj_about_put_input(struct opj_json *json, const char *key, const struct opj_activity *input,
			 const struct opj_trace_module *fed);

/* What a trace says of itself: the archive's manifest, or the first line of an op log; null of ops from elsewhere. */
int opj_about_put_trace(struct opj_json *json, const char *key, const struct opj_trace *trace, struct opj_error *err);

/* In words; the texts live in the buffers. */

/* "52.1 % of 16.38 k elements nonzero (sparsity 47.9 %)", of elements that were looked at, and how many were not:
 * ", 90 more not looked at". */
const char *opj_about_values(char buffer[160], const struct opj_activity *input);

/* "over 1 call of Digits"; module NULL: "as the first op sees it". */
const char *opj_about_source(char buffer[320], const struct opj_activity *input, const struct opj_trace_module *module);

/* "16384 elements over 1 call, dense, 8533 nonzero" */
const char *opj_about_exact(char buffer[200], const struct opj_activity *input);

/* "5 ops inside modules that were to be ignored". */
const char *opj_about_ignored(char buffer[80], uint64_t ops);

/* Warnings: ops left out because they were to be, ops that a counter left out (with the reason), and what an estimator
 * has no figure for. */
enum { OPJ_ABOUT_WARNING = OPJ_ERROR_MAX + 400 };
const char *opj_about_ignored_warning(char buffer[OPJ_ABOUT_WARNING], uint64_t ops);
const char *opj_about_count_warning(char buffer[OPJ_ABOUT_WARNING], const struct opj_count *count);
const char *opj_about_uncovered_warning(char buffer[OPJ_ABOUT_WARNING], const char *estimator, const char *what,
					int64_t times);

/* How a stage is called: ops in no stage, as suspended ones, have an empty name. */
const char *opj_stage_label(const char *name);

#endif
