/* tests/unit/test_native.c: the native executor against naive computations of every node type in double precision. */
#include "fake_recorder.h"
#include "nir_writer.h"
#include "record/native/network.h"
#include <criterion/criterion.h>
#include <math.h>

/* Deterministic values in [-1, 1), multiples of 1/64. */
static float *noise(size_t count, unsigned seed)
{
	float *values = malloc((count + 1) * sizeof *values);
	for (size_t i = 0; i < count; i++) {
		seed = seed * 1664525 + 1013904223;
		values[i] = (float)((int)(seed >> 25) - 64) / 64;
	}
	return values;
}

static struct opj_array array_of(int ndim, const int64_t *shape, float *values)
{
	struct opj_array array = {.ndim = ndim, .count = 1, .values = values};
	for (int d = 0; d < ndim; d++) {
		array.shape[d] = shape[d];
		array.count *= (size_t)shape[d];
	}
	return array;
}

/* Runs a file and removes it. The network stays open for whoever wants to look: opj_network_close. */
static struct opj_array run_file(const char *path, const struct opj_array *input, double dt, bool subtract,
				 struct opj_network *net)
{
	struct opj_error err = {""};
	struct opj_array output;
	struct opj_network_options options = {.path = path, .name = "Net", .dt = dt, .subtract_reset = subtract};
	cr_assert_eq(opj_network_open(net, &options, input, &err), 0, "%s", err.text);
	if (strncmp(path, "/tmp/opj_test_", 14) == 0)
		unlink(path);
	if (fake.on)
		opj_network_define(net, fake_recorder);
	cr_assert_eq(opj_network_run(net, input, &output, &err), 0, "%s", err.text);
	return output;
}

static struct opj_array run_nir(struct nir_file *nir, const struct opj_array *input, double dt, bool subtract)
{
	struct opj_network net;
	nir_end(nir);
	struct opj_array output = run_file(nir->path, input, dt, subtract, &net);
	opj_network_close(&net);
	return output;
}

static void expect_values(const struct opj_array *output, const double *expected)
{
	for (size_t i = 0; i < output->count; i++)
		cr_assert_float_eq(output->values[i], expected[i], 1e-5 * (1 + fabs(expected[i])), "%zu: %g, not %g", i,
				   output->values[i], expected[i]);
}

static void expect_shape(const struct opj_array *output, int ndim, const int64_t *shape)
{
	cr_assert_eq(output->ndim, ndim);
	for (int d = 0; d < ndim; d++)
		cr_assert_eq(output->shape[d], shape[d], "dimension %d: %lld", d, (long long)output->shape[d]);
}

/* Linear ----------------------------------------------------------------------------------------------------------- */

Test(native, affine_linear_scale)
{
	enum { T = 2, N = 3, I = 5, O = 4 };
	float *x = noise(T * N * I, 1), *w = noise(O * I, 2), *b = noise(O, 3), *s = noise(I, 4);
	for (int kind = 0; kind < 3; kind++) {
		struct nir_file nir;
		int64_t in[] = {I}, out[] = {kind == 2 ? I : O};
		hid_t node = nir_begin_one(&nir, kind == 0 ? "Affine" : kind == 1 ? "Linear" : "Scale", 1, in, 1, out);
		if (kind == 2)
			nir_floats(node, "scale", NIR_DIMS(I), s);
		else
			nir_floats(node, "weight", NIR_DIMS(O, I), w);
		if (kind == 0)
			nir_floats(node, "bias", NIR_DIMS(O), b);
		H5Gclose(node);
		struct opj_array input = array_of(3, (int64_t[]){T, N, I}, x);
		struct opj_array output = run_nir(&nir, &input, 1e-4, false);
		double expected[T * N * I];
		for (int n = 0; n < T * N; n++) {
			for (int o = 0; o < out[0]; o++) {
				double sum = kind == 0 ? b[o] : 0;
				for (int i = 0; kind < 2 && i < I; i++)
					sum += (double)w[o * I + i] * x[n * I + i];
				expected[n * out[0] + o] = kind == 2 ? (double)x[n * I + o] * s[o] : sum;
			}
		}
		expect_shape(&output, 3, (int64_t[]){T, N, out[0]});
		expect_values(&output, expected);
		opj_array_finish(&output);
	}
	free(x), free(w), free(b), free(s);
}

