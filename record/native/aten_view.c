/* record/native/aten_view.c: operators that move or rename elements and compute nothing. Views share their operand's
 * block, hence its storage id. */
#include "aten.h"

struct opj_nd *opj_aten_select(struct opj_exec *x, struct opj_nd *a, int64_t index)
{
	uint64_t start = opj_op_start();
	if (!a)
		return NULL;
	struct opj_nd *out = opj_nd_view(a, (size_t)(index * a->stride[0]), a->ndim - 1, a->shape + 1);
	if (!out)
		return NULL;
	opj_op_end(x, start, "aten.select.int", 3, (struct opj_value[]){OPJ_TENSOR(0), OPJ_INT(0), OPJ_INT(index)}, 0,
		   NULL, 2, (struct opj_nd *[]){a, out});
	return out;
}

struct opj_nd *opj_aten_view(struct opj_exec *x, struct opj_nd *a, int ndim, const int64_t *shape)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? opj_nd_view(a, 0, ndim, shape) : NULL;
	if (!out)
		return NULL;
	out->stats = a->stats;
	opj_op_end(x, start, "aten.view.default", 2,
		   (struct opj_value[]){OPJ_TENSOR(0), OPJ_INTS((uint32_t)ndim, shape)}, 0, NULL, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

struct opj_nd *opj_aten_t(struct opj_exec *x, struct opj_nd *a)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? opj_nd_view(a, 0, 2, (int64_t[]){a->shape[1], a->shape[0]}) : NULL;
	if (!out)
		return NULL;
	out->stride[0] = a->stride[1];
	out->stride[1] = a->stride[0];
	out->name = a->name;
	out->requires_grad = a->requires_grad;
	out->stats = a->stats;
	opj_op_end(x, start, "aten.t.default", 1, (struct opj_value[]){OPJ_TENSOR(0)}, 0, NULL, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

/* Copies the rows of a [planes, h, w] into the middle of out [planes, top + h + bottom, left + w + right]. */
static void pad_planes(float *restrict out, const float *restrict a, size_t planes, size_t h, size_t w,
		       const int64_t pad[4])
{
	size_t width = w + (size_t)(pad[0] + pad[1]), height = h + (size_t)(pad[2] + pad[3]);
	memset(out, 0, planes * height * width * sizeof *out);
	for (size_t p = 0; p < planes; p++) {
		float *plane = out + (p * height + (size_t)pad[2]) * width + (size_t)pad[0];
		for (size_t y = 0; y < h; y++)
			memcpy(plane + y * width, a + (p * h + y) * w, w * sizeof *a);
	}
}

struct opj_nd *opj_aten_pad(struct opj_exec *x, struct opj_nd *a, int spatial, const int64_t *pad)
{
	if (!a)
		return NULL;
	uint64_t start = opj_op_start();
	int64_t shape[OPJ_DIMS_MAX], all[4] = {0};
	memcpy(shape, a->shape, sizeof shape);
	for (int i = 0; i < spatial; i++) {
		shape[a->ndim - 1 - i] += pad[2 * i] + pad[2 * i + 1];
		all[2 * i] = pad[2 * i];
		all[2 * i + 1] = pad[2 * i + 1];
	}
	struct opj_nd *out = opj_nd_create(&x->pool, OPJ_FLOAT32, a->ndim, shape);
	if (!out)
		return NULL;
	size_t w = (size_t)a->shape[a->ndim - 1], h = spatial == 2 ? (size_t)a->shape[a->ndim - 2] : 1;
	if (a->count > 0)
		pad_planes(opj_nd_floats(out), opj_nd_floats(a), a->count / (h * w), h, w, all);
	out->stats = a->stats; /* more zeros: the same nonzeros, the same kind */
	opj_op_end(x, start, "aten.constant_pad_nd.default", 3,
		   (struct opj_value[]){OPJ_TENSOR(0), OPJ_INTS(2 * (uint32_t)spatial, pad), OPJ_FLOAT(0)}, 0, NULL, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

struct opj_nd *opj_aten_new_zeros(struct opj_exec *x, struct opj_nd *a, int ndim, const int64_t *shape)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a ? opj_nd_create(&x->pool, OPJ_FLOAT32, ndim, shape) : NULL;
	if (!out)
		return NULL;
	memset(out->data, 0, out->count * sizeof(float));
	out->stats = (struct opj_stats){.kind = OPJ_KIND_BINARY};
	struct opj_value kw = opj_keyed("pin_memory", OPJ_BOOL(false));
	opj_op_end(x, start, "aten.new_zeros.default", 2,
		   (struct opj_value[]){OPJ_TENSOR(0), OPJ_INTS((uint32_t)ndim, shape)}, 1, &kw, 2,
		   (struct opj_nd *[]){a, out});
	return out;
}

struct opj_nd *opj_aten_copy(struct opj_exec *x, struct opj_nd *to, struct opj_nd *from)
{
	uint64_t start = opj_op_start();
	if (!to || !from)
		return NULL;
	memcpy(to->data, from->data, from->count * sizeof(float));
	to->stats = from->stats;
	opj_op_end(x, start, "aten.copy_.default", 2, (struct opj_value[]){OPJ_TENSOR(0), OPJ_TENSOR(1)}, 0, NULL, 3,
		   (struct opj_nd *[]){to, from, to});
	return opj_nd_ref(to);
}

struct opj_nd *opj_aten_gather(struct opj_exec *x, struct opj_nd *a, struct opj_nd *index)
{
	uint64_t start = opj_op_start();
	struct opj_nd *out = a && index ? opj_nd_create(&x->pool, OPJ_FLOAT32, index->ndim, index->shape) : NULL;
	if (!out)
		return NULL;
	const int64_t *row = (const int64_t *)index->data;
	for (size_t i = 0; i < out->count; i++)
		opj_nd_floats(out)[i] = opj_nd_floats(a)[(size_t)row[i] * out->count + i];
	opj_op_end(x, start, "aten.gather.default", 3, (struct opj_value[]){OPJ_TENSOR(0), OPJ_INT(0), OPJ_TENSOR(1)},
		   0, NULL, 3, (struct opj_nd *[]){a, index, out});
	return out;
}
