/* analyze/command/cmd_models.c: `opjoule models`: what can be asked for: counters, estimators, presets, settings.
 *
 * `opjoule models NAME:PRESET` writes the preset as a cost file, which is both its documentation and the start of one's
 * own. The descriptors are the only source of all of it, also for shells that complete a word: --names. */
#include "analyze/engine/engine.h"
#include "record/base/command.h"
#include "record/base/style.h"
#include <stdlib.h>
#include <string.h>

enum names { NAMES_NONE, NAMES_COUNTERS, NAMES_ESTIMATORS, NAMES_PRESETS, NAMES_SETTINGS };

struct arguments {
	struct opj_words plugins;
	int names; /* one more than the index of the choice */
};

/* Everything there is: calls one of the two functions for each descriptor, built-in ones first. */
struct visitor {
	void (*counter)(const struct opj_counter *counter, const char *wanted);
	void (*estimator)(const struct opj_estimator *estimator, const char *wanted);
	const char *wanted; /* NULL: all; else only what has this name */
};

static bool takes(const struct visitor *visitor, const char *name)
{
	return !visitor->wanted || strcmp(visitor->wanted, name) == 0;
}

static uint32_t visit_counters(const struct visitor *visitor, const struct opj_counter *const *counters)
{
	uint32_t found = 0;
	for (; visitor->counter && counters && *counters; counters++) {
		if (!takes(visitor, (*counters)->name))
			continue;
		visitor->counter(*counters, visitor->wanted);
		found++;
	}
	return found;
}

static uint32_t visit_estimators(const struct visitor *visitor, const struct opj_estimator *const *estimators)
{
	uint32_t found = 0;
	for (; visitor->estimator && estimators && *estimators; estimators++) {
		if (!takes(visitor, (*estimators)->name))
			continue;
		visitor->estimator(*estimators, visitor->wanted);
		found++;
	}
	return found;
}

/* How many there were. */
static uint32_t visit_all(const struct opj_analysis *analysis, const struct visitor *visitor)
{
	uint32_t found = visit_counters(visitor, opj_counters);
	for (uint32_t i = 0; i < analysis->plugin_count; i++)
		found += visit_counters(visitor, analysis->plugins[i].counters);
	found += visit_estimators(visitor, opj_estimators);
	for (uint32_t i = 0; i < analysis->plugin_count; i++)
		found += visit_estimators(visitor, analysis->plugins[i].estimators);
	return found;
}

/* For people ------------------------------------------------------------------------------------------------------- */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void print_heading(const char *text)
{
	opj_print(stdout, OPJ_HEADING, "%s", text);
	putchar('\n');
}

static void print_options(const struct opj_option *options, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		printf("    %s=%s", options[i].key, options[i].otherwise);
		if (options[i].type == OPJ_OPTION_CHOICE)
			printf(" (%s)", or_empty(options[i].choices));
		if (options[i].doc && *options[i].doc)
			printf("\n        %s", options[i].doc);
		putchar('\n');
	}
}

/* wanted: with settings and all. */
static void print_counter(const struct opj_counter *counter, const char *wanted)
{
	printf("  %-14s %s\n", counter->name, or_empty(counter->summary));
	if (!wanted)
		return;
	printf("    unit: %s\n    not in it: %s\n", or_empty(counter->unit), or_empty(counter->boundary));
	print_options(counter->options, counter->option_count);
}

static void print_estimator(const struct opj_estimator *estimator, const char *wanted)
{
	printf("  %-14s %s\n", estimator->name, or_empty(estimator->summary));
	for (uint32_t i = 0; i < estimator->preset_count; i++)
		printf("    %s:%-10s %s%s\n", estimator->name, estimator->presets[i].name,
		       or_empty(estimator->presets[i].source), i ? "" : " (default)");
	if (!wanted)
		return;
	printf("    version: %s\n    source: %s\n    not in it: %s\n", estimator->version, or_empty(estimator->source),
	       estimator->boundary);
	print_options(estimator->options, estimator->option_count);
}