/* Convolution and pooling ------------------------------------------------------------------------------------------ */

struct conv_case {
	int channels, h, w, outs, kh, kw, sh, sw, ph, pw, dh, dw, groups;
	const char *padding; /* or NULL: ph, pw */
	int extra;           /* zeros that "same" adds at the end of both axes beyond those in front */
	bool bias, flat;
};

/* One output element, from the definition of a convolution. */
static double convolve(const struct conv_case *c, const float *x, const float *w, const float *b, int o, int oy, int ox)
{
	int in = c->channels / c->groups, first = o / (c->outs / c->groups) * in;
	double sum = c->bias ? b[o] : 0;
	for (int i = 0; i < in; i++) {
		for (int ky = 0; ky < c->kh; ky++) {
			for (int kx = 0; kx < c->kw; kx++) {
				int y = oy * c->sh + ky * c->dh - c->ph, z = ox * c->sw + kx * c->dw - c->pw;
				if (y >= 0 && y < c->h && z >= 0 && z < c->w)
					sum += (double)x[((first + i) * c->h + y) * c->w + z] *
					       w[((o * in + i) * c->kh + ky) * c->kw + kx];
			}
		}
	}
	return sum;
}

static void write_conv(struct nir_file *nir, const struct conv_case *c, int oh, int ow, const float *w, const float *b)
{
	int64_t in[] = {c->channels, c->h, c->w}, out[] = {c->outs, oh, ow};
	if (c->flat) {
		in[1] = c->w;
		out[1] = ow;
	}
	hid_t node = nir_begin_one(nir, c->flat ? "Conv1d" : "Conv2d", c->flat ? 2 : 3, in, c->flat ? 2 : 3, out);
	hsize_t weight[] = {(hsize_t)c->outs, (hsize_t)(c->channels / c->groups), (hsize_t)c->kh, (hsize_t)c->kw};
	if (c->flat)
		weight[2] = (hsize_t)c->kw;
	nir_floats(node, "weight", c->flat ? 3 : 4, weight, w);
	if (c->bias)
		nir_floats(node, "bias", NIR_DIMS((hsize_t)c->outs), b);
	nir_number(node, "groups", c->groups);
	if (c->flat) {
		nir_number(node, "stride", c->sw);
		nir_number(node, "dilation", c->dw);
	} else {
		nir_pair(node, "stride", c->sh, c->sw);
		nir_pair(node, "dilation", c->dh, c->dw);
	}
	if (c->padding)
		nir_text(node, "padding", c->padding);
	else if (c->flat)
		nir_number(node, "padding", c->pw);
	else
		nir_pair(node, "padding", c->ph, c->pw);
	H5Gclose(node);
}

static void check_conv(const struct conv_case *c)
{
	enum { N = 3 };
	int oh = (c->h + 2 * c->ph + c->extra - c->dh * (c->kh - 1) - 1) / c->sh + 1;
	int ow = (c->w + 2 * c->pw + c->extra - c->dw * (c->kw - 1) - 1) / c->sw + 1;
	if (c->flat)
		oh = 1;
	size_t sample = (size_t)(c->channels * c->h * c->w);
	float *x = noise(N * sample, 5);
	float *w = noise((size_t)(c->outs * c->channels / c->groups * c->kh * c->kw), 6),
	      *b = noise((size_t)c->outs, 7);
	struct nir_file nir;
	write_conv(&nir, c, oh, ow, w, b);
	struct opj_array input = c->flat ? array_of(4, (int64_t[]){1, N, c->channels, c->w}, x)
					 : array_of(5, (int64_t[]){1, N, c->channels, c->h, c->w}, x);
	struct opj_array output = run_nir(&nir, &input, 1e-4, false);
	double *expected = malloc(sizeof *expected * (size_t)(N * c->outs * oh * ow)), *at = expected;
	for (int n = 0; n < N; n++)
		for (int o = 0; o < c->outs; o++)
			for (int oy = 0; oy < oh; oy++)
				for (int ox = 0; ox < ow; ox++)
					*at++ = convolve(c, x + (size_t)n * sample, w, b, o, oy, ox);
	cr_assert_eq(output.count, (size_t)(at - expected));
	expect_values(&output, expected);
	opj_array_finish(&output);
	free(x), free(w), free(b), free(expected);
}

