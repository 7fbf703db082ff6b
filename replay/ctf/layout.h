/* replay/ctf/layout.h: where the members of the trace's events stand.
 *
 * A name is looked up once per event class; then a member of an event is reached by its index. A member that came with
 * a later minor version than the trace's has no index: its value is the one to take instead. */
#ifndef OPJ_REPLAY_CTF_LAYOUT_H
#define OPJ_REPLAY_CTF_LAYOUT_H

#include "record/base/schema.h"
#include <babeltrace2/babeltrace.h>
#include <opjoule/error.h>

#define OPJ_FIELD_ENUMERATOR(name) OPJ_F_##name,
enum opj_field_id { OPJ_NAMES_OF_MEMBERS(OPJ_FIELD_ENUMERATOR) OPJ_FIELD_COUNT };

#define OPJ_EVENT_ENUMERATOR(name) OPJ_EVENT_##name,
enum opj_event_type {
	OPJ_EVENTS(OPJ_EVENT_ENUMERATOR) OPJ_EVENT_TYPES,
	OPJ_EVENT_LATER = OPJ_EVENT_TYPES, /* one of ours, of a later minor version, that takes a number */
	OPJ_EVENT_FOREIGN                  /* any other */
};

enum { OPJ_FIELD_ABSENT = UINT8_MAX };

struct opj_layout {
	const bt_event_class *class; /* not owned: alive as long as the graph */
	enum opj_event_type type;
	uint8_t index[OPJ_FIELD_COUNT]; /* member of the payload, or OPJ_FIELD_ABSENT */
};

/* Finds the members of an event class. -1: one that its event always had is missing, or one has another type. */
int opj_layout_init(struct opj_layout *layout, const bt_event_class *class, struct opj_error *err);

/* "opjoule:op" */
const char *opj_event_type_name(enum opj_event_type type);

static inline bool opj_layout_has(const struct opj_layout *layout, enum opj_field_id id)
{
	return layout->index[id] != OPJ_FIELD_ABSENT;
}

/* A member that is there. */
static inline const bt_field *opj_layout_field(const struct opj_layout *layout, const bt_field *payload,
					       enum opj_field_id id)
{
	return bt_field_structure_borrow_member_field_by_index_const(payload, layout->index[id]);
}

static inline uint64_t opj_layout_uint(const struct opj_layout *layout, const bt_field *payload, enum opj_field_id id)
{
	return bt_field_integer_unsigned_get_value(opj_layout_field(layout, payload, id));
}

static inline int64_t opj_layout_sint(const struct opj_layout *layout, const bt_field *payload, enum opj_field_id id)
{
	return bt_field_integer_signed_get_value(opj_layout_field(layout, payload, id));
}

static inline const char *opj_layout_text(const struct opj_layout *layout, const bt_field *payload,
					  enum opj_field_id id)
{
	return bt_field_string_get_value(opj_layout_field(layout, payload, id));
}

/* The same of members that may be absent. */
static inline uint64_t opj_layout_uint_or(const struct opj_layout *layout, const bt_field *payload,
					  enum opj_field_id id, uint64_t otherwise)
{
	return opj_layout_has(layout, id) ? opj_layout_uint(layout, payload, id) : otherwise;
}

static inline const char *opj_layout_text_or(const struct opj_layout *layout, const bt_field *payload,
					     enum opj_field_id id, const char *otherwise)
{
	return opj_layout_has(layout, id) ? opj_layout_text(layout, payload, id) : otherwise;
}

#endif
