/* record/python/opjoule/context.c: active modules, stages and suspension, thread by thread.
 *
 * Hooks only note what changed; the recorder is told when the next op or call comes, so a module without ops costs
 * little. A module is active from its call to its return, and in backward from the first gradient of its results to
 * the last one of its arguments. Autograd may run nodes on threads of its own: whether an op belongs to a backward is
 * asked of autograd, op by op, and what the last backward left active on a thread goes with the first op after it. */
#include "torch.h"
#include <stdlib.h>
#include <string.h>

struct active {
	uint32_t module;
	bool backward;
	PyObject *neuron; /* its _neurons.Call; NULL: the module is none */
};

struct context {
	uint64_t generation; /* of the recorder that all this was told to */
	struct active *active;
	uint32_t count, room;
	bool changed, pushed, grad;
	int suspended;   /* told */
	PyObject *stage; /* told, a tuple as for stage(); NULL: none */
	int optimizing, paused;
};

static _Thread_local struct context own;

/* Set by the user, in force on all threads. */
static PyObject *label; /* a tuple as for stage(), or NULL */
static int suspended;

static PyObject *stage_backward, *stage_optimizer; /* likewise */

static uint64_t generation;

void opj_context_reset(void)
{
	generation++;
	if (!stage_backward)
		stage_backward = Py_BuildValue("(siii)", "backward", OPJ_PHASE_BACKWARD, OPJ_UNKNOWN, OPJ_UNKNOWN);
	if (!stage_optimizer)
		stage_optimizer = Py_BuildValue("(siii)", "optimizer", OPJ_PHASE_OPTIMIZER, OPJ_UNKNOWN, OPJ_UNKNOWN);
	PyErr_Clear();
}

static struct context *context_get(void)
{
	if (own.generation != generation) {
		while (own.count)
			Py_XDECREF(own.active[--own.count].neuron);
		own.changed = own.pushed = false;
		own.suspended = own.optimizing = 0;
		Py_CLEAR(own.stage);
		own.generation = generation;
	}
	return &own;
}

static bool in_backward(void)
{
	PyObject *task = PyObject_CallFunctionObjArgs(opj_torch.graph_task, NULL);
	bool yes = task && PyLong_AsLong(task) != -1;
	Py_XDECREF(task);
	PyErr_Clear();
	return yes;
}

static void active_remove(struct context *context, uint32_t at)
{
	PyObject *neuron = context->active[at].neuron;
	memmove(&context->active[at], &context->active[at + 1], (context->count - at - 1) * sizeof *context->active);
	context->count--;
	context->changed = true;
	Py_XDECREF(neuron);
}

/* Modules that need no gradient for their arguments never see their backward end. */
static void backward_over(struct context *context)
{
	for (uint32_t i = context->count; i-- > 0;) {
		if (context->active[i].backward)
			active_remove(context, i);
	}
}

static int find_active(const struct context *context, uint32_t module, bool backward)
{
	int at = (int)context->count - 1;
	while (at >= 0 && (context->active[at].module != module || context->active[at].backward != backward))
		at--;
	return at;
}

/* enter(module, backward, neuron or None) */
PyObject *opj_py_enter(PyObject *self, PyObject *args)
{
	(void)self;
	struct context *context = context_get();
	unsigned module;
	int is_backward;
	PyObject *neuron;
	if (!PyArg_ParseTuple(args, "IpO", &module, &is_backward, &neuron))
		return NULL;
	if (is_backward && find_active(context, module, true) >= 0)
		Py_RETURN_NONE;
	if (context->count == context->room) {
		uint32_t room = context->room ? context->room * 2 : 32;
		struct active *active = reallocarray(context->active, room, sizeof *active);
		if (!active)
			return PyErr_NoMemory();
		context->active = active;
		context->room = room;
	}
	if (neuron == Py_None)
		neuron = NULL;
	Py_XINCREF(neuron);
	context->active[context->count++] = (struct active){module, is_backward, neuron};
	context->changed = true;
	Py_RETURN_NONE;
}