#define PLAIN .sh = 1, .sw = 1, .dh = 1, .dw = 1, .groups = 1, .bias = true

Test(native, conv2d)
{
	check_conv(&(struct conv_case){.channels = 2, .h = 7, .w = 6, .outs = 3, .kh = 3, .kw = 2, PLAIN});
	check_conv(&(struct conv_case){2, 7, 9, 4, 3, 2, 2, 3, 1, 2, 1, 2, 2, NULL, 0, false, false});
	check_conv(&(struct conv_case){4, 5, 5, 4, 3, 3, 1, 1, 4, 4, 2, 1, 4, NULL, 0, true, false});
	check_conv(&(struct conv_case){1, 3, 3, 1, 3, 3, 3, 3, 0, 0, 1, 1, 1, "valid", 0, true, false});
	check_conv(&(struct conv_case){2, 5, 6, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, "same", 0, true, false});
	check_conv(&(struct conv_case){2, 5, 6, 2, 4, 2, 1, 1, 1, 0, 1, 1, 1, "same", 1, true, false});
}

Test(native, conv1d)
{
	check_conv(
	    &(struct conv_case){.channels = 2, .h = 1, .w = 9, .outs = 3, .kh = 1, .kw = 4, PLAIN, .flat = true});
	check_conv(&(struct conv_case){4, 1, 11, 6, 1, 3, 1, 2, 0, 1, 1, 2, 2, NULL, 0, true, true});
	check_conv(&(struct conv_case){1, 1, 8, 2, 1, 4, 1, 1, 0, 1, 1, 1, 1, "same", 1, true, true});
}

/* More columns than fit the cache at once: several products. */
Test(native, conv2d_in_chunks)
{
	check_conv(&(struct conv_case){
	    .channels = 20, .h = 24, .w = 25, .outs = 5, .kh = 5, .kw = 5, .ph = 2, .pw = 2, PLAIN});
}

/* The arguments of the recorded op: sums spell out all of them, averages leave out the defaults at the end. */
static void check_pool_arguments(bool sum)
{
	size_t index;
	json_t *line, *in = NULL;
	json_array_foreach(fake.log, index, line)
	{
		if (strcmp(json_string_value(json_object_get(line, "k")), "op") == 0 &&
		    strcmp(json_string_value(json_object_get(line, "op")), "aten.avg_pool2d.default") == 0)
			in = json_object_get(line, "in");
	}
	json_t *kernel, *stride, *padding, *expected;
	cr_assert_eq(json_array_size(in), sum ? 7 : 4);
	kernel = json_array_get(in, 1), stride = json_array_get(in, 2), padding = json_array_get(in, 3);
	json_t *said = json_pack("[O,O,O]", kernel, stride, padding);
	expected = json_pack("[[i,i],[i,i],[i,i]]", 3, 2, 2, 2, 1, 0);
	cr_expect(json_equal(said, expected), "kernel, stride and padding are recorded otherwise");
	if (sum)
		cr_expect(json_is_false(json_array_get(in, 4)) && json_is_true(json_array_get(in, 5)) &&
			  json_integer_value(json_array_get(in, 6)) == 1);
	json_decref(said), json_decref(expected);
}

