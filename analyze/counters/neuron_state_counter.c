/* analyze/counters/neuron_state_counter.c: counter `neuron_state`, the engine of neuron_state.h as a counter.
 *
 * The metrics go into the common tallies; the projection, which holds a maximum, is kept here by context and rolled up
 * to scopes in the report. */
#include "neuron_state.h"
#include <stdlib.h>

struct state_row {
	const struct opj_context *context; /* NULL: nothing was counted in it */
	struct opj_state_projection sum;
};

struct state_counter {
	struct opj_neuron_state state;
	struct opj_vector rows; /* struct state_row by context id */
};

static void state_destroy(void *data)
{
	struct state_counter *self = data;
	if (!self)
		return;
	opj_neuron_state_finish(&self->state);
	opj_vector_finish(&self->rows);
	free(self);
}

static void *state_create(const struct opj_config *config, struct opj_error *err)
{
	struct state_counter *self = calloc(1, sizeof *self);
	if (!self) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	self->rows.item_size = sizeof(struct state_row);
	if (opj_neuron_state_init(&self->state, config, err)) {
		state_destroy(self);
		return NULL;
	}
	return self;
}

static int count_op(void *data, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	struct state_counter *self = data;
	int64_t buffer_bytes = 0;
	int counted = opj_neuron_state_count(&self->state, op, values, &buffer_bytes, err);
	if (counted != OPJ_COUNTED)
		return counted;
	struct state_row *row = opj_vector_at(&self->rows, op->context->id);
	if (!row)
		return opj_fail(err, "out of memory");
	row->context = op->context;
	opj_state_project(values, buffer_bytes, &row->sum);
	return OPJ_COUNTED;
}

/* Every op may touch a state. */
static opj_count_fn state_rule(void *data, const char *op)
{
	(void)data;
	(void)op;
	return count_op;
}

struct scope_sum {
	const char *name;
	struct opj_state_projection sum;
};

static void add_projection(struct opj_state_projection *sum, const struct opj_state_projection *more)
{
	sum->read_bytes = opj_add(sum->read_bytes, more->read_bytes);
	sum->write_bytes = opj_add(sum->write_bytes, more->write_bytes);
	sum->mac_like = opj_add(sum->mac_like, more->mac_like);
	sum->acc_like = opj_add(sum->acc_like, more->acc_like);
	sum->buffer_bytes = more->buffer_bytes > sum->buffer_bytes ? more->buffer_bytes : sum->buffer_bytes;
}

static int roll_up(const struct opj_vector *rows, struct opj_vector *scopes)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct state_row *row = opj_vector_get(rows, i);
		for (uint32_t s = 0; row->context && s < row->context->scope_count; s++) {
			struct scope_sum *scope = opj_vector_at(scopes, row->context->scope_ids[s]);
			if (!scope)
				return -1;
			scope->name = row->context->scopes[s];
			add_projection(&scope->sum, &row->sum);
		}
	}
	return 0;
}

static int report_scope(struct opj_report *report, const struct scope_sum *scope, struct opj_error *err)
{
	const struct {
		const char *key;
		int64_t value;
	} fields[] = {
	    {"read_potential", scope->sum.read_bytes},
	    {"write_potential", scope->sum.write_bytes},
	    {"state_mac_like", scope->sum.mac_like},
	    {"state_acc_like", scope->sum.acc_like},
	    {"potential_buffer_bytes", scope->sum.buffer_bytes},
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (fields[i].value == OPJ_OVERFLOW)
			return opj_fail(err, "%s of %s does not fit in 64 bits", fields[i].key, scope->name);
		opj_report_count(report, fields[i].value, "projection", scope->name, fields[i].key, NULL);
	}
	return 0;
}

static void warn_gaps(const struct opj_neuron_state *state, struct opj_report *report)
{
	uint32_t neurons, untouched;
	opj_neuron_state_gaps(state, &neurons, &untouched);
	opj_neuron_state_warn_fused(state, report);
	if (untouched)
		opj_report_warn(
		    report,
		    "%u of %u neuron modules ran ops of which none touches a state that the trace names: their "
		    "state counts as nothing (first step of a run, or a recorder that names no states; see "
		    "follow_every_state)",
		    untouched, neurons);
}

static int state_report(void *data, struct opj_report *report, struct opj_error *err)
{
	struct state_counter *self = data;
	struct opj_vector scopes = {.item_size = sizeof(struct scope_sum)};
	opj_report_section(report, "projection", NULL);
	int result = roll_up(&self->rows, &scopes) ? opj_fail(err, "out of memory") : 0;
	for (uint32_t i = 0; result == 0 && i < scopes.count; i++) {
		const struct scope_sum *scope = opj_vector_get(&scopes, i);
		if (scope->name)
			result = report_scope(report, scope, err);
	}
	opj_vector_finish(&scopes);
	warn_gaps(&self->state, report);
	return result;
}

static const struct opj_option options[] = {OPJ_STATE_OPTIONS};

const struct opj_counter opj_counter_neuron_state = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "neuron_state",
    .unit = "bytes and elements",
    .summary = "reads, writes and arithmetic on the state of spiking neurons",
    .boundary = "ops outside neuron modules; neurons whose backend is a fused kernel",
    .metric_count = OPJ_STATE_METRICS,
    .metrics = opj_state_metric_names,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = state_create,
    .destroy = state_destroy,
    .rule = state_rule,
    .report = state_report,
};
