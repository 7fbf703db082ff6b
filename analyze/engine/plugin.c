/* analyze/engine/plugin.c: loading a user's counters and estimators.
 *
 * A plugin runs in this process with its rights: loading one is as good as running it. A descriptor of another layout
 * is refused before any of its other fields is read. */
#include "plugin.h"
#include "bibtex.h"
#include <dlfcn.h>
#include <string.h>

static int check_options(const char *owner, const struct opj_option *options, uint32_t count, struct opj_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!options || !options[i].key || !options[i].otherwise)
			return opj_fail(err, "%s: setting %u has no key or no default", owner, i);
	}
	return 0;
}

static int check_counter(const struct opj_counter *counter, struct opj_error *err)
{
	if (counter->abi != OPJ_PLUGIN_ABI)
		return opj_fail(err, "a counter was built for layout %u of opjoule/counter.h, not %u", counter->abi,
				OPJ_PLUGIN_ABI);
	if (!counter->name || !*counter->name || strpbrk(counter->name, ":,="))
		return opj_fail(err, "a counter without a name, or with one of : , = in it");
	if (counter->rules)
		return opj_fail(err, "counter %s has rules by family, which only built-in counters may", counter->name);
	if (counter->metric_count ? !counter->rule : !counter->report)
		return opj_fail(err, "counter %s has metrics but no rule, or neither", counter->name);
	if (counter->metric_count > 1 && !counter->metrics)
		return opj_fail(err, "counter %s does not name its metrics", counter->name);
	if (opj_counter_find(counter->name))
		return opj_fail(err, "counter %s is built in", counter->name);
	for (uint32_t i = 0; counter->metrics && i < counter->metric_count; i++) {
		if (!counter->metrics[i])
			return opj_fail(err, "counter %s does not name metric %u", counter->name, i);
	}
	return check_options(counter->name, counter->options, counter->option_count, err);
}

static int check_references(const struct opj_estimator *estimator, struct opj_error *err)
{
	int failed = opj_bibtex_split(estimator->bibtex, NULL, NULL, err);
	for (uint32_t i = 0; !failed && i < estimator->preset_count; i++)
		failed = opj_bibtex_split(estimator->presets[i].bibtex, NULL, NULL, err);
	return failed;
}

static int check_estimator(const struct opj_estimator *estimator, struct opj_error *err)
{
	if (estimator->abi != OPJ_PLUGIN_ABI)
		return opj_fail(err, "an estimator was built for layout %u of opjoule/estimator.h, not %u",
				estimator->abi, OPJ_PLUGIN_ABI);
	if (!estimator->name || !*estimator->name || strpbrk(estimator->name, ":,="))
		return opj_fail(err, "an estimator without a name, or with one of : , = in it");
	if (!estimator->version || !estimator->boundary || !estimator->report)
		return opj_fail(err, "estimator %s lacks version, boundary or report", estimator->name);
	if (opj_estimator_find(estimator->name))
		return opj_fail(err, "estimator %s is built in", estimator->name);
	for (uint32_t i = 0; i < estimator->preset_count; i++) {
		if (!estimator->presets || !estimator->presets[i].name || !estimator->presets[i].values)
			return opj_fail(err, "estimator %s: preset %u has no name or no values", estimator->name, i);
	}
	if (estimator->need_count > OPJ_NEEDS_MAX)
		return opj_fail(err, "estimator %s needs %u counters, more than %d", estimator->name,
				estimator->need_count, OPJ_NEEDS_MAX);
	for (uint32_t i = 0; i < estimator->need_count; i++) {
		if (!estimator->needs || !estimator->needs[i])
			return opj_fail(err, "estimator %s does not name counter %u that it needs", estimator->name, i);
	}
	if (check_references(estimator, err))
		return opj_fail_in(err, estimator->name);
	return check_options(estimator->name, estimator->options, estimator->option_count, err);
}

static int check(const struct opj_plugin *plugin, struct opj_error *err)
{
	if (!plugin->counters && !plugin->estimators)
		return opj_fail(err, "exports neither opj_plugin_counters nor opj_plugin_estimators");
	for (const struct opj_counter *const *at = plugin->counters; at && *at; at++) {
		if (check_counter(*at, err))
			return -1;
	}
	for (const struct opj_estimator *const *at = plugin->estimators; at && *at; at++) {
		if (check_estimator(*at, err))
			return -1;
	}
	return 0;
}

/* How many of a list have this name. */
static uint32_t counters_named(const struct opj_counter *const *at, const char *name)
{
	uint32_t count = 0;
	for (; at && *at; at++)
		count += strcmp((*at)->name, name) == 0;
	return count;
}

static uint32_t estimators_named(const struct opj_estimator *const *at, const char *name)
{
	uint32_t count = 0;
	for (; at && *at; at++)
		count += strcmp((*at)->name, name) == 0;
	return count;
}

int opj_plugin_compare(const struct opj_plugin *plugin, const struct opj_plugin *other, struct opj_error *err)
{
	uint32_t most = plugin == other; /* each is in its own list once */
	for (const struct opj_counter *const *at = plugin->counters; at && *at; at++) {
		if (counters_named(other->counters, (*at)->name) > most)
			return opj_fail(err, "there is another counter %s, from a plugin", (*at)->name);
	}
	for (const struct opj_estimator *const *at = plugin->estimators; at && *at; at++) {
		if (estimators_named(other->estimators, (*at)->name) > most)
			return opj_fail(err, "there is another estimator %s, from a plugin", (*at)->name);
	}
	return 0;
}

int opj_plugin_open(struct opj_plugin *plugin, const char *path, struct opj_error *err)
{
	/* A name without a slash would be searched in the system's folders, not here. */
	char here[4096];
	if (snprintf(here, sizeof here, "%s%s", strchr(path, '/') ? "" : "./", path) >= (int)sizeof here)
		return opj_fail(err, "%.200s: the path is too long", path);
	*plugin = (struct opj_plugin){.handle = dlopen(here, RTLD_NOW | RTLD_LOCAL)};
	if (!plugin->handle)
		return opj_fail(err, "plugin %.300s", dlerror());
	plugin->counters = dlsym(plugin->handle, "opj_plugin_counters");
	plugin->estimators = dlsym(plugin->handle, "opj_plugin_estimators");
	if (check(plugin, err)) {
		opj_plugin_close(plugin);
		return opj_fail_in(err, path);
	}
	return 0;
}

void opj_plugin_close(struct opj_plugin *plugin)
{
	if (plugin->handle)
		dlclose(plugin->handle);
	*plugin = (struct opj_plugin){0};
}