Test(native, pooling)
{
	enum { N = 2, C = 3, H = 7, W = 6 };
	float *x = noise(N * C * H * W, 8);
	for (int sum = 0; sum < 2; sum++) {
		struct nir_file nir;
		int64_t in[] = {C, H, W}, out[] = {C, 4, 3};
		hid_t node = nir_begin_one(&nir, sum ? "SumPool2d" : "AvgPool2d", 3, in, 3, out);
		nir_pair(node, "kernel_size", 3, 2);
		nir_pair(node, "stride", 2, 2);
		nir_pair(node, "padding", 1, 0);
		H5Gclose(node);
		struct opj_array input = array_of(5, (int64_t[]){1, N, C, H, W}, x);
		fake_begin();
		struct opj_array output = run_nir(&nir, &input, 1e-4, false);
		check_pool_arguments(sum);
		fake_end();
		double expected[N * C * 4 * 3] = {0};
		for (int p = 0; p < N * C; p++) {
			for (int y = 0; y < 4; y++) {
				for (int z = 0; z < 3; z++) {
					for (int k = 0; k < 6; k++) {
						int iy = y * 2 + k / 2 - 1, ix = z * 2 + k % 2;
						if (iy >= 0 && iy < H)
							expected[(p * 4 + y) * 3 + z] +=
							    x[(p * H + iy) * W + ix] / (sum ? 1. : 6.);
					}
				}
			}
		}
		expect_values(&output, expected);
		opj_array_finish(&output);
	}
	free(x);
}

Test(native, flatten)
{
	static const struct {
		double start, end;
		int ndim;
		int64_t shape[5];
	} cases[] = {
	    {0, -1, 3, {1, 2, 24}}, {1, -1, 4, {1, 2, 2, 12}}, {-3, 1, 4, {1, 2, 6, 4}}, {1, 1, 5, {1, 2, 2, 3, 4}}};
	float *x = noise(48, 9);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nir_file nir;
		hid_t node =
		    nir_begin_one(&nir, "Flatten", 3, (int64_t[]){2, 3, 4}, cases[i].ndim - 2, cases[i].shape + 2);
		nir_number(node, "start_dim", cases[i].start);
		nir_number(node, "end_dim", cases[i].end);
		H5Gclose(node);
		struct opj_array input = array_of(5, (int64_t[]){1, 2, 2, 3, 4}, x);
		struct opj_array output = run_nir(&nir, &input, 1e-4, false);
		expect_shape(&output, cases[i].ndim, cases[i].shape);
		cr_assert_eq(memcmp(output.values, x, 48 * sizeof *x), 0);
		opj_array_finish(&output);
	}
	free(x);
}

/* Neurons ---------------------------------------------------------------------------------------------------------- */

enum { STEPS = 40, BATCH = 2, NEURONS = 3 };

static const char *const neuron_fields[] = {"r",      "tau",         "tau_mem", "tau_syn",
					    "v_leak", "v_threshold", "v_reset", "w_in"};

struct neuron_case {
	const char *type;
	bool subtract, uniform;
};

static double value_of(int field, int neuron, bool uniform)
{
	static const double values[][NEURONS] = {{2, 1.5, 1},        {3e-3, 2e-3, 5e-3}, {3e-3, 2e-3, 5e-3},
						 {1e-3, 4e-3, 2e-3}, {0.1, -0.2, 0},     {0.3, 0.25, 0.2},
						 {-0.1, 0, 0.05},    {1.5, 2, 3}};
	return values[field][uniform ? 0 : neuron];
}

/* The equations of shared/models/README.md for one neuron over all steps. */
static void simulate_neuron(const struct neuron_case *c, int neuron, double dt, const float *x, double *out)
{
	double p[8], v = 0, i = 0;
	for (int f = 0; f < 8; f++)
		p[f] = value_of(f, neuron, c->uniform);
	bool cuba = c->type[0] == 'C', leaky = cuba || c->type[0] == 'L', fires = c->type[strlen(c->type) - 1] == 'F';
	for (int t = 0; t < STEPS; t++) {
		double in = x[t * BATCH * NEURONS];
		if (cuba) {
			i += dt / p[3] * (-i + p[7] * in);
			in = i;
		}
		v += leaky ? dt / p[cuba ? 2 : 1] * ((p[4] - v) + p[0] * in) : p[0] * in;
		out[t * BATCH * NEURONS] = fires ? v > p[5] : v;
		if (fires && v > p[5])
			v = c->subtract ? v - p[5] : p[6];
	}
}

