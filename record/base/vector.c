/* record/base/vector.c: growing by doubling, so that n items cost O(n) in all. */
#include "vector.h"
#include <stdlib.h>
#include <string.h>

static int grow(struct opj_vector *table, uint32_t index)
{
	size_t capacity = table->capacity ? table->capacity : 16;
	while (capacity <= index)
		capacity *= 2;
	void *items = capacity <= UINT32_MAX ? reallocarray(table->items, capacity, table->item_size) : NULL;
	if (!items)
		return -1;
	memset((char *)items + table->capacity * table->item_size, 0, (capacity - table->capacity) * table->item_size);
	table->items = items;
	table->capacity = (uint32_t)capacity;
	return 0;
}

void *opj_vector_at(struct opj_vector *table, uint32_t index)
{
	if (index >= table->capacity && grow(table, index))
		return NULL;
	if (index >= table->count)
		table->count = index + 1;
	return opj_vector_get(table, index);
}

void opj_vector_finish(struct opj_vector *table)
{
	free(table->items);
	table->items = NULL;
	table->count = table->capacity = 0;
}
