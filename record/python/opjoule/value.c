/* record/python/opjoule/value.c: arguments and results, Python's objects, as trees. */
#include "torch.h"
#include <string.h>

enum { DEPTH = 16 };

/* What has no form of its own: dtypes, layouts, devices say themselves what they are; of other objects only the type
 * is told, since their text may name an address and differ each time. */
static bool value_other(struct opj_trees *trees, PyObject *object, struct opj_value *value)
{
	PyObject *type = (PyObject *)Py_TYPE(object);
	PyObject *home = PyObject_GetAttrString(type, "__module__");
	const char *module = home && PyUnicode_Check(home) ? PyUnicode_AsUTF8AndSize(home, NULL) : NULL;
	PyErr_Clear();
	PyObject *text;
	if (PyComplex_Check(object) || PyLong_Check(object) ||
	    (module && strcmp(module, "torch") == 0 && !PyObject_HasAttrString(object, "__dict__")))
		text = PyObject_Str(object);
	else
		text = PyObject_GetAttrString(type, "__name__");
	Py_XDECREF(home);
	const char *string = opj_trees_keep(trees, text);
	if (!string)
		return false;
	*value = OPJ_STRING(string);
	return true;
}

static bool value_list(struct opj_trees *trees, PyObject *object, enum opj_trees_use how, int depth,
		       struct opj_value *value);
static bool value_dict(struct opj_trees *trees, PyObject *dict, enum opj_trees_use how, int depth,
		       const struct opj_value **values, uint32_t *count);

static bool value_at(struct opj_trees *trees, PyObject *object, enum opj_trees_use how, int depth,
		     struct opj_value *value)
{
	if (object == Py_None) {
		*value = OPJ_NONE();
	} else if (object == Py_True || object == Py_False) {
		*value = OPJ_BOOL(object == Py_True);
	} else if (opj_torch_is_tensor(object)) {
		uint32_t index = opj_trees_tensor(trees, object, how);
		*value = OPJ_TENSOR(index);
		return index != UINT32_MAX;
	} else if (PyLong_Check(object)) {
		int overflow;
		long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
		if (overflow)
			return value_other(trees, object, value);
		*value = OPJ_INT(integer);
	} else if (PyFloat_Check(object)) {
		*value = OPJ_FLOAT(PyFloat_AsDouble(object));
	} else if (PyList_Check(object) || PyTuple_Check(object) || PyDict_Check(object)) {
		return value_list(trees, object, how, depth + 1, value);
	} else if (PyUnicode_Check(object)) {
		const char *string = opj_trees_text(trees, object);
		*value = OPJ_STRING(string);
		return string != NULL;
	} else {
		return value_other(trees, object, value);
	}
	return true;
}

/* Of what is stored, whatever a subclass says of its length and items. NULL with an exception set where another thread
 * has made the list shorter. */
static PyObject *item_at(PyObject *sequence, Py_ssize_t i)
{
	return PyTuple_Check(sequence) ? PyTuple_GetItem(sequence, i) : PyList_GetItem(sequence, i);
}

/* A list of integers has a form of its own, which costs no node for each. */
static bool value_ints(struct opj_trees *trees, PyObject *sequence, Py_ssize_t count, struct opj_value *value)
{
	for (Py_ssize_t i = 0; i < count; i++) {
		PyObject *item = item_at(sequence, i);
		if (!item || !PyLong_Check(item) || PyBool_Check(item)) {
			PyErr_Clear();
			return false;
		}
	}
	int64_t *ints = opj_trees_alloc(trees, (size_t)count * sizeof *ints);
	for (Py_ssize_t i = 0; ints && i < count; i++) {
		int overflow;
		ints[i] = PyLong_AsLongLongAndOverflow(item_at(sequence, i), &overflow);
		if (overflow)
			return false;
	}
	if (!ints) {
		PyErr_Clear();
		return false;
	}
	*value = OPJ_INTS((uint32_t)count, ints);
	return true;
}

static bool value_list(struct opj_trees *trees, PyObject *object, enum opj_trees_use how, int depth,
		       struct opj_value *value)
{
	if (depth > DEPTH) {
		PyErr_SetString(PyExc_ValueError, "arguments are nested deeper than 16");
		return false;
	}
	if (PyDict_Check(object)) {
		const struct opj_value *items;
		uint32_t count;
		if (!value_dict(trees, object, how, depth, &items, &count))
			return false;
		*value = OPJ_LIST(count, items);
		return true;
	}
	Py_ssize_t count = PyTuple_Check(object) ? PyTuple_Size(object) : PyList_Size(object);
	if (count > 0 && value_ints(trees, object, count, value))
		return true;
	struct opj_value *items = opj_trees_alloc(trees, (size_t)(count ? count : 1) * sizeof *items);
	if (!items)
		return false;
	for (Py_ssize_t i = 0; i < count; i++) {
		PyObject *item = item_at(object, i);
		if (!item || !value_at(trees, item, how, depth, &items[i]))
			return false;
	}
	*value = OPJ_LIST((uint32_t)count, items);
	return true;
}

static bool value_dict(struct opj_trees *trees, PyObject *dict, enum opj_trees_use how, int depth,
		       const struct opj_value **values, uint32_t *count)
{
	Py_ssize_t size = PyDict_Size(dict), at = 0;
	PyObject *key, *object;
	struct opj_value *items = opj_trees_alloc(trees, (size_t)(size ? size : 1) * sizeof *items);
	uint32_t n = 0;
	while (items && n < (uint32_t)size && PyDict_Next(dict, &at, &key, &object)) {
		if (!value_at(trees, object, how, depth, &items[n]))
			return false;
		PyObject *text = PyObject_Str(key);
		if (!(items[n++].key = opj_trees_keep(trees, text)))
			return false;
	}
	*values = items;
	*count = n;
	return items != NULL;
}

bool opj_trees_value(struct opj_trees *trees, PyObject *object, enum opj_trees_use how, struct opj_value *value)
{
	return value_at(trees, object, how, 0, value);
}

bool opj_trees_keyed(struct opj_trees *trees, PyObject *dict, const struct opj_value **values, uint32_t *count)
{
	return value_dict(trees, dict, OPJ_TREES_READ, 0, values, count);
}
