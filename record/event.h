/* record/event.h: what the tracepoints take: one struct for each event of docs/trace.md, field by field.
 *
 * LTTng-UST tracepoints have at most ten arguments, so each gets a pointer to one of these. Nothing is owned. */
#ifndef OPJ_RECORD_EVENT_H
#define OPJ_RECORD_EVENT_H

#include <stdint.h>

/* Kinds of definitions, as they stand in opjoule:define. */
enum opj_define_kind {
	OPJ_DEFINE_MODULE = 1,
	OPJ_DEFINE_CONTEXT = 2,
	OPJ_DEFINE_SIGNATURE = 3,
	OPJ_DEFINE_CALL = 4,
	OPJ_DEFINE_OPTIMIZER = 5,
};

/* A definition's text is cut into pieces of this many bytes. */
#define OPJ_DEFINE_PART 16384

struct opj_event_begin {
	uint32_t seq;
	uint8_t schema_major, schema_minor;
	const char *tool, *framework, *model, *run;
};

struct opj_event_define {
	uint32_t seq;
	uint8_t kind;
	uint32_t id, part, parts;
	const char *text;
};

/* opjoule:op, opjoule:op_spike (all fields) and opjoule:call (no duration, no states). */
struct opj_event_op {
	uint32_t seq, signature, context;
	uint16_t tensor_count, nnz_count, magnitude_count, address_count, state_count, tile_count;
	uint64_t duration;
	const uint8_t *flags;      /* [tensor_count] */
	const int64_t *storage;    /* [tensor_count] */
	const uint64_t *nnz;       /* [nnz_count] */
	const uint64_t *magnitude; /* [magnitude_count] bits of doubles */
	const uint64_t *address;   /* [address_count] */
	const int64_t *states;     /* [state_count] */
	uint64_t synops, active_out, x_active_rows, y_active_cols, pair_sum, pair_active;
	const uint64_t *tiles; /* [tile_count] words */
};

struct opj_event_optimizer {
	uint32_t seq, definition, context;
};

struct opj_event_end {
	uint32_t seq;
	uint64_t ops, calls, optimizers, problems;
};

#endif
