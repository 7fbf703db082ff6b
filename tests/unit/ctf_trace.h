/* tests/unit/ctf_trace.h: writes CTF traces byte by byte, right ones and wrong ones, after docs/trace.md and without
 * LTTng. Everything is byte-aligned and little-endian; a stream is one file with one packet. */
#ifndef OPJ_TESTS_CTF_TRACE_H
#define OPJ_TESTS_CTF_TRACE_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CTF_STREAMS = 2, CTF_STREAM_MAX = 1 << 20, CTF_EVENTS = 11, CTF_FIELDS = 28, CTF_FUTURE = 9 };

struct ctf_field {
	const char *type, *name; /* type "u8" … "i64", "str", or "u8[]" … for a sequence */
	unsigned since;          /* minor version of the schema: an earlier trace has no such field */
};

#define CTF_TENSORS                                                                                                    \
	{"u8[]", "flags"}, {"i64[]", "storage"}, {"u64[]", "nnz"}, {"u64[]", "magnitude"}, {"u64[]", "address"},       \
	    {"u16[]", "range", 1}, {"u64[]", "extent", 1}, {"u64[]", "offset", 1},                                     \
	{                                                                                                              \
		"u64[]", "colour", CTF_FUTURE                                                                          \
	}
#define CTF_OP                                                                                                         \
	{"u32", "seq"}, {"u64", "duration"}, {"u32", "signature"}, {"u32", "context"}, CTF_TENSORS,                    \
	{                                                                                                              \
		"i64[]", "states"                                                                                      \
	}

static const struct ctf_event {
	const char *name;
	struct ctf_field fields[CTF_FIELDS]; /* the event is as old as the first */
} ctf_events[CTF_EVENTS] = {
    {"begin",
     {{"u32", "seq"},
      {"u8", "schema_major"},
      {"u8", "schema_minor"},
      {"str", "tool"},
      {"str", "framework"},
      {"str", "model"},
      {"str", "run"},
      {"u8", "clock", 1},
      {"str", "facts", 1}}},
    {"define",
     {{"u32", "seq"},
      {"u8", "kind"},
      {"u32", "id"},
      {"u32", "part"},
      {"u32", "parts"},
      {"str", "text"},
      {"str", "more", 1}}},
    {"op", {CTF_OP}},
    {"op_spike",
     {CTF_OP,
      {"u64", "synops"},
      {"u64", "active_out"},
      {"u64", "x_active_rows"},
      {"u64", "y_active_cols"},
      {"u64", "pair_sum"},
      {"u64", "pair_active"},
      {"u64[]", "tiles"},
      {"u64", "effective", 1}}},
    {"call", {{"u32", "seq"}, {"u32", "signature"}, {"u32", "context"}, CTF_TENSORS, {"u64[]", "keyword", 1}}},
    {"optimizer", {{"u32", "seq"}, {"u32", "definition"}, {"u32", "context"}}},
    {"end", {{"u32", "seq"}, {"u64", "ops"}, {"u64", "calls"}, {"u64", "optimizers"}, {"u64", "problems"}}},
    {"later_addition", {{"u64", "x"}}},
    {"mark", {{"u32", "next", 1}, {"u64", "after", 1}, {"i64", "index", 1}, {"str", "name", 1}, {"str", "numbers", 1}}},
    {"site",
     {{"u32", "next", 1},
      {"u32", "signature", 1},
      {"u32", "context", 1},
      {"u16", "tensor", 1},
      {"u8", "what", 1},
      {"u64", "ops", 1},
      {"u32", "first", 1},
      {"u32", "total", 1},
      {"u64[]", "values", 1}}},
    {"numbered_later", {{"u32", "seq", CTF_FUTURE}, {"str", "colour", CTF_FUTURE}}},
};

/* What an event says; fields that are not named are 0, "" or empty. Ends with a name NULL. */
struct ctf_value {
	const char *name;
	uint64_t number;
	const char *text;
	const int64_t *items;
	unsigned count;
};

