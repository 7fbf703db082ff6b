/* record/native/nd.h: the executor's tensors.
 *
 * A tensor is a counted reference to a view of a block. Blocks come from a pool and go back to it, so that memory
 * addresses repeat as they do under any framework's allocator; the storage id of a block changes with every use. */
#ifndef OPJ_RECORD_NATIVE_ND_H
#define OPJ_RECORD_NATIVE_ND_H

#include <opjoule/tensor.h>

enum { OPJ_DIMS_MAX = 8 };

#define OPJ_FLOAT32 ((DLDataType){kDLFloat, 32, 1})
#define OPJ_BOOL8 ((DLDataType){OPJ_DL_BOOL, 8, 1})
#define OPJ_INT64 ((DLDataType){kDLInt, 64, 1})

struct opj_bin; /* free blocks of one size */

struct opj_pool {
	struct opj_bin *bins;
	size_t bin_count;
};

/* Memory, aligned to 64 bytes; the contents of a fresh one are arbitrary. */
struct opj_block {
	struct opj_pool *pool;
	struct opj_block *next; /* in the free list */
	size_t bytes;
	unsigned refs;
	uint64_t storage; /* the recorder's id for this use of the block; 0 until it is recorded */
	void *data;
};

struct opj_nd {
	unsigned refs;
	int ndim;
	int64_t shape[OPJ_DIMS_MAX], stride[OPJ_DIMS_MAX]; /* strides in elements */
	size_t count;                                      /* elements */
	DLDataType dtype;
	struct opj_block *block;
	char *data; /* first element, within the block */
	enum opj_role role;
	bool requires_grad;
	const char *name;       /* a parameter's, else NULL; owned by the layer */
	struct opj_stats stats; /* facts about the values, or OPJ_KIND_UNKNOWN: nobody looked */
};

/* Elements of a shape, or -1 where the product exceeds INT32_MAX, the limit of a BLAS with 32-bit integers. */
int64_t opj_shape_count(int ndim, const int64_t *shape);

/* "[2, 34, 34]" for messages; returns text. */
enum { OPJ_SHAPE_TEXT = 200 };
const char *opj_shape_text(char text[OPJ_SHAPE_TEXT], int ndim, const int64_t *shape);

/* A block of at least `bytes` bytes with one reference; NULL: out of memory. */
struct opj_block *opj_block_create(struct opj_pool *pool, size_t bytes);
void opj_block_unref(struct opj_block *block); /* takes NULL */
/* Frees the blocks of the pool that nobody refers to. */
void opj_pool_finish(struct opj_pool *pool);

/* A contiguous tensor with one reference, values arbitrary; NULL: out of memory, or a size that overflows. */
struct opj_nd *opj_nd_create(struct opj_pool *pool, DLDataType dtype, int ndim, const int64_t *shape);
/* A contiguous view of `of`, which must be contiguous from `offset` elements on. Keeps its block alive. NULL: out of
 * memory. Of the facts, only the role is taken over. */
struct opj_nd *opj_nd_view(const struct opj_nd *of, size_t offset, int ndim, const int64_t *shape);
struct opj_nd *opj_nd_ref(struct opj_nd *nd);
void opj_nd_unref(struct opj_nd *nd); /* takes NULL */

static inline float *opj_nd_floats(const struct opj_nd *nd)
{
	return (float *)nd->data;
}

#endif