static void write_neuron(struct nir_file *nir, const struct neuron_case *c)
{
	hid_t node = nir_begin_one(nir, c->type, 1, (int64_t[]){NEURONS}, 1, (int64_t[]){NEURONS});
	for (int f = 0; f < 8; f++) {
		float values[NEURONS];
		for (int n = 0; n < NEURONS; n++)
			values[n] = (float)value_of(f, n, c->uniform);
		if (c->uniform)
			nir_number(node, neuron_fields[f], value_of(f, 0, true));
		else
			nir_floats(node, neuron_fields[f], NIR_DIMS(NEURONS), values);
	}
	H5Gclose(node);
}

static void check_neuron(const struct neuron_case *c)
{
	double dt = 1e-3, expected[STEPS * BATCH * NEURONS], fired = 0;
	float *x = noise(STEPS * BATCH * NEURONS, 10);
	struct nir_file nir;
	write_neuron(&nir, c);
	struct opj_array input = array_of(3, (int64_t[]){STEPS, BATCH, NEURONS}, x);
	struct opj_array output = run_nir(&nir, &input, dt, c->subtract);
	for (int n = 0; n < BATCH * NEURONS; n++)
		simulate_neuron(c, n % NEURONS, dt, x + n, expected + n);
	for (size_t n = 0; n < output.count; n++)
		fired += expected[n];
	cr_assert(fired != 0);
	expect_values(&output, expected);
	opj_array_finish(&output);
	free(x);
}

Test(native, neurons)
{
	static const char *const types[] = {"I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		check_neuron(&(struct neuron_case){types[i], false, true});
		check_neuron(&(struct neuron_case){types[i], false, false});
		check_neuron(&(struct neuron_case){types[i], true, true});
		check_neuron(&(struct neuron_case){types[i], true, false});
	}
}

/* What the module of a node says of it; a new reference. */
static json_t *said_by(struct nir_file *nir, const struct opj_array *input, bool subtract)
{
	fake_begin();
	struct opj_array output = run_nir(nir, input, 1e-3, subtract);
	opj_array_finish(&output);
	json_t *module = json_array_get(fake.log, 1);
	cr_assert_str_eq(json_string_value(json_object_get(module, "path")), "Net.x");
	json_t *attrs = json_incref(json_object_get(module, "attrs"));
	fake_end();
	return attrs;
}

static void expect_said(json_t *attrs, const char *field, const char *what, double value)
{
	char key[40];
	snprintf(key, sizeof key, "%s%s", field, what);
	json_t *said = json_object_get(attrs, key);
	cr_assert(json_is_real(said), "%s is not said", key);
	cr_assert_float_eq(json_real_value(said), value, 1e-7, "%s: %g, not %g", key, json_real_value(said), value);
	json_object_del(attrs, key);
}

static void check_said(const struct neuron_case *c)
{
	float x[STEPS * BATCH * NEURONS] = {0};
	struct nir_file nir;
	write_neuron(&nir, c);
	struct opj_array input = array_of(3, (int64_t[]){STEPS, BATCH, NEURONS}, x);
	json_t *attrs = said_by(&nir, &input, c->subtract);
	bool cuba = c->type[0] == 'C', leaky = cuba || c->type[0] == 'L', fires = c->type[strlen(c->type) - 1] == 'F';
	const bool has[] = {true, leaky && !cuba, cuba, cuba, leaky, fires, fires && !c->subtract, cuba};
	for (int f = 0; f < 8; f++) {
		double a = value_of(f, 0, c->uniform), b = value_of(f, 1, c->uniform), d = value_of(f, 2, c->uniform);
		if (has[f] && c->uniform) {
			expect_said(attrs, neuron_fields[f], "", a);
		} else if (has[f]) {
			expect_said(attrs, neuron_fields[f], "_min", fmin(a, fmin(b, d)));
			expect_said(attrs, neuron_fields[f], "_mean", (a + b + d) / 3);
			expect_said(attrs, neuron_fields[f], "_max", fmax(a, fmax(b, d)));
		}
	}
	if (leaky)
		expect_said(attrs, "dt", "", 1e-3);
	if (fires && c->subtract) {
		cr_assert(json_is_null(json_object_get(attrs, "v_reset")));
		json_object_del(attrs, "v_reset");
	}
	cr_assert_eq(json_object_size(attrs), 0, "%s", json_dumps(attrs, 0));
	json_decref(attrs);
}

