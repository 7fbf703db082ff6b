/* record/python/opjoule/storage.c: identities of storages that survive address reuse.
 *
 * A storage is known by the address of torch's StorageImpl. While a weak reference to it is held, that address is not
 * given out again, though the memory of the values is free as soon as the last tensor is gone; so an address that is in
 * the table is the storage it was. Dead ones are forgotten, and their references given back, when the table has
 * doubled since that was last done. */
#include "torch.h"
#include <stdlib.h>
#include <string.h>

static struct opj_storage **slots; /* open addressing, a power of two */
static size_t slot_count, used, limit = 512;
static unsigned pins;
static uint32_t epoch, certain; /* who has not been doubted since `certain` has to be, foreign or not */

static size_t slot_of(uintptr_t key)
{
	return (size_t)((key >> 4) * 0x9E3779B97F4A7C15U >> 20) & (slot_count - 1);
}

static size_t slot_find(uintptr_t key)
{
	size_t at = slot_of(key);
	while (slots[at] && slots[at]->key != key)
		at = (at + 1) & (slot_count - 1);
	return at;
}

static void storage_free(struct opj_storage *storage)
{
	PyObject *done = PyObject_CallFunctionObjArgs(opj_torch.free, storage->weak, NULL);
	if (!done)
		PyErr_Clear();
	Py_XDECREF(done);
	Py_XDECREF(storage->weak);
	Py_XDECREF(storage->name);
	free(storage);
}

/* Moves what is alive, or everything, into a table of `room` slots. */
static bool table_rebuild(size_t room)
{
	struct opj_storage **old = slots, **now = calloc(room, sizeof *now);
	size_t old_count = slot_count;
	if (!now)
		return false;
	slots = now;
	slot_count = room;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i])
			slots[slot_find(old[i]->key)] = old[i];
	}
	free(old);
	return true;
}

static bool is_dead(const struct opj_storage *storage)
{
	PyObject *answer = PyObject_CallFunctionObjArgs(opj_torch.expired, storage->weak, NULL);
	bool dead = answer == Py_True;
	if (!answer)
		PyErr_Clear();
	Py_XDECREF(answer);
	return dead;
}

static void forget_dead(void)
{
	for (size_t i = 0; i < slot_count; i++) {
		if (slots[i] && is_dead(slots[i])) {
			storage_free(slots[i]);
			slots[i] = NULL;
			used--;
		}
	}
	limit = used < 256 ? 512 : used * 2;
	if (!table_rebuild(slot_count)) /* holes would hide what lies behind them: start anew */
		opj_storages_finish();
}

void opj_storages_pin(void)
{
	pins++;
}

void opj_storages_unpin(void)
{
	if (--pins == 0 && used >= limit)
		forget_dead();
}

void opj_storages_doubt(bool all)
{
	epoch++;
	if (all)
		certain = epoch;
}

void opj_storages_finish(void)
{
	for (size_t i = 0; i < slot_count; i++) {
		if (slots[i] && !pins)
			storage_free(slots[i]);
	}
	free(slots);
	slots = NULL;
	slot_count = used = 0;
	limit = 512;
}

static uint64_t call_u64(PyObject *function, PyObject *object)
{
	PyObject *number = PyObject_CallFunctionObjArgs(function, object, NULL);
	uint64_t value = number ? PyLong_AsUnsignedLongLongMask(number) : 0;
	Py_XDECREF(number);
	if (PyErr_Occurred()) {
		PyErr_Clear(); /* a storage without memory that can be named */
		return 0;
	}
	return value;
}

static struct opj_storage *storage_add(uintptr_t key, PyObject *object, bool made)
{
	struct opj_storage *storage = calloc(1, sizeof *storage);
	if (!storage || ((used + 1) * 2 > slot_count && !table_rebuild(slot_count ? slot_count * 2 : 2048))) {
		free(storage);
		PyErr_NoMemory();
		return NULL;
	}
	storage->weak = PyObject_CallFunctionObjArgs(opj_torch.weak_ref, object, NULL);
	if (!storage->weak) {
		free(storage);
		return NULL;
	}
	storage->key = key;
	storage->id = opj_storage_create(opj_torch_recorder);
	storage->address = call_u64(opj_torch.storage_data, object);
	storage->foreign = !made;
	storage->epoch = epoch;
	slots[slot_find(key)] = storage;
	used++;
	return storage;
}

struct opj_storage *opj_storage_of(PyObject *tensor, bool made)
{
	return opj_storage_block(tensor, made, NULL);
}

struct opj_storage *opj_storage_block(PyObject *tensor, bool made, struct opj_block *block)
{
	PyObject *object = PyObject_CallFunctionObjArgs(opj_torch.storage, tensor, NULL);
	PyObject *address = object ? PyObject_GetAttr(object, opj_torch.s_cdata) : NULL;
	struct opj_storage *storage = NULL;
	if (address) {
		uintptr_t key = (uintptr_t)PyLong_AsUnsignedLongLongMask(address);
		storage = slot_count ? slots[slot_find(key)] : NULL;
		if (!storage)
			storage = storage_add(key, object, made);
	}
	if (storage && storage->epoch != epoch && (storage->foreign || (int32_t)(storage->epoch - certain) < 0)) {
		storage->epoch = epoch;
		storage->writes++;
	}
	if (storage && block) {
		block->begin = call_u64(opj_torch.storage_data, object);
		block->size = storage->extent = call_u64(opj_torch.nbytes, object);
	} else if (storage && !storage->extent) {
		storage->extent = call_u64(opj_torch.nbytes, object);
	}
	Py_XDECREF(address);
	Py_XDECREF(object);
	return storage;
}
