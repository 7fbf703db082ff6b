/* record/context_id.c: the id of what is in force on a thread: the frames become a key, and a definition where it is
 * new.
 *
 * Happens only after something changed; while ops follow each other in one module the id is at hand. Derived scope
 * names follow from the modules and are no part of the key. */
#include "context.h"

/* The frames in force: those from the last pushed set on. */
static uint32_t first_frame(const struct opj_thread *thread)
{
	uint32_t at = thread->frame_count;
	while (at > 0 && !thread->frames[at - 1].set)
		at--;
	return at > 0 ? at - 1 : 0;
}

/* Adds a module to the ascending list; each stands there once. */
static void module_insert(struct opj_buffer *list, uint32_t module)
{
	if (module == OPJ_NO_MODULE)
		return;
	uint32_t count = (uint32_t)(list->size / sizeof module), at = count;
	const uint32_t *known = (const uint32_t *)(void *)list->data;
	while (at > 0 && known[at - 1] > module)
		at--;
	if ((at > 0 && known[at - 1] == module) || !opj_buffer_add(list, sizeof module))
		return;
	uint32_t *ids = (uint32_t *)(void *)list->data;
	memmove(ids + at + 1, ids + at, (count - at) * sizeof module);
	ids[at] = module;
}

static void collect_modules(struct opj_thread *thread)
{
	opj_buffer_clear(&thread->modules);
	for (uint32_t i = first_frame(thread); i < thread->frame_count; i++) {
		const struct opj_frame *frame = &thread->frames[i];
		for (uint32_t m = 0; m < frame->module_count; m++)
			module_insert(&thread->modules, frame->modules[m]);
		module_insert(&thread->modules, frame->module);
	}
}

/* The set of scope names that were said rather than derived, or NULL. */
static const struct opj_frame *said_scopes(const struct opj_thread *thread)
{
	uint32_t first = first_frame(thread);
	if (first == thread->frame_count || !thread->frames[first].set || thread->frames[first].derived)
		return NULL;
	return &thread->frames[first];
}

/* Said scopes go into the key as they are, and so do the modules entered under them, since only their paths count then.
 */
static void context_key(struct opj_thread *thread, struct opj_buffer *key)
{
	const struct opj_frame *said = said_scopes(thread);
	uint8_t flags = (uint8_t)((thread->suspended ? 1 : 0) | (thread->grad ? 2 : 0) | (said ? 4 : 0));
	uint32_t module_bytes = (uint32_t)thread->modules.size;
	const struct opj_stage *stage = opj_stage_current(thread);
	uint8_t options = (uint8_t)(stage->phase | stage->reuse_weights << 2 | stage->batch_norm_backward << 4);
	opj_buffer_clear(key);
	opj_buffer_put(key, &flags, 1);
	opj_buffer_put(key, &options, 1);
	opj_buffer_put(key, stage->name, strlen(stage->name) + 1);
	opj_buffer_put(key, &module_bytes, sizeof module_bytes);
	opj_buffer_put(key, thread->modules.data, module_bytes);
	if (!said)
		return;
	const char *scope = said->scopes;
	opj_buffer_put(key, &said->scope_count, sizeof said->scope_count);
	for (uint32_t i = 0; i < said->scope_count; i++) {
		size_t size = strlen(scope) + 1;
		opj_buffer_put(key, scope, size);
		scope += size;
	}
	for (uint32_t i = (uint32_t)(said - thread->frames) + 1; i < thread->frame_count; i++)
		opj_buffer_put(key, &thread->frames[i].module, sizeof thread->frames[i].module);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_name(struct opj_buffer *names, const char *name)
{
	opj_buffer_put(names, &name, sizeof name);
}

/* Scope names in force, sorted by byte, each once: an array of pointers in a new buffer. */
static struct opj_buffer parent_names(const struct opj_recorder *rec, const struct opj_thread *thread)
{
	struct opj_buffer names = {0};
	const struct opj_frame *said = said_scopes(thread);
	if (said) {
		const char *scope = said->scopes;
		for (uint32_t i = 0; i < said->scope_count; i++, scope += strlen(scope) + 1)
			add_name(&names, scope);
		for (uint32_t i = (uint32_t)(said - thread->frames) + 1; i < thread->frame_count; i++) {
			if (thread->frames[i].module != OPJ_NO_MODULE)
				add_name(&names, rec->modules[thread->frames[i].module].path);
		}
	} else {
		const uint32_t *modules = (const uint32_t *)(const void *)thread->modules.data;
		add_name(&names, "Global");
		for (size_t i = 0; i < thread->modules.size / sizeof *modules; i++)
			add_name(&names, rec->modules[modules[i]].path);
	}
	const char **list = (const char **)(void *)names.data;
	size_t count = names.size / sizeof *list, unique = 0;
	if (count)
		qsort(list, count, sizeof *list, compare_names);
	for (size_t i = 0; i < count; i++) {
		if (unique == 0 || strcmp(list[unique - 1], list[i]) != 0)
			list[unique++] = list[i];
	}
	names.size = unique * sizeof *list;
	return names;
}

/* Writes the definition of the context whose key is given; its id, or OPJ_INTERN_NONE. */
static uint32_t context_define(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_buffer *key,
			       uint64_t hash)
{
	struct opj_buffer names = parent_names(rec, thread);
	struct opj_texts *texts = &thread->texts;
	uint32_t id = OPJ_INTERN_NONE;
	bool written =
	    opj_define_context(texts, &(struct opj_context_text){
					  .modules = (const uint32_t *)(const void *)thread->modules.data,
					  .module_count = (uint32_t)(thread->modules.size / sizeof(uint32_t)),
					  .parents = (const char *const *)(const void *)names.data,
					  .parent_count = (uint32_t)(names.size / sizeof(char *)),
					  .stage = opj_stage_current(thread),
					  .suspended = thread->suspended > 0,
					  .grad = thread->grad,
				      });
	if (!names.failed && written)
		id = opj_intern_add(&rec->contexts, key->data, key->size, hash);
	if (id != OPJ_INTERN_NONE)
		opj_recorder_define(rec, OPJ_DEFINE_CONTEXT, id, texts);
	opj_buffer_finish(&names);
	return id;
}

uint32_t opj_context_current(struct opj_recorder *rec, struct opj_thread *thread)
{
	if (thread->context_known)
		return thread->context;
	struct opj_buffer *key = &thread->context_key;
	collect_modules(thread);
	context_key(thread, key);
	if (thread->modules.failed || key->failed)
		return OPJ_INTERN_NONE;
	uint64_t hash = opj_intern_hash(key->data, key->size);
	uint32_t id = opj_intern_find(&rec->contexts, key->data, key->size, hash);
	if (id == OPJ_INTERN_NONE)
		id = context_define(rec, thread, key, hash);
	thread->context_known = id != OPJ_INTERN_NONE;
	thread->context = id;
	return id;
}
