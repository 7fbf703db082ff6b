/* analyze/estimators/neuromc/ops.c: fragments of ops: convolutions, matrix products and batch normalisation.
 *
 * They cover what no module call does (functional layers, gradients that autograd computes); a fragment that a call
 * accounts for as well is dropped when the report is made. In backward, a product whose left operand alone requires a
 * gradient is taken as that of a weight, any other as that of an input (the reference means to compare shapes with
 * parameters as well, but reports after it has let go of the model). The gradient of an input runs on the spiking core
 * if the forward product of the same shapes had spikes; the last one not yet claimed is. */
#include "analyze/ops/shapes.h"
#include "analyze/ops/spikes.h"
#include "neuromc.h"

enum { BY_TRAITS, FREE, UNSUPPORTED, CONVOLUTION, PRODUCT, NORM, NORM_BACKWARD };

/* What becomes of an op, by family. By its traits: views, and what makes or moves tensors, are free. */
static const uint8_t treatments[OPJ_FAMILIES] = {
    [OPJ_FAMILY_CONVOLUTION] = CONVOLUTION,
    [OPJ_FAMILY_PRODUCT] = PRODUCT,
    [OPJ_FAMILY_NORM] = NORM,
    [OPJ_FAMILY_NORM_BACKWARD] = NORM_BACKWARD,
    /* The model takes these as part of a fragment or as free. */
    [OPJ_FAMILY_SUM] = FREE,
    [OPJ_FAMILY_MEAN] = FREE,
    [OPJ_FAMILY_ADD] = FREE,
    [OPJ_FAMILY_MULTIPLY] = FREE,
    [OPJ_FAMILY_COMPARE] = FREE,
    [OPJ_FAMILY_LOGIC] = FREE,
    [OPJ_FAMILY_WHERE] = FREE,
    [OPJ_FAMILY_ROOT] = FREE,
    [OPJ_FAMILY_SIGMOID] = FREE,
    [OPJ_FAMILY_SIGMOID_IN_PLACE] = FREE,
    [OPJ_FAMILY_LOSS] = FREE,
    [OPJ_FAMILY_ALL] = FREE,
    [OPJ_FAMILY_MARKER] = FREE,
    /* Views that the reference does not know. */
    [OPJ_FAMILY_SQUEEZE] = UNSUPPORTED,
};

static int classify(const struct opj_operator *known)
{
	const struct opj_product_form *form = &known->form.product;
	int treatment = treatments[known->family];
	if (treatment == PRODUCT && form->ndim == 3 && form->bias != OPJ_ABSENT)
		return UNSUPPORTED; /* aten.baddbmm, as the reference has it */
	if (treatment == BY_TRAITS)
		return known->traits & (OPJ_TRAIT_VIEW | OPJ_TRAIT_CREATES | OPJ_TRAIT_MOVES) ? FREE : UNSUPPORTED;
	return treatment;
}

static struct opj_nmc_op *meet(struct opj_nmc *nmc, const struct opj_signature *signature, struct opj_error *err)
{
	struct opj_nmc_op *met = opj_vector_at(&nmc->ops, signature->op_id);
	if (!met) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	if (!met->known) {
		const struct opj_operator *known = opj_operator_find(signature->op);
		*met = (struct opj_nmc_op){.known = known, .treatment = classify(known), .name = signature->op};
	}
	return met;
}

/* Forward products of the same shapes. */
struct product_key {
	int64_t kind, x[3], out[3];
};

static struct product_key key_of(enum opj_nmc_kind kind, const struct opj_operand *x, const struct opj_operand *out)
{
	struct product_key key = {.kind = kind};
	memcpy(key.x, x->shape, (size_t)x->ndim * sizeof *x->shape);
	memcpy(key.out, out->shape, (size_t)out->ndim * sizeof *out->shape);
	return key;
}

static int remember(struct opj_nmc *nmc, enum opj_nmc_kind kind, const struct opj_operand *x,
		    const struct opj_operand *out, struct opj_error *err)
{
	struct product_key key = key_of(kind, x, out);
	uint32_t at = opj_intern_id(&nmc->forward_products, &key, sizeof key);
	struct opj_vector *inputs = at == OPJ_INTERN_NONE ? NULL : opj_vector_at(&nmc->forward_inputs, at);
	if (!inputs)
		return opj_fail(err, "out of memory");
	inputs->item_size = sizeof(bool);
	bool *spikes = opj_vector_at(inputs, inputs->count);
	if (!spikes)
		return opj_fail(err, "out of memory");
	*spikes = opj_is_spikes(x);
	return 0;
}

