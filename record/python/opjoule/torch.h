/* record/python/opjoule/torch.h: what the parts of the Python extension share.
 *
 * The extension sees PyTorch through the stable Python ABI alone: attributes and methods of tensors, looked up once,
 * no header of torch, so one build serves every version from 2.0 on. All state here is guarded by the GIL, except
 * struct opj_context, which belongs to a thread. Nothing here may raise into the program that is recorded: functions
 * that return false or NULL leave a Python exception set, and whoever called them from a hook reports it and drops
 * it (opj_torch_trouble). */
#ifndef OPJ_RECORD_PYTHON_OPJOULE_TORCH_H
#define OPJ_RECORD_PYTHON_OPJOULE_TORCH_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <opjoule/recorder.h>

/* Objects of torch and names of attributes, held while a recorder exists. */
struct opj_torch {
	PyObject *tensor, *parameter;                                /* types */
	PyObject *stride, *data_ptr, *storage;                       /* methods of torch.Tensor, unbound */
	PyObject *storage_offset, *get_device;                       /* likewise */
	PyObject *weak_ref, *storage_data, *nbytes, *expired, *free; /* of torch.UntypedStorage */
	PyObject *has_kernel;                                        /* asks the dispatcher */
	PyObject *graph_task, *grad_enabled;                         /* functions without arguments */
	PyObject *strided;                                           /* torch.strided */
	bool cpu_is_device;                                          /* for tests: OPJOULE_COUNT_ON_DEVICE=cpu */
	PyObject *count, *counted;                                   /* functions of opjoule._device */
	PyObject *states;                                            /* opjoule._neurons.states */
	PyObject *take_apart, *comes_whole;                          /* functions of opjoule._hooks */
	PyObject *overload;                                          /* type torch._ops.OpOverload */
	PyObject *dtypes[64];                                        /* torch.float32, …; NULL at the end */
	DLDataType types[64];                                        /* what they are */
	PyObject *s_shape, *s_dtype, *s_layout, *s_is_cpu, *s_is_cuda, *s_is_meta, *s_version, *s_requires_grad,
	    *s_cdata;
};

/* torch.c ---------------------------------------------------------------------------------------------------------- */

extern struct opj_torch opj_torch;
extern struct opj_recorder *opj_torch_recorder; /* NULL until opj_torch_start */

/* Looks everything up, once. False with an exception set where torch lacks something. */
bool opj_torch_load(void);

/* Takes the exception that is set: says once on stderr what failed and why, counts a problem. `what` names the op or
 * the step. */
void opj_torch_trouble(const char *what);
void opj_torch_trouble_anew(void); /* for a new recorder: the next trouble is the first */

/* storage.c -------------------------------------------------------------------------------------------------------- */

/* A block of memory that some tensor showed. */
struct opj_storage {
	uintptr_t key;    /* address of the StorageImpl, which cannot be given out again while `weak` is held */
	PyObject *weak;   /* what UntypedStorage._weak_ref gave; NULL: gone */
	uint64_t id;      /* the recorder's */
	uint64_t address; /* of the first byte when first seen */
	uint64_t extent;  /* bytes, when last asked; 0: not known */
	uint32_t writes;  /* seen by us, and times that nobody can vouch for the values any more */
	uint32_t epoch;   /* when it was last doubted */
	bool foreign;     /* was not made by an op that we saw: others may hold its memory */
	bool versionless; /* tensors of inference mode count no versions */
	enum opj_role role;
	PyObject *name; /* str, or NULL */
};

/* The storage of a tensor, made known where it is new; `made`: by the op that is being recorded. NULL with an exception
 * set where the tensor has none. Valid until opj_storages_unpin of the outermost pin. */
struct opj_storage *opj_storage_of(PyObject *tensor, bool made);

/* The same, and where its memory is now: resize_ moves it, and takes it away. `block` may be NULL. */
struct opj_block {
	uint64_t begin, size; /* bytes */
};
struct opj_storage *opj_storage_block(PyObject *tensor, bool made, struct opj_block *block);

void opj_storages_pin(void);
void opj_storages_unpin(void);  /* forgets dead storages from time to time */
void opj_storages_finish(void); /* forgets all; those that another thread has pinned stay in memory */

/* Foreign storages may have been written by now, or all, if ops went by that we did not see: their values are looked at
 * again. */
void opj_storages_doubt(bool all);

/* trees.c ---------------------------------------------------------------------------------------------------------- */

struct opj_arena_block;

struct opj_seen {
	PyObject *tensor; /* borrowed from the arguments */
	struct opj_storage *storage;
};

