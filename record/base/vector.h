/* record/base/vector.h: arrays that grow.
 *
 * A plain array and its count need nothing else to grow at the end:
 *
 *     struct item *items = NULL;
 *     uint32_t count = 0;
 *     struct item *added = OPJ_PUSH(items, count);
 *
 * A struct opj_vector grows to the index asked for: ids in a trace are dense (opjoule/replay.h), so what belongs to a
 * context, an op name or a module is kept in an array by id. In both, new items are zeroed, and items move when the
 * array grows: a pointer holds until the next is added. */
#ifndef OPJ_RECORD_BASE_VECTOR_H
#define OPJ_RECORD_BASE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

/* One more zeroed item behind the `count` of the array `items`, to which `count` is then added; NULL: out of memory,
 * and both are as they were. Arrays are NULL or were grown by this alone: room is made where the count is a power of
 * two. */
#define OPJ_PUSH(items, count) (opj_array_grow(&(items), (count), sizeof *(items)) ? &(items)[(count)++] : NULL)

/* What OPJ_PUSH stands on: room for item `count` of the array whose address `array` is, and zeros in it. */
void *opj_array_grow(void *array, size_t count, size_t size);

struct opj_vector {
	void *items;
	size_t item_size; /* set by the owner before the first use */
	uint32_t count;   /* items that are there */
	uint32_t capacity;
};

/* Item `index`, made if it is not there. NULL: out of memory, the vector is as it was. */
void *opj_vector_at(struct opj_vector *vector, uint32_t index);

/* Frees the items; those that own something are the owner's business. */
void opj_vector_finish(struct opj_vector *vector);

/* Item `index`, which is there. */
static inline void *opj_vector_get(const struct opj_vector *vector, uint32_t index)
{
	return (char *)vector->items + (size_t)index * vector->item_size;
}

#endif
