/* analyze/estimators/compute.c: energy of arithmetic alone: MACs and ACs, each at a fixed cost.
 *
 * Costs after M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, 45 nm at 0.9 V:
 * a MAC is a multiplication and an addition, an AC an addition. FLOPs and SynOps are stated beside the figure and do
 * not enter it. */
#include "references.h"
#include <opjoule/estimator.h>
#include <stdlib.h>

enum { MAC, AC, SYNOP, FLOP, NEEDS };

struct compute {
	double e_mac_pj, e_ac_pj;
};

static void *compute_create(const struct opj_config *config, struct opj_error *err)
{
	struct compute *self = malloc(sizeof *self);
	if (!self) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	self->e_mac_pj = opj_config_number(config, "e_mac_pj");
	self->e_ac_pj = opj_config_number(config, "e_ac_pj");
	if (self->e_mac_pj < 0 || self->e_ac_pj < 0) {
		opj_fail(err, "e_mac_pj and e_ac_pj must not be negative");
		free(self);
		return NULL;
	}
	return self;
}

static double compute_price(void *data, const struct opj_slice *slice)
{
	const struct compute *self = data;
	return (double)slice->counts[MAC][0] * self->e_mac_pj + (double)slice->counts[AC][0] * self->e_ac_pj;
}

static int compute_report(void *data, const struct opj_slice *total, struct opj_report *report, struct opj_error *err)
{
	(void)err;
	const struct compute *self = data;
	double mac = (double)total->counts[MAC][0] * self->e_mac_pj, ac = (double)total->counts[AC][0] * self->e_ac_pj;
	opj_report_total(report, mac + ac);
	opj_report_number(report, mac, "energy_mac_pj", NULL);
	opj_report_number(report, ac, "energy_ac_pj", NULL);
	opj_report_number(report, mac, "breakdown_pj", "mac_pj", NULL);
	opj_report_number(report, ac, "breakdown_pj", "ac_pj", NULL);
	opj_report_count(report, total->counts[MAC][0], "counts", "mac", NULL);
	opj_report_count(report, total->counts[AC][0], "counts", "ac", NULL);
	opj_report_count(report, total->counts[SYNOP][0], "counts", "synop", NULL);
	opj_report_count(report, total->counts[FLOP][0], "counts", "flop", NULL);
	return 0;
}

static const struct opj_option options[] = {
    {"e_mac_pj", OPJ_OPTION_NUMBER, "4.6", NULL, "one multiply-accumulate: a multiplication and an addition",
     .price = true},
    {"e_ac_pj", OPJ_OPTION_NUMBER, "0.9", NULL, "one accumulate: an addition", .price = true},
};

static const struct opj_preset presets[] = {
    {"fp32", "e_mac_pj=4.6,e_ac_pj=0.9", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 32-bit floating point",
     OPJ_BIBTEX_HOROWITZ},
    {"fp16", "e_mac_pj=1.5,e_ac_pj=0.4", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 16-bit floating point",
     OPJ_BIBTEX_HOROWITZ},
    {"int8", "e_mac_pj=0.23,e_ac_pj=0.03", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 8-bit integers", OPJ_BIBTEX_HOROWITZ},
};

static const char *const needs[NEEDS] = {[MAC] = "mac", [AC] = "ac", [SYNOP] = "synop", [FLOP] = "flop"};

const struct opj_estimator opj_estimator_compute = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "compute",
    .version = "1",
    .summary = "MACs and ACs at a fixed cost each",
    .boundary = "memory, addressing, control, static power; costs follow the preset, not the dtypes that ran",
    .bibtex = OPJ_BIBTEX_HOROWITZ,
    .source = "M. Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .presets = presets,
    .preset_count = sizeof presets / sizeof *presets,
    .needs = needs,
    .need_count = NEEDS,
    .create = compute_create,
    .destroy = free,
    .price = compute_price,
    .report = compute_report,
};
