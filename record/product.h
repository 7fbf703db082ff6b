/* record/product.h: what convolutions and matrix products owe to where their operands are zero. */
#ifndef OPJ_RECORD_PRODUCT_H
#define OPJ_RECORD_PRODUCT_H

#include "context.h"

/* Computes an op's statistics where it is a convolution or a matrix product and the values are at hand: those of spikes
 * where an operand is binary, products of two nonzeros where the weight (of a product: both operands) has zeros. 1:
 * done, the caller finishes `spike`; 0: does not apply; -1: failed. Fills thread->new_weight. After opj_operands_look.
 */
int opj_product_spike(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
		      struct opj_spike_stats *spike);

struct opj_weights;
void opj_weights_destroy(struct opj_weights *weights); /* takes NULL */

#endif
