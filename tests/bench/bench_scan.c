/* tests/bench/bench_scan.c: how fast value scans and spike statistics are, beside reading the same memory.
 *
 * The yardstick is a sum over the buffer with the widest vectors of this CPU, which does nothing but load and add. It
 * and the scan take turns, each figure is the best of its rounds, and what counts is the ratio: on a shared machine the
 * bandwidth itself changes from minute to minute. */
#include "record/scan/scan.h"
#include <opjoule/recorder.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9 };

static volatile uint64_t sink;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

#define DEFINE_READ(name, bytes, attribute)                                                                            \
	attribute static void name(const char *data, size_t size)                                                      \
	{                                                                                                              \
		typedef uint64_t vec __attribute__((vector_size(bytes), aligned(1), may_alias));                       \
		vec a = {0}, b = {0}, c = {0}, d = {0};                                                                \
		for (size_t i = 0; i + 4 * bytes <= size; i += 4 * bytes) {                                            \
			const vec *at = (const vec *)(data + i);                                                       \
			a += at[0];                                                                                    \
			b += at[1];                                                                                    \
			c += at[2];                                                                                    \
			d += at[3];                                                                                    \
		}                                                                                                      \
		a += b + c + d;                                                                                        \
		sink += a[0];                                                                                          \
	}

DEFINE_READ(read_base, 16, )
#if defined(__x86_64__)
DEFINE_READ(read_avx2, 32, __attribute__((target("avx2"))))
DEFINE_READ(read_avx512, 64, __attribute__((target("avx512f"))))
#endif

static void (*widest_read(void))(const char *, size_t)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		return read_avx512;
	if (__builtin_cpu_supports("avx2"))
		return read_avx2;
#endif
	return read_base;
}

/* What a buffer holds: spikes (5 % ones), counts (0 to 3), dense (anything). */
static void fill(char *data, size_t n, const struct opj_dtype_entry *dtype, const char *content)
{
	static const float small[] = {0, 1, 2, 3};
	uint64_t random = 88172645463325252;
	const struct opj_scan_type *type = opj_scan_type_find(dtype->type);
	size_t bytes = opj_dtype_size(dtype->type);
	for (size_t i = 0; i < n; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		uint64_t bits = random % 20 == 0 ? type->one : 0;
		if (strcmp(content, "dense") == 0)
			bits = random & ~type->sign;
		else if (strcmp(content, "counts") == 0 && type->sign)
			memcpy(&bits, &small[random % 4], sizeof *small); /* float32 only */
		else if (strcmp(content, "counts") == 0)
			bits = random % 4;
		memcpy(data + i * bytes, &bits, bytes);
	}
}

static void bench_buffer(char *data, size_t size, const char *set, const char *dtype, const char *content)
{
	struct opj_dtype_entry entry = {.name = dtype};
	struct opj_stats stats;
	opj_dtype_parse(dtype, &entry.type);
	int64_t n = (int64_t)(size / opj_dtype_size(entry.type));
	DLTensor tensor = {.data = data, .device = {kDLCPU, 0}, .ndim = 1, .dtype = entry.type, .shape = &n};
	void (*reader)(const char *, size_t) = widest_read();
	int repeat = size < 1 << 22 ? (1 << 25) / (int)size : 1;
	double reading = 1e9, scanning = 1e9;
	fill(data, (size_t)n, &entry, content);
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now();
		for (int i = 0; i < repeat; i++)
			reader(data, size);
		double middle = now();
		for (int i = 0; i < repeat; i++)
			opj_tensor_scan(&tensor, &stats, NULL);
		double end = now();
		reading = middle - begin < reading ? middle - begin : reading;
		scanning = end - middle < scanning ? end - middle : scanning;
	}
	double bytes = (double)size * repeat / 1e9;
	printf("%-9s %-9s %-7s %8zu %9.1f %9.1f %7.2f\n", set, dtype, content, size >> 10, bytes / reading,
	       bytes / scanning, reading / scanning);
}

static void bench_scans(char *data)
{
	static const char *const sets[] = {"portable", "neon", "avx2", "avx512"};
	static const char *const dtypes[] = {"float64", "float16", "bfloat16", "bool", "uint8", "int64"};
	static const size_t sizes[] = {16 << 10, 128 << 10, 256 << 20};
	printf("%-9s %-9s %-7s %8s %9s %9s %7s\n", "set", "dtype", "values", "KiB", "read GB/s", "scan GB/s", "ratio");
	for (int s = 0; s < 4; s++) {
		if (opj_scan_kernels_use(sets[s]) < 0)
			continue;
		for (int k = 0; k < 3; k++) {
			bench_buffer(data, sizes[k], sets[s], "float32", "spikes");
			bench_buffer(data, sizes[k], sets[s], "float32", "dense");
			bench_buffer(data, sizes[k], sets[s], "float32", "counts");
			bench_buffer(data, sizes[k], sets[s], "int64", "counts");
			for (int d = 0; d < 6 && k > 0; d++)
				bench_buffer(data, sizes[k], sets[s], dtypes[d], "spikes");
		}
	}
	opj_scan_kernels_use(NULL);
}

