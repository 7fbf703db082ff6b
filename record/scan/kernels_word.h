/* record/scan/kernels_word.h: the kernels for one word size and one instruction set; kernels_isa.h includes it, with
 * BITS (8, 16, 32 or 64), VBYTES, TARGET and NAME set. scan.h says what each kernel promises.
 *
 * `binary` is the one that must be fast: per vector a comparison with 1, a subtraction that counts (true is -1), and
 * what is not 1 is collected by OR; only its sign bit (-0.0) may be left at the end of a block. */
#define CAT(a, b, c) a##b##c
#define UINT(bits) CAT(uint, bits, _t)
#define SINT(bits) CAT(int, bits, _t)
#define WORD_T UINT(BITS)
#define VEC NAME(vec)
#define LANES (VBYTES / (BITS / 8))

typedef WORD_T VEC __attribute__((vector_size(VBYTES), aligned(1), may_alias));
typedef WORD_T NAME(loose) __attribute__((aligned(1), may_alias));

/* Vectors per block: few enough that an 8-bit lane cannot overflow and that a failed block is cheap to read again. */
#define BLOCK_VECS (BITS == 8 ? 240 : 512)
#define STREAMS 4 /* vectors taken at a time, each into sums of its own: no waiting for the last sum */
#define BLOCK ((size_t)BLOCK_VECS * LANES)

TARGET static inline uint64_t NAME(add_lanes)(const VEC *v)
{
	const WORD_T *lanes = (const WORD_T *)v;
	uint64_t sum = 0;
	for (int i = 0; i < LANES; i++)
		sum += lanes[i];
	return sum;
}

TARGET static inline bool NAME(any_lane)(const VEC *v)
{
	uint64_t words[VBYTES / 8], any = 0;
	memcpy(words, v, VBYTES);
	for (int i = 0; i < VBYTES / 8; i++)
		any |= words[i];
	return any != 0;
}

/* One vector's part in a block of binary or ternary elements. */
#define TAKE(v, ones, rest)                                                                                            \
	do {                                                                                                           \
		VEC hit = (VEC)((v) == one);                                                                           \
		if (both)                                                                                              \
			hit |= (VEC)((v) == minus);                                                                    \
		(ones) -= hit;                                                                                         \
		(rest) |= (v) & ~hit;                                                                                  \
	} while (0)

TARGET static inline __attribute__((always_inline)) size_t
NAME(units)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz, bool both)
{
	const char *from = data;
	const WORD_T one = (WORD_T)type->one, minus = (WORD_T)type->minus, sign = (WORD_T)type->sign;
	for (size_t done = 0; done < n;) {
		size_t count = n - done < BLOCK ? n - done : BLOCK, i = 0;
		VEC ones[STREAMS] = {0}, rest[STREAMS] = {0};
		for (; i + STREAMS * LANES <= count; i += STREAMS * LANES) {
			const VEC *at = (const VEC *)(from + i * (BITS / 8));
			TAKE(at[0], ones[0], rest[0]);
			TAKE(at[1], ones[1], rest[1]);
			TAKE(at[2], ones[2], rest[2]);
			TAKE(at[3], ones[3], rest[3]);
		}
		for (; i < count; i += LANES) {
			VEC v = {0};
			size_t part = count - i < LANES ? count - i : LANES;
			memcpy(&v, from + i * (BITS / 8), part * (BITS / 8));
			TAKE(v, ones[0], rest[0]);
		}
		rest[0] = (rest[0] | rest[1] | rest[2] | rest[3]) & (WORD_T)~sign;
		if (NAME(any_lane)(&rest[0]))
			return done;
		ones[0] += ones[1] + ones[2] + ones[3];
		*nnz += NAME(add_lanes)(&ones[0]);
		done += count;
		from += count * (BITS / 8);
	}
	return n;
}

#define GIVE(ones, count)                                                                                              \
	for (size_t lane = 0; lane < part; lane++)                                                                     \
		(count)[lane] += (uint32_t)((const WORD_T *)&(ones))[lane];

