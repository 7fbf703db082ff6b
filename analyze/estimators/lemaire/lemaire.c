/* analyze/estimators/lemaire/lemaire.c: energy of inference after Lemaire et al. 2022: operations, addressing and
 * memory.
 *
 * Watches ops and calls itself instead of pricing tallies: it leaves training out, counts MACs and ACs outside neurons
 * only, and what a byte costs depends on the largest transfer of the whole run. The rules for operations are those of
 * the counters synop, mac, ac and addressing. */
#include "lemaire.h"
#include "analyze/counters/rule.h"
#include "analyze/estimators/references.h"
#include "analyze/ops/module_class.h"
#include <stdlib.h>

enum { BORROWED_VALUES_MAX = 2 };

static const struct {
	const struct opj_counter *counter;
	uint32_t metric_count;
	enum lemaire_count counts[BORROWED_VALUES_MAX];
	bool outside_neurons; /* neuron state stands for what neurons compute */
} sources[LEMAIRE_BORROWED] = {
    {&opj_counter_synop, 1, {LEMAIRE_SYNOP}, false},
    {&opj_counter_mac, 1, {LEMAIRE_MAC}, true},
    {&opj_counter_ac, 1, {LEMAIRE_AC}, true},
    {&opj_counter_addressing, 2, {LEMAIRE_ACC_ADDR, LEMAIRE_MAC_ADDR}, false},
};

struct lemaire_rules {
	bool resolved;
	struct opj_rule count[LEMAIRE_BORROWED]; /* without one, the op is none of this counter's business */
};

static void lemaire_destroy(void *data)
{
	struct lemaire *self = data;
	if (!self)
		return;
	opj_neuron_state_finish(&self->state);
	opj_vector_finish(&self->rules);
	opj_vector_finish(&self->rows);
	opj_vector_finish(&self->layers);
	opj_vector_finish(&self->stages);
	free(self);
}

static void *lemaire_create(const struct opj_config *config, struct opj_error *err)
{
	struct lemaire *self = calloc(1, sizeof *self);
	if (!self) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	self->rules.item_size = sizeof(struct lemaire_rules);
	self->rows.item_size = sizeof(struct lemaire_row);
	self->layers.item_size = sizeof(struct lemaire_layer);
	self->stages.item_size = sizeof(struct lemaire_stage);
	for (int i = 0; i < LEMAIRE_BORROWED; i++)
		self->borrowed[i].counter = sources[i].counter;
	if (opj_neuron_state_init(&self->state, config, err) || lemaire_cost_init(&self->cost, config, err)) {
		lemaire_destroy(self);
		return NULL;
	}
	return self;
}

static bool is_stage(const struct opj_context *context, const char *stem)
{
	return context->stage && strncmp(context->stage, stem, strlen(stem)) == 0;
}

bool lemaire_covers(const struct opj_context *context)
{
	return !context->suspended && !is_stage(context, "backward") && !is_stage(context, "optimizer");
}

static const struct lemaire_rules *rules_of(struct lemaire *self, const struct opj_signature *signature)
{
	struct lemaire_rules *rules = opj_vector_at(&self->rules, signature->op_id);
	if (!rules || rules->resolved)
		return rules;
	const struct opj_operator *known = opj_operator_find(signature->op);
	for (int i = 0; i < LEMAIRE_BORROWED; i++)
		rules->count[i] = opj_rule_find(sources[i].counter, NULL, known, signature->op);
	rules->resolved = true;
	return rules;
}

/* Makes the weight layers of a new context known, so that one without calls is noticed. */
static int note_layers(struct lemaire *self, const struct opj_context *context)
{
	for (uint32_t i = 0; i < context->module_count; i++) {
		const struct opj_trace_module *module = context->modules[i];
		if (!opj_module_is_any(module, lemaire_weight_classes))
			continue;
		struct lemaire_layer *layer = opj_vector_at(&self->layers, module->id);
		if (!layer)
			return -1;
		layer->module = module;
	}
	return 0;
}

static struct lemaire_row *row_of(struct lemaire *self, const struct opj_context *context)
{
	struct lemaire_row *row = opj_vector_at(&self->rows, context->id);
	if (!row || row->context)
		return row;
	row->context = context;
	row->covered = lemaire_covers(context);
	row->has_neuron = opj_context_has_neuron(context);
	return row->covered && note_layers(self, context) ? NULL : row;
}

