/* tests/e2e/plugin_by_family.c: a plugin whose counter has rules by family, which has to be refused. */
#include <opjoule/counter.h>

static const opj_family_fn rules[1] = {NULL};

static const struct opj_counter families = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "families",
    .metric_count = 1,
    .rules = rules,
};

OPJ_API const struct opj_counter *const opj_plugin_counters[] = {&families, NULL};
