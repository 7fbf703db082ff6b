/* record/base/json.c: see json.h.
 *
 * All state is how deep the text is and whether a separator is due: the beginning of a container leaves none due, every
 * other value does. Control characters are escaped as Python's json does it, so that an op log that was imported
 * comes back byte for byte. */
#include "json.h"
#include "quantity.h"
#include <inttypes.h>
#include <math.h>

static void put(struct opj_json *json, const void *bytes, size_t size)
{
	if (json->problem)
		return;
	if (json->file) {
		fwrite(bytes, 1, size, json->file);
		return;
	}
	opj_buffer_put(json->buffer, bytes, size);
	if (json->buffer->failed)
		json->problem = "out of memory";
}

static void put_text(struct opj_json *json, const char *text)
{
	put(json, text, strlen(text));
}

/* Where the next member, or the bracket behind the last, begins. */
static void put_break(struct opj_json *json)
{
	put_text(json, "\n");
	for (uint32_t i = 0; i < json->depth * json->indent; i++)
		put_text(json, " ");
}

static void put_quoted(struct opj_json *json, const char *string);

/* Everything in front of a value. */
static void begin(struct opj_json *json, const char *key)
{
	bool lines = json->indent && !json->flat;
	if (json->begun)
		put_text(json, json->indent && !lines && !json->line_due ? ", " : ",");
	if (json->depth && lines)
		put_break(json);
	else if (json->line_due)
		put_text(json, "\n");
	json->begun = true;
	json->line_due = false;
	if (!key)
		return;
	put_quoted(json, key);
	put_text(json, json->indent ? ": " : ":");
}

static void open_container(struct opj_json *json, const char *key, const char *bracket)
{
	begin(json, key);
	put_text(json, bracket);
	json->depth++;
	json->begun = false;
}

static void close_container(struct opj_json *json, const char *bracket)
{
	json->depth--;
	if (json->begun && json->indent && !json->flat)
		put_break(json);
	else if (json->line_due)
		put_text(json, "\n");
	put_text(json, bracket);
	json->begun = true;
	json->line_due = false;
}

void opj_json_object(struct opj_json *json, const char *key)
{
	open_container(json, key, "{");
}

void opj_json_object_end(struct opj_json *json)
{
	close_container(json, "}");
}

void opj_json_array(struct opj_json *json, const char *key)
{
	open_container(json, key, "[");
}

void opj_json_array_end(struct opj_json *json)
{
	close_container(json, "]");
}

void opj_json_raw(struct opj_json *json, const char *key, const char *text)
{
	begin(json, key);
	put_text(json, text);
}

void opj_json_null(struct opj_json *json, const char *key)
{
	opj_json_raw(json, key, "null");
}

void opj_json_bool(struct opj_json *json, const char *key, bool boolean)
{
	opj_json_raw(json, key, boolean ? "true" : "false");
}

void opj_json_integer(struct opj_json *json, const char *key, int64_t integer)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, integer);
	opj_json_raw(json, key, text);
}

void opj_json_unsigned(struct opj_json *json, const char *key, uint64_t integer)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, integer);
	opj_json_raw(json, key, text);
}

void opj_json_number(struct opj_json *json, const char *key, double number)
{
	char text[OPJ_NUMBER_TEXT];
	if (!isfinite(number) && !json->problem)
		json->problem = "a number in it is not finite";
	opj_json_raw(json, key, opj_number_text(text, number));
}

void opj_json_float(struct opj_json *json, const char *key, double number)
{
	if (isfinite(number))
		opj_json_number(json, key, number);
	else if (isnan(number))
		opj_json_raw(json, key, "{\"f\":\"nan\"}");
	else
		opj_json_raw(json, key, number > 0 ? "{\"f\":\"inf\"}" : "{\"f\":\"-inf\"}");
}

/* Bytes at `at` that stand in a string as they are. */
static size_t plain_length(const char *at, bool script)
{
	size_t length = 0;
	while ((unsigned char)at[length] >= 0x20 && (unsigned char)at[length] < 0x80 && at[length] != '"' &&
	       at[length] != '\\' && !(script && at[length] == '<'))
		length++;
	return length;
}

