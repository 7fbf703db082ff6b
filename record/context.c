/* record/context.c: per-thread state, and the definition of contexts.
 *
 * A context is looked up only after something changed; while ops follow each other in one module its id is at hand.
 * Modules and scopes form one stack of frames. A frame is an entered module, or a set pushed by opj_scope_push, which
 * hides all frames under it. */
#include "context.h"
#include "definition.h"

#define NO_MODULE UINT32_MAX

struct opj_frame {
	bool set;        /* pushed by opj_scope_push; else `module` was entered */
	bool derived;    /* of a set: scope names follow from the modules */
	uint32_t module; /* NO_MODULE: entered under an id that was never defined */
	uint32_t module_count, scope_count;
	uint32_t *modules; /* of a set */
	char *scopes;      /* of a set: scope_count strings, one after the other */
};

static _Thread_local struct opj_thread *own;
static pthread_key_t own_key;
static pthread_once_t own_key_once = PTHREAD_ONCE_INIT;

static void frame_finish(struct opj_frame *frame)
{
	free(frame->modules);
	free(frame->scopes);
}

static void thread_reset(struct opj_thread *thread, uint64_t generation)
{
	while (thread->frame_count)
		frame_finish(&thread->frames[--thread->frame_count]);
	while (thread->stage_count)
		free(thread->stages[--thread->stage_count]);
	thread->suspended = 0;
	thread->grad = false;
	thread->context_known = false;
	thread->generation = generation;
}

static void thread_destroy(void *pointer)
{
	struct opj_thread *thread = pointer;
	thread_reset(thread, 0);
	free(thread->frames);
	free(thread->stages);
	opj_buffer_finish(&thread->key);
	opj_buffer_finish(&thread->text);
	opj_buffer_finish(&thread->modules);
	opj_buffer_finish(&thread->states);
	opj_buffer_finish(&thread->tiles);
	free(thread);
}

static void own_key_create(void)
{
	pthread_key_create(&own_key, thread_destroy);
}

static struct opj_thread *thread_create(void)
{
	pthread_once(&own_key_once, own_key_create);
	struct opj_thread *thread = calloc(1, sizeof *thread);
	if (thread && pthread_setspecific(own_key, thread)) {
		free(thread);
		thread = NULL;
	}
	return thread;
}

struct opj_thread *opj_thread_get(struct opj_recorder *rec)
{
	if (!opj_recorder_speaks(rec))
		return NULL;
	if (!own && !(own = thread_create())) {
		opj_recorder_problem(rec);
		return NULL;
	}
	if (own->generation != rec->generation)
		thread_reset(own, rec->generation);
	return own;
}

void opj_thread_forget(const struct opj_recorder *rec)
{
	if (!own || own->generation != rec->generation)
		return;
	pthread_setspecific(own_key, NULL);
	thread_destroy(own);
	own = NULL;
}

/* Room for one more element at the end of an array; false when out of memory. */
static bool stack_grow(void **items, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return true;
	uint32_t more = *room ? *room * 2 : 16;
	void *moved = reallocarray(*items, more, size);
	if (!moved)
		return false;
	*items = moved;
	*room = more;
	return true;
}

static bool frame_push(struct opj_thread *thread, struct opj_frame frame)
{
	if (!stack_grow((void **)&thread->frames, thread->frame_count, &thread->frame_room, sizeof frame))
		return false;
	thread->frames[thread->frame_count++] = frame;
	thread->context_known = false;
	return true;
}

static void frames_drop(struct opj_thread *thread, uint32_t count)
{
	while (thread->frame_count > count)
		frame_finish(&thread->frames[--thread->frame_count]);
	thread->context_known = false;
}

static bool module_known(const struct opj_recorder *rec, uint32_t module)
{
	return module < atomic_load_explicit(&rec->module_count, memory_order_acquire);
}

void opj_module_enter(struct opj_recorder *rec, uint32_t module)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	bool known = module_known(rec, module);
	if (!frame_push(thread, (struct opj_frame){.module = known ? module : NO_MODULE}) || !known)
		opj_recorder_problem(rec);
}

void opj_module_exit(struct opj_recorder *rec, uint32_t module)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (!module_known(rec, module))
		module = NO_MODULE;
	/* An exception may have left modules without their exit: those above the one named end with it. */
	uint32_t top = thread->frame_count, at = top;
	while (at > 0 && !thread->frames[at - 1].set && thread->frames[at - 1].module != module)
		at--;
	bool found = at > 0 && !thread->frames[at - 1].set;
	if (!found || at != top)
		opj_recorder_problem(rec);
	if (found)
		frames_drop(thread, at - 1);
}

