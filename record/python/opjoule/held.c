/* record/python/opjoule/held.c: ops and calls whose tensors are on a device, held back until the device has counted.
 *
 * opjoule._device counts tensors where they are and answers in batches. Until a batch is read, whatever needs it waits
 * here, with the context that it ran in, and so does everything behind it: the trace has one order. Nothing waits, and
 * nothing here costs more than a branch, while all tensors are in ordinary memory. */
#include "torch.h"

enum { HELD_MAX = 2048 }; /* a batch */

struct held {
	struct held *next;
	struct opj_trees *trees; /* in whose memory all of this is */
	bool is_call;
	struct opj_op_record op;
	struct opj_call_record call;
	struct opj_context_told context;
	PyObject *
	    *counts; /* [tensor_count of the trees] a _device.Count; NULL: not on a device, or not to be counted */
};

static struct held *first, **last = &first;
static unsigned waiting;
static bool flushing; /* another thread may come in while Python is asked */

bool opj_torch_is_device(const DLTensor *data)
{
	return data->device.device_type != kDLCPU;
}

/* Names of parameters stay as they are now: their owners may give them anew. */
static void names_keep(struct opj_trees *trees)
{
	for (uint32_t i = 0; i < trees->tensor_count; i++) {
		struct opj_storage *storage = trees->seen[i].storage;
		if (trees->tensors[i].name && storage && storage->name)
			trees->tensors[i].name = opj_trees_text(trees, storage->name);
	}
	PyErr_Clear();
}

/* Asks for a count of each tensor that the recorder is not to look at itself. Their number, -1 with an exception set.
 */
static int count_tensors(struct opj_trees *trees, PyObject ***counts)
{
	int asked = 0;
	*counts = opj_trees_alloc(trees, (trees->tensor_count + 1) * sizeof(PyObject *));
	for (uint32_t i = 0; *counts && i < trees->tensor_count; i++) {
		struct opj_tensor *tensor = &trees->tensors[i];
		(*counts)[i] = NULL;
		if (!trees->seen[i].storage || !opj_torch_is_device(tensor->data))
			continue;
		PyObject *count =
		    PyObject_CallFunction(opj_torch.count, "OKK", trees->seen[i].tensor,
					  (unsigned long long)tensor->storage, (unsigned long long)tensor->version);
		if (!count)
			PyErr_Clear(); /* of unknown values, then */
		else if (count == Py_None)
			Py_DECREF(count);
		else
			(*counts)[i] = count;
		asked += count != NULL;
	}
	return *counts ? asked : -1;
}

/* Tensors in ordinary memory are looked at now: theirs may be gone or written when the record's turn comes. */
static void scan_here(struct opj_trees *trees)
{
	for (uint32_t i = 0; i < trees->tensor_count; i++) {
		struct opj_tensor *tensor = &trees->tensors[i];
		DLTensor *data = (DLTensor *)tensor->data; /* of the trees' own memory */
		if (opj_torch_is_device(data) || !data->data)
			continue;
		struct opj_stats *stats = opj_trees_alloc(trees, sizeof *stats);
		if (stats && opj_tensor_scan(data, stats, NULL) == 0)
			tensor->stats = stats;
		data->data = NULL;
	}
	PyErr_Clear();
}

/* What a count came to, for the recorder. */
static bool facts_take(struct held *held, uint32_t index)
{
	struct opj_stats *stats = opj_trees_alloc(held->trees, sizeof *stats);
	PyObject *facts = stats ? PyObject_GetAttrString(held->counts[index], "facts") : NULL;
	unsigned long long nnz;
	int kind;
	bool known = facts && PyArg_ParseTuple(facts, "Kid", &nnz, &kind, &stats->magnitude);
	if (known) {
		stats->nnz = nnz;
		stats->kind = (enum opj_kind)kind;
		held->trees->tensors[index].stats = stats;
	}
	Py_XDECREF(facts);
	return known;
}

static void held_record(struct held *held)
{
	for (uint32_t i = 0; i < held->trees->tensor_count; i++) {
		if (held->counts[i] && !facts_take(held, i))
			PyErr_Clear();
		Py_XDECREF(held->counts[i]);
	}
	opj_context_apply(&held->context);
	if (held->is_call)
		opj_record_call(opj_torch_recorder, &held->call);
	else
		opj_record_op(opj_torch_recorder, &held->op);
	opj_context_unapply(&held->context);
}

void opj_held_flush(void)
{
	if (!first || flushing)
		return;
	struct held *held = first;
	first = NULL;
	last = &first;
	waiting = 0;
	flushing = true;
	opj_context_pause(1);
	PyObject *done = PyObject_CallFunctionObjArgs(opj_torch.counted, NULL);
	opj_context_pause(-1);
	if (!done)
		opj_torch_trouble("counts on a device");
	Py_XDECREF(done);
	opj_context_untell();
	while (held) {
		struct held *next = held->next;
		held_record(held);
		opj_trees_finish(held->trees);
		held = next;
	}
	flushing = false;
}

void opj_held_drop(void)
{
	while (first) {
		struct held *held = first;
		first = held->next;
		for (uint32_t i = 0; i < held->trees->tensor_count; i++)
			Py_XDECREF(held->counts[i]);
		opj_trees_finish(held->trees);
	}
	last = &first;
	waiting = 0;
	flushing = false;
}

/* Whether the record was taken over, and the trees with it. */
static bool hold(struct opj_trees *trees, const struct opj_op_record *op, const struct opj_call_record *call)
{
	bool device = flushing;
	for (uint32_t i = 0; !device && i < trees->tensor_count; i++)
		device = opj_torch_is_device(trees->tensors[i].data);
	if (!device && first) {
		opj_held_flush(); /* what comes before it */
		opj_context_sync();
	}
	if (!device)
		return false;
	struct held *held = opj_trees_alloc(trees, sizeof *held);
	if (held) {
		*held = (struct held){.trees = trees, .is_call = call != NULL};
		if (op)
			held->op = *op;
		if (call)
			held->call = *call;
		names_keep(trees);
		scan_here(trees);
		opj_context_pause(1);
		int asked = count_tensors(trees, &held->counts);
		opj_context_pause(-1);
		if (asked < 0 || !opj_context_take(trees, &held->context))
			held = NULL;
	}
	if (!held) {
		opj_torch_trouble("an op on a device");
		return false;
	}
	*last = held;
	last = &held->next;
	if (++waiting >= HELD_MAX)
		opj_held_flush();
	return true;
}

bool opj_held_op(struct opj_trees *trees, const struct opj_op_record *op)
{
	return hold(trees, op, NULL);
}

bool opj_held_call(struct opj_trees *trees, const struct opj_call_record *call)
{
	return hold(trees, NULL, call);
}
