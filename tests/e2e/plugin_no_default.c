/* tests/e2e/plugin_no_default.c: a plugin with a setting that has no default, which has to be refused. */
#include <opjoule/counter.h>

static opj_count_fn rule(void *self, const char *op)
{
	(void)self;
	(void)op;
	return NULL;
}

static const struct opj_option options[] = {{.key = "size", .type = OPJ_OPTION_NUMBER}};

static const struct opj_counter broken = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "broken",
    .metric_count = 1,
    .rule = rule,
    .options = options,
    .option_count = 1,
};

OPJ_API const struct opj_counter *const opj_plugin_counters[] = {&broken, NULL};