static void print_all(const struct opj_analysis *analysis)
{
	print_heading("counters (-c NAME)");
	visit_all(analysis, &(struct visitor){.counter = print_counter});
	putchar('\n');
	print_heading("estimators (-m NAME[:PRESET])");
	visit_all(analysis, &(struct visitor){.estimator = print_estimator});
	fputs("\n`opjoule models NAME` shows settings, `opjoule models NAME:PRESET` a preset as a cost file.\n",
	      stdout);
}

/* Cost files ------------------------------------------------------------------------------------------------------- */

/* The value of a key in "key=value,key=value", or the option's default; *length says how much of it. */
static const char *value_of(const struct opj_preset *preset, const struct opj_option *option, int *length)
{
	size_t key = strlen(option->key);
	for (const char *at = preset->values; at && *at;) {
		size_t pair = strcspn(at, ",");
		if (strncmp(at, option->key, key) == 0 && at[key] == '=') {
			*length = (int)(pair - key - 1);
			return at + key + 1;
		}
		at += pair + (at[pair] == ',');
	}
	*length = (int)strlen(option->otherwise);
	return option->otherwise;
}

/* A YAML text in single quotes, in which a quote is written twice. */
static void print_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		fputs(*text == '\'' ? "''" : (const char[]){*text, '\0'}, stdout);
	putchar('\'');
}

