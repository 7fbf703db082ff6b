/* analyze/estimators/neuromc/intern.h: entries found by a key of fixed size, in the order in which they were added.
 *
 * An entry is the key followed by a value that begins as zeros. Keys are compared as bytes, so they must have no
 * padding; their size is a multiple of 8. */
#ifndef OPJ_ANALYZE_ESTIMATORS_NEUROMC_INTERN_H
#define OPJ_ANALYZE_ESTIMATORS_NEUROMC_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct opj_intern {
	size_t key_size, entry_size; /* bytes, multiples of 8 */
	uint32_t count;
	uint32_t capacity; /* of entries; slots are twice as many */
	char *entries;     /* [capacity * entry_size] */
	uint32_t *slots;   /* index of an entry plus one, 0: empty */
};

/* Sizes must be multiples of 8. Allocates nothing yet. */
void opj_intern_init(struct opj_intern *intern, size_t key_size, size_t value_size);
void opj_intern_finish(struct opj_intern *intern);

/* Index of the entry with this key, UINT32_MAX where there is none. */
uint32_t opj_intern_find(const struct opj_intern *intern, const void *key);

/* The same, adding one where there is none; UINT32_MAX: out of memory. */
uint32_t opj_intern_put(struct opj_intern *intern, const void *key);

/* Key and value of entry i; valid until the next put. */
static inline void *opj_intern_key(const struct opj_intern *intern, uint32_t i)
{
	return intern->entries + (size_t)i * intern->entry_size;
}

static inline void *opj_intern_value(const struct opj_intern *intern, uint32_t i)
{
	return intern->entries + (size_t)i * intern->entry_size + intern->key_size;
}

#endif
