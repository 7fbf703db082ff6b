/* opjoule/value.h: the arguments of an op as a tree.
 *
 * Positional arguments, keyword arguments and results of an op are trees whose leaves are scalars, strings, "none" and
 * tensors. A tensor leaf is an index into the tensor array of the op that the tree belongs to, so the tree itself
 * holds nothing that changes from call to call: recorder and trace intern it.
 *
 * The same struct is used by executors that record (they build trees, usually on the stack, with the OPJ_* macros)
 * and by analysis (it reads trees that the replayed trace owns). */
#ifndef OPJOULE_VALUE_H
#define OPJOULE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opj_value_type {
	OPJ_VALUE_NONE = 0, /* an optional argument that was not given; null in an op log */
	OPJ_VALUE_BOOL,
	OPJ_VALUE_INT,
	OPJ_VALUE_FLOAT,
	OPJ_VALUE_STRING, /* dtypes, layouts, devices and whatever else has no better form */
	OPJ_VALUE_TENSOR, /* u.tensor indexes the op's tensors */
	OPJ_VALUE_LIST,   /* u.items[0..count) */
	OPJ_VALUE_INTS,   /* u.ints[0..count): a list of integers without a node for each; reads as a list */
};

struct opj_value {
	enum opj_value_type type;
	uint32_t count;  /* items of a LIST or INTS, else 0 */
	const char *key; /* name of a keyword argument or attribute, else NULL */
	union {
		bool boolean;
		int64_t integer;
		double number;
		const char *string;
		uint32_t tensor;
		const struct opj_value *items;
		const int64_t *ints;
	} u;
};

#define OPJ_NONE() ((struct opj_value){.type = OPJ_VALUE_NONE})
#define OPJ_BOOL(b) ((struct opj_value){.type = OPJ_VALUE_BOOL, .u.boolean = (b)})
#define OPJ_INT(i) ((struct opj_value){.type = OPJ_VALUE_INT, .u.integer = (i)})
#define OPJ_FLOAT(f) ((struct opj_value){.type = OPJ_VALUE_FLOAT, .u.number = (f)})
#define OPJ_STRING(s) ((struct opj_value){.type = OPJ_VALUE_STRING, .u.string = (s)})
#define OPJ_TENSOR(index) ((struct opj_value){.type = OPJ_VALUE_TENSOR, .u.tensor = (index)})
#define OPJ_LIST(n, values) ((struct opj_value){.type = OPJ_VALUE_LIST, .count = (n), .u.items = (values)})
#define OPJ_INTS(n, array) ((struct opj_value){.type = OPJ_VALUE_INTS, .count = (n), .u.ints = (array)})

/* The same value under a name: opj_keyed("alpha", OPJ_FLOAT(1)). */
static inline struct opj_value opj_keyed(const char *key, struct opj_value value)
{
	value.key = key;
	return value;
}

#endif
