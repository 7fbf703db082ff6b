/* record/native/layer.h: a node of a NIR network, ready to run.
 *
 * One descriptor per node type (layers.c lists them all), one file per family. A layer is made from the node's fields
 * and the shape that flows in, both checked; then it is stepped once per time step. */
#ifndef OPJ_RECORD_NATIVE_LAYER_H
#define OPJ_RECORD_NATIVE_LAYER_H

#include "aten.h"
#include "nir.h"

enum { OPJ_STATES_MAX = 2, OPJ_LAYER_PARAMETERS_MAX = 2, OPJ_LAYER_ATTRS_MAX = 24, OPJ_LAYER_BUFFERS_MAX = 8 };

/* How the network is to be run. */
struct opj_simulation {
	double dt;           /* seconds per step */
	bool subtract_reset; /* a neuron that fires loses its threshold instead of being set to v_reset */
	int64_t batch;
	struct opj_pool *pool; /* parameters are made in */
};

struct opj_layer_type {
	const char *nir;          /* "Conv2d" */
	const char *const *bases; /* class and base classes, NULL-terminated; NULL: the node is no module of its own */
	bool neuron;              /* holds state */
	bool spiking;
	size_t size; /* of the struct that begins with a struct opj_layer */
	/* Reads the fields, checks them against layer->in, sets layer->out. A message names the field; file and node
	 * are added by the caller. What was made before a failure is left to opj_layer_destroy. */
	int (*create)(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
		      struct opj_error *err);
	/* One time step: a new reference to the output, or NULL out of memory. in [batch, …]. */
	struct opj_nd *(*step)(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in);
	void (*destroy)(struct opj_layer *layer); /* what only this type holds; or NULL */
};

/* A shape without the batch. */
struct opj_dims {
	int count;
	int64_t size[OPJ_DIMS_MAX - 2]; /* room for time and batch in front */
};

struct opj_layer {
	const struct opj_layer_type *type;
	char *name; /* "c1", "block.c1" */
	struct opj_dims in, out;
	uint32_t module; /* the recorder's id, where the type is a module */
	struct opj_value attrs[OPJ_LAYER_ATTRS_MAX];
	uint32_t attr_count;
	struct opj_nd *parameters[OPJ_LAYER_PARAMETERS_MAX]; /* named "c1.weight" */
	struct {
		const char *name; /* "tau" */
		struct opj_nd *nd;
	} buffers[OPJ_LAYER_BUFFERS_MAX]; /* borrowed from the type's own struct */
	uint32_t buffer_count;
	struct opj_nd *state[OPJ_STATES_MAX]; /* from step to step; NULL before the first */
	uint64_t spikes;                      /* so far */
};

/* NULL: there is no such node type. */
const struct opj_layer_type *opj_layer_type_find(const char *nir);

/* NULL on failure. The message names file, node and field. */
struct opj_layer *opj_layer_create(const struct opj_nir_node *node, const struct opj_dims *in,
				   const struct opj_simulation *sim, struct opj_error *err);
void opj_layer_destroy(struct opj_layer *layer); /* takes NULL */

/* Whether two shapes are the same. */
bool opj_dims_equal(const struct opj_dims *a, const struct opj_dims *b);

/* For the families ------------------------------------------------------------------------------------------------- */

/* Reads a field of exactly `ndim` dimensions as parameter number `index` of the layer ("weight" of "c1" becomes
 * "c1.weight", trained). */
struct opj_nd *opj_layer_parameter(struct opj_layer *layer, const struct opj_nir_node *node, const char *field,
				   int ndim, int index, const struct opj_simulation *sim, struct opj_error *err);

/* One more of what the module says of itself. The key is not copied. */
void opj_layer_say(struct opj_layer *layer, const char *key, struct opj_value value);

/* Reads a field that gives a number per element of the layer's input, or one number for all. Where all are the same the
 * result is that number, else a buffer [in…]; convert, if not NULL, is applied to each number first. The module says
 * the number as it stands in the file, or of many the least, the mean and the greatest, as tau_min, tau_mean, tau_max.
 */
int opj_layer_numbers(struct opj_layer *layer, const struct opj_nir_node *node, const char *field,
		      double (*convert)(double value, const struct opj_simulation *sim),
		      const struct opj_simulation *sim, struct opj_rhs *out, struct opj_error *err);

/* Replaces state `index`, consuming the reference. */
void opj_layer_set_state(struct opj_layer *layer, int index, struct opj_nd *state);

extern const struct opj_layer_type opj_affine_type, opj_linear_type, opj_scale_type, opj_conv1d_type, opj_conv2d_type,
    opj_sum_pool2d_type, opj_avg_pool2d_type, opj_flatten_type, opj_input_type, opj_output_type, opj_threshold_type,
    opj_delay_type, opj_i_type, opj_if_type, opj_li_type, opj_lif_type, opj_cuba_li_type, opj_cuba_lif_type;

#endif