TARGET static bool NAME(columns)(const void *data, ptrdiff_t row_stride, size_t rows, size_t n,
				 const struct opj_scan_type *type, uint32_t *count)
{
	const bool both = false;
	const WORD_T one = (WORD_T)type->one, minus = 0;
	const VEC zero = {0};
	const char *from = data;
	VEC rest = zero;
	size_t i = 0, part = LANES;
	for (; i + 4 * LANES <= n; i += 4 * LANES, from += 4 * VBYTES, count += 4 * LANES) {
		VEC ones_0 = zero, ones_1 = zero, ones_2 = zero, ones_3 = zero;
		const char *row = from;
		for (size_t r = 0; r < rows; r++, row += row_stride) {
			const VEC *at = (const VEC *)row;
			TAKE(at[0], ones_0, rest);
			TAKE(at[1], ones_1, rest);
			TAKE(at[2], ones_2, rest);
			TAKE(at[3], ones_3, rest);
		}
		GIVE(ones_0, count);
		GIVE(ones_1, count + LANES);
		GIVE(ones_2, count + 2 * LANES);
		GIVE(ones_3, count + 3 * LANES);
	}
	for (; i < n; i += LANES, from += VBYTES, count += LANES) {
		VEC ones = zero, v = zero;
		const char *row = from;
		part = n - i < LANES ? n - i : LANES;
		for (size_t r = 0; r < rows; r++, row += row_stride) {
			memcpy(&v, row, part * (BITS / 8));
			TAKE(v, ones, rest);
		}
		GIVE(ones, count);
	}
	rest &= (WORD_T)~type->sign;
	return !NAME(any_lane)(&rest);
}
#undef GIVE
#undef TAKE

TARGET static size_t NAME(binary)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz)
{
	return NAME(units)(data, n, type, nnz, false);
}

TARGET static size_t NAME(ternary)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz)
{
	return NAME(units)(data, n, type, nnz, true);
}

TARGET static uint64_t NAME(nonzero)(const void *data, size_t n, uint64_t sign_bit)
{
	const char *from = data;
	const WORD_T keep = (WORD_T)~sign_bit;
	uint64_t zeros = 0, padding = 0;
	for (size_t done = 0; done < n;) {
		size_t count = n - done < BLOCK ? n - done : BLOCK, i = 0;
		VEC zeroes[STREAMS] = {0};
		for (; i + STREAMS * LANES <= count; i += STREAMS * LANES) {
			const VEC *at = (const VEC *)(from + i * (BITS / 8));
			zeroes[0] -= (VEC)((at[0] & keep) == 0);
			zeroes[1] -= (VEC)((at[1] & keep) == 0);
			zeroes[2] -= (VEC)((at[2] & keep) == 0);
			zeroes[3] -= (VEC)((at[3] & keep) == 0);
		}
		for (; i < count; i += LANES) {
			VEC v = {0};
			size_t part = count - i < LANES ? count - i : LANES;
			memcpy(&v, from + i * (BITS / 8), part * (BITS / 8));
			zeroes[0] -= (VEC)((v & keep) == 0);
			padding += LANES - part;
		}
		zeroes[0] += zeroes[1] + zeroes[2] + zeroes[3];
		zeros += NAME(add_lanes)(&zeroes[0]);
		done += count;
		from += count * (BITS / 8);
	}
	return n + padding - zeros;
}

/* As above, for floats, and what else their bits say. Their exponents stand in the upper 16 bits, and a maximum of
 * signed 16-bit lanes is one instruction in every set, which one of 32- or 64-bit lanes is not. */
#if BITS == 8
#define TOP_MASK 0x7f
#define TOP_MAXIMUM(a, b) MAXIMUM_8(a, b)
#define TOP_OF(word) (word)
#else
#define TOP_MASK keep
#define TOP_MAXIMUM(a, b) MAXIMUM_16(a, b)
#define TOP_OF(word) ((uint16_t)((word) >> (BITS - 16)))
#endif
#define TAKE(v, w, zeroes, others, any, top)                                                                           \
	do {                                                                                                           \
		VEC first = (v)&keep, second = (w)&keep;                                                               \
		(zeroes) -= (VEC)(first == 0);                                                                         \
		(others) -= (VEC)(second == 0);                                                                        \
		(any) |= (v) | (w); /* one instruction where there is a ternary one */                                 \
		(top) = (VEC)TOP_MAXIMUM((top), TOP_MAXIMUM(first & (WORD_T)TOP_MASK, second & (WORD_T)TOP_MASK));     \
	} while (0)