Test(native, neurons_say_their_constants)
{
	static const char *const types[] = {"I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		for (int way = 0; way < 4; way++)
			check_said(&(struct neuron_case){types[i], way & 1, way & 2});
	}
}

/* The fields that a file may leave out. */
Test(native, neurons_say_what_they_assume)
{
	float x = 0;
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "IF", 1, (int64_t[]){1}, 1, (int64_t[]){1});
	nir_number(node, "r", 1);
	nir_number(node, "v_threshold", 1);
	H5Gclose(node);
	struct opj_array input = array_of(3, (int64_t[]){1, 1, 1}, &x);
	json_t *attrs = said_by(&nir, &input, false);
	expect_said(attrs, "v_reset", "", 0);
	json_decref(attrs);
}

Test(native, convolutions_say_how_they_pad)
{
	static const char *const words[] = {"same", "valid", NULL};
	float x[2 * 5 * 6] = {0}, w[2 * 2 * 3 * 3] = {0};
	for (size_t i = 0; i < 3; i++) {
		struct conv_case c = {2, 5, 6, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, words[i], 0, false, false};
		struct nir_file nir;
		write_conv(&nir, &c, i == 1 ? 3 : 5, i == 1 ? 4 : 6, w, NULL);
		struct opj_array input = array_of(5, (int64_t[]){1, 1, 2, 5, 6}, x);
		json_t *attrs = said_by(&nir, &input, false), *padding = json_object_get(attrs, "padding");
		if (words[i])
			cr_assert_str_eq(json_string_value(padding), words[i]);
		else
			cr_assert_eq(json_integer_value(json_array_get(padding, 1)), 1);
		cr_assert_str_eq(json_string_value(json_object_get(attrs, "padding_mode")), "zeros");
		json_decref(attrs);
	}
}

/* One surrogate function for all neurons that fire, below the first of those: one that does not fire has none. */
Test(native, surrogate_of_the_first_that_fires)
{
	float x[] = {1, 2};
	static const char *const types[] = {"LI", "LIF", "IF"}, *const names[] = {"a", "b", "c"};
	struct nir_file nir = nir_begin();
	nir_port(nir.graph, "in", "Input", 1, (int64_t[]){1});
	nir_port(nir.graph, "out", "Output", 1, (int64_t[]){1});
	for (int i = 0; i < 3; i++) {
		hid_t node = nir_node(nir.graph, names[i], types[i]);
		for (int f = 0; f < 8; f++)
			nir_number(node, neuron_fields[f], value_of(f, 0, true));
		H5Gclose(node);
	}
	nir_edges(nir.graph, 4, (const char *[]){"in", "a", "a", "b", "b", "c", "c", "out"});
	struct opj_array input = array_of(3, (int64_t[]){2, 1, 1}, x);
	fake_begin();
	struct opj_array output = run_nir(&nir, &input, 1e-3, false);
	opj_array_finish(&output);
	int found = 0;
	for (uint32_t i = 0; i < fake.module_count; i++) {
		if (strstr(fake.paths[i], "surrogate")) {
			cr_expect_str_eq(fake.paths[i], "Net.b.surrogate_function");
			found++;
		}
	}
	cr_expect_eq(found, 1);
	fake_end();
}

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	cr_assert(json, "%s", text);
	return json;
}

static void expect_more(size_t line, const char *key, const char *text)
{
	json_t *wanted = parsed(text), *said = json_object_get(json_array_get(fake.more, line), key);
	cr_assert(json_equal(said, wanted), "line %zu, %s: %s, not %s", line, key, json_dumps(said, JSON_ENCODE_ANY),
		  text);
	json_decref(wanted);
}

