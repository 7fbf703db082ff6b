/* analyze/sweep/grid_file.c: reading a grid file.
 *
 * Sizes come from the file: the number of configurations is checked before anything is made of their product. */
#include "grid_file.h"
#include "record/base/vector.h"
#include <stdlib.h>
#include <string.h>

/* What a grid says beside settings. */
enum word { MODEL, PRESET, OBJECTIVES, FIGURES, WORDS };

/* The two lists of a file. */
struct kind {
	const char *list, *model; /* "estimators", "estimator" */
	bool counters;
};

static const struct kind kinds[] = {{"estimators", "estimator", false}, {"counters", "counter", true}};

/* What every step needs. */
struct reader {
	struct opj_yaml_file yaml;
	struct opj_grid_file *file;
	const struct opj_analysis *analysis;
	const struct kind *kind;
	struct opj_config *config; /* of the model at hand */
};

/* One grid --------------------------------------------------------------------------------------------------------- */

static enum word word_of(const struct kind *kind, const char *key)
{
	const char *const words[WORDS] = {
	    [MODEL] = kind->model, [PRESET] = "preset", [OBJECTIVES] = "objectives", [FIGURES] = "figures"};
	int word = 0;
	while (word < WORDS && strcmp(words[word], key) != 0)
		word++;
	return (enum word)word;
}

static const struct opj_option *find_option(const struct opj_sweep_grid *grid, const char *key)
{
	const struct opj_option *options = grid->estimator ? grid->estimator->options : grid->counter->options;
	uint32_t count = grid->estimator ? grid->estimator->option_count : grid->counter->option_count;
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(options[i].key, key) == 0)
			return &options[i];
	}
	return NULL;
}

/* The model comes first, wherever it stands: it says which settings there are. */
static int read_model(struct reader *reader, const yaml_node_t *node, struct opj_sweep_grid *grid,
		      struct opj_error *err)
{
	const char *name = NULL;
	const yaml_node_t *key, *value;
	for (size_t i = 0; i < opj_yaml_count(node); i++) {
		if (opj_yaml_pair(&reader->yaml, node, i, &key, &value, err))
			return -1;
		if (word_of(reader->kind, opj_yaml_key(key)) != MODEL)
			continue;
		if (!(name = opj_yaml_text(&reader->yaml, value, reader->kind->model, err)))
			return -1;
		if (reader->kind->counters)
			grid->counter = opj_analysis_find_counter(reader->analysis, name, err);
		else
			grid->estimator = opj_analysis_find_estimator(reader->analysis, name, err);
		if (!grid->counter && !grid->estimator)
			return opj_yaml_fail(&reader->yaml, value, err);
	}
	if (name)
		return 0;
	opj_fail(err, "a grid without \"%s\"", reader->kind->model);
	return opj_yaml_fail(&reader->yaml, node, err);
}

/* A preset's name or a file's path; it becomes part of a text in which "," and ":" mean something. */
static int read_presets(struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
			struct opj_sweep_grid *grid, struct opj_error *err)
{
	if (!grid->estimator) {
		opj_fail(err, "counter %s has no presets", grid->counter->name);
		return opj_yaml_fail(&reader->yaml, key, err);
	}
	if (opj_dimension_texts(&grid->presets, &reader->yaml, key, value, err))
		return -1;
	for (uint32_t i = 0; i < grid->presets.count; i++) {
		if (strchr(grid->presets.texts[i], ',')) {
			opj_fail(err, "preset: \"%.100s\" has a comma in it", grid->presets.texts[i]);
			return opj_yaml_fail(&reader->yaml, value, err);
		}
	}
	return 0;
}

/* "energy_pj", "min sram", "max e_mac_pj". */
static int read_objective(const struct opj_sweep_grid *grid, const char *text, struct opj_objective *objective,
			  struct opj_error *err)
{
	bool word = strncmp(text, "min ", 4) == 0 || strncmp(text, "max ", 4) == 0;
	const char *name = word ? text + 4 : text;
	const struct opj_option *option = find_option(grid, name);
	if (option && option->type != OPJ_OPTION_NUMBER && option->type != OPJ_OPTION_BYTES)
		return opj_fail(err, "objectives: of %s there is no less or more", name);
	objective->largest = word && text[1] == 'a';
	objective->name = strdup(name);
	return objective->name ? 0 : opj_fail(err, "out of memory");
}