/* A YAML text of several lines, as it stands. */
static void print_block(const char *text)
{
	fputs("|\n", stdout);
	while (*text) {
		int length = (int)strcspn(text, "\n");
		printf("  %.*s\n", length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_cost_file(const struct opj_estimator *estimator, const struct opj_preset *preset)
{
	printf("# Costs of estimator %s, preset %s, rules of version %s.\n# %s.\n", estimator->name, preset->name,
	       estimator->version, or_empty(estimator->summary));
	printf("estimator: %s\nsource: ", estimator->name);
	print_quoted(or_empty(preset->source));
	putchar('\n');
	if (preset->bibtex) {
		fputs("bibtex: ", stdout);
		print_block(preset->bibtex);
	}
	for (uint32_t i = 0; i < estimator->option_count; i++) {
		const struct opj_option *option = &estimator->options[i];
		int length;
		const char *value = value_of(preset, option, &length);
		putchar('\n');
		if (option->doc && *option->doc)
			printf("# %s\n", option->doc);
		if (option->type == OPJ_OPTION_CHOICE)
			printf("# one of %s\n", or_empty(option->choices));
		printf("%s: %.*s\n", option->key, length, value);
	}
}

static int print_preset(const struct opj_analysis *analysis, const char *name, const char *wanted,
			struct opj_error *err)
{
	const struct opj_estimator *estimator = opj_analysis_find_estimator(analysis, name, err);
	if (!estimator)
		return -1;
	for (uint32_t i = 0; i < estimator->preset_count; i++) {
		if (strcmp(estimator->presets[i].name, wanted) == 0) {
			print_cost_file(estimator, &estimator->presets[i]);
			return 0;
		}
	}
	return opj_fail(err, "estimator %s has no preset \"%.100s\"; `opjoule models %s` lists them", name, wanted,
			name);
}

/* For scripts ------------------------------------------------------------------------------------------------------ */

static void name_counter(const struct opj_counter *counter, const char *wanted)
{
	(void)wanted;
	puts(counter->name);
}

static void name_estimator(const struct opj_estimator *estimator, const char *wanted)
{
	(void)wanted;
	puts(estimator->name);
}

static void name_presets(const struct opj_estimator *estimator, const char *wanted)
{
	(void)wanted;
	for (uint32_t i = 0; i < estimator->preset_count; i++)
		printf("%s:%s\n", estimator->name, estimator->presets[i].name);
}

static void name_options(const struct opj_option *options, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		puts(options[i].key);
}

static void name_counter_settings(const struct opj_counter *counter, const char *wanted)
{
	(void)wanted;
	name_options(counter->options, counter->option_count);
}

static void name_estimator_settings(const struct opj_estimator *estimator, const char *wanted)
{
	(void)wanted;
	name_options(estimator->options, estimator->option_count);
}

static int print_names(const struct opj_analysis *analysis, enum names what, const char *name, struct opj_error *err)
{
	static const struct visitor lists[] = {
	    [NAMES_COUNTERS] = {.counter = name_counter},
	    [NAMES_ESTIMATORS] = {.estimator = name_estimator},
	    [NAMES_PRESETS] = {.estimator = name_presets},
	    [NAMES_SETTINGS] = {.counter = name_counter_settings, .estimator = name_estimator_settings},
	};
	struct visitor visitor = lists[what];
	visitor.wanted = name;
	if (visit_all(analysis, &visitor) || !name)
		return 0;
	return opj_fail(err, "there is no counter or estimator \"%.100s\"; `opjoule models` lists what there is", name);
}

/* The command ------------------------------------------------------------------------------------------------------ */

static int print_asked(const struct opj_analysis *analysis, const char *name, enum names names, struct opj_error *err)
{
	const char *preset = name ? strchr(name, ':') : NULL;
	char estimator[128];
	if (names)
		return print_names(analysis, names, name, err);
	if (!name) {
		print_all(analysis);
		return 0;
	}
	if (preset) {
		snprintf(estimator, sizeof estimator, "%.*s", (int)(preset - name), name);
		return print_preset(analysis, estimator, preset + 1, err);
	}
	if (visit_all(analysis,
		      &(struct visitor){.counter = print_counter, .estimator = print_estimator, .wanted = name}))
		return 0;
	return opj_fail(err, "there is no counter or estimator \"%.100s\"; `opjoule models` lists what there is", name);
}

static int models(void *values, const struct opj_words *operands, struct opj_error *err)
{
	const struct arguments *arguments = values;
	struct opj_analysis *analysis = opj_analysis_create();
	int failed = analysis ? 0 : opj_fail(err, "out of memory");
	for (size_t i = 0; !failed && i < arguments->plugins.count; i++)
		failed = opj_analysis_load_plugin(analysis, arguments->plugins.list[i], err);
	if (!failed)
		failed = print_asked(analysis, operands->count ? operands->list[0] : NULL, arguments->names, err);
	opj_analysis_destroy(analysis);
	return failed;
}

static const struct opj_option_row options[] = {
    {"plugin", 0, OPJ_OPT_LIST, OPJ_OPT_REPEATED, .word = "FILE.so", .at = offsetof(struct arguments, plugins),
     .complete = "files so", .help = "counters and estimators of your own, too",
     .more = "A plugin is a program: load none that you would not run. Two that bring a counter or an estimator of one "
	     "name are refused."},
    {"names", 0, OPJ_OPT_CHOICE, .word = "WHAT", .choices = "counters|estimators|presets|settings",
     .min = NAMES_COUNTERS, .at = offsetof(struct arguments, names),
     .help =
	 "bare names, one a line, for scripts: counters, estimators, presets (as NAME:PRESET), or settings, of NAME",
     .more = "With a _NAME_ only that one's; without it, the settings are those of all."},
    {NULL}};

static const struct opj_option_group groups[] = {{options}, {NULL}};

const struct opj_command opj_command_models = {
    .name = "models",
    .summary = "the counters and estimators, their presets and settings",
    .operands = {"[NAME[:PRESET]]", "name", 0, 1, "models"},
    .about =
	"Lists counters and estimators. With a name: its settings, formula's source and what it leaves out. With a "
	"preset: a cost file (YAML) that holds it, to be edited and used as `opjoule analyze -m NAME:FILE.yaml`.",
    .examples = "  opjoule models lemaire\n"
		"  opjoule models compute:int8 > mine.yaml\n",
    .groups = groups,
    .size = sizeof(struct arguments),
    .run = models,
};
