/* analyze/estimators/spikesim/cost.c: prices of crossbar activity, as in the energy model that SpikeSim released.
 *
 * A crossbar is read through groups of 8 rows: its size enters as size / 8. */
#include "spikesim.h"
#include <math.h>

static const double rows_per_group = 8.0;
static const double subtractors_per_group = 16.0;

int spikesim_cost_init(struct spikesim_cost *cost, const struct opj_config *config, struct opj_error *err)
{
	const struct {
		const char *key;
		double *value;
	} energies[] = {
	    {"tile_buffer_pj", &cost->tile_buffer},
	    {"temp_buffer_pj", &cost->temp_buffer},
	    {"sub_pj", &cost->subtractor},
	    {"adc_pj", &cost->adc},
	    {"htree_pj", &cost->htree},
	    {"mux_pj", &cost->mux},
	    {"mem_fetch_pj", &cost->mem_fetch},
	    {"neuron_pj", &cost->neuron},
	};
	for (size_t i = 0; i < sizeof energies / sizeof *energies; i++) {
		*energies[i].value = opj_config_number(config, energies[i].key);
		if (!(*energies[i].value >= 0))
			return opj_fail(err, "%s must not be negative", energies[i].key);
	}
	bool sram = strcmp(opj_config_choice(config, "device"), "sram") == 0;
	const char *xbar_key = sram ? "sram_xbar_pj" : "rram_xbar_pj";
	cost->xbar = opj_config_number(config, xbar_key);
	if (!(cost->xbar >= 0))
		return opj_fail(err, "%s must not be negative", xbar_key);
	double size = opj_config_number(config, "xbar_size");
	if (!(size >= 1 && size <= SPIKESIM_XBAR_MAX) || size != floor(size))
		return opj_fail(err, "xbar_size must be a whole number from 1 to %d, it is %g", SPIKESIM_XBAR_MAX,
				size);
	cost->xbar_size = (int64_t)size;
	cost->event = strcmp(opj_config_choice(config, "activity_mode"), "event") == 0;
	return 0;
}

double spikesim_patch_control_pj(const struct spikesim_cost *cost)
{
	double groups = (double)cost->xbar_size / rows_per_group;
	return cost->htree + cost->mem_fetch + cost->tile_buffer + groups * subtractors_per_group * cost->subtractor +
	       groups * cost->temp_buffer + groups * groups * (cost->adc + cost->mux);
}

double spikesim_pe_cycle_pj(const struct spikesim_cost *cost, int64_t kh, int64_t kw)
{
	double groups = (double)cost->xbar_size / rows_per_group;
	return spikesim_patch_control_pj(cost) + cost->neuron + groups * (double)kh * (double)kw * cost->xbar;
}

double spikesim_row_pj(const struct spikesim_cost *cost, int64_t channels)
{
	int64_t crossbars = (channels + cost->xbar_size - 1) / cost->xbar_size;
	double padded = (double)crossbars * (double)cost->xbar_size / (double)channels;
	return cost->xbar / rows_per_group * padded;
}

void spikesim_price(const struct spikesim_cost *cost, const struct spikesim_stage *stage,
		    struct spikesim_energy *energy)
{
	*energy = (struct spikesim_energy){0};
	for (const struct spikesim_tiling *tiling = stage->tilings; tiling; tiling = tiling->next) {
		double out_tiles = (double)tiling->out_tiles, rows_pj = 0;
		energy->pe_cycle +=
		    (double)tiling->pe_cycles * spikesim_pe_cycle_pj(cost, tiling->kernel[0], tiling->kernel[1]);
		energy->patch_control +=
		    out_tiles * (double)tiling->active.patch_tiles * spikesim_patch_control_pj(cost);
		for (int64_t t = 0; t < tiling->in_tiles; t++)
			rows_pj +=
			    (double)tiling->active.rows_by_tile[t] * spikesim_row_pj(cost, tiling->channels_by_tile[t]);
		energy->xbar += out_tiles * rows_pj;
		energy->neuron += (double)tiling->in_tiles * (double)tiling->active.output_tile_sites * cost->neuron;
	}
	energy->total = cost->event ? energy->patch_control + energy->xbar + energy->neuron : energy->pe_cycle;
}
