/* record/operand.h: the facts of an op's tensors, and its spike statistics, on their way into an event. */
#ifndef OPJ_RECORD_OPERAND_H
#define OPJ_RECORD_OPERAND_H

#include "context.h"

/* Looks at the tensors behind the first `leaf_count` entries of thread->leaves: takes what the caller knows, else what
 * is remembered, else scans. Fills thread->stats. False when a caller's stats make no sense. Outside of the mutex. */
bool opj_operands_look(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
		       uint32_t leaf_count);

/* Under the mutex, right before the event is written: storages, addresses and facts, as far as the reader does not
 * know them. */
void opj_operands_place(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_tensor *tensors,
			uint32_t leaf_count, struct opj_event_op *event);

/* The words of a call's tensors that are keyword arguments, which opj_operands_look has looked at. False: out of
 * memory, or too many of them. */
bool opj_operands_keyword(struct opj_thread *thread, const struct opj_tensor *tensors, const struct opj_walk *walk,
			  struct opj_event_op *event);

/* Computes an op's spike statistics where it is a convolution or a matrix product with a binary operand whose values
 * are at hand. 1: done, the caller finishes `spike`; 0: does not apply; -1: failed. After opj_operands_look. */
int opj_operands_spike(const struct opj_thread *thread, const struct opj_op_record *op, struct opj_spike_stats *spike);

#endif
