/* analyze/counters/neuron_state.c: the rules of neuron state, op by op.
 *
 * State is a set of storages: those that the trace names as state of active neurons, and those that earlier ops
 * computed from state. The trace never reuses a storage id, so a storage that died stays in the set without harm. */
#include "neuron_state.h"
#include "analyze/ops/module_class.h"
#include "analyze/ops/operators.h"
#include <stdlib.h>

const char *const opj_state_metric_names[OPJ_STATE_METRICS] = {
    "state_reads",         "state_writes",    "state_adds",       "state_muls",          "state_comps",
    "state_nonlinear_ops", "state_reset_ops", "state_select_ops", "spike_triggered_ops", "timestep_dense_ops",
};

/* What a family does to state. */
enum op_class {
	CLASS_UNRESOLVED = 0,
	CLASS_VIEW,  /* moves no data */
	CLASS_OTHER, /* reads state, as far as anybody can tell */
	CLASS_MAKE,  /* makes a tensor that a neuron starts from */
	CLASS_ADD,
	CLASS_MUL,
	CLASS_COMPARE,
	CLASS_NONLINEAR,
	CLASS_NONLINEAR_INPLACE,
	CLASS_SELECT,
	CLASS_DUPLICATE,
	CLASS_COPY, /* into its first argument */
};

static const uint8_t classes[OPJ_FAMILIES] = {
    [OPJ_FAMILY_ADD] = CLASS_ADD,
    [OPJ_FAMILY_MULTIPLY] = CLASS_MUL,
    [OPJ_FAMILY_COMPARE] = CLASS_COMPARE,
    [OPJ_FAMILY_WHERE] = CLASS_SELECT,
    [OPJ_FAMILY_ROOT] = CLASS_NONLINEAR,
    [OPJ_FAMILY_SIGMOID] = CLASS_NONLINEAR,
    [OPJ_FAMILY_SIGMOID_IN_PLACE] = CLASS_NONLINEAR,
    [OPJ_FAMILY_EXPONENTIAL] = CLASS_NONLINEAR,
    [OPJ_FAMILY_COPY] = CLASS_DUPLICATE,
    [OPJ_FAMILY_COPY_INTO] = CLASS_COPY,
    [OPJ_FAMILY_FULL] = CLASS_MAKE,
    [OPJ_FAMILY_ZEROS] = CLASS_MAKE,
    [OPJ_FAMILY_VIEW_COPY] = CLASS_VIEW,
    [OPJ_FAMILY_SQUEEZE] = CLASS_VIEW,
    /* Views as well, which the reference takes for reads. */
    [OPJ_FAMILY_TRANSPOSE] = CLASS_OTHER,
    [OPJ_FAMILY_SPLIT] = CLASS_OTHER,
};

static enum op_class classify(const struct opj_operator *known)
{
	enum op_class cls = classes[known->family];
	if (cls == CLASS_UNRESOLVED)
		return known->traits & OPJ_TRAIT_VIEW ? CLASS_VIEW : CLASS_OTHER;
	return cls == CLASS_NONLINEAR && known->traits & OPJ_TRAIT_IN_PLACE ? CLASS_NONLINEAR_INPLACE : cls;
}

int opj_neuron_state_init(struct opj_neuron_state *self, const struct opj_config *config, struct opj_error *err)
{
	*self = (struct opj_neuron_state){
	    .sparse.enabled = opj_config_flag(config, "sparse"),
	    .sparse.zero_threshold = opj_config_number(config, "sparse_zero_ratio_threshold"),
	    .follow_all = opj_config_flag(config, "follow_every_state"),
	    .neurons.item_size = sizeof(struct opj_state_neuron),
	    .op_classes.item_size = sizeof(uint8_t),
	    .input_counts.item_size = sizeof(uint32_t),
	};
	if (!(self->sparse.zero_threshold >= 0 && self->sparse.zero_threshold <= 1))
		return opj_fail(err, "sparse_zero_ratio_threshold must be from 0 to 1, it is %g",
				self->sparse.zero_threshold);
	return 0;
}

void opj_neuron_state_finish(struct opj_neuron_state *self)
{
	opj_vector_finish(&self->neurons);
	opj_vector_finish(&self->op_classes);
	opj_vector_finish(&self->input_counts);
	opj_storage_set_finish(&self->states);
}

/* Resolved once per op name. CLASS_UNRESOLVED: out of memory. */
static enum op_class op_class(struct opj_neuron_state *self, const struct opj_signature *signature)
{
	uint8_t *cls = opj_vector_at(&self->op_classes, signature->op_id);
	if (!cls)
		return CLASS_UNRESOLVED;
	if (*cls == CLASS_UNRESOLVED)
		*cls = (uint8_t)classify(opj_operator_find(signature->op));
	return *cls;
}

