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

/* The members of record/base/schema.h as LTTng's macros want them; those are other ones at each reading. */
#define OPJ_TRACED_UINT(bits, name) lttng_ust_field_integer(uint##bits##_t, name, e->name)
#define OPJ_TRACED_SINT(bits, name) lttng_ust_field_integer(int##bits##_t, name, e->name)
#define OPJ_TRACED_TEXT(bits, name) lttng_ust_field_string(name, e->name)
#define OPJ_TRACED_UINTS(bits, name) lttng_ust_field_sequence(uint##bits##_t, name, e->name, uint16_t, e->name##_count)
#define OPJ_TRACED_SINTS(bits, name) lttng_ust_field_sequence(int##bits##_t, name, e->name, uint16_t, e->name##_count)
#define OPJ_TRACED(shape, bits, name, since) OPJ_TRACED_##shape(bits, name)

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(opjoule, begin, LTTNG_UST_TP_ARGS(const struct opj_event_begin *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_begin(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, define, LTTNG_UST_TP_ARGS(const struct opj_event_define *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_define(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, op, LTTNG_UST_TP_ARGS(const struct opj_event_op *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_op(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, op_spike, LTTNG_UST_TP_ARGS(const struct opj_event_op *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_op_spike(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, call, LTTNG_UST_TP_ARGS(const struct opj_event_op *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_call(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, optimizer, LTTNG_UST_TP_ARGS(const struct opj_event_optimizer *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_optimizer(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, end, LTTNG_UST_TP_ARGS(const struct opj_event_end *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_end(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, mark, LTTNG_UST_TP_ARGS(const struct opj_event_mark *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_mark(OPJ_TRACED))
)

LTTNG_UST_TRACEPOINT_EVENT(opjoule, site, LTTNG_UST_TP_ARGS(const struct opj_event_site *, e),
	LTTNG_UST_TP_FIELDS(OPJ_MEMBERS_site(OPJ_TRACED))
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
