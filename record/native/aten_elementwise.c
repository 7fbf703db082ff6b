/* record/native/aten_elementwise.c: operators that work element by element. The loops are plain, over contiguous
 * memory that does not alias, which is all a compiler needs to vectorise them. Facts that follow from the operands'
 * facts (a copy, a difference from one of spikes) are set here instead of being scanned for. */
#include "aten.h"

#define BINARY_LOOPS(name, op)                                                                                         \
	static void name(size_t n, float *restrict out, const float *restrict a, const float *restrict b)              \
	{                                                                                                              \
		for (size_t i = 0; i < n; i++)                                                                         \
			out[i] = a[i] op b[i];                                                                         \
	}                                                                                                              \
	static void name##_number(size_t n, float *restrict out, const float *restrict a, float b)                     \
	{                                                                                                              \
		for (size_t i = 0; i < n; i++)                                                                         \
			out[i] = a[i] op b;                                                                            \
	}

BINARY_LOOPS(add, +)
BINARY_LOOPS(sub, -)
BINARY_LOOPS(mul, *)
BINARY_LOOPS(divide, /)

static const struct {
	const char *name;
	void (*loop)(size_t n, float *restrict out, const float *restrict a, const float *restrict b);
	void (*number)(size_t n, float *restrict out, const float *restrict a, float b);
} binaries[] = {
    [OPJ_ADD] = {"aten.add.Tensor", add, add_number},
    [OPJ_SUB] = {"aten.sub.Tensor", sub, sub_number},
    [OPJ_MUL] = {"aten.mul.Tensor", mul, mul_number},
    [OPJ_DIV] = {"aten.div.Tensor", divide, divide_number},
};

static const struct opj_stats no_nonzero = {.kind = OPJ_KIND_BINARY};

static struct opj_nd *same_shape(struct opj_exec *x, const struct opj_nd *a, DLDataType dtype)
{
	return opj_nd_create(&x->pool, dtype, a->ndim, a->shape);
}

static bool all_zero(const struct opj_nd *nd)
{
	return nd->stats.kind == OPJ_KIND_BINARY && nd->stats.nnz == 0;
}

/* Adding nothing, or taking nothing away, leaves the facts as they are. */
static void carry_facts(enum opj_binary op, const struct opj_nd *a, const struct opj_nd *b, struct opj_nd *out)
{
	if ((op == OPJ_ADD || op == OPJ_SUB) && all_zero(b))
		out->stats = a->stats;
	else if (op == OPJ_ADD && all_zero(a) && b->count == a->count)
		out->stats = b->stats;
}

struct opj_nd *opj_aten_binary_nd(struct opj_exec *x, enum opj_binary op, struct opj_nd *a, struct opj_nd *b)
{
	if (!a || !b)
		return NULL;
	uint64_t start = opj_op_start();
	struct opj_nd *out = same_shape(x, a, OPJ_FLOAT32);
	if (!out)
		return NULL;
	for (size_t at = 0; at < a->count; at += b->count)
		binaries[op].loop(b->count, opj_nd_floats(out) + at, opj_nd_floats(a) + at, opj_nd_floats(b));
	carry_facts(op, a, b, out);
	opj_op_end(x, start, binaries[op].name, 2, (struct opj_value[]){OPJ_TENSOR(0), OPJ_TENSOR(1)}, 0, NULL, 3,
		   (struct opj_nd *[]){a, b, out});
	return out;
}

