/* tests/unit/test_residency.c: the memory hierarchy against a model that looks everything up by walking plain lists, on
 * random accesses; identity by storage and by address; memory that follows what is resident. */
#include "analyze/counters/hierarchy.h"
#include "oplog_run.h"

/* The rules of docs/counter-residency.md once more, without any index: two lists, the most recently used last. */
enum { NAIVE_MAX = 4096 };

struct naive_cache {
	uint64_t key[NAIVE_MAX];
	int64_t bits[NAIVE_MAX];
	int count;
	int64_t capacity;
};

struct naive {
	struct naive_cache reg, sram;
	int64_t traffic[OPJ_TRAFFIC_COUNT];
};

static int naive_find(const struct naive_cache *cache, uint64_t key)
{
	for (int i = 0; i < cache->count; i++) {
		if (cache->key[i] == key)
			return i;
	}
	return -1;
}

static int64_t naive_take(struct naive_cache *cache, int at)
{
	int64_t bits = cache->bits[at];
	for (int i = at; i + 1 < cache->count; i++) {
		cache->key[i] = cache->key[i + 1];
		cache->bits[i] = cache->bits[i + 1];
	}
	cache->count--;
	return bits;
}

static void naive_append(struct naive_cache *cache, uint64_t key, int64_t bits)
{
	cr_assert_lt(cache->count, NAIVE_MAX);
	cache->key[cache->count] = key;
	cache->bits[cache->count++] = bits;
}

static void naive_use(struct naive_cache *cache, uint64_t key)
{
	int at = naive_find(cache, key);
	if (at >= 0)
		naive_append(cache, key, naive_take(cache, at));
}

static int64_t naive_sum(const struct naive_cache *cache)
{
	int64_t sum = 0;
	for (int i = 0; i < cache->count; i++)
		sum += cache->bits[i];
	return sum;
}

/* What registers have of the key goes straight to DRAM. */
static void naive_spill(struct naive *n, uint64_t key)
{
	int at = naive_find(&n->reg, key);
	if (at < 0)
		return;
	int64_t bits = naive_take(&n->reg, at);
	n->traffic[OPJ_REG_READ] += bits;
	n->traffic[OPJ_REG_DRAM] += bits;
	n->traffic[OPJ_DRAM_WRITE] += bits;
}

static bool naive_into_sram(struct naive *n, uint64_t key, int64_t bits)
{
	if (bits > n->sram.capacity)
		return false;
	int at = naive_find(&n->sram, key);
	if (at >= 0 && n->sram.bits[at] >= bits) {
		naive_use(&n->sram, key);
		return true;
	}
	if (at >= 0) {
		naive_take(&n->sram, at);
		naive_spill(n, key);
	}
	while (naive_sum(&n->sram) + bits > n->sram.capacity) {
		uint64_t victim = n->sram.key[0];
		int64_t lost = naive_take(&n->sram, 0);
		n->traffic[OPJ_SRAM_READ] += lost;
		n->traffic[OPJ_SRAM_DRAM] += lost;
		n->traffic[OPJ_DRAM_WRITE] += lost;
		naive_spill(n, victim);
	}
	naive_append(&n->sram, key, bits);
	return true;
}

static bool naive_into_reg(struct naive *n, uint64_t key, int64_t bits)
{
	if (bits > n->reg.capacity)
		return false;
	while (naive_sum(&n->reg) + bits > n->reg.capacity) {
		uint64_t victim = n->reg.key[0];
		int64_t lost = naive_take(&n->reg, 0);
		bool kept = naive_into_sram(n, victim, lost);
		n->traffic[OPJ_REG_READ] += lost;
		n->traffic[kept ? OPJ_REG_SRAM : OPJ_REG_DRAM] += lost;
		n->traffic[kept ? OPJ_SRAM_WRITE : OPJ_DRAM_WRITE] += lost;
	}
	naive_append(&n->reg, key, bits);
	return true;
}

