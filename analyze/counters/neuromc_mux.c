/* analyze/counters/neuromc_mux.c: selections: where() takes one of two values for each element. */
#include "neuromc_rule.h"

static const struct opj_rule rules[] = {
    {"aten.where.self", opj_rule_elements},
    {"aten.where.ScalarOther", opj_rule_elements},
    {"aten.where.ScalarSelf", opj_rule_elements},
};

static opj_count_fn mux_rule(void *self, const char *op)
{
	(void)self;
	return opj_rule_find(rules, sizeof rules / sizeof *rules, op);
}

const struct opj_counter opj_counter_neuromc_mux = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc_mux",
    .unit = "selections",
    .summary = "elements that where() selects",
    .boundary = "selections inside other ops (a masked reset done by arithmetic)",
    .metric_count = 1,
    .rule = mux_rule,
};
