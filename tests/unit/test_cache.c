/* tests/unit/test_cache.c: which views count as the same tensor, and that the table forgets rather than grows. */
#include "record/cache.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static float memory[64];

static bool same(const DLTensor *a, const DLTensor *b)
{
	struct opj_cache_key x = opj_cache_key(&(struct opj_tensor){.data = a, .storage = 1, .version = 1});
	struct opj_cache_key y = opj_cache_key(&(struct opj_tensor){.data = b, .storage = 1, .version = 1});
	return x.low == y.low && x.high == y.high;
}

static DLTensor view(int ndim, int64_t *shape, int64_t *strides)
{
	return (DLTensor){.data = memory, .ndim = ndim, .dtype = {kDLFloat, 32, 1}, .shape = shape, .strides = strides};
}

Test(cache, views_of_the_same_elements_share_an_entry)
{
	DLTensor whole = view(3, (int64_t[]){2, 3, 4}, NULL);
	DLTensor flat = view(1, (int64_t[]){24}, NULL);
	DLTensor transposed = view(2, (int64_t[]){4, 6}, (int64_t[]){1, 4});
	DLTensor squeezed = view(5, (int64_t[]){1, 2, 1, 12, 1}, (int64_t[]){99, 12, 7, 1, 3});
	DLTensor permuted = view(3, (int64_t[]){3, 2, 4}, (int64_t[]){4, 12, 1});
	cr_assert(same(&whole, &flat));
	cr_assert(same(&whole, &transposed));
	cr_assert(same(&whole, &squeezed));
	cr_assert(same(&whole, &permuted));
}

Test(cache, other_elements_are_another_tensor)
{
	DLTensor whole = view(2, (int64_t[]){4, 6}, NULL);
	DLTensor columns = view(2, (int64_t[]){4, 5}, (int64_t[]){6, 1});
	DLTensor rows = view(2, (int64_t[]){3, 6}, NULL);
	DLTensor every_other = view(1, (int64_t[]){12}, (int64_t[]){2});
	DLTensor repeated = view(2, (int64_t[]){4, 6}, (int64_t[]){0, 1});
	DLTensor once = view(1, (int64_t[]){6}, NULL);
	DLTensor shifted = whole, bits = whole;
	shifted.byte_offset = 4;
	bits.dtype.code = kDLInt;
	cr_assert_not(same(&whole, &columns));
	cr_assert_not(same(&whole, &rows));
	cr_assert_not(same(&whole, &every_other));
	cr_assert_not(same(&repeated, &once));
	cr_assert_not(same(&whole, &shifted));
	cr_assert_not(same(&whole, &bits));
}

/* Every view of up to three dims over a small memory: equal keys only where the sorted element offsets are equal. */
static int offsets(const int64_t *shape, const int64_t *strides, int64_t *out)
{
	int count = 0;
	for (int64_t i = 0; i < shape[0]; i++) {
		for (int64_t j = 0; j < shape[1]; j++) {
			for (int64_t k = 0; k < shape[2]; k++) {
				int64_t at = i * strides[0] + j * strides[1] + k * strides[2];
				int p = count++;
				for (; p > 0 && out[p - 1] > at; p--)
					out[p] = out[p - 1];
				out[p] = at;
			}
		}
	}
	return count;
}

Test(cache, no_two_sets_of_elements_are_taken_for_one)
{
	enum { VIEWS = 400 };
	static int64_t shapes[VIEWS][3], strides[VIEWS][3], elements[VIEWS][27];
	static int counts[VIEWS];
	srand(3);
	for (int v = 0; v < VIEWS; v++) {
		for (int d = 0; d < 3; d++) {
			shapes[v][d] = 1 + rand() % 3;
			strides[v][d] = rand() % 7 - 1;
		}
		counts[v] = offsets(shapes[v], strides[v], elements[v]);
	}
	int equal = 0;
	for (int a = 0; a < VIEWS; a++) {
		for (int b = 0; b < a; b++) {
			DLTensor x = view(3, shapes[a], strides[a]), y = view(3, shapes[b], strides[b]);
			if (!same(&x, &y))
				continue;
			equal++;
			cr_assert_eq(counts[a], counts[b]);
			cr_assert_arr_eq(elements[a], elements[b], (size_t)counts[a] * sizeof(int64_t));
		}
	}
	cr_assert_gt(equal, 10, "the views hold some that are the same");
}

Test(cache, storage_and_version_are_part_of_the_key)
{
	DLTensor data = view(1, (int64_t[]){8}, NULL);
	struct opj_cache *cache = calloc(1, sizeof *cache);
	struct opj_tensor tensor = {.data = &data, .storage = 1, .version = 1};
	struct opj_stats in = {.nnz = 5, .magnitude = 9, .kind = OPJ_KIND_INTEGRAL}, out = {0};
	opj_cache_store(cache, opj_cache_key(&tensor), &in);
	cr_assert(opj_cache_find(cache, opj_cache_key(&tensor), &out));
	cr_assert(out.nnz == 5 && out.magnitude == 9 && out.kind == OPJ_KIND_INTEGRAL);
	tensor.version = 2;
	cr_assert_not(opj_cache_find(cache, opj_cache_key(&tensor), &out));
	tensor.version = 1, tensor.storage = 2;
	cr_assert_not(opj_cache_find(cache, opj_cache_key(&tensor), &out));
	tensor.version = OPJ_VERSION_UNKNOWN;
	opj_cache_store(cache, opj_cache_key(&tensor), &in);
	cr_assert_not(opj_cache_find(cache, opj_cache_key(&tensor), &out), "an unknown version is never remembered");
	free(cache);
}

Test(cache, newer_entries_push_older_ones_out)
{
	DLTensor data = view(1, (int64_t[]){8}, NULL);
	struct opj_cache *cache = calloc(1, sizeof *cache);
	struct opj_stats stats = {.kind = OPJ_KIND_DENSE};
	uint64_t remembered = 0;
	for (uint64_t id = 1; id <= 4 * OPJ_CACHE_SLOTS; id++) {
		struct opj_tensor tensor = {.data = &data, .storage = id, .version = 1};
		stats.nnz = id;
		opj_cache_store(cache, opj_cache_key(&tensor), &stats);
		cr_assert(opj_cache_find(cache, opj_cache_key(&tensor), &stats) && stats.nnz == id);
	}
	for (uint64_t id = 1; id <= 4 * OPJ_CACHE_SLOTS; id++) {
		struct opj_tensor tensor = {.data = &data, .storage = id, .version = 1};
		if (opj_cache_find(cache, opj_cache_key(&tensor), &stats)) {
			remembered++;
			cr_assert_eq(stats.nnz, id);
		}
	}
	cr_assert_leq(remembered, OPJ_CACHE_SLOTS);
	cr_assert_gt(remembered, OPJ_CACHE_SLOTS / 2);
	free(cache);
}
