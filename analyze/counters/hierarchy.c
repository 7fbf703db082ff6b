/* analyze/counters/hierarchy.c: hits, misses and evictions.
 *
 * SRAM holds what registers fetched from below, so what leaves SRAM leaves registers too. A block larger than a cache
 * goes past it. Each function does one step and tells its traffic; the order of steps is what figures depend on. */
#include "hierarchy.h"

int opj_hierarchy_init(struct opj_hierarchy *h, int64_t reg_bits, int64_t sram_bits, struct opj_error *err)
{
	*h = (struct opj_hierarchy){.lru = opj_lru_create(), .pinned = OPJ_LRU_NONE};
	h->capacity[OPJ_LRU_REG] = reg_bits;
	h->capacity[OPJ_LRU_SRAM] = sram_bits;
	return h->lru ? 0 : opj_fail(err, "out of memory");
}

void opj_hierarchy_finish(struct opj_hierarchy *h)
{
	opj_lru_destroy(h->lru);
}

static void tell(struct opj_hierarchy *h, enum opj_traffic what, int64_t bits)
{
	h->traffic[what] = opj_add(h->traffic[what], bits);
}

/* A move is counted as such and as a write at its end. */
static void move(struct opj_hierarchy *h, enum opj_traffic edge, enum opj_traffic write, int64_t bits)
{
	tell(h, edge, bits);
	tell(h, write, bits);
}

static void forget_if_gone(struct opj_hierarchy *h, uint32_t id)
{
	bool held = opj_lru_bits(h->lru, OPJ_LRU_REG, id) || opj_lru_bits(h->lru, OPJ_LRU_SRAM, id);
	if (!held && id != h->pinned)
		opj_lru_remove(h->lru, id);
}

static bool overflows(const struct opj_hierarchy *h, enum opj_lru_level level, int64_t bits)
{
	return bits > h->capacity[level] - opj_lru_usage(h->lru, level);
}

/* What registers hold of a resident that leaves SRAM goes to DRAM. */
static void write_back(struct opj_hierarchy *h, uint32_t id)
{
	if (!opj_lru_bits(h->lru, OPJ_LRU_REG, id))
		return;
	int64_t bits = opj_lru_pull(h->lru, OPJ_LRU_REG, id);
	tell(h, OPJ_REG_READ, bits);
	move(h, OPJ_REG_DRAM, OPJ_DRAM_WRITE, bits);
}

static void evict_sram(struct opj_hierarchy *h)
{
	uint32_t id = opj_lru_oldest(h->lru, OPJ_LRU_SRAM);
	int64_t bits = opj_lru_pull(h->lru, OPJ_LRU_SRAM, id);
	tell(h, OPJ_SRAM_READ, bits);
	move(h, OPJ_SRAM_DRAM, OPJ_DRAM_WRITE, bits);
	write_back(h, id);
	forget_if_gone(h, id);
}

/* Makes room and takes the resident in; one that grew is taken in anew. False: larger than the whole cache. */
static bool insert_sram(struct opj_hierarchy *h, uint32_t id, int64_t bits)
{
	if (bits > h->capacity[OPJ_LRU_SRAM])
		return false;
	int64_t held = opj_lru_bits(h->lru, OPJ_LRU_SRAM, id);
	if (held >= bits) {
		opj_lru_touch(h->lru, OPJ_LRU_SRAM, id);
		return true;
	}
	if (held) {
		opj_lru_pull(h->lru, OPJ_LRU_SRAM, id);
		write_back(h, id);
	}
	while (overflows(h, OPJ_LRU_SRAM, bits))
		evict_sram(h);
	opj_lru_push(h->lru, OPJ_LRU_SRAM, id, bits);
	return true;
}

/* Registers evict to SRAM, or past it what does not fit there. */
static void evict_reg(struct opj_hierarchy *h)
{
	uint32_t id = opj_lru_oldest(h->lru, OPJ_LRU_REG);
	int64_t bits = opj_lru_pull(h->lru, OPJ_LRU_REG, id);
	tell(h, OPJ_REG_READ, bits);
	if (insert_sram(h, id, bits))
		move(h, OPJ_REG_SRAM, OPJ_SRAM_WRITE, bits);
	else
		move(h, OPJ_REG_DRAM, OPJ_DRAM_WRITE, bits);
	forget_if_gone(h, id);
}