static void add(struct lemaire_counts *counts, enum lemaire_count which, int64_t value)
{
	counts->values[which] = opj_add(counts->values[which], value);
}

static int count_borrowed(struct lemaire *self, const struct opj_op *op, struct lemaire_row *row, struct opj_error *err)
{
	const struct lemaire_rules *rules = rules_of(self, op->signature);
	if (!rules)
		return opj_fail(err, "out of memory");
	for (int i = 0; i < LEMAIRE_BORROWED; i++) {
		struct lemaire_borrowed *borrowed = &self->borrowed[i];
		int64_t values[BORROWED_VALUES_MAX] = {0};
		struct opj_error why;
		why.text[0] = '\0'; /* a kilobyte: not worth clearing for every op */
		if (!opj_rule_exists(&rules->count[i]) || (sources[i].outside_neurons && row->has_neuron))
			continue;
		int counted = opj_rule_call(&rules->count[i], NULL, op, values, &why);
		if (counted < 0)
			return opj_fail(err, "%s: %s", sources[i].counter->name, why.text);
		if (counted == OPJ_UNCOVERED && borrowed->uncovered++ == 0)
			borrowed->why = why;
		for (uint32_t m = 0; counted == OPJ_COUNTED && m < sources[i].metric_count; m++)
			add(&row->counts, sources[i].counts[m], values[m]);
	}
	return 0;
}

static int count_state(struct lemaire *self, const struct opj_op *op, struct lemaire_row *row, struct opj_error *err)
{
	int64_t metrics[OPJ_STATE_METRICS], buffer_bytes = 0;
	int counted = opj_neuron_state_count(&self->state, op, metrics, &buffer_bytes, err);
	if (counted != OPJ_COUNTED)
		return counted < 0 ? -1 : 0;
	struct opj_state_projection state = {0};
	opj_state_project(metrics, buffer_bytes, &state);
	add(&row->counts, LEMAIRE_STATE_MAC, state.mac_like);
	add(&row->counts, LEMAIRE_STATE_ACC, state.acc_like);
	add(&row->counts, LEMAIRE_READ_POTENTIAL, state.read_bytes);
	add(&row->counts, LEMAIRE_WRITE_POTENTIAL, state.write_bytes);
	if (buffer_bytes > self->buffers.potential)
		self->buffers.potential = buffer_bytes;
	return 0;
}

static int lemaire_visit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct lemaire *self = data;
	struct lemaire_row *row = row_of(self, op->context);
	if (!row)
		return opj_fail(err, "out of memory");
	row->ops++;
	if (!row->covered)
		return 0;
	if (count_borrowed(self, op, row, err))
		return -1;
	return row->has_neuron ? count_state(self, op, row, err) : 0;
}

static void grow(int64_t *largest, int64_t bytes)
{
	if (bytes > *largest)
		*largest = bytes;
}

static bool has_unknown_values(const struct opj_call *call)
{
	for (uint32_t i = 0; i < call->operand_count; i++) {
		if (call->operands[i].stats.kind == OPJ_KIND_UNKNOWN)
			return true;
	}
	return false;
}

static int lemaire_visit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct lemaire *self = data;
	if (call->direction != OPJ_FORWARD || call->in_count == 0 || !lemaire_covers(call->context) ||
	    !opj_module_is_any(call->module, lemaire_weight_classes))
		return 0;
	struct lemaire_layer *layer = opj_vector_at(&self->layers, call->module->id);
	struct lemaire_stage *stage = opj_vector_at(&self->stages, call->context->stage_id);
	if (!layer || !stage)
		return opj_fail(err, "out of memory");
	layer->module = call->module;
	layer->calls++;
	stage->name = call->context->stage;
	self->unknown_values += has_unknown_values(call);

	struct lemaire_traffic traffic;
	lemaire_measure_call(&self->state.sparse, call, layer, &traffic);
	struct lemaire_counts *const sums[] = {&layer->counts, &stage->counts};
	for (int i = 0; i < 2; i++) {
		add(sums[i], LEMAIRE_READ_IN, traffic.read_in);
		add(sums[i], LEMAIRE_WRITE_OUT, traffic.write_out);
		add(sums[i], LEMAIRE_READ_PARAMS, traffic.read_params);
	}
	grow(&self->buffers.read_in, traffic.read_in);
	grow(&self->buffers.write_out, traffic.write_out);
	grow(&self->buffers.params, traffic.read_params);
	return 0;
}

