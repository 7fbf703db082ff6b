/* replay/core/fields.c: see fields.h. */
#include "fields.h"
#include <string.h>

const char *opj_field_type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "a boolean";
	}
}

static const char *wanted_name(unsigned types)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
	    {OPJ_FIELD_STRING, "a string"}, {OPJ_FIELD_REAL, "a number"},    {OPJ_FIELD_INTEGER, "an integer"},
	    {OPJ_FIELD_ARRAY, "a list"},    {OPJ_FIELD_OBJECT, "an object"}, {OPJ_FIELD_BOOL, "true or false"},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (types & names[i].type)
			return names[i].name;
	}
	return "null";
}

static size_t field_find(const struct opj_field *fields, size_t count, const char *key)
{
	size_t i = 0;
	while (i < count && strcmp(fields[i].key, key) != 0)
		i++;
	return i;
}

int opj_fields_read(const json_t *object, const struct opj_field *fields, size_t count,
		    const struct opj_field_rules *rules, const json_t **values, struct opj_error *err)
{
	if (!json_is_object(object))
		return opj_fail(err, "expected an object, found %s", opj_field_type_name(object));
	memset(values, 0, count * sizeof *values);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		size_t i = field_find(fields, count, key);
		bool known = i < count && (rules->open || fields[i].since <= rules->minor);
		if (!known && rules->open)
			continue;
		if (!known)
			return opj_fail(err, "unknown key \"%s\"", key);
		if (!(fields[i].types & 1U << json_typeof(value)))
			return opj_fail(err, "%s: expected %s, found %s", key, wanted_name(fields[i].types),
					opj_field_type_name(value));
		values[i] = value;
	}
	for (size_t i = 0; i < count; i++) {
		if (!values[i] && !(fields[i].types & OPJ_FIELD_OPTIONAL))
			return opj_fail(err, "key \"%s\" is missing", fields[i].key);
	}
	return 0;
}

int opj_field_uint(const json_t *value, const char *key, uint64_t *result, struct opj_error *err)
{
	if (!json_is_integer(value))
		return opj_fail(err, "%s: expected an integer, found %s", key, opj_field_type_name(value));
	if (json_integer_value(value) < 0)
		return opj_fail(err, "%s: negative (%lld)", key, (long long)json_integer_value(value));
	*result = (uint64_t)json_integer_value(value);
	return 0;
}