/* Notes the active neurons. 1: there are some and all can be counted, 0: not, -1: out of memory. */
static int note_neurons(struct opj_neuron_state *self, const struct opj_context *context, bool touched)
{
	int countable = 0;
	for (uint32_t i = 0; i < context->module_count; i++) {
		const struct opj_trace_module *module = context->modules[i];
		if (!module->def.neuron)
			continue;
		struct opj_state_neuron *neuron = opj_vector_at(&self->neurons, module->id);
		if (!neuron)
			return -1;
		if (!neuron->module) {
			neuron->module = module;
			neuron->fused = module->def.backend && strcmp(module->def.backend, "torch") != 0;
		}
		neuron->touched |= touched;
		if (neuron->fused)
			return 0;
		countable = 1;
	}
	return countable;
}

static bool is_state(const struct opj_neuron_state *self, const struct opj_op *op, const struct opj_operand *operand)
{
	for (uint32_t i = 0; i < op->state_count; i++) {
		if (op->states[i] == operand->storage)
			return true;
	}
	return opj_storage_set_has(&self->states, operand->storage);
}

static uint32_t count_tensors(struct opj_value value)
{
	uint32_t count = value.type == OPJ_VALUE_TENSOR;
	for (uint32_t i = 0; value.type == OPJ_VALUE_LIST && i < value.count; i++)
		count += count_tensors(value.u.items[i]);
	return count;
}

/* How many of the op's tensors are arguments; results come after them (docs/trace.md). Counted once per signature.
 * -1: out of memory. */
static int64_t input_count(struct opj_neuron_state *self, const struct opj_signature *signature)
{
	uint32_t *known = opj_vector_at(&self->input_counts, signature->id);
	if (!known)
		return -1;
	if (*known == 0) {
		uint32_t count = 0;
		for (uint32_t i = 0; i < signature->in_count; i++)
			count += count_tensors(signature->in[i]);
		for (uint32_t i = 0; i < signature->kw_count; i++)
			count += count_tensors(signature->kw[i]);
		*known = count + 1;
	}
	return *known - 1;
}

/* What an op does to state, before its class is looked at. */
struct state_access {
	bool touches;   /* an operand is state */
	bool gated;     /* a sparse operand that is no state decides which elements are touched */
	int64_t active; /* if so: how many, at most */
	int64_t read_bytes, write_bytes, out_elements, buffer_bytes;
};

static int64_t touched_bytes(const struct state_access *access, const struct opj_operand *operand)
{
	if (!access->gated)
		return opj_int(operand->bytes);
	int64_t elements = opj_int(operand->numel);
	return opj_mul(elements < access->active ? elements : access->active, (int64_t)opj_dtype_size(operand->dtype));
}

/* Looks for a sparse operand that is no state, and for the largest that is. */
static void find_gate(const struct opj_neuron_state *self, const struct opj_op *op, uint32_t in_count,
		      struct state_access *access)
{
	for (uint32_t i = 0; i < in_count; i++) {
		const struct opj_operand *operand = &op->operands[i];
		if (is_state(self, op, operand)) {
			int64_t bytes = opj_int(operand->bytes);
			access->touches = true;
			access->buffer_bytes = bytes > access->buffer_bytes ? bytes : access->buffer_bytes;
		} else if (opj_access_is_sparse(&self->sparse, operand)) {
			int64_t nnz = opj_int(operand->stats.nnz);
			access->gated = true;
			access->active = nnz > access->active ? nnz : access->active;
		}
	}
}

static void measure(const struct opj_neuron_state *self, const struct opj_op *op, enum op_class cls, uint32_t in_count,
		    struct state_access *access)
{
	const struct opj_operand *target = cls == CLASS_COPY ? opj_op_in(op, 0) : NULL;
	if (target && !is_state(self, op, target))
		target = NULL;
	find_gate(self, op, in_count, access);
	struct state_access dense = {.gated = false};
	/* A copy into state replaces all of it, whatever was copied. */
	const struct state_access *how = target ? &dense : access;
	for (uint32_t i = 0; i < in_count; i++) {
		const struct opj_operand *operand = &op->operands[i];
		if (operand != target && is_state(self, op, operand))
			access->read_bytes = opj_add(access->read_bytes, touched_bytes(how, operand));
	}
	for (uint32_t i = in_count; i < op->signature->operand_count; i++) {
		access->out_elements = opj_add(access->out_elements, opj_int(op->operands[i].numel));
		if (!target)
			access->write_bytes = opj_add(access->write_bytes, touched_bytes(how, &op->operands[i]));
	}
	if (target)
		access->write_bytes = opj_int(target->bytes);
}

