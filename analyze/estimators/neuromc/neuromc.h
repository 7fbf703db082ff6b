/* analyze/estimators/neuromc/neuromc.h: the parts of the NeuroMC estimator.
 *
 * A run is taken apart into fragments: a layer's forward pass, the gradient of its input, that of its weight, a
 * neuron's step, an optimizer's step. Equal fragments are kept once, with how often they came. Fragments come from
 * module calls (calls.c), from ops where no call covers them (ops.c) and from optimizer steps (optimizer.c); price.c
 * says what one costs, report.c adds up. Terms and formulas: docs/estimator-neuromc.md. */
#ifndef OPJ_ANALYZE_ESTIMATORS_NEUROMC_NEUROMC_H
#define OPJ_ANALYZE_ESTIMATORS_NEUROMC_NEUROMC_H

#include "analyze/ops/operators.h"
#include "costs.h"
#include "record/base/intern.h"
#include "record/base/vector.h"
#include <opjoule/estimator.h>

enum opj_nmc_phase { OPJ_NMC_FORWARD, OPJ_NMC_BACKWARD, OPJ_NMC_OPTIMIZER };

/* The part of the accelerator that a fragment runs on. */
enum opj_nmc_core {
	OPJ_NMC_FP_SOMA, /* forward with spikes, and neurons */
	OPJ_NMC_BP_GRAD, /* gradient of a spike input, and of neurons */
	OPJ_NMC_WG,      /* gradient of a weight behind spikes */
	OPJ_NMC_ANN_FE,  /* the same three with dense inputs */
	OPJ_NMC_ANN_BE,
	OPJ_NMC_ANN_WE,
	OPJ_NMC_FP_BN, /* batch normalisation of spikes, forward and backward */
	OPJ_NMC_BP_BN,
	OPJ_NMC_ANN_BN, /* of dense values */
	OPJ_NMC_ANN_BN_BP,
	OPJ_NMC_OPT,
	OPJ_NMC_CORES
};

/* What is done besides multiply-accumulates. */
enum opj_nmc_process { OPJ_NMC_NOTHING, OPJ_NMC_SG, OPJ_NMC_BN, OPJ_NMC_STEP, OPJ_NMC_PROCESSES };

enum opj_nmc_kind {
	OPJ_NMC_CONV_FORWARD,
	OPJ_NMC_CONV_GRAD_INPUT,
	OPJ_NMC_CONV_GRAD_WEIGHT,
	OPJ_NMC_LINEAR_FORWARD,
	OPJ_NMC_LINEAR_GRAD_INPUT,
	OPJ_NMC_LINEAR_GRAD_WEIGHT,
	OPJ_NMC_BN_FORWARD,
	OPJ_NMC_BN_BACKWARD,
	OPJ_NMC_SOMA_FORWARD,
	OPJ_NMC_SOMA_BACKWARD,
	OPJ_NMC_OP_CONVOLUTION,
	OPJ_NMC_OP_ADDMM,
	OPJ_NMC_OP_MM,
	OPJ_NMC_OP_BMM,
	OPJ_NMC_SGD,
	OPJ_NMC_ADAM,
	OPJ_NMC_ADAMW,
	OPJ_NMC_KINDS
};

/* Where a fragment was recognised. */
enum opj_nmc_origin { OPJ_NMC_CALL, OPJ_NMC_OP, OPJ_NMC_OPTIMIZER_STEP };

enum opj_nmc_flag {
	OPJ_NMC_MOMENTUM = 1,
	OPJ_NMC_WEIGHT_DECAY = 2,
	OPJ_NMC_MOMENTUM_BUFFER = 4, /* there already */
	OPJ_NMC_NESTEROV = 8,
	OPJ_NMC_DAMPENING = 16,
};

/* Loop bounds: batch, time steps, input and output channels, output rows and columns, kernel rows and columns. */
struct opj_nmc_loops {
	int64_t b, t, c, k, oy, ox, fy, fx;
};