#define CTF_NUMBER(field, value)                                                                                       \
	{                                                                                                              \
		.name = field, .number = (uint64_t)(value)                                                             \
	}
#define CTF_TEXT(field, value)                                                                                         \
	{                                                                                                              \
		.name = field, .text = value                                                                           \
	}
#define CTF_ITEMS(field, ...)                                                                                          \
	{                                                                                                              \
		.name = field, .items = (const int64_t[]){__VA_ARGS__},                                                \
		.count = sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)                                      \
	}
#define CTF_PUT(trace, stream, event, ...) ctf_put(trace, stream, event, (struct ctf_value[]){__VA_ARGS__, {NULL}})

struct ctf_trace {
	char dir[64];
	/* To break the metadata: this field of this event is left out, or declared as another type of the same size. */
	const char *broken_event, *broken_field, *broken_type;
	int no_clock;   /* time stamps are numbers like any other */
	int bad_magic;  /* streams do not begin as CTF wants */
	unsigned minor; /* of the schema: what came later is neither declared nor written */
	uint64_t now;
	struct ctf_stream {
		uint8_t bytes[CTF_STREAM_MAX];
		size_t size;
	} streams[CTF_STREAMS];
};

static inline struct ctf_trace *ctf_create(void)
{
	struct ctf_trace *trace = calloc(1, sizeof *trace);
	cr_assert(trace);
	strcpy(trace->dir, "/tmp/opjoule-ctf-XXXXXX");
	cr_assert(mkdtemp(trace->dir));
	return trace;
}

static inline FILE *ctf_open(const struct ctf_trace *trace, const char *name)
{
	char path[96];
	snprintf(path, sizeof path, "%s/%s", trace->dir, name);
	FILE *file = fopen(path, "w");
	cr_assert(file);
	return file;
}

static inline void ctf_destroy(struct ctf_trace *trace)
{
	static const char *const names[] = {"metadata", "stream0", "stream1"};
	for (int i = 0; i < 3; i++) {
		char path[96];
		snprintf(path, sizeof path, "%s/%s", trace->dir, names[i]);
		unlink(path);
	}
	rmdir(trace->dir);
	free(trace);
}

static inline void ctf_bytes(struct ctf_stream *stream, uint64_t value, int bytes)
{
	cr_assert(stream->size + 8 < CTF_STREAM_MAX);
	for (int i = 0; i < bytes; i++)
		stream->bytes[stream->size++] = (uint8_t)(value >> 8 * i);
}

static inline int ctf_width(const char *type)
{
	return atoi(type + 1) / 8;
}

static inline int ctf_is_broken(const struct ctf_trace *trace, const char *event, const char *field)
{
	return trace->broken_event && strcmp(trace->broken_event, event) == 0 &&
	       strcmp(trace->broken_field, field) == 0;
}

static inline int ctf_has(const struct ctf_trace *trace, const char *event, const struct ctf_field *field)
{
	return field->since <= trace->minor && (!ctf_is_broken(trace, event, field->name) || trace->broken_type);
}

static inline void ctf_put_field(struct ctf_stream *stream, const struct ctf_field *field,
				 const struct ctf_value *value)
{
	static const struct ctf_value nothing = {0};
	value = value ? value : &nothing;
	if (strcmp(field->type, "str") == 0) {
		for (const char *c = value->text ? value->text : ""; *c; c++)
			ctf_bytes(stream, (uint8_t)*c, 1);
		ctf_bytes(stream, 0, 1);
	} else if (strchr(field->type, '[')) {
		ctf_bytes(stream, value->count, 2);
		for (unsigned i = 0; i < value->count; i++)
			ctf_bytes(stream, (uint64_t)value->items[i], ctf_width(field->type));
	} else {
		ctf_bytes(stream, value->number, ctf_width(field->type));
	}
}

