/* record/scan/bits.h: sets of positions as bit strings, bit i in word i / 64. */
#ifndef OPJ_RECORD_SCAN_BITS_H
#define OPJ_RECORD_SCAN_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t opj_bits_words(uint64_t bits)
{
	return (size_t)(bits / 64 + (bits % 64 != 0));
}

static inline void opj_bits_or(uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] |= from[i];
}

/* Bits of n bytes (each at most 128): which of them are not 0. Returns whether any is. */
static inline bool opj_bits_pack(uint64_t *to, const uint8_t *count, size_t n)
{
	uint64_t any = 0;
	for (size_t i = 0; i < n; i += 64) {
		uint64_t word = 0;
		for (size_t k = 0; k < 64 && i + k < n; k += 8) {
			uint64_t bytes = 0;
			if (n - i - k >= 8)
				memcpy(&bytes, count + i + k, 8);
			else
				for (size_t b = 0; b < n - i - k; b++)
					bytes |= (uint64_t)count[i + k + b] << (8 * b);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
			if (n - i - k >= 8)
				bytes = __builtin_bswap64(bytes);
#endif
			bytes = ((bytes + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7) & UINT64_C(0x0101010101010101);
			word |= (bytes * UINT64_C(0x0102040810204080) >> 56) << k;
		}
		to[i / 64] = word;
		any |= word;
	}
	return any != 0;
}

/* bits |= bits shifted up by `shift`; what leaves the last word is lost. */
static inline void opj_bits_smear(uint64_t *bits, size_t words, uint64_t shift)
{
	size_t skip = (size_t)(shift / 64);
	unsigned by = shift % 64;
	for (size_t i = words; i-- > skip;) {
		uint64_t moved = bits[i - skip] << by;
		if (by && i > skip)
			moved |= bits[i - skip - 1] >> (64 - by);
		bits[i] |= moved;
	}
}

/* The 64 bits from bit `at` on; the string must reach one word further than `at` / 64. */
static inline uint64_t opj_bits_read(const uint64_t *bits, uint64_t at)
{
	unsigned by = at % 64;
	uint64_t word = bits[at / 64] >> by;
	return by ? word | bits[at / 64 + 1] << (64 - by) : word;
}

#endif
