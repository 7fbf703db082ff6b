/* opjoule/counter.h: a counter turns ops into integers.
 *
 * A counter is one descriptor. Its rules are looked up once per op name, then called once per op; what a rule gives is
 * added to tally[context][op], and the roll-up to scopes and stages happens at the end. Rules are for names, or, of the
 * built-in counters, for families of operators. A counter that needs order (a cache model) or module calls sees them in
 * the same pass. Built-in counters stand in analyze/engine/registry.c; users add theirs as a shared object that exports
 * `const struct opj_counter *const opj_plugin_counters[]`, NULL-terminated. */
#ifndef OPJOULE_COUNTER_H
#define OPJOULE_COUNTER_H

#include <opjoule/replay.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Layout of the descriptors in this header and in estimator.h; a plugin built for another is refused. 3: struct
 * opj_counter has `rules` behind `rule`; a plugin for 2 only needs to be built again. */
#define OPJ_PLUGIN_ABI 3

enum opj_option_type { OPJ_OPTION_NUMBER, OPJ_OPTION_BYTES, OPJ_OPTION_FLAG, OPJ_OPTION_CHOICE };

/* A setting that users give as key=value or in a YAML cost file. */
struct opj_option {
	const char *key; /* the field's name in reports, unit included: "e_mac_pj" */
	enum opj_option_type type;
	const char *otherwise; /* default, as a user would type it: "4.6", "64KiB", "false" */
	const char *choices;   /* CHOICE: "storage|address" */
	const char *doc;       /* one line; for constants the source */
	/* An estimator's report depends on it, what the estimator takes in while it watches the replay does not: a
	 * cost, or a size that decides one. Such settings may change after the replay: estimator.h, reprice. */
	bool price;
};

struct opj_config; /* settings, checked against a table of options */
OPJ_API double opj_config_number(const struct opj_config *config, const char *key);
OPJ_API uint64_t opj_config_bytes(const struct opj_config *config, const char *key);
OPJ_API bool opj_config_flag(const struct opj_config *config, const char *key);
OPJ_API const char *opj_config_choice(const struct opj_config *config, const char *key);

struct opj_report; /* a tree of named figures: estimator.h */

/* What a rule says of one op; -1: the op is malformed, err says in which field. */
enum opj_counted {
	OPJ_COUNTED = 0,       /* values[metric_count] were written, zeros included */
	OPJ_NOT_CONCERNED = 1, /* the op, here, is none of this counter's business: no entry in any report */
	OPJ_UNCOVERED = 2, /* the trace lacks what the rule needs (err says what): listed like an op without a rule */
};

/* In values: the count does not fit in 64 bits. The framework turns it into an error that names op and counter. */
#define OPJ_OVERFLOW INT64_MIN

/* Arithmetic in which an overflow stays one, as NaN does: rules are formulas, checked once at the end. */
static inline int64_t opj_add(int64_t a, int64_t b)
{
	int64_t sum;
	return a == OPJ_OVERFLOW || b == OPJ_OVERFLOW || __builtin_add_overflow(a, b, &sum) ? OPJ_OVERFLOW : sum;
}

static inline int64_t opj_sub(int64_t a, int64_t b)
{
	int64_t difference;
	return a == OPJ_OVERFLOW || b == OPJ_OVERFLOW || __builtin_sub_overflow(a, b, &difference) ? OPJ_OVERFLOW
												   : difference;
}

static inline int64_t opj_mul(int64_t a, int64_t b)
{
	int64_t product;
	return a == OPJ_OVERFLOW || b == OPJ_OVERFLOW || __builtin_mul_overflow(a, b, &product) ? OPJ_OVERFLOW
												: product;
}

/* An unsigned quantity of a tensor (numel, bytes, nnz) as a count. */
static inline int64_t opj_int(uint64_t n)
{
	return n > INT64_MAX ? OPJ_OVERFLOW : (int64_t)n;
}

/* Writes values[metric_count]; see enum opj_counted. */
typedef int (*opj_count_fn)(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err);

/* The same for a family of operators: `known` is what the operator table says of the op (analyze/ops/operators.h, which
 * is not installed: its families are not frozen). */
struct opj_operator;
typedef int (*opj_family_fn)(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			     struct opj_error *err);

struct opj_counter {
	uint32_t abi;                     /* OPJ_PLUGIN_ABI */
	const char *name;                 /* "flop" */
	const char *unit;                 /* "FLOPs", "bytes", … */
	const char *summary;              /* one line: what is counted */
	const char *boundary;             /* one line: what is not */
	uint32_t metric_count;            /* 1 for a plain counter; 0 where report() says everything */
	const char *const *metrics;       /* [metric_count] names, or NULL for a plain counter */
	const struct opj_option *options; /* [option_count] */
	uint32_t option_count;
	void *(*create)(const struct opj_config *config, struct opj_error *err); /* NULL: stateless, self is NULL */
	void (*destroy)(void *self);
	/* The rule for an op name; NULL where the counter has none: the op is uncovered and reported as such. Or NULL:
	 * rules are by family. */
	opj_count_fn (*rule)(void *self, const char *op);
	const opj_family_fn *rules; /* by family, NULL where there is none; for built-in counters only */
	int (*visit_op)(void *self, const struct opj_op *op, struct opj_error *err);       /* or NULL */
	int (*visit_call)(void *self, const struct opj_call *call, struct opj_error *err); /* or NULL */
	/* Adds to the counter's report what tallies do not say. Or NULL. */
	int (*report)(void *self, struct opj_report *report, struct opj_error *err);
};

/* The built-in counters, NULL-terminated, and one by name (NULL: there is none). */
OPJ_API extern const struct opj_counter *const opj_counters[];
OPJ_API const struct opj_counter *opj_counter_find(const char *name);

#ifdef __cplusplus
}
#endif

#endif
