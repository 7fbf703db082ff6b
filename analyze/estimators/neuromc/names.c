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

static json_t *describe(const struct opj_nmc *nmc, const struct opj_nmc_fragment *f)
{
	const struct opj_nmc_loops *l = &f->loops;
	const struct opj_nmc_stage *stage = opj_vector_get(&nmc->stages, (uint32_t)f->stage);
	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:I, s:I, s:I, "
	    "s:s, s:b, s:b, s:b}",
	    "stage", stage->name, "phase", opj_nmc_phase_names[f->phase], "op_name", opj_nmc_kind_names[f->kind],
	    "core_type", opj_nmc_core_names[f->core], "process_key", opj_nmc_process_names[f->process],
	    "input_precision_bits", f->in_bits, "weight_precision_bits", f->w_bits, "output_precision_bits",
	    f->out_bits, "loop_dims", "B", l->b, "T", l->t, "C", l->c, "K", l->k, "OY", l->oy, "OX", l->ox, "FY", l->fy,
	    "FX", l->fx, "b_type", f->b_type, "t_type", f->t_type, "mac_count", f->macs, "source",
	    opj_nmc_source_name(f), "optimizer_has_momentum", (f->flags & OPJ_NMC_MOMENTUM) != 0,
	    "optimizer_has_weight_decay", (f->flags & OPJ_NMC_WEIGHT_DECAY) != 0, "optimizer_has_momentum_buffer",
	    (f->flags & OPJ_NMC_MOMENTUM_BUFFER) != 0);
}

json_t *opj_nmc_mapping(const struct opj_nmc *nmc, const bool *drop)
{
	const struct opj_nmc_list *const lists[] = {&nmc->called, &nmc->dispatched};
	json_t *mapping = json_array();
	for (size_t i = 0; mapping && i < sizeof lists / sizeof *lists; i++) {
		for (uint32_t at = 0; at < lists[i]->ids.count; at++) {
			uint32_t id = *(uint32_t *)opj_vector_get(&lists[i]->ids, at);
			const struct opj_nmc_fragment *f = opj_intern_key(&nmc->fragments, id);
			if (!drop[id] && json_array_append_new(mapping, describe(nmc, f))) {
				json_decref(mapping);
				return NULL;
			}
		}
	}
	return mapping;
}