static void naive_access(struct naive *n, uint64_t key, int64_t bits, bool write)
{
	int64_t *t = n->traffic;
	if (naive_find(&n->reg, key) >= 0) {
		naive_use(&n->reg, key);
		naive_use(&n->sram, key);
		t[write ? OPJ_REG_WRITE : OPJ_REG_READ] += bits;
		return;
	}
	bool in_sram = naive_find(&n->sram, key) >= 0;
	if (in_sram)
		naive_use(&n->sram, key);
	if (write && !in_sram) {
		if (naive_into_reg(n, key, bits))
			t[OPJ_REG_WRITE] += bits;
		else
			t[naive_into_sram(n, key, bits) ? OPJ_SRAM_WRITE : OPJ_DRAM_WRITE] += bits;
		return;
	}
	bool fetched = !write && !in_sram;
	if (fetched) {
		t[OPJ_DRAM_READ] += bits;
		in_sram = naive_into_sram(n, key, bits);
		t[OPJ_DRAM_SRAM] += in_sram ? bits : 0;
		t[OPJ_SRAM_WRITE] += in_sram ? bits : 0;
	}
	bool in_reg = naive_into_reg(n, key, bits);
	if (in_sram && (in_reg || !write))
		t[OPJ_SRAM_READ] += bits;
	if (in_reg) {
		t[in_sram ? OPJ_SRAM_REG : OPJ_DRAM_REG] += bits;
		t[OPJ_REG_WRITE] += bits;
		t[write ? OPJ_REG_WRITE : OPJ_REG_READ] += bits;
	} else if (write) {
		t[OPJ_SRAM_WRITE] += bits;
	}
}

/* A generator of our own, so that a failure can be repeated anywhere. */
static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33);
}

static void compare(int64_t reg, int64_t sram, uint32_t keys, uint32_t largest, uint64_t seed)
{
	struct naive *naive = calloc(1, sizeof *naive);
	naive->reg.capacity = reg;
	naive->sram.capacity = sram;
	struct opj_hierarchy h;
	struct opj_error err = {""};
	int64_t traffic[OPJ_TRAFFIC_COUNT] = {0};
	cr_assert_eq(opj_hierarchy_init(&h, reg, sram, &err), 0);
	h.traffic = traffic;
	for (int i = 0; i < 20000; i++) {
		uint64_t key = next_random(&seed) % keys;
		int64_t bits = 1 + next_random(&seed) % largest;
		bool write = next_random(&seed) % 2;
		naive_access(naive, key, bits, write);
		cr_assert_eq(opj_hierarchy_access(&h, key, 0, bits, write, &err), 0);
		for (int m = 0; m < OPJ_TRAFFIC_COUNT; m++)
			cr_assert_eq(traffic[m], naive->traffic[m],
				     "access %d, figure %d: %lld instead of %lld (reg %lld, sram %lld)", i, m,
				     (long long)traffic[m], (long long)naive->traffic[m], (long long)reg,
				     (long long)sram);
	}
	opj_hierarchy_finish(&h);
	free(naive);
}

Test(residency, equals_a_naive_model)
{
	compare(100, 400, 40, 60, 1);  /* both evict, blocks grow and shrink */
	compare(300, 1000, 20, 50, 2); /* SRAM holds nearly everything */
	compare(1000, 200, 40, 60, 3); /* SRAM is the smaller one */
	compare(50, 400, 30, 120, 4);  /* many blocks are larger than registers */
	compare(400, 50, 30, 120, 5);  /* many are larger than SRAM */
	compare(40, 45, 10, 120, 6);   /* many are larger than both */
	compare(0, 0, 5, 10, 7);       /* everything is DRAM */
	compare(0, 300, 20, 40, 8);
	compare(300, 0, 20, 40, 9);
}

Test(residency, keeps_only_what_is_resident)
{
	struct opj_hierarchy h;
	struct opj_error err = {""};
	int64_t traffic[OPJ_TRAFFIC_COUNT] = {0};
	cr_assert_eq(opj_hierarchy_init(&h, 1000, 4000, &err), 0);
	h.traffic = traffic;
	for (uint64_t key = 0; key < 200000; key++)
		cr_assert_eq(opj_hierarchy_access(&h, key, 0, 100, key % 2, &err), 0);
	cr_assert_leq(opj_lru_count(h.lru), 50, "%u residents", opj_lru_count(h.lru));
	cr_assert_gt(opj_lru_count(h.lru), 10);
	opj_hierarchy_finish(&h);
}