TARGET static uint64_t NAME(dense)(const void *data, size_t n, uint64_t sign_bit, struct opj_scan_bits *bits)
{
	const char *from = data;
	const WORD_T keep = (WORD_T)~sign_bit;
	uint64_t zeros = 0, padding = 0;
	VEC any[2] = {0}, top[2] = {0};
	for (size_t done = 0; done < n;) {
		size_t count = n - done < BLOCK ? n - done : BLOCK, i = 0;
		VEC zeroes[STREAMS] = {0};
		for (; i + STREAMS * LANES <= count; i += STREAMS * LANES) {
			const VEC *at = (const VEC *)(from + i * (BITS / 8));
			TAKE(at[0], at[1], zeroes[0], zeroes[1], any[0], top[0]);
			TAKE(at[2], at[3], zeroes[2], zeroes[3], any[1], top[1]);
		}
		for (; i < count; i += LANES) {
			VEC v = {0};
			size_t part = count - i < LANES ? count - i : LANES;
			memcpy(&v, from + i * (BITS / 8), part * (BITS / 8));
			zeroes[0] -= (VEC)((v & keep) == 0);
			any[0] |= v;
			top[0] = (VEC)TOP_MAXIMUM(top[0], v & (WORD_T)(TOP_MASK & keep));
			padding += LANES - part;
		}
		zeroes[0] += zeroes[1] + zeroes[2] + zeroes[3];
		zeros += NAME(add_lanes)(&zeroes[0]);
		done += count;
		from += count * (BITS / 8);
	}
	any[0] |= any[1];
	for (int lane = 0; lane < LANES; lane++) {
		uint16_t a = TOP_OF(top[0][lane]), b = TOP_OF(top[1][lane]);
		bits->any |= any[0][lane];
		bits->top = a > bits->top ? a : bits->top;
		bits->top = b > bits->top ? b : bits->top;
	}
	return n + padding - zeros;
}
#undef TAKE
#undef TOP_OF
#undef TOP_MAXIMUM
#undef TOP_MASK

TARGET static bool NAME(between)(const void *data, size_t n, uint64_t first, uint64_t count)
{
	const NAME(loose) *from = data;
	const WORD_T low = (WORD_T)first, length = (WORD_T)count;
	WORD_T outside = (WORD_T)-1;
	for (size_t done = 0; done < n && outside;) {
		size_t end = n - done < BLOCK ? n : done + BLOCK;
		for (; done < end; done++)
			outside &= (WORD_T)(from[done] - low) < length ? 0 : (WORD_T)-1;
	}
	return !outside;
}

TARGET static void NAME(planes)(const void *data, ptrdiff_t plane_stride, unsigned planes, size_t n, uint64_t sign_bit,
				uint8_t *count)
{
	const char *from = data;
	const WORD_T keep = (WORD_T)~sign_bit;
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		const char *at = from + i * (BITS / 8);
		VEC zeros = {0};
		for (unsigned c = 0; c < planes; c++)
			zeros -= (VEC)((*(const VEC *)(at + plane_stride * (ptrdiff_t)c) & keep) == 0);
		for (int lane = 0; lane < LANES; lane++)
			count[i + (size_t)lane] = (uint8_t)(planes - (unsigned)((WORD_T *)&zeros)[lane]);
	}
	for (; i < n; i++) {
		unsigned sum = 0;
		for (unsigned c = 0; c < planes; c++) {
			const char *at = from + plane_stride * (ptrdiff_t)c + i * (BITS / 8);
			sum += (*(const NAME(loose) *)at & keep) != 0;
		}
		count[i] = (uint8_t)sum;
	}
}

/* Not `sum += x != 0`: gcc 12 counts such a sum of sixteen backwards when it vectorises it. */
TARGET static inline WORD_T NAME(is_nonzero)(WORD_T x)
{
	return (WORD_T)(x | (WORD_T)-x) >> (BITS - 1);
}

TARGET static void NAME(pixels)(const void *data, ptrdiff_t pixel_stride, unsigned channels, size_t n,
				uint64_t sign_bit, uint8_t *count)
{
	const char *from = data;
	const WORD_T keep = (WORD_T)~sign_bit;
	for (size_t i = 0; i < n; i++, from += pixel_stride) {
		const NAME(loose) *at = (const NAME(loose) *)from;
		WORD_T sum = 0;
		if (channels == 16) {
			for (int c = 0; c < 16; c++)
				sum += NAME(is_nonzero)(at[c] & keep);
		} else {
			for (unsigned c = 0; c < channels; c++)
				sum += NAME(is_nonzero)(at[c] & keep);
		}
		count[i] = (uint8_t)sum;
	}
}

