/* analyze/engine/yaml_file.h: a file that users wrote, as a tree of YAML nodes, with messages that name file and line.
 *
 * What every such file has in common: one document, a mapping at its top, keys that are plain text and stand there
 * once, and a largest size, because the time that libyaml takes grows with the square of depth and of anchors. An alias
 * is the node that it names, so a tree may meet a node twice, but never inside itself unless its reader descends
 * without end. */
#ifndef OPJ_ANALYZE_ENGINE_YAML_FILE_H
#define OPJ_ANALYZE_ENGINE_YAML_FILE_H

#include <opjoule/error.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

enum { OPJ_YAML_BYTES_MAX = 32 * 1024 }; /* six times the longest of the presets */

struct opj_yaml_file {
	const char *path; /* the caller's */
	unsigned char *text;
	yaml_parser_t parser;
	yaml_document_t document;
	const yaml_node_t *root; /* a mapping */
};

/* Reads a whole file; `what` ("a cost file") stands in messages. To be closed, but not after a failure. */
int opj_yaml_open(struct opj_yaml_file *file, const char *path, const char *what, struct opj_error *err);
void opj_yaml_close(struct opj_yaml_file *file);

/* Puts "path:line: " of a node in front of a message. Returns -1. */
int opj_yaml_fail(const struct opj_yaml_file *file, const yaml_node_t *node, struct opj_error *err);

/* Number of pairs of a mapping, of items of a list; 0 for a node of another type. */
size_t opj_yaml_count(const yaml_node_t *node);

/* Pair i of a mapping. Fails on a key that is no plain text, or that stood there before. */
int opj_yaml_pair(struct opj_yaml_file *file, const yaml_node_t *mapping, size_t i, const yaml_node_t **key,
		  const yaml_node_t **value, struct opj_error *err);

/* Item i of a list. */
const yaml_node_t *opj_yaml_item(struct opj_yaml_file *file, const yaml_node_t *list, size_t i);

/* A plain text or number without a NUL inside; NULL, with a message that names the key it stands under. */
const char *opj_yaml_text(const struct opj_yaml_file *file, const yaml_node_t *node, const char *key,
			  struct opj_error *err);

/* The text of a node that opj_yaml_pair gave as a key. */
static inline const char *opj_yaml_key(const yaml_node_t *key)
{
	return (const char *)key->data.scalar.value;
}

#endif