/* What stands beside ops and arguments: buffers, axes, states after a call, where tensors lie. */
Test(native, says_what_simulators_need)
{
	float x[2 * BATCH * NEURONS] = {0};
	struct nir_file nir;
	write_neuron(&nir, &(struct neuron_case){"CubaLIF", false, false});
	struct opj_array input = array_of(3, (int64_t[]){2, BATCH, NEURONS}, x);
	fake_begin();
	struct opj_array output = run_nir(&nir, &input, 1e-3, false);
	opj_array_finish(&output);
	expect_more(0, "axes", "[2, 1]");
	expect_more(1, "axes", "[1, 0]");
	json_t *buffers = json_object_get(json_array_get(fake.more, 1), "buffers");
	cr_assert_eq(json_array_size(buffers), 7);
	cr_assert_str_eq(json_string_value(json_object_get(json_array_get(buffers, 0), "name")), "r");
	size_t at = 0, selects = 0, calls = 0;
	json_t *line;
	json_array_foreach(fake.log, at, line)
	{
		const char *op = json_string_value(json_object_get(line, "op"));
		if (op && strcmp(op, "aten.select.int") == 0) /* blocks of whole cache lines; floats before the slice */
			expect_more(at, "places", selects++ == 0 ? "[[64, 0], [64, 0]]" : "[[64, 0], [64, 6]]");
		if (!json_object_get(line, "dir"))
			continue;
		expect_more(at, "grad", "1");
		bool neuron = json_integer_value(json_object_get(line, "mod")) == 1;
		expect_more(at, "states",
			    neuron ? "[{\"name\":\"v\",\"shape\":[2,3],\"dtype\":\"float32\"},"
				     "{\"name\":\"i\",\"shape\":[2,3],\"dtype\":\"float32\"}]"
				   : "[]");
		calls++;
	}
	cr_assert(selects == 2 && calls == 3);
	fake_end();
}

/* A potential exactly on the threshold does not fire: v > v_threshold. */
Test(native, on_the_threshold)
{
	float x[] = {1, 0, 0x1p-23F, 1};
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "IF", 1, (int64_t[]){1}, 1, (int64_t[]){1});
	nir_number(node, "r", 1);
	nir_number(node, "v_threshold", 1);
	H5Gclose(node);
	struct opj_array input = array_of(3, (int64_t[]){4, 1, 1}, x);
	struct opj_array output = run_nir(&nir, &input, 1e-4, false);
	expect_values(&output, (double[]){0, 0, 1, 0});
	opj_array_finish(&output);
}

Test(native, threshold)
{
	float x[] = {0.25F, 0.5F, 0.75F, 0.5F, 0.5F, 0.5F};
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "Threshold", 1, (int64_t[]){3}, 1, (int64_t[]){3});
	nir_floats(node, "threshold", NIR_DIMS(3), (float[]){0.5F, 0.5F, 0.25F});
	H5Gclose(node);
	struct opj_array input = array_of(3, (int64_t[]){2, 1, 3}, x);
	struct opj_array output = run_nir(&nir, &input, 1e-4, false);
	expect_values(&output, (double[]){0, 0, 1, 0, 0, 1});
	opj_array_finish(&output);
}

Test(native, delay)
{
	enum { T = 9, N = 2 };
	static const int steps[] = {0, 1, 4};
	float *x = noise(T * N * 3, 11);
	struct nir_file nir;
	hid_t node = nir_begin_one(&nir, "Delay", 1, (int64_t[]){3}, 1, (int64_t[]){3});
	nir_floats(node, "delay", NIR_DIMS(3), (float[]){0, 1e-3F, 4e-3F});
	H5Gclose(node);
	struct opj_array input = array_of(3, (int64_t[]){T, N, 3}, x);
	struct opj_array output = run_nir(&nir, &input, 1e-3, false);
	double expected[T * N * 3];
	for (int i = 0; i < T * N * 3; i++) {
		int past = i / (N * 3) - steps[i % 3];
		expected[i] = past < 0 ? 0 : x[past * N * 3 + i % (N * 3)];
	}
	expect_values(&output, expected);
	opj_array_finish(&output);
	free(x);
}

