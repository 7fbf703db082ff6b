/* record/native/aten_matrix.c: matrix products and convolutions on a BLAS. A convolution lays the receptive fields of
 * as many samples as fit the cache side by side as columns, multiplies once per group, and spreads the result over the
 * samples while adding the bias. */
#include "aten.h"
#include <cblas.h>

enum { COLUMN_BYTES = 256 * 1024 }; /* of columns at a time: they stay in the second-level cache */

struct opj_nd *opj_aten_linear(struct opj_exec *x, struct opj_nd *bias, struct opj_nd *a, struct opj_nd *wt)
{
	uint64_t start = opj_op_start();
	if (!a || !wt)
		return NULL;
	int64_t n = a->shape[0], in = wt->shape[0], outs = wt->shape[1];
	struct opj_nd *out = opj_nd_create(&x->pool, OPJ_FLOAT32, 2, (int64_t[]){n, outs});
	if (!out)
		return NULL;
	for (int64_t i = 0; bias && i < n; i++)
		memcpy(opj_nd_floats(out) + i * outs, bias->data, (size_t)outs * sizeof(float));
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)outs, (int)in, 1, opj_nd_floats(a), (int)in,
		    opj_nd_floats(wt), (int)in, bias ? 1 : 0, opj_nd_floats(out), (int)outs);
	if (bias)
		opj_op_end(x, start, "aten.addmm.default", 3,
			   (struct opj_value[]){OPJ_TENSOR(0), OPJ_TENSOR(1), OPJ_TENSOR(2)}, 0, NULL, 4,
			   (struct opj_nd *[]){bias, a, wt, out});
	else
		opj_op_end(x, start, "aten.mm.default", 2, (struct opj_value[]){OPJ_TENSOR(0), OPJ_TENSOR(1)}, 0, NULL,
			   3, (struct opj_nd *[]){a, wt, out});
	return out;
}

int64_t opj_window_count(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation)
{
	int64_t slack = size + 2 * padding - dilation * (kernel - 1) - 1;
	return slack < 0 ? 0 : slack / stride + 1;
}

/* A convolution as two-dimensional: one dimension is a height of 1. Everything per sample and per group. */
struct geometry {
	int64_t channels, h, w; /* input of one group */
	int64_t kh, kw, oh, ow; /* kernel, output */
	int64_t outs;           /* output channels of one group */
	int64_t sh, sw, ph, pw, dh, dw;
};

static struct geometry flatten(const struct opj_conv *c, const int64_t *in, const int64_t *w)
{
	int flat = c->spatial == 1, last = c->spatial - 1;
	struct geometry g = {
	    .channels = w[1],
	    .h = flat ? 1 : in[2],
	    .w = in[2 + last],
	    .kh = flat ? 1 : w[2],
	    .kw = w[2 + last],
	    .outs = w[0] / c->groups,
	    .sh = flat ? 1 : c->stride[0],
	    .sw = c->stride[last],
	    .ph = flat ? 0 : c->padding[0],
	    .pw = c->padding[last],
	    .dh = flat ? 1 : c->dilation[0],
	    .dw = c->dilation[last],
	};
	g.oh = opj_window_count(g.h, g.kh, g.sh, g.ph, g.dh);
	g.ow = opj_window_count(g.w, g.kw, g.sw, g.pw, g.dw);
	return g;
}

/* The outputs o in [*first, *last) whose input o*stride + offset lies in [0, size). */
static void valid_range(int64_t count, int64_t stride, int64_t offset, int64_t size, int64_t *first, int64_t *last)
{
	*first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
	*last = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
	if (*first > count)
		*first = count;
	if (*last > count)
		*last = count;
	if (*last < *first)
		*last = *first;
}

/* One line of columns: the input elements that one weight meets, over all output sites of a sample. */
static void fill_line(const struct geometry *g, float *restrict out, const float *restrict plane, int64_t ky,
		      int64_t kx)
{
	int64_t offset = kx * g->dw - g->pw, first, last;
	valid_range(g->ow, g->sw, offset, g->w, &first, &last);
	for (int64_t oy = 0; oy < g->oh; oy++, out += g->ow) {
		int64_t y = oy * g->sh + ky * g->dh - g->ph;
		if (y < 0 || y >= g->h) {
			memset(out, 0, (size_t)g->ow * sizeof *out);
			continue;
		}
		const float *row = plane + y * g->w + offset;
		for (int64_t ox = 0; ox < first; ox++)
			out[ox] = 0;
		for (int64_t ox = first; ox < last; ox++)
			out[ox] = row[ox * g->sw];
		for (int64_t ox = last; ox < g->ow; ox++)
			out[ox] = 0;
	}
}

