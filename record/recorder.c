/* record/recorder.c: making and ending a recorder, sequence numbers and definitions. */
#include "context.h"
#include "core.h"
#include "definition.h"
#include "fork.h"
#include "key.h"
#include "record/base/json.h"
#include "voice.h"

uint32_t opj_recorder_next(struct opj_recorder *rec)
{
	opj_recorder_hold(rec);
	uint64_t seq = rec->events++;
	atomic_store_explicit(&rec->status->events, rec->events, memory_order_relaxed);
	return (uint32_t)seq;
}

/* Piece `part` of a NUL-terminated text; its end, where *kept was until the NUL that ends the piece. Where there is
 * nothing it is a blank: babeltrace2 (2.0.4) reads an empty string of an event as that of an event before. */
static char *piece(const struct opj_buffer *text, uint32_t part, const char **start, char *kept)
{
	size_t size = text->size, from = (size_t)part * OPJ_DEFINE_PART;
	from = from < size ? from : size;
	char *end = text->data + (size - from < OPJ_DEFINE_PART ? size : from + OPJ_DEFINE_PART);
	*start = from < size ? text->data + from : " ";
	*kept = *end;
	*end = '\0';
	return end;
}

void opj_recorder_define(struct opj_recorder *rec, enum opj_define_kind kind, uint32_t id, struct opj_texts *texts)
{
	size_t longest = texts->text.size > texts->more.size ? texts->text.size : texts->more.size;
	uint32_t parts = (uint32_t)((longest + OPJ_DEFINE_PART - 1) / OPJ_DEFINE_PART);
	for (uint32_t part = 0; part < parts; part++) {
		struct opj_event_define event = {.kind = (uint8_t)kind, .id = id, .part = part, .parts = parts};
		char text_kept, more_kept;
		char *text_end = piece(&texts->text, part, &event.text, &text_kept);
		char *more_end = piece(&texts->more, part, &event.more, &more_kept);
		event.seq = opj_recorder_next(rec);
		lttng_ust_tracepoint(opjoule, define, &event);
		*text_end = text_kept;
		*more_end = more_kept;
	}
}

static void begin(struct opj_recorder *rec)
{
	rec->begun = true;
	struct opj_event_begin event = {.seq = opj_recorder_next(rec),
					.schema_major = OPJ_SCHEMA_MAJOR,
					.schema_minor = (uint8_t)opj_recorder_minor(rec),
					.tool = "opjoule " OPJ_VERSION,
					.framework = rec->framework,
					.model = rec->model,
					.run = rec->run,
					.clock = (uint8_t)rec->clock,
					.facts = rec->facts};
	lttng_ust_tracepoint(opjoule, begin, &event);
	for (uint32_t id = 0; id < rec->module_count; id++) {
		struct opj_known_module *module = &rec->modules[id];
		opj_recorder_define(rec, OPJ_DEFINE_MODULE, id, &module->texts);
		opj_texts_finish(&module->texts);
	}
}

void opj_recorder_lock(struct opj_recorder *rec)
{
	pthread_mutex_lock(&rec->lock);
	if (!rec->begun)
		begin(rec);
}

void opj_recorder_unlock(struct opj_recorder *rec)
{
	pthread_mutex_unlock(&rec->lock);
}

static void recorder_free(struct opj_recorder *rec)
{
	for (uint32_t id = 0; id < rec->module_count; id++) {
		free(rec->modules[id].path);
		opj_texts_finish(&rec->modules[id].texts);
	}
	free(rec->modules);
	opj_intern_finish(&rec->contexts);
	opj_intern_finish(&rec->signatures);
	opj_intern_finish(&rec->call_definitions);
	opj_intern_finish(&rec->optimizer_definitions);
	opj_sites_finish(&rec->sites);
	opj_status_close(rec->status, rec->status_shared);
	free(rec->cache);
	free(rec->framework);
	free(rec->model);
	free(rec->run);
	free(rec->facts);
	free(rec);
}

