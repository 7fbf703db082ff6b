/* record/tracepoints.h: the LTTng-UST provider `opjoule`: the events of docs/trace.md, in the order given there.
 *
 * Read several times over by LTTng's headers, hence the unusual guard. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER opjoule

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tracepoints.h"

#if !defined(OPJ_RECORD_TRACEPOINTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define OPJ_RECORD_TRACEPOINTS_H

#include "event.h"
#define LTTNG_UST_TRACEPOINT_HIDDEN_DEFINITION /* asked about within the library only, hence one load */
#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(opjoule, begin, LTTNG_UST_TP_ARGS(const struct opj_event_begin *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, seq, e->seq)
		lttng_ust_field_integer(uint8_t, schema_major, e->schema_major)
		lttng_ust_field_integer(uint8_t, schema_minor, e->schema_minor)
		lttng_ust_field_string(tool, e->tool)
		lttng_ust_field_string(framework, e->framework)
		lttng_ust_field_string(model, e->model)
		lttng_ust_field_string(run, e->run)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, define, LTTNG_UST_TP_ARGS(const struct opj_event_define *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, seq, e->seq)
		lttng_ust_field_integer(uint8_t, kind, e->kind)
		lttng_ust_field_integer(uint32_t, id, e->id)
		lttng_ust_field_integer(uint32_t, part, e->part)
		lttng_ust_field_integer(uint32_t, parts, e->parts)
		lttng_ust_field_string(text, e->text)
	)
)

#define OPJ_TENSOR_FIELDS \
	lttng_ust_field_sequence(uint8_t, flags, e->flags, uint16_t, e->tensor_count) \
	lttng_ust_field_sequence(int64_t, storage, e->storage, uint16_t, e->tensor_count) \
	lttng_ust_field_sequence(uint64_t, nnz, e->nnz, uint16_t, e->nnz_count) \
	lttng_ust_field_sequence(uint64_t, magnitude, e->magnitude, uint16_t, e->magnitude_count) \
	lttng_ust_field_sequence(uint64_t, address, e->address, uint16_t, e->address_count)

#define OPJ_OP_FIELDS \
	lttng_ust_field_integer(uint32_t, seq, e->seq) \
	lttng_ust_field_integer(uint64_t, duration, e->duration) \
	lttng_ust_field_integer(uint32_t, signature, e->signature) \
	lttng_ust_field_integer(uint32_t, context, e->context) \
	OPJ_TENSOR_FIELDS \
	lttng_ust_field_sequence(int64_t, states, e->states, uint16_t, e->state_count)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, op, LTTNG_UST_TP_ARGS(const struct opj_event_op *, e),
	LTTNG_UST_TP_FIELDS(OPJ_OP_FIELDS)
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, op_spike, LTTNG_UST_TP_ARGS(const struct opj_event_op *, e),
	LTTNG_UST_TP_FIELDS(
		OPJ_OP_FIELDS
		lttng_ust_field_integer(uint64_t, synops, e->synops)
		lttng_ust_field_integer(uint64_t, active_out, e->active_out)
		lttng_ust_field_integer(uint64_t, x_active_rows, e->x_active_rows)
		lttng_ust_field_integer(uint64_t, y_active_cols, e->y_active_cols)
		lttng_ust_field_integer(uint64_t, pair_sum, e->pair_sum)
		lttng_ust_field_integer(uint64_t, pair_active, e->pair_active)
		lttng_ust_field_sequence(uint64_t, tiles, e->tiles, uint16_t, e->tile_count)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, call, LTTNG_UST_TP_ARGS(const struct opj_event_op *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, seq, e->seq)
		lttng_ust_field_integer(uint32_t, signature, e->signature)
		lttng_ust_field_integer(uint32_t, context, e->context)
		OPJ_TENSOR_FIELDS
	)
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, optimizer, LTTNG_UST_TP_ARGS(const struct opj_event_optimizer *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, seq, e->seq)
		lttng_ust_field_integer(uint32_t, definition, e->definition)
		lttng_ust_field_integer(uint32_t, context, e->context)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, end, LTTNG_UST_TP_ARGS(const struct opj_event_end *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, seq, e->seq)
		lttng_ust_field_integer(uint64_t, ops, e->ops)
		lttng_ust_field_integer(uint64_t, calls, e->calls)
		lttng_ust_field_integer(uint64_t, optimizers, e->optimizers)
		lttng_ust_field_integer(uint64_t, problems, e->problems)
	)
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