/* All fields are 64 bits wide, so that fragments compare as bytes. */
struct opj_nmc_fragment {
	int64_t origin, stage /* dense id */, phase, kind, core, process;
	struct opj_nmc_loops loops;
	int64_t in_bits, w_bits, out_bits; /* of one element */
	int64_t in_numel, w_numel, out_numel;
	int64_t macs;
	int64_t b_type, t_type; /* batch and time index in the stage's name, 0 where there is none */
	int64_t without_bp_bn;  /* the stage's name says that batch normalisation has no arithmetic in backward */
	int64_t flags;          /* OR of enum opj_nmc_flag */
};

/* What a stage's name says: stage.c. */
struct opj_nmc_stage {
	const char *name; /* NULL: not met yet */
	enum opj_nmc_phase phase;
	int64_t b_type, t_type;
	bool without_bp_bn;
};
struct opj_nmc_stage opj_nmc_stage_parse(const char *name);

enum opj_nmc_layer {
	OPJ_NMC_UNKNOWN_LAYER,
	OPJ_NMC_NO_LAYER,
	OPJ_NMC_CONV,
	OPJ_NMC_CONV3D,
	OPJ_NMC_LINEAR,
	OPJ_NMC_NORM,
	OPJ_NMC_NEURON
};

/* A module, and what its last forward call was given. */
struct opj_nmc_module {
	enum opj_nmc_layer layer;
	int64_t weight_numel;
	bool weight_trained;
	int64_t last_numel;
	bool last_spikes;
};

/* Where a fragment's energy belongs: key of the table `places`. */
enum opj_nmc_place_kind { OPJ_NMC_IN_MODULE, OPJ_NMC_IN_CONTEXT, OPJ_NMC_NOWHERE };
struct opj_nmc_place {
	uint64_t fragment, kind;
	const void *where; /* struct opj_trace_module or struct opj_context, which live as long as the trace */
};

struct opj_nmc_op {
	const struct opj_operator *known; /* NULL: not met yet */
	int treatment;                    /* enum in ops.c */
	const char *name;
	int64_t calls;
};

/* Keys of one size without padding, with how often each came, in the order in which they came first. */
struct opj_nmc_counts {
	struct opj_intern keys;
	struct opj_vector counts; /* int64_t by id of the key */
};

/* Something that the model has no figure for. */
struct opj_nmc_gap {
	char text[200];
	int64_t count;
};

struct opj_nmc_list {
	struct opj_vector ids; /* uint32_t */
	uint64_t left_out;     /* not kept: the list has reached mapping_entries */
};

struct opj_nmc {
	struct opj_nmc_costs costs;
	struct opj_nmc_counts fragments;    /* of struct opj_nmc_fragment */
	struct opj_nmc_counts places;       /* of struct opj_nmc_place */
	struct opj_nmc_list called;         /* fragments of calls and optimizer steps, in order */
	struct opj_nmc_list dispatched;     /* fragments of ops, in order */
	struct opj_intern forward_products; /* shapes of forward products: ops.c */
	struct opj_vector forward_inputs;   /* struct opj_vector of bool by id of these: were the inputs spikes? */
	struct opj_vector stages;           /* struct opj_nmc_stage by dense id */
	struct opj_vector modules;          /* struct opj_nmc_module by id */
	struct opj_vector ops;              /* struct opj_nmc_op by dense id */
	struct opj_vector gaps;             /* struct opj_nmc_gap */
};

/* Fragment i and how often it came; place i. */
static inline const struct opj_nmc_fragment *opj_nmc_fragment_at(const struct opj_nmc *nmc, uint32_t i)
{
	return opj_intern_key(&nmc->fragments.keys, i);
}

static inline const struct opj_nmc_place *opj_nmc_place_at(const struct opj_nmc *nmc, uint32_t i)
{
	return opj_intern_key(&nmc->places.keys, i);
}

static inline int64_t opj_nmc_count_at(const struct opj_nmc_counts *counts, uint32_t i)
{
	return *(const int64_t *)opj_vector_get(&counts->counts, i);
}

