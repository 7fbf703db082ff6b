/* analyze/roofline/machine.c: ceilings from the command line and from YAML files.
 *
 * Ceilings are kept in the order of their rates, so nobody after this has to ask which is the highest. */
#include "machine.h"
#include "analyze/engine/yaml_file.h"
#include "record/base/text.h"
#include "record/base/vector.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {[OPJ_CEILING_COMPUTE] = "compute", [OPJ_CEILING_MEMORY] = "memory"};

int opj_machine_init(struct opj_machine *machine, struct opj_error *err)
{
	*machine = (struct opj_machine){.name = strdup(""), .source = strdup("")};
	if (machine->name && machine->source)
		return 0;
	opj_machine_finish(machine);
	return opj_fail(err, "out of memory");
}

void opj_machine_finish(struct opj_machine *machine)
{
	for (int kind = 0; kind < 2; kind++) {
		for (uint32_t i = 0; i < machine->by[kind].count; i++)
			free(machine->by[kind].items[i].name);
		free(machine->by[kind].items);
	}
	free(machine->name);
	free(machine->source);
	*machine = (struct opj_machine){0};
}

/* Names go into charts and JSON. */
static bool is_text(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	}
	json_t *string = json_stringn(name, length);
	json_decref(string);
	return string != NULL;
}

static int insert(struct opj_ceilings *ceilings, char *name, double rate)
{
	struct opj_ceiling *at = OPJ_PUSH(ceilings->items, ceilings->count);
	if (!at)
		return -1;
	for (; at > ceilings->items && at[-1].rate < rate; at--)
		*at = at[-1];
	*at = (struct opj_ceiling){name, rate};
	return 0;
}

static int add(struct opj_machine *machine, enum opj_ceiling_kind kind, const char *name, size_t length,
	       const char *text, struct opj_error *err)
{
	struct opj_ceilings *ceilings = &machine->by[kind];
	double rate;
	if (opj_unit_read(opj_ceiling_unit(kind), text, &rate, err))
		return -1;
	if (!(rate >= 1 && rate <= 1e24))
		return opj_fail(err, "\"%.100s\" is not between 1 and 1e24 %s", text,
				kind == OPJ_CEILING_COMPUTE ? "FLOP/s" : "B/s");
	if (length == 0 || length > 60 || !is_text(name, length))
		return opj_fail(err, "a name of a ceiling is 1 to 60 bytes of printable UTF-8");
	if (ceilings->count == OPJ_CEILINGS_MAX)
		return opj_fail(err, "more than %d ceilings of %s", OPJ_CEILINGS_MAX, kind_names[kind]);
	for (uint32_t i = 0; i < ceilings->count; i++) {
		if (strlen(ceilings->items[i].name) == length && memcmp(ceilings->items[i].name, name, length) == 0)
			return opj_fail(err, "there are two ceilings of %s called \"%.*s\"", kind_names[kind],
					(int)length, name);
	}
	char *copy = strndup(name, length);
	if (!copy || insert(ceilings, copy, rate)) {
		free(copy);
		return opj_fail(err, "out of memory");
	}
	return 0;
}

int opj_machine_add(struct opj_machine *machine, enum opj_ceiling_kind kind, const char *text, struct opj_error *err)
{
	const char *equals = strrchr(text, '=');
	if (equals)
		return add(machine, kind, text, (size_t)(equals - text), equals + 1, err);
	return add(machine, kind, kind_names[kind], strlen(kind_names[kind]), text, err);
}

static int set_word(char **word, const char *text, struct opj_error *err)
{
	if (!is_text(text, strlen(text)))
		return opj_fail(err, "no printable text");
	char *copy = strdup(text);
	if (!copy)
		return opj_fail(err, "out of memory");
	free(*word);
	*word = copy;
	return 0;
}

/* A mapping from names to rates. */
static int load_ceilings(struct opj_machine *machine, enum opj_ceiling_kind kind, struct opj_yaml_file *file,
			 const yaml_node_t *mapping, struct opj_error *err)
{
	if (mapping->type != YAML_MAPPING_NODE) {
		opj_fail(err, "%s: not a mapping from names to rates", kind_names[kind]);
		return opj_yaml_fail(file, mapping, err);
	}
	for (size_t i = 0; i < opj_yaml_count(mapping); i++) {
		const yaml_node_t *key, *value;
		const char *text;
		if (opj_yaml_pair(file, mapping, i, &key, &value, err) ||
		    !(text = opj_yaml_text(file, value, opj_yaml_key(key), err)))
			return -1;
		if (add(machine, kind, opj_yaml_key(key), strlen(opj_yaml_key(key)), text, err)) {
			opj_fail_in(err, kind_names[kind]);
			return opj_yaml_fail(file, value, err);
		}
	}
	return 0;
}

static int load_pair(struct opj_machine *machine, struct opj_yaml_file *file, const yaml_node_t *key,
		     const yaml_node_t *value, struct opj_error *err)
{
	const char *name = opj_yaml_key(key);
	for (int kind = 0; kind < 2; kind++) {
		if (strcmp(name, kind_names[kind]) == 0)
			return load_ceilings(machine, kind, file, value, err);
	}
	bool is_name = strcmp(name, "name") == 0;
	if (!is_name && strcmp(name, "source") != 0) {
		opj_fail(err, "a machine has no \"%.100s\"; it has: name, source, compute, memory", name);
		return opj_yaml_fail(file, key, err);
	}
	const char *text = opj_yaml_text(file, value, name, err);
	if (!text)
		return -1;
	if (set_word(is_name ? &machine->name : &machine->source, text, err)) {
		opj_fail_in(err, name);
		return opj_yaml_fail(file, value, err);
	}
	return 0;
}

int opj_machine_load(struct opj_machine *machine, const char *path, struct opj_error *err)
{
	struct opj_yaml_file file;
	if (opj_yaml_open(&file, path, "a machine file", err))
		return -1;
	int failed = 0;
	for (size_t i = 0; !failed && i < opj_yaml_count(file.root); i++) {
		const yaml_node_t *key, *value;
		failed =
		    opj_yaml_pair(&file, file.root, i, &key, &value, err) || load_pair(machine, &file, key, value, err);
	}
	opj_yaml_close(&file);
	return failed ? -1 : 0;
}

const struct opj_ceiling *opj_machine_find(const struct opj_machine *machine, enum opj_ceiling_kind kind,
					   const char *name, struct opj_error *err)
{
	const struct opj_ceilings *ceilings = &machine->by[kind];
	char names[OPJ_CEILINGS_MAX * 64] = "";
	for (uint32_t i = 0; i < ceilings->count; i++) {
		if (!name || strcmp(ceilings->items[i].name, name) == 0)
			return &ceilings->items[i];
		opj_text_list(names, sizeof names, "%s", ceilings->items[i].name);
	}
	if (!ceilings->count)
		opj_fail(err, "no peak of %s: --peak-%s RATE or a file for --machine gives one", kind_names[kind],
			 kind == OPJ_CEILING_COMPUTE ? "flops" : "bandwidth");
	else
		opj_fail(err, "no ceiling of %s is called \"%.100s\"; there are: %s", kind_names[kind], name, names);
	return NULL;
}
