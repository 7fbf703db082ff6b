/* analyze/estimators/neuromc/costs.h: the constants of the NeuroMC estimator as settings. */
#ifndef OPJ_ANALYZE_ESTIMATORS_NEUROMC_COSTS_H
#define OPJ_ANALYZE_ESTIMATORS_NEUROMC_COSTS_H

#include "ports.h"
#include <opjoule/counter.h>

/* One direction of one memory. */
enum opj_nmc_port {
#define OPJ_NEUROMC_PORT(name, width, key, pj, doc) OPJ_NMC_##name,
	OPJ_NEUROMC_PORTS(OPJ_NEUROMC_PORT)
#undef OPJ_NEUROMC_PORT
	    OPJ_NMC_PORTS
};

struct opj_nmc_costs {
	double mux_pj, add_pj, mul_pj, comp_pj, sqrt_pj; /* one operation */
	double port_pj_per_bit[OPJ_NMC_PORTS];
	/* Memories that may keep a weight from one time step or batch to the next. */
	double fp_weight_bits, bp_weight_bits, wg_weight_bits;
	uint32_t mapping_entries;
	bool preset; /* every constant is that of the preset */
};

/* Operations, sizes, ports, mapping_entries. */
enum {
	OPJ_NMC_OPERATIONS = 5,
	OPJ_NMC_SIZES = 3,
	OPJ_NMC_OPTION_COUNT = OPJ_NMC_OPERATIONS + OPJ_NMC_SIZES + OPJ_NMC_PORTS + 1
};
extern const struct opj_option opj_nmc_options[OPJ_NMC_OPTION_COUNT];

/* Checks signs and ranges. */
int opj_nmc_costs_load(struct opj_nmc_costs *costs, const struct opj_config *config, struct opj_error *err);

#endif
