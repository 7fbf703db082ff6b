/* record/base/vector.h: an array that grows to the index asked for.
 *
 * Ids in a trace are dense (opjoule/replay.h), so what belongs to a context, an op name or a module is kept in an array
 * by id. New items are zeroed. Items move when the table grows: a pointer holds until the next opj_vector_at. */
#ifndef OPJ_RECORD_BASE_VECTOR_H
#define OPJ_RECORD_BASE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

struct opj_vector {
	void *items;
	size_t item_size; /* set by the owner before the first use */
	uint32_t count;   /* items that are there */
	uint32_t capacity;
};

/* Item `index`, made if it is not there. NULL: out of memory, the table is as it was. */
void *opj_vector_at(struct opj_vector *table, uint32_t index);

/* Frees the items; those that own something are the owner's business. */
void opj_vector_finish(struct opj_vector *table);

/* Item `index`, which is there. */
static inline void *opj_vector_get(const struct opj_vector *table, uint32_t index)
{
	return (char *)table->items + (size_t)index * table->item_size;
}

#endif