static int read_objectives(struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
			   struct opj_sweep_grid *grid, struct opj_error *err)
{
	struct opj_dimension texts = {0};
	int failed = opj_dimension_texts(&texts, &reader->yaml, key, value, err);
	grid->objectives = failed ? NULL : calloc(texts.count, sizeof *grid->objectives);
	if (!failed && !grid->objectives)
		failed = opj_fail(err, "out of memory");
	for (uint32_t i = 0; !failed && i < texts.count; i++) {
		failed = read_objective(grid, texts.texts[i], &grid->objectives[i], err);
		if (failed)
			opj_yaml_fail(&reader->yaml, value, err);
		else
			grid->objective_count++;
	}
	opj_dimension_finish(&texts);
	return failed;
}

/* A list of texts becomes the grid's. */
static int read_figures(struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
			struct opj_sweep_grid *grid, struct opj_error *err)
{
	struct opj_dimension texts = {0};
	if (opj_dimension_texts(&texts, &reader->yaml, key, value, err)) {
		opj_dimension_finish(&texts);
		return -1;
	}
	grid->figures = texts.texts;
	grid->figure_count = texts.count;
	free(texts.key);
	return 0;
}

/* A key that is neither word nor setting. */
static int unknown_key(struct reader *reader, const yaml_node_t *key, const char *why, struct opj_error *err)
{
	opj_fail(err, "%s; and for every grid: %s, %sobjectives, figures", why, reader->kind->model,
		 reader->kind->counters ? "" : "preset, ");
	return opj_yaml_fail(&reader->yaml, key, err);
}

static int read_dimension(struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
			  struct opj_sweep_grid *grid, struct opj_error *err)
{
	struct opj_error why;
	if (!opj_config_find(reader->config, opj_yaml_key(key), &why))
		return unknown_key(reader, key, why.text, err);
	return opj_dimension_read(&grid->dimensions[grid->dimension_count++], &reader->yaml, key, value, reader->config,
				  err);
}

static int read_pairs(struct reader *reader, const yaml_node_t *node, struct opj_sweep_grid *grid,
		      struct opj_error *err)
{
	grid->dimensions = calloc(opj_yaml_count(node) + 1, sizeof *grid->dimensions);
	if (!grid->dimensions)
		return opj_fail(err, "out of memory");
	int failed = 0;
	for (size_t i = 0; !failed && i < opj_yaml_count(node); i++) {
		const yaml_node_t *key, *value;
		if (opj_yaml_pair(&reader->yaml, node, i, &key, &value, err))
			return -1;
		switch (word_of(reader->kind, opj_yaml_key(key))) {
		case MODEL:
			break;
		case PRESET:
			failed = read_presets(reader, key, value, grid, err);
			break;
		case OBJECTIVES:
			failed = read_objectives(reader, key, value, grid, err);
			break;
		case FIGURES:
			failed = read_figures(reader, key, value, grid, err);
			break;
		case WORDS:
			failed = read_dimension(reader, key, value, grid, err);
		}
	}
	return failed;
}

/* Multiplies, while the product can be. */
static int count(struct reader *reader, const yaml_node_t *node, struct opj_sweep_grid *grid, struct opj_error *err)
{
	uint64_t product = grid->presets.count ? grid->presets.count : 1;
	for (uint32_t i = 0; i < grid->dimension_count && product <= OPJ_SWEEP_MAX; i++)
		product *= grid->dimensions[i].count;
	if (product > (uint64_t)(OPJ_SWEEP_MAX - reader->file->configurations)) {
		opj_fail(err, "with this grid the file has more than %d configurations", OPJ_SWEEP_MAX);
		return opj_yaml_fail(&reader->yaml, node, err);
	}
	grid->count = (uint32_t)product;
	reader->file->configurations += grid->count;
	return 0;
}

/* Where less energy is had for less memory: energy, and the sizes that the grid varies. Counters say nothing of what is
 * good, so they have no objectives unless the file gives some. */