/* Appends an event to a stream; time goes on by 1 us with each. */
static inline void ctf_put(struct ctf_trace *trace, int stream_number, const char *name, const struct ctf_value *values)
{
	struct ctf_stream *stream = &trace->streams[stream_number];
	uint32_t id = 0;
	while (strcmp(ctf_events[id].name, name) != 0)
		cr_assert(++id < CTF_EVENTS, "no event %s", name);
	ctf_bytes(stream, id, 4);
	ctf_bytes(stream, trace->now += 1000, 8);
	for (const struct ctf_field *field = ctf_events[id].fields; field->name; field++) {
		const struct ctf_value *value = values;
		while (value->name && strcmp(value->name, field->name) != 0)
			value++;
		if (ctf_has(trace, name, field))
			ctf_put_field(stream, field, value->name ? value : NULL);
	}
}

static inline void ctf_declare(FILE *out, const char *type, const char *name)
{
	char base[16];
	if (strcmp(type, "str") == 0) {
		fprintf(out, "string _%s; ", name);
		return;
	}
	snprintf(base, sizeof base, "%s", type);
	base[strcspn(base, "[")] = 0;
	if (strchr(type, '['))
		fprintf(out, "u16 __%s_length; %s _%s[__%s_length]; ", name, base, name, name);
	else
		fprintf(out, "%s _%s; ", base, name);
}

/* Writes everything out; the trace can be opened then. */
static inline void ctf_finish(struct ctf_trace *trace)
{
	FILE *out = ctf_open(trace, "metadata");
	fputs("/* CTF 1.8 */\n", out);
	for (int bits = 8; bits <= 64; bits *= 2)
		fprintf(out,
			"typealias integer { size = %d; align = 8; signed = false; } := u%d;\n"
			"typealias integer { size = %d; align = 8; signed = true; } := i%d;\n",
			bits, bits, bits, bits);
	fputs("trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; u32 stream_id; }; "
	      "};\n",
	      out);
	if (!trace->no_clock)
		fputs("clock { name = monotonic; freq = 1000000000; };\n", out);
	fprintf(out, "typealias integer { size = 64; align = 8; signed = false; %s} := stamp;\n",
		trace->no_clock ? "" : "map = clock.monotonic.value; ");
	/* libbabeltrace2 takes a clock from the names of fields, too. */
	const char *stamp = trace->no_clock ? "number" : "timestamp";
	fprintf(out,
		"stream { id = 0; event.header := struct { u32 id; stamp %s; };\n"
		"  packet.context := struct { stamp %s_begin; stamp %s_end; u64 content_size; u64 packet_size; }; };\n",
		stamp, stamp, stamp);
	for (int id = 0; id < CTF_EVENTS; id++) {
		const struct ctf_event *event = &ctf_events[id];
		if (event->fields[0].since > trace->minor)
			continue;
		fprintf(out, "event { id = %d; name = \"opjoule:%s\"; stream_id = 0; fields := struct { ", id,
			event->name);
		for (const struct ctf_field *field = event->fields; field->name; field++) {
			int broken = ctf_is_broken(trace, event->name, field->name);
			if (ctf_has(trace, event->name, field))
				ctf_declare(out, broken ? trace->broken_type : field->type, field->name);
		}
		fputs("}; };\n", out);
	}
	cr_assert_eq(fclose(out), 0);
	for (int i = 0; i < CTF_STREAMS; i++) {
		struct ctf_stream *head = calloc(1, sizeof *head);
		const struct ctf_stream *stream = &trace->streams[i];
		char name[16];
		if (stream->size) {
			uint64_t bits = (stream->size + 40) * 8;
			ctf_bytes(head, trace->bad_magic ? 0xBADBAD : 0xC1FC1FC1, 4);
			ctf_bytes(head, 0, 4);
			ctf_bytes(head, 0, 8);
			ctf_bytes(head, trace->now, 8);
			ctf_bytes(head, bits, 8);
			ctf_bytes(head, bits, 8);
			snprintf(name, sizeof name, "stream%d", i);
			out = ctf_open(trace, name);
			fwrite(head->bytes, 1, head->size, out);
			fwrite(stream->bytes, 1, stream->size, out);
			cr_assert_eq(fclose(out), 0);
		}
		free(head);
	}
}

#endif