/* The executor's facts as a JSON object; NULL: out of memory, or a value that has no place there. */
static char *facts_text(const struct opj_recorder_config *config)
{
	struct opj_buffer key = {0}, text = {0};
	struct opj_json json = {.buffer = &text};
	bool valid = opj_key_values(&(struct opj_walk){.key = &key}, config->facts, config->fact_count, true);
	if (valid)
		opj_json_members(&json, NULL, config->facts, config->fact_count, NULL, NULL);
	if (!valid || json.problem || !opj_buffer_text(&text))
		opj_buffer_finish(&text);
	opj_buffer_finish(&key);
	return text.data;
}

static int recorder_init(struct opj_recorder *rec, const struct opj_recorder_config *config, struct opj_error *err)
{
	rec->generation = opj_voice_generation();
	rec->fork_count = opj_fork_count();
	rec->flags = config->flags;
	rec->storages.next = 1;
	rec->storage_ids = 1;
	rec->clock = config->clock;
	if ((unsigned)config->clock > OPJ_CLOCK_DEVICE || !(rec->facts = facts_text(config)))
		return opj_fail(err, "recorder: the configuration's clock or facts make no sense");
	rec->framework = strdup(config->framework);
	rec->model = strdup(config->model ? config->model : "");
	rec->run = strdup(config->run ? config->run : "");
	rec->cache = calloc(1, sizeof *rec->cache);
	if (!rec->framework || !rec->model || !rec->run || !rec->cache)
		return opj_fail(err, "out of memory");
	if (opj_listening()) /* its pages come now, not one by one in the middle of what is measured */
		explicit_bzero(rec->cache, sizeof *rec->cache);
	const struct opj_status_about about = {.schema_minor = opj_recorder_minor(rec),
					       .forks = opj_fork_children(),
					       .forked = opj_fork_count() > 0,
					       .framework = rec->framework,
					       .model = rec->model,
					       .run = rec->run,
					       .facts = rec->facts};
	rec->status = opj_status_open(&about, opj_listening(), &rec->status_shared, err);
	return rec->status ? 0 : -1;
}

struct opj_recorder *opj_recorder_create(const struct opj_recorder_config *config, struct opj_error *err)
{
	if (!config || !config->framework || !*config->framework) {
		opj_fail(err, "recorder: the configuration names no framework");
		return NULL;
	}
	if (opj_listening() && !opj_fork_is_traced()) {
		opj_fail(err,
			 "recorder: this process was forked from another one without exec; LTTng can trace it only "
			 "where it was told of the fork (opj_fork_before), or with liblttng-ust-fork.so preloaded");
		return NULL;
	}
	struct opj_recorder *rec = calloc(1, sizeof *rec);
	if (!rec) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	if (recorder_init(rec, config, err) < 0)
		goto fail;
	pthread_mutex_init(&rec->lock, NULL);
	if (!opj_listening())
		return rec;
	if (!opj_recorder_speaks(rec)) {
		opj_fail(err, "recorder: another recorder of this process is being recorded");
		goto fail;
	}
	opj_recorder_lock(rec);
	opj_recorder_unlock(rec);
	return rec;
fail:
	recorder_free(rec);
	return NULL;
}

static void end(struct opj_recorder *rec)
{
	opj_recorder_lock(rec);
	opj_sites_write(rec);
	struct opj_event_end event = {.seq = opj_recorder_next(rec),
				      .ops = rec->ops,
				      .calls = rec->calls,
				      .optimizers = rec->optimizers,
				      .problems = rec->problems};
	lttng_ust_tracepoint(opjoule, end, &event);
	atomic_store_explicit(&rec->status->ended, 1, memory_order_release);
	opj_recorder_unlock(rec);
}