Test(residency, finds_every_key_while_it_grows_and_shrinks)
{
	struct opj_lru *lru = opj_lru_create();
	uint32_t ids[5000];
	for (uint64_t key = 0; key < 5000; key++) {
		ids[key] = opj_lru_add(lru, key << 20, key % 3);
		opj_lru_push(lru, OPJ_LRU_REG, ids[key], 1);
	}
	for (uint64_t key = 0; key < 5000; key += 2) {
		opj_lru_pull(lru, OPJ_LRU_REG, ids[key]);
		opj_lru_remove(lru, ids[key]);
	}
	for (uint64_t key = 0; key < 5000; key++) {
		cr_assert_eq(opj_lru_find(lru, key << 20, key % 3), key % 2 ? ids[key] : OPJ_LRU_NONE);
		cr_assert_eq(opj_lru_find(lru, key << 20, 3), OPJ_LRU_NONE);
	}
	cr_assert_eq(opj_lru_usage(lru, OPJ_LRU_REG), 2500);
	cr_assert_eq(opj_lru_oldest(lru, OPJ_LRU_REG), ids[1]);
	opj_lru_destroy(lru);
	opj_lru_destroy(NULL);
}

/* Two tensors at one address, one after the other: 4 float32 each, the second in another storage. */
#define AT(u, a, d) "{\"T\":[4],\"d\":\"" d "\",\"u\":" #u ",\"a\":" #a ",\"z\":4,\"b\":0}"
static const char reuse[] =
    LOG_OP(0, "aten.mul.Tensor", LOG_IN("", "\"Global\""), AT(1, 7, "float32") ",2.0", AT(2, 8, "float32"))
	LOG_OP(1, "aten.mul.Tensor", LOG_IN("", "\"Global\""), AT(3, 7, "float32") ",2.0", AT(4, 9, "float32"))
	    LOG_OP(2, "aten.mul.Tensor", LOG_IN("", "\"Global\""), AT(5, 7, "int32") ",2", AT(4, 9, "float32"))
		LOG_OP(3, "aten.relu.default", LOG_IN("", "\"Global\""), AT(6, 10, "float32"), AT(7, 11, "float32"));

Test(residency, identity)
{
	json_t *json = oplog_run(reuse, "residency", NULL); /* three inputs are fetched */
	oplog_assert_int(3 * 128, json, "counters", "residency", "level_rw_bits", "dram", "read_bits");
	oplog_assert_int(3 * 128, json, "counters", "residency", "move_bits", "dram->sram");
	oplog_assert_int(1, json, "counters", "residency", "uncovered", "aten.relu.default");
	json_decref(json);
	json = oplog_run(reuse, "residency,identity=address", NULL); /* the second is taken for the first */
	oplog_assert_int(2 * 128, json, "counters", "residency", "level_rw_bits", "dram", "read_bits");
	json_decref(json);
}

Test(residency, figures_of_one_op)
{
	/* 8 bytes of registers hold neither tensor of 16 bytes; SRAM holds one. */
	json_t *json = oplog_run(reuse, "residency,reg=8B,sram=16B", NULL);
	json_t *by_scope = oplog_at(json, "counters", "residency", "metrics", "Global", NULL);
	oplog_assert_int(3 * 128, by_scope, "dram_read_bits");
	oplog_assert_int(0, by_scope, "reg_read_bits");
	/* reads: 3 in from DRAM; writes: 3 results, each evicting the input before it. */
	oplog_assert_int(3 * 128 + 3 * 128, by_scope, "sram_write_bits");
	oplog_assert_int(5 * 128, by_scope, "sram_to_dram_bits");
	json_decref(json);
}

Test(residency, bad_settings)
{
	static const char *const specs[] = {"residency,reg=-1", "residency,sram=lots", "residency,identity=name",
					    "residency,dram=1GiB", "residency,sram=18446744073709551615"};
	for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
		struct opj_error err = {""};
		json_t *json = oplog_try(reuse, specs[i], NULL, &err);
		cr_assert_null(json, "%s was taken", specs[i]);
		cr_assert_neq(*err.text, '\0');
	}
}

Test(residency, malformed_ops_are_errors)
{
	struct opj_error err = {""};
	json_t *json =
	    oplog_try(LOG_OP(0, "aten.convolution_backward.default", LOG_IN("", "\"Global\""),
			     F32("1,1,2,2", 1, 4, 0) "," F32("1,1,2,2", 2, 4, 0) "," F32("1,1,1,1", 3, 1, 0), "null"),
		      "residency", NULL, &err);
	cr_assert_null(json);
	cr_assert(strstr(err.text, "output_mask"), "%s", err.text);
}
