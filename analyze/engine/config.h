/* analyze/engine/config.h: settings of a counter or an estimator, checked against its table of options.
 *
 * Values come from the table's defaults, then from a preset or a YAML cost file, then from key=value pairs; the last
 * word counts. Reading them is public (opjoule/counter.h); making them is not. */
#ifndef OPJ_ANALYZE_ENGINE_CONFIG_H
#define OPJ_ANALYZE_ENGINE_CONFIG_H

#include <jansson.h>
#include <opjoule/counter.h>

/* All defaults. `owner` ("estimator compute") stands in messages; owner and options must outlive the config. NULL: out
 * of memory, or a default that its own type refuses. */
struct opj_config *opj_config_create(const char *owner, const struct opj_option *options, uint32_t option_count,
				     struct opj_error *err);
void opj_config_destroy(struct opj_config *config);

/* Sets one key from text. An unknown key names those that exist; a wrong value says what is wanted. */
int opj_config_set(struct opj_config *config, const char *key, const char *value, struct opj_error *err);

/* Sets "key=value,key=value". "" is no setting. */
int opj_config_set_list(struct opj_config *config, const char *list, struct opj_error *err);

/* Sets what a YAML cost file says: a mapping from keys to scalars, beside it `estimator` (must be `name`), `preset`
 * (handed to apply_preset before anything else is set), `source` (where the figures are from) and `bibtex` (the same as
 * references); source and bibtex are then the caller's to free. Messages name file, line and the keys that exist. */
struct opj_cost_file {
	const char *name;                                                           /* estimator that reads the file */
	int (*apply_preset)(void *data, const char *preset, struct opj_error *err); /* NULL: presets are refused */
	void *data;
	char *source; /* out; NULL where the file has none */
	char *bibtex; /* the same: references of its figures */
};
int opj_config_load(struct opj_config *config, const char *path, struct opj_cost_file *file, struct opj_error *err);

/* Whether every value is its default. */
bool opj_config_is_default(const struct opj_config *config);
bool opj_config_equal(const struct opj_config *a, const struct opj_config *b);

/* Whether every value that is no price is the same: what watched the replay with one can be repriced with the other. */
bool opj_config_equal_but_prices(const struct opj_config *a, const struct opj_config *b);

/* The option of a key; NULL, with a message that names the keys there are. */
const struct opj_option *opj_config_find(const struct opj_config *config, const char *key, struct opj_error *err);

/* An object with every key: numbers, counts of bytes, booleans and strings. NULL: out of memory. */
json_t *opj_config_json(const struct opj_config *config);

#endif
