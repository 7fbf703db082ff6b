/* analyze/yaml.c: reading a cost file: a YAML mapping from settings to values.
 *
 * libyaml's document loader keeps the place of every node, so that a message can name file and line. Only one
 * document and only scalars are accepted; every key must be one of the settings or a word of the file itself. Files
 * have a largest size, because the time that libyaml takes grows with the square of depth and of anchors. */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { FILE_BYTES_MAX = 32 * 1024 }; /* six times the longest of the presets */

/* What is told of the file beside settings. */
static bool is_word(const char *key)
{
	return strcmp(key, "estimator") == 0 || strcmp(key, "preset") == 0 || strcmp(key, "source") == 0;
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static int fail_at(const char *path, const yaml_node_t *node, struct opj_error *err)
{
	char where[300];
	snprintf(where, sizeof where, "%.270s:%zu", path, node->start_mark.line + 1);
	return opj_fail_in(err, where);
}

/* One pair's nodes; both must be scalars without a NUL inside. */
static int pair_nodes(yaml_document_t *document, const yaml_node_pair_t *pair, const yaml_node_t **key,
		      const yaml_node_t **value, const char *path, struct opj_error *err)
{
	*key = yaml_document_get_node(document, pair->key);
	*value = yaml_document_get_node(document, pair->value);
	if ((*key)->type != YAML_SCALAR_NODE || strlen(text_of(*key)) != (*key)->data.scalar.length) {
		opj_fail(err, "a key that is no plain text");
		return fail_at(path, *key, err);
	}
	if ((*value)->type != YAML_SCALAR_NODE || strlen(text_of(*value)) != (*value)->data.scalar.length) {
		opj_fail(err, "%.100s: the value is no plain text or number", text_of(*key));
		return fail_at(path, *value, err);
	}
	return 0;
}

static int apply_word(const char *key, const char *value, struct opj_cost_file *file, struct opj_error *err)
{
	if (strcmp(key, "estimator") == 0) {
		if (strcmp(value, file->name) != 0)
			return opj_fail(err, "the file is for estimator \"%.100s\", not %s", value, file->name);
		return 0;
	}
	if (strcmp(key, "preset") == 0) {
		if (!file->apply_preset)
			return opj_fail(err, "%s has no presets", file->name);
		return file->apply_preset(file->data, value, err);
	}
	file->source = strdup(value);
	return file->source ? 0 : opj_fail(err, "out of memory");
}

static bool repeated(yaml_document_t *document, const yaml_node_t *root, const yaml_node_pair_t *pair)
{
	const char *key = text_of(yaml_document_get_node(document, pair->key));
	for (const yaml_node_pair_t *at = root->data.mapping.pairs.start; at < pair; at++) {
		const yaml_node_t *other = yaml_document_get_node(document, at->key);
		if (other->type == YAML_SCALAR_NODE && strcmp(text_of(other), key) == 0)
			return true;
	}
	return false;
}

/* Two rounds: first the words (a preset is what the settings stand on), then the settings. */
static int apply(struct opj_config *config, yaml_document_t *document, const yaml_node_t *root, bool words,
		 const char *path, struct opj_cost_file *file, struct opj_error *err)
{
	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top;
	     pair++) {
		const yaml_node_t *key, *value;
		if (pair_nodes(document, pair, &key, &value, path, err))
			return -1;
		if (is_word(text_of(key)) != words)
			continue;
		if (repeated(document, root, pair)) {
			opj_fail(err, "%.100s stands in the file twice", text_of(key));
			return fail_at(path, key, err);
		}
		if (words ? apply_word(text_of(key), text_of(value), file, err)
			  : opj_config_set(config, text_of(key), text_of(value), err))
			return fail_at(path, key, err);
	}
	return 0;
}

static int apply_document(struct opj_config *config, yaml_document_t *document, const char *path,
			  struct opj_cost_file *file, struct opj_error *err)
{
	const yaml_node_t *root = yaml_document_get_root_node(document);
	if (!root)
		return opj_fail(err, "%.300s: the file is empty", path);
	if (root->type != YAML_MAPPING_NODE) {
		opj_fail(err, "not a mapping from settings to values");
		return fail_at(path, root, err);
	}
	if (apply(config, document, root, true, path, file, err) ||
	    apply(config, document, root, false, path, file, err))
		return -1;
	return 0;
}

static int fail_parser(const yaml_parser_t *parser, const char *path, struct opj_error *err)
{
	return opj_fail(err, "%.300s:%zu: %s", path, parser->problem_mark.line + 1,
			parser->problem ? parser->problem : "cannot be read");
}

/* Whatever stands behind the first document would be ignored, so nothing may. */
static int expect_end(yaml_parser_t *parser, const char *path, struct opj_error *err)
{
	yaml_document_t document;
	if (!yaml_parser_load(parser, &document))
		return fail_parser(parser, path, err);
	int failed = 0;
	const yaml_node_t *root = yaml_document_get_root_node(&document);
	if (root) {
		opj_fail(err, "a second document; a cost file is one mapping");
		failed = fail_at(path, root, err);
	}
	yaml_document_delete(&document);
	return failed;
}

/* The whole file; NULL: it cannot be read, or is too large. */
static unsigned char *read_all(const char *path, size_t *size, struct opj_error *err)
{
	FILE *in = fopen(path, "rb");
	if (!in) {
		opj_fail(err, "%.300s: %s", path, strerror(errno));
		return NULL;
	}
	unsigned char *text = malloc(FILE_BYTES_MAX + 1);
	bool failed = true;
	*size = text ? fread(text, 1, FILE_BYTES_MAX + 1, in) : 0;
	if (!text)
		opj_fail(err, "out of memory");
	else if (ferror(in))
		opj_fail(err, "%.300s: %s", path, strerror(errno));
	else if (*size > FILE_BYTES_MAX)
		opj_fail(err, "%.300s: a cost file has at most %d bytes", path, FILE_BYTES_MAX);
	else
		failed = false;
	fclose(in);
	if (!failed)
		return text;
	free(text);
	return NULL;
}

int opj_config_load(struct opj_config *config, const char *path, struct opj_cost_file *file, struct opj_error *err)
{
	file->source = NULL;
	size_t size;
	unsigned char *text = read_all(path, &size, err);
	if (!text)
		return -1;
	yaml_parser_t parser;
	yaml_document_t document;
	int failed = -1;
	if (!yaml_parser_initialize(&parser)) {
		opj_fail(err, "out of memory");
		goto free_text;
	}
	yaml_parser_set_input_string(&parser, text, size);
	if (!yaml_parser_load(&parser, &document)) {
		fail_parser(&parser, path, err);
		goto delete_parser;
	}
	failed = apply_document(config, &document, path, file, err);
	yaml_document_delete(&document);
	failed = failed || expect_end(&parser, path, err) ? -1 : 0;
delete_parser:
	yaml_parser_delete(&parser);
free_text:
	free(text);
	if (failed) {
		free(file->source);
		file->source = NULL;
	}
	return failed;
}