/* Sums of absolute values. 64-bit words are summed in halves, so that nothing overflows within a block. */
TARGET static size_t NAME(whole_int)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz,
				     double *sum, struct opj_scan_bits *bits)
{
	const NAME(loose) *from = data;
	const WORD_T is_signed = type->minus ? (WORD_T)-1 : 0;
	WORD_T any = 0, below = 0;
	for (size_t done = 0; done < n;) {
		size_t count = n - done < BLOCK ? n - done : BLOCK;
		uint64_t nonzero = 0, low = 0, high = 0;
		for (size_t i = 0; i < count; i++) {
			WORD_T x = from[i], fill = (WORD_T)((WORD_T)((SINT(BITS))x >> (BITS - 1)) & is_signed);
			WORD_T magnitude = (WORD_T)((x ^ fill) - fill);
			nonzero += x != 0;
			any |= magnitude;
			below |= fill;
			low += magnitude & UINT32_MAX;
			high += (uint64_t)magnitude >> 32;
		}
		*nnz += nonzero;
		*sum += (double)high * 4294967296.0 + (double)low;
		done += count;
		from += count;
	}
	bits->any |= any;
	bits->negative |= below != 0;
	return n;
}

#if BITS == 32
/* Values below 2^20 are converted to integers and back and summed as such; the few beyond are looked at one by one, and
 * from 2^23 on every finite float32 is whole. */
TARGET static bool NAME(whole_block)(const NAME(loose) * from, size_t count, uint64_t *nnz, double *sum,
				     struct opj_scan_bits *bits)
{
	uint32_t nonzero = 0, fraction = 0, large = 0, total = 0, any = 0, wholes = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t x_bits = from[i] & 0x7fffffffU;
		uint32_t is_large = x_bits >= 0x49800000U ? UINT32_MAX : 0;
		any |= from[i];
		large |= is_large;
		nonzero += x_bits != 0;
		fraction |= x_bits - 1 < 0x3f800000U - 1;
		x_bits &= ~is_large;
		float x;
		memcpy(&x, &x_bits, sizeof x);
		int32_t whole = (int32_t)x;
		fraction |= (float)whole != x;
		total += (uint32_t)whole;
		wholes |= (uint32_t)whole;
	}
	if (fraction)
		return false;
	double exact = (double)total;
	uint32_t largest = 0;
	for (size_t i = 0; large && i < count; i++) {
		uint32_t x_bits = from[i] & 0x7fffffffU;
		float x;
		memcpy(&x, &x_bits, sizeof x);
		if (x_bits < 0x49800000U)
			continue;
		if (x_bits >= 0x7f800000U || (x < 0x1p23F && (float)(int32_t)x != x))
			return false;
		largest = x_bits > largest ? x_bits : largest;
		exact += (double)x;
	}
	*nnz += nonzero;
	*sum += exact;
	bits->any |= any;
	opj_scan_bits_raise(bits, large ? (int)(largest >> 23) - 126 : opj_scan_bit_length(wholes));
	return true;
}
enum { NAME(whole_size) = 2048 }; /* 2048 values below 2^20 stay below 2^32 */

TARGET static size_t NAME(whole_float)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz,
				       double *sum, struct opj_scan_bits *bits)
{
	const NAME(loose) *from = data;
	size_t done = 0;
	(void)type;
	while (done < n) {
		size_t count = n - done < NAME(whole_size) ? n - done : NAME(whole_size);
		if (!NAME(whole_block)(from + done, count, nnz, sum, bits))
			break;
		done += count;
	}
	return done;
}

/* A float of 8 or 16 bits becomes a float32 by rebasing; what would become a denormal or is not finite is replaced by a
 * float32 that is just as little a whole number. */
struct NAME(widening) {
	uint32_t keep, rebase, infinity, least, nan;
	int shift;
};

TARGET static inline uint32_t NAME(widen)(uint32_t raw, const struct NAME(widening) * by)
{
	uint32_t x_bits = raw & by->keep;
	uint32_t wide = (x_bits << by->shift) + by->rebase;
	wide = x_bits >= by->infinity ? 0x7f800000U : wide;
	return x_bits < by->least && raw != by->nan ? x_bits != 0 : wide;
}

typedef uint16_t EXPAND3(loose, ISA, half) __attribute__((aligned(1), may_alias));