/* Graphs ----------------------------------------------------------------------------------------------------------- */

static void write_scale(hid_t graph, const char *name, float factor)
{
	hid_t node = nir_node(graph, name, "Scale");
	nir_floats(node, "scale", NIR_DIMS(1), &factor);
	H5Gclose(node);
}

/* y = 2 x + 3 (5 y') where y' is y of the step before: a branch, a sum and a cycle. */
Test(native, edges_are_summed_and_cycles_delay)
{
	float x[] = {1, 0, 1, 2};
	struct nir_file nir = nir_begin();
	nir_port(nir.graph, "in", "Input", 1, (int64_t[]){1});
	nir_port(nir.graph, "out", "Output", 1, (int64_t[]){1});
	write_scale(nir.graph, "a", 2);
	write_scale(nir.graph, "b", 3);
	write_scale(nir.graph, "sum", 1);
	write_scale(nir.graph, "back", 5);
	nir_edges(nir.graph, 6,
		  (const char *[]){"b", "sum", "back", "b", "sum", "back", "in", "a", "a", "sum", "sum", "out"});
	struct opj_array input = array_of(3, (int64_t[]){4, 1, 1}, x);
	struct opj_array output = run_nir(&nir, &input, 1e-4, false);
	double expected[4], y = 0;
	for (int t = 0; t < 4; t++)
		expected[t] = y = 2 * x[t] + 15 * y;
	expect_values(&output, expected);
	opj_array_finish(&output);
}

/* in -> block(in -> inner(in -> s -> out) -> out) -> out, and around it, with scopes as they are recorded. */
Test(native, nested_graphs)
{
	float x[] = {1, 2};
	struct nir_file nir = nir_begin();
	nir_port(nir.graph, "in", "Input", 1, (int64_t[]){1});
	nir_port(nir.graph, "out", "Output", 1, (int64_t[]){1});
	hid_t block = nir_node(nir.graph, "block", "NIRGraph"), inner = nir_node(block, "inner", "NIRGraph");
	hid_t graphs[] = {block, inner};
	for (int i = 0; i < 2; i++) {
		nir_port(graphs[i], "in", "Input", 1, (int64_t[]){1});
		nir_port(graphs[i], "out", "Output", 1, (int64_t[]){1});
	}
	write_scale(inner, "s", 3);
	nir_edges(inner, 2, (const char *[]){"in", "s", "s", "out"});
	nir_edges(block, 2, (const char *[]){"in", "inner", "inner", "out"});
	nir_edges(nir.graph, 3, (const char *[]){"in", "block", "block", "out", "in", "out"});
	H5Gclose(inner);
	H5Gclose(block);
	struct opj_array input = array_of(3, (int64_t[]){2, 1, 1}, x);
	fake_begin();
	struct opj_array output = run_nir(&nir, &input, 1e-4, false);
	expect_values(&output, (double[]){4, 8});
	opj_array_finish(&output);
	static const char *const paths[] = {"Net", "Net.block", "Net.block.inner", "Net.block.inner.s"};
	static const char *const names[] = {"aten.select.int", "aten.mul.Tensor", "aten.add.Tensor"};
	static const size_t depths[] = {2, 5, 2};
	for (size_t i = 0; i < 4; i++)
		cr_assert_str_eq(json_string_value(json_object_get(json_array_get(fake.log, i), "path")), paths[i]);
	size_t at = 4;
	for (size_t i = 0; i < 3; at++) {
		json_t *line = json_array_get(fake.log, at);
		if (!json_object_get(line, "op"))
			continue;
		cr_assert_str_eq(json_string_value(json_object_get(line, "op")), names[i]);
		cr_assert_eq(json_array_size(json_object_get(line, "parents")), depths[i]);
		i++;
	}
	fake_end();
}
