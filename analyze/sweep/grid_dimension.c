/* analyze/sweep/grid_dimension.c: the values of one setting in a grid file.
 *
 * Values stay texts, as if they stood behind -m, so that a configuration of a sweep is what `opjoule analyze` makes of
 * the same text. The numbers of a range are written with 15 digits: enough for any cost, and 0.3 is 0.3. */
#include "grid_file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void opj_dimension_finish(struct opj_dimension *dimension)
{
	for (uint32_t i = 0; i < dimension->count; i++)
		free(dimension->texts[i]);
	free(dimension->texts);
	free(dimension->key);
	*dimension = (struct opj_dimension){0};
}

static int make_room(struct opj_dimension *dimension, const char *key, size_t count, struct opj_error *err)
{
	dimension->key = strdup(key);
	dimension->texts = calloc(count, sizeof *dimension->texts);
	return dimension->key && dimension->texts ? 0 : opj_fail(err, "out of memory");
}

/* The room is there. */
static int add(struct opj_dimension *dimension, const char *text, struct opj_error *err)
{
	dimension->texts[dimension->count] = strdup(text);
	if (!dimension->texts[dimension->count])
		return opj_fail(err, "out of memory");
	dimension->count++;
	return 0;
}

int opj_dimension_texts(struct opj_dimension *dimension, struct opj_yaml_file *yaml, const yaml_node_t *key,
			const yaml_node_t *value, struct opj_error *err)
{
	const char *name = opj_yaml_key(key), *text;
	bool list = value->type == YAML_SEQUENCE_NODE;
	size_t count = list ? opj_yaml_count(value) : 1;
	if (count == 0) {
		opj_fail(err, "%.100s: an empty list", name);
		return opj_yaml_fail(yaml, value, err);
	}
	if (make_room(dimension, name, count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const yaml_node_t *node = list ? opj_yaml_item(yaml, value, i) : value;
		if (!(text = opj_yaml_text(yaml, node, name, err)) || add(dimension, text, err))
			return -1;
	}
	return 0;
}

/* Ranges ----------------------------------------------------------------------------------------------------------- */

enum range_key { FROM, TO, STEPS, SCALE, RANGE_KEYS };

struct range {
	const struct opj_option *option;
	double from, to;
	long steps;
	bool log;
};

/* The four texts of a range; those that the file does not give stay NULL. */
static int read_texts(struct opj_yaml_file *yaml, const yaml_node_t *value, const char *texts[RANGE_KEYS],
		      struct opj_error *err)
{
	static const char *const names[RANGE_KEYS] = {"from", "to", "steps", "scale"};
	for (size_t i = 0; i < opj_yaml_count(value); i++) {
		const yaml_node_t *key, *node;
		if (opj_yaml_pair(yaml, value, i, &key, &node, err))
			return -1;
		int at = 0;
		while (at < RANGE_KEYS && strcmp(names[at], opj_yaml_key(key)) != 0)
			at++;
		if (at == RANGE_KEYS) {
			opj_fail(err, "a range has no \"%.100s\"; there are: from, to, steps, scale",
				 opj_yaml_key(key));
			return opj_yaml_fail(yaml, key, err);
		}
		if (!(texts[at] = opj_yaml_text(yaml, node, names[at], err)))
			return -1;
	}
	return 0;
}

/* One end, in the unit of the setting. */
static int read_end(const struct opj_option *option, const char *text, struct opj_config *config, double *end,
		    struct opj_error *err)
{
	if (opj_config_set(config, option->key, text, err))
		return -1;
	*end = option->type == OPJ_OPTION_BYTES ? (double)opj_config_bytes(config, option->key)
						: opj_config_number(config, option->key);
	return 0;
}

static int read_steps(const char *text, long *steps, struct opj_error *err)
{
	char *end;
	*steps = strtol(text, &end, 10);
	if (end == text || *end || *steps < 2 || *steps > OPJ_SWEEP_MAX)
		return opj_fail(err, "steps: \"%.100s\" is no whole number from 2 to %d", text, OPJ_SWEEP_MAX);
	return 0;
}

static int read_range(struct range *range, const char *const texts[RANGE_KEYS], struct opj_config *config,
		      struct opj_error *err)
{
	const char *key = range->option->key, *scale = texts[SCALE] ? texts[SCALE] : "linear";
	if (range->option->type != OPJ_OPTION_NUMBER && range->option->type != OPJ_OPTION_BYTES)
		return opj_fail(err, "%s has no order, so no range: give a list", key);
	if (!texts[FROM] || !texts[TO] || !texts[STEPS])
		return opj_fail(err, "%s: a range needs from, to and steps", key);
	if (read_end(range->option, texts[FROM], config, &range->from, err) ||
	    read_end(range->option, texts[TO], config, &range->to, err) || read_steps(texts[STEPS], &range->steps, err))
		return -1;
	range->log = strcmp(scale, "log") == 0;
	if (!range->log && strcmp(scale, "linear") != 0)
		return opj_fail(err, "scale: \"%.100s\" is neither linear nor log", scale);
	if (range->log && (range->from <= 0 || range->to <= 0))
		return opj_fail(err, "%s: a range on a log scale has both ends above 0", key);
	return 0;
}

static double value_at(const struct range *range, long i)
{
	if (i == range->steps - 1)
		return range->to;
	double part = (double)i / (double)(range->steps - 1);
	return range->log ? range->from * pow(range->to / range->from, part)
			  : range->from + (range->to - range->from) * part;
}

static int add_range(struct opj_dimension *dimension, const struct range *range, struct opj_error *err)
{
	if (make_room(dimension, range->option->key, (size_t)range->steps, err))
		return -1;
	for (long i = 0; i < range->steps; i++) {
		char text[64];
		double value = value_at(range, i);
		if (range->option->type == OPJ_OPTION_BYTES)
			snprintf(text, sizeof text, "%.0f", round(value));
		else
			snprintf(text, sizeof text, "%.15g", value);
		if (add(dimension, text, err))
			return -1;
	}
	return 0;
}

int opj_dimension_read(struct opj_dimension *dimension, struct opj_yaml_file *yaml, const yaml_node_t *key,
		       const yaml_node_t *value, struct opj_config *config, struct opj_error *err)
{
	struct range range = {.option = opj_config_find(config, opj_yaml_key(key), err)};
	if (!range.option)
		return opj_yaml_fail(yaml, key, err);
	if (value->type != YAML_MAPPING_NODE) {
		if (opj_dimension_texts(dimension, yaml, key, value, err))
			return -1;
	} else {
		const char *texts[RANGE_KEYS] = {NULL};
		if (read_texts(yaml, value, texts, err))
			return -1;
		if (read_range(&range, texts, config, err))
			return opj_yaml_fail(yaml, value, err);
		if (add_range(dimension, &range, err))
			return -1;
	}
	for (uint32_t i = 0; i < dimension->count; i++) {
		if (opj_config_set(config, dimension->key, dimension->texts[i], err))
			return opj_yaml_fail(yaml, value, err);
	}
	return 0;
}
