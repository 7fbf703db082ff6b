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
				     double *sum)
{
	const NAME(loose) *from = data;
	const WORD_T is_signed = type->minus ? (WORD_T)-1 : 0;
	for (size_t done = 0; done < n;) {
		size_t count = n - done < BLOCK ? n - done : BLOCK;
		uint64_t nonzero = 0, low = 0, high = 0;
		for (size_t i = 0; i < count; i++) {
			WORD_T x = from[i], fill = (WORD_T)((WORD_T)((SINT(BITS))x >> (BITS - 1)) & is_signed);
			WORD_T magnitude = (WORD_T)((x ^ fill) - fill);
			nonzero += x != 0;
			low += magnitude & UINT32_MAX;
			high += (uint64_t)magnitude >> 32;
		}
		*nnz += nonzero;
		*sum += (double)high * 4294967296.0 + (double)low;
		done += count;
		from += count;
	}
	return n;
}

#if BITS == 32
/* Values below 2^20 are converted to integers and back and summed as such; the few beyond are looked at one by one, and
 * from 2^23 on every finite float32 is whole. */
TARGET static bool NAME(whole_block)(const NAME(loose) * from, size_t count, uint64_t *nnz, double *sum)
{
	uint32_t nonzero = 0, fraction = 0, large = 0, total = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t bits = from[i] & 0x7fffffffU;
		uint32_t is_large = bits >= 0x49800000U ? UINT32_MAX : 0;
		large |= is_large;
		nonzero += bits != 0;
		fraction |= bits - 1 < 0x3f800000U - 1;
		bits &= ~is_large;
		float x;
		memcpy(&x, &bits, sizeof x);
		int32_t whole = (int32_t)x;
		fraction |= (float)whole != x;
		total += (uint32_t)whole;
	}
	if (fraction)
		return false;
	double exact = (double)total;
	for (size_t i = 0; large && i < count; i++) {
		uint32_t bits = from[i] & 0x7fffffffU;
		float x;
		memcpy(&x, &bits, sizeof x);
		if (bits < 0x49800000U)
			continue;
		if (bits >= 0x7f800000U || (x < 0x1p23F && (float)(int32_t)x != x))
			return false;
		exact += (double)x;
	}
	*nnz += nonzero;
	*sum += exact;
	return true;
}
enum { NAME(whole_size) = 2048 }; /* 2048 values below 2^20 stay below 2^32 */

TARGET static size_t NAME(whole_float)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz,
				       double *sum)
{
	const NAME(loose) *from = data;
	size_t done = 0;
	(void)type;
	while (done < n) {
		size_t count = n - done < NAME(whole_size) ? n - done : NAME(whole_size);
		if (!NAME(whole_block)(from + done, count, nnz, sum))
			break;
		done += count;
	}
	return done;
}

/* bfloat16 is the upper half of a float32. A float16 is rebased; what becomes a denormal or is not finite is replaced
 * by a float32 that is just as little a whole number. */
TARGET static inline uint32_t NAME(widen)(uint32_t half, bool brain)
{
	uint32_t bits = half & 0x7fffU;
	if (brain)
		return bits << 16;
	uint32_t wide = (bits << 13) + (112U << 23);
	wide = bits >= 0x7c00U ? 0x7f800000U : wide;
	return bits < 0x0400U ? bits != 0 : wide;
}

typedef uint16_t EXPAND3(loose, ISA, half) __attribute__((aligned(1), may_alias));

TARGET static size_t EXPAND3(whole_float, ISA, 16)(const void *data, size_t n, const struct opj_scan_type *type,
						   uint64_t *nnz, double *sum)
{
	const EXPAND3(loose, ISA, half) *from = data;
	const bool brain = type->code == kDLBfloat;
	uint32_t wide[NAME(whole_size)];
	size_t done = 0;
	while (done < n) {
		size_t count = n - done < NAME(whole_size) ? n - done : NAME(whole_size);
		for (size_t i = 0; i < count; i++)
			wide[i] = NAME(widen)(from[done + i], brain);
		if (!NAME(whole_block)((const NAME(loose) *)wide, count, nnz, sum))
			break;
		done += count;
	}
	return done;
}
#endif

#if BITS == 64
/* As for float32, with 2^31 as the bound up to which values are converted; beyond 2^52 every finite one is whole. */
TARGET static bool NAME(whole_block)(const NAME(loose) * from, size_t count, uint64_t *nnz, double *sum)
{
	const uint64_t bound = UINT64_C(0x41e0000000000000), infinity = UINT64_C(0x7ff0000000000000);
	uint64_t nonzero = 0, fraction = 0, large = 0, total = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = from[i] & (UINT64_MAX >> 1);
		uint64_t is_large = bits >= bound ? UINT64_MAX : 0;
		large |= is_large;
		nonzero += bits != 0;
		fraction |= bits - 1 < UINT64_C(0x3ff0000000000000) - 1;
		bits &= ~is_large;
		double x;
		memcpy(&x, &bits, sizeof x);
		int32_t whole = (int32_t)x;
		fraction |= (double)whole != x;
		total += (uint64_t)whole;
	}
	if (fraction)
		return false;
	double exact = (double)total;
	for (size_t i = 0; large && i < count; i++) {
		uint64_t bits = from[i] & (UINT64_MAX >> 1);
		double x;
		memcpy(&x, &bits, sizeof x);
		if (bits < bound)
			continue;
		if (bits >= infinity || (x < 0x1p52 && (double)(int64_t)x != x))
			return false;
		exact += x;
	}
	*nnz += nonzero;
	*sum += exact;
	return true;
}

TARGET static size_t NAME(whole_float)(const void *data, size_t n, const struct opj_scan_type *type, uint64_t *nnz,
				       double *sum)
{
	const NAME(loose) *from = data;
	size_t done = 0;
	(void)type;
	while (done < n) {
		size_t count = n - done < BLOCK ? n - done : BLOCK;
		if (!NAME(whole_block)(from + done, count, nnz, sum))
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
