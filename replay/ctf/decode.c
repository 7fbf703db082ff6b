/* replay/ctf/decode.c: see decode.h and docs/trace.md. Per event nothing is allocated, copied or looked up by name: the
 * operands of a signature are set in place and shown, arrays grow to the largest event and stay. */
#include "decode_tensors.h"
#include "replay/core/tree.h"
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
	free(decoder->values);
	opj_buffer_finish(&decoder->text);
	opj_buffer_finish(&decoder->more);
	*decoder = (struct opj_decoder){0};
}

static uint64_t timestamp(const bt_message *message)
{
	return bt_clock_snapshot_get_value(bt_message_event_borrow_default_clock_snapshot_const(message));
}

/* begin and end ---------------------------------------------------------------------------------------------------- */

/* The members of a JSON object as keyed values. */
static int constants_read(struct opj_arena *arena, const char *text, const char *name, const struct opj_value **values,
			  uint32_t *count, struct opj_error *err)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	int result = json_is_object(json) ? opj_tree_constants(arena, json, name, values, count, err)
					  : opj_fail(err, "%s: no JSON object", name);
	json_decref(json);
	return result;
}

static int begin_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			struct opj_error *err)
{
	struct opj_manifest *manifest = &decoder->trace->manifest;
	struct opj_arena *arena = &decoder->trace->definitions.arena;
	unsigned major = (unsigned)opj_layout_uint(layout, payload, OPJ_F_schema_major);
	unsigned minor = (unsigned)opj_layout_uint(layout, payload, OPJ_F_schema_minor);
	if (decoder->begun)
		return opj_fail(err, "a second beginning");
	if (major != OPJ_SCHEMA_MAJOR)
		return opj_fail(err, "written in schema %u.%u by \"%s\"; this program reads schema %d", major, minor,
				opj_layout_text(layout, payload, OPJ_F_tool), OPJ_SCHEMA_MAJOR);
	uint64_t clock = opj_layout_uint_or(layout, payload, OPJ_F_clock, OPJ_CLOCK_UNKNOWN);
	manifest->schema_major = (int)major;
	manifest->schema_minor = (int)minor;
	manifest->clock = clock <= OPJ_CLOCK_DEVICE ? (enum opj_clock)clock : OPJ_CLOCK_UNKNOWN;
	decoder->trace->definitions.rules = (struct opj_field_rules){.minor = minor, .open = true};
	const struct {
		enum opj_field_id field;
		const char **text;
	} texts[] = {{OPJ_F_tool, &manifest->tool},
		     {OPJ_F_framework, &manifest->framework},
		     {OPJ_F_model, &manifest->model},
		     {OPJ_F_run, &manifest->run}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *text = opj_layout_text(layout, payload, texts[i].field);
		if (!(*texts[i].text = opj_arena_copy(arena, text, strlen(text))))
			return opj_fail(err, "out of memory");
	}
	decoder->begun = true;
	return constants_read(arena, opj_layout_text_or(layout, payload, OPJ_F_facts, "{}"), "facts", &manifest->facts,
			      &manifest->fact_count, err);
}

static int end_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		      struct opj_error *err)
{
	const struct opj_trace *trace = decoder->trace;
	const struct {
		const char *name;
		enum opj_field_id field;
		uint64_t seen;
	} counts[] = {{"ops", OPJ_F_ops, trace->ops},
		      {"calls", OPJ_F_calls, trace->calls},
		      {"optimizer steps", OPJ_F_optimizers, trace->optimizers}};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		uint64_t said = opj_layout_uint(layout, payload, counts[i].field);
		if (said != counts[i].seen)
			return opj_fail(err, "says that there were %llu %s, but there are %llu",
					(unsigned long long)said, counts[i].name, (unsigned long long)counts[i].seen);
	}
	decoder->problems = opj_layout_uint(layout, payload, OPJ_F_problems);
	decoder->ended = true;
	return 0;
}

/* Definitions ------------------------------------------------------------------------------------------------------ */

static int text_append(struct opj_buffer *buffer, const char *text, struct opj_error *err)
{
	size_t length = strlen(text);
	if (buffer->size + length > TEXT_MAX)
		return opj_fail(err, "text: longer than %u MiB", TEXT_MAX >> 20);
	opj_buffer_put(buffer, text, length);
	return buffer->failed ? opj_fail(err, "out of memory") : 0;
}

static json_t *text_parse(const struct opj_buffer *text, const char *name, struct opj_error *err)
{
	json_error_t broken;
	json_t *json = json_loadb(text->size ? text->data : "", text->size, JSON_REJECT_DUPLICATES, &broken);
	if (!json)
		opj_fail(err, "broken JSON%s%s at column %d: %.200s", *name ? " in " : "", name, broken.column,
			 broken.text);
	return json;
}

