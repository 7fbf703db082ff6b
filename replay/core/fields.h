/* replay/core/fields.h: JSON objects read by a table.
 *
 * The table says which keys an object may have and of which types; anything else is an error that names the key. Only
 * keys that are not known are passed over where the rules say so: a trace may be of a later minor version, whereas in
 * an op log, which people write, such a key is a mistake. */
#ifndef OPJ_REPLAY_CORE_FIELDS_H
#define OPJ_REPLAY_CORE_FIELDS_H

#include <jansson.h>
#include <opjoule/error.h>
#include <stdbool.h>
#include <stdint.h>

/* Types of a value, OR-ed. */
enum opj_field_type {
	OPJ_FIELD_OBJECT = 1 << JSON_OBJECT,
	OPJ_FIELD_ARRAY = 1 << JSON_ARRAY,
	OPJ_FIELD_STRING = 1 << JSON_STRING,
	OPJ_FIELD_INTEGER = 1 << JSON_INTEGER,
	OPJ_FIELD_REAL = 1 << JSON_REAL,
	OPJ_FIELD_NUMBER = 1 << JSON_INTEGER | 1 << JSON_REAL,
	OPJ_FIELD_BOOL = 1 << JSON_TRUE | 1 << JSON_FALSE,
	OPJ_FIELD_NULL = 1 << JSON_NULL,
	OPJ_FIELD_ANY = (1 << (JSON_NULL + 1)) - 1,
	OPJ_FIELD_OPTIONAL = 1 << 16, /* the key may be missing */
};

struct opj_field {
	const char *key;
	unsigned types; /* OR of enum opj_field_type */
	unsigned since; /* minor version of the schema that has it first */
};

struct opj_field_rules {
	unsigned minor; /* of what is read: keys that came later are not known */
	bool open;      /* what is not known is passed over */
};

/* Sets values[i] to the value of fields[i].key, borrowed from `object`, NULL where an optional key is missing. -1:
 * `object` is none, has a key that is not known, lacks one, or one has another type. */
int opj_fields_read(const json_t *object, const struct opj_field *fields, size_t count,
		    const struct opj_field_rules *rules, const json_t **values, struct opj_error *err);

/* The name of a value's type as it stands in messages: "a string". */
const char *opj_field_type_name(const json_t *value);

/* An integer of at least 0. */
int opj_field_uint(const json_t *value, const char *key, uint64_t *result, struct opj_error *err);

#endif
