/* record/native/nd.c: counted tensors over pooled blocks. The executor runs its graph on one thread (the BLAS has
 * threads of its own), so counts and free lists need no locks. */
#include "nd.h"
#include "record/base/vector.h"
#include <stdio.h>
#include <stdlib.h>

struct opj_bin {
	size_t bytes;
	struct opj_block *free;
};

int64_t opj_shape_count(int ndim, const int64_t *shape)
{
	int64_t count = 1;
	for (int d = 0; d < ndim; d++) {
		if (shape[d] < 0 || __builtin_mul_overflow(count, shape[d], &count) || count > INT32_MAX)
			return -1;
	}
	return count;
}

const char *opj_shape_text(char text[OPJ_SHAPE_TEXT], int ndim, const int64_t *shape)
{
	int at = snprintf(text, OPJ_SHAPE_TEXT, "[");
	for (int d = 0; d < ndim; d++)
		at += snprintf(text + at, (size_t)(OPJ_SHAPE_TEXT - at), "%s%lld", d ? ", " : "", (long long)shape[d]);
	snprintf(text + at, (size_t)(OPJ_SHAPE_TEXT - at), "]");
	return text;
}

static struct opj_bin *find_bin(struct opj_pool *pool, size_t bytes)
{
	for (size_t i = 0; i < pool->bin_count; i++) {
		if (pool->bins[i].bytes == bytes)
			return &pool->bins[i];
	}
	struct opj_bin *bin = OPJ_PUSH(pool->bins, pool->bin_count);
	if (bin)
		bin->bytes = bytes;
	return bin;
}

struct opj_block *opj_block_create(struct opj_pool *pool, size_t bytes)
{
	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = bytes ? (bytes + 63) / 64 * 64 : 64;
	struct opj_bin *bin = find_bin(pool, bytes);
	if (!bin)
		return NULL;
	struct opj_block *block = bin->free;
	if (block) {
		bin->free = block->next;
	} else {
		block = malloc(sizeof *block);
		void *data = aligned_alloc(64, bytes);
		if (!block || !data) {
			free(block);
			free(data);
			return NULL;
		}
		*block = (struct opj_block){.pool = pool, .bytes = bytes, .data = data};
	}
	block->refs = 1;
	block->storage = 0;
	return block;
}

void opj_block_unref(struct opj_block *block)
{
	if (!block || --block->refs > 0)
		return;
	struct opj_bin *bin = find_bin(block->pool, block->bytes); /* exists: the block was made from it */
	block->next = bin->free;
	bin->free = block;
}

void opj_pool_finish(struct opj_pool *pool)
{
	for (size_t i = 0; i < pool->bin_count; i++) {
		struct opj_block *block = pool->bins[i].free;
		while (block) {
			struct opj_block *next = block->next;
			free(block->data);
			free(block);
			block = next;
		}
	}
	free(pool->bins);
	*pool = (struct opj_pool){0};
}

static void set_shape(struct opj_nd *nd, int ndim, const int64_t *shape)
{
	nd->ndim = ndim;
	nd->count = 1;
	for (int d = ndim - 1; d >= 0; d--) {
		nd->shape[d] = shape[d];
		nd->stride[d] = (int64_t)nd->count;
		nd->count *= (size_t)shape[d];
	}
}

struct opj_nd *opj_nd_create(struct opj_pool *pool, DLDataType dtype, int ndim, const int64_t *shape)
{
	size_t bytes = opj_dtype_size(dtype);
	for (int d = 0; d < ndim; d++) {
		if (shape[d] < 0 || __builtin_mul_overflow(bytes, (size_t)shape[d], &bytes))
			return NULL;
	}
	struct opj_nd *nd = malloc(sizeof *nd);
	struct opj_block *block = nd ? opj_block_create(pool, bytes) : NULL;
	if (!block) {
		free(nd);
		return NULL;
	}
	*nd = (struct opj_nd){.refs = 1, .dtype = dtype, .block = block, .data = block->data};
	set_shape(nd, ndim, shape);
	return nd;
}

struct opj_nd *opj_nd_view(const struct opj_nd *of, size_t offset, int ndim, const int64_t *shape)
{
	struct opj_nd *nd = malloc(sizeof *nd);
	if (!nd)
		return NULL;
	*nd = (struct opj_nd){.refs = 1, .dtype = of->dtype, .block = of->block, .role = of->role};
	nd->data = of->data + offset * opj_dtype_size(of->dtype);
	nd->block->refs++;
	set_shape(nd, ndim, shape);
	return nd;
}

struct opj_nd *opj_nd_ref(struct opj_nd *nd)
{
	nd->refs++;
	return nd;
}

void opj_nd_unref(struct opj_nd *nd)
{
	if (!nd || --nd->refs > 0)
		return;
	opj_block_unref(nd->block);
	free(nd);
}