static bool is_blank(const struct opj_buffer *text)
{
	for (size_t i = 0; i < text->size; i++) {
		if (text->data[i] != ' ')
			return false;
	}
	return true;
}

/* The keys of both texts in one object; NULL: one is broken. */
static json_t *definition_parse(const struct opj_decoder *decoder, struct opj_error *err)
{
	json_t *json = text_parse(&decoder->text, "", err), *more;
	if (!json || is_blank(&decoder->more))
		return json;
	if ((more = text_parse(&decoder->more, "more", err)) && json_object_update_missing(json, more))
		opj_fail(err, "more: no object, or out of memory");
	else if (more)
		return json_decref(more), json;
	json_decref(more);
	json_decref(json);
	return NULL;
}

static int definition_add(struct opj_decoder *decoder, struct opj_error *err)
{
	char where[64];
	json_t *json = definition_parse(decoder, err);
	int result = json ? opj_trace_define(decoder->trace, (enum opj_define_kind)decoder->part_kind, decoder->part_id,
					     json, err)
			  : -1;
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
	uint64_t kind = opj_layout_uint(layout, payload, OPJ_F_kind), id = opj_layout_uint(layout, payload, OPJ_F_id);
	uint64_t part = opj_layout_uint(layout, payload, OPJ_F_part);
	uint64_t parts = opj_layout_uint(layout, payload, OPJ_F_parts);
	if (kind < OPJ_DEFINE_MODULE)
		return opj_fail(err, "kind: there is no kind %llu", (unsigned long long)kind);
	if (kind >= OPJ_DEFINE_KINDS)
		return 0; /* of a later minor version */
	if (part == 0) {
		decoder->part_kind = kind;
		decoder->part_id = id;
		decoder->parts = parts;
		opj_buffer_clear(&decoder->text);
		opj_buffer_clear(&decoder->more);
	} else if (kind != decoder->part_kind || id != decoder->part_id || parts != decoder->parts ||
		   part != decoder->parts_seen) {
		return opj_fail(err, "part: piece %llu of %s %llu does not continue the piece before it",
				(unsigned long long)part, opj_define_kind_name((unsigned)kind), (unsigned long long)id);
	}
	decoder->parts_seen = part + 1;
	if (text_append(&decoder->text, opj_layout_text(layout, payload, OPJ_F_text), err) ||
	    text_append(&decoder->more, opj_layout_text_or(layout, payload, OPJ_F_more, ""), err))
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
	uint64_t signature_id = opj_layout_uint(layout, payload, OPJ_F_signature);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_context);
	struct opj_definition_signature *signature =
	    opj_definitions_get(&trace->definitions, OPJ_DEFINE_SIGNATURE, signature_id);
	if (!signature)
		return missing(err, OPJ_DEFINE_SIGNATURE, signature_id);
	struct opj_op op = {.signature = &signature->def,
			    .operands = signature->operands,
			    .context = opj_definitions_get(&trace->definitions, OPJ_DEFINE_CONTEXT, context_id),
			    .duration_ns = opj_layout_uint(layout, payload, OPJ_F_duration),
			    .timestamp_ns = timestamp(message)};
	if (!op.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	if (opj_decode_tensors(decoder, layout, payload, signature->operands, signature->def.operand_count, err) ||
	    opj_decode_states(decoder, opj_layout_field(layout, payload, OPJ_F_states), &op, err))
		return opj_fail_in(err, op.signature->op);
	if (layout->type == OPJ_EVENT_op_spike) {
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
	uint64_t id = opj_layout_uint(layout, payload, OPJ_F_signature);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_context);
	struct opj_definition_call *def = opj_definitions_get(&trace->definitions, OPJ_DEFINE_CALL, id);
	if (!def)
		return missing(err, OPJ_DEFINE_CALL, id);
	struct opj_call call =
	    opj_definition_call_event(def, opj_definitions_get(&trace->definitions, OPJ_DEFINE_CONTEXT, context_id));
	call.timestamp_ns = timestamp(message);
	if (!call.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context_id);
	if (opj_decode_tensors(decoder, layout, payload, def->operands, def->positional, err) ||
	    opj_decode_keyword(layout, payload, def->operands + def->positional, def->operand_count - def->positional,
			       err))
		return opj_fail_in(err, def->module->def.path);
	return opj_trace_emit_call(trace, &call, err);
}

