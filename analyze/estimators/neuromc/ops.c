/* analyze/estimators/neuromc/ops.c: fragments of ops: convolutions, matrix products and batch normalisation.
 *
 * They cover what no module call does (functional layers, gradients that autograd computes); a fragment that a call
 * accounts for as well is dropped when the report is made. In backward, a product whose left operand alone requires a
 * gradient is taken as that of a weight, any other as that of an input (the reference means to compare shapes with
 * parameters as well, but reports after it has let go of the model). The gradient of an input runs on the spiking core
 * if the forward product of the same shapes had spikes; the last one not yet claimed is. */
#include "analyze/counters/neuromc_rule.h"
#include "neuromc.h"

enum { UNMET, FREE, UNSUPPORTED, CONVOLUTION, ADDMM, MM, BMM, NORM, NORM_BACKWARD };

/* Views and copies: prefixes of names. */
static const char *const views[] = {
    "aten.detach", "aten.view",  "aten.t.default",    "aten.transpose",  "aten.permute", "aten.expand", "aten.slice",
    "aten.select", "aten.alias", "aten._unsafe_view", "aten.as_strided", "aten.clone",   "aten.copy_",  "profiler.",
};

/* Ops that the model takes as part of a fragment or as free. */
static const char *const auxiliary[] = {
    "aten.all.default",
    "aten._local_scalar_dense.default",
    "aten.lift_fresh.default",
    "aten._to_copy.default",
    "aten.add.Tensor",
    "aten.add_.Tensor",
    "aten.add.Scalar",
    "aten.add_.Scalar",
    "aten.sub.Tensor",
    "aten.sub_.Tensor",
    "aten.sub.Scalar",
    "aten.sub_.Scalar",
    "aten.rsub.Tensor",
    "aten.rsub.Scalar",
    "aten.mul.Tensor",
    "aten.mul_.Tensor",
    "aten.mul.Scalar",
    "aten.mul_.Scalar",
    "aten.div.Tensor",
    "aten.div_.Tensor",
    "aten.div.Scalar",
    "aten.div_.Scalar",
    "aten.empty.memory_format",
    "aten.cat.default",
    "aten.stack.default",
    "aten.split.Tensor",
    "aten.index.Tensor",
    "aten.full_like.default",
    "aten.mse_loss.default",
    "aten.mse_loss_backward.default",
    "aten.where.self",
    "aten.where.ScalarOther",
    "aten.where.ScalarSelf",
    "aten.sqrt.default",
    "aten.sqrt_.default",
    "aten.rsqrt.default",
    "aten.sigmoid.default",
    "aten.sigmoid_.default",
    "aten.sum.default",
    "aten.sum.dim_IntList",
    "aten.mean.dim",
    "aten.eq.Tensor",
    "aten.eq.Scalar",
    "aten.ne.Tensor",
    "aten.ne.Scalar",
    "aten.lt.Tensor",
    "aten.lt.Scalar",
    "aten.le.Tensor",
    "aten.le.Scalar",
    "aten.gt.Tensor",
    "aten.gt.Scalar",
    "aten.ge.Tensor",
    "aten.ge.Scalar",
    "aten.logical_and.default",
    "aten.logical_or.default",
    "aten.logical_xor.default",
    "aten.logical_not.default",
    "aten.new_empty_strided.default",
    "aten.ones_like.default",
    "aten.zeros_like.default",
};

static const struct {
	const char *op;
	int what;
} modelled[] = {
    {"aten.convolution.default", CONVOLUTION},
    {"aten.addmm.default", ADDMM},
    {"aten.mm.default", MM},
    {"aten.bmm.default", BMM},
    {"aten.native_batch_norm.default", NORM},
    {"aten.native_batch_norm_backward.default", NORM_BACKWARD},
};

static int classify(const char *op)
{
	for (size_t i = 0; i < sizeof modelled / sizeof *modelled; i++) {
		if (strcmp(op, modelled[i].op) == 0)
			return modelled[i].what;
	}
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		if (strncmp(op, views[i], strlen(views[i])) == 0)
			return FREE;
	}
	for (size_t i = 0; i < sizeof auxiliary / sizeof *auxiliary; i++) {
		if (strcmp(op, auxiliary[i]) == 0)
			return FREE;
	}
	return UNSUPPORTED;
}

static struct opj_nmc_op *meet(struct opj_nmc *nmc, const struct opj_signature *signature, struct opj_error *err)
{
	struct opj_nmc_op *met = opj_vector_at(&nmc->ops, signature->op_id);
	if (!met) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	if (met->known == UNMET)
		*met = (struct opj_nmc_op){.known = classify(signature->op), .name = signature->op};
	return met;
}

/* Forward products of the same shapes; the value is an opj_vector of bool: were the inputs spikes? */
struct product_key {
	int64_t what, x[3], out[3];
};
static struct product_key key_of(int what, const struct opj_operand *x, const struct opj_operand *out)
{
	struct product_key key = {.what = what};
	memcpy(key.x, x->shape, (size_t)x->ndim * sizeof *x->shape);
	memcpy(key.out, out->shape, (size_t)out->ndim * sizeof *out->shape);
	return key;
}