TARGET static inline __attribute__((always_inline)) size_t NAME(whole_narrow)(const void *data, size_t n,
									      const struct opj_scan_type *type,
									      uint64_t *nnz, double *sum,
									      struct opj_scan_bits *bits, bool is_half)
{
	const EXPAND3(loose, ISA, half) *halves = data;
	const uint8_t *bytes = data;
	const struct NAME(widening) by = {.keep = (1U << (type->bits - 1)) - 1,
					  .rebase = (uint32_t)(127 - type->bias) << 23,
					  .infinity = (uint32_t)type->infinity,
					  .least = 1U << type->mantissa,
					  .nan = type->sign ? UINT32_MAX : 1U << (type->bits - 1),
					  .shift = 23 - type->mantissa};
	uint32_t wide[NAME(whole_size)], any = 0;
	size_t done = 0;
	while (done < n) {
		size_t count = n - done < NAME(whole_size) ? n - done : NAME(whole_size);
		struct opj_scan_bits wide_bits = {.exponent = bits->exponent};
		for (size_t i = 0; i < count; i++) {
			uint32_t raw = is_half ? halves[done + i] : bytes[done + i];
			any |= raw;
			wide[i] = NAME(widen)(raw, &by);
		}
		if (!NAME(whole_block)((const NAME(loose) *)wide, count, nnz, sum, &wide_bits))
			break;
		bits->exponent = wide_bits.exponent;
		done += count;
	}
	bits->any |= any;
	return done;
}

TARGET static size_t EXPAND3(whole_float, ISA, 16)(const void *data, size_t n, const struct opj_scan_type *type,
						   uint64_t *nnz, double *sum, struct opj_scan_bits *bits)
{
	return NAME(whole_narrow)(data, n, type, nnz, sum, bits, true);
}

TARGET static size_t EXPAND3(whole_float, ISA, 8)(const void *data, size_t n, const struct opj_scan_type *type,
						  uint64_t *nnz, double *sum, struct opj_scan_bits *bits)
{
	return NAME(whole_narrow)(data, n, type, nnz, sum, bits, false);
}
#endif

#if BITS == 64
/* As for float32, with 2^31 as the bound up to which values are converted; beyond 2^52 every finite one is whole. */
TARGET static bool NAME(whole_block)(const NAME(loose) * from, size_t count, uint64_t *nnz, double *sum,
				     struct opj_scan_bits *bits)
{
	const uint64_t bound = UINT64_C(0x41e0000000000000), infinity = UINT64_C(0x7ff0000000000000);
	uint64_t nonzero = 0, fraction = 0, large = 0, total = 0, any = 0, wholes = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t x_bits = from[i] & (UINT64_MAX >> 1);
		uint64_t is_large = x_bits >= bound ? UINT64_MAX : 0;
		any |= from[i];
		large |= is_large;
		nonzero += x_bits != 0;
		fraction |= x_bits - 1 < UINT64_C(0x3ff0000000000000) - 1;
		x_bits &= ~is_large;
		double x;
		memcpy(&x, &x_bits, sizeof x);
		int32_t whole = (int32_t)x;
		fraction |= (double)whole != x;
		total += (uint64_t)whole;
		wholes |= (uint64_t)whole;
	}
	if (fraction)
		return false;
	double exact = (double)total;
	uint64_t largest = 0;
	for (size_t i = 0; large && i < count; i++) {
		uint64_t x_bits = from[i] & (UINT64_MAX >> 1);
		double x;
		memcpy(&x, &x_bits, sizeof x);
		if (x_bits < bound)
			continue;
		if (x_bits >= infinity || (x < 0x1p52 && (double)(int64_t)x != x))
			return false;
		largest = x_bits > largest ? x_bits : largest;
		exact += x;
	}
	*nnz += nonzero;
	*sum += exact;
	bits->any |= any;
	opj_scan_bits_raise(bits, large ? (int)(largest >> 52) - 1022 : opj_scan_bit_length(wholes));
	return true;
}

TARGET static size_t NAME(whole_float)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz,
				       double *sum, struct opj_scan_bits *bits)
{
	const NAME(loose) *from = data;
	size_t done = 0;
	(void)type;
	while (done < n) {
		size_t count = n - done < BLOCK ? n - done : BLOCK;
		if (!NAME(whole_block)(from + done, count, nnz, sum, bits))
			break;
		done += count;
	}
	return done;
}
#endif

#undef BLOCK
#undef STREAMS
#undef BLOCK_VECS
#undef LANES
#undef VEC
#undef WORD_T
#undef SINT
#undef UINT
#undef CAT
