/* opjoule/tensor.h: the vocabulary for tensors that recorder, trace and analysis share.
 *
 * A tensor is a view of a storage: a block of memory with an identity that is never reused. What later analysis needs
 * of the values is a few facts, struct opj_stats; the values themselves are never recorded. */
#ifndef OPJOULE_TENSOR_H
#define OPJOULE_TENSOR_H

#include <dlpack/dlpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* DLPack's codes for what the headers of Debian 12 (DLPack 0.6) do not name yet; and codes of our own, from the end of
 * the range, for quantized elements (an integer with a scale and a zero point beside the tensor) and for plain bits. */
#define OPJ_DL_BOOL 6U
#define OPJ_DL_FLOAT8_E3M4 7U
#define OPJ_DL_FLOAT8_E4M3 8U
#define OPJ_DL_FLOAT8_E4M3B11FNUZ 9U
#define OPJ_DL_FLOAT8_E4M3FN 10U
#define OPJ_DL_FLOAT8_E4M3FNUZ 11U
#define OPJ_DL_FLOAT8_E5M2 12U
#define OPJ_DL_FLOAT8_E5M2FNUZ 13U
#define OPJ_DL_FLOAT8_E8M0FNU 14U
#define OPJ_DL_FLOAT6_E2M3FN 15U
#define OPJ_DL_FLOAT6_E3M2FN 16U
#define OPJ_DL_FLOAT4_E2M1FN 17U
#define OPJ_DL_QINT 0xf0U
#define OPJ_DL_QUINT 0xf1U
#define OPJ_DL_BITS 0xf2U

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
	/* How wide the values are, of integral and dense ones (binary ones are 0 and 1, ternary ones -1, 0 and 1). */
	bool ranged;            /* the three below were looked at; else they mean nothing */
	bool negative;          /* some element is less than 0 */
	int8_t exponent;        /* the smallest e such that |x| < 2^e for every element; OPJ_EXPONENT_MIN: that or less;
				   OPJ_EXPONENT_MAX: that or more, infinities and NaN included */
	uint8_t trailing_zeros; /* low bits that are 0 in every element: of an integer's two's complement, of the
				   significand that a float stores; their number where all of them are */
};

#define OPJ_EXPONENT_MIN INT8_MIN
#define OPJ_EXPONENT_MAX INT8_MAX

/* An answer that nobody may have given. */
enum opj_answer { OPJ_UNKNOWN = 0, OPJ_NO = 1, OPJ_YES = 2 };

static inline enum opj_answer opj_answer(bool yes)
{
	return yes ? OPJ_YES : OPJ_NO;
}

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
    {"bool", {OPJ_DL_BOOL, 8, 1}},
    {"uint8", {kDLUInt, 8, 1}},
    {"uint16", {kDLUInt, 16, 1}},
    {"uint32", {kDLUInt, 32, 1}},
    {"uint64", {kDLUInt, 64, 1}},
    {"int8", {kDLInt, 8, 1}},
    {"int16", {kDLInt, 16, 1}},
    {"int32", {kDLInt, 32, 1}},
    {"int64", {kDLInt, 64, 1}},
    {"float16", {kDLFloat, 16, 1}},
    {"float32", {kDLFloat, 32, 1}},
    {"float64", {kDLFloat, 64, 1}},
    {"bfloat16", {kDLBfloat, 16, 1}},
    {"complex64", {kDLComplex, 64, 1}},
    {"complex128", {kDLComplex, 128, 1}},
    {"float8", {kDLFloat, 8, 1}}, /* one of those below; executors of before did not say which */
    {"float8_e3m4", {OPJ_DL_FLOAT8_E3M4, 8, 1}},
    {"float8_e4m3", {OPJ_DL_FLOAT8_E4M3, 8, 1}},
    {"float8_e4m3b11fnuz", {OPJ_DL_FLOAT8_E4M3B11FNUZ, 8, 1}},
    {"float8_e4m3fn", {OPJ_DL_FLOAT8_E4M3FN, 8, 1}},
    {"float8_e4m3fnuz", {OPJ_DL_FLOAT8_E4M3FNUZ, 8, 1}},
    {"float8_e5m2", {OPJ_DL_FLOAT8_E5M2, 8, 1}},
    {"float8_e5m2fnuz", {OPJ_DL_FLOAT8_E5M2FNUZ, 8, 1}},
    {"float8_e8m0fnu", {OPJ_DL_FLOAT8_E8M0FNU, 8, 1}},
    {"float6_e2m3fn", {OPJ_DL_FLOAT6_E2M3FN, 6, 1}},
    {"float6_e3m2fn", {OPJ_DL_FLOAT6_E3M2FN, 6, 1}},
    {"float4_e2m1fn", {OPJ_DL_FLOAT4_E2M1FN, 4, 1}},
    {"float4_e2m1fn_x2", {OPJ_DL_FLOAT4_E2M1FN, 4, 2}}, /* two to an element of one byte */
    {"int1", {kDLInt, 1, 1}},
    {"int2", {kDLInt, 2, 1}},
    {"int4", {kDLInt, 4, 1}},
    {"uint1", {kDLUInt, 1, 1}},
    {"uint2", {kDLUInt, 2, 1}},
    {"uint4", {kDLUInt, 4, 1}},
    {"qint8", {OPJ_DL_QINT, 8, 1}},
    {"qint32", {OPJ_DL_QINT, 32, 1}},
    {"quint8", {OPJ_DL_QUINT, 8, 1}},
    {"quint4x2", {OPJ_DL_QUINT, 4, 1}},
    {"quint2x4", {OPJ_DL_QUINT, 2, 1}},
    {"bits1x8", {OPJ_DL_BITS, 1, 8}},
    {"bits2x4", {OPJ_DL_BITS, 2, 4}},
    {"bits4x2", {OPJ_DL_BITS, 4, 2}},
    {"bits8", {OPJ_DL_BITS, 8, 1}},
    {"bits16", {OPJ_DL_BITS, 16, 1}},
    {"complex32", {kDLComplex, 32, 1}},
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

