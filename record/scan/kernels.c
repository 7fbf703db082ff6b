/* record/scan/kernels.c: which kernels there are and which of them this CPU gets.
 *
 * The kernels are written once (kernels_isa.h, kernels_word.h), with GNU vector extensions and plain loops, and
 * compiled here once per instruction set by way of target attributes. The choice is made at run time, on first use. */
#include "scan.h"
#include <stdatomic.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

static inline int opj_scan_bit_length(uint64_t x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline void opj_scan_bits_raise(struct opj_scan_bits *bits, int exponent)
{
	bits->exponent = exponent > bits->exponent ? exponent : bits->exponent;
}

#if !defined(__x86_64__) && !defined(__aarch64__)
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int16_t halves8 __attribute__((vector_size(16)));

static inline bytes16 larger_bytes(bytes16 a, bytes16 b)
{
	bytes16 is_larger = (bytes16)(a > b);
	return (a & is_larger) | (b & ~is_larger);
}

static inline halves8 larger_halves(halves8 a, halves8 b)
{
	halves8 is_larger = (halves8)(a > b);
	return (a & is_larger) | (b & ~is_larger);
}
#endif

/* The set that runs wherever this build does: SSE2 on x86-64, NEON on arm64, else whatever 16 bytes become. */
#if defined(__aarch64__)
#define BASE kernels_neon
#define ISA neon
#else
#define BASE kernels_portable
#define ISA portable
#endif
#define VBYTES 16
#define TARGET
#if defined(__x86_64__)
#define MAXIMUM_8(a, b) _mm_max_epu8((__m128i)(a), (__m128i)(b))
#define MAXIMUM_16(a, b) _mm_max_epi16((__m128i)(a), (__m128i)(b))
#elif defined(__aarch64__)
#define MAXIMUM_8(a, b) vmaxq_u8((uint8x16_t)(a), (uint8x16_t)(b))
#define MAXIMUM_16(a, b) vmaxq_s16((int16x8_t)(a), (int16x8_t)(b))
#else
#define MAXIMUM_8(a, b) larger_bytes((bytes16)(a), (bytes16)(b))
#define MAXIMUM_16(a, b) larger_halves((halves8)(a), (halves8)(b))
#endif
#include "kernels_isa.h"

static bool can_base(void)
{
	return true;
}

#if defined(__x86_64__)
#define HAVE_X86 1

#define ISA avx2
#define VBYTES 32
#define TARGET __attribute__((target("avx2,popcnt")))
#define MAXIMUM_8(a, b) _mm256_max_epu8((__m256i)(a), (__m256i)(b))
#define MAXIMUM_16(a, b) _mm256_max_epi16((__m256i)(a), (__m256i)(b))
#include "kernels_isa.h"

#define ISA avx512
#define VBYTES 64
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))
#define MAXIMUM_8(a, b) _mm512_max_epu8((__m512i)(a), (__m512i)(b))
#define MAXIMUM_16(a, b) _mm512_max_epi16((__m512i)(a), (__m512i)(b))
#include "kernels_isa.h"

static bool can_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool can_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

/* Best first. */
static const struct {
	const struct opj_scan_kernels *kernels;
	bool (*can)(void);
} sets[] = {
#ifdef HAVE_X86
    {&kernels_avx512, can_avx512},
    {&kernels_avx2, can_avx2},
#endif
    {&BASE, can_base},
};
enum { SET_COUNT = sizeof sets / sizeof *sets };

static _Atomic(const struct opj_scan_kernels *) chosen;

int opj_scan_kernels_use(const char *name)
{
	for (int i = 0; i < SET_COUNT; i++) {
		if (name && strcmp(sets[i].kernels->name, name) != 0)
			continue;
		if (sets[i].can()) {
			atomic_store(&chosen, sets[i].kernels);
			return 0;
		}
	}
	return -1;
}

const struct opj_scan_kernels *opj_scan_kernels_get(void)
{
	const struct opj_scan_kernels *kernels = atomic_load_explicit(&chosen, memory_order_relaxed);
	if (kernels)
		return kernels;
	const char *name = getenv("OPJOULE_SCAN");
	if (!name || opj_scan_kernels_use(name) < 0)
		opj_scan_kernels_use(NULL);
	return atomic_load(&chosen);
}
