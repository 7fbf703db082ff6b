/* replay/ctf/layout.h: where the fields of the trace's events stand.
 *
 * A name is looked up once per event class; then a field of an event is reached by its index. */
#ifndef OPJ_REPLAY_CTF_LAYOUT_H
#define OPJ_REPLAY_CTF_LAYOUT_H

#include <babeltrace2/babeltrace.h>
#include <opjoule/error.h>
#include <stdint.h>

enum opj_field_id {
	OPJ_F_SEQ,
	OPJ_F_SCHEMA_MAJOR,
	OPJ_F_SCHEMA_MINOR,
	OPJ_F_TOOL,
	OPJ_F_FRAMEWORK,
	OPJ_F_MODEL,
	OPJ_F_RUN,
	OPJ_F_KIND,
	OPJ_F_ID,
	OPJ_F_PART,
	OPJ_F_PARTS,
	OPJ_F_TEXT,
	OPJ_F_DURATION,
	OPJ_F_SIGNATURE,
	OPJ_F_CONTEXT,
	OPJ_F_FLAGS,
	OPJ_F_STORAGE,
	OPJ_F_NNZ,
	OPJ_F_MAGNITUDE,
	OPJ_F_ADDRESS,
	OPJ_F_STATES,
	OPJ_F_SYNOPS,
	OPJ_F_ACTIVE_OUT,
	OPJ_F_X_ACTIVE_ROWS,
	OPJ_F_Y_ACTIVE_COLS,
	OPJ_F_PAIR_SUM,
	OPJ_F_PAIR_ACTIVE,
	OPJ_F_TILES,
	OPJ_F_DEFINITION,
	OPJ_F_OPS,
	OPJ_F_CALLS,
	OPJ_F_OPTIMIZERS,
	OPJ_F_PROBLEMS,
	OPJ_FIELD_COUNT
};

enum opj_event_type {
	OPJ_EVENT_BEGIN,
	OPJ_EVENT_DEFINE,
	OPJ_EVENT_OP,
	OPJ_EVENT_OP_SPIKE,
	OPJ_EVENT_CALL,
	OPJ_EVENT_OPTIMIZER,
	OPJ_EVENT_END,
	OPJ_EVENT_TYPES,
	OPJ_EVENT_FOREIGN = OPJ_EVENT_TYPES /* not one of ours */
};

struct opj_layout {
	const bt_event_class *class; /* not owned: alive as long as the graph */
	enum opj_event_type type;
	uint8_t index[OPJ_FIELD_COUNT]; /* member of the payload */
};

/* Finds the fields of an event class. -1: one that docs/trace.md has is missing or has another type. */
int opj_layout_init(struct opj_layout *layout, const bt_event_class *class, struct opj_error *err);

/* "opjoule:op" */
const char *opj_event_type_name(enum opj_event_type type);

static inline const bt_field *opj_layout_field(const struct opj_layout *layout, const bt_field *payload,
					       enum opj_field_id id)
{
	return bt_field_structure_borrow_member_field_by_index_const(payload, layout->index[id]);
}

static inline uint64_t opj_layout_uint(const struct opj_layout *layout, const bt_field *payload, enum opj_field_id id)
{
	return bt_field_integer_unsigned_get_value(opj_layout_field(layout, payload, id));
}

static inline const char *opj_layout_text(const struct opj_layout *layout, const bt_field *payload,
					  enum opj_field_id id)
{
	return bt_field_string_get_value(opj_layout_field(layout, payload, id));
}

#endif
