/* analyze/counters/storage_set.c: open addressing with linear probing, at most half full. */
#include "storage_set.h"
#include <stdlib.h>

static struct opj_storage_word *find(const struct opj_storage_set *set, uint64_t key)
{
	/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
	uint32_t at = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (set->capacity - 1);
	while (set->words[at].bits && set->words[at].key != key)
		at = (at + 1) & (set->capacity - 1);
	return &set->words[at];
}

static int grow(struct opj_storage_set *set)
{
	struct opj_storage_set bigger = {.capacity = set->capacity ? set->capacity * 2 : 64, .used = set->used};
	bigger.words = bigger.capacity ? calloc(bigger.capacity, sizeof *bigger.words) : NULL;
	if (!bigger.words)
		return -1;
	for (uint32_t i = 0; i < set->capacity; i++) {
		if (set->words[i].bits)
			*find(&bigger, set->words[i].key) = set->words[i];
	}
	free(set->words);
	*set = bigger;
	return 0;
}

int opj_storage_set_add(struct opj_storage_set *set, uint64_t id)
{
	if (set->used >= set->capacity / 2 && grow(set))
		return -1;
	struct opj_storage_word *word = find(set, id / 64);
	if (!word->bits)
		set->used++;
	word->key = id / 64;
	word->bits |= UINT64_C(1) << id % 64;
	return 0;
}

bool opj_storage_set_has(const struct opj_storage_set *set, uint64_t id)
{
	return set->used && find(set, id / 64)->bits >> id % 64 & 1;
}

void opj_storage_set_finish(struct opj_storage_set *set)
{
	free(set->words);
	*set = (struct opj_storage_set){0};
}
