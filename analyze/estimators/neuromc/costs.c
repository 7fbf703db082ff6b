/* analyze/estimators/neuromc/costs.c: reading the constants. Energies are in pJ; a port's cost is for one access of its
 * width, and traffic is priced by the bit, as if accesses were always full. */
#include "costs.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PEER "SpikingJelly op_counter, neuromc/core.py"
#define CONFIG "SpikingJelly op_counter, neuromc/config.py"

const struct opj_option opj_nmc_options[OPJ_NMC_OPTION_COUNT] = {
    {"mux_pj", OPJ_OPTION_NUMBER, "0.03425", NULL, "one selection of 16 bits, a 16th of an addition; " PEER,
     .price = true},
    {"add_pj", OPJ_OPTION_NUMBER, "0.548", NULL, "one addition of 16 bits; " PEER, .price = true},
    {"mul_pj", OPJ_OPTION_NUMBER, "0.812", NULL, "one multiplication of 16 bits; " PEER, .price = true},
    {"comp_pj", OPJ_OPTION_NUMBER, "0.056", NULL, "one comparison of 16 bits; " PEER, .price = true},
    {"sqrt_pj", OPJ_OPTION_NUMBER, "0.514", NULL, "one square root of 16 bits; " PEER, .price = true},
    {"sram_fp_conv_in_w_size_bits", OPJ_OPTION_NUMBER, "18432", NULL,
     "weights that forward can keep between steps; " CONFIG, .price = true},
    {"sram_bp_conv_in_w_size_bits", OPJ_OPTION_NUMBER, "18432", NULL,
     "weights that backward can keep between steps; " CONFIG, .price = true},
    {"sram_wg_conv_in_du_size_bits", OPJ_OPTION_NUMBER, "65536", NULL,
     "gradients that the weight gradient can keep between steps; " CONFIG, .price = true},
#define OPJ_NEUROMC_PORT(name, width, key, pj, doc) {key, OPJ_OPTION_NUMBER, pj, NULL, doc "; " CONFIG, .price = true},
    OPJ_NEUROMC_PORTS(OPJ_NEUROMC_PORT)
#undef OPJ_NEUROMC_PORT
	{"mapping_entries", OPJ_OPTION_NUMBER, "1000", NULL, "how many fragments mapping_summary lists at most"},
};

/* Reads setting i and notes whether it is the preset's. */
static int read_setting(struct opj_nmc_costs *costs, const struct opj_config *config, uint32_t i, double *value,
			struct opj_error *err)
{
	const struct opj_option *option = &opj_nmc_options[i];
	*value = opj_config_number(config, option->key);
	if (!isfinite(*value) || *value < 0)
		return opj_fail(err, "%s is %g: it must be a number that is not negative", option->key, *value);
	if (*value != strtod(option->otherwise, NULL))
		costs->preset = false;
	return 0;
}

int opj_nmc_costs_load(struct opj_nmc_costs *costs, const struct opj_config *config, struct opj_error *err)
{
	static const double widths[OPJ_NMC_PORTS] = {
#define OPJ_NEUROMC_PORT(name, width, key, pj, doc) width,
	    OPJ_NEUROMC_PORTS(OPJ_NEUROMC_PORT)
#undef OPJ_NEUROMC_PORT
	};
	double *const first[OPJ_NMC_OPERATIONS + OPJ_NMC_SIZES] = {
	    &costs->mux_pj,  &costs->add_pj,         &costs->mul_pj,         &costs->comp_pj,
	    &costs->sqrt_pj, &costs->fp_weight_bits, &costs->bp_weight_bits, &costs->wg_weight_bits,
	};
	*costs = (struct opj_nmc_costs){.preset = true};
	for (uint32_t i = 0; i < OPJ_NMC_OPERATIONS + OPJ_NMC_SIZES; i++) {
		if (read_setting(costs, config, i, first[i], err))
			return -1;
	}
	for (uint32_t port = 0; port < OPJ_NMC_PORTS; port++) {
		double pj;
		if (read_setting(costs, config, OPJ_NMC_OPERATIONS + OPJ_NMC_SIZES + port, &pj, err))
			return -1;
		costs->port_pj_per_bit[port] = pj / widths[port];
	}
	double entries = opj_config_number(config, "mapping_entries");
	if (!(entries >= 0 && entries <= INT32_MAX))
		return opj_fail(err, "mapping_entries is %g: it must lie between 0 and %d", entries, INT32_MAX);
	costs->mapping_entries = (uint32_t)entries;
	return 0;
}
