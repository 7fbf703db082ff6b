/* replay/decode.c: see decode.h and docs/trace.md. Per event nothing is allocated, copied or looked up by name: the
 * operands of a signature are set in place and shown, arrays grow to the largest event and stay. */
#include "decode.h"
#include <math.h>
#include <stdlib.h>

#define NOT_APPLICABLE UINT64_MAX
#define TEXT_MAX (UINT32_C(64) << 20)

enum { FLAG_KIND = 7, FLAG_ADDRESS = 1 << 3, FLAG_MAGNITUDE = 1 << 4, FLAG_NNZ = 1 << 5 };

int opj_decoder_init(struct opj_decoder *decoder, struct opj_trace *trace, struct opj_error *err)
{
	*decoder = (struct opj_decoder){.trace = trace, .next_storage = 1};
	decoder->slots = calloc(OPJ_STORAGE_SLOTS, sizeof *decoder->slots);
	return decoder->slots ? 0 : opj_fail(err, "out of memory");
}

void opj_decoder_finish(struct opj_decoder *decoder)
{
	free(decoder->slots);
	free(decoder->states);
	free(decoder->tile_words);
	free(decoder->tiles);
	free(decoder->text);
	*decoder = (struct opj_decoder){0};
}

static uint64_t uint_at(const bt_field *array, uint64_t i)
{
	return bt_field_integer_unsigned_get_value(bt_field_array_borrow_element_field_by_index_const(array, i));
}

static int64_t int_at(const bt_field *array, uint64_t i)
{
	return bt_field_integer_signed_get_value(bt_field_array_borrow_element_field_by_index_const(array, i));
}

static uint64_t timestamp(const bt_message *message)
{
	return bt_clock_snapshot_get_value(bt_message_event_borrow_default_clock_snapshot_const(message));
}

/* begin and end ---------------------------------------------------------------------------------------------------- */

static int begin_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			struct opj_error *err)
{
	struct opj_manifest *manifest = &decoder->trace->manifest;
	struct opj_arena *arena = &decoder->trace->model.arena;
	unsigned major = (unsigned)opj_layout_uint(layout, payload, OPJ_F_SCHEMA_MAJOR);
	unsigned minor = (unsigned)opj_layout_uint(layout, payload, OPJ_F_SCHEMA_MINOR);
	if (decoder->begun)
		return opj_fail(err, "a second beginning");
	if (major != OPJ_SCHEMA_MAJOR)
		return opj_fail(err, "written in schema %u.%u by \"%s\"; this program reads schema %d", major, minor,
				opj_layout_text(layout, payload, OPJ_F_TOOL), OPJ_SCHEMA_MAJOR);
	manifest->schema_major = (int)major;
	manifest->schema_minor = (int)minor;
	const struct {
		enum opj_field_id field;
		const char **text;
	} texts[] = {{OPJ_F_TOOL, &manifest->tool},
		     {OPJ_F_FRAMEWORK, &manifest->framework},
		     {OPJ_F_MODEL, &manifest->model},
		     {OPJ_F_RUN, &manifest->run}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *text = opj_layout_text(layout, payload, texts[i].field);
		if (!(*texts[i].text = opj_arena_copy(arena, text, strlen(text))))
			return opj_fail(err, "out of memory");
	}
	decoder->begun = true;
	return 0;
}

static int end_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		      struct opj_error *err)
{
	const struct opj_trace *trace = decoder->trace;
	const struct {
		const char *name;
		enum opj_field_id field;
		uint64_t seen;
	} counts[] = {{"ops", OPJ_F_OPS, trace->ops},
		      {"calls", OPJ_F_CALLS, trace->calls},
		      {"optimizer steps", OPJ_F_OPTIMIZERS, trace->optimizers}};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		uint64_t said = opj_layout_uint(layout, payload, counts[i].field);
		if (said != counts[i].seen)
			return opj_fail(err, "says that there were %llu %s, but there are %llu",
					(unsigned long long)said, counts[i].name, (unsigned long long)counts[i].seen);
	}
	decoder->problems = opj_layout_uint(layout, payload, OPJ_F_PROBLEMS);
	decoder->ended = true;
	return 0;
}

