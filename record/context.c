/* record/context.c: per-thread state, and the calls that change it.
 *
 * Modules and scopes form one stack of frames. A frame is an entered module, or a set pushed by opj_scope_push, which
 * hides all frames under it. Every change forgets the id of the context; context_id.c finds it again when an op comes.
 */
#include "context.h"
#include "product.h"
#include "voice.h"

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
		free((char *)thread->stages[--thread->stage_count].name);
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
	opj_buffer_finish(&thread->context_key);
	opj_texts_finish(&thread->texts);
	opj_buffer_finish(&thread->modules);
	opj_buffer_finish(&thread->states);
	opj_buffer_finish(&thread->tiles);
	opj_buffer_finish(&thread->keyword);
	opj_buffer_finish(&thread->channels);
	opj_weights_destroy(thread->weights);
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
	if (!frame_push(thread, (struct opj_frame){.module = known ? module : OPJ_NO_MODULE}) || !known)
		opj_recorder_problem(rec);
}

void opj_module_exit(struct opj_recorder *rec, uint32_t module)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (!module_known(rec, module))
		module = OPJ_NO_MODULE;
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
	struct opj_frame frame = {.set = true, .module = OPJ_NO_MODULE};
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

const struct opj_stage *opj_stage_current(const struct opj_thread *thread)
{
	static const struct opj_stage unsaid = {.name = "forward"};
	return thread->stage_count ? &thread->stages[thread->stage_count - 1] : &unsaid;
}

static bool stage_valid(const struct opj_stage *stage)
{
	return stage && stage->name && (unsigned)stage->phase <= OPJ_PHASE_OPTIMIZER &&
	       (unsigned)stage->reuse_weights <= OPJ_YES && (unsigned)stage->batch_norm_backward <= OPJ_YES;
}

void opj_stage_push_with(struct opj_recorder *rec, const struct opj_stage *stage)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	bool valid = stage_valid(stage);
	struct opj_stage kept = valid ? *stage : *opj_stage_current(thread); /* its pop is to find something */
	kept.name = strdup(kept.name);
	bool room = kept.name && stack_grow((void **)&thread->stages, thread->stage_count, &thread->stage_room,
					    sizeof *thread->stages);
	if (!valid || !room)
		opj_recorder_problem(rec);
	if (!room) {
		free((char *)kept.name);
		return;
	}
	thread->stages[thread->stage_count++] = kept;
	thread->context_known = false;
}

void opj_stage_push(struct opj_recorder *rec, const char *stage)
{
	opj_stage_push_with(rec, &(struct opj_stage){.name = stage});
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
	free((char *)thread->stages[--thread->stage_count].name);
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
