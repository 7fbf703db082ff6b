/* analyze/counters/lru.c: residents in one growing array; chains of the hash map and lists of the caches are indices
 * into it, so that it may move. Removed residents are kept on a free list and used again. */
#include "lru.h"
#include <stdlib.h>

struct link {
	int64_t bits; /* 0: not in this cache */
	uint32_t older, newer;
};

struct resident {
	uint64_t key;
	uint32_t tag;
	uint32_t next; /* in its bucket, or on the free list */
	struct link in[OPJ_LRU_LEVELS];
};

struct opj_lru {
	struct resident *residents;
	uint32_t *buckets; /* [capacity * SPREAD] */
	uint32_t capacity; /* of residents, a power of two */
	uint32_t made;     /* residents ever used at once */
	uint32_t count;
	uint32_t free;
	uint32_t oldest[OPJ_LRU_LEVELS], newest[OPJ_LRU_LEVELS];
	int64_t usage[OPJ_LRU_LEVELS];
};

/* Buckets for each resident: most keys are new, and should find theirs empty. */
enum { CAPACITY_FIRST = 256, SPREAD = 2 };

/* Storage ids grow by one and leave in about that order: kept side by side they find their buckets in the CPU's cache.
 * Higher bits are folded in for addresses, whose low bits are zeros. */
static uint32_t bucket_of(const struct opj_lru *lru, uint64_t key, uint32_t tag)
{
	uint64_t folded = key ^ key >> 12 ^ key >> 24 ^ (uint64_t)tag * UINT64_C(0x9e3779b97f4a7c15) >> 32;
	return (uint32_t)folded & (lru->capacity * SPREAD - 1);
}

static void chain(struct opj_lru *lru, uint32_t id)
{
	struct resident *r = &lru->residents[id];
	uint32_t *head = &lru->buckets[bucket_of(lru, r->key, r->tag)];
	r->next = *head;
	*head = id;
}

static void clear_buckets(struct opj_lru *lru)
{
	for (uint32_t i = 0; i < lru->capacity * SPREAD; i++)
		lru->buckets[i] = OPJ_LRU_NONE;
}

struct opj_lru *opj_lru_create(void)
{
	struct opj_lru *lru = calloc(1, sizeof *lru);
	if (!lru)
		return NULL;
	lru->capacity = CAPACITY_FIRST;
	lru->residents = calloc(lru->capacity, sizeof *lru->residents);
	lru->buckets = calloc(lru->capacity, SPREAD * sizeof *lru->buckets);
	if (!lru->residents || !lru->buckets) {
		opj_lru_destroy(lru);
		return NULL;
	}
	clear_buckets(lru);
	lru->free = OPJ_LRU_NONE;
	for (int level = 0; level < OPJ_LRU_LEVELS; level++)
		lru->oldest[level] = lru->newest[level] = OPJ_LRU_NONE;
	return lru;
}

void opj_lru_destroy(struct opj_lru *lru)
{
	if (!lru)
		return;
	free(lru->buckets);
	free(lru->residents);
	free(lru);
}

uint32_t opj_lru_find(const struct opj_lru *lru, uint64_t key, uint32_t tag)
{
	uint32_t id = lru->buckets[bucket_of(lru, key, tag)];
	while (id != OPJ_LRU_NONE && (lru->residents[id].key != key || lru->residents[id].tag != tag))
		id = lru->residents[id].next;
	return id;
}

/* Called when every resident that fits is in use, so that all of them are chained anew. */
static bool grow(struct opj_lru *lru)
{
	if (lru->capacity > UINT32_MAX / (4 * SPREAD))
		return false;
	uint32_t capacity = lru->capacity * 2;
	struct resident *residents = realloc(lru->residents, capacity * sizeof *residents);
	if (!residents)
		return false;
	lru->residents = residents;
	uint32_t *buckets = realloc(lru->buckets, capacity * SPREAD * sizeof *buckets);
	if (!buckets)
		return false;
	lru->buckets = buckets;
	lru->capacity = capacity;
	clear_buckets(lru);
	for (uint32_t id = 0; id < lru->made; id++)
		chain(lru, id);
	return true;
}

uint32_t opj_lru_add(struct opj_lru *lru, uint64_t key, uint32_t tag)
{
	uint32_t id = lru->free;
	if (id != OPJ_LRU_NONE) {
		lru->free = lru->residents[id].next;
	} else {
		if (lru->made == lru->capacity && !grow(lru))
			return OPJ_LRU_NONE;
		id = lru->made++;
	}
	lru->residents[id] = (struct resident){.key = key, .tag = tag};
	chain(lru, id);
	lru->count++;
	return id;
}

void opj_lru_remove(struct opj_lru *lru, uint32_t id)
{
	struct resident *r = &lru->residents[id];
	uint32_t *at = &lru->buckets[bucket_of(lru, r->key, r->tag)];
	while (*at != id)
		at = &lru->residents[*at].next;
	*at = r->next;
	r->next = lru->free;
	lru->free = id;
	lru->count--;
}

int64_t opj_lru_bits(const struct opj_lru *lru, enum opj_lru_level level, uint32_t id)
{
	return lru->residents[id].in[level].bits;
}

void opj_lru_push(struct opj_lru *lru, enum opj_lru_level level, uint32_t id, int64_t bits)
{
	uint32_t newest = lru->newest[level];
	lru->residents[id].in[level] = (struct link){.bits = bits, .older = newest, .newer = OPJ_LRU_NONE};
	if (newest == OPJ_LRU_NONE)
		lru->oldest[level] = id;
	else
		lru->residents[newest].in[level].newer = id;
	lru->newest[level] = id;
	lru->usage[level] += bits;
}

int64_t opj_lru_pull(struct opj_lru *lru, enum opj_lru_level level, uint32_t id)
{
	struct link *link = &lru->residents[id].in[level];
	int64_t bits = link->bits;
	if (link->older == OPJ_LRU_NONE)
		lru->oldest[level] = link->newer;
	else
		lru->residents[link->older].in[level].newer = link->newer;
	if (link->newer == OPJ_LRU_NONE)
		lru->newest[level] = link->older;
	else
		lru->residents[link->newer].in[level].older = link->older;
	link->bits = 0;
	lru->usage[level] -= bits;
	return bits;
}

void opj_lru_touch(struct opj_lru *lru, enum opj_lru_level level, uint32_t id)
{
	if (lru->newest[level] != id)
		opj_lru_push(lru, level, id, opj_lru_pull(lru, level, id));
}

uint32_t opj_lru_oldest(const struct opj_lru *lru, enum opj_lru_level level)
{
	return lru->oldest[level];
}

int64_t opj_lru_usage(const struct opj_lru *lru, enum opj_lru_level level)
{
	return lru->usage[level];
}

uint32_t opj_lru_count(const struct opj_lru *lru)
{
	return lru->count;
}
