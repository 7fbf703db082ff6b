/* record/python/opjoule/define.c: modules, calls, optimizer steps and roles, as Python describes them. */
#include "torch.h"
#include <string.h>

static bool strings(struct opj_trees *trees, PyObject *sequence, const char *const **texts, uint32_t *count)
{
	Py_ssize_t n = PyTuple_Size(sequence);
	const char **list = n < 0 ? NULL : opj_trees_alloc(trees, (size_t)(n ? n : 1) * sizeof *list);
	for (Py_ssize_t i = 0; list && i < n; i++) {
		PyObject *text = PyTuple_GetItem(sequence, i);
		if (!PyUnicode_Check(text) || !(list[i] = opj_trees_text(trees, text)))
			return false;
	}
	*texts = list;
	*count = (uint32_t)n;
	return list != NULL;
}

/* [(name, shape, dtype, requires_grad), …] */
static bool parameters(struct opj_trees *trees, PyObject *list, const struct opj_module_parameter **parameters,
		       uint32_t *count)
{
	Py_ssize_t n = PyList_Size(list);
	struct opj_module_parameter *all = n < 0 ? NULL : opj_trees_alloc(trees, (size_t)(n ? n : 1) * sizeof *all);
	for (Py_ssize_t i = 0; all && i < n; i++) {
		PyObject *shape, *dtype;
		int gradient;
		if (!PyArg_ParseTuple(PyList_GetItem(list, i), "sOOp", &all[i].name, &shape, &dtype, &gradient) ||
		    !opj_torch_dtype(dtype, &all[i].dtype) ||
		    !opj_torch_shape(trees, shape, &all[i].ndim, &all[i].shape))
			return false;
		all[i].requires_grad = gradient;
	}
	*parameters = all;
	*count = (uint32_t)n;
	return all != NULL;
}

/* define(path, bases, neuron, training, multi_step, backend, attrs, parameters, buffers, batch axis, time axis): the
 * module's id. */
PyObject *opj_py_define(PyObject *self, PyObject *args)
{
	(void)self;
	struct opj_module module = {0};
	int neuron, training, multi_step;
	PyObject *bases, *attrs, *own, *buffers, *id = NULL;
	if (!PyArg_ParseTuple(args, "sO!pppzO!O!O!II", &module.path, &PyTuple_Type, &bases, &neuron, &training,
			      &multi_step, &module.backend, &PyDict_Type, &attrs, &PyList_Type, &own, &PyList_Type,
			      &buffers, &module.batch_axis, &module.time_axis))
		return NULL;
	struct opj_trees *trees = opj_trees_begin();
	if (!trees)
		return NULL;
	module.neuron = neuron;
	module.training = training;
	module.multi_step = multi_step;
	if (strings(trees, bases, &module.bases, &module.base_count) && module.base_count &&
	    opj_trees_keyed(trees, attrs, &module.attrs, &module.attr_count) &&
	    parameters(trees, own, &module.parameters, &module.parameter_count) &&
	    parameters(trees, buffers, &module.buffers, &module.buffer_count)) {
		module.cls = module.bases[0];
		id = PyLong_FromUnsignedLong(opj_module_define(opj_torch_recorder, &module));
	}
	opj_trees_finish(trees);
	return id;
}

static bool values(struct opj_trees *trees, PyObject *tuple, const struct opj_value **list, uint32_t *count)
{
	struct opj_value value;
	if (!opj_trees_value(trees, tuple, OPJ_TREES_READ, &value))
		return false;
	if (value.type == OPJ_VALUE_LIST) {
		*list = value.u.items;
		*count = value.count;
		return true;
	}
	struct opj_value *one = opj_trees_alloc(trees, sizeof *one * (value.count ? value.count : 1));
	for (uint32_t i = 0; one && i < value.count; i++) /* all of them integers */
		one[i] = OPJ_INT(value.u.ints[i]);
	*list = one;
	*count = value.count;
	return one != NULL;
}

/* [(name, tensor), …] that a neuron carries on */
static bool states(struct opj_trees *trees, PyObject *list, struct opj_call_record *call)
{
	Py_ssize_t n = PyList_Size(list);
	struct opj_state *all = n < 0 ? NULL : opj_trees_alloc(trees, (size_t)(n ? n : 1) * sizeof *all);
	for (Py_ssize_t i = 0; all && i < n; i++) {
		PyObject *name, *tensor;
		if (!PyArg_ParseTuple(PyList_GetItem(list, i), "UO", &name, &tensor))
			return false;
		all[i].name = opj_trees_text(trees, name);
		if (!all[i].name || !opj_torch_form(trees, tensor, &all[i].dtype, &all[i].ndim, &all[i].shape))
			return false;
	}
	call->states = all;
	call->state_count = (uint32_t)n;
	return all != NULL;
}

/* call(module, backward, in, kw, out, states, grad): tuples of arguments and results, a dict of keyword arguments. Of a
 * backward grad is None: what autograd records there is nobody's question. */