static bool frame_modules(struct opj_recorder *rec, struct opj_frame *frame, const uint32_t *modules, uint32_t count)
{
	frame->modules = reallocarray(NULL, count ? count : 1, sizeof *modules);
	if (!frame->modules)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (module_known(rec, modules[i]))
			frame->modules[frame->module_count++] = modules[i];
	}
	if (frame->module_count < count)
		opj_recorder_problem(rec);
	return true;
}

static bool frame_scopes(struct opj_frame *frame, const char *const *scopes, uint32_t count)
{
	struct opj_buffer names = {0};
	frame->derived = !scopes;
	for (uint32_t i = 0; scopes && i < count; i++) {
		if (!scopes[i])
			names.failed = true;
		else
			opj_buffer_put(&names, scopes[i], strlen(scopes[i]) + 1);
	}
	if (names.failed) {
		opj_buffer_finish(&names);
		return false;
	}
	frame->scopes = names.data;
	frame->scope_count = scopes ? count : 0;
	return true;
}

void opj_scope_push(struct opj_recorder *rec, const uint32_t *modules, uint32_t module_count, const char *const *scopes,
		    uint32_t scope_count)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	struct opj_frame frame = {.set = true, .module = NO_MODULE};
	if ((module_count && !modules) || !frame_modules(rec, &frame, modules, module_count) ||
	    !frame_scopes(&frame, scopes, scope_count) || !frame_push(thread, frame)) {
		frame_finish(&frame);
		opj_recorder_problem(rec);
	}
}

void opj_scope_pop(struct opj_recorder *rec)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	uint32_t at = thread->frame_count;
	while (at > 0 && !thread->frames[at - 1].set)
		at--;
	if (at > 0)
		frames_drop(thread, at - 1);
	else
		opj_recorder_problem(rec);
}

static const char *current_stage(const struct opj_thread *thread)
{
	return thread->stage_count ? thread->stages[thread->stage_count - 1] : "forward";
}

void opj_stage_push(struct opj_recorder *rec, const char *stage)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	char *copy = strdup(stage ? stage : current_stage(thread));
	bool room = copy && stack_grow((void **)&thread->stages, thread->stage_count, &thread->stage_room,
				       sizeof *thread->stages);
	if (!stage || !room)
		opj_recorder_problem(rec);
	if (!room) {
		free(copy);
		return;
	}
	thread->stages[thread->stage_count++] = copy;
	thread->context_known = false;
}

void opj_stage_pop(struct opj_recorder *rec)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (thread->stage_count == 0) {
		opj_recorder_problem(rec);
		return;
	}
	free(thread->stages[--thread->stage_count]);
	thread->context_known = false;
}

void opj_suspend(struct opj_recorder *rec)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	thread->suspended++;
	thread->context_known = false;
}

void opj_resume(struct opj_recorder *rec)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (thread->suspended == 0) {
		opj_recorder_problem(rec);
		return;
	}
	thread->suspended--;
	thread->context_known = false;
}

void opj_grad_mode(struct opj_recorder *rec, bool on)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)) || thread->grad == on)
		return;
	thread->grad = on;
	thread->context_known = false;
}

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
	if (module == NO_MODULE)
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
	opj_buffer_clear(key);
	opj_buffer_put(key, &flags, 1);
	opj_buffer_put(key, current_stage(thread), strlen(current_stage(thread)) + 1);
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
			if (thread->frames[i].module != NO_MODULE)
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
	struct opj_buffer names = parent_names(rec, thread), text = {0};
	uint32_t id = OPJ_INTERN_NONE;
	opj_define_context(&text, &(struct opj_context_text){
				      .modules = (const uint32_t *)(const void *)thread->modules.data,
				      .module_count = (uint32_t)(thread->modules.size / sizeof(uint32_t)),
				      .parents = (const char *const *)(const void *)names.data,
				      .parent_count = (uint32_t)(names.size / sizeof(char *)),
				      .stage = current_stage(thread),
				      .suspended = thread->suspended > 0,
				      .grad = thread->grad,
				  });
	opj_buffer_put(&text, "", 1);
	if (!names.failed && !text.failed)
		id = opj_intern_add(&rec->contexts, key->data, key->size, hash);
	if (id != OPJ_INTERN_NONE)
		opj_recorder_define(rec, OPJ_DEFINE_CONTEXT, id, text.data, text.size - 1);
	opj_buffer_finish(&names);
	opj_buffer_finish(&text);
	return id;
}

uint32_t opj_context_current(struct opj_recorder *rec, struct opj_thread *thread)
{
	if (thread->context_known)
		return thread->context;
	struct opj_buffer *key = &thread->text;
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
