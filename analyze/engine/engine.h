/* analyze/engine/engine.h: what an analysis is made of; shared by the files that run it and those that write it out. */
#ifndef OPJ_ANALYZE_ENGINE_ENGINE_H
#define OPJ_ANALYZE_ENGINE_ENGINE_H

#include "analyze/counters/rule.h"
#include "config.h"
#include "json_tree.h"
#include "replay/core/activity.h"
#include "report.h"
#include "tally.h"
#include <opjoule/analysis.h>

/* One counter with one configuration. */
struct opj_count {
	const struct opj_counter *counter;
	char *label; /* what it is reported under: its name, or all that was asked where the name is taken */
	struct opj_config *config;
	void *self;
	bool requested;  /* by name, not only because an estimator needs it */
	uint32_t offset; /* of its slice in a tally cell */
	struct opj_report *report;
	int64_t *totals;                /* [metric_count] after finish */
	bool counted;                   /* it counted some op; after finish */
	struct opj_error uncovered_why; /* first reason a rule gave for not covering an op */
	uint64_t uncovered_at;          /* the op it was about */
};

/* One estimator with one configuration. */
struct opj_estimate {
	const struct opj_estimator *estimator;
	char *label;  /* as reports head it: "compute:int8,e_ac_pj=10fJ" */
	char *preset; /* in force: a preset's name or a file's path; NULL where the estimator has neither */
	char *source; /* where the cost figures are from, and what was changed by hand */
	char *bibtex; /* references of the cost figures; NULL: none */
	const struct opj_preset *base; /* the preset that settings stand on; NULL: the estimator's defaults */
	struct opj_config *config;
	void *self;                /* NULL where it only holds settings: opj_estimate_configure */
	struct opj_report *report; /* after finish */
	uint32_t *needs;           /* [need_count] indices of counts */
	uint32_t need_count;
};

/* A module of the trace and what went in and out of it, summed over its forward calls. */
struct opj_seen_module {
	const struct opj_trace_module *module;
	struct opj_activity in, out;
};

struct opj_plugin {
	void *handle;
	const struct opj_counter *const *counters;     /* NULL-terminated, or NULL */
	const struct opj_estimator *const *estimators; /* the same */
};

struct opj_analysis {
	struct opj_count *counts;
	struct opj_estimate *estimates;
	struct opj_plugin *plugins;
	char **ignored; /* class names */
	uint32_t count_count, estimate_count, plugin_count, ignored_count;
	bool strict, begun, finished;

	struct opj_trace *trace; /* NULL where ops came from elsewhere */
	struct opj_tally tally;
	uint32_t *ruled; /* [ruled_count] indices of the counts that have rules */
	uint32_t ruled_count;
	struct opj_rule *rules; /* [rule_ops][ruled_count] */
	bool *resolved;         /* [rule_ops] whether the row of rules is filled */
	uint32_t rule_ops;
	/* [tally.stride] a cell of the latest op alone: what it added to the tally, with OPJ_HEAD_OPS 0 where it was
	 * left out. Rules write into it. */
	int64_t *latest;

	struct opj_seen_module *modules; /* by id */
	uint32_t module_count;
	struct opj_activity first_input; /* first tensor of the first op that is no parameter */
	uint64_t ops, ignored_ops;
	json_t *warnings; /* of the analysis as a whole: array of strings */
};

/* Integers of counter `i` in a cell: counted, uncovered, metrics. */
static inline uint32_t opj_count_width(const struct opj_count *count)
{
	return OPJ_CELL_METRICS + count->counter->metric_count;
}

/* Looks in the plugins, then among the built-in ones. NULL, with a message that lists what there is. */
const struct opj_counter *opj_analysis_find_counter(const struct opj_analysis *analysis, const char *name,
						    struct opj_error *err);
const struct opj_estimator *opj_analysis_find_estimator(const struct opj_analysis *analysis, const char *name,
							struct opj_error *err);

/* What is behind opj_analysis_add_counter: the index of the count, which may be one that was there; -1: failed. */
int64_t opj_analysis_put_counter(struct opj_analysis *analysis, const char *text, struct opj_error *err);

/* Settings, label and source of costs of an estimator as opj_analysis_add_estimator takes it; nothing is created, and
 * no counter runs for it. The analysis is asked only which estimators there are. To be finished, also on failure. */
int opj_estimate_configure(struct opj_estimate *estimate, const struct opj_analysis *analysis, const char *text,
			   struct opj_error *err);
void opj_estimate_finish(struct opj_estimate *estimate);

/* Whether one estimate of this estimator can be asked for the report of every configuration that differs in prices
 * only; without visit functions, which all settings then are. */
bool opj_estimator_watches(const struct opj_estimator *estimator);
bool opj_estimator_reprices(const struct opj_estimator *estimator);

/* After finish: fills a new report with what `seen`, an estimate of this analysis, says at the settings of `config`.
 * Where the estimator reprices, these may differ from its own in prices, else in nothing. */
int opj_analysis_price(const struct opj_analysis *analysis, const struct opj_estimate *seen,
		       const struct opj_config *config, struct opj_report *report, struct opj_error *err);

/* Whether an op in this context lies inside a class that is left out. */
bool opj_analysis_ignores(const struct opj_analysis *analysis, const struct opj_context *context);
bool opj_analysis_ignores_module(const struct opj_analysis *analysis, const struct opj_trace_module *module);

/* What the model was fed: arguments of the outermost module's calls; where there are none, the first op's first
 * operand, and *module is NULL. NULL: nothing is known. */
const struct opj_activity *opj_analysis_input(const struct opj_analysis *analysis,
					      const struct opj_trace_module **module);

/* Names of stages; they belong to the trace. */
struct opj_stages {
	const char **names; /* [count] in the order of the trace */
	uint32_t count;
};

/* The stages that an estimate has figures for; with estimate NULL all stages of the trace. -1: out of memory, there is
 * nothing to finish. */
int opj_stages_init(struct opj_stages *stages, const struct opj_analysis *analysis, const struct opj_estimate *estimate,
		    struct opj_error *err);
void opj_stages_finish(struct opj_stages *stages);

/* The total that an estimator stated. false: it stated none. */
bool opj_estimate_total(const struct opj_estimate *estimate, double *pj);

/* Adds what is to be said of the whole: a trace that was cut short, several estimators side by side. */
int opj_warn_of_whole(json_t *warnings, const struct opj_trace *trace, bool several, struct opj_error *err);

/* Puts the trace's path in front of a message that has none: readers name their file, counters and estimators know of
 * none. Returns -1. */
int opj_fail_in_trace(struct opj_error *err, const struct opj_trace *trace);

/* opj_analysis_run, with another visitor watching the same replay; companion NULL: none. */
int opj_analysis_run_with(struct opj_analysis *analysis, struct opj_trace *trace, const struct opj_visitor *companion,
			  struct opj_error *err);

#endif