/* Definitions ------------------------------------------------------------------------------------------------------ */

static int text_append(struct opj_decoder *decoder, const char *text, struct opj_error *err)
{
	size_t length = strlen(text), size = decoder->text_size + length;
	if (size > TEXT_MAX)
		return opj_fail(err, "text: longer than %u MiB", TEXT_MAX >> 20);
	if (size > decoder->text_capacity) {
		char *grown = realloc(decoder->text, size * 2);
		if (!grown)
			return opj_fail(err, "out of memory");
		decoder->text = grown;
		decoder->text_capacity = size * 2;
	}
	if (length)
		memcpy(decoder->text + decoder->text_size, text, length);
	decoder->text_size = size;
	return 0;
}

static int definition_add(struct opj_decoder *decoder, struct opj_error *err)
{
	json_error_t broken;
	char where[64];
	json_t *json =
	    json_loadb(decoder->text ? decoder->text : "", decoder->text_size, JSON_REJECT_DUPLICATES, &broken);
	int result = json ? opj_trace_define(decoder->trace, (enum opj_define_kind)decoder->part_kind, decoder->part_id,
					     json, err)
			  : opj_fail(err, "broken JSON at column %d: %.200s", broken.column, broken.text);
	json_decref(json);
	if (!result)
		return 0;
	snprintf(where, sizeof where, "%s %llu", opj_define_kind_name((unsigned)decoder->part_kind),
		 (unsigned long long)decoder->part_id);
	return opj_fail_in(err, where);
}

static int define_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			 struct opj_error *err)
{
	uint64_t kind = opj_layout_uint(layout, payload, OPJ_F_KIND), id = opj_layout_uint(layout, payload, OPJ_F_ID);
	uint64_t part = opj_layout_uint(layout, payload, OPJ_F_PART);
	uint64_t parts = opj_layout_uint(layout, payload, OPJ_F_PARTS);
	if (kind < OPJ_DEFINE_MODULE || kind >= OPJ_DEFINE_KINDS)
		return opj_fail(err, "kind: there is no kind %llu", (unsigned long long)kind);
	if (part == 0) {
		decoder->part_kind = kind;
		decoder->part_id = id;
		decoder->parts = parts;
		decoder->text_size = 0;
	} else if (kind != decoder->part_kind || id != decoder->part_id || parts != decoder->parts ||
		   part != decoder->parts_seen) {
		return opj_fail(err, "part: piece %llu of %s %llu does not continue the piece before it",
				(unsigned long long)part, opj_define_kind_name((unsigned)kind), (unsigned long long)id);
	}
	decoder->parts_seen = part + 1;
	if (text_append(decoder, opj_layout_text(layout, payload, OPJ_F_TEXT), err))
		return -1;
	return decoder->parts_seen < parts ? 0 : definition_add(decoder, err);
}

/* Ops and calls ---------------------------------------------------------------------------------------------------- */

static int storage_decode(struct opj_decoder *decoder, int64_t code, uint64_t *storage, struct opj_error *err)
{
	uint64_t next = decoder->next_storage;
	if (code >= 0 ? (uint64_t)code >= next : code == INT64_MIN)
		return opj_fail(err, "storage: %lld names no storage", (long long)code);
	*storage = code >= 0 ? next - (uint64_t)code : (uint64_t)-code;
	if (*storage >= next)
		decoder->next_storage = *storage + 1;
	return 0;
}

/* An array of figures of which each tensor takes one if its flags say so. */
struct taken_field {
	const char *name;
	const bt_field *array;
	uint64_t count, taken;
};

struct tensor_fields {
	const bt_field *flags, *storage;
	struct taken_field nnz, magnitude, address;
};

static struct taken_field taken_field(const struct opj_layout *layout, const bt_field *payload, enum opj_field_id id,
				      const char *name)
{
	const bt_field *array = opj_layout_field(layout, payload, id);
	return (struct taken_field){.name = name, .array = array, .count = bt_field_array_get_length(array)};
}

