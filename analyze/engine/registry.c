/* analyze/engine/registry.c: the built-in counters and estimators. Adding one is one declaration, one line and its
 * file. */
#include "analyze/counters/counters.h"
#include <opjoule/estimator.h>
#include <string.h>

extern const struct opj_estimator opj_estimator_compute;
extern const struct opj_estimator opj_estimator_lemaire;
extern const struct opj_estimator opj_estimator_neuromc;
extern const struct opj_estimator opj_estimator_spikesim;

/* clang-format off */
const struct opj_counter *const opj_counters[] = {
    &opj_counter_flop,
    &opj_counter_memory,
    &opj_counter_synop,
    &opj_counter_mac,
    &opj_counter_ac,
    &opj_counter_neuron_state,
    &opj_counter_addressing,
    &opj_counter_neuromc_add,
    &opj_counter_neuromc_mul,
    &opj_counter_neuromc_cmp,
    &opj_counter_neuromc_mux,
    &opj_counter_neuromc_sqrt,
    &opj_counter_residency,
    NULL,
};

const struct opj_estimator *const opj_estimators[] = {
    &opj_estimator_compute,
    &opj_estimator_lemaire,
    &opj_estimator_neuromc,
    &opj_estimator_spikesim,
    NULL,
};
/* clang-format on */

const struct opj_counter *opj_counter_find(const char *name)
{
	for (const struct opj_counter *const *at = opj_counters; *at; at++) {
		if (strcmp((*at)->name, name) == 0)
			return *at;
	}
	return NULL;
}

const struct opj_estimator *opj_estimator_find(const char *name)
{
	for (const struct opj_estimator *const *at = opj_estimators; *at; at++) {
		if (strcmp((*at)->name, name) == 0)
			return *at;
	}
	return NULL;
}