/* Fills the metrics. True: the op writes state. */
static bool fill(enum op_class cls, const struct state_access *access, int64_t *metrics)
{
	static const enum opj_state_metric metric_of[] = {
	    [CLASS_ADD] = OPJ_STATE_ADDS,
	    [CLASS_MUL] = OPJ_STATE_MULS,
	    [CLASS_COMPARE] = OPJ_STATE_COMPS,
	    [CLASS_NONLINEAR] = OPJ_STATE_NONLINEAR,
	    [CLASS_NONLINEAR_INPLACE] = OPJ_STATE_NONLINEAR,
	    [CLASS_SELECT] = OPJ_STATE_SELECTS,
	};
	memset(metrics, 0, OPJ_STATE_METRICS * sizeof *metrics);
	metrics[OPJ_STATE_READS] = access->read_bytes;
	if (cls >= CLASS_ADD && cls <= CLASS_SELECT)
		metrics[metric_of[cls]] = access->out_elements;
	bool writes = cls == CLASS_ADD || cls == CLASS_MUL || cls == CLASS_NONLINEAR_INPLACE || cls == CLASS_SELECT ||
		      cls == CLASS_DUPLICATE || cls == CLASS_COPY;
	if (!writes)
		return false;
	metrics[OPJ_STATE_WRITES] = access->write_bytes;
	if (access->gated) {
		metrics[OPJ_STATE_RESETS] = access->out_elements;
		metrics[OPJ_STATE_SPIKE_TRIGGERED] = access->out_elements;
	} else {
		metrics[OPJ_STATE_STEP_DENSE] = access->out_elements;
	}
	return true;
}

/* A neuron starts from a tensor that it makes: take that for its state. */
static int follow_first(struct opj_neuron_state *self, const struct opj_op *op, enum op_class cls)
{
	bool unknown = op->state_count == 0 && (self->follow_all || self->states.used == 0);
	const struct opj_operand *made = opj_op_out(op, 0);
	if (cls != CLASS_MAKE || !unknown || !made)
		return 0;
	return opj_storage_set_add(&self->states, made->storage);
}

int opj_neuron_state_count(struct opj_neuron_state *self, const struct opj_op *op, int64_t *metrics,
			   int64_t *buffer_bytes, struct opj_error *err)
{
	int countable = note_neurons(self, op->context, false);
	if (countable == 0)
		return OPJ_NOT_CONCERNED;
	enum op_class cls = op_class(self, op->signature);
	uint32_t count = op->signature->operand_count;
	if (countable < 0 || cls == CLASS_UNRESOLVED || follow_first(self, op, cls))
		goto no_memory;
	if (cls == CLASS_VIEW || (op->state_count == 0 && self->states.used == 0))
		return OPJ_NOT_CONCERNED;
	int64_t in_count = input_count(self, op->signature);
	if (in_count < 0)
		goto no_memory;

	struct state_access access = {0};
	measure(self, op, cls, (uint32_t)in_count, &access);
	if (!access.touches)
		return OPJ_NOT_CONCERNED;
	if (fill(cls, &access, metrics)) {
		for (uint32_t i = (uint32_t)in_count; i < count; i++) {
			if (opj_storage_set_add(&self->states, op->operands[i].storage))
				goto no_memory;
		}
	}
	*buffer_bytes = access.buffer_bytes;
	note_neurons(self, op->context, true);
	for (int i = 0; i < OPJ_STATE_METRICS; i++) {
		if (metrics[i])
			return OPJ_COUNTED;
	}
	return OPJ_NOT_CONCERNED;

no_memory:
	return opj_fail(err, "out of memory");
}

void opj_state_project(const int64_t *metrics, int64_t buffer_bytes, struct opj_state_projection *sum)
{
	sum->read_bytes = opj_add(sum->read_bytes, metrics[OPJ_STATE_READS]);
	sum->write_bytes = opj_add(sum->write_bytes, metrics[OPJ_STATE_WRITES]);
	sum->mac_like = opj_add(sum->mac_like, metrics[OPJ_STATE_MULS]);
	sum->acc_like = opj_add(sum->acc_like, metrics[OPJ_STATE_ADDS]);
	sum->acc_like = opj_add(sum->acc_like, metrics[OPJ_STATE_COMPS]);
	sum->acc_like = opj_add(sum->acc_like, metrics[OPJ_STATE_NONLINEAR]);
	sum->acc_like = opj_add(sum->acc_like, metrics[OPJ_STATE_SELECTS]);
	sum->buffer_bytes = buffer_bytes > sum->buffer_bytes ? buffer_bytes : sum->buffer_bytes;
}

void opj_neuron_state_gaps(const struct opj_neuron_state *self, uint32_t *neurons, uint32_t *untouched)
{
	*untouched = *neurons = 0;
	for (uint32_t i = 0; i < self->neurons.count; i++) {
		const struct opj_state_neuron *neuron = opj_vector_get(&self->neurons, i);
		*neurons += neuron->module != NULL;
		*untouched += neuron->module && !neuron->touched && !neuron->fused;
	}
}

void opj_neuron_state_warn_fused(const struct opj_neuron_state *self, struct opj_report *report)
{
	for (uint32_t i = 0; i < self->neurons.count; i++) {
		const struct opj_state_neuron *neuron = opj_vector_get(&self->neurons, i);
		if (neuron->module && neuron->fused)
			opj_report_warn(
			    report,
			    "%s (%s) ran on backend \"%s\", whose kernels hide their ops: its state is not counted",
			    neuron->module->def.path, neuron->module->def.cls, neuron->module->def.backend);
	}
}
