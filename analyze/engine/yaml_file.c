/* analyze/engine/yaml_file.c: see yaml_file.h. libyaml's document loader keeps the place of every node. */
#include "yaml_file.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int fail_parser(const struct opj_yaml_file *file, struct opj_error *err)
{
	const yaml_parser_t *parser = &file->parser;
	return opj_fail(err, "%.300s:%zu: %s", file->path, parser->problem_mark.line + 1,
			parser->problem ? parser->problem : "cannot be read");
}

/* The whole file; NULL: it cannot be read, or is too large. */
static unsigned char *read_all(const char *path, const char *what, size_t *size, struct opj_error *err)
{
	FILE *in = fopen(path, "rb");
	if (!in) {
		opj_fail(err, "%.300s: %s", path, strerror(errno));
		return NULL;
	}
	unsigned char *text = malloc(OPJ_YAML_BYTES_MAX + 1);
	bool failed = true;
	*size = text ? fread(text, 1, OPJ_YAML_BYTES_MAX + 1, in) : 0;
	if (!text)
		opj_fail(err, "out of memory");
	else if (ferror(in))
		opj_fail(err, "%.300s: %s", path, strerror(errno));
	else if (*size > OPJ_YAML_BYTES_MAX)
		opj_fail(err, "%.300s: %s has at most %d bytes", path, what, OPJ_YAML_BYTES_MAX);
	else
		failed = false;
	fclose(in);
	if (!failed)
		return text;
	free(text);
	return NULL;
}

/* Whatever stands behind the first document would be ignored, so nothing may. */
static int expect_end(struct opj_yaml_file *file, const char *what, struct opj_error *err)
{
	yaml_document_t document;
	if (!yaml_parser_load(&file->parser, &document))
		return fail_parser(file, err);
	int failed = 0;
	const yaml_node_t *root = yaml_document_get_root_node(&document);
	if (root) {
		opj_fail(err, "a second document; %s is one mapping", what);
		failed = opj_yaml_fail(file, root, err);
	}
	yaml_document_delete(&document);
	return failed;
}

static int check_root(struct opj_yaml_file *file, const char *what, struct opj_error *err)
{
	file->root = yaml_document_get_root_node(&file->document);
	if (!file->root)
		return opj_fail(err, "%.300s: the file is empty", file->path);
	if (file->root->type != YAML_MAPPING_NODE) {
		opj_fail(err, "not a mapping; %s is one", what);
		return opj_yaml_fail(file, file->root, err);
	}
	return expect_end(file, what, err);
}

int opj_yaml_open(struct opj_yaml_file *file, const char *path, const char *what, struct opj_error *err)
{
	size_t size;
	*file = (struct opj_yaml_file){.path = path};
	file->text = read_all(path, what, &size, err);
	if (!file->text)
		return -1;
	if (!yaml_parser_initialize(&file->parser)) {
		opj_fail(err, "out of memory");
		goto free_text;
	}
	yaml_parser_set_input_string(&file->parser, file->text, size);
	if (!yaml_parser_load(&file->parser, &file->document)) {
		fail_parser(file, err);
		goto delete_parser;
	}
	if (check_root(file, what, err) == 0)
		return 0;
	yaml_document_delete(&file->document);
delete_parser:
	yaml_parser_delete(&file->parser);
free_text:
	free(file->text);
	return -1;
}

void opj_yaml_close(struct opj_yaml_file *file)
{
	yaml_document_delete(&file->document);
	yaml_parser_delete(&file->parser);
	free(file->text);
}

int opj_yaml_fail(const struct opj_yaml_file *file, const yaml_node_t *node, struct opj_error *err)
{
	char where[300];
	snprintf(where, sizeof where, "%.270s:%zu", file->path, node->start_mark.line + 1);
	return opj_fail_in(err, where);
}

size_t opj_yaml_count(const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_MAPPING_NODE:
		return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
	case YAML_SEQUENCE_NODE:
		return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	default:
		return 0;
	}
}

static bool is_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && strlen(opj_yaml_key(node)) == node->data.scalar.length;
}

int opj_yaml_pair(struct opj_yaml_file *file, const yaml_node_t *mapping, size_t i, const yaml_node_t **key,
		  const yaml_node_t **value, struct opj_error *err)
{
	const yaml_node_pair_t *pairs = mapping->data.mapping.pairs.start;
	*key = yaml_document_get_node(&file->document, pairs[i].key);
	*value = yaml_document_get_node(&file->document, pairs[i].value);
	if (!is_text(*key)) {
		opj_fail(err, "a key that is no plain text");
		return opj_yaml_fail(file, *key, err);
	}
	for (size_t j = 0; j < i; j++) {
		const yaml_node_t *other = yaml_document_get_node(&file->document, pairs[j].key);
		if (!is_text(other) || strcmp(opj_yaml_key(other), opj_yaml_key(*key)) != 0)
			continue;
		opj_fail(err, "%.100s stands there twice", opj_yaml_key(*key));
		return opj_yaml_fail(file, *key, err);
	}
	return 0;
}

const yaml_node_t *opj_yaml_item(struct opj_yaml_file *file, const yaml_node_t *list, size_t i)
{
	return yaml_document_get_node(&file->document, list->data.sequence.items.start[i]);
}

const char *opj_yaml_text(const struct opj_yaml_file *file, const yaml_node_t *node, const char *key,
			  struct opj_error *err)
{
	if (is_text(node))
		return opj_yaml_key(node);
	opj_fail(err, "%.100s: the value is no plain text or number", key);
	opj_yaml_fail(file, node, err);
	return NULL;
}
