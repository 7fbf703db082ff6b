/* replay/core/tree.c: see tree.h. Sizes come from outside: products are checked, depth is bounded, and every message
 * says where in the tree it was. */
#include "tree.h"
#include "record/base/vector.h"
#include <math.h>
#include <stdlib.h>

static int value_build(struct opj_tree_builder *builder, const json_t *json, unsigned depth, struct opj_value *value,
		       struct opj_error *err);

void opj_tree_builder_finish(struct opj_tree_builder *builder)
{
	free(builder->operands);
	builder->operands = NULL;
	builder->operand_count = 0;
}

static int in_item(struct opj_error *err, const char *key, size_t i)
{
	char where[64];
	snprintf(where, sizeof where, "%.40s[%zu]", key, i);
	return opj_fail_in(err, where);
}

static int size_read(const json_t *json, int64_t *size, struct opj_error *err)
{
	if (!json_is_integer(json))
		return opj_fail(err, "a size must be an integer, found %s", opj_field_type_name(json));
	*size = json_integer_value(json);
	return *size < 0 ? opj_fail(err, "negative size %lld", (long long)*size) : 0;
}

int opj_tree_shape(struct opj_arena *arena, const json_t *json, int *ndim, const int64_t **shape, uint64_t *numel,
		   struct opj_error *err)
{
	size_t count = json_array_size(json);
	if (!json_is_array(json))
		return opj_fail(err, "a shape must be a list, found %s", opj_field_type_name(json));
	if (count > OPJ_DIMENSIONS_MAX)
		return opj_fail(err, "%zu dimensions, more than %d", count, OPJ_DIMENSIONS_MAX);
	int64_t *sizes = opj_arena_alloc(arena, count, sizeof *sizes), product = 1;
	if (!sizes)
		return opj_fail(err, "out of memory");
	bool empty = false, overflow = false;
	for (size_t i = 0; i < count; i++) {
		if (size_read(json_array_get(json, i), &sizes[i], err))
			return in_item(err, "T", i);
		empty |= sizes[i] == 0;
		overflow |= __builtin_mul_overflow(product, sizes[i], &product);
	}
	if (overflow && !empty)
		return opj_fail(err, "the product of the sizes overflows");
	*ndim = (int)count;
	*shape = sizes;
	if (numel)
		*numel = empty ? 0 : (uint64_t)product;
	return 0;
}

int opj_tree_special_float(const json_t *json, double *number, struct opj_error *err)
{
	static const struct opj_field fields[] = {{"f", OPJ_FIELD_STRING}};
	static const struct opj_field_rules strict = {0};
	const json_t *text;
	if (opj_fields_read(json, fields, 1, &strict, &text, err))
		return -1;
	if (strcmp(json_string_value(text), "inf") == 0)
		*number = INFINITY;
	else if (strcmp(json_string_value(text), "-inf") == 0)
		*number = -INFINITY;
	else if (strcmp(json_string_value(text), "nan") == 0)
		*number = NAN;
	else
		return opj_fail(err, "f: \"%s\" is none of inf, -inf, nan", json_string_value(text));
	return 0;
}

static int role_parse(const char *name, enum opj_role *role)
{
	for (enum opj_role r = OPJ_ROLE_INPUT; opj_role_name(r); r++) {
		if (strcmp(opj_role_name(r), name) == 0) {
			*role = r;
			return 0;
		}
	}
	return -1;
}

static struct opj_operand *operand_add(struct opj_tree_builder *builder, struct opj_error *err)
{
	if (builder->operand_count == OPJ_OP_TENSORS_MAX) {
		opj_fail(err, "more than %d tensors", OPJ_OP_TENSORS_MAX);
		return NULL;
	}
	struct opj_operand *operand = OPJ_PUSH(builder->operands, builder->operand_count);
	if (!operand)
		opj_fail(err, "out of memory");
	if (builder->rules->minor >= 1) /* before, nobody said */
		operand->device.device_type = kDLCPU;
	return operand;
}

