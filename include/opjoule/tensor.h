/* opjoule/tensor.h: the vocabulary for tensors that recorder, trace and analysis share.
 *
 * A tensor is a view of a storage: a block of memory with an identity that is never reused. What later analysis needs
 * of the values is four facts, struct opj_stats; the values themselves are never recorded. */
#ifndef OPJOULE_TENSOR_H
#define OPJOULE_TENSOR_H

#include <dlpack/dlpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* DLPack's code for booleans, which the headers of Debian 12 (DLPack 0.6) do not name yet. */
#define OPJ_DL_BOOL 6U

/* What the values of a tensor are, from the most to the least special. A tensor without elements is binary. */
enum opj_kind {
	OPJ_KIND_UNKNOWN = 0,  /* nobody looked */
	OPJ_KIND_BINARY = 1,   /* every element is 0 or 1: spikes */
	OPJ_KIND_TERNARY = 2,  /* every element is -1, 0 or 1, and some are -1 */
	OPJ_KIND_INTEGRAL = 3, /* every element is a whole number, and some are outside -1..1 */
	OPJ_KIND_DENSE = 4,    /* anything else; NaN and infinities are dense */
};

/* What a tensor is for. NONE stands for activations and for tensors of which nobody said. */
enum opj_role {
	OPJ_ROLE_NONE = 0,
	OPJ_ROLE_INPUT = 1,     /* handed to the model by its user */
	OPJ_ROLE_PARAMETER = 2, /* trained */
	OPJ_ROLE_BUFFER = 3,    /* belongs to a module, not trained: running statistics */
	OPJ_ROLE_STATE = 4,     /* carried by a neuron from step to step: membrane potential, current */
	OPJ_ROLE_GRADIENT = 5,
};

struct opj_stats {
	uint64_t nnz;       /* elements that are not zero; NaN counts as not zero */
	double magnitude;   /* sum of absolute values where kind is ternary or integral, else 0 */
	enum opj_kind kind; /* when OPJ_KIND_UNKNOWN, nnz and magnitude mean nothing */
};

/* Name of a role as it stands in op logs ("input", "parameter", …), NULL for OPJ_ROLE_NONE. */
static inline const char *opj_role_name(enum opj_role role)
{
	static const char *const names[] = {NULL, "input", "parameter", "buffer", "state", "gradient"};
	return (unsigned)role < sizeof names / sizeof *names ? names[role] : NULL;
}

static inline const char *opj_kind_name(enum opj_kind kind)
{
	static const char *const names[] = {"unknown", "binary", "ternary", "integral", "dense"};
	return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

struct opj_dtype_entry {
	const char *name; /* as PyTorch and NumPy spell it */
	DLDataType type;
};

/* Every element type that a trace can name. */
static const struct opj_dtype_entry opj_dtypes[] = {
    {"bool", {OPJ_DL_BOOL, 8, 1}},    {"uint8", {kDLUInt, 8, 1}},         {"uint16", {kDLUInt, 16, 1}},
    {"uint32", {kDLUInt, 32, 1}},     {"uint64", {kDLUInt, 64, 1}},       {"int8", {kDLInt, 8, 1}},
    {"int16", {kDLInt, 16, 1}},       {"int32", {kDLInt, 32, 1}},         {"int64", {kDLInt, 64, 1}},
    {"float16", {kDLFloat, 16, 1}},   {"float32", {kDLFloat, 32, 1}},     {"float64", {kDLFloat, 64, 1}},
    {"bfloat16", {kDLBfloat, 16, 1}}, {"complex64", {kDLComplex, 64, 1}}, {"complex128", {kDLComplex, 128, 1}},
    {"float8", {kDLFloat, 8, 1}},
};
enum { OPJ_DTYPE_COUNT = sizeof opj_dtypes / sizeof *opj_dtypes };

/* "float32" for {kDLFloat, 32, 1}; NULL for a type that is not in opj_dtypes. */
static inline const char *opj_dtype_name(DLDataType type)
{
	for (int i = 0; i < OPJ_DTYPE_COUNT; i++) {
		DLDataType known = opj_dtypes[i].type;
		if (known.code == type.code && known.bits == type.bits && known.lanes == type.lanes)
			return opj_dtypes[i].name;
	}
	return NULL;
}

/* The inverse; false when there is no such name. */
static inline bool opj_dtype_parse(const char *name, DLDataType *type)
{
	for (int i = 0; i < OPJ_DTYPE_COUNT; i++) {
		if (strcmp(opj_dtypes[i].name, name) == 0) {
			*type = opj_dtypes[i].type;
			return true;
		}
	}
	return false;
}

/* Bytes of one element. */
static inline size_t opj_dtype_size(DLDataType type)
{
	return ((size_t)type.bits * type.lanes + 7) / 8;
}

#endif