/* Bytes of one element; of one by itself where several share a byte. */
static inline size_t opj_dtype_size(DLDataType type)
{
	return ((size_t)type.bits * type.lanes + 7) / 8;
}

/* Bytes of `count` elements, those of less than a byte packed; false when that is 2^63 or more. */
static inline bool opj_dtype_bytes(DLDataType type, uint64_t count, uint64_t *bytes)
{
	uint64_t bits = (uint64_t)type.bits * type.lanes, rest = count % 8;
	/* Eight elements have as many bytes as one has bits. */
	if (__builtin_mul_overflow(count / 8, bits, bytes) ||
	    __builtin_add_overflow(*bytes, (rest * bits + 7) / 8, bytes))
		return false;
	return *bytes <= INT64_MAX;
}

/* Names of devices as PyTorch spells them; the others are DLPack's, in small letters. */
static const struct {
	const char *name;
	int type; /* DLDeviceType */
} opj_devices[] = {
    {"cpu", 1},      {"cuda", 2},    {"cuda_host", 3}, {"opencl", 4},     {"vulkan", 7},
    {"metal", 8},    {"vpi", 9},     {"rocm", 10},     {"rocm_host", 11}, {"ext", 12},
    {"managed", 13}, {"oneapi", 14}, {"webgpu", 15},   {"hexagon", 16},   {"maia", 17},
};

/* Writes "cuda:0", or "cpu" for {kDLCPU, 0}; a type without a name as "device99:0". */
static inline void opj_device_text(DLDevice device, char *text, size_t size)
{
	const char *name = NULL;
	for (size_t i = 0; i < sizeof opj_devices / sizeof *opj_devices; i++) {
		if (opj_devices[i].type == (int)device.device_type)
			name = opj_devices[i].name;
	}
	if (!name)
		snprintf(text, size, "device%d:%d", (int)device.device_type, (int)device.device_id);
	else if (device.device_type == kDLCPU && device.device_id == 0)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%s:%d", name, (int)device.device_id);
}

/* The inverse; false when the text is none that it writes. A number may be left out: then 0. */
static inline bool opj_device_parse(const char *text, DLDevice *device)
{
	size_t length = strcspn(text, ":");
	int type = 0, id = 0, used = 0;
	for (size_t i = 0; i < sizeof opj_devices / sizeof *opj_devices; i++) {
		if (strlen(opj_devices[i].name) == length && strncmp(opj_devices[i].name, text, length) == 0)
			type = opj_devices[i].type;
	}
	if (type == 0 && (sscanf(text, "device%d%n", &type, &used) != 1 || (size_t)used != length))
		return false;
	if (text[length] && (sscanf(text + length, ":%d%n", &id, &used) != 1 || text[length + (size_t)used] || id < 0))
		return false;
	device->device_type = (DLDeviceType)type;
	device->device_id = id;
	return type > 0;
}

#endif
