/* opjoule/estimator.h: an estimator turns counters, calls and a cost configuration into picojoules.
 *
 * Linear estimators price integers that counters tallied: they name the counters in `needs` and give `price`, which
 * serves totals, layers and stages alike, and can be asked again with another configuration without a replay. Others
 * watch the replay through the visit functions; `reprice` lets them be asked again too. All of them end in `report`. */
#ifndef OPJOULE_ESTIMATOR_H
#define OPJOULE_ESTIMATOR_H

#include <opjoule/counter.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A report is a tree of objects whose leaves are figures; the path is a list of keys that ends with NULL:
 * opj_report_number(report, 4.6, "breakdown_pj", "mac_pj", NULL). Keys keep the order in which they were first set.
 * A list of objects is filled with two special keys: NEXT appends an object to the list that the key before it names,
 * LAST is the one appended last:
 *     opj_report_section(report, "mapping", OPJ_REPORT_NEXT, NULL);
 *     opj_report_count(report, 64, "mapping", OPJ_REPORT_LAST, "mac_count", NULL);
 * A second value for the same path replaces the first. Failure to allocate is remembered and reported at the end. The
 * key "energy_total_pj" belongs to opj_report_total. */
#define OPJ_REPORT_NEXT "[+]"
#define OPJ_REPORT_LAST "[-1]"
OPJ_API void opj_report_number(struct opj_report *report, double value, ...) __attribute__((sentinel));
OPJ_API void opj_report_count(struct opj_report *report, int64_t value, ...) __attribute__((sentinel));
OPJ_API void opj_report_string(struct opj_report *report, const char *value, ...) __attribute__((sentinel));
/* value: 0 is false; an int, since a bool before "..." would not be one in the call. */
OPJ_API void opj_report_flag(struct opj_report *report, int value, ...) __attribute__((sentinel));
/* A list of integers (a shape, one figure per tile). values NULL: there is no such list, null. */
OPJ_API void opj_report_counts(struct opj_report *report, const int64_t *values, size_t count, ...)
    __attribute__((sentinel));
/* A list of strings. */
OPJ_API void opj_report_strings(struct opj_report *report, const char *const *values, size_t count, ...)
    __attribute__((sentinel));
/* An empty list, for one that must be there even when nothing is appended to it. */
OPJ_API void opj_report_list(struct opj_report *report, ...) __attribute__((sentinel));
/* The energy of the whole run in pJ, once: what tables, diffs, sweeps and pages call the estimator's energy. It stands
 * in the report as `energy_total_pj`, where this was called. An estimator that states no total has no energy there, and
 * its report says so. */
OPJ_API void opj_report_total(struct opj_report *report, double pj);
/* An empty object, for a section that must be there even when nothing is in it. */
OPJ_API void opj_report_section(struct opj_report *report, ...) __attribute__((sentinel));
OPJ_API void opj_report_warn(struct opj_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something of the trace that the estimator has no figure for ("aten.sort.default"), and how often it came: the report
 * lists it as uncovered, the analysis warns of it, and --strict makes it an error. */
OPJ_API void opj_report_uncovered(struct opj_report *report, const char *what, int64_t count);
/* `breakdown_pj.part` is contained in `breakdown_pj.whole`, which is set already: text reports show it as a part, so
 * that nobody adds both. */
OPJ_API void opj_report_part(struct opj_report *report, const char *whole, const char *part);
/* Energy of one scope ("Net.conv1", its descendants included), stage or op, for tables; pJ. Linear estimators leave
 * this to the caller, who prices the tallies of each. */
enum opj_axis { OPJ_BY_MODULE, OPJ_BY_STAGE, OPJ_BY_OP };
OPJ_API void opj_report_share(struct opj_report *report, enum opj_axis axis, const char *name, double pj);

/* Tallies of one counter over some slice of the run (all of it, a scope, a stage, an op). */
struct opj_slice {
	const int64_t *const *counts; /* counts[i][m]: counter needs[i], metric m */
};

struct opj_preset {
	const char *name;   /* "fp32" */
	const char *values; /* "e_mac_pj=4.6,e_ac_pj=0.9" */
	const char *source; /* paper or standard the values are from */
	const char *bibtex; /* the same as BibTeX entries, one after the other; NULL: none */
};

#define OPJ_NEEDS_MAX 64 /* counters that one estimator may need */

struct opj_estimator {
	uint32_t abi;         /* OPJ_PLUGIN_ABI */
	const char *name;     /* "compute" */
	const char *version;  /* of its rules: changes whenever a figure could */
	const char *summary;  /* one line */
	const char *boundary; /* what the figure leaves out; stands in every report */
	const char *source;   /* paper */
	const struct opj_option *options;
	uint32_t option_count;
	const struct opj_preset *presets; /* the first is the default */
	uint32_t preset_count;
	const char *const *needs; /* [need_count] names of counters that run along; at most OPJ_NEEDS_MAX */
	uint32_t need_count;
	void *(*create)(const struct opj_config *config, struct opj_error *err);
	void (*destroy)(void *self);
	int (*visit_op)(void *self, const struct opj_op *op, struct opj_error *err);
	int (*visit_call)(void *self, const struct opj_call *call, struct opj_error *err);
	int (*visit_optimizer)(void *self, const struct opj_optimizer_step *step, struct opj_error *err);
	/* Linear estimators only: energy of a slice in pJ. */
	double (*price)(void *self, const struct opj_slice *slice);
	/* Fills the report's fields from the totals of the counters in `needs`. */
	int (*report)(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err);
	/* Or NULL. For estimators with visit functions: takes over those settings of `config` that are marked as
	 * prices, after the replay; all others are what they were. The next report, a new one, is that of an instance
	 * which had these settings from the start. Fails, as create does, on settings that are out of range; the old
	 * ones then stay. Estimators without visit functions see totals only and need none. */
	int (*reprice)(void *self, const struct opj_config *config, struct opj_error *err);
	const char *bibtex; /* of the paper that the rules are from, as in struct opj_preset; NULL: none */
};

OPJ_API extern const struct opj_estimator *const opj_estimators[];
OPJ_API const struct opj_estimator *opj_estimator_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif
