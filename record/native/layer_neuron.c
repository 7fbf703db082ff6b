/* record/native/layer_neuron.c: I, IF, LI, LIF, CubaLI and CubaLIF, one family with optional parts:
 *
 *     Cuba:  i += (w_in * x - i) / (tau_syn / dt), and i takes the place of x
 *     leaky: v += (r * x - (v - v_leak)) / (tau / dt)        else: v += r * x
 *     fires: s = v > v_threshold; v = s * v_reset + (1 - s) * v, or v - s * v_threshold
 *
 * That is forward Euler, written in the operators and the order in which SpikingJelly's IFNode and LIFNode run in eager
 * inference, so that a network gives the same ops here and there. A parameter that is the same for all neurons is a
 * number in an op, another one a buffer; r and w_in of 1 cost nothing. The comparison v > v_threshold is that of the
 * rounded difference with 0, which has the sign of the exact one. */
#include "layer.h"

struct neuron {
	struct opj_layer base;
	bool current, leaky, subtract;
	struct opj_rhs r, tau, v_leak, v_threshold, v_reset, tau_syn, w_in;
};

static double in_steps(double tau, const struct opj_simulation *sim)
{
	return tau / sim->dt;
}

static bool is_one(struct opj_rhs rhs)
{
	return !rhs.nd && rhs.number == 1;
}

/* A field that may be left out. */
static int read_optional(struct opj_layer *layer, const struct opj_nir_node *node, const char *field, double otherwise,
			 const struct opj_simulation *sim, struct opj_rhs *out, struct opj_error *err)
{
	if (opj_nir_has(node, field))
		return opj_layer_numbers(layer, node, field, NULL, sim, out, err);
	*out = opj_number(otherwise);
	opj_layer_say(layer, field, OPJ_FLOAT(otherwise));
	return 0;
}

static int create_neuron(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			 struct opj_error *err)
{
	struct neuron *n = (struct neuron *)layer;
	const char *nir = layer->type->nir;
	n->current = strncmp(nir, "Cuba", 4) == 0;
	n->leaky = n->current || nir[0] == 'L';
	n->subtract = sim->subtract_reset;
	if (opj_layer_numbers(layer, node, "r", NULL, sim, &n->r, err) != 0)
		return -1;
	if (n->leaky && (opj_layer_numbers(layer, node, n->current ? "tau_mem" : "tau", in_steps, sim, &n->tau, err) ||
			 opj_layer_numbers(layer, node, "v_leak", NULL, sim, &n->v_leak, err)))
		return -1;
	if (n->current && (opj_layer_numbers(layer, node, "tau_syn", in_steps, sim, &n->tau_syn, err) ||
			   read_optional(layer, node, "w_in", 1, sim, &n->w_in, err)))
		return -1;
	if (layer->type->spiking && opj_layer_numbers(layer, node, "v_threshold", NULL, sim, &n->v_threshold, err))
		return -1;
	uint32_t said = layer->attr_count;
	if (layer->type->spiking && read_optional(layer, node, "v_reset", 0, sim, &n->v_reset, err))
		return -1;
	if (layer->type->spiking && n->subtract) {
		layer->attr_count = said;
		opj_layer_say(layer, "v_reset", OPJ_NONE());
	}
	if (n->leaky)
		opj_layer_say(layer, "dt", OPJ_FLOAT(sim->dt));
	return 0;
}

/* The state, or zeros like x at the first step; a new reference. */
static struct opj_nd *state_or_zeros(struct opj_exec *x, struct opj_layer *layer, int index, struct opj_nd *like)
{
	struct opj_nd *state = layer->state[index];
	return state ? opj_nd_ref(state) : opj_aten_zeros_like(x, like);
}

/* value * factor; a new reference. */
static struct opj_nd *scaled(struct opj_exec *x, struct opj_nd *value, struct opj_rhs factor)
{
	return is_one(factor) ? opj_nd_ref(value) : opj_aten_binary(x, OPJ_MUL, value, factor);
}

/* state + (drive - pull) / tau; pull is what draws the state back. */
static struct opj_nd *relax(struct opj_exec *x, struct opj_nd *state, struct opj_nd *drive, struct opj_nd *pull,
			    struct opj_rhs tau)
{
	struct opj_nd *difference = opj_aten_binary_nd(x, OPJ_SUB, drive, pull);
	struct opj_nd *change = opj_aten_binary(x, OPJ_DIV, difference, tau);
	opj_nd_unref(difference);
	struct opj_nd *out = opj_aten_binary_nd(x, OPJ_ADD, state, change);
	opj_nd_unref(change);
	return out;
}

