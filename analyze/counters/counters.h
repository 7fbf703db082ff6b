/* analyze/counters/counters.h: the built-in counters, each in a file of its own; the NeuroMC ones share one. */
#ifndef OPJ_ANALYZE_COUNTERS_COUNTERS_H
#define OPJ_ANALYZE_COUNTERS_COUNTERS_H

#include <opjoule/counter.h>

extern const struct opj_counter opj_counter_flop;
extern const struct opj_counter opj_counter_memory;
extern const struct opj_counter opj_counter_synop;
extern const struct opj_counter opj_counter_mac;
extern const struct opj_counter opj_counter_ac;
extern const struct opj_counter opj_counter_neuron_state;
extern const struct opj_counter opj_counter_addressing;
extern const struct opj_counter opj_counter_neuromc_add;
extern const struct opj_counter opj_counter_neuromc_mul;
extern const struct opj_counter opj_counter_neuromc_cmp;
extern const struct opj_counter opj_counter_neuromc_mux;
extern const struct opj_counter opj_counter_neuromc_sqrt;
extern const struct opj_counter opj_counter_residency;

#endif