/* exit(module, backward) */
PyObject *opj_py_exit(PyObject *self, PyObject *args)
{
	(void)self;
	struct context *context = context_get();
	unsigned module;
	int is_backward;
	if (!PyArg_ParseTuple(args, "Ip", &module, &is_backward))
		return NULL;
	int at = find_active(context, module, is_backward);
	if (at < 0)
		Py_RETURN_NONE;
	/* An exception may have left modules without their exit: those called from this one end with it. */
	for (uint32_t i = context->count; !is_backward && i-- > (uint32_t)at + 1;) {
		if (!context->active[i].backward)
			active_remove(context, i);
	}
	active_remove(context, (uint32_t)at);
	Py_RETURN_NONE;
}

/* Ids of the active modules, each once, into ids[context->count]. */
static uint32_t active_ids(const struct context *context, uint32_t *ids)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < context->count; i++) {
		uint32_t at = 0;
		while (at < count && ids[at] != context->active[i].module)
			at++;
		if (at == count)
			ids[count++] = context->active[i].module;
	}
	return count;
}

static void tell_scope(struct context *context)
{
	uint32_t few[64], count = 0;
	uint32_t *ids = context->count > 64 ? reallocarray(NULL, context->count, sizeof *ids) : few;
	if (ids)
		count = active_ids(context, ids);
	if (context->pushed)
		opj_scope_pop(opj_torch_recorder);
	context->pushed = count > 0;
	if (context->pushed)
		opj_scope_push(opj_torch_recorder, ids, count, NULL, 0);
	if (ids != few)
		free(ids);
	context->changed = false;
}

/* What the tuple of a stage says; the name is the tuple's. */
static bool stage_read(PyObject *tuple, struct opj_stage *stage)
{
	int phase, reuse, norm;
	if (!PyArg_ParseTuple(tuple, "siii", &stage->name, &phase, &reuse, &norm))
		return false;
	stage->phase = (enum opj_phase)phase;
	stage->reuse_weights = (enum opj_answer)reuse;
	stage->batch_norm_backward = (enum opj_answer)norm;
	return true;
}

static void tell_stage(struct context *context, PyObject *stage)
{
	struct opj_stage said = {0};
	if (stage == context->stage)
		return;
	if (context->stage)
		opj_stage_pop(opj_torch_recorder);
	if (stage && stage_read(stage, &said))
		opj_stage_push_with(opj_torch_recorder, &said);
	Py_XINCREF(stage);
	Py_XDECREF(context->stage);
	context->stage = stage;
}

void opj_context_sync(void)
{
	struct context *context = context_get();
	bool is_backward = in_backward();
	if (!is_backward)
		backward_over(context);
	if (context->changed)
		tell_scope(context);
	bool optimizing = context->optimizing > 0;
	tell_stage(context, label ? label : is_backward ? stage_backward : optimizing ? stage_optimizer : NULL);
	int quiet = suspended > 0 || optimizing;
	if (quiet > context->suspended)
		opj_suspend(opj_torch_recorder);
	else if (quiet < context->suspended)
		opj_resume(opj_torch_recorder);
	context->suspended = quiet;
	PyObject *grad = PyObject_CallFunctionObjArgs(opj_torch.grad_enabled, NULL);
	context->grad = grad == Py_True;
	opj_grad_mode(opj_torch_recorder, context->grad);
	Py_XDECREF(grad);
	PyErr_Clear();
}

