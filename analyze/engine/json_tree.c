/* analyze/engine/json_tree.c: see json_tree.h. As deep as the tree is: reports bound how deep a path may be. */
#include "json_tree.h"

static void put_members(struct opj_json *json, const char *key, const json_t *tree)
{
	const char *name;
	json_t *member;
	opj_json_object(json, key);
	json_object_foreach((json_t *)tree, name, member) opj_json_tree(json, name, member);
	opj_json_object_end(json);
}

static void put_items(struct opj_json *json, const char *key, const json_t *tree)
{
	opj_json_array(json, key);
	for (size_t i = 0; i < json_array_size(tree); i++)
		opj_json_tree(json, NULL, json_array_get(tree, i));
	opj_json_array_end(json);
}

void opj_json_tree(struct opj_json *json, const char *key, const json_t *tree)
{
	if (!tree) {
		json->problem = json->problem ? json->problem : "out of memory";
		return;
	}
	switch (json_typeof(tree)) {
	case JSON_OBJECT:
		put_members(json, key, tree);
		break;
	case JSON_ARRAY:
		put_items(json, key, tree);
		break;
	case JSON_STRING:
		opj_json_string(json, key, json_string_value(tree));
		break;
	case JSON_INTEGER:
		opj_json_integer(json, key, json_integer_value(tree));
		break;
	case JSON_REAL:
		opj_json_number(json, key, json_real_value(tree));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		opj_json_bool(json, key, json_is_true(tree));
		break;
	case JSON_NULL:
		opj_json_null(json, key);
		break;
	}
}

char *opj_json_tree_text(const json_t *tree, uint32_t indent, struct opj_error *err)
{
	struct opj_buffer text = {0};
	struct opj_json json = {.buffer = &text, .indent = indent};
	opj_json_tree(&json, NULL, tree);
	if (opj_buffer_text(&text) && !json.problem)
		return text.data;
	opj_fail(err, "%s", json.problem ? json.problem : "out of memory");
	opj_buffer_finish(&text);
	return NULL;
}