static int optimizer_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
			    const bt_message *message, struct opj_error *err)
{
	const struct opj_definitions *definitions = &decoder->trace->definitions;
	uint64_t id = opj_layout_uint(layout, payload, OPJ_F_definition);
	uint64_t context_id = opj_layout_uint(layout, payload, OPJ_F_context);
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

/* Without a number ------------------------------------------------------------------------------------------------- */

static int mark_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		       const bt_message *message, struct opj_error *err)
{
	const char *numbers = opj_layout_text(layout, payload, OPJ_F_numbers);
	struct opj_arena arena = {0};
	struct opj_trace_mark mark = {.after = opj_layout_uint(layout, payload, OPJ_F_after),
				      .def = {.name = opj_layout_text(layout, payload, OPJ_F_name),
					      .index = opj_layout_sint(layout, payload, OPJ_F_index)},
				      .timestamp_ns = timestamp(message)};
	int result = constants_read(&arena, numbers, "numbers", &mark.def.numbers, &mark.def.number_count, err);
	if (!result)
		result = opj_trace_emit_mark(decoder->trace, &mark, err);
	opj_arena_finish(&arena);
	return result;
}

static int site_values(struct opj_decoder *decoder, const bt_field *array, struct opj_site *site, struct opj_error *err)
{
	uint64_t count = bt_field_array_get_length(array);
	if (count > decoder->value_capacity) {
		uint64_t *grown = realloc(decoder->values, count * sizeof *grown);
		if (!grown)
			return opj_fail(err, "out of memory");
		decoder->values = grown;
		decoder->value_capacity = count;
	}
	for (uint64_t i = 0; i < count; i++)
		decoder->values[i] =
		    bt_field_integer_unsigned_get_value(bt_field_array_borrow_element_field_by_index_const(array, i));
	site->values = decoder->values;
	site->value_count = (uint32_t)count;
	return site->first + count <= site->total ? 0 : opj_fail(err, "values: more than there are in all");
}

static int site_decode(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		       struct opj_error *err)
{
	const struct opj_definitions *definitions = &decoder->trace->definitions;
	uint64_t signature = opj_layout_uint(layout, payload, OPJ_F_signature);
	uint64_t context = opj_layout_uint(layout, payload, OPJ_F_context);
	const struct opj_definition_signature *def = opj_definitions_get(definitions, OPJ_DEFINE_SIGNATURE, signature);
	struct opj_site site = {.signature = def ? &def->def : NULL,
				.operands = def ? def->operands : NULL,
				.context = opj_definitions_get(definitions, OPJ_DEFINE_CONTEXT, context),
				.tensor = (uint32_t)opj_layout_uint(layout, payload, OPJ_F_tensor),
				.what = (enum opj_site_what)opj_layout_uint(layout, payload, OPJ_F_what),
				.ops = opj_layout_uint(layout, payload, OPJ_F_ops),
				.first = (uint32_t)opj_layout_uint(layout, payload, OPJ_F_first),
				.total = (uint32_t)opj_layout_uint(layout, payload, OPJ_F_total)};
	if (!site.signature)
		return missing(err, OPJ_DEFINE_SIGNATURE, signature);
	if (!site.context)
		return missing(err, OPJ_DEFINE_CONTEXT, context);
	if (site.tensor >= site.signature->operand_count)
		return opj_fail(err, "tensor: %s has no tensor %u", site.signature->op, site.tensor);
	return site_values(decoder, opj_layout_field(layout, payload, OPJ_F_values), &site, err)
		   ? -1
		   : opj_trace_emit_site(decoder->trace, &site, err);
}

static int dispatch(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		    const bt_message *message, struct opj_error *err)
{
	if (!decoder->begun && layout->type != OPJ_EVENT_begin)
		return opj_fail(err, "comes before opjoule:begin");
	if (decoder->ended)
		return opj_fail(err, "comes after opjoule:end");
	switch (layout->type) {
	case OPJ_EVENT_begin:
		return begin_decode(decoder, layout, payload, err);
	case OPJ_EVENT_define:
		return define_decode(decoder, layout, payload, err);
	case OPJ_EVENT_op:
	case OPJ_EVENT_op_spike:
		return op_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_call:
		return call_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_optimizer:
		return optimizer_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_end:
		return end_decode(decoder, layout, payload, err);
	case OPJ_EVENT_mark:
		return mark_decode(decoder, layout, payload, message, err);
	case OPJ_EVENT_site:
		return site_decode(decoder, layout, payload, err);
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
	bool numbered = opj_layout_has(layout, OPJ_F_seq);
	snprintf(where, sizeof where, "%sevent %llu (%s)", numbered ? "" : "before ",
		 (unsigned long long)opj_layout_uint(layout, payload, numbered ? OPJ_F_seq : OPJ_F_next),
		 opj_event_type_name(layout->type));
	return opj_fail_in(err, where);
}
