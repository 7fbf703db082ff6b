/* record/scan/kernels_isa.h: all kernels for one instruction set. No include guard: kernels.c includes it once per set.
 * Takes and undefines ISA (a name), VBYTES (bytes of a vector), TARGET (the functions' target attribute) and MAXIMUM_8
 * and MAXIMUM_16 (the larger of two vectors' lanes, unsigned 8-bit ones and signed 16-bit ones). */
#define PASTE3(a, b, c) a##_##b##_##c
#define EXPAND3(a, b, c) PASTE3(a, b, c)
#define NAME(thing) EXPAND3(thing, ISA, BITS)

#define BITS 8
#include "kernels_word.h"
#undef BITS
#define BITS 16
#include "kernels_word.h"
#undef BITS
#define BITS 32
#include "kernels_word.h"
#undef BITS
#define BITS 64
#include "kernels_word.h"
#undef BITS

#define PASTE2(a, b) a##_##b
#define EXPAND2(a, b) PASTE2(a, b)
#define TEXT(a) #a
#define EXPAND_TEXT(a) TEXT(a)
#define WORD(bits)                                                                                                     \
	{                                                                                                              \
		.binary = EXPAND3(binary, ISA, bits), .ternary = EXPAND3(ternary, ISA, bits),                          \
		.columns = EXPAND3(columns, ISA, bits), .whole_int = EXPAND3(whole_int, ISA, bits),                    \
		.whole_float = EXPAND3(whole_float, ISA, bits), .nonzero = EXPAND3(nonzero, ISA, bits),                \
		.dense = EXPAND3(dense, ISA, bits), .between = EXPAND3(between, ISA, bits),                            \
		.planes = EXPAND3(planes, ISA, bits), .pixels = EXPAND3(pixels, ISA, bits),                            \
	}

TARGET static uint32_t EXPAND2(weigh, ISA)(const uint8_t *count, const uint32_t *weight, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += count[i] * weight[i];
	return sum;
}

TARGET static uint64_t EXPAND2(count_bits, ISA)(const uint64_t *bits, size_t words)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < words; i++)
		sum += (uint64_t)__builtin_popcountll(bits[i]);
	return sum;
}

TARGET static uint64_t EXPAND2(count_common, ISA)(const uint64_t *bits, const uint64_t *others, size_t words)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < words; i++)
		sum += (uint64_t)__builtin_popcountll(bits[i] & others[i]);
	return sum;
}

static const struct opj_scan_kernels EXPAND2(kernels, ISA) = {
    .name = EXPAND_TEXT(ISA),
    .word = {WORD(8), WORD(16), WORD(32), WORD(64)},
    .weigh = EXPAND2(weigh, ISA),
    .count_bits = EXPAND2(count_bits, ISA),
    .count_common = EXPAND2(count_common, ISA),
};

#undef WORD
#undef EXPAND_TEXT
#undef TEXT
#undef EXPAND2
#undef PASTE2
#undef NAME
#undef EXPAND3
#undef PASTE3
#undef MAXIMUM_16
#undef MAXIMUM_8
#undef TARGET
#undef VBYTES
#undef ISA
