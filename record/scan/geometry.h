/* record/scan/geometry.h: a convolution, one dimension at a time.
 *
 * In one dimension an input position i reaches an output position o through tap k when i = o*stride - padding +
 * k*dilation, or, transposed, when o = i*stride - padding + k*dilation. So there is a coarse side (the output;
 * transposed: the input) and a fine side, and fine = coarse*stride - padding + k*dilation. A position of a 2d or 3d
 * input reaches the product of what its coordinates reach, which is why all of this is per dimension. */
#ifndef OPJ_RECORD_SCAN_GEOMETRY_H
#define OPJ_RECORD_SCAN_GEOMETRY_H

#include <opjoule/recorder.h>

struct opj_conv_dim {
	uint64_t in, out; /* positions */
	int64_t coarse, fine;
	int64_t kernel, stride, padding, dilation;
	bool transposed;
	uint32_t *fan;        /* [in] output positions that an input position reaches */
	uint32_t fan_maximum; /* of fan */
};

/* Whether input, weight and groups fit each other. */
int opj_conv_check(const DLTensor *x, const struct opj_conv_geometry *geometry, struct opj_error *err);

/* Sizes of one dimension from those of its input; fan stays NULL. Fails where sizes make no output or overflow. */
int opj_conv_dim_init(struct opj_conv_dim *dim, const struct opj_conv_geometry *geometry, int d, int64_t in,
		      struct opj_error *err);

/* Fills dim->fan, which has room for 2 * dim->in + 1 numbers. */
void opj_conv_dim_fan(struct opj_conv_dim *dim);

/* The coarse positions [*from, *to) from which tap k stays on the fine side. */
void opj_conv_dim_tap(const struct opj_conv_dim *dim, int64_t k, int64_t *from, int64_t *to);

/* A line of bits over the last dimension of the input becomes the line of what it reaches. The result holds output o
 * at bit o * step, with nothing in between. */
struct opj_conv_line {
	uint64_t step;         /* stride; transposed: 1 */
	size_t in_words;       /* words of an input line */
	size_t out_words;      /* words of a result */
	size_t scratch_words;  /* words of scratch */
	uint64_t start, shift; /* bit of scratch that input 0 goes to, and that output 0 is read from */
	bool one_word;         /* all of it fits a register, and inputs need not be spread */
	uint64_t *comb;        /* [out_words] the bits that stand for outputs */
	uint64_t *scratch;     /* [scratch_words] */
};

/* Word counts and shifts for the last dimension; comb and scratch stay NULL. -1: overflow. */
int opj_conv_line_init(struct opj_conv_line *line, const struct opj_conv_dim *dim);

/* Fills line->comb. */
void opj_conv_line_comb(struct opj_conv_line *line, const struct opj_conv_dim *dim);

void opj_conv_line_reach(const struct opj_conv_line *line, const struct opj_conv_dim *dim, const uint64_t *in,
			 uint64_t *out);

#endif
