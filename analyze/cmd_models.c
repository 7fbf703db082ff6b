/* analyze/cmd_models.c: `opjoule models`: what can be asked for: counters, estimators, presets, settings.
 *
 * `opjoule models NAME:PRESET` writes the preset as a cost file, which is both its documentation and the start of one's
 * own. The descriptors are the only source of all of it. */
#include <opjoule/command.h>
#include <opjoule/estimator.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: opjoule models [NAME[:PRESET]]\n"
    "\n"
    "Lists counters and estimators. With a name: its settings. With a preset: a cost file (YAML) that holds it, to be\n"
    "edited and used as `opjoule analyze -m NAME:FILE.yaml`.\n";

static void print_options(const struct opj_option *options, uint32_t count, FILE *out)
{
	for (uint32_t i = 0; i < count; i++) {
		fprintf(out, "    %s=%s", options[i].key, options[i].otherwise);
		if (options[i].type == OPJ_OPTION_CHOICE)
			fprintf(out, " (%s)", options[i].choices);
		if (options[i].doc && *options[i].doc)
			fprintf(out, "\n        %s", options[i].doc);
		putc('\n', out);
	}
}

static void print_counter(const struct opj_counter *counter, bool all, FILE *out)
{
	fprintf(out, "  %-14s %s\n", counter->name, counter->summary);
	if (!all)
		return;
	fprintf(out, "    unit: %s\n    not in it: %s\n", counter->unit, counter->boundary);
	print_options(counter->options, counter->option_count, out);
}

static void print_estimator(const struct opj_estimator *estimator, bool all, FILE *out)
{
	fprintf(out, "  %-14s %s\n", estimator->name, estimator->summary);
	for (uint32_t i = 0; i < estimator->preset_count; i++)
		fprintf(out, "    %s:%-10s %s%s\n", estimator->name, estimator->presets[i].name,
			estimator->presets[i].source, i ? "" : " (default)");
	if (!all)
		return;
	fprintf(out, "    version: %s\n    source: %s\n    not in it: %s\n", estimator->version, estimator->source,
		estimator->boundary);
	print_options(estimator->options, estimator->option_count, out);
}

static void print_all(FILE *out)
{
	fputs("counters (-c NAME)\n", out);
	for (const struct opj_counter *const *at = opj_counters; *at; at++)
		print_counter(*at, false, out);
	fputs("\nestimators (-m NAME[:PRESET])\n", out);
	for (const struct opj_estimator *const *at = opj_estimators; *at; at++)
		print_estimator(*at, false, out);
	fputs("\n`opjoule models NAME` shows settings, `opjoule models NAME:PRESET` a preset as a cost file.\n", out);
}

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
static void print_quoted(const char *text, FILE *out)
{
	putc('\'', out);
	for (; *text; text++)
		fputs(*text == '\'' ? "''" : (const char[]){*text, '\0'}, out);
	putc('\'', out);
}

static void print_cost_file(const struct opj_estimator *estimator, const struct opj_preset *preset, FILE *out)
{
	fprintf(out, "# Costs of estimator %s, preset %s, rules of version %s.\n# %s.\n", estimator->name, preset->name,
		estimator->version, estimator->summary);
	fprintf(out, "estimator: %s\nsource: ", estimator->name);
	print_quoted(preset->source, out);
	putc('\n', out);
	for (uint32_t i = 0; i < estimator->option_count; i++) {
		const struct opj_option *option = &estimator->options[i];
		int length;
		const char *value = value_of(preset, option, &length);
		fprintf(out, "\n");
		if (option->doc && *option->doc)
			fprintf(out, "# %s\n", option->doc);
		if (option->type == OPJ_OPTION_CHOICE)
			fprintf(out, "# one of %s\n", option->choices);
		fprintf(out, "%s: %.*s\n", option->key, length, value);
	}
}

static int no_such(const char *what, const char *name)
{
	fprintf(stderr, "opjoule models: there is no %s \"%s\"; `opjoule models` lists what there is\n", what, name);
	return 1;
}

static int print_preset(const char *name, const char *wanted)
{
	const struct opj_estimator *estimator = opj_estimator_find(name);
	if (!estimator)
		return no_such("estimator", name);
	for (uint32_t i = 0; i < estimator->preset_count; i++) {
		if (strcmp(estimator->presets[i].name, wanted) == 0) {
			print_cost_file(estimator, &estimator->presets[i], stdout);
			return 0;
		}
	}
	return no_such("preset", wanted);
}

static int print_one(char *name)
{
	char *preset = strchr(name, ':');
	if (preset) {
		*preset = '\0';
		return print_preset(name, preset + 1);
	}
	const struct opj_counter *counter = opj_counter_find(name);
	const struct opj_estimator *estimator = opj_estimator_find(name);
	if (counter)
		print_counter(counter, true, stdout);
	if (estimator)
		print_estimator(estimator, true, stdout);
	return counter || estimator ? 0 : no_such("counter or estimator", name);
}

int opj_cmd_models(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fputs(usage_text, stderr);
		return 2;
	}
	int status = 0;
	if (argc == 2)
		status = print_one(argv[1]);
	else
		print_all(stdout);
	if (fflush(stdout) || ferror(stdout)) {
		fputs("opjoule models: standard output cannot be written\n", stderr);
		return 1;
	}
	return status;
}