static void put_escape(struct opj_json *json, unsigned char byte)
{
	static const char escaped[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	const char *found = strchr(escaped, byte);
	char escape[8];
	if (found)
		snprintf(escape, sizeof escape, "\\%c", letters[found - escaped]);
	else
		snprintf(escape, sizeof escape, "\\u%04x", byte);
	put_text(json, escape);
}

static void put_quoted(struct opj_json *json, const char *string)
{
	put_text(json, "\"");
	for (const char *at = string; *at;) {
		size_t length = plain_length(at, json->script);
		if (length == 0 && (unsigned char)*at >= 0x80 && !(length = opj_character((const unsigned char *)at))) {
			put_text(json, "\xef\xbf\xbd");
			at++;
		} else if (length == 0) {
			put_escape(json, (unsigned char)*at++);
		}
		put(json, at, length);
		at += length;
	}
	put_text(json, "\"");
}

void opj_json_string(struct opj_json *json, const char *key, const char *string)
{
	if (!string) {
		opj_json_null(json, key);
		return;
	}
	begin(json, key);
	put_quoted(json, string);
}

void opj_json_strings(struct opj_json *json, const char *key, const char *const *strings, uint32_t count)
{
	opj_json_array(json, key);
	for (uint32_t i = 0; i < count; i++)
		opj_json_string(json, NULL, strings[i]);
	opj_json_array_end(json);
}

void opj_json_integers(struct opj_json *json, const char *key, const int64_t *integers, uint32_t count)
{
	opj_json_array(json, key);
	for (uint32_t i = 0; i < count; i++)
		opj_json_integer(json, NULL, integers[i]);
	opj_json_array_end(json);
}

void opj_json_unsigneds(struct opj_json *json, const char *key, const uint64_t *integers, uint32_t count)
{
	opj_json_array(json, key);
	for (uint32_t i = 0; i < count; i++)
		opj_json_unsigned(json, NULL, integers[i]);
	opj_json_array_end(json);
}

void opj_json_value(struct opj_json *json, const char *key, const struct opj_value *value, opj_json_tensor *tensor,
		    const void *data)
{
	switch (value->type) {
	case OPJ_VALUE_NONE:
		opj_json_null(json, key);
		break;
	case OPJ_VALUE_BOOL:
		opj_json_bool(json, key, value->u.boolean);
		break;
	case OPJ_VALUE_INT:
		opj_json_integer(json, key, value->u.integer);
		break;
	case OPJ_VALUE_FLOAT:
		opj_json_float(json, key, value->u.number);
		break;
	case OPJ_VALUE_STRING:
		opj_json_string(json, key, value->u.string);
		break;
	case OPJ_VALUE_TENSOR:
		tensor(json, key, value->u.tensor, data);
		break;
	case OPJ_VALUE_LIST:
		opj_json_list(json, key, value->u.items, value->count, tensor, data);
		break;
	case OPJ_VALUE_INTS:
		opj_json_integers(json, key, value->u.ints, value->count);
		break;
	}
}

void opj_json_list(struct opj_json *json, const char *key, const struct opj_value *values, uint32_t count,
		   opj_json_tensor *tensor, const void *data)
{
	opj_json_array(json, key);
	for (uint32_t i = 0; i < count; i++)
		opj_json_value(json, NULL, &values[i], tensor, data);
	opj_json_array_end(json);
}

void opj_json_members(struct opj_json *json, const char *key, const struct opj_value *values, uint32_t count,
		      opj_json_tensor *tensor, const void *data)
{
	opj_json_object(json, key);
	for (uint32_t i = 0; i < count; i++)
		opj_json_value(json, values[i].key, &values[i], tensor, data);
	opj_json_object_end(json);
}

void opj_json_line(struct opj_json *json)
{
	if (json->depth) {
		json->line_due = true;
		return;
	}
	put_text(json, "\n");
	json->begun = false;
}

int opj_json_check(const struct opj_json *json, const char *what, struct opj_error *err)
{
	const char *problem = json->problem;
	if (!problem && json->file && ferror(json->file))
		problem = "cannot be written";
	return problem ? opj_fail(err, "%s: %s", what, problem) : 0;
}
