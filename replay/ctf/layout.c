/* replay/ctf/layout.c: see layout.h. Members that are not known are passed over, so that a later minor version may add
 * some. */
#include "layout.h"
#include <string.h>

enum shape { UINT, TEXT, UINTS, INTS };

static const struct {
	const char *name;
	enum shape shape;
} fields[OPJ_FIELD_COUNT] = {
    [OPJ_F_SEQ] = {"seq", UINT},
    [OPJ_F_SCHEMA_MAJOR] = {"schema_major", UINT},
    [OPJ_F_SCHEMA_MINOR] = {"schema_minor", UINT},
    [OPJ_F_TOOL] = {"tool", TEXT},
    [OPJ_F_FRAMEWORK] = {"framework", TEXT},
    [OPJ_F_MODEL] = {"model", TEXT},
    [OPJ_F_RUN] = {"run", TEXT},
    [OPJ_F_KIND] = {"kind", UINT},
    [OPJ_F_ID] = {"id", UINT},
    [OPJ_F_PART] = {"part", UINT},
    [OPJ_F_PARTS] = {"parts", UINT},
    [OPJ_F_TEXT] = {"text", TEXT},
    [OPJ_F_DURATION] = {"duration", UINT},
    [OPJ_F_SIGNATURE] = {"signature", UINT},
    [OPJ_F_CONTEXT] = {"context", UINT},
    [OPJ_F_FLAGS] = {"flags", UINTS},
    [OPJ_F_STORAGE] = {"storage", INTS},
    [OPJ_F_NNZ] = {"nnz", UINTS},
    [OPJ_F_MAGNITUDE] = {"magnitude", UINTS},
    [OPJ_F_ADDRESS] = {"address", UINTS},
    [OPJ_F_STATES] = {"states", INTS},
    [OPJ_F_SYNOPS] = {"synops", UINT},
    [OPJ_F_ACTIVE_OUT] = {"active_out", UINT},
    [OPJ_F_X_ACTIVE_ROWS] = {"x_active_rows", UINT},
    [OPJ_F_Y_ACTIVE_COLS] = {"y_active_cols", UINT},
    [OPJ_F_PAIR_SUM] = {"pair_sum", UINT},
    [OPJ_F_PAIR_ACTIVE] = {"pair_active", UINT},
    [OPJ_F_TILES] = {"tiles", UINTS},
    [OPJ_F_DEFINITION] = {"definition", UINT},
    [OPJ_F_OPS] = {"ops", UINT},
    [OPJ_F_CALLS] = {"calls", UINT},
    [OPJ_F_OPTIMIZERS] = {"optimizers", UINT},
    [OPJ_F_PROBLEMS] = {"problems", UINT},
};

#define BIT(field) (UINT64_C(1) << OPJ_F_##field)
#define TENSORS (BIT(FLAGS) | BIT(STORAGE) | BIT(NNZ) | BIT(MAGNITUDE) | BIT(ADDRESS))
#define OP (BIT(SEQ) | BIT(DURATION) | BIT(SIGNATURE) | BIT(CONTEXT) | TENSORS | BIT(STATES))

static const struct {
	const char *name;
	uint64_t fields; /* bits of enum opj_field_id */
} events[OPJ_EVENT_TYPES] = {
    [OPJ_EVENT_BEGIN] = {"opjoule:begin", BIT(SEQ) | BIT(SCHEMA_MAJOR) | BIT(SCHEMA_MINOR) | BIT(TOOL) |
					      BIT(FRAMEWORK) | BIT(MODEL) | BIT(RUN)},
    [OPJ_EVENT_DEFINE] = {"opjoule:define", BIT(SEQ) | BIT(KIND) | BIT(ID) | BIT(PART) | BIT(PARTS) | BIT(TEXT)},
    [OPJ_EVENT_OP] = {"opjoule:op", OP},
    [OPJ_EVENT_OP_SPIKE] = {"opjoule:op_spike", OP | BIT(SYNOPS) | BIT(ACTIVE_OUT) | BIT(X_ACTIVE_ROWS) |
						    BIT(Y_ACTIVE_COLS) | BIT(PAIR_SUM) | BIT(PAIR_ACTIVE) | BIT(TILES)},
    [OPJ_EVENT_CALL] = {"opjoule:call", BIT(SEQ) | BIT(SIGNATURE) | BIT(CONTEXT) | TENSORS},
    [OPJ_EVENT_OPTIMIZER] = {"opjoule:optimizer", BIT(SEQ) | BIT(DEFINITION) | BIT(CONTEXT)},
    [OPJ_EVENT_END] = {"opjoule:end", BIT(SEQ) | BIT(OPS) | BIT(CALLS) | BIT(OPTIMIZERS) | BIT(PROBLEMS)},
};

const char *opj_event_type_name(enum opj_event_type type)
{
	return type < OPJ_EVENT_TYPES ? events[type].name : "foreign event";
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
	if (shape == TEXT)
		return type == BT_FIELD_CLASS_TYPE_STRING;
	if (!bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY))
		return BT_FALSE;
	return is_integer(bt_field_class_array_borrow_element_field_class_const(class),
			  shape == UINTS ? BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER : BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
}

static int field_find(struct opj_layout *layout, const bt_field_class *payload, enum opj_field_id id,
		      struct opj_error *err)
{
	static const char *const shapes[] = {"an unsigned integer", "a string", "a sequence of unsigned integers",
					     "a sequence of signed integers"};
	uint64_t count = payload ? bt_field_class_structure_get_member_count(payload) : 0;
	for (uint64_t i = 0; i < count && i <= UINT8_MAX; i++) {
		const bt_field_class_structure_member *member =
		    bt_field_class_structure_borrow_member_by_index_const(payload, i);
		if (strcmp(bt_field_class_structure_member_get_name(member), fields[id].name) != 0)
			continue;
		layout->index[id] = (uint8_t)i;
		if (has_shape(bt_field_class_structure_member_borrow_field_class_const(member), fields[id].shape))
			return 0;
		return opj_fail(err, "event %s: field \"%s\" is not %s", events[layout->type].name, fields[id].name,
				shapes[fields[id].shape]);
	}
	return opj_fail(err, "event %s: field \"%s\" is missing", events[layout->type].name, fields[id].name);
}

int opj_layout_init(struct opj_layout *layout, const bt_event_class *class, struct opj_error *err)
{
	const char *name = bt_event_class_get_name(class);
	const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(class);
	*layout = (struct opj_layout){.class = class, .type = OPJ_EVENT_FOREIGN};
	for (int type = 0; name && type < OPJ_EVENT_TYPES; type++) {
		if (strcmp(events[type].name, name) == 0)
			layout->type = type;
	}
	if (layout->type == OPJ_EVENT_FOREIGN)
		return 0;
	if (!bt_stream_class_borrow_default_clock_class_const(bt_event_class_borrow_stream_class_const(class)))
		return opj_fail(err, "event %s: has no clock", name);
	for (int id = 0; id < OPJ_FIELD_COUNT; id++) {
		if (events[layout->type].fields >> id & 1 && field_find(layout, payload, id, err))
			return -1;
	}
	return 0;
}
