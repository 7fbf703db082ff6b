/* record/python/opjoule/op.c: one dispatched op: run it, then record it.
 *
 * What an overload says of itself, its name and which arguments it writes, is asked once. The op is timed around the
 * call that torch's own machinery would have made, so its duration holds the way through Python, a few microseconds. */
#include "torch.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum op_kind { OP_PLAIN, OP_ENTER, OP_EXIT };

struct op {
	PyObject *func; /* held: its address is the key */
	PyObject *call; /* what func calls: the op without a Python function around it */
	PyObject *name;
	const char *text;
	enum op_kind kind;
	bool composite;       /* made of other ops, which is what is recorded */
	uint64_t written;     /* bit i: positional argument i is written */
	const char **keyword; /* [keyword_count] keyword arguments that are written; texts of `names` */
	PyObject **names;     /* [keyword_count] */
	uint32_t keyword_count;
};

static struct op **ops; /* open addressing by func, a power of two */
static size_t op_room, op_count;

/* Ops that write arguments of which their schema does not say so: running statistics. */
static const struct {
	const char *name;
	uint64_t written;
} silent[] = {
    {"aten.native_batch_norm.default", 3U << 3}, {"aten.cudnn_batch_norm.default", 3U << 3},
    {"aten.miopen_batch_norm.default", 3U << 3}, {"aten.batch_norm_gather_stats_with_counts.default", 3U << 3},
    {"aten.rrelu_with_noise.default", 1U << 1},
};

static void op_free(struct op *op)
{
	for (uint32_t i = 0; i < op->keyword_count; i++)
		Py_DECREF(op->names[i]);
	free(op->names);
	free(op->keyword);
	Py_XDECREF(op->name);
	Py_XDECREF(op->call);
	Py_XDECREF(op->func);
	free(op);
}

void opj_ops_finish(void)
{
	for (size_t i = 0; i < op_room; i++) {
		if (ops[i])
			op_free(ops[i]);
	}
	free(ops);
	ops = NULL;
	op_room = op_count = 0;
}

static bool keyword_add(struct op *op, PyObject *name)
{
	PyObject **names = reallocarray(op->names, op->keyword_count + 1, sizeof(PyObject *));
	if (names)
		op->names = names;
	const char **keyword = reallocarray(op->keyword, op->keyword_count + 1, sizeof *keyword);
	if (keyword)
		op->keyword = keyword;
	const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
	if (!names || !keyword || !text)
		return false;
	Py_INCREF(name);
	op->names[op->keyword_count] = name;
	op->keyword[op->keyword_count++] = text;
	return true;
}

static bool is_true(PyObject *object, const char *name)
{
	PyObject *answer = object && object != Py_None ? PyObject_GetAttrString(object, name) : NULL;
	bool yes = answer == Py_True;
	Py_XDECREF(answer);
	PyErr_Clear();
	return yes;
}

/* Which arguments the schema says are written, `out` and in-place ones. Whatever has no schema writes none. */
static bool schema_read(struct op *op)
{
	PyObject *schema = PyObject_GetAttrString(op->func, "_schema");
	PyObject *arguments = schema ? PyObject_GetAttrString(schema, "arguments") : NULL;
	Py_ssize_t count = arguments ? PySequence_Size(arguments) : 0;
	PyErr_Clear();
	bool done = true;
	for (Py_ssize_t i = 0; done && i < count; i++) {
		PyObject *argument = PySequence_GetItem(arguments, i);
		PyObject *alias = argument ? PyObject_GetAttrString(argument, "alias_info") : NULL;
		if (is_true(alias, "is_write")) {
			PyObject *name = PyObject_GetAttrString(argument, "name");
			if (i < 64)
				op->written |= UINT64_C(1) << i;
			done = name && keyword_add(op, name);
			Py_XDECREF(name);
		}
		Py_XDECREF(alias);
		Py_XDECREF(argument);
	}
	Py_XDECREF(arguments);
	Py_XDECREF(schema);
	return done;
}

/* Under autograd composite ops (conv2d, linear, batch_norm) have become others (convolution, addmm, …) before a mode
 * sees them; in inference mode they have not, and are taken apart by us, so that both are recorded alike. */
