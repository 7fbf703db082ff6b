/* analyze/engine/config.c: settings, checked against a table of options.
 *
 * A value is parsed once, when it is set, into the form its option's type asks for; readers get that form. Numbers
 * whose key ends in a unit (_pj, _ns) may be given in another unit of the same kind and are converted. */
#include "config.h"
#include "record/base/quantity.h"
#include "record/base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

union setting {
	double number;
	uint64_t bytes;
	bool flag;
	uint32_t choice; /* which of the option's choices, from 0 */
};

struct opj_config {
	const char *owner;
	const struct opj_option *options;
	uint32_t count;
	union setting *values;   /* [count] */
	union setting *defaults; /* [count] */
	char **choices;          /* [count] text of the choice in force, else NULL */
};

static int find(const struct opj_config *config, const char *key)
{
	for (uint32_t i = 0; i < config->count; i++) {
		if (strcmp(config->options[i].key, key) == 0)
			return (int)i;
	}
	return -1;
}

static int parse_bytes(const struct opj_option *option, const char *text, uint64_t *bytes, struct opj_error *err)
{
	return opj_bytes_read(text, bytes, err) ? opj_fail_in(err, option->key) : 0;
}

static int parse_flag(const struct opj_option *option, const char *text, bool *flag, struct opj_error *err)
{
	static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (int j = 0; j < 2; j++) {
			if (strcmp(text, words[i][j]) == 0) {
				*flag = j;
				return 0;
			}
		}
	}
	return opj_fail(err, "%s: \"%s\" is neither true nor false", option->key, text);
}

static int parse_choice(const struct opj_option *option, const char *text, uint32_t *choice, struct opj_error *err)
{
	const char *at = option->choices;
	for (uint32_t i = 0; at && *at; i++) {
		size_t length = strcspn(at, "|");
		if (strlen(text) == length && memcmp(at, text, length) == 0) {
			*choice = i;
			return 0;
		}
		at += length + (at[length] == '|');
	}
	return opj_fail(err, "%s: \"%s\" is none of %s", option->key, text, option->choices ? option->choices : "");
}

static int parse(const struct opj_option *option, const char *text, union setting *value, struct opj_error *err)
{
	*value = (union setting){0};
	switch (option->type) {
	case OPJ_OPTION_NUMBER:
		return opj_unit_parse(option->key, text, &value->number, err);
	case OPJ_OPTION_BYTES:
		return parse_bytes(option, text, &value->bytes, err);
	case OPJ_OPTION_FLAG:
		return parse_flag(option, text, &value->flag, err);
	case OPJ_OPTION_CHOICE:
		return parse_choice(option, text, &value->choice, err);
	}
	return opj_fail(err, "%s: unknown type of option", option->key);
}

static int assign(struct opj_config *config, uint32_t i, const char *text, struct opj_error *err)
{
	union setting value;
	if (parse(&config->options[i], text, &value, err))
		return -1;
	if (config->options[i].type == OPJ_OPTION_CHOICE) {
		char *copy = strdup(text);
		if (!copy)
			return opj_fail(err, "out of memory");
		free(config->choices[i]);
		config->choices[i] = copy;
	}
	config->values[i] = value;
	return 0;
}

struct opj_config *opj_config_create(const char *owner, const struct opj_option *options, uint32_t option_count,
				     struct opj_error *err)
{
	struct opj_config *config = calloc(1, sizeof *config);
	if (!config)
		goto no_memory;
	config->owner = owner;
	config->options = options;
	config->count = option_count;
	config->values = calloc(option_count + 1, sizeof *config->values);
	config->defaults = calloc(option_count + 1, sizeof *config->defaults);
	config->choices = calloc(option_count + 1, sizeof *config->choices);
	if (!config->values || !config->defaults || !config->choices)
		goto no_memory;
	for (uint32_t i = 0; i < option_count; i++) {
		if (assign(config, i, options[i].otherwise, err)) {
			opj_fail_in(err, owner);
			goto failed;
		}
		config->defaults[i] = config->values[i];
	}
	return config;
no_memory:
	opj_fail(err, "out of memory");
failed:
	opj_config_destroy(config);
	return NULL;
}

void opj_config_destroy(struct opj_config *config)
{
	if (!config)
		return;
	for (uint32_t i = 0; config->choices && i < config->count; i++)
		free(config->choices[i]);
	free(config->choices);
	free(config->defaults);
	free(config->values);
	free(config);
}