/* Takes the last forward product with these shapes; false where there is none. */
static bool claim(struct opj_nmc *nmc, const struct product_key *key, bool *spikes)
{
	uint64_t hash = opj_intern_hash(key, sizeof *key);
	uint32_t at = opj_intern_find(&nmc->forward_products, key, sizeof *key, hash);
	struct opj_vector *inputs = at < nmc->forward_inputs.count ? opj_vector_get(&nmc->forward_inputs, at) : NULL;
	if (!inputs || !inputs->count)
		return false;
	inputs->count--;
	*spikes = *(bool *)opj_vector_get(inputs, inputs->count);
	return true;
}

/* Whether the input whose gradient `grad @ y` = `out` computes was spikes: its shape is out's, its product's grad's. A
 * layer without bias is mm forward and one with bias addmm, so one stands in for the other. Unknown counts as dense. */
static bool input_was_spikes(struct opj_nmc *nmc, enum opj_nmc_kind kind, const struct opj_operand *grad,
			     const struct opj_operand *out)
{
	struct product_key key = key_of(kind, out, grad);
	bool spikes = false;
	if (claim(nmc, &key, &spikes) || kind == OPJ_NMC_OP_BMM)
		return spikes;
	key.kind = kind == OPJ_NMC_OP_MM ? OPJ_NMC_OP_ADDMM : OPJ_NMC_OP_MM;
	claim(nmc, &key, &spikes);
	return spikes;
}

void opj_nmc_ops_finish(struct opj_nmc *nmc)
{
	for (uint32_t i = 0; i < nmc->forward_inputs.count; i++)
		opj_vector_finish(opj_vector_get(&nmc->forward_inputs, i));
	opj_vector_finish(&nmc->forward_inputs);
	opj_intern_finish(&nmc->forward_products);
}

static struct opj_nmc_fragment fragment_of(const struct opj_op *op, const struct opj_nmc_stage *stage)
{
	return (struct opj_nmc_fragment){
	    .origin = OPJ_NMC_OP,
	    .stage = op->context->stage_id,
	    .phase = stage->phase,
	    .in_bits = 16,
	    .w_bits = 16,
	    .out_bits = 16,
	    .b_type = stage->b_type,
	    .t_type = stage->t_type,
	};
}

static int add(struct opj_nmc *nmc, const struct opj_op *op, struct opj_nmc_fragment *f, struct opj_error *err)
{
	return opj_nmc_add(nmc, f, true, OPJ_NMC_IN_CONTEXT, op->context, err);
}

static int gap(struct opj_nmc *nmc, const struct opj_op *op, const char *what, struct opj_error *err)
{
	return opj_nmc_gap(nmc, err, "%s: %s", op->signature->op, what);
}

static int convolution(struct opj_nmc *nmc, const struct opj_operator *known, const struct opj_op *op,
		       const struct opj_nmc_stage *stage, struct opj_error *err)
{
	if (stage->phase != OPJ_NMC_FORWARD)
		return gap(nmc, op, "forward work in a stage that is not forward", err);
	struct opj_convolution conv;
	if (opj_convolution_read(known, op, &conv, err))
		return -1;
	const struct opj_operand *x = conv.x, *w = conv.w, *out = conv.out;
	if (x->ndim > 4 || out->ndim > 4 || w->ndim > 4)
		return gap(nmc, op, "three-dimensional convolutions have no mapping", err);
	bool spikes = opj_is_spikes(x);
	struct opj_nmc_fragment f = fragment_of(op, stage);
	f.kind = OPJ_NMC_OP_CONVOLUTION;
	f.core = spikes ? OPJ_NMC_FP_SOMA : OPJ_NMC_ANN_FE;
	f.in_bits = spikes ? 1 : 16;
	f.loops = (struct opj_nmc_loops){
	    .b = x->shape[0],
	    .t = 1,
	    .c = x->shape[1],
	    .k = out->shape[1],
	    .oy = out->ndim > 2 ? out->shape[2] : 1,
	    .ox = out->ndim > 3 ? out->shape[3] : 1,
	    .fy = w->ndim > 2 ? w->shape[2] : 1,
	    .fx = w->ndim > 3 ? w->shape[3] : 1,
	};
	f.in_numel = opj_int(x->numel);
	f.w_numel = opj_int(w->numel);
	f.out_numel = opj_int(out->numel);
	return add(nmc, op, &f, err);
}

/* x @ y as a layer: rows of x are the batch, its columns the input channels. As the gradient of a weight the sum runs
 * over the batch: columns of x are the batch, its rows the input channels. */