static bool composite_read(PyObject *func)
{
	PyObject *name = PyObject_CallMethod(func, "name", NULL);
	PyObject *answer =
	    name ? PyObject_CallFunction(opj_torch.has_kernel, "Os", name, "CompositeImplicitAutograd") : NULL;
	bool composite = answer == Py_True;
	Py_XDECREF(answer);
	Py_XDECREF(name);
	PyErr_Clear(); /* no overload of the dispatcher's */
	return composite;
}

/* Of an OpOverload itself `_op`; subclasses do more than call it. A new reference. */
static PyObject *call_of(PyObject *func)
{
	PyObject *call = (PyObject *)Py_TYPE(func) == opj_torch.overload ? PyObject_GetAttrString(func, "_op") : NULL;
	if (call)
		return call;
	PyErr_Clear();
	Py_INCREF(func);
	return func;
}

static struct op *op_create(PyObject *func)
{
	struct op *op = calloc(1, sizeof *op);
	if (!op) {
		PyErr_NoMemory();
		return NULL;
	}
	Py_INCREF(func);
	op->func = func;
	op->call = call_of(func);
	op->name = PyObject_Str(func);
	op->text = op->name ? PyUnicode_AsUTF8AndSize(op->name, NULL) : NULL;
	if (!op->text || !schema_read(op)) {
		op_free(op);
		return NULL;
	}
	op->composite = strncmp(op->text, "aten.", 5) == 0 && composite_read(func);
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
		if (strcmp(op->text, silent[i].name) == 0)
			op->written |= silent[i].written;
	}
	if (strcmp(op->text, "profiler._record_function_enter_new.default") == 0)
		op->kind = OP_ENTER;
	else if (strncmp(op->text, "profiler._record_function_exit.", 31) == 0)
		op->kind = OP_EXIT;
	return op;
}

static size_t op_slot(PyObject *func)
{
	size_t at = (size_t)(((uintptr_t)func >> 4) * 0x9E3779B97F4A7C15U >> 20) & (op_room - 1);
	while (ops[at] && ops[at]->func != func)
		at = (at + 1) & (op_room - 1);
	return at;
}

static bool ops_grow(void)
{
	struct op **old = ops;
	size_t count = op_room;
	op_room = count ? count * 2 : 512;
	ops = calloc(op_room, sizeof(struct op *));
	if (!ops) {
		ops = old;
		op_room = count;
		PyErr_NoMemory();
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (old[i])
			ops[op_slot(old[i]->func)] = old[i];
	}
	free(old);
	return true;
}

static const struct op *op_known(PyObject *func)
{
	if ((op_count + 1) * 2 > op_room && !ops_grow())
		return NULL;
	struct op *known = ops[op_slot(func)];
	if (known)
		return known;
	struct op *op = op_create(func);
	if (!op || (op_count + 1) * 2 > op_room) {
		if (op)
			op_free(op);
		return NULL;
	}
	op_count++;
	return ops[op_slot(func)] = op;
}

static bool positional(struct opj_trees *trees, const struct op *op, PyObject *args, struct opj_op_record *event)
{
	Py_ssize_t count = PyTuple_Size(args);
	struct opj_value *in = count < 0 ? NULL : opj_trees_alloc(trees, (size_t)(count ? count : 1) * sizeof *in);
	if (!in)
		return false;
	for (Py_ssize_t i = 0; i < count; i++) {
		bool written = i < 64 && (op->written >> i & 1);
		if (!opj_trees_value(trees, PyTuple_GetItem(args, i), written ? OPJ_TREES_WRITTEN : OPJ_TREES_READ,
				     &in[i]))
			return false;
	}
	event->in = in;
	event->in_count = (uint32_t)count;
	return true;
}

static bool keywords(struct opj_trees *trees, const struct op *op, PyObject *kwargs, struct opj_op_record *event)
{
	if (!kwargs || PyDict_Size(kwargs) == 0)
		return true;
	uint32_t before = trees->tensor_count;
	if (!opj_trees_keyed(trees, kwargs, &event->kw, &event->kw_count))
		return false;
	for (uint32_t i = 0; i < event->kw_count; i++) {
		for (uint32_t j = 0; j < op->keyword_count; j++) {
			if (strcmp(event->kw[i].key, op->keyword[j]) != 0)
				continue;
			for (uint32_t t = before; t < trees->tensor_count; t++) {
				if (trees->seen[t].storage)
					trees->seen[t].storage->writes++;
			}
		}
	}
	return true;
}

