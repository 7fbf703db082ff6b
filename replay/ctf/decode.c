/* replay/ctf/decode.c: see decode.h and docs/trace.md. Per event nothing is allocated, copied or looked up by name: the
 * operands of a signature are set in place and shown, arrays grow to the largest event and stay. */
#include "decode_tensors.h"
#include <stdlib.h>

#define TEXT_MAX (UINT32_C(64) << 20)

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

static uint64_t timestamp(const bt_message *message)
{
	return bt_clock_snapshot_get_value(bt_message_event_borrow_default_clock_snapshot_const(message));
}

/* begin and end ---------------------------------------------------------------------------------------------------- */

static int begin_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			struct opj_error *err)
{
	struct opj_manifest *manifest = &decoder->trace->manifest;
	struct opj_arena *arena = &decoder->trace->definitions.arena;
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
	struct opj_definition_signature *signature =
	    opj_definitions_get(&trace->definitions, OPJ_DEFINE_SIGNATURE, signature_id);
	if (!signature)
		return missing(err, OPJ_DEFINE_SIGNATURE, signature_id);
	struct opj_op op = {.signature = &signature->def,
			    .operands = signature->operands,
			    .context = opj_definitions_get(&trace->definitions, OPJ_DEFINE_CONTEXT, context_id),
			    .duration_ns = opj_layout_uint(layout, payload, OPJ_F_DURATION),
			    .timestamp_ns = timestamp(message)};
	if (!op.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	if (opj_decode_tensors(decoder, layout, payload, signature->operands, signature->def.operand_count, err) ||
	    opj_decode_states(decoder, opj_layout_field(layout, payload, OPJ_F_STATES), &op, err))
		return opj_fail_in(err, op.signature->op);
	if (layout->type == OPJ_EVENT_OP_SPIKE) {
		if (opj_decode_spike(decoder, layout, payload, &spike, err))
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
	struct opj_definition_call *def = opj_definitions_get(&trace->definitions, OPJ_DEFINE_CALL, id);
	if (!def)
		return missing(err, OPJ_DEFINE_CALL, id);
	struct opj_call call = {.module = def->module,
				.direction = def->direction,
				.context = opj_definitions_get(&trace->definitions, OPJ_DEFINE_CONTEXT, context_id),
				.in = def->in,
				.in_count = def->in_count,
				.out = def->out,
				.out_count = def->out_count,
				.operands = def->operands,
				.operand_count = def->operand_count,
				.timestamp_ns = timestamp(message)};
	if (!call.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	if (opj_decode_tensors(decoder, layout, payload, def->operands, def->operand_count, err))
		return opj_fail_in(err, def->module->def.path);
	return opj_trace_emit_call(trace, &call, err);
}

static int optimizer_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			    const bt_message *message, struct opj_error *err)
{
	const struct opj_definitions *definitions = &decoder->trace->definitions;
	uint64_t id = opj_layout_uint(layout, payload, OPJ_F_DEFINITION);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_CONTEXT);
	const struct opj_optimizer_record *def = opj_definitions_get(definitions, OPJ_DEFINE_OPTIMIZER, id);
	if (!def)
		return missing(err, OPJ_DEFINE_OPTIMIZER, id);
	struct opj_optimizer_step step = {.context = opj_definitions_get(definitions, OPJ_DEFINE_CONTEXT, context_id),
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
