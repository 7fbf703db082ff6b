/* analyze/estimators/spikesim/spikesim.h: what the files of estimator `spikesim` share.
 *
 * spikesim.c decides which convolutions are in scope, stage.c counts their crossbar activity, cost.c holds the prices,
 * report.c writes it all out. docs/estimator-spikesim.md has the formulas. A "stage" is SpikeSim's word for a
 * convolution layer; it has nothing to do with the stages of a trace. */
#ifndef OPJ_ANALYZE_ESTIMATORS_SPIKESIM_SPIKESIM_H
#define OPJ_ANALYZE_ESTIMATORS_SPIKESIM_SPIKESIM_H

#include "record/base/vector.h"
#include <opjoule/estimator.h>

/* Energies in pJ. */
struct spikesim_cost {
	int64_t xbar_size; /* rows, and columns, of a crossbar */
	bool event;        /* price active patches and rows; false: every PE cycle in full */
	double tile_buffer, temp_buffer, subtractor, adc, htree, mux, mem_fetch, neuron;
	double xbar; /* of the chosen device */
};

/* Fails on a size that is no whole number from 1 to SPIKESIM_XBAR_MAX and on negative energies. */
#define SPIKESIM_XBAR_MAX 1048576
int spikesim_cost_init(struct spikesim_cost *cost, const struct opj_config *config, struct opj_error *err);
/* Control of one patch: H-tree, fetch, buffers, subtractors, converters, multiplexers. */
double spikesim_patch_control_pj(const struct spikesim_cost *cost);
/* A whole PE cycle for a kernel of kh x kw. */
double spikesim_pe_cycle_pj(const struct spikesim_cost *cost, int64_t kh, int64_t kw);
/* One active row of a tile that holds `channels` input channels: the smaller the tile, the more of the crossbar idles.
 */
double spikesim_row_pj(const struct spikesim_cost *cost, int64_t channels);

/* What one convolution did to crossbars, dense and as the spikes had it. */
struct spikesim_activity {
	int64_t patch_tiles;       /* (site, tile of input channels) pairs */
	int64_t rows;              /* row activations: over all tiles */
	int64_t output_tile_sites; /* (site, tile of output channels) pairs */
	int64_t *rows_by_tile;     /* [in_tiles] of the tiling it belongs to */
};

/* Everything counted for one layer under one geometry of weights; a layer normally has one. */
struct spikesim_tiling {
	int64_t in_channels, out_channels, kernel[2];
	int64_t in_tiles, out_tiles;
	int64_t *channels_by_tile; /* [in_tiles] xbar_size, in the last what is left */
	int64_t pe_cycles;
	struct spikesim_activity dense, active;
	struct spikesim_tiling *next;
};

#define SPIKESIM_DIMS 4

struct spikesim_stage {
	const char *scope;                 /* owned by the trace */
	const struct opj_context *context; /* of the first call */
	int64_t stride[2], padding[2], dilation[2];
	int64_t input_shape[SPIKESIM_DIMS], output_shape[SPIKESIM_DIMS];
	int64_t calls, event_calls, dense_calls, unknown_calls; /* unknown: dense because nobody looked at the values */
	bool shape_mismatch;
	struct spikesim_tiling *tilings; /* the first call's comes first */
};

/* One convolution in scope. */
struct spikesim_conv {
	const struct opj_operand *x, *w, *out; /* 4 dimensions each */
	int64_t stride[2], padding[2], dilation[2];
	const struct opj_spike_stats *spike;
};

/* Adds a convolution to its stage. -1 with a message: no memory, sizes out of range, no statistics for this crossbar.
 */
int spikesim_stage_add(struct spikesim_stage *stage, const struct spikesim_cost *cost, const struct spikesim_conv *conv,
		       struct opj_error *err);
void spikesim_stage_finish(struct spikesim_stage *stage);

struct spikesim_energy {
	double pe_cycle;                    /* dense activity */
	double patch_control, xbar, neuron; /* event activity */
	double total;
};
void spikesim_price(const struct spikesim_cost *cost, const struct spikesim_stage *stage,
		    struct spikesim_energy *energy);

/* Why a convolution is not priced; one warning per reason and scope. */
enum spikesim_refusal {
	SPIKESIM_TRANSPOSED,
	SPIKESIM_NOT_CONV2D,    /* not inside exactly one Conv2d layer */
	SPIKESIM_NOT_INFERENCE, /* the layer trains, or autograd is on */
	SPIKESIM_GROUPED,
	SPIKESIM_RANK,
	SPIKESIM_REFUSALS,
	SPIKESIM_ACCEPTED = SPIKESIM_REFUSALS,
};

struct spikesim_refused {
	const char *scope;
	enum spikesim_refusal why;
	int64_t calls;
};

/* What a context means to this estimator; worked out once. */
struct spikesim_context {
	const struct opj_context *context; /* NULL: no op came from it */
	const char *scope;                 /* the innermost */
	enum spikesim_refusal refusal;     /* SPIKESIM_ACCEPTED, NOT_CONV2D or NOT_INFERENCE */
	uint32_t stage;                    /* index + 1 in stages, 0: none yet */
};

struct spikesim {
	struct spikesim_cost cost;
	bool check_neurons;
	struct opj_vector contexts;  /* struct spikesim_context by context id */
	struct opj_vector stages;    /* struct spikesim_stage in order of first call */
	struct opj_vector refused;   /* struct spikesim_refused in order of first call */
	struct opj_vector neurons;   /* const struct opj_trace_module * by module id: neurons other than IF and LIF */
	struct opj_vector operators; /* opj_operator_of */
	uint64_t ops, products;      /* all ops; matrix products, which this model does not price */
	const struct opj_trace_module *training; /* a module that was in training mode, or NULL */
};

int spikesim_report(void *data, const struct opj_slice *slice, struct opj_report *report, struct opj_error *err);

#endif