/* The stage of a context; NULL: out of memory. Valid until the next call. */
const struct opj_nmc_stage *opj_nmc_stage_of(struct opj_nmc *nmc, const struct opj_context *context,
					     struct opj_error *err);

/* Counts one fragment; bounds below 1 are raised to 1. macs is computed here where `mac` is true. */
int opj_nmc_add(struct opj_nmc *nmc, struct opj_nmc_fragment *fragment, bool mac, enum opj_nmc_place_kind kind,
		const void *where, struct opj_error *err);

/* Counts something that has no figure. */
__attribute__((format(printf, 3, 4))) int opj_nmc_gap(struct opj_nmc *nmc, struct opj_error *err, const char *format,
						      ...);

/* Batch, time, channels and positions of a tensor [N, C, …], or [T, N, C, …] where multi_step. False: multi_step with
 * fewer than three dimensions. */
struct opj_nmc_layout {
	int64_t t, b, c;
	int64_t positions;     /* product of the spatial dimensions, at least 1 */
	int64_t rows, columns; /* the first two of them, 1 where there are none */
};
bool opj_nmc_layout_of(const struct opj_operand *x, bool multi_step, struct opj_nmc_layout *layout);

/* Batch normalisation, the same from a call and from an op. x or grad decide the bounds. */
int opj_nmc_add_norm(struct opj_nmc *nmc, const struct opj_nmc_fragment *like, const struct opj_nmc_layout *layout,
		     bool spikes, enum opj_nmc_place_kind kind, const void *where, struct opj_error *err);

/* The module's class and geometry; NULL: out of memory. Valid until the next call. */
struct opj_nmc_module *opj_nmc_module_of(struct opj_nmc *nmc, const struct opj_trace_module *module,
					 struct opj_error *err);

int opj_nmc_visit_call(void *self, const struct opj_call *call, struct opj_error *err);
int opj_nmc_visit_op(void *self, const struct opj_op *op, struct opj_error *err);
int opj_nmc_visit_optimizer(void *self, const struct opj_optimizer_step *step, struct opj_error *err);

/* Frees what ops.c keeps. */
void opj_nmc_ops_finish(struct opj_nmc *nmc);

/* Whether the op was met outside suspended regions and the reference has no place for it. */
bool opj_nmc_op_unsupported(const struct opj_nmc_op *op);

/* What one fragment costs: price.c. */
enum opj_nmc_primitive { OPJ_NMC_MUX, OPJ_NMC_ADD, OPJ_NMC_MUL, OPJ_NMC_COMP, OPJ_NMC_SQRT, OPJ_NMC_PRIMITIVES };
enum opj_nmc_level { OPJ_NMC_REG, OPJ_NMC_SRAM, OPJ_NMC_LEVELS };
enum opj_nmc_direction { OPJ_NMC_READ, OPJ_NMC_WRITE, OPJ_NMC_DIRECTIONS }; /* rh2l, wl2h */

struct opj_nmc_price {
	int64_t primitives[OPJ_NMC_PRIMITIVES];
	int64_t bits[OPJ_NMC_LEVELS][OPJ_NMC_DIRECTIONS];
	double level_pj[OPJ_NMC_LEVELS][OPJ_NMC_DIRECTIONS];
	double mac_pj, base_memory_pj, extra_memory_pj, extra_compute_pj;
	double total_pj;
};
void opj_nmc_price(const struct opj_nmc *nmc, const struct opj_nmc_fragment *fragment, struct opj_nmc_price *price);

int opj_nmc_report(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err);

/* Names in reports. */
extern const char *const opj_nmc_phase_names[];
extern const char *const opj_nmc_core_names[];
extern const char *const opj_nmc_process_names[];
extern const char *const opj_nmc_kind_names[];
extern const char *const opj_nmc_primitive_names[];

/* Where the fragment was recognised, as the reference words it. */
const char *opj_nmc_source_name(const struct opj_nmc_fragment *fragment);

/* Fills mapping_summary: the kept fragments as a list of objects, those for which drop[id] is set left out. */
void opj_nmc_mapping(const struct opj_nmc *nmc, const bool *drop, struct opj_report *report);

#endif
