/* record/storage.h: how storages are named in events, and what a reader remembers of them.
 *
 * Writer's half of the rules in docs/trace.md: a storage id becomes its distance from the newest one; its address and
 * the facts of its values are written when the reader cannot know them. Guarded by the recorder's mutex. */
#ifndef OPJ_RECORD_STORAGE_H
#define OPJ_RECORD_STORAGE_H

#include "record/base/schema.h"
#include <stdbool.h>

struct opj_storage_table {
	uint64_t next; /* one more than the largest id so far; 1 at the beginning */
	struct opj_slot_facts slots[OPJ_STORAGE_SLOTS];
};

/* The distance of `id` (1 … OPJ_STORAGE_MAX) as it stands in an event; raises `next`. */
int64_t opj_storage_encode(struct opj_storage_table *table, uint64_t id);

/* The slot of `id`. *announce: the slot was another's, so the address must be written; from then on it is known. */
struct opj_slot_facts *opj_storage_slot(struct opj_storage_table *table, uint64_t id, bool *announce);

#endif