static int take(struct taken_field *field, uint64_t *value, struct opj_error *err)
{
	if (field->taken == field->count)
		return opj_fail(err, "%s: fewer than the flags say", field->name);
	*value = uint_at(field->array, field->taken++);
	return 0;
}

/* The slot of the operand's storage: as it is, or begun anew with the address that follows. */
static struct opj_storage_slot *slot_decode(struct opj_decoder *decoder, struct tensor_fields *f, uint64_t flags,
					    struct opj_operand *operand, struct opj_error *err)
{
	struct opj_storage_slot *slot = &decoder->slots[operand->storage % OPJ_STORAGE_SLOTS];
	if (flags & FLAG_ADDRESS) {
		*slot = (struct opj_storage_slot){.storage = operand->storage};
		if (take(&f->address, &slot->address, err))
			return NULL;
	} else if (slot->storage != operand->storage) {
		opj_fail(err, "address: that of storage %llu was never given", (unsigned long long)operand->storage);
		return NULL;
	}
	operand->address = slot->address;
	return slot;
}

static int stats_decode(struct tensor_fields *f, uint64_t flags, struct opj_storage_slot *slot,
			struct opj_operand *operand, struct opj_error *err)
{
	struct opj_stats *stats = &operand->stats;
	if ((flags & FLAG_KIND) > OPJ_KIND_DENSE)
		return opj_fail(err, "flags: there is no kind of values %u", (unsigned)(flags & FLAG_KIND));
	*stats = (struct opj_stats){.kind = (enum opj_kind)(flags & FLAG_KIND)};
	if ((flags & FLAG_NNZ) && take(&f->nnz, &slot->nnz, err))
		return -1;
	if ((flags & FLAG_MAGNITUDE) && take(&f->magnitude, &slot->magnitude, err))
		return -1;
	if (stats->kind == OPJ_KIND_UNKNOWN)
		return 0;
	if (slot->nnz > operand->numel)
		return opj_fail(err, "nnz: %llu nonzeros among %llu elements", (unsigned long long)slot->nnz,
				(unsigned long long)operand->numel);
	stats->nnz = slot->nnz;
	if (stats->kind == OPJ_KIND_TERNARY)
		stats->magnitude = (double)slot->nnz;
	else if (stats->kind == OPJ_KIND_INTEGRAL)
		memcpy(&stats->magnitude, &slot->magnitude, sizeof stats->magnitude);
	return 0;
}

static int tensors_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			  struct opj_operand *operands, uint32_t count, struct opj_error *err)
{
	struct tensor_fields f = {
	    .flags = opj_layout_field(layout, payload, OPJ_F_FLAGS),
	    .storage = opj_layout_field(layout, payload, OPJ_F_STORAGE),
	    .nnz = taken_field(layout, payload, OPJ_F_NNZ, "nnz"),
	    .magnitude = taken_field(layout, payload, OPJ_F_MAGNITUDE, "magnitude"),
	    .address = taken_field(layout, payload, OPJ_F_ADDRESS, "address"),
	};
	if (bt_field_array_get_length(f.flags) != count || bt_field_array_get_length(f.storage) != count)
		return opj_fail(err, "flags, storage: not one for each of the %u tensors of the signature", count);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t flags = uint_at(f.flags, i);
		struct opj_operand *operand = &operands[i];
		struct opj_storage_slot *slot = NULL;
		if (storage_decode(decoder, int_at(f.storage, i), &operand->storage, err) ||
		    !(slot = slot_decode(decoder, &f, flags, operand, err)) ||
		    stats_decode(&f, flags, slot, operand, err)) {
			char where[32];
			snprintf(where, sizeof where, "tensor %u", i);
			return opj_fail_in(err, where);
		}
	}
	if (f.nnz.taken != f.nnz.count || f.magnitude.taken != f.magnitude.count || f.address.taken != f.address.count)
		return opj_fail(err, "nnz, magnitude, address: more than the flags say");
	return 0;
}

