/* record/native/aten.c: hands what ran to the recorder. A tensor is scanned once, right after the operator that made
 * it, while it is in cache; from then on its facts travel with it, so inputs are never looked at again. */
#include "aten.h"
#include "layer.h"
#include <time.h>

enum { TENSORS_MAX = 4 };

uint64_t opj_op_start(void)
{
	if (!opj_recorder_enabled())
		return 0;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t storage_of(struct opj_exec *x, struct opj_block *block)
{
	if (block->storage == 0)
		block->storage = opj_storage_create(x->rec);
	return block->storage;
}

static void describe(struct opj_exec *x, struct opj_nd *nd, bool result, DLTensor *dl, struct opj_tensor *tensor)
{
	*dl = (DLTensor){.data = nd->data,
			 .device = {kDLCPU, 0},
			 .ndim = nd->ndim,
			 .dtype = nd->dtype,
			 .shape = nd->shape,
			 .strides = nd->stride};
	if (nd->stats.kind == OPJ_KIND_UNKNOWN)
		opj_tensor_scan(dl, &nd->stats, NULL); /* on failure the recorder looks for itself, and counts it */
	*tensor =
	    (struct opj_tensor){.data = dl,
				.storage = storage_of(x, nd->block),
				.version = OPJ_VERSION_UNKNOWN,
				.address = (uintptr_t)nd->block->data,
				.extent = nd->block->bytes,
				.offset = (uint64_t)(nd->data - (char *)nd->block->data) / opj_dtype_size(nd->dtype),
				.role = nd->role,
				.requires_grad = nd->requires_grad && !result,
				.name = nd->name,
				.stats = nd->stats.kind == OPJ_KIND_UNKNOWN ? NULL : &nd->stats};
}

void opj_op_end(struct opj_exec *x, uint64_t start, const char *name, uint32_t in_count, const struct opj_value *in,
		uint32_t kw_count, const struct opj_value *kw, uint32_t nd_count, struct opj_nd *const *nds)
{
	if (start == 0)
		return;
	uint64_t end = opj_op_start();
	DLTensor dl[TENSORS_MAX];
	struct opj_tensor tensors[TENSORS_MAX];
	uint64_t states[OPJ_STATES_MAX];
	uint32_t state_count = 0;
	for (uint32_t i = 0; i < nd_count; i++)
		describe(x, nds[i], i + 1 == nd_count, &dl[i], &tensors[i]);
	for (; x->active && state_count < OPJ_STATES_MAX && x->active->state[state_count]; state_count++)
		states[state_count] = storage_of(x, x->active->state[state_count]->block);
	opj_record_op(x->rec, &(struct opj_op_record){.name = name,
						      .in = in,
						      .in_count = in_count,
						      .kw = kw,
						      .kw_count = kw_count,
						      .out = OPJ_TENSOR(nd_count - 1),
						      .tensors = tensors,
						      .tensor_count = nd_count,
						      .states = states,
						      .state_count = state_count,
						      .duration_ns = end > start ? end - start : 0});
}

/* What a neuron carries to the next step, into states[OPJ_STATES_MAX]; their number. */
static uint32_t describe_states(const struct opj_layer *layer, struct opj_state *states)
{
	static const char *const names[OPJ_STATES_MAX] = {"v", "i"};
	uint32_t count = 0;
	while (layer && layer->type->neuron && count < OPJ_STATES_MAX && layer->state[count]) {
		const struct opj_nd *nd = layer->state[count];
		states[count] = (struct opj_state){names[count], nd->ndim, nd->shape, nd->dtype};
		count++;
	}
	return count;
}

void opj_call_end(struct opj_exec *x, uint32_t module, const struct opj_layer *layer, struct opj_nd *in,
		  struct opj_nd *out)
{
	if (!opj_recorder_enabled())
		return;
	struct opj_state states[OPJ_STATES_MAX];
	uint32_t state_count = describe_states(layer, states);
	DLTensor dl[2];
	struct opj_tensor tensors[2];
	describe(x, in, false, &dl[0], &tensors[0]);
	describe(x, out, true, &dl[1], &tensors[1]);
	struct opj_value values[2] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	opj_record_call(x->rec, &(struct opj_call_record){.module = module,
							  .direction = OPJ_FORWARD,
							  .in = &values[0],
							  .in_count = 1,
							  .out = &values[1],
							  .out_count = 1,
							  .tensors = tensors,
							  .tensor_count = 2,
							  .states = states,
							  .state_count = state_count,
							  .grad = OPJ_NO});
}
