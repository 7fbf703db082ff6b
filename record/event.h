/* record/event.h: what the tracepoints take: one struct for each event, with its members (record/base/schema.h,
 * docs/trace.md) by name; a sequence is a pointer and, with _count, its length.
 *
 * LTTng-UST tracepoints have at most ten arguments, so each gets a pointer to one of these. Nothing is owned. */
#ifndef OPJ_RECORD_EVENT_H
#define OPJ_RECORD_EVENT_H

#include "record/base/schema.h"

#define OPJ_STRUCT_UINT(bits, name) uint##bits##_t name;
#define OPJ_STRUCT_SINT(bits, name) int##bits##_t name;
#define OPJ_STRUCT_TEXT(bits, name) const char *name;
#define OPJ_STRUCT_UINTS(bits, name)                                                                                   \
	uint16_t name##_count;                                                                                         \
	const uint##bits##_t *name;
#define OPJ_STRUCT_SINTS(bits, name)                                                                                   \
	uint16_t name##_count;                                                                                         \
	const int##bits##_t *name;
#define OPJ_STRUCT_MEMBER(shape, bits, name, since) OPJ_STRUCT_##shape(bits, name)

struct opj_event_begin {
	OPJ_MEMBERS_begin(OPJ_STRUCT_MEMBER)
};

struct opj_event_define {
	OPJ_MEMBERS_define(OPJ_STRUCT_MEMBER)
};

/* opjoule:op, opjoule:op_spike and opjoule:call: each takes the members that it has. */
struct opj_event_op {
	OPJ_MEMBERS_op_spike(OPJ_STRUCT_MEMBER) OPJ_STRUCT_UINTS(64, keyword)
};

struct opj_event_optimizer {
	OPJ_MEMBERS_optimizer(OPJ_STRUCT_MEMBER)
};

struct opj_event_end {
	OPJ_MEMBERS_end(OPJ_STRUCT_MEMBER)
};

struct opj_event_mark {
	OPJ_MEMBERS_mark(OPJ_STRUCT_MEMBER)
};

struct opj_event_site {
	OPJ_MEMBERS_site(OPJ_STRUCT_MEMBER)
};

#endif