static int lemaire_reprice(void *data, const struct opj_config *config, struct opj_error *err)
{
	struct lemaire *self = data;
	struct lemaire_cost cost;
	if (lemaire_cost_init(&cost, config, err))
		return -1;
	self->cost = cost;
	return 0;
}

static const struct opj_option options[] = {
    {"e_add_pj", OPJ_OPTION_NUMBER, "0.1", NULL, "one addition; default: Horowitz 2014, 45 nm, 32-bit integer",
     .price = true},
    {"e_mul_pj", OPJ_OPTION_NUMBER, "3.1", NULL, "one multiplication; default: Horowitz 2014, 45 nm, 32-bit integer",
     .price = true},
    {"memory0_bytes", OPJ_OPTION_BYTES, "0", NULL, "where the cost begins: a memory of this size costs memory0_pj",
     .price = true},
    {"memory0_pj", OPJ_OPTION_NUMBER, "0", NULL, "one access to a memory of memory0_bytes", .price = true},
    {"memory1_bytes", OPJ_OPTION_BYTES, "8KiB", NULL, "size of the first SRAM; Horowitz 2014", .price = true},
    {"memory1_pj", OPJ_OPTION_NUMBER, "10", NULL, "one access to it; Horowitz 2014, 45 nm", .price = true},
    {"memory2_bytes", OPJ_OPTION_BYTES, "32KiB", NULL, "size of the second SRAM; Horowitz 2014", .price = true},
    {"memory2_pj", OPJ_OPTION_NUMBER, "20", NULL, "one access to it; Horowitz 2014, 45 nm", .price = true},
    {"memory3_bytes", OPJ_OPTION_BYTES, "1MiB", NULL, "size of the third SRAM; a larger one costs the same",
     .price = true},
    {"memory3_pj", OPJ_OPTION_NUMBER, "100", NULL, "one access to it; Horowitz 2014, 45 nm", .price = true},
    {"access_width_bytes", OPJ_OPTION_NUMBER, "4", NULL, "bytes that one access moves; SpikingJelly", .price = true},
    OPJ_STATE_OPTIONS,
};

static const struct opj_preset presets[] = {
    {"int32", "e_add_pj=0.1,e_mul_pj=3.1", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 32-bit integers", OPJ_BIBTEX_HOROWITZ},
    {"int8", "e_add_pj=0.03,e_mul_pj=0.2", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 8-bit integers", OPJ_BIBTEX_HOROWITZ},
    {"fp32", "e_add_pj=0.9,e_mul_pj=3.7", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 32-bit floating point",
     OPJ_BIBTEX_HOROWITZ},
    {"fp16", "e_add_pj=0.4,e_mul_pj=1.1", "Horowitz, ISSCC 2014: 45 nm, 0.9 V, 16-bit floating point",
     OPJ_BIBTEX_HOROWITZ},
};

const struct opj_estimator opj_estimator_lemaire = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "lemaire",
    .version = "1",
    .summary = "inference: operations, addressing and memory whose cost grows with its size",
    .boundary = "training; memory of pooling, normalisation and elementwise layers; DRAM, control, interconnect and "
		"static power",
    .bibtex = OPJ_BIBTEX_LEMAIRE OPJ_BIBTEX_SPIKINGJELLY,
    .source = "E. Lemaire et al., An Analytical Estimation of Spiking Neural Networks Energy Efficiency, ICONIP 2022; "
	      "piecewise memory cost as in SpikingJelly",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .presets = presets,
    .preset_count = sizeof presets / sizeof *presets,
    .create = lemaire_create,
    .destroy = lemaire_destroy,
    .visit_op = lemaire_visit_op,
    .visit_call = lemaire_visit_call,
    .report = lemaire_report,
    .reprice = lemaire_reprice,
};
