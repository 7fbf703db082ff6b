/* record/python/opjoule/module.c: the extension module `_opjoule`: its functions, and the beginning and end of the
 * recorder.
 *
 * Only opjoule's own Python files call it; docs/pytorch.md is about those. */
#include "torch.h"
#include <stdio.h>

static PyObject *py_enabled(PyObject *self, PyObject *none)
{
	(void)self, (void)none;
	return PyBool_FromLong(opj_recorder_enabled());
}

/* start(framework, model or None, facts): makes the recorder. */
static PyObject *py_start(PyObject *self, PyObject *args)
{
	(void)self;
	struct opj_recorder_config config = {.clock = OPJ_CLOCK_HOST_WALL};
	struct opj_error err;
	PyObject *facts;
	if (!PyArg_ParseTuple(args, "szO!", &config.framework, &config.model, &PyDict_Type, &facts))
		return NULL;
	if (opj_torch_recorder) {
		PyErr_SetString(PyExc_RuntimeError, "the recorder has been started before");
		return NULL;
	}
	if (!opj_torch_load())
		return NULL;
	struct opj_trees *trees = opj_trees_begin();
	if (!trees)
		return NULL;
	bool known = opj_trees_keyed(trees, facts, &config.facts, &config.fact_count);
	opj_torch_recorder = known ? opj_recorder_create(&config, &err) : NULL;
	opj_trees_finish(trees);
	if (!known)
		return NULL;
	if (!opj_torch_recorder) {
		PyErr_SetString(PyExc_RuntimeError, err.text);
		return NULL;
	}
	opj_context_reset();
	opj_torch_trouble_anew();
	Py_RETURN_NONE;
}

/* stop(): writes the closing event. */
static PyObject *py_stop(PyObject *self, PyObject *none)
{
	(void)self, (void)none;
	if (opj_torch_recorder) {
		opj_held_flush();
		opj_storages_finish();
		opj_recorder_destroy(opj_torch_recorder);
		opj_torch_recorder = NULL;
	}
	Py_RETURN_NONE;
}

static PyObject *py_ops(PyObject *self, PyObject *none)
{
	(void)self, (void)none;
	return PyLong_FromUnsignedLongLong(opj_recorder_ops(opj_torch_recorder));
}

static PyObject *py_problems(PyObject *self, PyObject *none)
{
	(void)self, (void)none;
	return PyLong_FromUnsignedLongLong(opj_recorder_problems(opj_torch_recorder));
}

/* doubt(all): memory that others may write, or all, is to be looked at again. */
static PyObject *py_doubt(PyObject *self, PyObject *all)
{
	(void)self;
	opj_storages_doubt(all == Py_True);
	Py_RETURN_NONE;
}

static PyObject *py_paused(PyObject *self, PyObject *none)
{
	(void)self, (void)none;
	return PyBool_FromLong(opj_context_paused());
}

/* fork_before(child may record), fork_after(is child). */
static PyObject *py_fork_before(PyObject *self, PyObject *may)
{
	(void)self;
	opj_fork_before(may == Py_True);
	Py_RETURN_NONE;
}

static PyObject *py_fork_after(PyObject *self, PyObject *child)
{
	(void)self;
	opj_fork_after(child == Py_True);
	if (child == Py_True)
		opj_held_drop();
	Py_RETURN_NONE;
}

/* not_seen(what): names in the trace what ran and could not be recorded: an op `opjoule.not_seen.<what>`, for which no
 * counter has a rule. */
static PyObject *py_not_seen(PyObject *self, PyObject *what)
{
	(void)self;
	const char *text = PyUnicode_Check(what) ? PyUnicode_AsUTF8AndSize(what, NULL) : NULL;
	char name[200];
	if (!text)
		return NULL;
	if (opj_torch_recorder && opj_recorder_enabled()) {
		snprintf(name, sizeof name, "opjoule.not_seen.%s", text);
		opj_held_flush();
		opj_context_sync();
		opj_record_op(opj_torch_recorder, &(struct opj_op_record){.name = name});
	}
	Py_RETURN_NONE;
}

/* trouble(what): inside an except clause: reports the exception once, counts it. */
static PyObject *py_trouble(PyObject *self, PyObject *args)
{
	(void)self;
	const char *what;
	PyObject *error;
	if (!PyArg_ParseTuple(args, "sO", &what, &error))
		return NULL;
	PyErr_SetObject((PyObject *)Py_TYPE(error), error);
	opj_torch_trouble(what);
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"enabled", py_enabled, METH_NOARGS, "Whether anybody listens."},
    {"start", py_start, METH_VARARGS, "start(framework, model, facts): makes the recorder."},
    {"stop", py_stop, METH_NOARGS, "Ends the trace."},
    {"ops", py_ops, METH_NOARGS, "Ops recorded so far."},
    {"problems", py_problems, METH_NOARGS, "Records that could not be made so far."},
    {"doubt", py_doubt, METH_O, "doubt(all): memory that others may write, or all, is to be looked at again."},
    {"trouble", py_trouble, METH_VARARGS, "trouble(what, error): reports the first, counts all."},
    {"not_seen", py_not_seen, METH_O, "not_seen(what): names what could not be recorded."},
    {"fork_before", py_fork_before, METH_O, "fork_before(child may record)"},
    {"fork_after", py_fork_after, METH_O, "fork_after(is child)"},
    {"define", opj_py_define, METH_VARARGS,
     "define(path, bases, neuron, training, multi_step, backend, attrs, parameters, buffers, batch axis, time axis): a "
     "module's id."},
    {"enter", opj_py_enter, METH_VARARGS, "enter(module, backward, neuron): the module is active."},
    {"exit", opj_py_exit, METH_VARARGS, "exit(module, backward): no longer."},
    {"call", opj_py_call, METH_VARARGS, "call(module, backward, in, kw, out, states, grad): a call returned."},
    {"optimizer", opj_py_optimizer, METH_VARARGS, "optimizer(cls, groups): a step is about to be taken."},
    {"role", opj_py_role, METH_VARARGS, "role(tensor, role, name): what a storage is for."},
    {"mark", opj_py_mark, METH_VARARGS, "mark(name, index, numbers): a point in the run."},
    {"stage", opj_py_stage, METH_O, "stage((name, phase, reuse, norm) or None): sets it, returns the one before."},
    {"suspend", opj_py_suspend, METH_O, "suspend(+1 or -1)"},
    {"pause", opj_py_pause, METH_O, "pause(+1 or -1): this thread's ops are not recorded."},
    {"paused", py_paused, METH_NOARGS, "Whether pause is in force on this thread."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_opjoule",
					.m_doc = "The recorder, for PyTorch.", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit__opjoule(void); /* named by the import machinery */

PyMODINIT_FUNC PyInit__opjoule(void)
{
	PyObject *module = PyModule_Create(&definition);
	PyObject *type = module ? opj_py_dispatch_type() : NULL;
	if (type && PyModule_AddObjectRef(module, "Dispatch", type) == 0) {
		Py_DECREF(type);
		return module;
	}
	Py_XDECREF(type);
	Py_XDECREF(module);
	return NULL;
}
