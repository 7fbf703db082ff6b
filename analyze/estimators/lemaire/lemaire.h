/* analyze/estimators/lemaire/lemaire.h: what the files of estimator `lemaire` share.
 *
 * lemaire.c takes in ops and calls, memory.c turns a call of a weight module into bytes, cost.c holds the prices,
 * report.c adds everything up. docs/estimator-lemaire.md has the formulas. */
#ifndef OPJ_ANALYZE_ESTIMATORS_LEMAIRE_LEMAIRE_H
#define OPJ_ANALYZE_ESTIMATORS_LEMAIRE_LEMAIRE_H

#include "analyze/counters/counters.h"
#include "analyze/counters/neuron_state.h"
#include "record/base/vector.h"
#include <opjoule/estimator.h>

enum lemaire_count {
	LEMAIRE_SYNOP,
	LEMAIRE_MAC,
	LEMAIRE_AC,
	LEMAIRE_STATE_MAC,
	LEMAIRE_STATE_ACC,
	LEMAIRE_READ_IN, /* bytes, as the next four */
	LEMAIRE_WRITE_OUT,
	LEMAIRE_READ_PARAMS,
	LEMAIRE_READ_POTENTIAL,
	LEMAIRE_WRITE_POTENTIAL,
	LEMAIRE_ACC_ADDR,
	LEMAIRE_MAC_ADDR,
	LEMAIRE_COUNTS,
};

struct lemaire_counts {
	int64_t values[LEMAIRE_COUNTS];
};

/* The largest single transfer of each sort, which decides how large, and so how dear, the memory for it is. Bytes. */
struct lemaire_buffers {
	int64_t read_in, write_out, params, potential;
};

#define LEMAIRE_POINTS 4

struct lemaire_cost {
	double add_pj, mul_pj;
	struct {
		double bytes, pj_per_byte;
	} points[LEMAIRE_POINTS]; /* bytes ascending */
};

/* Cost of one byte in each memory, pJ. */
struct lemaire_memory_cost {
	double read_in, write_out, params, potential;
};

struct lemaire_energy {
	double ops, addressing, inout, params, potential, memory, total;
};

/* Ops of one context. */
struct lemaire_row {
	const struct opj_context *context; /* NULL: no op came from it */
	bool covered, has_neuron;
	uint64_t ops;
	struct lemaire_counts counts;
};

/* One module that moves weights: a layer of lemaire_weight_classes. */
struct lemaire_layer {
	const struct opj_trace_module *module; /* NULL: no such layer has this id */
	uint64_t calls;
	struct lemaire_counts counts; /* READ_IN, WRITE_OUT, READ_PARAMS of its calls */
	bool dense_fallback;          /* sparse, but there is only a dense rule for it */
	bool no_geometry;             /* sparse, but the trace does not say how many outputs an input reaches */
};

/* Calls of one stage. */
struct lemaire_stage {
	const char *name;
	struct lemaire_counts counts;
};

/* A counter whose rules serve this estimator too; none of them keeps a state. */
struct lemaire_borrowed {
	const struct opj_counter *counter;
	uint64_t uncovered;   /* ops for which the trace lacks what the rule needs */
	struct opj_error why; /* of the first */
};

enum { LEMAIRE_BORROWED = 4 };

struct lemaire {
	struct lemaire_cost cost;
	struct opj_neuron_state state;
	struct lemaire_borrowed borrowed[LEMAIRE_BORROWED];
	struct opj_vector rules;  /* struct lemaire_rules by op id */
	struct opj_vector rows;   /* struct lemaire_row by context id */
	struct opj_vector layers; /* struct lemaire_layer by module id */
	struct opj_vector stages; /* struct lemaire_stage by stage id */
	struct lemaire_buffers buffers;
	uint64_t unknown_values; /* calls whose tensors nobody looked into: taken as dense */
};

/* Linear, Conv1d … ConvTranspose3d; NULL-terminated. */
extern const char *const lemaire_weight_classes[];

/* Whether ops and calls of this context belong to inference. */
bool lemaire_covers(const struct opj_context *context);

/* Fails on sizes that do not ascend and on negative costs. */
int lemaire_cost_init(struct lemaire_cost *cost, const struct opj_config *config, struct opj_error *err);
double lemaire_cost_per_byte(const struct lemaire_cost *cost, int64_t buffer_bytes);
void lemaire_price(const struct lemaire_cost *cost, const struct lemaire_memory_cost *memory,
		   const struct lemaire_counts *counts, struct lemaire_energy *energy);

/* Bytes that a forward call of a layer moves; added to the layer, the stage and the buffers. */
struct lemaire_traffic {
	int64_t read_in, write_out, read_params;
};
void lemaire_measure_call(const struct opj_sparse_rule *sparse, const struct opj_call *call,
			  struct lemaire_layer *layer, struct lemaire_traffic *traffic);

int lemaire_report(void *data, const struct opj_slice *slice, struct opj_report *report, struct opj_error *err);

#endif
