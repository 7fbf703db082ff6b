/* analyze/estimators/neuromc/table.h: entries found by a key of fixed size, in the order in which they were added.
 *
 * An entry is the key followed by a value that begins as zeros. Keys are compared as bytes, so they must have no padding;
 * their size is a multiple of 8. */
#ifndef OPJ_NEUROMC_TABLE_H
#define OPJ_NEUROMC_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct opj_table {
	size_t key_size, entry_size; /* bytes, multiples of 8 */
	uint32_t count;
	uint32_t capacity;  /* of entries; slots are twice as many */
	char *entries;      /* [capacity * entry_size] */
	uint32_t *slots;    /* index of an entry plus one, 0: empty */
};

/* Sizes must be multiples of 8. Allocates nothing yet. */
void opj_table_init(struct opj_table *table, size_t key_size, size_t value_size);
void opj_table_finish(struct opj_table *table);

/* Index of the entry with this key, UINT32_MAX where there is none. */
uint32_t opj_table_find(const struct opj_table *table, const void *key);

/* The same, adding one where there is none; UINT32_MAX: out of memory. */
uint32_t opj_table_put(struct opj_table *table, const void *key);

/* Key and value of entry i; valid until the next put. */
static inline void *opj_table_key(const struct opj_table *table, uint32_t i)
{
	return table->entries + (size_t)i * table->entry_size;
}

static inline void *opj_table_value(const struct opj_table *table, uint32_t i)
{
	return table->entries + (size_t)i * table->entry_size + table->key_size;
}

#endif
