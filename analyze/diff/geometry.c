/* analyze/diff/geometry.c: attributes and parameters as sorted text, so that comparing layers is one walk down two
 * lists.
 *
 * Numbers are written with as many digits as it takes to read the same number back: equal text is an equal value. */
#include "geometry.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void write_number(FILE *out, double number)
{
	char text[40];
	int digits = 15;
	do
		snprintf(text, sizeof text, "%.*g", digits, number);
	while (strtod(text, NULL) != number && ++digits <= 17);
	fputs(text, out);
}

static void write_value(FILE *out, struct opj_value value)
{
	switch (value.type) {
	case OPJ_VALUE_BOOL:
		fputs(value.u.boolean ? "true" : "false", out);
		break;
	case OPJ_VALUE_INT:
		fprintf(out, "%" PRId64, value.u.integer);
		break;
	case OPJ_VALUE_FLOAT:
		write_number(out, value.u.number);
		break;
	case OPJ_VALUE_STRING:
		fputs(value.u.string, out);
		break;
	case OPJ_VALUE_LIST:
	case OPJ_VALUE_INTS:
		putc('[', out);
		for (uint32_t i = 0; i < value.count; i++) {
			fputs(i ? ", " : "", out);
			write_value(out, opj_value_item(value, i));
		}
		putc(']', out);
		break;
	default:
		fputs("none", out);
		break;
	}
}

static void write_parameter(FILE *out, const struct opj_module_parameter *parameter)
{
	const char *dtype = opj_dtype_name(parameter->dtype);
	putc('[', out);
	for (int i = 0; i < parameter->ndim; i++)
		fprintf(out, "%s%" PRId64, i ? ", " : "", parameter->shape[i]);
	fprintf(out, "] %s", dtype ? dtype : "of an unknown type");
}

/* NULL: out of memory. */
static char *entry_text(const struct opj_value *attr, const struct opj_module_parameter *parameter)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (attr)
		write_value(out, *attr);
	else
		write_parameter(out, parameter);
	bool bad = ferror(out);
	if (fclose(out) || bad) {
		free(text);
		return NULL;
	}
	return text;
}

static int name_order(const struct opj_geometry_entry *a, const struct opj_geometry_entry *b)
{
	return a->parameter != b->parameter ? a->parameter - b->parameter : strcmp(a->name, b->name);
}

static int order(const void *a, const void *b)
{
	const struct opj_geometry_entry *x = a, *y = b;
	int names = name_order(x, y);
	return names ? names : strcmp(x->text, y->text);
}

int opj_geometry_init(struct opj_geometry *geometry, const struct opj_module *module, struct opj_error *err)
{
	*geometry = (struct opj_geometry){.cls = module && module->cls ? module->cls : ""};
	size_t count = module ? (size_t)module->attr_count + module->parameter_count : 0;
	if (!count)
		return 0;
	geometry->entries = calloc(count, sizeof *geometry->entries);
	for (size_t i = 0; geometry->entries && i < count; i++) {
		bool parameter = i >= module->attr_count;
		const struct opj_value *attr = parameter ? NULL : &module->attrs[i];
		const struct opj_module_parameter *from =
		    parameter ? &module->parameters[i - module->attr_count] : NULL;
		struct opj_geometry_entry *entry = &geometry->entries[i];
		*entry = (struct opj_geometry_entry){
		    .name = parameter ? from->name : attr->key, .text = entry_text(attr, from), .parameter = parameter};
		entry->name = entry->name ? entry->name : "";
		if (!entry->text)
			break;
		geometry->count++;
	}
	if (geometry->count < count) {
		opj_geometry_finish(geometry);
		return opj_fail(err, "out of memory");
	}
	qsort(geometry->entries, count, sizeof *geometry->entries, order);
	return 0;
}

void opj_geometry_finish(struct opj_geometry *geometry)
{
	for (size_t i = 0; i < geometry->count; i++)
		free(geometry->entries[i].text);
	free(geometry->entries);
	*geometry = (struct opj_geometry){.cls = ""};
}

void opj_geometry_keep(struct opj_geometry *geometry, const struct opj_intern *names)
{
	size_t kept = 0;
	for (size_t i = 0; i < geometry->count; i++) {
		struct opj_geometry_entry *entry = &geometry->entries[i];
		size_t length = strlen(entry->name);
		uint64_t hash = opj_intern_hash(entry->name, length);
		if (entry->parameter || opj_intern_find(names, entry->name, length, hash) != OPJ_INTERN_NONE)
			geometry->entries[kept++] = *entry;
		else
			free(entry->text);
	}
	geometry->count = kept;
}

/* The byte behind the text tells "ab", "c" from "a", "bc". */
uint64_t opj_geometry_hash_text(uint64_t hash, const char *text)
{
	size_t length = strlen(text) + 1;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t opj_geometry_hash(const struct opj_geometry *geometry)
{
	uint64_t hash = opj_geometry_hash_text(OPJ_GEOMETRY_HASH, geometry->cls);
	for (size_t i = 0; i < geometry->count; i++) {
		hash = opj_geometry_hash_text(hash, geometry->entries[i].parameter ? "p" : "a");
		hash = opj_geometry_hash_text(hash, geometry->entries[i].name);
		hash = opj_geometry_hash_text(hash, geometry->entries[i].text);
	}
	return hash;
}

size_t opj_geometry_shared(const struct opj_geometry *a, const struct opj_geometry *b)
{
	size_t i = 0, j = 0, shared = 0;
	while (i < a->count && j < b->count) {
		int way = order(&a->entries[i], &b->entries[j]);
		shared += way == 0;
		i += way <= 0;
		j += way >= 0;
	}
	return shared;
}

bool opj_geometry_next(const struct opj_geometry *a, const struct opj_geometry *b, struct opj_geometry_cursor *cursor,
		       struct opj_geometry_change *change)
{
	if (!cursor->classed) {
		cursor->classed = true;
		*change = (struct opj_geometry_change){"class", a->cls, b->cls};
		if (strcmp(a->cls, b->cls) != 0)
			return true;
	}
	while (cursor->a < a->count || cursor->b < b->count) {
		const struct opj_geometry_entry *x = cursor->a < a->count ? &a->entries[cursor->a] : NULL;
		const struct opj_geometry_entry *y = cursor->b < b->count ? &b->entries[cursor->b] : NULL;
		int way = !x ? 1 : !y ? -1 : name_order(x, y);
		cursor->a += way <= 0;
		cursor->b += way >= 0;
		*change = (struct opj_geometry_change){way <= 0 ? x->name : y->name, way <= 0 ? x->text : NULL,
						       way >= 0 ? y->text : NULL};
		if (way != 0 || strcmp(x->text, y->text) != 0)
			return true;
	}
	return false;
}
