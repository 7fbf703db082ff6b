/* record/base/json.h: the one writer of JSON: into a stream or onto a buffer, value after value, as it is asked for.
 *
 *     struct opj_json json = {.file = stdout, .indent = 2};
 *     opj_json_object(&json, NULL);
 *     opj_json_string(&json, "model", "lenet");
 *     opj_json_array(&json, "sizes");
 *     opj_json_integer(&json, NULL, 3);
 *     opj_json_array_end(&json);
 *     opj_json_object_end(&json);
 *     return opj_json_check(&json, "-", err);
 *
 * Every value takes the key that it has in the object around it, and NULL in an array or at the top. What comes out is
 * valid UTF-8 and does not depend on the locale; that keys are given where they belong is up to the caller.
 *
 * Nothing is checked after each call: the first failure is kept, nothing is written after it, and opj_json_check says
 * in the end what it was. A stream keeps its own (ferror). */
#ifndef OPJ_RECORD_BASE_JSON_H
#define OPJ_RECORD_BASE_JSON_H

#include "buffer.h"
#include <opjoule/error.h>
#include <opjoule/value.h>

/* All zero but for where the text goes: {.file = …} or {.buffer = …}, both borrowed. */
struct opj_json {
	FILE *file;
	struct opj_buffer *buffer; /* appended to, without a NUL; opj_buffer_text adds one */
	uint32_t indent;           /* spaces per level, each member on a line of its own; 0: no space at all */
	bool flat;                 /* with indent: one line, ", " between members, from here until it is switched off */
	bool script;               /* inside an element of a page: "<" in strings is \u003c */
	/* The writer's own. */
	uint32_t depth;
	bool begun;          /* a value stands in the container already, or at the top */
	bool line_due;       /* what comes next in the container begins a line */
	const char *problem; /* what went wrong first; NULL: nothing. A caller may set it, too */
};

void opj_json_object(struct opj_json *json, const char *key);
void opj_json_object_end(struct opj_json *json);
void opj_json_array(struct opj_json *json, const char *key);
void opj_json_array_end(struct opj_json *json);

void opj_json_null(struct opj_json *json, const char *key);
void opj_json_bool(struct opj_json *json, const char *key, bool boolean);
void opj_json_integer(struct opj_json *json, const char *key, int64_t integer);
void opj_json_unsigned(struct opj_json *json, const char *key, uint64_t integer);

/* As opj_number_text has it: the fewest digits that read back equal. A number that is not finite is a failure: JSON has
 * none. */
void opj_json_number(struct opj_json *json, const char *key, double number);
/* The same where infinities and NaN are facts, in traces and op logs: {"f":"inf"}, {"f":"-inf"}, {"f":"nan"}. */
void opj_json_float(struct opj_json *json, const char *key, double number);

/* Characters beyond ASCII stand as they are; a byte that is not part of valid UTF-8 becomes U+FFFD. NULL: null. */
void opj_json_string(struct opj_json *json, const char *key, const char *string);

/* What is JSON already, `text` up to its NUL. */
void opj_json_raw(struct opj_json *json, const char *key, const char *text);

void opj_json_strings(struct opj_json *json, const char *key, const char *const *strings, uint32_t count);
void opj_json_integers(struct opj_json *json, const char *key, const int64_t *integers, uint32_t count);
void opj_json_unsigneds(struct opj_json *json, const char *key, const uint64_t *integers, uint32_t count);

/* Arguments of ops and attributes of modules. Tensor leaves are written by `tensor`, one value each, of what `data`
 * knows under the index; NULL where the tree has none. */
typedef void opj_json_tensor(struct opj_json *json, const char *key, uint32_t tensor, const void *data);
void opj_json_value(struct opj_json *json, const char *key, const struct opj_value *value, opj_json_tensor *tensor,
		    const void *data);
/* [a, b, …] of the values. */
void opj_json_list(struct opj_json *json, const char *key, const struct opj_value *values, uint32_t count,
		   opj_json_tensor *tensor, const void *data);
/* {key: value, …} of keyed values. */
void opj_json_members(struct opj_json *json, const char *key, const struct opj_value *values, uint32_t count,
		      opj_json_tensor *tensor, const void *data);

/* Ends a line: at the top at once, and another value may stand there (JSON lines); in a container, behind the comma if
 * one comes. */
void opj_json_line(struct opj_json *json);

/* 0, or -1 where something failed, the stream too; the message begins with `what`, a file's name. */
int opj_json_check(const struct opj_json *json, const char *what, struct opj_error *err);

#endif