static void set_loops(struct opj_nmc_fragment *f, const struct opj_product *p, bool weight_gradient)
{
	f->loops = (struct opj_nmc_loops){.t = 1, .k = p->n, .oy = 1, .ox = 1, .fy = 1, .fx = 1};
	f->loops.b = opj_mul(p->b, weight_gradient ? p->k : p->m);
	f->loops.c = weight_gradient ? p->m : p->k;
}

static int product(struct opj_nmc *nmc, const struct opj_operator *known, const struct opj_op *op,
		   const struct opj_nmc_stage *stage, struct opj_error *err)
{
	int ndim = known->form.product.ndim;
	struct opj_product p;
	const struct opj_operand *out = opj_product_read(known, op, &p, err) ? NULL : opj_need_out(op, 0, ndim, err);
	if (!out)
		return -1;
	if (out->ndim != ndim)
		return opj_fail(err, "result 0 has %d dimensions, not %d", out->ndim, ndim);
	enum opj_nmc_kind kind = ndim == 3 ? OPJ_NMC_OP_BMM : p.biased ? OPJ_NMC_OP_ADDMM : OPJ_NMC_OP_MM;
	struct opj_nmc_fragment f = fragment_of(op, stage);
	f.kind = kind;
	bool spikes = opj_is_spikes(p.x), weight_gradient = false;
	if (stage->phase == OPJ_NMC_FORWARD) {
		if (remember(nmc, kind, p.x, out, err))
			return -1;
		f.core = spikes ? OPJ_NMC_FP_SOMA : OPJ_NMC_ANN_FE;
		f.in_bits = spikes ? 1 : 16;
	} else {
		weight_gradient = p.x->requires_grad && !p.y->requires_grad;
		if (weight_gradient) {
			f.core = spikes ? OPJ_NMC_WG : OPJ_NMC_ANN_WE;
			f.in_bits = spikes ? 1 : 16;
		} else {
			f.core = input_was_spikes(nmc, kind, p.x, out) ? OPJ_NMC_BP_GRAD : OPJ_NMC_ANN_BE;
		}
	}
	set_loops(&f, &p, weight_gradient);
	f.in_numel = opj_int(p.x->numel);
	f.w_numel = opj_int(p.y->numel);
	f.out_numel = opj_int(out->numel);
	return add(nmc, op, &f, err);
}

/* Forward: the bounds are those of the input. Backward: those of the input's gradient, which is result 0. */
static int norm(struct opj_nmc *nmc, const struct opj_op *op, const struct opj_nmc_stage *stage, bool forward,
		struct opj_error *err)
{
	if (forward && stage->phase != OPJ_NMC_FORWARD)
		return gap(nmc, op, "forward work in a stage that is not forward", err);
	const struct opj_operand *x = opj_need_in(op, 0, 2, forward ? "input" : "grad_out", err);
	if (!x)
		return -1;
	const struct opj_operand *out = opj_op_out(op, 0), *shape = forward ? x : out;
	if (!out)
		return gap(nmc, op, "no gradient of the input", err);
	if (forward && x->ndim > 4)
		return gap(nmc, op, "inputs of more than four dimensions have no mapping", err);
	struct opj_nmc_layout layout;
	opj_nmc_layout_of(shape, false, &layout);
	struct opj_nmc_fragment f = fragment_of(op, stage);
	f.phase = forward ? OPJ_NMC_FORWARD : OPJ_NMC_BACKWARD;
	f.b_type = f.t_type = 0;
	f.without_bp_bn = !forward && stage->without_bp_bn;
	f.in_numel = opj_int(shape->numel);
	f.out_numel = opj_int(forward ? out->numel : x->numel);
	return opj_nmc_add_norm(nmc, &f, &layout, forward && opj_is_spikes(x), OPJ_NMC_IN_CONTEXT, op->context, err);
}

int opj_nmc_visit_op(void *self, const struct opj_op *op, struct opj_error *err)
{
	struct opj_nmc *nmc = self;
	if (op->context->suspended)
		return 0;
	struct opj_nmc_op *met = meet(nmc, op->signature, err);
	if (!met)
		return -1;
	met->calls++;
	if (met->treatment <= UNSUPPORTED)
		return 0;
	const struct opj_nmc_stage *stage = opj_nmc_stage_of(nmc, op->context, err);
	if (!stage)
		return -1;
	switch (met->treatment) {
	case CONVOLUTION:
		return convolution(nmc, met->known, op, stage, err);
	case NORM:
	case NORM_BACKWARD:
		return norm(nmc, op, stage, met->treatment == NORM, err);
	default:
		return product(nmc, met->known, op, stage, err);
	}
}

bool opj_nmc_op_unsupported(const struct opj_nmc_op *op)
{
	return op->treatment == UNSUPPORTED && op->calls > 0;
}