static int unknown_key(const struct opj_config *config, const char *key, struct opj_error *err)
{
	char keys[768] = "";
	for (uint32_t i = 0; i < config->count; i++)
		opj_text_list(keys, sizeof keys, "%s", config->options[i].key);
	if (!*keys)
		return opj_fail(err, "%s has no settings, so none called \"%.100s\"", config->owner, key);
	return opj_fail(err, "%s has no setting \"%.100s\"; there are: %s", config->owner, key, keys);
}

const struct opj_option *opj_config_find(const struct opj_config *config, const char *key, struct opj_error *err)
{
	int i = find(config, key);
	if (i < 0)
		unknown_key(config, key, err);
	return i < 0 ? NULL : &config->options[i];
}

int opj_config_set(struct opj_config *config, const char *key, const char *value, struct opj_error *err)
{
	int i = find(config, key);
	if (i < 0)
		return unknown_key(config, key, err);
	if (assign(config, (uint32_t)i, value, err))
		return opj_fail_in(err, config->owner);
	return 0;
}

int opj_config_set_list(struct opj_config *config, const char *list, struct opj_error *err)
{
	char *copy = strdup(list);
	if (!copy)
		return opj_fail(err, "out of memory");
	int failed = 0;
	char *rest = copy;
	for (char *pair; !failed && *copy && (pair = strsep(&rest, ","));) {
		char *equals = strchr(pair, '=');
		if (!equals) {
			failed = opj_fail(err, "%s: \"%s\" is not of the form key=value", config->owner, pair);
			break;
		}
		*equals = '\0';
		failed = opj_config_set(config, pair, equals + 1, err);
	}
	free(copy);
	return failed;
}

static bool same(const struct opj_option *option, union setting a, union setting b)
{
	switch (option->type) {
	case OPJ_OPTION_NUMBER:
		return a.number == b.number;
	case OPJ_OPTION_BYTES:
		return a.bytes == b.bytes;
	case OPJ_OPTION_FLAG:
		return a.flag == b.flag;
	default:
		return a.choice == b.choice;
	}
}

bool opj_config_is_default(const struct opj_config *config)
{
	for (uint32_t i = 0; i < config->count; i++) {
		if (!same(&config->options[i], config->values[i], config->defaults[i]))
			return false;
	}
	return true;
}

static bool equal(const struct opj_config *a, const struct opj_config *b, bool prices)
{
	if (a->options != b->options || a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if ((prices || !a->options[i].price) && !same(&a->options[i], a->values[i], b->values[i]))
			return false;
	}
	return true;
}

bool opj_config_equal(const struct opj_config *a, const struct opj_config *b)
{
	return equal(a, b, true);
}

bool opj_config_equal_but_prices(const struct opj_config *a, const struct opj_config *b)
{
	return equal(a, b, false);
}

json_t *opj_config_json(const struct opj_config *config)
{
	json_t *object = json_object();
	for (uint32_t i = 0; object && i < config->count; i++) {
		const union setting *value = &config->values[i];
		json_t *leaf = NULL;
		switch (config->options[i].type) {
		case OPJ_OPTION_NUMBER:
			leaf = json_real(value->number);
			break;
		case OPJ_OPTION_BYTES:
			leaf = json_integer((json_int_t)value->bytes);
			break;
		case OPJ_OPTION_FLAG:
			leaf = json_boolean(value->flag);
			break;
		case OPJ_OPTION_CHOICE:
			leaf = json_string(config->choices[i]);
			break;
		}
		if (json_object_set_new(object, config->options[i].key, leaf)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* Readers. A key that the table does not have, or of another type, is a mistake in the caller's code: a value that
 * cannot be missed comes back. */
static const union setting *value_of(const struct opj_config *config, const char *key, enum opj_option_type type)
{
	int i = find(config, key);
	return i >= 0 && config->options[i].type == type ? &config->values[i] : NULL;
}

double opj_config_number(const struct opj_config *config, const char *key)
{
	const union setting *value = value_of(config, key, OPJ_OPTION_NUMBER);
	return value ? value->number : (double)NAN;
}

uint64_t opj_config_bytes(const struct opj_config *config, const char *key)
{
	const union setting *value = value_of(config, key, OPJ_OPTION_BYTES);
	return value ? value->bytes : UINT64_MAX;
}

bool opj_config_flag(const struct opj_config *config, const char *key)
{
	const union setting *value = value_of(config, key, OPJ_OPTION_FLAG);
	return value && value->flag;
}

const char *opj_config_choice(const struct opj_config *config, const char *key)
{
	int i = find(config, key);
	return i >= 0 ? config->choices[i] : NULL;
}