/* For a resident that is not in registers. */
static bool insert_reg(struct opj_hierarchy *h, uint32_t id, int64_t bits)
{
	if (bits > h->capacity[OPJ_LRU_REG])
		return false;
	while (overflows(h, OPJ_LRU_REG, bits))
		evict_reg(h);
	opj_lru_push(h->lru, OPJ_LRU_REG, id, bits);
	return true;
}

/* A use of what registers (true) or SRAM hold. */
static bool touch_reg(struct opj_hierarchy *h, uint32_t id)
{
	if (!opj_lru_bits(h->lru, OPJ_LRU_REG, id))
		return false;
	opj_lru_touch(h->lru, OPJ_LRU_REG, id);
	if (opj_lru_bits(h->lru, OPJ_LRU_SRAM, id))
		opj_lru_touch(h->lru, OPJ_LRU_SRAM, id);
	return true;
}

/* Reads what SRAM holds, through registers where it fits there. */
static void read_sram(struct opj_hierarchy *h, uint32_t id, int64_t bits)
{
	tell(h, OPJ_SRAM_READ, bits);
	if (insert_reg(h, id, bits)) {
		move(h, OPJ_SRAM_REG, OPJ_REG_WRITE, bits);
		tell(h, OPJ_REG_READ, bits);
	}
}

static void read_block(struct opj_hierarchy *h, uint32_t id, int64_t bits)
{
	if (touch_reg(h, id)) {
		tell(h, OPJ_REG_READ, bits);
		return;
	}
	if (opj_lru_bits(h->lru, OPJ_LRU_SRAM, id)) {
		opj_lru_touch(h->lru, OPJ_LRU_SRAM, id);
		read_sram(h, id, bits);
		return;
	}
	tell(h, OPJ_DRAM_READ, bits);
	if (insert_sram(h, id, bits)) {
		move(h, OPJ_DRAM_SRAM, OPJ_SRAM_WRITE, bits);
		read_sram(h, id, bits);
	} else if (insert_reg(h, id, bits)) {
		move(h, OPJ_DRAM_REG, OPJ_REG_WRITE, bits);
		tell(h, OPJ_REG_READ, bits);
	}
}

static void write_block(struct opj_hierarchy *h, uint32_t id, int64_t bits)
{
	if (touch_reg(h, id)) {
		tell(h, OPJ_REG_WRITE, bits);
		return;
	}
	if (opj_lru_bits(h->lru, OPJ_LRU_SRAM, id)) {
		opj_lru_touch(h->lru, OPJ_LRU_SRAM, id);
		if (insert_reg(h, id, bits)) {
			tell(h, OPJ_SRAM_READ, bits);
			move(h, OPJ_SRAM_REG, OPJ_REG_WRITE, bits);
			tell(h, OPJ_REG_WRITE, bits);
		} else {
			tell(h, OPJ_SRAM_WRITE, bits);
		}
		return;
	}
	if (insert_reg(h, id, bits))
		tell(h, OPJ_REG_WRITE, bits);
	else if (insert_sram(h, id, bits))
		tell(h, OPJ_SRAM_WRITE, bits);
	else
		tell(h, OPJ_DRAM_WRITE, bits);
}

int opj_hierarchy_access(struct opj_hierarchy *h, uint64_t key, uint32_t tag, int64_t bits, bool write,
			 struct opj_error *err)
{
	uint32_t id = opj_lru_find(h->lru, key, tag);
	if (id == OPJ_LRU_NONE && (id = opj_lru_add(h->lru, key, tag)) == OPJ_LRU_NONE)
		return opj_fail(err, "out of memory");
	h->pinned = id;
	if (write)
		write_block(h, id, bits);
	else
		read_block(h, id, bits);
	h->pinned = OPJ_LRU_NONE;
	forget_if_gone(h, id);
	return 0;
}
