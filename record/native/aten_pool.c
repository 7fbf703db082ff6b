/* record/native/aten_pool.c: average and sum pooling, one loop: windows are summed, then scaled. */
#include "aten.h"

static float window_sum(const float *plane, int64_t h, int64_t w, int64_t y, int64_t x, const int64_t kernel[2])
{
	int64_t bottom = y + kernel[0] < h ? y + kernel[0] : h, right = x + kernel[1] < w ? x + kernel[1] : w;
	float sum = 0;
	for (int64_t i = y < 0 ? 0 : y; i < bottom; i++) {
		for (int64_t j = x < 0 ? 0 : x; j < right; j++)
			sum += plane[i * w + j];
	}
	return sum;
}

struct opj_nd *opj_aten_avg_pool2d(struct opj_exec *x, struct opj_nd *a, const int64_t kernel[2],
				   const int64_t stride[2], const int64_t padding[2], bool sum)
{
	uint64_t start = opj_op_start();
	if (!a)
		return NULL;
	int64_t h = a->shape[2], w = a->shape[3];
	int64_t shape[4] = {a->shape[0], a->shape[1], opj_window_count(h, kernel[0], stride[0], padding[0], 1),
			    opj_window_count(w, kernel[1], stride[1], padding[1], 1)};
	struct opj_nd *out = opj_nd_create(&x->pool, OPJ_FLOAT32, 4, shape);
	if (!out)
		return NULL;
	float *to = opj_nd_floats(out), divisor = sum ? 1 : (float)(kernel[0] * kernel[1]);
	for (int64_t p = 0; p < shape[0] * shape[1]; p++) {
		for (int64_t i = 0; i < shape[2]; i++) {
			for (int64_t j = 0; j < shape[3]; j++)
				*to++ = window_sum(opj_nd_floats(a) + p * h * w, h, w, i * stride[0] - padding[0],
						   j * stride[1] - padding[1], kernel) /
					divisor;
		}
	}
	/* As the framework dispatches it: trailing arguments at their defaults are left out. */
	uint32_t in_count = sum ? 7 : padding[0] || padding[1] ? 4 : 3;
	struct opj_value in[] = {OPJ_TENSOR(0),
				 OPJ_INTS(2, kernel),
				 OPJ_INTS(2, stride),
				 OPJ_INTS(2, padding),
				 OPJ_BOOL(false) /* ceil_mode */,
				 OPJ_BOOL(true) /* count_include_pad */,
				 OPJ_INT(1) /* divisor_override */};
	opj_op_end(x, start, "aten.avg_pool2d.default", in_count, in, 0, NULL, 2, (struct opj_nd *[]){a, out});
	return out;
}