static int states_decode(struct opj_decoder *decoder, const bt_field *states, struct opj_op *op, struct opj_error *err)
{
	uint64_t count = bt_field_array_get_length(states);
	if (count > decoder->state_capacity) {
		uint64_t *grown = realloc(decoder->states, count * sizeof *grown);
		if (!grown)
			return opj_fail(err, "out of memory");
		decoder->states = grown;
		decoder->state_capacity = count;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (storage_decode(decoder, int_at(states, i), &decoder->states[i], err))
			return opj_fail_in(err, "states");
	}
	op->states = decoder->states;
	op->state_count = (uint32_t)count;
	return 0;
}

static int tiles_decode(struct opj_decoder *decoder, const bt_field *words, struct opj_spike_stats *spike,
			struct opj_error *err)
{
	enum { HEAD = 4 }; /* size, patches, sites, n */
	uint64_t count = bt_field_array_get_length(words);
	if (count > decoder->tile_word_capacity) {
		uint64_t *grown = realloc(decoder->tile_words, count * sizeof *grown);
		decoder->tile_words = grown ? grown : decoder->tile_words;
		struct opj_tile_stats *tiles = realloc(decoder->tiles, (count / HEAD + 1) * sizeof *tiles);
		decoder->tiles = tiles ? tiles : decoder->tiles;
		if (!grown || !tiles)
			return opj_fail(err, "out of memory");
		decoder->tile_word_capacity = count;
	}
	uint64_t *w = decoder->tile_words;
	for (uint64_t i = 0; i < count; i++)
		w[i] = uint_at(words, i);
	spike->tiles = decoder->tiles;
	spike->has |= count ? OPJ_SPIKE_TILES : 0;
	for (uint64_t at = 0; at < count; at += HEAD + w[at + 3]) {
		if (count - at < HEAD || w[at + 3] > count - at - HEAD || w[at] > UINT32_MAX)
			return opj_fail(err, "tiles: cut short");
		decoder->tiles[spike->tile_count++] = (struct opj_tile_stats){.size = (uint32_t)w[at],
									      .patches = w[at + 1],
									      .sites = w[at + 2],
									      .row_count = (uint32_t)w[at + 3],
									      .rows = &w[at + HEAD]};
	}
	return 0;
}

static int spike_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			struct opj_spike_stats *spike, struct opj_error *err)
{
	const struct {
		enum opj_field_id field;
		unsigned has;
		uint64_t *value;
	} numbers[] = {{OPJ_F_SYNOPS, OPJ_SPIKE_SYNOPS, &spike->synops},
		       {OPJ_F_ACTIVE_OUT, OPJ_SPIKE_SYNOPS, &spike->active_out},
		       {OPJ_F_X_ACTIVE_ROWS, OPJ_SPIKE_X_ACTIVE_ROWS, &spike->x_active_rows},
		       {OPJ_F_Y_ACTIVE_COLS, OPJ_SPIKE_Y_ACTIVE_COLS, &spike->y_active_cols},
		       {OPJ_F_PAIR_SUM, OPJ_SPIKE_PAIR, &spike->pair_sum},
		       {OPJ_F_PAIR_ACTIVE, OPJ_SPIKE_PAIR, &spike->pair_active}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uint64_t value = opj_layout_uint(layout, payload, numbers[i].field);
		if (value != NOT_APPLICABLE) {
			*numbers[i].value = value;
			spike->has |= numbers[i].has;
		}
	}
	return tiles_decode(decoder, opj_layout_field(layout, payload, OPJ_F_TILES), spike, err);
}

static int missing(struct opj_error *err, enum opj_define_kind kind, uint64_t id)
{
	return opj_fail(err, "%s %llu is not defined", opj_define_kind_name(kind), (unsigned long long)id);
}