/* Columns of `samples` samples that lie `step` floats apart: out [channels*kh*kw, samples*oh*ow]. */
static void fill_columns(const struct geometry *g, float *out, const float *in, int64_t step, int64_t samples)
{
	int64_t sites = g->oh * g->ow;
	for (int64_t c = 0; c < g->channels; c++) {
		for (int64_t ky = 0; ky < g->kh; ky++) {
			for (int64_t kx = 0; kx < g->kw; kx++) {
				for (int64_t s = 0; s < samples; s++, out += sites)
					fill_line(g, out, in + s * step + c * g->h * g->w, ky, kx);
			}
		}
	}
}

/* out[s][o][site] = product[o][s][site] + bias[o]; samples of out lie `step` floats apart. */
static void spread(float *out, const float *product, const float *bias, int64_t outs, int64_t sites, int64_t step,
		   int64_t samples)
{
	for (int64_t o = 0; o < outs; o++) {
		float add = bias ? bias[o] : 0;
		for (int64_t s = 0; s < samples; s++) {
			float *restrict to = out + s * step + o * sites;
			const float *restrict from = product + (o * samples + s) * sites;
			for (int64_t i = 0; i < sites; i++)
				to[i] = from[i] + add;
		}
	}
}

/* One group of all samples. in_step, out_step: floats from sample to sample. */
static int convolve(struct opj_exec *x, const struct geometry *g, float *out, int64_t out_step, const float *in,
		    int64_t in_step, const float *weight, const float *bias, int64_t samples)
{
	int64_t k = g->channels * g->kh * g->kw, sites = g->oh * g->ow;
	int64_t fit = COLUMN_BYTES / (k * sites * (int64_t)sizeof(float));
	int64_t chunk = fit < 1 ? 1 : fit > samples ? samples : fit;
	struct opj_block *columns = opj_block_create(&x->pool, (size_t)(k * sites * chunk) * sizeof(float));
	struct opj_block *product = opj_block_create(&x->pool, (size_t)(g->outs * sites * chunk) * sizeof(float));
	int result = columns && product ? 0 : -1;
	for (int64_t s = 0; result == 0 && s < samples; s += chunk) {
		int64_t some = samples - s < chunk ? samples - s : chunk;
		int n = (int)(some * sites);
		fill_columns(g, columns->data, in + s * in_step, in_step, some);
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)g->outs, n, (int)k, 1, weight, (int)k,
			    columns->data, n, 0, product->data, n);
		spread(out + s * out_step, product->data, bias, g->outs, sites, out_step, some);
	}
	opj_block_unref(columns);
	opj_block_unref(product);
	return result;
}

static void record_convolution(struct opj_exec *x, uint64_t start, struct opj_nd *a, struct opj_nd *weight,
			       struct opj_nd *bias, const struct opj_conv *c, struct opj_nd *out)
{
	static const int64_t no_output_padding[2];
	uint32_t spatial = (uint32_t)c->spatial;
	struct opj_value in[] = {OPJ_TENSOR(0),
				 OPJ_TENSOR(1),
				 bias ? OPJ_TENSOR(2) : OPJ_NONE(),
				 OPJ_INTS(spatial, c->stride),
				 OPJ_INTS(spatial, c->padding),
				 OPJ_INTS(spatial, c->dilation),
				 OPJ_BOOL(false),
				 OPJ_INTS(spatial, no_output_padding),
				 OPJ_INT(c->groups)};
	struct opj_nd *with[] = {a, weight, bias, out}, *without[] = {a, weight, out};
	opj_op_end(x, start, "aten.convolution.default", 9, in, 0, NULL, bias ? 4 : 3, bias ? with : without);
}

struct opj_nd *opj_aten_convolution(struct opj_exec *x, struct opj_nd *a, struct opj_nd *weight, struct opj_nd *bias,
				    const struct opj_conv *c)
{
	uint64_t start = opj_op_start();
	if (!a || !weight)
		return NULL;
	struct geometry g = flatten(c, a->shape, weight->shape);
	int64_t shape[4] = {a->shape[0], weight->shape[0], c->spatial == 1 ? g.ow : g.oh, g.ow};
	struct opj_nd *out = opj_nd_create(&x->pool, OPJ_FLOAT32, 2 + c->spatial, shape);
	if (!out)
		return NULL;
	for (int64_t i = 0; i < c->groups; i++) {
		if (convolve(x, &g, opj_nd_floats(out) + i * g.outs * g.oh * g.ow, out->stride[0],
			     opj_nd_floats(a) + i * g.channels * g.h * g.w, a->stride[0],
			     opj_nd_floats(weight) + i * g.outs * weight->stride[0],
			     bias ? opj_nd_floats(bias) + i * g.outs : NULL, a->shape[0]) != 0) {
			opj_nd_unref(out);
			return NULL;
		}
	}
	record_convolution(x, start, a, weight, bias, c, out);
	return out;
}
