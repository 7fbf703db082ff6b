/* analyze/counters/neuron_state.h: which work of an op is done on the state of spiking neurons.
 *
 * The engine behind counter `neuron_state` and the potential part of estimator `lemaire`. It sees the ops of one run in
 * order and says of each what it did to neuron state. docs/counter-neuron_state.md has the rules. */
#ifndef OPJ_ANALYZE_COUNTERS_NEURON_STATE_H
#define OPJ_ANALYZE_COUNTERS_NEURON_STATE_H

#include "record/base/vector.h"
#include "sparse_access.h"
#include "storage_set.h"
#include <opjoule/estimator.h>

enum opj_state_metric {
	OPJ_STATE_READS,  /* bytes of state read */
	OPJ_STATE_WRITES, /* bytes of state written */
	OPJ_STATE_ADDS,   /* the rest: elements */
	OPJ_STATE_MULS,
	OPJ_STATE_COMPS,
	OPJ_STATE_NONLINEAR,
	OPJ_STATE_RESETS,
	OPJ_STATE_SELECTS,
	OPJ_STATE_SPIKE_TRIGGERED,
	OPJ_STATE_STEP_DENSE,
	OPJ_STATE_METRICS,
};

extern const char *const opj_state_metric_names[OPJ_STATE_METRICS];

/* What the metrics amount to in the terms of an energy model. Sums, but for buffer_bytes, which is a maximum. */
struct opj_state_projection {
	int64_t read_bytes, write_bytes, mac_like, acc_like, buffer_bytes;
};

void opj_state_project(const int64_t *metrics, int64_t buffer_bytes, struct opj_state_projection *sum);

/* A neuron module that ops ran in. */
struct opj_state_neuron {
	const struct opj_trace_module *module; /* NULL: no neuron has this id */
	bool touched;                          /* some op worked on a state while it was active */
	bool fused;                            /* its backend hides its ops: nothing of it is counted */
};

struct opj_neuron_state {
	struct opj_sparse_rule sparse;
	bool follow_all;              /* follow the first state of every neuron, not only where no state is known yet */
	struct opj_vector neurons;    /* struct opj_state_neuron by module id */
	struct opj_vector op_classes; /* uint8_t by op id */
	struct opj_vector input_counts; /* uint32_t by signature id: tensors among its arguments + 1 */
	struct opj_storage_set states;  /* storages that state was computed into */
};

/* Reads OPJ_STATE_OPTIONS. What it made is to be finished, also on failure. */
int opj_neuron_state_init(struct opj_neuron_state *self, const struct opj_config *config, struct opj_error *err);
void opj_neuron_state_finish(struct opj_neuron_state *self);

/* Counts one op: OPJ_COUNTED (metrics and *buffer_bytes, the largest state tensor it touched, are set),
 * OPJ_NOT_CONCERNED, or -1. */
int opj_neuron_state_count(struct opj_neuron_state *self, const struct opj_op *op, int64_t *metrics,
			   int64_t *buffer_bytes, struct opj_error *err);

/* How many neurons ran ops, and how many of them none that touched a state. */
void opj_neuron_state_gaps(const struct opj_neuron_state *self, uint32_t *neurons, uint32_t *untouched);

/* Warns, once per module, of neurons whose backend hides their ops. */
void opj_neuron_state_warn_fused(const struct opj_neuron_state *self, struct opj_report *report);

/* The options that opj_neuron_state_init reads, for tables of options. */
#define OPJ_STATE_OPTIONS                                                                                              \
	{"sparse", OPJ_OPTION_FLAG, "true", NULL,                                                                      \
	 "count only nonzero elements where a tensor is sparse; false: every access is dense"},                        \
	    {"sparse_zero_ratio_threshold", OPJ_OPTION_NUMBER, "0.5", NULL,                                            \
	     "share of zeros (0 to 1) from which on a tensor that holds no spikes counts as sparse"},                  \
	{                                                                                                              \
		"follow_every_state", OPJ_OPTION_FLAG, "false", NULL,                                                  \
		    "follow the first state of every neuron; false: only while no state is known, as SpikingJelly "    \
		    "does"                                                                                             \
	}

#endif