struct convolution {
	int spatial;
	int64_t shape[5], outputs, kernel, stride, padding, groups;
	bool channels_last;
};

static const struct convolution convolutions[] = {
    {2, {32, 16, 8, 8}, 32, 3, 2, 1, 1, false},      {2, {32, 32, 4, 4}, 32, 3, 2, 1, 1, false},
    {2, {16, 2, 128, 128}, 16, 3, 1, 1, 1, false},   {2, {16, 64, 56, 56}, 64, 3, 1, 1, 1, false},
    {2, {16, 64, 56, 56}, 64, 3, 1, 1, 1, true},     {2, {16, 256, 14, 14}, 256, 3, 1, 1, 1, false},
    {2, {16, 64, 28, 28}, 64, 3, 1, 1, 64, false},   {1, {16, 64, 16000}, 64, 80, 4, 0, 1, false},
    {3, {4, 16, 16, 32, 32}, 16, 3, 1, 1, 1, false},
};

static void bench_convolution(char *data, const struct convolution *c)
{
	struct opj_dtype_entry entry = {"float32", {kDLFloat, 32, 1}};
	struct opj_spike_stats stats;
	int64_t w[5] = {c->outputs, c->shape[1] / c->groups, c->kernel, c->kernel, c->kernel}, n = 1, strides[5], step;
	int64_t stride[3] = {c->stride, c->stride, c->stride}, padding[3] = {c->padding, c->padding, c->padding};
	int64_t dilation[3] = {1, 1, 1}, shape[5];
	struct opj_conv_geometry g = {c->spatial, w, stride, padding, dilation, NULL, false, c->groups};
	DLTensor x = {.data = data, .device = {kDLCPU, 0}, .ndim = c->spatial + 2, .dtype = entry.type, .shape = shape};
	memcpy(shape, c->shape, sizeof shape);
	for (int d = 0; d < x.ndim; d++)
		n *= shape[d];
	step = strides[1] = 1;
	for (int d = x.ndim - 1; d > 1; d--) {
		strides[d] = step * shape[1];
		step *= shape[d];
	}
	strides[0] = step * shape[1];
	x.strides = c->channels_last ? strides : NULL;
	fill(data, (size_t)n, &entry, "spikes");
	int repeat = (int)((1 << 22) / n) + 1;
	double reading = 1e9, counting = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now();
		for (int i = 0; i < repeat; i++)
			widest_read()(data, (size_t)n * 4);
		double middle = now();
		for (int i = 0; i < repeat; i++) {
			opj_spike_convolution(&x, &g, &stats, NULL);
			opj_spike_stats_finish(&stats);
		}
		double end = now();
		reading = middle - begin < reading ? middle - begin : reading;
		counting = end - middle < counting ? end - middle : counting;
	}
	char text[64];
	int used = snprintf(text, sizeof text, "%ld", (long)shape[0]);
	for (int d = 1; d < x.ndim; d++)
		used += snprintf(text + used, sizeof text - (size_t)used, "x%ld", (long)shape[d]);
	printf("%-16s kernel %2ld stride %ld groups %2ld %-13s %8.1f us %6.3f ns/element %5.1fx read\n", text,
	       (long)c->kernel, (long)c->stride, (long)c->groups, c->channels_last ? "channels last" : "",
	       counting / repeat * 1e6, counting / repeat / (double)n * 1e9, counting / reading);
}

/* m x k @ k x n, both spikes. */
static void bench_matmul(char *data, int64_t m, int64_t k, int64_t n)
{
	struct opj_dtype_entry entry = {"float32", {kDLFloat, 32, 1}};
	struct opj_spike_stats stats;
	int64_t left[2] = {m, k}, right[2] = {k, n};
	DLTensor x = {.data = data, .device = {kDLCPU, 0}, .ndim = 2, .dtype = entry.type, .shape = left}, y = x;
	y.shape = right;
	y.data = data + m * k * 4;
	fill(data, (size_t)(m * k + k * n), &entry, "spikes");
	double best = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now();
		opj_spike_matmul(&x, &y, true, true, &stats, NULL);
		double took = now() - begin;
		best = took < best ? took : best;
	}
	printf("%ldx%ld @ %ldx%ld %30s %8.1f us %6.3f ns/element\n", (long)m, (long)k, (long)k, (long)n, "", best * 1e6,
	       best * 1e9 / (double)(m * k + k * n));
}

int main(void)
{
	char *data = aligned_alloc(64, 256 << 20);
	if (!data) {
		fputs("bench_scan: no memory for 256 MiB\n", stderr);
		return 1;
	}
	bench_scans(data);
	printf("\nspike statistics, %s, float32, 5 %% spikes\n", opj_scan_kernels_get()->name);
	for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++)
		bench_convolution(data, &convolutions[i]);
	bench_matmul(data, 196, 64, 196);
	bench_matmul(data, 1024, 1024, 1024);
	free(data);
	return 0;
}