struct opj_nd *opj_aten_binary(struct opj_exec *x, enum opj_binary op, struct opj_nd *a, struct opj_rhs b)
{
	if (b.nd || !a)
		return opj_aten_binary_nd(x, op, a, b.nd);
	uint64_t start = opj_op_start();
	struct opj_nd *out = same_shape(x, a, OPJ_FLOAT32);
	if (!out)
		return NULL;
	binaries[op].number(a->count, opj_nd_floats(out), opj_nd_floats(a), (float)b.number);
	if (op == OPJ_MUL && b.number == 0 && a->stats.kind == OPJ_KIND_BINARY)
		out->stats = no_nonzero;
	opj_op_end(x, start, binaries[op].name, 2, (struct opj_value[]){OPJ_TENSOR(0), OPJ_FLOAT(b.number)}, 0, NULL, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

static void rsub(size_t n, float *restrict out, const float *restrict a, float number)
{
	for (size_t i = 0; i < n; i++)
		out[i] = number - a[i];
}

struct opj_nd *opj_aten_rsub(struct opj_exec *x, struct opj_nd *a, double number)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? same_shape(x, a, OPJ_FLOAT32) : NULL;
	if (!out)
		return NULL;
	rsub(a->count, opj_nd_floats(out), opj_nd_floats(a), (float)number);
	if (number == 1 && a->stats.kind == OPJ_KIND_BINARY)
		out->stats = (struct opj_stats){.nnz = a->count - a->stats.nnz, .kind = OPJ_KIND_BINARY};
	opj_op_end(x, start, "aten.rsub.Scalar", 2, (struct opj_value[]){OPJ_TENSOR(0), OPJ_FLOAT(number)}, 0, NULL, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

struct opj_nd *opj_aten_zeros_like(struct opj_exec *x, struct opj_nd *a)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? same_shape(x, a, OPJ_FLOAT32) : NULL;
	if (!out)
		return NULL;
	memset(out->data, 0, out->count * sizeof(float));
	out->stats = no_nonzero;
	struct opj_value kw = opj_keyed("pin_memory", OPJ_BOOL(false));
	opj_op_end(x, start, "aten.full_like.default", 2, (struct opj_value[]){OPJ_TENSOR(0), OPJ_FLOAT(0)}, 1, &kw, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

static uint64_t positive(size_t n, uint8_t *restrict out, const float *restrict a)
{
	uint64_t count = 0;
	while (n > 0) {
		size_t run = n < 65536 ? n : 65536; /* a 32-bit sum vectorises better */
		uint32_t sum = 0;
		for (size_t i = 0; i < run; i++) {
			out[i] = a[i] > 0;
			sum += out[i];
		}
		count += sum;
		n -= run;
		out += run;
		a += run;
	}
	return count;
}

struct opj_nd *opj_aten_positive(struct opj_exec *x, struct opj_nd *a, uint64_t *count)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? same_shape(x, a, OPJ_BOOL8) : NULL;
	if (!out)
		return NULL;
	uint64_t nnz = positive(a->count, (uint8_t *)out->data, opj_nd_floats(a));
	*count += nnz;
	out->stats = (struct opj_stats){.nnz = nnz, .kind = OPJ_KIND_BINARY};
	bool no_zero = a->stats.kind != OPJ_KIND_UNKNOWN && a->stats.nnz == a->count;
	opj_op_end(x, start, no_zero ? "aten.ge.Scalar" : "aten.gt.Scalar", 2,
		   (struct opj_value[]){OPJ_TENSOR(0), OPJ_INT(0)}, 0, NULL, 2, (struct opj_nd *[]){a, out});
	return out;
}

static void to_float(size_t n, float *restrict out, const uint8_t *restrict a)
{
	for (size_t i = 0; i < n; i++)
		out[i] = a[i];
}

struct opj_nd *opj_aten_to_float(struct opj_exec *x, struct opj_nd *a)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? same_shape(x, a, OPJ_FLOAT32) : NULL;
	if (!out)
		return NULL;
	to_float(a->count, opj_nd_floats(out), (const uint8_t *)a->data);
	out->stats = a->stats;
	struct opj_value kw[] = {opj_keyed("dtype", OPJ_STRING("torch.float32")),
				 opj_keyed("device", OPJ_STRING("cpu"))};
	opj_op_end(x, start, "aten._to_copy.default", 1, (struct opj_value[]){OPJ_TENSOR(0)}, 2, kw, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}
