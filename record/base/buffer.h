/* record/base/buffer.h: bytes that grow at the end.
 *
 * Failure to grow is remembered, so that a writer of many small pieces asks once, at the end. A buffer that is all
 * zeros is empty and valid. */
#ifndef OPJ_RECORD_BASE_BUFFER_H
#define OPJ_RECORD_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct opj_buffer {
	char *data;
	size_t size, room; /* bytes in use, bytes allocated */
	bool failed;       /* out of memory: what was added since is missing */
};

/* Room for `size` more bytes at the end; slow path of opj_buffer_add. */
static inline bool opj_buffer_grow(struct opj_buffer *buffer, size_t size)
{
	size_t need, room = buffer->room ? buffer->room : 256;
	bool overflow = __builtin_add_overflow(buffer->size, size, &need) || need > SIZE_MAX / 2;
	while (!overflow && room < need)
		room *= 2;
	char *data = overflow ? NULL : realloc(buffer->data, room);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->room = room;
	return true;
}

/* `size` new bytes at the end, not initialised; NULL when out of memory. Moves what was there. */
static inline void *opj_buffer_add(struct opj_buffer *buffer, size_t size)
{
	if (buffer->room - buffer->size < size && !opj_buffer_grow(buffer, size))
		return NULL;
	void *added = buffer->data + buffer->size;
	buffer->size += size;
	return added;
}

static inline void opj_buffer_put(struct opj_buffer *buffer, const void *bytes, size_t size)
{
	void *added = opj_buffer_add(buffer, size);
	if (added && size)
		memcpy(added, bytes, size);
}

/* What is in it as a text, NUL behind its last byte, owned by the buffer until something is added; NULL when out of
 * memory, now or before. */
static inline char *opj_buffer_text(struct opj_buffer *buffer)
{
	if (buffer->failed || (buffer->room == buffer->size && !opj_buffer_grow(buffer, 1)))
		return NULL;
	buffer->data[buffer->size] = '\0';
	return buffer->data;
}

static inline void opj_buffer_clear(struct opj_buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
}

static inline void opj_buffer_finish(struct opj_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct opj_buffer){0};
}

#endif
