/* analyze/counters/rule.h: how a counter's rule is found and called, and the rules that several counters share. */
#ifndef OPJ_ANALYZE_COUNTERS_RULE_H
#define OPJ_ANALYZE_COUNTERS_RULE_H

#include "analyze/ops/shapes.h"
#include "analyze/ops/spikes.h"
#include <inttypes.h>
#include <opjoule/counter.h>

/* What a counter does with one op name: looked up once per name, called once per op. */
struct opj_rule {
	const struct opj_operator *known;
	opj_family_fn by_family;
	opj_count_fn by_name; /* both NULL: the counter has no rule */
};

/* `known` is the row of `name`. */
static inline struct opj_rule opj_rule_find(const struct opj_counter *counter, void *self,
					    const struct opj_operator *known, const char *name)
{
	struct opj_rule rule = {.known = known};
	if (counter->rules)
		rule.by_family = counter->rules[known->family];
	else if (counter->rule)
		rule.by_name = counter->rule(self, name);
	return rule;
}

static inline bool opj_rule_exists(const struct opj_rule *rule)
{
	return rule->by_family || rule->by_name;
}

/* The rule exists. */
static inline int opj_rule_call(const struct opj_rule *rule, void *self, const struct opj_op *op, int64_t *values,
				struct opj_error *err)
{
	return rule->by_family ? rule->by_family(self, rule->known, op, values, err)
			       : rule->by_name(self, op, values, err);
}

/* For a rule that needs values nobody looked at. */
static inline int opj_rule_unseen(const char *what, struct opj_error *err)
{
	opj_fail(err, "the trace does not say what values the %s holds", what);
	return OPJ_UNCOVERED;
}

/* Shared rules of counters with one metric. Nothing; nothing for a view, which is not even listed where it changes no
 * shape: hooks around modules leave such in a training run, no network asked for them, and the reference does not see
 * them. One for each element of the result. The additions of a sum, elements less results. */
int opj_rule_nothing(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		     struct opj_error *err);
int opj_rule_view(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		  struct opj_error *err);
int opj_rule_elements(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		      struct opj_error *err);
int opj_rule_sum(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		 struct opj_error *err);

/* Additions that spikes trigger in a product or convolution, the rules that counters synop and ac share: synop.c. */
int opj_synop_product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		      struct opj_error *err);
int opj_synop_convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			  struct opj_error *err);

#endif
