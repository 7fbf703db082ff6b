/* record/base/vector.c: growing by doubling, so that n items cost O(n) in all. */
#include "vector.h"
#include <stdlib.h>
#include <string.h>

void *opj_array_grow(void *array, size_t count, size_t size)
{
	void *items;
	memcpy(&items, array, sizeof items);
	if ((count & (count - 1)) == 0) {
		items = count <= SIZE_MAX / 2 ? reallocarray(items, count ? 2 * count : 1, size) : NULL;
		if (!items)
			return NULL;
		memcpy(array, &items, sizeof items);
	}
	return memset((char *)items + count * size, 0, size);
}

static int grow(struct opj_vector *vector, uint32_t index)
{
	size_t capacity = vector->capacity ? vector->capacity : 16;
	while (capacity <= index)
		capacity *= 2;
	void *items = capacity <= UINT32_MAX ? reallocarray(vector->items, capacity, vector->item_size) : NULL;
	if (!items)
		return -1;
	memset((char *)items + vector->capacity * vector->item_size, 0,
	       (capacity - vector->capacity) * vector->item_size);
	vector->items = items;
	vector->capacity = (uint32_t)capacity;
	return 0;
}

void *opj_vector_at(struct opj_vector *vector, uint32_t index)
{
	if (index >= vector->capacity && grow(vector, index))
		return NULL;
	if (index >= vector->count)
		vector->count = index + 1;
	return opj_vector_get(vector, index);
}

void opj_vector_finish(struct opj_vector *vector)
{
	free(vector->items);
	vector->items = NULL;
	vector->count = vector->capacity = 0;
}