static bool all_integers(const json_t *json)
{
	for (size_t i = 0; i < json_array_size(json); i++) {
		if (!json_is_integer(json_array_get(json, i)))
			return false;
	}
	return json_array_size(json) > 0;
}

static int integers_read(struct opj_arena *arena, const json_t *json, const int64_t **integers, struct opj_error *err)
{
	size_t count = json_array_size(json);
	int64_t *copies = opj_arena_alloc(arena, count, sizeof *copies);
	if (!copies)
		return opj_fail(err, "out of memory");
	for (size_t i = 0; i < count; i++)
		copies[i] = json_integer_value(json_array_get(json, i));
	*integers = copies;
	return 0;
}

/* Strides and device where they are given (else NULL). */
static int place_read(struct opj_tree_builder *builder, const json_t *strides, const json_t *device,
		      struct opj_operand *operand, struct opj_error *err)
{
	if (strides && ((json_array_size(strides) > 0 && !all_integers(strides)) ||
			json_array_size(strides) != (size_t)operand->ndim))
		return opj_fail(err, "st: not an integer for each dimension");
	if (strides && integers_read(builder->arena, strides, &operand->strides, err))
		return -1;
	if (device && !opj_device_parse(json_string_value(device), &operand->device))
		return opj_fail(err, "dev: \"%.40s\" names no device", json_string_value(device));
	return 0;
}

