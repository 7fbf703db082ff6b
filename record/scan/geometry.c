/* record/scan/geometry.c: what one dimension of a convolution reaches. Pure arithmetic on sizes and bits. */
#include "geometry.h"
#include "bits.h"

static int check_parameter(int64_t value, int64_t least, const char *name, int d, struct opj_error *err)
{
	if (value < least)
		return opj_fail(err, "convolution: %s[%d] is %lld, less than %lld", name, d, (long long)value,
				(long long)least);
	/* Keeps every product of two parameters within 64 bits. */
	if (value > INT32_MAX)
		return opj_fail(err, "convolution: %s[%d] is %lld, more than 2^31 - 1", name, d, (long long)value);
	return 0;
}

int opj_conv_dim_init(struct opj_conv_dim *dim, const struct opj_conv_geometry *geometry, int d, int64_t in,
		      struct opj_error *err)
{
	int64_t extra = geometry->transposed && geometry->output_padding ? geometry->output_padding[d] : 0;
	*dim = (struct opj_conv_dim){
	    .in = (uint64_t)in,
	    .kernel = geometry->w_shape[2 + d],
	    .stride = geometry->stride[d],
	    .padding = geometry->padding[d],
	    .dilation = geometry->dilation[d],
	    .transposed = geometry->transposed,
	};
	if (check_parameter(in, 0, "input size", d, err) < 0 || check_parameter(dim->kernel, 1, "kernel", d, err) < 0 ||
	    check_parameter(dim->stride, 1, "stride", d, err) < 0 ||
	    check_parameter(dim->padding, 0, "padding", d, err) < 0 ||
	    check_parameter(dim->dilation, 1, "dilation", d, err) < 0 ||
	    check_parameter(extra, 0, "output_padding", d, err) < 0)
		return -1;
	int64_t extent = dim->dilation * (dim->kernel - 1) + 1, out;
	if (dim->transposed)
		out = (in - 1) * dim->stride - 2 * dim->padding + extent + extra;
	else
		out = in + 2 * dim->padding < extent ? 0 : (in + 2 * dim->padding - extent) / dim->stride + 1;
	if (out < 1 && in > 0)
		return opj_fail(err, "convolution: no output in dimension %d: input %lld, kernel %lld, padding %lld", d,
				(long long)in, (long long)dim->kernel, (long long)dim->padding);
	out = in > 0 ? out : 0;
	dim->out = (uint64_t)out;
	dim->coarse = dim->transposed ? in : out;
	dim->fine = dim->transposed ? out : in;
	return 0;
}

void opj_conv_dim_tap(const struct opj_conv_dim *dim, int64_t k, int64_t *from, int64_t *to)
{
	int64_t shift = k * dim->dilation - dim->padding; /* fine = coarse*stride + shift */
	*from = shift < 0 ? (-shift + dim->stride - 1) / dim->stride : 0;
	*to = shift < dim->fine ? (dim->fine - 1 - shift) / dim->stride + 1 : 0;
	if (*to > dim->coarse)
		*to = dim->coarse;
	if (*from > *to)
		*from = *to;
}

/* The stride; where it is beyond the input no progression has a second member and any such number will do. */
static size_t progression(const struct opj_conv_dim *dim)
{
	return (uint64_t)dim->stride < dim->in ? (size_t)dim->stride : (size_t)dim->in;
}

/* Each tap adds 1 to an arithmetic progression of inputs: mark its begin and end, then add up along the progressions.
 */
void opj_conv_dim_fan(struct opj_conv_dim *dim)
{
	size_t lag = dim->transposed ? 1 : progression(dim);
	memset(dim->fan, 0, (dim->in + lag) * sizeof *dim->fan);
	for (int64_t k = 0; k < dim->kernel; k++) {
		int64_t from, to, shift = k * dim->dilation - dim->padding;
		opj_conv_dim_tap(dim, k, &from, &to);
		if (from == to)
			continue;
		int64_t first = dim->transposed ? from : from * dim->stride + shift;
		dim->fan[first]++;
		dim->fan[first + (to - from) * (int64_t)lag]--;
	}
	for (size_t i = 0; i < dim->in; i++) {
		if (i >= lag)
			dim->fan[i] += dim->fan[i - lag];
		if (dim->fan[i] > dim->fan_maximum)
			dim->fan_maximum = dim->fan[i];
	}
}

