/* record/python/opjoule/tensor.c: a torch tensor as the recorder takes it.
 *
 * Facts come one by one from attributes and methods of the tensor, about 10 ns to 80 ns each. Asking for a DLPack
 * capsule instead costs 800 ns, since torch makes a view and an allocation for it, and says nothing of storage,
 * version and gradient; and torch 2.0 has none for booleans. What the recorder gets is DLPack's struct either way.
 *
 * A storage's version is the number of writes that we saw go to it, by the schemas of the ops, beside the version that
 * torch counts, which sees writes of other threads but not those through .data. Storages that no recorded op made may
 * share memory with anybody (numpy, a loader's worker): they are looked at anew after every opj_storages_doubt. */
#include "torch.h"
#include <stdlib.h>
#include <string.h>

bool opj_torch_is_tensor(PyObject *object)
{
	PyObject *type = (PyObject *)Py_TYPE(object);
	return type == opj_torch.tensor || type == opj_torch.parameter ||
	       PyType_IsSubtype((PyTypeObject *)type, (PyTypeObject *)opj_torch.tensor);
}

bool opj_torch_dtype(PyObject *dtype, DLDataType *type)
{
	for (int i = 0; opj_torch.dtypes[i]; i++) {
		if (opj_torch.dtypes[i] == dtype) {
			*type = opj_torch.types[i];
			return true;
		}
	}
	PyErr_Format(PyExc_TypeError, "%S has no name in a trace", dtype);
	return false;
}

bool opj_torch_shape(struct opj_trees *trees, PyObject *tuple, int *ndim, const int64_t **shape)
{
	Py_ssize_t count = tuple ? PyTuple_Size(tuple) : -1;
	int64_t *sizes = count < 0 ? NULL : opj_trees_alloc(trees, (size_t)(count ? count : 1) * sizeof *sizes);
	if (!sizes)
		return false;
	for (Py_ssize_t i = 0; i < count; i++)
		sizes[i] = PyLong_AsLongLong(PyTuple_GetItem(tuple, i));
	*ndim = (int)count;
	*shape = sizes;
	return !PyErr_Occurred();
}

static bool sizes_of(struct opj_trees *trees, PyObject *tuple, int *ndim, const int64_t **sizes)
{
	bool known = opj_torch_shape(trees, tuple, ndim, sizes);
	Py_XDECREF(tuple);
	return known;
}

static bool dtype_of(PyObject *tensor, DLDataType *type)
{
	PyObject *dtype = PyObject_GetAttr(tensor, opj_torch.s_dtype);
	bool known = dtype && opj_torch_dtype(dtype, type);
	Py_XDECREF(dtype);
	return known;
}

bool opj_torch_form(struct opj_trees *trees, PyObject *tensor, DLDataType *type, int *ndim, const int64_t **shape)
{
	return dtype_of(tensor, type) && sizes_of(trees, PyObject_GetAttr(tensor, opj_torch.s_shape), ndim, shape);
}

/* 1, 0, or -1 with an exception set. */
static int truth(PyObject *tensor, PyObject *name)
{
	PyObject *answer = PyObject_GetAttr(tensor, name);
	int yes = answer ? PyObject_IsTrue(answer) : -1;
	Py_XDECREF(answer);
	return yes;
}

/* Which of the devices of its kind the tensor is on. */
static int device_number(PyObject *tensor)
{
	PyObject *number = PyObject_CallFunctionObjArgs(opj_torch.get_device, tensor, NULL);
	long which = number ? PyLong_AsLong(number) : 0;
	Py_XDECREF(number);
	PyErr_Clear(); /* a device without a number is the first */
	return which > 0 ? (int)which : 0;
}

/* Strides and the address of the values, where the tensor has both. Values on a device are named but not looked at. */
static bool memory_of(struct opj_trees *trees, PyObject *tensor, DLTensor *data)
{
	PyObject *layout = PyObject_GetAttr(tensor, opj_torch.s_layout);
	Py_XDECREF(layout);
	if (layout != opj_torch.strided)
		return layout != NULL;
	int strides, cpu = truth(tensor, opj_torch.s_is_cpu);
	if (cpu < 0 || !sizes_of(trees, PyObject_CallFunctionObjArgs(opj_torch.stride, tensor, NULL), &strides,
				 (const int64_t **)&data->strides))
		return false;
	if (cpu == 0 || opj_torch.cpu_is_device) {
		int cuda = truth(tensor, opj_torch.s_is_cuda), meta = cuda ? 0 : truth(tensor, opj_torch.s_is_meta);
		if (!meta) /* nowhere, those are: there is nothing to wait for */
			data->device = (DLDevice){cuda > 0 ? kDLCUDA : kDLExtDev, device_number(tensor)};
		return cuda >= 0 && meta >= 0;
	}
	if (data->dtype.code == OPJ_DL_QINT || data->dtype.code == OPJ_DL_QUINT)
		return true; /* its integers are not its values */
	PyObject *address = PyObject_CallFunctionObjArgs(opj_torch.data_ptr, tensor, NULL);
	data->data = address && strides == data->ndim ? PyLong_AsVoidPtr(address) : NULL;
	Py_XDECREF(address);
	return !PyErr_Occurred();
}

