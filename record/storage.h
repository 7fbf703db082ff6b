/* record/storage.h: how storages are named in events.
 *
 * Writer's half of the rules in docs/trace.md: a storage id becomes its distance from the newest one, and its address
 * is written when the reader cannot know it. Guarded by the recorder's mutex. */
#ifndef OPJ_RECORD_STORAGE_H
#define OPJ_RECORD_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#define OPJ_STORAGE_SLOTS 65536
#define OPJ_STORAGE_MAX ((uint64_t)INT64_MAX - 1)

struct opj_storage_table {
	uint64_t next;                         /* one more than the largest id so far; 1 at the beginning */
	uint64_t announced[OPJ_STORAGE_SLOTS]; /* last id whose address was written, by id mod slots; 0: none */
};

/* The distance of `id` (1 … OPJ_STORAGE_MAX) as it stands in an event; raises `next`. */
int64_t opj_storage_encode(struct opj_storage_table *table, uint64_t id);

/* Whether the address of `id` must be written with it; from then on it is known. */
bool opj_storage_announce(struct opj_storage_table *table, uint64_t id);

#endif
