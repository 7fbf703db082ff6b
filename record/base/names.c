/* record/base/names.c: see names.h. A key of a jansson object keeps its place as long as it is not removed, and none
 * is. */
#include "names.h"
#include <stdlib.h>

uint32_t opj_names_find(const struct opj_names *names, const char *text)
{
	const json_t *id = json_object_get(names->ids, text);
	return id ? (uint32_t)json_integer_value(id) : OPJ_NAMES_NONE;
}

static int grow(struct opj_names *names)
{
	uint32_t capacity = names->capacity ? names->capacity * 2 : 64;
	const char **list = realloc(names->list, capacity * sizeof *list);
	if (!list)
		return -1;
	names->list = list;
	names->capacity = capacity;
	return 0;
}

uint32_t opj_names_add(struct opj_names *names, const char *text)
{
	uint32_t id = opj_names_find(names, text);
	if (id != OPJ_NAMES_NONE)
		return id;
	if (!names->ids && !(names->ids = json_object()))
		return OPJ_NAMES_NONE;
	if (names->count == names->capacity && grow(names))
		return OPJ_NAMES_NONE;
	if (json_object_set_new(names->ids, text, json_integer(names->count)))
		return OPJ_NAMES_NONE;
	names->list[names->count] = json_object_iter_key(json_object_iter_at(names->ids, text));
	return names->count++;
}

void opj_names_finish(struct opj_names *names)
{
	json_decref(names->ids);
	free(names->list);
	*names = (struct opj_names){0};
}
