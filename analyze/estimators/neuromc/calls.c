/* analyze/estimators/neuromc/calls.c: fragments of module calls: convolutions, linear layers, batch normalisation,
 * neurons; forward, and backward from the gradients that the call was given and gave.
 *
 * A backward call needs to know what the layer was fed: whether its last forward input was spikes, and its size. Layers
 * are known by their class or one of its bases. */
#include "analyze/ops/module_class.h"
#include "analyze/ops/shapes.h"
#include "analyze/ops/spikes.h"
#include "neuromc.h"

static const struct {
	const char *cls;
	enum opj_nmc_layer layer;
} layers[] = {
    {"Conv1d", OPJ_NMC_CONV},      {"Conv2d", OPJ_NMC_CONV},      {"Conv3d", OPJ_NMC_CONV3D},
    {"Linear", OPJ_NMC_LINEAR},    {"BatchNorm1d", OPJ_NMC_NORM}, {"BatchNorm2d", OPJ_NMC_NORM},
    {"BatchNorm3d", OPJ_NMC_NORM}, {"BaseNode", OPJ_NMC_NEURON},
};

static enum opj_nmc_layer layer_of(const struct opj_trace_module *module)
{
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
		if (opj_module_is(module, layers[i].cls))
			return layers[i].layer;
	}
	return module->def.neuron ? OPJ_NMC_NEURON : OPJ_NMC_NO_LAYER;
}

static struct opj_value attribute(const struct opj_module *def, const char *key)
{
	for (uint32_t i = 0; i < def->attr_count; i++) {
		if (def->attrs[i].key && strcmp(def->attrs[i].key, key) == 0)
			return def->attrs[i];
	}
	return OPJ_NONE();
}

static int64_t size_attribute(const struct opj_module *def, const char *key)
{
	int64_t size = opj_value_integer(attribute(def, key), 0);
	return size > 0 ? size : 0;
}

/* Kernel rows and columns; a one-dimensional kernel has rows only. */
static void kernel_of(const struct opj_module *def, int64_t *rows, int64_t *columns)
{
	struct opj_value size = attribute(def, "kernel_size");
	if (size.type == OPJ_VALUE_INT)
		*rows = size.u.integer;
	else
		*rows = opj_value_integer(opj_value_item(size, 0), 1);
	*columns = opj_value_integer(opj_value_item(size, 1), 1);
}

/* The parameter called weight; where there is none (it is made from others), what the geometry says. */
static void read_weight(const struct opj_module *def, struct opj_nmc_module *m)
{
	bool trained = false;
	for (uint32_t i = 0; i < def->parameter_count; i++) {
		const struct opj_module_parameter *p = &def->parameters[i];
		trained = trained || p->requires_grad;
		if (strcmp(p->name, "weight") != 0)
			continue;
		m->weight_trained = p->requires_grad;
		m->weight_numel = 1;
		for (int d = 0; d < p->ndim; d++)
			m->weight_numel = opj_mul(m->weight_numel, p->shape[d]);
		return;
	}
	m->weight_trained = trained;
	if (m->layer == OPJ_NMC_LINEAR) {
		m->weight_numel = opj_mul(size_attribute(def, "in_features"), size_attribute(def, "out_features"));
		return;
	}
	int64_t rows, columns, groups = opj_value_integer(attribute(def, "groups"), 1);
	kernel_of(def, &rows, &columns);
	int64_t per_output =
	    opj_mul(size_attribute(def, "in_channels") / (groups < 1 ? 1 : groups), opj_mul(rows, columns));
	m->weight_numel = opj_mul(size_attribute(def, "out_channels"), per_output);
}

struct opj_nmc_module *opj_nmc_module_of(struct opj_nmc *nmc, const struct opj_trace_module *module,
					 struct opj_error *err)
{
	struct opj_nmc_module *m = opj_vector_at(&nmc->modules, module->id);
	if (!m) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	if (m->layer == OPJ_NMC_UNKNOWN_LAYER) {
		m->layer = layer_of(module);
		if (m->layer == OPJ_NMC_CONV || m->layer == OPJ_NMC_LINEAR)
			read_weight(&module->def, m);
	}
	return m;
}