static int op_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		     const bt_message *message, struct opj_error *err)
{
	struct opj_trace *trace = decoder->trace;
	struct opj_spike_stats spike = {0};
	uint64_t signature_id = opj_layout_uint(layout, payload, OPJ_F_SIGNATURE);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_CONTEXT);
	struct opj_model_signature *signature = opj_model_get(&trace->model, OPJ_DEFINE_SIGNATURE, signature_id);
	if (!signature)
		return missing(err, OPJ_DEFINE_SIGNATURE, signature_id);
	struct opj_op op = {.signature = &signature->def,
			    .operands = signature->operands,
			    .context = opj_model_get(&trace->model, OPJ_DEFINE_CONTEXT, context_id),
			    .duration_ns = opj_layout_uint(layout, payload, OPJ_F_DURATION),
			    .timestamp_ns = timestamp(message)};
	if (!op.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	if (tensors_decode(decoder, layout, payload, signature->operands, signature->def.operand_count, err) ||
	    states_decode(decoder, opj_layout_field(layout, payload, OPJ_F_STATES), &op, err))
		return opj_fail_in(err, op.signature->op);
	if (layout->type == OPJ_EVENT_OP_SPIKE) {
		if (spike_decode(decoder, layout, payload, &spike, err))
			return opj_fail_in(err, op.signature->op);
		op.spike = &spike;
	}
	return opj_trace_emit_op(trace, &op, err);
}

static int call_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		       const bt_message *message, struct opj_error *err)
{
	struct opj_trace *trace = decoder->trace;
	uint64_t id = opj_layout_uint(layout, payload, OPJ_F_SIGNATURE);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_CONTEXT);
	struct opj_model_call *def = opj_model_get(&trace->model, OPJ_DEFINE_CALL, id);
	if (!def)
		return missing(err, OPJ_DEFINE_CALL, id);
	struct opj_call call = {.module = def->module,
				.direction = def->direction,
				.context = opj_model_get(&trace->model, OPJ_DEFINE_CONTEXT, context_id),
				.in = def->in,
				.in_count = def->in_count,
				.out = def->out,
				.out_count = def->out_count,
				.operands = def->operands,
				.operand_count = def->operand_count,
				.timestamp_ns = timestamp(message)};
	if (!call.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	if (tensors_decode(decoder, layout, payload, def->operands, def->operand_count, err))
		return opj_fail_in(err, def->module->def.path);
	return opj_trace_emit_call(trace, &call, err);
}

static int optimizer_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			    const bt_message *message, struct opj_error *err)
{
	const struct opj_model *model = &decoder->trace->model;
	uint64_t id = opj_layout_uint(layout, payload, OPJ_F_DEFINITION);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_CONTEXT);
	const struct opj_optimizer_record *def = opj_model_get(model, OPJ_DEFINE_OPTIMIZER, id);
	if (!def)
		return missing(err, OPJ_DEFINE_OPTIMIZER, id);
	struct opj_optimizer_step step = {.context = opj_model_get(model, OPJ_DEFINE_CONTEXT, context_id),
					  .def = *def,
					  .timestamp_ns = timestamp(message)};
	if (!step.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	return opj_trace_emit_optimizer(decoder->trace, &step, err);
}

static int dispatch(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		    const bt_message *message, struct opj_error *err)
{
	if (!decoder->begun && layout->type != OPJ_EVENT_BEGIN)
		return opj_fail(err, "comes before opjoule:begin");
	if (decoder->ended)
		return opj_fail(err, "comes after opjoule:end");
	switch (layout->type) {
	case OPJ_EVENT_BEGIN:
		return begin_decode(decoder, layout, payload, err);
	case OPJ_EVENT_DEFINE:
		return define_decode(decoder, layout, payload, err);
	case OPJ_EVENT_OP:
	case OPJ_EVENT_OP_SPIKE:
		return op_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_CALL:
		return call_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_OPTIMIZER:
		return optimizer_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_END:
		return end_decode(decoder, layout, payload, err);
	default:
		return 0;
	}
}

int opj_decode_event(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_message *message,
		     struct opj_error *err)
{
	const bt_field *payload = bt_event_borrow_payload_field_const(bt_message_event_borrow_event_const(message));
	if (dispatch(decoder, layout, payload, message, err) == 0)
		return 0;
	char where[64];
	snprintf(where, sizeof where, "event %llu (%s)",
		 (unsigned long long)opj_layout_uint(layout, payload, OPJ_F_SEQ), opj_event_type_name(layout->type));
	return opj_fail_in(err, where);
}
