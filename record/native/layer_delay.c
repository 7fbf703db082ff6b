/* record/native/layer_delay.c: Delay, y(t) = x(t - delay), with a delay of its own for each element, rounded to whole
 * steps. A ring [steps, batch, …] keeps the past; row p of a table [steps, 1, batch, …] says, for the step whose input
 * went into slot p, in which slot each element's past lies. Before the first input everything is 0. */
#include "layer.h"
#include <math.h>
#include <stdlib.h>

struct delay {
	struct opj_layer base;
	int64_t steps; /* of the ring: the longest delay and one */
	int64_t phase; /* slot that the next input goes into */
	struct opj_nd *table;
};

/* Whole steps of one delay; -1: it is negative or beyond reason. */
static int64_t to_steps(double seconds, double dt)
{
	double steps = round(seconds / dt);
	return steps >= 0 && steps < INT32_MAX ? (int64_t)steps : -1;
}

static int fill_table(struct delay *d, const int64_t *steps, int64_t count, const struct opj_simulation *sim,
		      struct opj_error *err)
{
	struct opj_layer *layer = &d->base;
	int64_t shape[OPJ_DIMS_MAX + 1] = {d->steps, 1, sim->batch};
	memcpy(shape + 3, layer->in.size, (size_t)layer->in.count * sizeof *shape);
	int ndim = 3 + layer->in.count;
	if (ndim > OPJ_DIMS_MAX || opj_shape_count(ndim, shape) < 0)
		return opj_fail(err, "delay: %lld steps of this input are too much to keep", (long long)d->steps);
	d->table = opj_nd_create(sim->pool, OPJ_INT64, ndim, shape);
	if (!d->table)
		return opj_fail(err, "delay: out of memory");
	d->table->role = OPJ_ROLE_BUFFER;
	int64_t *slot = (int64_t *)d->table->data;
	for (int64_t p = 0; p < d->steps; p++) {
		for (int64_t i = 0; i < sim->batch * count; i++)
			*slot++ = (p - steps[i % count] + d->steps) % d->steps;
	}
	return 0;
}

static int create_delay(struct opj_layer *layer, const struct opj_nir_node *node, const struct opj_simulation *sim,
			struct opj_error *err)
{
	struct delay *d = (struct delay *)layer;
	struct opj_rhs delay = {0};
	if (opj_layer_numbers(layer, node, "delay", NULL, sim, &delay, err) != 0)
		return -1;
	int64_t count = opj_shape_count(layer->in.count, layer->in.size), result = -1;
	int64_t *steps = malloc(((size_t)count + 1) * sizeof *steps);
	if (!steps) {
		opj_fail(err, "delay: out of memory");
		goto out;
	}
	d->steps = 1;
	for (int64_t i = 0; i < count; i++) {
		double seconds = delay.nd ? opj_nd_floats(delay.nd)[i] : delay.number;
		steps[i] = to_steps(seconds, sim->dt);
		if (steps[i] < 0) {
			opj_fail(err, "delay: %g s is not a delay in steps of %g s", seconds, sim->dt);
			goto out;
		}
		if (steps[i] >= d->steps)
			d->steps = steps[i] + 1;
	}
	result = fill_table(d, steps, count, sim, err);
out:
	free(steps);
	opj_nd_unref(delay.nd);
	return (int)result;
}

/* The ring, made at the first step; a new reference. */
static struct opj_nd *ring_of(struct opj_exec *x, struct delay *d, struct opj_nd *in)
{
	if (!d->base.state[0]) {
		int64_t shape[OPJ_DIMS_MAX] = {d->steps};
		memcpy(shape + 1, in->shape, (size_t)in->ndim * sizeof *shape);
		opj_layer_set_state(&d->base, 0, opj_aten_new_zeros(x, in, in->ndim + 1, shape));
	}
	return d->base.state[0] ? opj_nd_ref(d->base.state[0]) : NULL;
}

static struct opj_nd *step_delay(struct opj_exec *x, struct opj_layer *layer, struct opj_nd *in)
{
	struct delay *d = (struct delay *)layer;
	struct opj_nd *ring = ring_of(x, d, in);
	struct opj_nd *slot = opj_aten_select(x, ring, d->phase);
	struct opj_nd *written = opj_aten_copy(x, slot, in);
	opj_nd_unref(slot);
	if (ring)
		ring->stats.kind = OPJ_KIND_UNKNOWN; /* a part of it has changed */
	struct opj_nd *index = written ? opj_aten_select(x, d->table, d->phase) : NULL;
	opj_nd_unref(written);
	struct opj_nd *past = opj_aten_gather(x, ring, index);
	struct opj_nd *out = opj_aten_select(x, past, 0);
	opj_nd_unref(past);
	opj_nd_unref(index);
	opj_nd_unref(ring);
	d->phase = (d->phase + 1) % d->steps;
	return out;
}

static void destroy_delay(struct opj_layer *layer)
{
	opj_nd_unref(((struct delay *)layer)->table);
}

static const char *const bases[] = {"Delay", "Module", NULL};

const struct opj_layer_type opj_delay_type = {.nir = "Delay",
					      .bases = bases,
					      .size = sizeof(struct delay),
					      .create = create_delay,
					      .step = step_delay,
					      .destroy = destroy_delay};
