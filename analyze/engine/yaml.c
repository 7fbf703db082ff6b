/* analyze/engine/yaml.c: reading a cost file: a YAML mapping from settings to values.
 *
 * Values are scalars; every key must be one of the settings or a word of the file itself. */
#include "bibtex.h"
#include "config.h"
#include "yaml_file.h"
#include <stdlib.h>
#include <string.h>

/* What is told of the file beside settings. */
static bool is_word(const char *key)
{
	return strcmp(key, "estimator") == 0 || strcmp(key, "preset") == 0 || strcmp(key, "source") == 0 ||
	       strcmp(key, "bibtex") == 0;
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
	bool bibtex = strcmp(key, "bibtex") == 0;
	if (bibtex && opj_bibtex_split(value, NULL, NULL, err))
		return -1;
	char **word = bibtex ? &file->bibtex : &file->source;
	*word = strdup(value);
	return *word ? 0 : opj_fail(err, "out of memory");
}

/* Two rounds: first the words (a preset is what the settings stand on), then the settings. */
static int apply(struct opj_config *config, struct opj_yaml_file *yaml, bool words, struct opj_cost_file *file,
		 struct opj_error *err)
{
	for (size_t i = 0; i < opj_yaml_count(yaml->root); i++) {
		const yaml_node_t *key, *value;
		const char *text;
		if (opj_yaml_pair(yaml, yaml->root, i, &key, &value, err) ||
		    !(text = opj_yaml_text(yaml, value, opj_yaml_key(key), err)))
			return -1;
		if (is_word(opj_yaml_key(key)) != words)
			continue;
		if (words ? apply_word(opj_yaml_key(key), text, file, err)
			  : opj_config_set(config, opj_yaml_key(key), text, err))
			return opj_yaml_fail(yaml, key, err);
	}
	return 0;
}

int opj_config_load(struct opj_config *config, const char *path, struct opj_cost_file *file, struct opj_error *err)
{
	struct opj_yaml_file yaml;
	file->source = file->bibtex = NULL;
	if (opj_yaml_open(&yaml, path, "a cost file", err))
		return -1;
	int failed = apply(config, &yaml, true, file, err) || apply(config, &yaml, false, file, err) ? -1 : 0;
	opj_yaml_close(&yaml);
	if (failed) {
		free(file->source);
		free(file->bibtex);
		file->source = file->bibtex = NULL;
	}
	return failed;
}
