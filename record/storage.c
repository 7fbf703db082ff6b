/* record/storage.c: distances of storages, and which of them a reader knows already. */
#include "storage.h"

int64_t opj_storage_encode(struct opj_storage_table *table, uint64_t id)
{
	if (id > table->next) { /* ids were left out: no distance, the id itself */
		table->next = id + 1;
		return -(int64_t)id;
	}
	int64_t distance = (int64_t)(table->next - id);
	if (id == table->next)
		table->next++;
	return distance;
}

struct opj_slot_facts *opj_storage_slot(struct opj_storage_table *table, uint64_t id, bool *announce)
{
	struct opj_slot_facts *slot = &table->slots[id % OPJ_STORAGE_SLOTS];
	*announce = slot->storage != id;
	if (*announce)
		*slot = (struct opj_slot_facts){.storage = id, .range = OPJ_RANGE_NONE};
	return slot;
}
