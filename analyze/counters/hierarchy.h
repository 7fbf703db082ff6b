/* analyze/counters/hierarchy.h: registers, SRAM and DRAM, and what reading or writing a block of memory moves.
 *
 * Registers and SRAM are caches with least-recently-used replacement; DRAM is without bound. docs/counter-residency.md
 * states the rules of hits, misses and evictions. Sizes and traffic are in bits. */
#ifndef OPJ_ANALYZE_COUNTERS_HIERARCHY_H
#define OPJ_ANALYZE_COUNTERS_HIERARCHY_H

#include "lru.h"
#include <opjoule/counter.h>

/* Traffic: reads and writes of each level, then moves from level to level. A move is also a write at its end. */
enum opj_traffic {
	OPJ_REG_READ,
	OPJ_REG_WRITE,
	OPJ_SRAM_READ,
	OPJ_SRAM_WRITE,
	OPJ_DRAM_READ,
	OPJ_DRAM_WRITE,
	OPJ_DRAM_SRAM,
	OPJ_DRAM_REG,
	OPJ_SRAM_REG,
	OPJ_REG_SRAM,
	OPJ_SRAM_DRAM,
	OPJ_REG_DRAM,
	OPJ_TRAFFIC_COUNT
};

struct opj_hierarchy {
	struct opj_lru *lru;
	int64_t capacity[OPJ_LRU_LEVELS]; /* bits, at least 0 */
	uint32_t pinned;                  /* the resident that is being accessed: it is not forgotten on the way */
	int64_t *traffic;                 /* [OPJ_TRAFFIC_COUNT] where accesses add up; the caller's */
};

/* -1: out of memory. finish takes a zeroed struct as well. */
int opj_hierarchy_init(struct opj_hierarchy *h, int64_t reg_bits, int64_t sram_bits, struct opj_error *err);
void opj_hierarchy_finish(struct opj_hierarchy *h);

/* Reads or writes `bits` > 0 of the block (key, tag), evictions included; adds to h->traffic. -1: out of memory. */
int opj_hierarchy_access(struct opj_hierarchy *h, uint64_t key, uint32_t tag, int64_t bits, bool write,
			 struct opj_error *err);

#endif