/* Tap k moves position p of the scratch line to p + j*dilation, where j = kernel - 1 - k (transposed: k). From
 * o*stride - padding + k*dilation = i follows i + j*dilation = o*stride + ((kernel - 1)*dilation - padding). */
int opj_conv_line_init(struct opj_conv_line *line, const struct opj_conv_dim *dim)
{
	int64_t reach = (dim->kernel - 1) * dim->dilation;
	int64_t shift = dim->transposed ? dim->padding : reach - dim->padding;
	uint64_t start = shift < 0 ? ((uint64_t)-shift + 63) / 64 * 64 : 0;
	uint64_t in_bits = dim->in, out_bits = dim->out;
	bool overflow = false;
	*line = (struct opj_conv_line){.step = dim->transposed ? 1 : (uint64_t)dim->stride};
	if (dim->transposed && in_bits)
		overflow |= __builtin_mul_overflow(in_bits - 1, (uint64_t)dim->stride, &in_bits), in_bits++;
	else if (out_bits)
		overflow |= __builtin_mul_overflow(out_bits - 1, (uint64_t)dim->stride, &out_bits), out_bits++;
	line->start = start;
	line->shift = start + (uint64_t)shift;
	line->in_words = opj_bits_words(dim->in);
	line->out_words = opj_bits_words(out_bits);
	uint64_t source = start + in_bits + (uint64_t)reach, result = line->shift + out_bits + 64;
	line->one_word = line->step == (uint64_t)dim->stride && start == 0 && source <= 64 && line->shift < 64 &&
			 line->out_words == 1;
	line->scratch_words = opj_bits_words(source > result ? source : result) + 1;
	return overflow || source >> 40 || result >> 40 ? -1 : 0;
}

void opj_conv_line_comb(struct opj_conv_line *line, const struct opj_conv_dim *dim)
{
	memset(line->comb, 0, line->out_words * sizeof *line->comb);
	for (uint64_t o = 0; o < dim->out; o++)
		line->comb[o * line->step / 64] |= UINT64_C(1) << (o * line->step % 64);
}

/* Where input positions lie `stride` bits apart. */
static void spread(uint64_t *to, const uint64_t *in, size_t words, uint64_t stride)
{
	for (size_t w = 0; w < words; w++) {
		for (uint64_t bits = in[w]; bits; bits &= bits - 1) {
			uint64_t at = (w * 64 + (uint64_t)__builtin_ctzll(bits)) * stride;
			to[at / 64] |= UINT64_C(1) << (at % 64);
		}
	}
}

/* Everything in one word: small maps, of which there are many. */
static uint64_t reach_word(const struct opj_conv_line *line, const struct opj_conv_dim *dim, uint64_t bits)
{
	uint64_t taps = (uint64_t)dim->kernel, done = 1;
	while (done < taps) {
		uint64_t more = done < taps - done ? done : taps - done;
		bits |= bits << more * (uint64_t)dim->dilation;
		done += more;
	}
	return bits >> line->shift & line->comb[0];
}

void opj_conv_line_reach(const struct opj_conv_line *line, const struct opj_conv_dim *dim, const uint64_t *in,
			 uint64_t *out)
{
	uint64_t *scratch = line->scratch, taps = (uint64_t)dim->kernel, done = 1;
	if (line->one_word) {
		out[0] = reach_word(line, dim, in[0]);
		return;
	}
	memset(scratch, 0, line->scratch_words * sizeof *scratch);
	if (dim->transposed && dim->stride > 1)
		spread(scratch + line->start / 64, in, line->in_words, (uint64_t)dim->stride);
	else
		memcpy(scratch + line->start / 64, in, line->in_words * sizeof *in);
	while (done < taps) {
		uint64_t more = done < taps - done ? done : taps - done;
		opj_bits_smear(scratch, line->scratch_words, more * (uint64_t)dim->dilation);
		done += more;
	}
	for (size_t w = 0; w < line->out_words; w++)
		out[w] = opj_bits_read(scratch, line->shift + w * 64) & line->comb[w];
}
