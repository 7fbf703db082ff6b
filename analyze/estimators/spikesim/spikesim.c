/* analyze/estimators/spikesim/spikesim.c: energy of convolutions on crossbars that compute in memory, after SpikeSim.
 *
 * Takes in convolutions in order and gives each to the layer (stage) whose scope it ran in, or notes why it is out of
 * scope. What is in scope is what SpikeSim was made for: 2d convolutions of nn.Conv2d layers, ungrouped, in inference.
 */
#include "spikesim.h"
#include "analyze/estimators/references.h"
#include "analyze/ops/module_class.h"
#include "analyze/ops/shapes.h"
#include "replay/core/scope.h"
#include <stdlib.h>

static const char *const conv_classes[] = {"Conv2d", NULL};
static const char *const neuron_classes[] = {"IFNode", "LIFNode", "SimpleIFNode", "SimpleLIFNode", NULL};

static void spikesim_destroy(void *data)
{
	struct spikesim *self = data;
	if (!self)
		return;
	for (uint32_t i = 0; i < self->stages.count; i++)
		spikesim_stage_finish(opj_vector_get(&self->stages, i));
	opj_vector_finish(&self->contexts);
	opj_vector_finish(&self->stages);
	opj_vector_finish(&self->refused);
	opj_vector_finish(&self->neurons);
	opj_vector_finish(&self->operators);
	free(self);
}

static int spikesim_reprice(void *data, const struct opj_config *config, struct opj_error *err)
{
	struct spikesim *self = data;
	struct spikesim_cost cost;
	if (spikesim_cost_init(&cost, config, err))
		return -1;
	self->cost = cost;
	self->check_neurons = opj_config_flag(config, "require_if_lif_neurons");
	return 0;
}

static void *spikesim_create(const struct opj_config *config, struct opj_error *err)
{
	struct spikesim *self = calloc(1, sizeof *self);
	if (!self) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	self->contexts.item_size = sizeof(struct spikesim_context);
	self->stages.item_size = sizeof(struct spikesim_stage);
	self->refused.item_size = sizeof(struct spikesim_refused);
	self->neurons.item_size = sizeof(const struct opj_trace_module *);
	self->operators.item_size = sizeof(const struct opj_operator *);
	if (spikesim_reprice(self, config, err)) {
		spikesim_destroy(self);
		return NULL;
	}
	return self;
}

/* In scope is what runs inside one Conv2d that does not train, while nobody records gradients. */
static enum spikesim_refusal judge_context(const struct opj_context *context)
{
	if (opj_context_count_modules(context, conv_classes) != 1)
		return SPIKESIM_NOT_CONV2D;
	bool trains = context->grad;
	for (uint32_t i = 0; i < context->module_count; i++) {
		if (opj_module_is_any(context->modules[i], conv_classes))
			trains |= context->modules[i]->def.training;
	}
	return trains ? SPIKESIM_NOT_INFERENCE : SPIKESIM_ACCEPTED;
}

static int note_modules(struct spikesim *self, const struct opj_context *context)
{
	for (uint32_t i = 0; i < context->module_count; i++) {
		const struct opj_trace_module *module = context->modules[i];
		if (module->def.training && !self->training)
			self->training = module;
		if (!module->def.neuron || opj_module_is_any(module, neuron_classes))
			continue;
		const struct opj_trace_module **neuron = opj_vector_at(&self->neurons, module->id);
		if (!neuron)
			return -1;
		*neuron = module;
	}
	return 0;
}

static struct spikesim_context *context_of(struct spikesim *self, const struct opj_context *context)
{
	struct spikesim_context *known = opj_vector_at(&self->contexts, context->id);
	if (!known || known->context)
		return known;
	known->context = context;
	const char *scope = opj_scope_innermost(context);
	known->scope = scope ? scope : "Global";
	known->refusal = judge_context(context);
	return note_modules(self, context) ? NULL : known;
}