static int default_objectives(struct opj_sweep_grid *grid, struct opj_error *err)
{
	if (grid->objective_count || !grid->estimator)
		return 0;
	grid->objectives = calloc((size_t)grid->dimension_count + 1, sizeof *grid->objectives);
	if (!grid->objectives)
		return opj_fail(err, "out of memory");
	if (!(grid->objectives[grid->objective_count++].name = strdup("energy_pj")))
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < grid->dimension_count; i++) {
		const char *key = grid->dimensions[i].key;
		const struct opj_option *option = find_option(grid, key);
		bool size = option->type == OPJ_OPTION_BYTES ||
			    (option->type == OPJ_OPTION_NUMBER && strstr(key, "size") != NULL);
		if (!size || grid->dimensions[i].count < 2)
			continue;
		if (!(grid->objectives[grid->objective_count++].name = strdup(key)))
			return opj_fail(err, "out of memory");
	}
	return 0;
}

static int read_grid(struct reader *reader, const yaml_node_t *node, struct opj_error *err)
{
	struct opj_grid_file *file = reader->file;
	if (node->type != YAML_MAPPING_NODE) {
		opj_fail(err, "a grid is a mapping: {%s: NAME, SETTING: [VALUE, …], …}", reader->kind->model);
		return opj_yaml_fail(&reader->yaml, node, err);
	}
	struct opj_sweep_grid *grid = OPJ_PUSH(file->grids, file->count);
	if (!grid)
		return opj_fail(err, "out of memory");
	grid->line = node->start_mark.line + 1;
	if (read_model(reader, node, grid, err))
		return -1;
	reader->config =
	    grid->estimator
		? opj_config_create(grid->estimator->name, grid->estimator->options, grid->estimator->option_count, err)
		: opj_config_create(grid->counter->name, grid->counter->options, grid->counter->option_count, err);
	int failed = !reader->config || read_pairs(reader, node, grid, err) || count(reader, node, grid, err) ||
		     default_objectives(grid, err);
	opj_config_destroy(reader->config);
	return failed ? -1 : 0;
}

/* The file --------------------------------------------------------------------------------------------------------- */

static int read_list(struct reader *reader, const yaml_node_t *key, const yaml_node_t *list, struct opj_error *err)
{
	if (list->type != YAML_SEQUENCE_NODE) {
		opj_fail(err, "%s: not a list of grids", opj_yaml_key(key));
		return opj_yaml_fail(&reader->yaml, list, err);
	}
	for (size_t i = 0; i < opj_yaml_count(list); i++) {
		if (read_grid(reader, opj_yaml_item(&reader->yaml, list, i), err))
			return -1;
	}
	return 0;
}

/* Both lists, estimators first; other keys have no place here. */
static int read_lists(struct reader *reader, struct opj_error *err)
{
	const yaml_node_t *key, *list, *root = reader->yaml.root;
	for (size_t i = 0; i < opj_yaml_count(root); i++) {
		if (opj_yaml_pair(&reader->yaml, root, i, &key, &list, err))
			return -1;
		if (strcmp(opj_yaml_key(key), kinds[0].list) != 0 && strcmp(opj_yaml_key(key), kinds[1].list) != 0) {
			opj_fail(err, "a grid file has no \"%.100s\"; there are: %s, %s", opj_yaml_key(key),
				 kinds[0].list, kinds[1].list);
			return opj_yaml_fail(&reader->yaml, key, err);
		}
	}
	for (int k = 0; k < 2; k++) {
		reader->kind = &kinds[k];
		for (size_t i = 0; i < opj_yaml_count(root); i++) {
			if (opj_yaml_pair(&reader->yaml, root, i, &key, &list, err))
				return -1;
			if (strcmp(opj_yaml_key(key), kinds[k].list) == 0 && read_list(reader, key, list, err))
				return -1;
		}
	}
	return reader->file->count ? 0 : opj_fail(err, "%.300s: there is no grid in it", reader->file->path);
}

int opj_grid_file_read(struct opj_grid_file *file, const char *path, const struct opj_analysis *analysis,
		       struct opj_error *err)
{
	struct reader reader = {.file = file, .analysis = analysis};
	*file = (struct opj_grid_file){.path = strdup(path)};
	if (!file->path)
		return opj_fail(err, "out of memory");
	int failed = opj_yaml_open(&reader.yaml, file->path, "a grid file", err);
	if (!failed) {
		failed = read_lists(&reader, err);
		opj_yaml_close(&reader.yaml);
	}
	if (failed)
		opj_grid_file_finish(file);
	return failed;
}