static int remember(struct opj_nmc *nmc, int what, const struct opj_operand *x, const struct opj_operand *out,
		    struct opj_error *err)
{
	struct product_key key = key_of(what, x, out);
	uint32_t at = opj_intern_put(&nmc->forward_inputs, &key);
	if (at == UINT32_MAX)
		return opj_fail(err, "out of memory");
	struct opj_vector *inputs = opj_intern_value(&nmc->forward_inputs, at);
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
	uint32_t at = opj_intern_find(&nmc->forward_inputs, key);
	struct opj_vector *inputs = at == UINT32_MAX ? NULL : opj_intern_value(&nmc->forward_inputs, at);
	if (!inputs || !inputs->count)
		return false;
	inputs->count--;
	*spikes = *(bool *)opj_vector_get(inputs, inputs->count);
	return true;
}

/* Whether the input whose gradient `grad @ y` = `out` computes was spikes: its shape is out's, its product's grad's. A
 * layer without bias is mm forward and one with bias addmm, so one stands in for the other. Unknown counts as dense. */
static bool input_was_spikes(struct opj_nmc *nmc, int what, const struct opj_operand *grad,
			     const struct opj_operand *out)
{
	struct product_key key = key_of(what, out, grad);
	bool spikes = false;
	if (claim(nmc, &key, &spikes) || what == BMM)
		return spikes;
	key.what = what == MM ? ADDMM : MM;
	claim(nmc, &key, &spikes);
	return spikes;
}

void opj_nmc_ops_init(struct opj_nmc *nmc)
{
	opj_intern_init(&nmc->forward_inputs, sizeof(struct product_key), sizeof(struct opj_vector));
}

void opj_nmc_ops_finish(struct opj_nmc *nmc)
{
	for (uint32_t i = 0; i < nmc->forward_inputs.count; i++)
		opj_vector_finish(opj_intern_value(&nmc->forward_inputs, i));
	opj_intern_finish(&nmc->forward_inputs);
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

static int convolution(struct opj_nmc *nmc, const struct opj_op *op, const struct opj_nmc_stage *stage,
		       struct opj_error *err)
{
	if (stage->phase != OPJ_NMC_FORWARD)
		return gap(nmc, op, "forward work in a stage that is not forward", err);
	const struct opj_operand *x = opj_rule_in(op, 0, 2, "input", err);
	const struct opj_operand *w = x ? opj_rule_in(op, 1, 2, "weight", err) : NULL;
	const struct opj_operand *out = w ? opj_rule_out(op, 0, 2, err) : NULL;
	if (!out)
		return -1;
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

static int product(struct opj_nmc *nmc, const struct opj_op *op, const struct opj_nmc_stage *stage, int what,
		   struct opj_error *err)
{
	int ndim = what == BMM ? 3 : 2;
	struct opj_product p;
	if (opj_rule_product(op, &p, err))
		return -1;
	const struct opj_operand *out = opj_rule_out(op, 0, ndim, err);
	if (!out)
		return -1;
	if (out->ndim != ndim)
		return opj_fail(err, "result 0 has %d dimensions, not %d", out->ndim, ndim);
	struct opj_nmc_fragment f = fragment_of(op, stage);
	f.kind = what == ADDMM ? OPJ_NMC_OP_ADDMM : what == MM ? OPJ_NMC_OP_MM : OPJ_NMC_OP_BMM;
	bool spikes = opj_is_spikes(p.x), weight_gradient = false;
	if (stage->phase == OPJ_NMC_FORWARD) {
		if (remember(nmc, what, p.x, out, err))
			return -1;
		f.core = spikes ? OPJ_NMC_FP_SOMA : OPJ_NMC_ANN_FE;
		f.in_bits = spikes ? 1 : 16;
	} else {
		weight_gradient = p.x->requires_grad && !p.y->requires_grad;
		if (weight_gradient) {
			f.core = spikes ? OPJ_NMC_WG : OPJ_NMC_ANN_WE;
			f.in_bits = spikes ? 1 : 16;
		} else {
			f.core = input_was_spikes(nmc, what, p.x, out) ? OPJ_NMC_BP_GRAD : OPJ_NMC_ANN_BE;
		}
	}
	set_loops(&f, &p, weight_gradient);
	f.in_numel = opj_int(p.x->numel);
	f.w_numel = opj_int(p.y->numel);
	f.out_numel = opj_int(out->numel);
	return add(nmc, op, &f, err);
}

/* Forward: the bounds are those of the input. Backward: those of the input's gradient, which is result 0. */
static int norm(struct opj_nmc *nmc, const struct opj_op *op, const struct opj_nmc_stage *stage, int what,
		struct opj_error *err)
{
	bool forward = what == NORM;
	if (forward && stage->phase != OPJ_NMC_FORWARD)
		return gap(nmc, op, "forward work in a stage that is not forward", err);
	const struct opj_operand *x = opj_rule_in(op, 0, 2, forward ? "input" : "grad_out", err);
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
	if (met->known <= UNSUPPORTED)
		return 0;
	const struct opj_nmc_stage *stage = opj_nmc_stage_of(nmc, op->context, err);
	if (!stage)
		return -1;
	switch (met->known) {
	case CONVOLUTION:
		return convolution(nmc, op, stage, err);
	case NORM:
	case NORM_BACKWARD:
		return norm(nmc, op, stage, met->known, err);
	default:
		return product(nmc, op, stage, met->known, err);
	}
}

bool opj_nmc_op_unsupported(const struct opj_nmc_op *op)
{
	return op->known == UNSUPPORTED && op->calls > 0;
}