bool opj_context_states(struct opj_trees *trees, PyObject *op, PyObject *result, const uint64_t **states,
			uint32_t *count)
{
	struct context *context = context_get();
	uint32_t found = 0, room = 0;
	uint64_t *ids = NULL;
	for (uint32_t i = 0; i < context->count; i++) {
		PyObject *neuron = context->active[i].neuron;
		if (!neuron)
			continue;
		PyObject *tensors = PyObject_CallFunctionObjArgs(opj_torch.states, neuron, op, result, NULL);
		Py_ssize_t n = tensors ? PySequence_Size(tensors) : -1;
		uint64_t *more = n < 0 ? NULL : opj_trees_alloc(trees, (found + (size_t)n + 1) * sizeof *more);
		if (!more) {
			Py_XDECREF(tensors);
			return false;
		}
		if (found)
			memcpy(more, ids, found * sizeof *ids);
		ids = more;
		room = found + (uint32_t)n;
		for (Py_ssize_t j = 0; j < n; j++) {
			PyObject *tensor = PySequence_GetItem(tensors, j);
			struct opj_storage *storage = tensor ? opj_storage_of(tensor, false) : NULL;
			Py_XDECREF(tensor);
			if (!storage) {
				PyErr_Clear();
				continue;
			}
			if (storage->role == OPJ_ROLE_NONE)
				storage->role = OPJ_ROLE_STATE;
			uint32_t at = 0;
			while (at < found && ids[at] != storage->id)
				at++;
			if (at == found && found < room)
				ids[found++] = storage->id;
		}
		Py_DECREF(tensors);
	}
	*states = ids;
	*count = found;
	return true;
}

void opj_context_optimizer(int change)
{
	context_get()->optimizing += change;
}

bool opj_context_optimizing(void)
{
	return context_get()->optimizing > 0;
}

bool opj_context_take(struct opj_trees *trees, struct opj_context_told *told)
{
	struct context *context = context_get();
	opj_context_sync();
	uint32_t *ids = opj_trees_alloc(trees, (context->count + 1) * sizeof *ids);
	if (!ids)
		return false;
	*told = (struct opj_context_told){.modules = ids, .module_count = active_ids(context, ids)};
	if (context->stage &&
	    (!stage_read(context->stage, &told->stage) || !opj_trees_text(trees, PyTuple_GetItem(context->stage, 0))))
		return false;
	told->suspended = context->suspended > 0;
	told->grad = context->grad;
	return true;
}

void opj_context_untell(void)
{
	struct context *context = context_get();
	if (context->pushed)
		opj_scope_pop(opj_torch_recorder);
	context->pushed = false;
	context->changed = true;
	tell_stage(context, NULL);
	if (context->suspended > 0)
		opj_resume(opj_torch_recorder);
	context->suspended = 0;
}

void opj_context_apply(const struct opj_context_told *told)
{
	if (told->module_count)
		opj_scope_push(opj_torch_recorder, told->modules, told->module_count, NULL, 0);
	if (told->stage.name)
		opj_stage_push_with(opj_torch_recorder, &told->stage);
	if (told->suspended)
		opj_suspend(opj_torch_recorder);
	opj_grad_mode(opj_torch_recorder, told->grad);
}

void opj_context_unapply(const struct opj_context_told *told)
{
	if (told->suspended)
		opj_resume(opj_torch_recorder);
	if (told->stage.name)
		opj_stage_pop(opj_torch_recorder);
	if (told->module_count)
		opj_scope_pop(opj_torch_recorder);
}

void opj_context_pause(int change)
{
	own.paused += change;
}

bool opj_context_paused(void)
{
	return own.paused > 0;
}

/* stage((name, phase, reuse of weights, backward of normalisation) or None): in force until the next call; the one
 * before it is returned. The numbers are those of enum opj_phase and enum opj_answer. */
PyObject *opj_py_stage(PyObject *self, PyObject *stage)
{
	(void)self;
	struct opj_stage said;
	PyObject *before = label ? label : Py_None;
	if (stage != Py_None && !stage_read(stage, &said))
		return NULL;
	if (!label)
		Py_INCREF(before);
	label = stage == Py_None ? NULL : stage;
	Py_XINCREF(label);
	return before;
}

static PyObject *count_change(int *count, PyObject *change)
{
	long by = PyLong_AsLong(change);
	if (by == -1 && PyErr_Occurred())
		return NULL;
	*count += (int)by;
	Py_RETURN_NONE;
}

/* suspend(+1 or -1) */
PyObject *opj_py_suspend(PyObject *self, PyObject *change)
{
	(void)self;
	return count_change(&suspended, change);
}

/* pause(+1 or -1): ops of this thread are not recorded at all, for what the package itself asks of torch. */
PyObject *opj_py_pause(PyObject *self, PyObject *change)
{
	(void)self;
	return count_change(&own.paused, change);
}
