/* replay/ctf/layout.c: see layout.h. Members and events that are not known are passed over, so that a later minor
 * version may add some. */
#include "layout.h"
#include <string.h>

enum shape { UINT, SINT, TEXT, UINTS, SINTS };

struct member {
	const char *name;
	enum opj_field_id id;
	enum shape shape;
	unsigned since; /* minor version that has it first */
};

#define MEMBER(shape, bits, name, since) {#name, OPJ_F_##name, shape, since},
#define MEMBERS(event) static const struct member event##_members[] = {OPJ_MEMBERS_##event(MEMBER)};
OPJ_EVENTS(MEMBERS)

#define EVENT(event)                                                                                                   \
	[OPJ_EVENT_##event] = {"opjoule:" #event, event##_members, sizeof event##_members / sizeof(struct member)},
static const struct {
	const char *name;
	const struct member *members;
	size_t count;
} events[OPJ_EVENT_TYPES] = {OPJ_EVENTS(EVENT)};

const char *opj_event_type_name(enum opj_event_type type)
{
	return type < OPJ_EVENT_TYPES    ? events[type].name
	       : type == OPJ_EVENT_LATER ? "an event of a later version"
					 : "foreign event";
}

static bt_bool is_integer(const bt_field_class *class, bt_field_class_type type)
{
	return bt_field_class_type_is(bt_field_class_get_type(class), type);
}

static bt_bool has_shape(const bt_field_class *class, enum shape shape)
{
	bt_field_class_type type = bt_field_class_get_type(class);
	if (shape == UINT)
		return is_integer(class, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
	if (shape == SINT)
		return is_integer(class, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
	if (shape == TEXT)
		return type == BT_FIELD_CLASS_TYPE_STRING;
	if (!bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY))
		return BT_FALSE;
	return is_integer(bt_field_class_array_borrow_element_field_class_const(class),
			  shape == UINTS ? BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER : BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
}

/* The class of a member of the payload; NULL where there is none of that name. */
static const bt_field_class *member_find(const bt_field_class *payload, const char *name, uint8_t *index)
{
	uint64_t count = payload ? bt_field_class_structure_get_member_count(payload) : 0;
	for (uint64_t i = 0; i < count && i < OPJ_FIELD_ABSENT; i++) {
		const bt_field_class_structure_member *member =
		    bt_field_class_structure_borrow_member_by_index_const(payload, i);
		if (strcmp(bt_field_class_structure_member_get_name(member), name) == 0) {
			*index = (uint8_t)i;
			return bt_field_class_structure_member_borrow_field_class_const(member);
		}
	}
	return NULL;
}

static int member_place(struct opj_layout *layout, const bt_field_class *payload, const struct member *member,
			struct opj_error *err)
{
	static const char *const shapes[] = {"an unsigned integer", "a signed integer", "a string",
					     "a sequence of unsigned integers", "a sequence of signed integers"};
	const bt_field_class *class = member_find(payload, member->name, &layout->index[member->id]);
	/* An event begins with a member that it had from the first. */
	if (!class && member->since <= events[layout->type].members[0].since)
		return opj_fail(err, "event %s: field \"%s\" is missing", events[layout->type].name, member->name);
	if (class && !has_shape(class, member->shape))
		return opj_fail(err, "event %s: field \"%s\" is not %s", events[layout->type].name, member->name,
				shapes[member->shape]);
	return 0;
}

static enum opj_event_type type_find(const char *name)
{
	int type = 0;
	while (type < OPJ_EVENT_TYPES && (!name || strcmp(events[type].name, name) != 0))
		type++;
	return type < OPJ_EVENT_TYPES ? type : OPJ_EVENT_FOREIGN;
}

int opj_layout_init(struct opj_layout *layout, const bt_event_class *class, struct opj_error *err)
{
	const char *name = bt_event_class_get_name(class);
	const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(class), *seq;
	*layout = (struct opj_layout){.class = class, .type = type_find(name)};
	memset(layout->index, OPJ_FIELD_ABSENT, sizeof layout->index);
	if (layout->type == OPJ_EVENT_FOREIGN) {
		/* What a later version numbers must be counted, whatever it says. */
		seq = name && strncmp(name, "opjoule:", 8) == 0 ? member_find(payload, "seq", &layout->index[OPJ_F_seq])
								: NULL;
		if (seq && has_shape(seq, UINT))
			layout->type = OPJ_EVENT_LATER;
		return 0;
	}
	if (!bt_stream_class_borrow_default_clock_class_const(bt_event_class_borrow_stream_class_const(class)))
		return opj_fail(err, "event %s: has no clock", name);
	for (size_t i = 0; i < events[layout->type].count; i++) {
		if (member_place(layout, payload, &events[layout->type].members[i], err))
			return -1;
	}
	return 0;
}