/* The synaptic current after this step. */
static struct opj_nd *charge_current(struct opj_exec *x, struct neuron *n, struct opj_nd *in)
{
	struct opj_nd *i = state_or_zeros(x, &n->base, 1, in);
	struct opj_nd *drive = scaled(x, in, n->w_in);
	struct opj_nd *out = relax(x, i, drive, i, n->tau_syn);
	opj_nd_unref(drive);
	opj_nd_unref(i);
	return out;
}

/* The membrane potential after this step, before a spike. */
static struct opj_nd *charge(struct opj_exec *x, struct neuron *n, struct opj_nd *in)
{
	struct opj_nd *v = state_or_zeros(x, &n->base, 0, in), *out;
	struct opj_nd *drive = scaled(x, in, n->r);
	if (n->leaky) {
		struct opj_nd *above = opj_aten_binary(x, OPJ_SUB, v, n->v_leak);
		out = relax(x, v, drive, above, n->tau);
		opj_nd_unref(above);
	} else {
		out = opj_aten_binary_nd(x, OPJ_ADD, v, drive);
	}
	opj_nd_unref(drive);
	opj_nd_unref(v);
	return out;
}

static struct opj_nd *fire(struct opj_exec *x, struct neuron *n, struct opj_nd *v)
{
	struct opj_nd *above = opj_aten_binary(x, OPJ_SUB, v, n->v_threshold);
	struct opj_nd *fired = opj_aten_positive(x, above, &n->base.spikes);
	opj_nd_unref(above);
	struct opj_nd *spikes = opj_aten_to_float(x, fired);
	opj_nd_unref(fired);
	return spikes;
}

/* The potential after the spikes were taken off; a new reference. */
static struct opj_nd *reset(struct opj_exec *x, struct neuron *n, struct opj_nd *v, struct opj_nd *spikes)
{
	struct opj_nd *level = opj_aten_binary(x, OPJ_MUL, spikes, n->subtract ? n->v_threshold : n->v_reset), *out;
	if (n->subtract) {
		out = opj_aten_binary_nd(x, OPJ_SUB, v, level);
	} else {
		struct opj_nd *silent = opj_aten_rsub(x, spikes, 1);
		struct opj_nd *kept = opj_aten_binary_nd(x, OPJ_MUL, silent, v);
		opj_nd_unref(silent);
		out = opj_aten_binary_nd(x, OPJ_ADD, level, kept);
		opj_nd_unref(kept);
	}
	opj_nd_unref(level);
	return out;
}

static struct opj_nd *step_neuron(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	struct neuron *n = (struct neuron *)layer;
	x->active = layer;
	struct opj_nd *i = n->current ? charge_current(x, n, in) : NULL;
	struct opj_nd *v = n->current && !i ? NULL : charge(x, n, i ? i : in);
	struct opj_nd *out = NULL, *after = NULL;
	if (layer->type->spiking) {
		out = fire(x, n, v);
		after = reset(x, n, v, out);
	} else if (v) {
		out = opj_nd_ref(v);
		after = opj_nd_ref(v);
	}
	opj_nd_unref(v);
	x->active = NULL;
	opj_layer_set_state(layer, 0, after);
	if (n->current)
		opj_layer_set_state(layer, 1, i);
	return out;
}

static void destroy_neuron(struct opj_layer *layer)
{
	struct neuron *n = (struct neuron *)layer;
	struct opj_rhs all[] = {n->r, n->tau, n->v_leak, n->v_threshold, n->v_reset, n->tau_syn, n->w_in};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		opj_nd_unref(all[i].nd);
}

#define NEURON(symbol, name, spikes, ...)                                                                              \
	static const char *const symbol##_bases[] = {__VA_ARGS__, NULL};                                               \
	const struct opj_layer_type opj_##symbol##_type = {.nir = name,                                                \
							   .bases = symbol##_bases,                                    \
							   .neuron = true,                                             \
							   .spiking = spikes,                                          \
							   .size = sizeof(struct neuron),                              \
							   .create = create_neuron,                                    \
							   .step = step_neuron,                                        \
							   .destroy = destroy_neuron}

NEURON(i, "I", false, "NonSpikingIFNode", "NonSpikingBaseNode", "Module", "MultiStepModule", "StepModule");
NEURON(if, "IF", true, "IFNode", "BaseNode", "MemoryModule", "Module", "StepModule");
NEURON(li, "LI", false, "NonSpikingLIFNode", "NonSpikingBaseNode", "Module", "MultiStepModule", "StepModule");
NEURON(lif, "LIF", true, "LIFNode", "BaseNode", "MemoryModule", "Module", "StepModule");
NEURON(cuba_li, "CubaLI", false, "NonSpikingCubaLIFNode", "NonSpikingBaseNode", "Module", "MultiStepModule",
       "StepModule");
NEURON(cuba_lif, "CubaLIF", true, "CubaLIFNode", "BaseNode", "MemoryModule", "Module", "StepModule");