static bool record_op(struct opj_trees *trees, const struct op *op, PyObject *args, PyObject *kwargs, PyObject *out,
		      uint64_t duration, bool *held)
{
	struct opj_op_record event = {.name = op->text, .duration_ns = duration};
	if (!positional(trees, op, args, &event) || !keywords(trees, op, kwargs, &event) ||
	    !opj_trees_value(trees, out, OPJ_TREES_MADE, &event.out))
		return false;
	opj_context_sync();
	if (!opj_context_states(trees, op->name, out, &event.states, &event.state_count))
		return false;
	opj_trees_versions(trees);
	event.tensors = trees->tensors;
	event.tensor_count = trees->tensor_count;
	*held = opj_held_op(trees, &event);
	if (!*held)
		opj_record_op(opj_torch_recorder, &event);
	return true;
}

/* Optimizers announce themselves to torch's profiler, which is an op as well: "Optimizer.step#SGD.step". */
static void optimizer_before(const struct op *op, PyObject *args)
{
	if (op->kind != OP_ENTER || PyTuple_Size(args) < 1)
		return;
	PyObject *name = PyTuple_GetItem(args, 0);
	const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
	if (opj_context_optimizing() || (text && strncmp(text, "Optimizer.", 10) == 0))
		opj_context_optimizer(1);
	PyErr_Clear();
}

static void record(const struct op *op, PyObject *args, PyObject *kwargs, PyObject *out, uint64_t duration)
{
	struct opj_trees *trees = opj_trees_begin();
	bool held = false;
	optimizer_before(op, args);
	if (!trees || !record_op(trees, op, args, kwargs, out, duration, &held))
		opj_torch_trouble(op->text);
	if (trees && !held)
		opj_trees_finish(trees);
	if (op->kind == OP_EXIT && opj_context_optimizing())
		opj_context_optimizer(-1);
}

/* Whether a composite op came to us whole, as in inference mode, and not because a tensor has a kernel of its own for
 * it, as nested tensors have. */
static bool comes_whole(PyObject *args)
{
	PyObject *answer = PyObject_CallFunctionObjArgs(opj_torch.comes_whole, args, NULL);
	bool yes = answer == Py_True;
	Py_XDECREF(answer);
	PyErr_Clear();
	return yes;
}

static uint64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* __torch_dispatch__(func, types, args, kwargs), in C so that no frame of ours stands in the tracebacks of the program:
 * what the op gives; recorded where somebody listens. */
static PyObject *dispatch(PyObject *self, PyObject *packed)
{
	(void)self;
	PyObject *func, *types, *args, *kwargs = NULL;
	if (!PyArg_UnpackTuple(packed, "__torch_dispatch__", 3, 4, &func, &types, &args, &kwargs))
		return NULL;
	if (kwargs == Py_None)
		kwargs = NULL;
	if (!opj_torch_recorder || !opj_recorder_enabled() || opj_context_paused())
		return PyObject_Call(func, args, kwargs);
	const struct op *op = op_known(func);
	if (!op)
		opj_torch_trouble("an op");
	else if (op->composite && comes_whole(args))
		return PyObject_CallFunctionObjArgs(opj_torch.take_apart, func, args, kwargs, NULL);
	uint64_t start = now();
	PyObject *out = PyObject_Call(op ? op->call : func, args, kwargs);
	if (out && op)
		record(op, args, kwargs, out, now() - start);
	return out;
}

static PyMethodDef dispatch_methods[] = {
    {"__torch_dispatch__", dispatch, METH_VARARGS, "Runs an op and records it."},
    {NULL, NULL, 0, NULL},
};

PyObject *opj_py_dispatch_type(void)
{
	PyType_Slot slots[] = {{Py_tp_methods, dispatch_methods}, {0, NULL}};
	PyType_Spec spec = {
	    .name = "opjoule._opjoule.Dispatch", .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .slots = slots};
	return PyType_FromSpec(&spec);
}