/* Trees and tensors of one trees, in memory that is used again for the next. */
struct opj_trees {
	struct opj_trees *next; /* free ones */
	struct opj_arena_block *first, *block;
	struct opj_tensor *tensors;
	struct opj_seen *seen;
	uint32_t tensor_count, tensor_room;
	PyObject **texts; /* whose characters the trees point at */
	uint32_t text_count, text_room;
};

struct opj_trees *opj_trees_begin(void);
void opj_trees_finish(struct opj_trees *trees);
void *opj_trees_alloc(struct opj_trees *trees, size_t size); /* MemoryError set on NULL */

/* The UTF-8 of a str, valid until the record's end. The second takes over the reference, and takes NULL. */
const char *opj_trees_text(struct opj_trees *trees, PyObject *text);
const char *opj_trees_keep(struct opj_trees *trees, PyObject *text);

/* value.c ---------------------------------------------------------------------------------------------------------- */

enum opj_trees_use { OPJ_TREES_READ, OPJ_TREES_WRITTEN, OPJ_TREES_MADE };

/* Python's object as a tree. */
bool opj_trees_value(struct opj_trees *trees, PyObject *object, enum opj_trees_use how, struct opj_value *value);

/* The items of a dict with str keys, keyed. */
bool opj_trees_keyed(struct opj_trees *trees, PyObject *dict, const struct opj_value **values, uint32_t *count);

/* tensor.c --------------------------------------------------------------------------------------------------------- */

bool opj_torch_is_tensor(PyObject *object);

/* Adds a tensor; its index, or UINT32_MAX with an exception set. */
uint32_t opj_trees_tensor(struct opj_trees *trees, PyObject *object, enum opj_trees_use how);

/* Versions of all tensors of the trees, after all its writes have been counted. */
void opj_trees_versions(struct opj_trees *trees);

bool opj_torch_dtype(PyObject *dtype, DLDataType *type);
bool opj_torch_shape(struct opj_trees *trees, PyObject *tuple, int *ndim, const int64_t **shape);
bool opj_torch_form(struct opj_trees *trees, PyObject *tensor, DLDataType *type, int *ndim, const int64_t **shape);

/* context.c -------------------------------------------------------------------------------------------------------- */

/* Tells the recorder what is in force on this thread: active modules, stage, suspension, gradient mode. */
void opj_context_sync(void);

/* The storages of the states of the active neurons, after `op` gave `result`. */
bool opj_context_states(struct opj_trees *trees, PyObject *op, PyObject *result, const uint64_t **states,
			uint32_t *count);

/* What was in force when something ran that is recorded later. */
struct opj_context_told {
	uint32_t *modules; /* [module_count] */
	uint32_t module_count;
	struct opj_stage stage; /* without a name: none */
	bool suspended, grad;
};
bool opj_context_take(struct opj_trees *trees, struct opj_context_told *told);
void opj_context_untell(void); /* takes back what was told on this thread, which opj_context_sync tells anew */
void opj_context_apply(const struct opj_context_told *told);
void opj_context_unapply(const struct opj_context_told *told);

/* An optimizer's step or zero_grad began or ended on this thread. */
void opj_context_optimizer(int change);
bool opj_context_optimizing(void);
bool opj_context_paused(void);
void opj_context_pause(int change);
void opj_context_reset(void); /* for a new recorder, which was told nothing; what the user has set stays */

PyObject *opj_py_enter(PyObject *self, PyObject *args);
PyObject *opj_py_exit(PyObject *self, PyObject *args);
PyObject *opj_py_stage(PyObject *self, PyObject *stage);
PyObject *opj_py_suspend(PyObject *self, PyObject *change);
PyObject *opj_py_pause(PyObject *self, PyObject *change);

/* op.c ------------------------------------------------------------------------------------------------------------- */

PyObject *opj_py_dispatch_type(void); /* the base class of the dispatch mode */

/* held.c ----------------------------------------------------------------------------------------------------------- */

/* Whether tensors there are counted by opjoule._device and not looked at by the recorder. */
bool opj_torch_is_device(const DLTensor *data);

/* Takes over a record that has tensors on a device, or that comes behind one: true, and the trees are finished later.
 */
bool opj_held_op(struct opj_trees *trees, const struct opj_op_record *op);
bool opj_held_call(struct opj_trees *trees, const struct opj_call_record *call);
void opj_held_flush(void);
void opj_held_drop(void); /* in a forked child: what waits is its parent's */

/* define.c --------------------------------------------------------------------------------------------------------- */

PyObject *opj_py_define(PyObject *self, PyObject *args);
PyObject *opj_py_call(PyObject *self, PyObject *args);
PyObject *opj_py_optimizer(PyObject *self, PyObject *args);
PyObject *opj_py_role(PyObject *self, PyObject *args);
PyObject *opj_py_mark(PyObject *self, PyObject *args);

#endif
