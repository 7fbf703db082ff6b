/* tests/e2e/plugin_other_layout.c: a plugin built for descriptors of another layout; it must be refused unread. */
#include <opjoule/counter.h>

static const struct opj_counter other = {.abi = OPJ_PLUGIN_ABI + 1, .name = (const char *)1};

OPJ_API const struct opj_counter *const opj_plugin_counters[] = {&other, NULL};
