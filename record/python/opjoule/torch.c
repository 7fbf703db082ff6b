/* record/python/opjoule/torch.c: what the extension holds of PyTorch, the one recorder, and how trouble is reported. */
#include "torch.h"
#include <stdlib.h>
#include <string.h>

struct opj_torch opj_torch;
struct opj_recorder *opj_torch_recorder;

static bool told;

void opj_torch_trouble_anew(void)
{
	told = false;
}

void opj_torch_trouble(const char *what)
{
	PyObject *type, *value, *trace;
	PyErr_Fetch(&type, &value, &trace);
	opj_record_op(opj_torch_recorder, NULL); /* counts a problem */
	if (type && PyErr_GivenExceptionMatches(type, PyExc_KeyboardInterrupt)) {
		PyErr_SetInterrupt(); /* meant for the program */
		goto done;
	}
	if (!told) {
		told = true;
		PyObject *text = value ? PyObject_Str(value) : NULL;
		const char *why = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
		PySys_WriteStderr("opjoule: %.200s could not be recorded and is left out: %.500s; further ones are "
				  "only counted\n",
				  what, why ? why : "unknown error");
		Py_XDECREF(text);
	}
done:
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(trace);
	PyErr_Clear();
}

/* Where each object is found: a module that is imported, and attributes from there on. */
static const struct {
	PyObject **place;
	const char *module, *path;
} objects[] = {
    {&opj_torch.tensor, "torch", "Tensor"},
    {&opj_torch.parameter, "torch", "nn.Parameter"},
    {&opj_torch.stride, "torch", "Tensor.stride"},
    {&opj_torch.data_ptr, "torch", "Tensor.data_ptr"},
    {&opj_torch.storage, "torch", "Tensor.untyped_storage"},
    {&opj_torch.storage_offset, "torch", "Tensor.storage_offset"},
    {&opj_torch.get_device, "torch", "Tensor.get_device"},
    {&opj_torch.weak_ref, "torch", "UntypedStorage._weak_ref"},
    {&opj_torch.storage_data, "torch", "UntypedStorage.data_ptr"},
    {&opj_torch.nbytes, "torch", "UntypedStorage.nbytes"},
    {&opj_torch.expired, "torch", "UntypedStorage._expired"},
    {&opj_torch.free, "torch", "UntypedStorage._free_weak_ref"},
    {&opj_torch.has_kernel, "torch", "_C._dispatch_has_kernel_for_dispatch_key"},
    {&opj_torch.graph_task, "torch", "_C._current_graph_task_id"},
    {&opj_torch.grad_enabled, "torch", "is_grad_enabled"},
    {&opj_torch.strided, "torch", "strided"},
    {&opj_torch.overload, "torch._ops", "OpOverload"},
    {&opj_torch.count, "opjoule._device", "count"},
    {&opj_torch.counted, "opjoule._device", "read"},
    {&opj_torch.states, "opjoule._neurons", "states"},
    {&opj_torch.take_apart, "opjoule._hooks", "take_apart"},
    {&opj_torch.comes_whole, "opjoule._hooks", "comes_whole"},
};

/* Names of attributes, as strings. */
static const struct {
	PyObject **place;
	const char *name;
} names[] = {
    {&opj_torch.s_shape, "shape"},      {&opj_torch.s_dtype, "dtype"},
    {&opj_torch.s_layout, "layout"},    {&opj_torch.s_is_cpu, "is_cpu"},
    {&opj_torch.s_is_cuda, "is_cuda"},  {&opj_torch.s_is_meta, "is_meta"},
    {&opj_torch.s_version, "_version"}, {&opj_torch.s_requires_grad, "requires_grad"},
    {&opj_torch.s_cdata, "_cdata"},
};

static PyObject *find(const char *module, const char *path)
{
	PyObject *object = PyImport_ImportModule(module);
	while (object && *path) {
		char name[64];
		size_t length = strcspn(path, ".");
		memcpy(name, path, length);
		name[length] = '\0';
		path += length + (path[length] == '.');
		PyObject *next = PyObject_GetAttrString(object, name);
		Py_DECREF(object);
		object = next;
	}
	return object;
}

static void load_dtypes(PyObject *torch)
{
	int count = 0;
	for (size_t i = 0; i < OPJ_DTYPE_COUNT; i++) {
		PyObject *dtype = PyObject_GetAttrString(torch, opj_dtypes[i].name);
		if (dtype) {
			opj_torch.types[count] = opj_dtypes[i].type;
			opj_torch.dtypes[count++] = dtype;
		}
		PyErr_Clear(); /* this torch has none */
	}
}

bool opj_torch_load(void)
{
	static bool loaded;
	for (size_t i = 0; !loaded && i < sizeof objects / sizeof *objects; i++) {
		*objects[i].place = find(objects[i].module, objects[i].path);
		if (!*objects[i].place)
			return false;
	}
	for (size_t i = 0; !loaded && i < sizeof names / sizeof *names; i++) {
		*names[i].place = PyUnicode_InternFromString(names[i].name);
		if (!*names[i].place)
			return false;
	}
	PyObject *torch = loaded ? NULL : PyImport_ImportModule("torch");
	if (torch)
		load_dtypes(torch);
	Py_XDECREF(torch);
	const char *also = getenv("OPJOULE_COUNT_ON_DEVICE");
	opj_torch.cpu_is_device = also && strcmp(also, "cpu") == 0;
	loaded = true;
	return true;
}
