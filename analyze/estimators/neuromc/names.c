/* analyze/estimators/neuromc/names.c: how fragments are called in reports, and the list of them. The words are those of
 * the reference, so that figures can be compared field by field. */
#include "neuromc.h"

const char *const opj_nmc_phase_names[] = {
    [OPJ_NMC_FORWARD] = "forward",
    [OPJ_NMC_BACKWARD] = "backward",
    [OPJ_NMC_OPTIMIZER] = "optimizer",
};

const char *const opj_nmc_core_names[] = {
    [OPJ_NMC_FP_SOMA] = "fp_soma",     [OPJ_NMC_BP_GRAD] = "bp_grad", [OPJ_NMC_WG] = "wg",
    [OPJ_NMC_ANN_FE] = "ann_fe",       [OPJ_NMC_ANN_BE] = "ann_be",   [OPJ_NMC_ANN_WE] = "ann_we",
    [OPJ_NMC_FP_BN] = "fp_bn",         [OPJ_NMC_BP_BN] = "bp_bn",     [OPJ_NMC_ANN_BN] = "ann_bn",
    [OPJ_NMC_ANN_BN_BP] = "ann_bn_bp", [OPJ_NMC_OPT] = "bp_grad_opt",
};

const char *const opj_nmc_process_names[] = {
    [OPJ_NMC_NOTHING] = "with_nothing",
    [OPJ_NMC_SG] = "with_sg",
    [OPJ_NMC_BN] = "with_bn",
    [OPJ_NMC_STEP] = "with_opt",
};

const char *const opj_nmc_kind_names[] = {
    [OPJ_NMC_CONV_FORWARD] = "conv.forward",
    [OPJ_NMC_CONV_GRAD_INPUT] = "conv.backward.grad_input",
    [OPJ_NMC_CONV_GRAD_WEIGHT] = "conv.backward.grad_weight",
    [OPJ_NMC_LINEAR_FORWARD] = "linear.forward",
    [OPJ_NMC_LINEAR_GRAD_INPUT] = "linear.backward.grad_input",
    [OPJ_NMC_LINEAR_GRAD_WEIGHT] = "linear.backward.grad_weight",
    [OPJ_NMC_BN_FORWARD] = "bn.forward",
    [OPJ_NMC_BN_BACKWARD] = "bn.backward",
    [OPJ_NMC_SOMA_FORWARD] = "soma.forward",
    [OPJ_NMC_SOMA_BACKWARD] = "soma.backward",
    [OPJ_NMC_OP_CONVOLUTION] = "aten.convolution.default",
    [OPJ_NMC_OP_ADDMM] = "aten.addmm.default",
    [OPJ_NMC_OP_MM] = "aten.mm.default",
    [OPJ_NMC_OP_BMM] = "aten.bmm.default",
    [OPJ_NMC_SGD] = "sgd",
    [OPJ_NMC_ADAM] = "adam",
    [OPJ_NMC_ADAMW] = "adamw",
};

const char *const opj_nmc_primitive_names[] = {
    [OPJ_NMC_MUX] = "mux",   [OPJ_NMC_ADD] = "add",   [OPJ_NMC_MUL] = "mul",
    [OPJ_NMC_COMP] = "comp", [OPJ_NMC_SQRT] = "sqrt",
};

/* The reference says "module" of batch normalisation wherever it found it. */
const char *opj_nmc_source_name(const struct opj_nmc_fragment *fragment)
{
	if (fragment->origin == OPJ_NMC_OPTIMIZER_STEP)
		return "optimizer";
	return fragment->origin == OPJ_NMC_CALL || fragment->process == OPJ_NMC_BN ? "module" : "trace";
}

#define AT "mapping_summary", OPJ_REPORT_LAST

static void describe(const struct opj_nmc *nmc, const struct opj_nmc_fragment *f, struct opj_report *report)
{
	const struct opj_nmc_loops *l = &f->loops;
	const struct opj_nmc_stage *stage = opj_vector_get(&nmc->stages, (uint32_t)f->stage);
	opj_report_section(report, "mapping_summary", OPJ_REPORT_NEXT, NULL);
	opj_report_string(report, stage->name, AT, "stage", NULL);
	opj_report_string(report, opj_nmc_phase_names[f->phase], AT, "phase", NULL);
	opj_report_string(report, opj_nmc_kind_names[f->kind], AT, "op_name", NULL);
	opj_report_string(report, opj_nmc_core_names[f->core], AT, "core_type", NULL);
	opj_report_string(report, opj_nmc_process_names[f->process], AT, "process_key", NULL);
	opj_report_count(report, f->in_bits, AT, "input_precision_bits", NULL);
	opj_report_count(report, f->w_bits, AT, "weight_precision_bits", NULL);
	opj_report_count(report, f->out_bits, AT, "output_precision_bits", NULL);
	const struct {
		const char *name;
		int64_t bound;
	} loops[] = {{"B", l->b},   {"T", l->t},   {"C", l->c},   {"K", l->k},
		     {"OY", l->oy}, {"OX", l->ox}, {"FY", l->fy}, {"FX", l->fx}};
	for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
		opj_report_count(report, loops[i].bound, AT, "loop_dims", loops[i].name, NULL);
	opj_report_count(report, f->b_type, AT, "b_type", NULL);
	opj_report_count(report, f->t_type, AT, "t_type", NULL);
	opj_report_count(report, f->macs, AT, "mac_count", NULL);
	opj_report_string(report, opj_nmc_source_name(f), AT, "source", NULL);
	opj_report_flag(report, f->flags & OPJ_NMC_MOMENTUM, AT, "optimizer_has_momentum", NULL);
	opj_report_flag(report, f->flags & OPJ_NMC_WEIGHT_DECAY, AT, "optimizer_has_weight_decay", NULL);
	opj_report_flag(report, f->flags & OPJ_NMC_MOMENTUM_BUFFER, AT, "optimizer_has_momentum_buffer", NULL);
}

void opj_nmc_mapping(const struct opj_nmc *nmc, const bool *drop, struct opj_report *report)
{
	const struct opj_nmc_list *const lists[] = {&nmc->called, &nmc->dispatched};
	opj_report_list(report, "mapping_summary", NULL);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		for (uint32_t at = 0; at < lists[i]->ids.count; at++) {
			uint32_t id = *(uint32_t *)opj_vector_get(&lists[i]->ids, at);
			if (!drop[id])
				describe(nmc, opj_nmc_fragment_at(nmc, id), report);
		}
	}
}
