/* opjoule/analysis.h: runs counters and estimators over a trace, all of them in one replay.
 *
 *     struct opj_analysis *a = opj_analysis_create();
 *     opj_analysis_add_counter(a, "flop", &err);
 *     opj_analysis_add_estimator(a, "compute:fp16", &err);
 *     opj_analysis_run(a, trace, &err);
 *     char *json = opj_analysis_json(a, &err);
 *
 * An analysis runs once. It borrows from the trace, which must outlive it. One thread. */
#ifndef OPJOULE_ANALYSIS_H
#define OPJOULE_ANALYSIS_H

#include <opjoule/estimator.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct opj_analysis; /* opaque */

/* NULL: out of memory. */
OPJ_API struct opj_analysis *opj_analysis_create(void);
OPJ_API void opj_analysis_destroy(struct opj_analysis *analysis);

/* Asks for a counter: "NAME" or "NAME,key=value,…". The same counter may run several times with different settings: the
 * first is reported under its name, the others under what was asked. */
OPJ_API int opj_analysis_add_counter(struct opj_analysis *analysis, const char *spec, struct opj_error *err);

/* Asks for an estimator: "NAME", "NAME:PRESET" or "NAME:FILE.yaml", each with ",key=value…" behind it. The counters it
 * needs run along, at their defaults. */
OPJ_API int opj_analysis_add_estimator(struct opj_analysis *analysis, const char *spec, struct opj_error *err);

/* Makes the counters and estimators of a shared object known to this analysis. */
OPJ_API int opj_analysis_load_plugin(struct opj_analysis *analysis, const char *path, struct opj_error *err);

/* Leaves out every op inside a module of this class, or of a class derived from it. */
OPJ_API int opj_analysis_ignore_class(struct opj_analysis *analysis, const char *cls, struct opj_error *err);

/* Fails on the first op for which a counter that was asked for has no rule, and on a warning of an estimator. */
OPJ_API void opj_analysis_set_strict(struct opj_analysis *analysis, bool strict);

/* Replays the trace once through everything that was asked for. */
OPJ_API int opj_analysis_run(struct opj_analysis *analysis, struct opj_trace *trace, struct opj_error *err);

/* The same in two steps, for a caller that replays by itself or has ops from elsewhere: the visitor takes them (its
 * definitions must live as long as the analysis), finish makes the reports. begin is called last before the first op.
 */
OPJ_API int opj_analysis_begin(struct opj_analysis *analysis, struct opj_visitor *visitor, struct opj_error *err);
OPJ_API int opj_analysis_finish(struct opj_analysis *analysis, struct opj_error *err);

/* A counter's total; metric NULL for a plain counter. -1: it did not run, or has no such metric. */
OPJ_API int opj_analysis_total(const struct opj_analysis *analysis, const char *counter, const char *metric,
			       int64_t *total, struct opj_error *err);

/* Everything as one JSON object, documented in docs/analyze.md. The caller frees. NULL on failure. */
OPJ_API char *opj_analysis_json(const struct opj_analysis *analysis, struct opj_error *err);

/* A report for people, by module, stage or op. */
OPJ_API int opj_analysis_print(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err);

#ifdef __cplusplus
}
#endif

#endif