PyObject *opj_py_call(PyObject *self, PyObject *args)
{
	(void)self;
	struct opj_call_record call = {0};
	unsigned module;
	int backward;
	PyObject *in, *kw, *out, *kept, *grad;
	if (!PyArg_ParseTuple(args, "IpO!O!O!O!O", &module, &backward, &PyTuple_Type, &in, &PyDict_Type, &kw,
			      &PyTuple_Type, &out, &PyList_Type, &kept, &grad))
		return NULL;
	if (!opj_recorder_enabled())
		Py_RETURN_NONE;
	struct opj_trees *trees = opj_trees_begin();
	if (!trees)
		return NULL;
	bool held = false;
	call.module = module;
	call.direction = backward ? OPJ_BACKWARD : OPJ_FORWARD;
	call.grad = grad == Py_None ? OPJ_UNKNOWN : opj_answer(grad == Py_True);
	bool known = values(trees, in, &call.in, &call.in_count) &&
		     (PyDict_Size(kw) == 0 || opj_trees_keyed(trees, kw, &call.kw, &call.kw_count)) &&
		     values(trees, out, &call.out, &call.out_count) && states(trees, kept, &call);
	if (known) {
		opj_context_sync();
		opj_trees_versions(trees);
		call.tensors = trees->tensors;
		call.tensor_count = trees->tensor_count;
		held = opj_held_call(trees, &call);
		if (!held)
			opj_record_call(opj_torch_recorder, &call);
	}
	if (!held)
		opj_trees_finish(trees);
	if (!known)
		return NULL;
	Py_RETURN_NONE;
}

/* [(shape, has_grad, momentum_buffer), …] */
static bool group_parameters(struct opj_trees *trees, PyObject *list, struct opj_optimizer_group *group)
{
	Py_ssize_t n = PyList_Size(list);
	struct opj_optimizer_parameter *all = n < 0 ? NULL : opj_trees_alloc(trees, (size_t)(n ? n : 1) * sizeof *all);
	for (Py_ssize_t i = 0; all && i < n; i++) {
		PyObject *shape;
		int gradient, momentum;
		if (!PyArg_ParseTuple(PyList_GetItem(list, i), "Opp", &shape, &gradient, &momentum) ||
		    !opj_torch_shape(trees, shape, &all[i].ndim, &all[i].shape))
			return false;
		all[i].has_grad = gradient;
		all[i].momentum_buffer = momentum;
	}
	group->parameters = all;
	group->parameter_count = (uint32_t)n;
	return all != NULL;
}

/* optimizer(cls, [(hyper, parameters), …]) */
PyObject *opj_py_optimizer(PyObject *self, PyObject *args)
{
	(void)self;
	struct opj_optimizer_record step = {0};
	PyObject *list;
	if (!PyArg_ParseTuple(args, "sO!", &step.cls, &PyList_Type, &list))
		return NULL;
	struct opj_trees *trees = opj_trees_begin();
	if (!trees)
		return NULL;
	Py_ssize_t n = PyList_Size(list);
	struct opj_optimizer_group *groups = opj_trees_alloc(trees, (size_t)(n ? n : 1) * sizeof *groups);
	bool known = groups != NULL;
	for (Py_ssize_t i = 0; known && i < n; i++) {
		PyObject *hyper, *all;
		known = PyArg_ParseTuple(PyList_GetItem(list, i), "O!O!", &PyDict_Type, &hyper, &PyList_Type, &all) &&
			opj_trees_keyed(trees, hyper, &groups[i].hyper, &groups[i].hyper_count) &&
			group_parameters(trees, all, &groups[i]);
	}
	if (known) {
		step.groups = groups;
		step.group_count = (uint32_t)n;
		opj_held_flush();
		opj_context_sync();
		opj_record_optimizer(opj_torch_recorder, &step);
	}
	opj_trees_finish(trees);
	if (!known)
		return NULL;
	Py_RETURN_NONE;
}

/* mark(name, index, numbers) */
PyObject *opj_py_mark(PyObject *self, PyObject *args)
{
	(void)self;
	struct opj_mark mark = {0};
	long long index;
	PyObject *numbers;
	if (!PyArg_ParseTuple(args, "sLO!", &mark.name, &index, &PyDict_Type, &numbers))
		return NULL;
	if (!opj_torch_recorder || !opj_recorder_enabled())
		Py_RETURN_NONE;
	struct opj_trees *trees = opj_trees_begin();
	if (!trees)
		return NULL;
	bool known = opj_trees_keyed(trees, numbers, &mark.numbers, &mark.number_count);
	if (known) {
		mark.index = index;
		opj_held_flush();
		opj_record_mark(opj_torch_recorder, &mark);
	}
	opj_trees_finish(trees);
	if (!known)
		return NULL;
	Py_RETURN_NONE;
}

/* role(tensor, role, name or None): what the storage of a tensor is for. A role once given stays, but for a
 * parameter's, a buffer's or a gradient's, which their owners tell anew. */
PyObject *opj_py_role(PyObject *self, PyObject *args)
{
	(void)self;
	PyObject *tensor, *name;
	int role;
	if (!PyArg_ParseTuple(args, "OiO", &tensor, &role, &name))
		return NULL;
	opj_storages_pin();
	struct opj_storage *storage = opj_storage_of(tensor, false);
	if (!storage) {
		PyErr_Clear(); /* a wrapper or a sparse tensor */
	} else if (storage->role == OPJ_ROLE_NONE || (role != OPJ_ROLE_INPUT && role != OPJ_ROLE_STATE)) {
		storage->role = (enum opj_role)role;
		storage->foreign = storage->foreign && role == OPJ_ROLE_INPUT;
		if (name != Py_None && name != storage->name) {
			Py_INCREF(name);
			Py_XDECREF(storage->name);
			storage->name = name;
		}
	}
	opj_storages_unpin();
	Py_RETURN_NONE;
}
