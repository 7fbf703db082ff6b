/* analyze/roofline/machine.h: what a machine can do at most: peaks of computing and bandwidths of memory levels, each
 * with a name. A roofline is drawn against them. */
#ifndef OPJ_ANALYZE_ROOFLINE_MACHINE_H
#define OPJ_ANALYZE_ROOFLINE_MACHINE_H

#include "record/base/quantity.h"
#include <stdbool.h>
#include <stdint.h>

enum opj_ceiling_kind {
	OPJ_CEILING_COMPUTE, /* FLOP/s */
	OPJ_CEILING_MEMORY,  /* bytes/s */
};

struct opj_ceiling {
	char *name;  /* "fp32 SIMD", "DRAM"; unique within its kind */
	double rate; /* per second */
};

struct opj_ceilings {
	struct opj_ceiling *items; /* [count] the fastest first */
	uint32_t count;
};

enum { OPJ_CEILINGS_MAX = 16 }; /* of one kind: more cannot be told apart in a chart */

struct opj_machine {
	char *name;                /* "" where nobody said */
	char *source;              /* where the figures are from; "" where nobody said */
	struct opj_ceilings by[2]; /* by enum opj_ceiling_kind */
};

/* 0, or -1: out of memory. An empty machine. */
int opj_machine_init(struct opj_machine *machine, struct opj_error *err);
void opj_machine_finish(struct opj_machine *machine);

/* Adds "RATE" or "NAME=RATE"; without a name it is called "compute" or "memory". Fails on a rate that opj_unit_read
 * refuses or that is not from 1 to 1e24 a second, a name that is empty or no UTF-8, a name that is taken. */
int opj_machine_add(struct opj_machine *machine, enum opj_ceiling_kind kind, const char *text, struct opj_error *err);

/* Adds what a YAML file says (docs/roofline.md): `name`, `source`, and mappings from names to rates, `compute` and
 * `memory`. Messages name file and line. */
int opj_machine_load(struct opj_machine *machine, const char *path, struct opj_error *err);

/* The ceiling called `name`; with NULL the fastest. NULL, with a message that lists those there are. */
const struct opj_ceiling *opj_machine_find(const struct opj_machine *machine, enum opj_ceiling_kind kind,
					   const char *name, struct opj_error *err);

static inline enum opj_unit opj_ceiling_unit(enum opj_ceiling_kind kind)
{
	return kind == OPJ_CEILING_COMPUTE ? OPJ_UNIT_FLOPS : OPJ_UNIT_BYTE_RATE;
}

#endif
