/* analyze/estimators/lemaire/cost.c: prices of additions, multiplications and bytes.
 *
 * A byte costs more the larger the memory that it lies in: linear interpolation between published SRAM sizes, constant
 * above the largest. */
#include "lemaire.h"

int lemaire_cost_init(struct lemaire_cost *cost, const struct opj_config *config, struct opj_error *err)
{
	static const char *const size_keys[] = {"memory0_bytes", "memory1_bytes", "memory2_bytes", "memory3_bytes"};
	static const char *const cost_keys[] = {"memory0_pj", "memory1_pj", "memory2_pj", "memory3_pj"};
	double width = opj_config_number(config, "access_width_bytes");
	if (!(width > 0))
		return opj_fail(err, "access_width_bytes must be above 0, it is %g", width);
	cost->add_pj = opj_config_number(config, "e_add_pj");
	cost->mul_pj = opj_config_number(config, "e_mul_pj");
	if (!(cost->add_pj >= 0) || !(cost->mul_pj >= 0))
		return opj_fail(err, "e_add_pj and e_mul_pj must not be negative");
	for (int i = 0; i < LEMAIRE_POINTS; i++) {
		cost->points[i].bytes = (double)opj_config_bytes(config, size_keys[i]);
		cost->points[i].pj_per_byte = opj_config_number(config, cost_keys[i]) / width;
		if (!(cost->points[i].pj_per_byte >= 0))
			return opj_fail(err, "%s must not be negative", cost_keys[i]);
		if (i > 0 && cost->points[i].bytes <= cost->points[i - 1].bytes)
			return opj_fail(err, "%s must be above %s", size_keys[i], size_keys[i - 1]);
	}
	return 0;
}

double lemaire_cost_per_byte(const struct lemaire_cost *cost, int64_t buffer_bytes)
{
	double bytes = (double)buffer_bytes;
	if (bytes <= cost->points[0].bytes)
		return cost->points[0].pj_per_byte;
	for (int i = 1; i < LEMAIRE_POINTS; i++) {
		double x0 = cost->points[i - 1].bytes, y0 = cost->points[i - 1].pj_per_byte;
		double x1 = cost->points[i].bytes, y1 = cost->points[i].pj_per_byte;
		if (bytes <= x1)
			return y0 + (y1 - y0) / (x1 - x0) * (bytes - x0);
	}
	return cost->points[LEMAIRE_POINTS - 1].pj_per_byte;
}

void lemaire_price(const struct lemaire_cost *cost, const struct lemaire_memory_cost *memory,
		   const struct lemaire_counts *counts, struct lemaire_energy *energy)
{
	const int64_t *n = counts->values;
	double mac_pj = cost->mul_pj + cost->add_pj;
	energy->ops = ((double)n[LEMAIRE_SYNOP] + (double)n[LEMAIRE_AC] + (double)n[LEMAIRE_STATE_ACC]) * cost->add_pj +
		      ((double)n[LEMAIRE_MAC] + (double)n[LEMAIRE_STATE_MAC]) * mac_pj;
	energy->addressing = (double)n[LEMAIRE_ACC_ADDR] * cost->add_pj + (double)n[LEMAIRE_MAC_ADDR] * mac_pj;
	energy->inout = (double)n[LEMAIRE_READ_IN] * memory->read_in + (double)n[LEMAIRE_WRITE_OUT] * memory->write_out;
	energy->params = (double)n[LEMAIRE_READ_PARAMS] * memory->params;
	energy->potential =
	    ((double)n[LEMAIRE_READ_POTENTIAL] + (double)n[LEMAIRE_WRITE_POTENTIAL]) * memory->potential;
	energy->memory = energy->inout + energy->params + energy->potential;
	energy->total = energy->ops + energy->addressing + energy->memory;
}