/* Several contexts share a scope. */
static struct spikesim_stage *stage_of(struct spikesim *self, struct spikesim_context *context)
{
	for (uint32_t i = 0; !context->stage && i < self->stages.count; i++) {
		const struct spikesim_stage *stage = opj_vector_get(&self->stages, i);
		if (strcmp(stage->scope, context->scope) == 0)
			context->stage = i + 1;
	}
	if (context->stage)
		return opj_vector_get(&self->stages, context->stage - 1);
	struct spikesim_stage *stage = opj_vector_at(&self->stages, self->stages.count);
	if (!stage)
		return NULL;
	stage->scope = context->scope;
	stage->context = context->context;
	context->stage = self->stages.count;
	return stage;
}

static int refuse(struct spikesim *self, const struct spikesim_context *context, enum spikesim_refusal why)
{
	for (uint32_t i = 0; i < self->refused.count; i++) {
		struct spikesim_refused *refused = opj_vector_get(&self->refused, i);
		if (refused->why == why && strcmp(refused->scope, context->scope) == 0) {
			refused->calls++;
			return 0;
		}
	}
	struct spikesim_refused *refused = opj_vector_at(&self->refused, self->refused.count);
	if (!refused)
		return -1;
	*refused = (struct spikesim_refused){.scope = context->scope, .why = why, .calls = 1};
	return 0;
}

static enum spikesim_refusal judge(const struct spikesim_context *context, const struct opj_convolution *c)
{
	if (c->transposed)
		return SPIKESIM_TRANSPOSED;
	if (context->refusal != SPIKESIM_ACCEPTED)
		return context->refusal;
	if (c->groups != 1)
		return SPIKESIM_GROUPED;
	if (c->x->ndim != SPIKESIM_DIMS || c->w->ndim != SPIKESIM_DIMS || c->out->ndim != SPIKESIM_DIMS)
		return SPIKESIM_RANK;
	return SPIKESIM_ACCEPTED;
}

/* Argument i as two integers; one stands for both. */
static int read_pair(const struct opj_op *op, int i, const char *name, int64_t *pair, struct opj_error *err)
{
	struct opj_value value = opj_op_arg(op, (uint32_t)i);
	uint32_t count = opj_value_count(value);
	pair[0] = opj_value_integer(count ? opj_value_item(value, 0) : value, INT64_MIN);
	pair[1] = count == 2 ? opj_value_integer(opj_value_item(value, 1), INT64_MIN) : pair[0];
	if (count > 2 || pair[0] == INT64_MIN || pair[1] == INT64_MIN)
		return opj_fail(err, "%s (argument %d) is not one or two integers", name, i);
	return 0;
}

static int visit_convolution(struct spikesim *self, const struct opj_operator *known, const struct opj_op *op,
			     struct spikesim_context *context, struct opj_error *err)
{
	const struct opj_convolution_form *form = &known->form.convolution;
	struct opj_convolution c;
	if (opj_convolution_read(known, op, &c, err))
		return -1;
	enum spikesim_refusal why = judge(context, &c);
	if (why != SPIKESIM_ACCEPTED)
		return refuse(self, context, why) ? opj_fail(err, "out of memory") : 0;
	struct spikesim_conv conv = {.x = c.x, .w = c.w, .out = c.out, .spike = op->spike};
	if (read_pair(op, form->stride, "stride", conv.stride, err) ||
	    read_pair(op, form->padding, "padding", conv.padding, err) ||
	    read_pair(op, form->dilation, "dilation", conv.dilation, err))
		return -1;
	struct spikesim_stage *stage = stage_of(self, context);
	if (!stage)
		return opj_fail(err, "out of memory");
	return spikesim_stage_add(stage, &self->cost, &conv, err);
}

static int spikesim_visit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct spikesim *self = data;
	struct spikesim_context *context = context_of(self, op->context);
	const struct opj_operator *known = opj_operator_of(&self->operators, op->signature);
	if (!context || !known)
		return opj_fail(err, "out of memory");
	self->ops++;
	self->products += known->family == OPJ_FAMILY_PRODUCT;
	return known->family == OPJ_FAMILY_CONVOLUTION ? visit_convolution(self, known, op, context, err) : 0;
}

