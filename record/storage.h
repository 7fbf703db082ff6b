/* record/storage.h: how storages are named in events, and what a reader remembers of them.
 *
 * Writer's half of the rules in docs/trace.md: a storage id becomes its distance from the newest one; its address and
 * the facts of its values are written when the reader cannot know them. Guarded by the recorder's mutex. */
#ifndef OPJ_RECORD_STORAGE_H
#define OPJ_RECORD_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#define OPJ_STORAGE_SLOTS 65536
#define OPJ_STORAGE_MAX ((uint64_t)INT64_MAX - 1)

/* The last storage announced among those of equal id mod OPJ_STORAGE_SLOTS, as a reader remembers it. */
struct opj_storage_slot {
	uint64_t storage;   /* 0: none yet */
	uint64_t nnz;       /* last one of a tensor in it, 0 at first */
	uint64_t magnitude; /* likewise, the bits of a double */
};

struct opj_storage_table {
	uint64_t next; /* one more than the largest id so far; 1 at the beginning */
	struct opj_storage_slot slots[OPJ_STORAGE_SLOTS];
};

/* The distance of `id` (1 … OPJ_STORAGE_MAX) as it stands in an event; raises `next`. */
int64_t opj_storage_encode(struct opj_storage_table *table, uint64_t id);

/* The slot of `id`. *announce: the slot was another's, so the address must be written; from then on it is known. */
struct opj_storage_slot *opj_storage_slot(struct opj_storage_table *table, uint64_t id, bool *announce);

#endif