/* Tensor i of a call's arguments or results; of several in one place, the first. */
static const struct opj_operand *tensor(const struct opj_call *call, const struct opj_value *values, uint32_t count,
					uint32_t i)
{
	if (i >= count)
		return NULL;
	struct opj_value value = values[i];
	if (value.type == OPJ_VALUE_LIST)
		value = opj_value_item(value, 0);
	return value.type == OPJ_VALUE_TENSOR ? &call->operands[value.u.tensor] : NULL;
}

static int64_t numel(const struct opj_operand *x)
{
	return x ? opj_int(x->numel) : 0;
}

/* A call that is being turned into fragments. */
struct turn {
	struct opj_nmc *nmc;
	const struct opj_call *call;
	const struct opj_module *def;
	struct opj_nmc_module *m;
	const struct opj_nmc_stage *stage;
	const struct opj_operand *in, *out; /* first argument and result; NULL where there is none */
	struct opj_nmc_fragment like;       /* stage and phase filled in */
};

static int gap(struct turn *t, const char *what, struct opj_error *err)
{
	return opj_nmc_gap(t->nmc, err, "%s %s: %s", t->def->cls ? t->def->cls : "module", t->def->path, what);
}

static int add(struct turn *t, struct opj_nmc_fragment *f, bool mac, struct opj_error *err)
{
	return opj_nmc_add(t->nmc, f, mac, OPJ_NMC_IN_MODULE, t->call->module, err);
}

/* Loops of a convolution or a linear layer; shape decides batch, time and positions. False: it cannot be read. */
static bool layer_loops(const struct turn *t, const struct opj_operand *shape, struct opj_nmc_loops *loops)
{
	struct opj_nmc_layout layout;
	if (!shape || !opj_nmc_layout_of(shape, t->def->multi_step, &layout))
		return false;
	*loops = (struct opj_nmc_loops){.b = layout.b, .t = layout.t, .oy = 1, .ox = 1, .fy = 1, .fx = 1};
	if (t->m->layer == OPJ_NMC_LINEAR) {
		loops->c = size_attribute(t->def, "in_features");
		loops->k = size_attribute(t->def, "out_features");
		return true;
	}
	loops->c = size_attribute(t->def, "in_channels");
	loops->k = size_attribute(t->def, "out_channels");
	loops->oy = layout.rows;
	loops->ox = layout.columns;
	kernel_of(t->def, &loops->fy, &loops->fx);
	return true;
}

static int layer_forward(struct turn *t, struct opj_error *err)
{
	struct opj_nmc_fragment f = t->like;
	struct opj_nmc_loops sites;
	if (!t->in || !layer_loops(t, t->in, &f.loops) || !layer_loops(t, t->out, &sites))
		return gap(t, "a forward call whose tensors cannot be read", err);
	f.loops.oy = sites.oy;
	f.loops.ox = sites.ox;
	if (opj_is_unseen(t->in) && gap(t, "nobody looked at the values of its input, taken as dense", err))
		return -1;
	bool spikes = opj_is_spikes(t->in);
	t->m->last_spikes = spikes;
	t->m->last_numel = numel(t->in);
	f.kind = t->m->layer == OPJ_NMC_LINEAR ? OPJ_NMC_LINEAR_FORWARD : OPJ_NMC_CONV_FORWARD;
	f.core = spikes ? OPJ_NMC_FP_SOMA : OPJ_NMC_ANN_FE;
	f.in_bits = spikes ? 1 : 16;
	f.w_bits = f.out_bits = 16;
	f.in_numel = numel(t->in);
	f.w_numel = t->m->weight_numel;
	f.out_numel = numel(t->out);
	f.b_type = t->stage->b_type;
	f.t_type = t->stage->t_type;
	return add(t, &f, true, err);
}

static int layer_backward(struct turn *t, struct opj_error *err)
{
	struct opj_nmc_fragment f = t->like;
	if (!layer_loops(t, t->in, &f.loops))
		return gap(t, "a backward call whose tensors cannot be read", err);
	bool linear = t->m->layer == OPJ_NMC_LINEAR, spikes = t->m->last_spikes;
	f.in_bits = f.w_bits = f.out_bits = 16;
	if (t->out) {
		f.kind = linear ? OPJ_NMC_LINEAR_GRAD_INPUT : OPJ_NMC_CONV_GRAD_INPUT;
		f.core = spikes ? OPJ_NMC_BP_GRAD : OPJ_NMC_ANN_BE;
		f.in_numel = numel(t->in);
		f.w_numel = t->m->weight_numel;
		f.out_numel = numel(t->out);
		if (add(t, &f, true, err))
			return -1;
	}
	if (!t->m->weight_trained)
		return 0;
	f.kind = linear ? OPJ_NMC_LINEAR_GRAD_WEIGHT : OPJ_NMC_CONV_GRAD_WEIGHT;
	f.core = spikes ? OPJ_NMC_WG : OPJ_NMC_ANN_WE;
	f.in_bits = spikes ? 1 : 16;
	f.in_numel = t->m->last_numel;
	f.w_numel = numel(t->in);
	f.out_numel = t->m->weight_numel;
	return add(t, &f, true, err);
}