#define FROM_SPIKESIM "; SpikeSim ela_spikesim.py"

static const struct opj_option options[] = {
    {"xbar_size", OPJ_OPTION_NUMBER, "64", NULL, "rows, and columns, of a crossbar" FROM_SPIKESIM},
    {"device", OPJ_OPTION_CHOICE, "rram", "rram|sram", "what the crossbar is made of", .price = true},
    {"activity_mode", OPJ_OPTION_CHOICE, "dense", "dense|event",
     "dense: every PE cycle in full, as SpikeSim; event: active patches and rows only, an experiment of SpikingJelly"},
    {"require_if_lif_neurons", OPJ_OPTION_FLAG, "true", NULL, "warn of neurons other than IF and LIF", .price = true},
    {"tile_buffer_pj", OPJ_OPTION_NUMBER, "397", NULL, "buffer of a tile, per PE cycle" FROM_SPIKESIM, .price = true},
    {"temp_buffer_pj", OPJ_OPTION_NUMBER, "0.2", NULL, "temporary buffer, per 8 rows" FROM_SPIKESIM, .price = true},
    {"sub_pj", OPJ_OPTION_NUMBER, "1.15e-6", NULL, "one subtractor, 16 per 8 rows" FROM_SPIKESIM, .price = true},
    {"adc_pj", OPJ_OPTION_NUMBER, "2.03084", NULL, "one conversion, (xbar_size/8)^2 per cycle" FROM_SPIKESIM,
     .price = true},
    {"htree_pj", OPJ_OPTION_NUMBER, "157.12", NULL, "H-tree, per PE cycle: 19.64 x 8" FROM_SPIKESIM, .price = true},
    {"mux_pj", OPJ_OPTION_NUMBER, "0.094245", NULL, "one multiplexer, beside each ADC" FROM_SPIKESIM, .price = true},
    {"mem_fetch_pj", OPJ_OPTION_NUMBER, "4.64", NULL, "fetch of an input, per PE cycle" FROM_SPIKESIM, .price = true},
    {"neuron_pj", OPJ_OPTION_NUMBER, "5.096", NULL, "neuron module, per PE cycle: 1.274 x 4" FROM_SPIKESIM,
     .price = true},
    {"rram_xbar_pj", OPJ_OPTION_NUMBER, "1.76423", NULL, "RRAM array, per 8 rows and kernel position" FROM_SPIKESIM,
     .price = true},
    {"sram_xbar_pj", OPJ_OPTION_NUMBER, "671.089", NULL, "SRAM array, per 8 rows and kernel position" FROM_SPIKESIM,
     .price = true},
};

static const struct opj_preset presets[] = {
    {"default", "",
     "SpikeSim (Moitra et al., IEEE TCAD 2023), ela_spikesim.py; sizes and modes of SpikingJelly's op_counter",
     OPJ_BIBTEX_SPIKESIM OPJ_BIBTEX_SPIKINGJELLY},
};

const struct opj_estimator opj_estimator_spikesim = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "spikesim",
    .version = "1",
    .summary = "convolutions on RRAM or SRAM crossbars that compute in memory",
    .boundary = "all but the inference of ungrouped 2d convolutions in Conv2d layers: linear layers, pooling, "
		"normalisation, training; traffic between tiles, writing of weights, leakage",
    .bibtex = OPJ_BIBTEX_SPIKESIM,
    .source = "A. Moitra et al., SpikeSim: An End-to-End Compute-in-Memory Hardware Evaluation Tool for Benchmarking "
	      "Spiking Neural Networks, IEEE TCAD 2023, arXiv:2210.12899; its released ela_spikesim.py",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .presets = presets,
    .preset_count = sizeof presets / sizeof *presets,
    .create = spikesim_create,
    .destroy = spikesim_destroy,
    .visit_op = spikesim_visit_op,
    .report = spikesim_report,
    .reprice = spikesim_reprice,
};