void opj_recorder_destroy(struct opj_recorder *rec)
{
	if (!rec)
		return;
	if (rec->fork_count == opj_fork_count()) {
		if (rec->begun && opj_listening())
			end(rec);
		opj_voice_release(rec);
		pthread_mutex_destroy(&rec->lock);
	}
	opj_thread_forget(rec);
	recorder_free(rec);
}

bool opj_recorder_enabled(void)
{
	return opj_listening();
}

uint64_t opj_recorder_ops(const struct opj_recorder *rec)
{
	return rec ? atomic_load_explicit(&rec->status->ops, memory_order_relaxed) : 0;
}

uint64_t opj_recorder_problems(const struct opj_recorder *rec)
{
	return rec ? atomic_load_explicit(&rec->problems, memory_order_relaxed) : 0;
}

uint64_t opj_storage_create(struct opj_recorder *rec)
{
	return rec ? atomic_fetch_add_explicit(&rec->storage_ids, 1, memory_order_relaxed) : 1;
}

static bool parameters_valid(const struct opj_module_parameter *parameters, uint32_t count)
{
	bool valid = !count || parameters;
	for (uint32_t i = 0; valid && i < count; i++)
		valid = parameters[i].name && opj_shape_valid(parameters[i].ndim, parameters[i].shape);
	return valid;
}

static bool module_valid(const struct opj_module *module)
{
	bool valid = module && module->path && module->cls && (!module->base_count || module->bases) &&
		     parameters_valid(module->parameters, module->parameter_count) &&
		     parameters_valid(module->buffers, module->buffer_count) &&
		     module->batch_axis <= OPJ_DIMENSIONS_MAX && module->time_axis <= OPJ_DIMENSIONS_MAX;
	for (uint32_t i = 0; valid && i < module->base_count; i++)
		valid = module->bases[i] != NULL;
	if (!valid)
		return false;
	struct opj_buffer key = {0};
	valid = opj_key_values(&(struct opj_walk){.key = &key}, module->attrs, module->attr_count, true);
	opj_buffer_finish(&key);
	return valid;
}

/* Takes over `texts`; the id, or OPJ_INTERN_NONE when out of memory. */
static uint32_t module_add(struct opj_recorder *rec, const char *path, const struct opj_texts *texts)
{
	uint32_t id = rec->module_count;
	if (id == rec->module_room) {
		uint32_t room = id ? id * 2 : 64;
		struct opj_known_module *modules = reallocarray(rec->modules, room, sizeof *modules);
		if (!modules)
			return OPJ_INTERN_NONE;
		rec->modules = modules;
		rec->module_room = room;
	}
	char *copy = strdup(path);
	if (!copy)
		return OPJ_INTERN_NONE;
	rec->modules[id] = (struct opj_known_module){.path = copy, .texts = *texts};
	atomic_store_explicit(&rec->module_count, id + 1, memory_order_release);
	return id;
}

uint32_t opj_module_define(struct opj_recorder *rec, const struct opj_module *module)
{
	if (!rec || rec->fork_count != opj_fork_count())
		return OPJ_INTERN_NONE;
	struct opj_texts texts = {0};
	uint32_t id = OPJ_INTERN_NONE;
	if (!module_valid(module) || !opj_define_module(&texts, module))
		goto done;
	bool speaks = opj_listening() && opj_recorder_speaks(rec);
	if (speaks)
		opj_recorder_lock(rec);
	else
		pthread_mutex_lock(&rec->lock);
	id = module_add(rec, module->path, &texts);
	if (id != OPJ_INTERN_NONE && speaks) {
		opj_recorder_define(rec, OPJ_DEFINE_MODULE, id, &texts);
		rec->modules[id].texts = (struct opj_texts){0};
	} else if (id != OPJ_INTERN_NONE) {
		texts = (struct opj_texts){0}; /* kept until somebody listens */
	}
	opj_recorder_unlock(rec);
done:
	opj_texts_finish(&texts);
	if (id == OPJ_INTERN_NONE)
		opj_recorder_problem(rec);
	return id;
}
