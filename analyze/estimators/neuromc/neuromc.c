/* analyze/estimators/neuromc/neuromc.c: the estimator as the registry sees it: settings in, fragments kept while the
 * trace is replayed, the report at its end. */
#include "neuromc.h"
#include "analyze/estimators/references.h"
#include <stdlib.h>

static void neuromc_destroy(void *self)
{
	struct opj_nmc *nmc = self;
	if (!nmc)
		return;
	struct opj_vector *const tables[] = {
	    &nmc->stages,         &nmc->modules,          &nmc->ops,          &nmc->gaps, &nmc->called.ids,
	    &nmc->dispatched.ids, &nmc->fragments.counts, &nmc->places.counts};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		opj_vector_finish(tables[i]);
	opj_nmc_ops_finish(nmc);
	opj_intern_finish(&nmc->fragments.keys);
	opj_intern_finish(&nmc->places.keys);
	free(nmc);
}

static void *neuromc_create(const struct opj_config *config, struct opj_error *err)
{
	struct opj_nmc *nmc = calloc(1, sizeof *nmc);
	if (!nmc) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	nmc->stages.item_size = sizeof(struct opj_nmc_stage);
	nmc->modules.item_size = sizeof(struct opj_nmc_module);
	nmc->ops.item_size = sizeof(struct opj_nmc_op);
	nmc->gaps.item_size = sizeof(struct opj_nmc_gap);
	nmc->called.ids.item_size = nmc->dispatched.ids.item_size = sizeof(uint32_t);
	nmc->fragments.counts.item_size = nmc->places.counts.item_size = sizeof(int64_t);
	nmc->forward_inputs.item_size = sizeof(struct opj_vector);
	if (opj_nmc_costs_load(&nmc->costs, config, err)) {
		neuromc_destroy(nmc);
		return NULL;
	}
	return nmc;
}

static int neuromc_reprice(void *self, const struct opj_config *config, struct opj_error *err)
{
	struct opj_nmc *nmc = self;
	struct opj_nmc_costs costs;
	if (opj_nmc_costs_load(&costs, config, err))
		return -1;
	nmc->costs = costs;
	return 0;
}

static const struct opj_preset presets[] = {
    {"neuromc_like_v1", "", "SpikingJelly op_counter (commit afb1322) after dayanhn/NeuroMC: 32 nm, 16 bits",
     OPJ_BIBTEX_SPIKINGJELLY OPJ_BIBTEX_NEUROMC},
};

const struct opj_estimator opj_estimator_neuromc = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuromc",
    .version = "1",
    .summary = "forward, backward and optimizer on the NeuroMC training accelerator",
    .boundary = "DRAM, the network on chip, pooling, activations, losses, element-wise work outside neurons and "
		"suspended parts; spikes save multiplications and input bits, but no additions",
    .bibtex = OPJ_BIBTEX_NEUROMC OPJ_BIBTEX_SPIKINGJELLY,
    .source = "dayanhn/NeuroMC, as SpikingJelly's op_counter carries it over (commit afb1322)",
    .options = opj_nmc_options,
    .option_count = OPJ_NMC_OPTION_COUNT,
    .presets = presets,
    .preset_count = sizeof presets / sizeof *presets,
    .create = neuromc_create,
    .destroy = neuromc_destroy,
    .visit_op = opj_nmc_visit_op,
    .visit_call = opj_nmc_visit_call,
    .visit_optimizer = opj_nmc_visit_optimizer,
    .report = opj_nmc_report,
    .reprice = neuromc_reprice,
};
