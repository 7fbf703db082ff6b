/* analyze/diff/gate.h: conditions on a diff that fail a build: "energy[compute] > +5%".
 *
 *     METRIC [@ PATTERN] COMPARISON LIMIT
 *
 * METRIC: the name of a column, as opj_diff_column takes it. PATTERN: modules by path in A or B; * stands for any
 * characters, dots too, ? for one. Without it the whole run. COMPARISON: > >= < <= == !=. LIMIT: a change with its
 * sign, relative (+5%) or absolute in a unit of the metric (+2uJ, -10kB, +0). docs/diff.md has the grammar in full. */
#ifndef OPJ_ANALYZE_DIFF_GATE_H
#define OPJ_ANALYZE_DIFF_GATE_H

#include "diff.h"
#include "record/base/quantity.h"

enum opj_gate_comparison { OPJ_GATE_GT, OPJ_GATE_GE, OPJ_GATE_LT, OPJ_GATE_LE, OPJ_GATE_EQ, OPJ_GATE_NE };

/* A stretch of an expression, in bytes. */
struct opj_gate_place {
	size_t at, length;
};

struct opj_gate {
	const char *text;       /* the expression, borrowed */
	char *metric, *pattern; /* pattern NULL: the whole run */
	enum opj_gate_comparison comparison;
	double limit; /* as written: 5 of "+5%" */
	char unit[8]; /* "%", "uJ", "" */
	struct opj_gate_place metric_place, pattern_place, unit_place;
};

/* Reads an expression. -1: it is wrong, and *place says where. */
int opj_gate_init(struct opj_gate *gate, const char *text, struct opj_gate_place *place, struct opj_error *err);
void opj_gate_finish(struct opj_gate *gate);

enum opj_gate_verdict {
	OPJ_GATE_PASSED,
	OPJ_GATE_FAILED, /* the condition holds of the run or of a module, or what it is about is not known */
	OPJ_GATE_WRONG,  /* no such metric, no such module, no unit of the metric: *place says where, err what */
	OPJ_GATE_ERROR,  /* out of memory */
};

/* Judges a diff. On FAILED *why is the reason, one line for each module, for the caller to free; else NULL. */
enum opj_gate_verdict opj_gate_judge(const struct opj_gate *gate, const struct opj_diff *diff, char **why,
				     struct opj_gate_place *place, struct opj_error *err);

#endif