static int operand_build(struct opj_tree_builder *builder, const json_t *json, struct opj_error *err)
{
	enum { SHAPE, DTYPE, GRAD, NAME, ROLE, STRIDES, DEVICE, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"T", OPJ_FIELD_ARRAY},
	    {"d", OPJ_FIELD_STRING},
	    {"g", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"p", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL},
	    {"r", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL},
	    {"st", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL, 1},
	    {"dev", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	struct opj_operand *operand = operand_add(builder, err);
	if (!operand || opj_fields_read(json, fields, FIELDS, builder->rules, v, err))
		return -1;
	if (!opj_dtype_parse(json_string_value(v[DTYPE]), &operand->dtype))
		return opj_fail(err, "d: unknown dtype \"%s\"", json_string_value(v[DTYPE]));
	if (opj_tree_shape(builder->arena, v[SHAPE], &operand->ndim, &operand->shape, &operand->numel, err))
		return -1;
	if (!opj_dtype_bytes(operand->dtype, operand->numel, &operand->bytes))
		return opj_fail(err, "T: the size in bytes overflows");
	if (v[GRAD] && json_integer_value(v[GRAD]) != 0 && json_integer_value(v[GRAD]) != 1)
		return opj_fail(err, "g: neither 0 nor 1");
	operand->requires_grad = v[GRAD] && json_integer_value(v[GRAD]) == 1;
	if (v[ROLE] && role_parse(json_string_value(v[ROLE]), &operand->role) && !builder->rules->open)
		return opj_fail(err, "r: unknown role \"%s\"", json_string_value(v[ROLE]));
	if (v[NAME] &&
	    !(operand->name = opj_arena_copy(builder->arena, json_string_value(v[NAME]), json_string_length(v[NAME]))))
		return opj_fail(err, "out of memory");
	return place_read(builder, v[STRIDES], v[DEVICE], operand, err);
}

int opj_tree_places(struct opj_tree_builder *builder, const json_t *json, struct opj_error *err)
{
	static const struct opj_field fields[] = {{"st", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL},
						  {"dev", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL}};
	const char *key;
	json_t *place;
	json_object_foreach((json_t *)json, key, place)
	{
		const json_t *v[2];
		char *end;
		unsigned long number = strtoul(key, &end, 10);
		if (key[0] < '0' || key[0] > '9' || *end || number >= builder->operand_count)
			return opj_fail(err, "there is no tensor \"%.20s\"", key);
		if (opj_fields_read(place, fields, 2, builder->rules, v, err) ||
		    place_read(builder, v[0], v[1], &builder->operands[number], err))
			return opj_fail_in(err, key);
	}
	return 0;
}

static int items_build(struct opj_tree_builder *builder, const json_t *json, const char *key, unsigned depth,
		       const struct opj_value **items, uint32_t *count, struct opj_error *err)
{
	size_t size = json_array_size(json);
	struct opj_value *values = opj_arena_alloc(builder->arena, size, sizeof *values);
	if (!values || size > UINT32_MAX)
		return opj_fail(err, "out of memory");
	for (size_t i = 0; i < size; i++) {
		if (value_build(builder, json_array_get(json, i), depth, &values[i], err))
			return in_item(err, key, i);
	}
	*items = values;
	*count = (uint32_t)size;
	return 0;
}

static int value_build(struct opj_tree_builder *builder, const json_t *json, unsigned depth, struct opj_value *value,
		       struct opj_error *err)
{
	if (depth > OPJ_VALUE_DEPTH_MAX)
		return opj_fail(err, "nested deeper than %d", OPJ_VALUE_DEPTH_MAX);
	switch (json_typeof(json)) {
	case JSON_NULL:
		*value = OPJ_NONE();
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*value = OPJ_BOOL(json_is_true(json));
		return 0;
	case JSON_INTEGER:
		*value = OPJ_INT(json_integer_value(json));
		return 0;
	case JSON_REAL:
		*value = OPJ_FLOAT(json_real_value(json));
		return 0;
	case JSON_STRING:
		*value = OPJ_STRING(opj_arena_copy(builder->arena, json_string_value(json), json_string_length(json)));
		return value->u.string ? 0 : opj_fail(err, "out of memory");
	case JSON_ARRAY:
		if (all_integers(json)) {
			*value = OPJ_INTS((uint32_t)json_array_size(json), NULL);
			return integers_read(builder->arena, json, &value->u.ints, err);
		}
		*value = OPJ_LIST(0, NULL);
		return items_build(builder, json, "", depth + 1, &value->u.items, &value->count, err);
	case JSON_OBJECT:
		if (json_object_get(json, "f")) {
			*value = OPJ_FLOAT(0);
			return opj_tree_special_float(json, &value->u.number, err);
		}
		*value = OPJ_TENSOR(builder->operand_count);
		return operand_build(builder, json, err);
	}
	return opj_fail(err, "no JSON value");
}

int opj_tree_value(struct opj_tree_builder *builder, const json_t *json, struct opj_value *value, struct opj_error *err)
{
	return value_build(builder, json, 0, value, err);
}

int opj_tree_items(struct opj_tree_builder *builder, const json_t *json, const char *key,
		   const struct opj_value **items, uint32_t *count, struct opj_error *err)
{
	return items_build(builder, json, key, 0, items, count, err);
}

int opj_tree_members(struct opj_tree_builder *builder, const json_t *json, const char *key,
		     const struct opj_value **items, uint32_t *count, struct opj_error *err)
{
	struct opj_value *values = opj_arena_alloc(builder->arena, json_object_size(json), sizeof *values);
	if (!values)
		return opj_fail(err, "out of memory");
	uint32_t n = 0;
	const char *name;
	json_t *member;
	json_object_foreach((json_t *)json, name, member)
	{
		if (value_build(builder, member, 0, &values[n], err)) {
			opj_fail_in(err, name);
			return opj_fail_in(err, key);
		}
		values[n].key = opj_arena_copy(builder->arena, name, strlen(name));
		if (!values[n++].key)
			return opj_fail(err, "out of memory");
	}
	*items = values;
	*count = n;
	return 0;
}

int opj_tree_constants(struct opj_arena *arena, const json_t *json, const char *key, const struct opj_value **items,
		       uint32_t *count, struct opj_error *err)
{
	static const struct opj_field_rules strict = {0};
	struct opj_tree_builder builder = {.arena = arena, .rules = &strict};
	int result = opj_tree_members(&builder, json, key, items, count, err);
	if (!result && builder.operand_count)
		result = opj_fail(err, "%s: a tensor has no place here", key);
	opj_tree_builder_finish(&builder);
	return result;
}
