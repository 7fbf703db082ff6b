/* record/operand.h: the facts of an op's tensors on their way into an event. */
#ifndef OPJ_RECORD_OPERAND_H
#define OPJ_RECORD_OPERAND_H

#include "context.h"

/* Elements of a tensor whose shape is valid: opj_shape_valid. */
static inline uint64_t opj_element_count(const DLTensor *data)
{
	uint64_t count = 1;
	for (int i = 0; i < data->ndim; i++)
		count *= (uint64_t)data->shape[i];
	return count;
}

/* Looks at the tensors behind the first `leaf_count` entries of thread->leaves: takes what the caller knows, else what
 * is remembered, else scans. Fills thread->stats; and thread->counted, of the leaves from `results` on that were
 * scanned. False when a caller's stats make no sense. Outside of the mutex. */
bool opj_operands_look(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
		       uint32_t leaf_count, uint32_t results);

/* Whether its values are at hand. */
static inline bool opj_is_readable(const DLTensor *data)
{
	return data->data && data->device.device_type == kDLCPU;
}

/* Under the mutex, right before the event is written: storages, addresses and facts, as far as the reader does not
 * know them. */
void opj_operands_place(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
			uint32_t leaf_count, struct opj_event_op *event);

/* The words of a call's tensors that are keyword arguments, which opj_operands_look has looked at. False: out of
 * memory, or too many of them. */
bool opj_operands_keyword(struct opj_thread *thread, const struct opj_tensor *tensors, const struct opj_walk *walk,
			  struct opj_event_op *event);

#endif
