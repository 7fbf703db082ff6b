/* record/key.h: what repeats of an op, a call or an optimizer step, as bytes to look it up by.
 *
 * One walk checks the argument trees, writes the key, and lists the tensor leaves in the order in which events name
 * them. Equal keys mean equal texts of definitions. Everything a caller can get wrong is found here, except a dtype
 * without a name, which the text of the definition finds. */
#ifndef OPJ_RECORD_KEY_H
#define OPJ_RECORD_KEY_H

#include "record/base/buffer.h"
#include "record/base/schema.h"
#include <opjoule/recorder.h>

struct opj_walk {
	struct opj_buffer *key; /* gets the key, behind what it holds */
	const struct opj_tensor *tensors;
	uint32_t tensor_count;
	uint32_t leaf_count;
	uint32_t positional; /* of a call: leaves that are not in its keyword arguments, which come last */
	uint32_t results;    /* of an op: leaves that are not its results, which come last */
	uint32_t *leaves;    /* [OPJ_OP_TENSORS_MAX] index into tensors of each leaf; NULL where there can be none */
};

/* False: the record cannot be recorded as it is, or out of memory. */
bool opj_key_op(struct opj_walk *walk, const struct opj_op_record *op);
bool opj_key_call(struct opj_walk *walk, const struct opj_call_record *call);
bool opj_key_optimizer(struct opj_walk *walk, const struct opj_optimizer_record *step);

/* Keyed values, such as the attributes of a module. */
bool opj_key_values(struct opj_walk *walk, const struct opj_value *values, uint32_t count, bool keyed);

/* Whether strides say more than the shape does: no C order, dimensions of one element aside. */
bool opj_strides_matter(const DLTensor *data);
/* Whether it is another device than the CPU. */
bool opj_device_matters(const DLTensor *data);

/* Rank and sizes that can be recorded: a reader refuses a trace with a tensor of more than 2^63 bytes. */
bool opj_shape_valid(int ndim, const int64_t *shape);

#endif