/* Whether all elements lie in the storage's memory: a storage may have been made smaller since, or given up its memory,
 * and a subclass may say any shape. */
static bool is_within(const DLTensor *data, const struct opj_block *block)
{
	uint64_t last = 0, size = (data->dtype.bits * data->dtype.lanes + 7U) / 8, begin = (uintptr_t)data->data;
	for (int i = 0; i < data->ndim; i++) {
		uint64_t steps;
		if (data->shape[i] <= 0 || data->strides[i] < 0)
			return data->shape[i] == 0;
		if (__builtin_mul_overflow((uint64_t)data->shape[i] - 1, (uint64_t)data->strides[i], &steps) ||
		    __builtin_add_overflow(last, steps, &last))
			return false;
	}
	uint64_t bytes, offset = begin - block->begin;
	return begin >= block->begin && offset <= block->size && !__builtin_mul_overflow(last, size, &bytes) &&
	       !__builtin_add_overflow(bytes, size, &bytes) && bytes <= block->size - offset;
}

/* Elements from the beginning of the storage; torch is asked only where no address tells. */
static uint64_t offset_of(PyObject *tensor, const DLTensor *data, const struct opj_block *block)
{
	uint64_t size = (data->dtype.bits * data->dtype.lanes + 7U) / 8, begin = (uintptr_t)data->data;
	if (begin && begin >= block->begin)
		return (begin - block->begin) / size;
	PyObject *number = PyObject_CallFunctionObjArgs(opj_torch.storage_offset, tensor, NULL);
	long long offset = number ? PyLong_AsLongLong(number) : 0;
	Py_XDECREF(number);
	PyErr_Clear(); /* a wrapper has none */
	return offset > 0 ? (uint64_t)offset : 0;
}

static bool room_for_tensor(struct opj_trees *trees)
{
	if (trees->tensor_count < trees->tensor_room)
		return true;
	uint32_t room = trees->tensor_room ? trees->tensor_room * 2 : 32;
	struct opj_tensor *tensors = reallocarray(trees->tensors, room, sizeof *tensors);
	if (tensors)
		trees->tensors = tensors;
	struct opj_seen *seen = reallocarray(trees->seen, room, sizeof *seen);
	if (seen)
		trees->seen = seen;
	if (!tensors || !seen) {
		PyErr_NoMemory();
		return false;
	}
	trees->tensor_room = room;
	return true;
}

uint32_t opj_trees_tensor(struct opj_trees *trees, PyObject *object, enum opj_trees_use how)
{
	DLTensor *data = opj_trees_alloc(trees, sizeof *data);
	if (!data || !room_for_tensor(trees))
		return UINT32_MAX;
	*data = (DLTensor){.device = {kDLCPU, 0}};
	PyObject *shape = PyObject_GetAttr(object, opj_torch.s_shape);
	int gradient = truth(object, opj_torch.s_requires_grad);
	if (!sizes_of(trees, shape, &data->ndim, (const int64_t **)&data->shape) || gradient < 0 ||
	    !dtype_of(object, &data->dtype) || !memory_of(trees, object, data))
		return UINT32_MAX;
	struct opj_block block;
	struct opj_storage *storage = opj_storage_block(object, how == OPJ_TREES_MADE, data->data ? &block : NULL);
	uint64_t offset = storage && storage->extent ? offset_of(object, data, &block) : 0;
	if (storage && data->data && !is_within(data, &block))
		data->data = NULL;
	struct opj_tensor tensor = {.data = data, .version = OPJ_VERSION_UNKNOWN, .requires_grad = gradient > 0};
	if (storage) {
		storage->writes += how == OPJ_TREES_WRITTEN;
		tensor.storage = storage->id;
		tensor.address = storage->address;
		tensor.extent = storage->extent;
		tensor.offset = offset;
		tensor.role = storage->role;
		tensor.name = storage->name ? PyUnicode_AsUTF8AndSize(storage->name, NULL) : NULL;
	} else {
		PyErr_Clear(); /* sparse tensors and wrappers have none: one of its own each time */
		tensor.storage = opj_storage_create(opj_torch_recorder);
		data->data = NULL;
	}
	uint32_t index = trees->tensor_count++;
	trees->tensors[index] = tensor;
	trees->seen[index] = (struct opj_seen){object, storage};
	return index;
}

/* What torch counts: false for tensors made in inference mode, which count nothing. */
static uint32_t torch_version(PyObject *tensor, struct opj_storage *storage)
{
	if (storage->versionless)
		return 0;
	PyObject *number = PyObject_GetAttr(tensor, opj_torch.s_version);
	if (!number) {
		PyErr_Clear();
		storage->versionless = true;
		return 0;
	}
	uint32_t version = (uint32_t)PyLong_AsUnsignedLongLongMask(number);
	Py_DECREF(number);
	return version;
}

void opj_trees_versions(struct opj_trees *trees)
{
	for (uint32_t i = 0; i < trees->tensor_count; i++) {
		struct opj_storage *storage = trees->seen[i].storage;
		if (storage)
			trees->tensors[i].version =
			    (uint64_t)storage->writes << 32 | torch_version(trees->seen[i].tensor, storage);
	}
}
