/* record/storage.c: distances of storages, and which addresses a reader knows already. */
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

bool opj_storage_announce(struct opj_storage_table *table, uint64_t id)
{
	uint64_t *slot = &table->announced[id % OPJ_STORAGE_SLOTS];
	if (*slot == id)
		return false;
	*slot = id;
	return true;
}