static int norm(struct turn *t, struct opj_error *err)
{
	bool forward = t->call->direction == OPJ_FORWARD;
	struct opj_nmc_layout layout;
	if (!t->in || !opj_nmc_layout_of(t->in, t->def->multi_step, &layout))
		return gap(t, "a call whose tensors cannot be read", err);
	if (forward)
		t->m->last_spikes = opj_is_spikes(t->in);
	struct opj_nmc_fragment f = t->like;
	f.in_numel = numel(t->in);
	f.out_numel = numel(t->call->out_count ? t->out : t->in);
	f.without_bp_bn = !forward && t->stage->without_bp_bn;
	return opj_nmc_add_norm(t->nmc, &f, &layout, t->m->last_spikes, OPJ_NMC_IN_MODULE, t->call->module, err);
}

/* Forward: bounds are those of the spikes that leave. Backward: those of the gradient that leaves, else of the one that
 * came. */
static int neuron(struct turn *t, struct opj_error *err)
{
	bool forward = t->call->direction == OPJ_FORWARD;
	const struct opj_operand *shape = t->out || forward ? t->out : t->in;
	struct opj_nmc_layout layout = {.t = 1, .b = 1, .c = 1, .positions = 1};
	if ((!shape && !forward) || (shape && !opj_nmc_layout_of(shape, t->def->multi_step, &layout)))
		return gap(t, "a call whose tensors cannot be read", err);
	struct opj_nmc_fragment f = t->like;
	f.kind = forward ? OPJ_NMC_SOMA_FORWARD : OPJ_NMC_SOMA_BACKWARD;
	f.core = forward ? OPJ_NMC_FP_SOMA : OPJ_NMC_BP_GRAD;
	f.process = OPJ_NMC_SG;
	f.loops = (struct opj_nmc_loops){layout.b, layout.t, layout.c, layout.c, layout.positions, 1, 1, 1};
	f.in_bits = f.w_bits = 16;
	f.out_bits = forward ? 1 : 16;
	f.in_numel = numel(t->in);
	f.out_numel = numel(shape);
	f.b_type = forward ? t->stage->b_type : 0;
	f.t_type = forward ? t->stage->t_type : 0;
	return add(t, &f, false, err);
}

int opj_nmc_visit_call(void *self, const struct opj_call *call, struct opj_error *err)
{
	struct opj_nmc *nmc = self;
	if (call->context->suspended)
		return 0;
	struct turn t = {.nmc = nmc, .call = call, .def = &call->module->def};
	t.m = opj_nmc_module_of(nmc, call->module, err);
	t.stage = t.m ? opj_nmc_stage_of(nmc, call->context, err) : NULL;
	if (!t.stage)
		return -1;
	bool forward = call->direction == OPJ_FORWARD;
	t.in = tensor(call, call->in, call->in_count, 0);
	t.out = tensor(call, call->out, call->out_count, 0);
	t.like = (struct opj_nmc_fragment){.origin = OPJ_NMC_CALL, .stage = call->context->stage_id};
	t.like.phase = forward ? OPJ_NMC_FORWARD : OPJ_NMC_BACKWARD;
	switch (t.m->layer) {
	case OPJ_NMC_CONV:
	case OPJ_NMC_LINEAR:
		return forward ? layer_forward(&t, err) : layer_backward(&t, err);
	case OPJ_NMC_NORM:
		return norm(&t, err);
	case OPJ_NMC_NEURON:
		return neuron(&t, err);
	case OPJ_NMC_CONV3D:
		return gap(&t, "three-dimensional convolutions have no mapping", err);
	case OPJ_NMC_UNKNOWN_LAYER:
	case OPJ_NMC_NO_LAYER:
		break;
	}
	return 0;
}
