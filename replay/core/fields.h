/* replay/core/fields.h: JSON objects read strictly.
 *
 * A table says which keys an object may have and of which types; anything else is an error that names the key. */
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
};

/* Sets values[i] to the value of fields[i].key, borrowed from `object`, NULL where an optional key is missing. -1:
 * `object` is none, has a key that is not in the table, lacks one, or one has another type. */
int opj_fields_read(const json_t *object, const struct opj_field *fields, size_t count, const json_t **values,
		    struct opj_error *err);

/* The name of a value's type as it stands in messages: "a string". */
const char *opj_field_type_name(const json_t *value);

/* An integer of at least 0. */
int opj_field_uint(const json_t *value, const char *key, uint64_t *result, struct opj_error *err);

#endif
