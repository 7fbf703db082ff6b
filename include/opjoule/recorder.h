/* opjoule/recorder.h: what an executor calls to be recorded.
 *
 *     struct opj_recorder *rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "mine 1.0"}, &err);
 *     uint32_t conv = opj_module_define(rec, &(struct opj_module){.path = "Net.conv", .cls = "Conv2d", …});
 *     opj_module_enter(rec, conv);
 *     if (opj_recorder_enabled())
 *             opj_record_op(rec, &(struct opj_op_record){.name = "aten.convolution.default", …});
 *     opj_module_exit(rec, conv);
 *     opj_recorder_destroy(rec);
 *
 * The library writes LTTng-UST tracepoints of provider `opjoule`; which process collects them is none of its business
 * (`opjoule record` does, and so would a session made by hand). docs/recorder.md is the tutorial, docs/trace.md says
 * what each call becomes in the trace.
 *
 * Threads: every function may be called from any thread. Module scope, stage, suspension and gradient mode are kept
 * per thread. Events of all threads have one order, that of their sequence numbers.
 * Ownership: the recorder copies what it keeps; nothing passed in need outlive the call.
 * Errors: recording never disturbs the program that is recorded. Calls return nothing; what could not be recorded is
 * counted and stands in the closing event (opj_recorder_problems). A forked child must make a recorder of its own:
 * in the child, the parent's recorder turns silent. */
#ifndef OPJOULE_RECORDER_H
#define OPJOULE_RECORDER_H

#include <opjoule/error.h>
#include <opjoule/spike.h>
#include <opjoule/tensor.h>
#include <opjoule/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct opj_recorder; /* opaque */

/* What the durations of a run's ops are. */
enum opj_clock {
	OPJ_CLOCK_UNKNOWN = 0,
	OPJ_CLOCK_HOST_WALL = 1, /* time that went by on the host: with an asynchronous device, that of the launch */
	OPJ_CLOCK_HOST_CPU = 2,  /* time that the calling thread computed */
	OPJ_CLOCK_DEVICE = 3,    /* time that the device took */
};

/* "wall", "cpu", "device"; NULL for OPJ_CLOCK_UNKNOWN. */
static inline const char *opj_clock_name(enum opj_clock clock)
{
	static const char *const names[] = {NULL, "wall", "cpu", "device"};
	return (unsigned)clock < sizeof names / sizeof *names ? names[clock] : NULL;
}

struct opj_recorder_config {
	const char *framework;         /* who executes, with version: "torch 2.6.0"; required */
	const char *model;             /* name of the model's class or file; NULL: unnamed */
	const char *run;               /* name of this run (the `case` of an op log); NULL: unnamed */
	unsigned flags;                /* OR of enum opj_recorder_flag */
	enum opj_clock clock;          /* what duration_ns of the ops is */
	const struct opj_value *facts; /* [fact_count] keyed: what the executor knows of itself and its settings: build,
					  seed, threads, determinism, … No tensors */
	uint32_t fact_count;
};

enum opj_recorder_flag {
	OPJ_RECORDER_NO_SPIKE_STATS = 1 << 0, /* opj_record_op computes none; those given are recorded all the same */
	/* The executor says nothing that schema 1.0 has no place for. The trace calls itself 1.0 then, and what it does
	 * not say is unknown rather than a default (a device that nobody names is the CPU in 1.1). */
	OPJ_RECORDER_PLAIN = 1 << 1,
};

/* Makes a recorder and writes the opening event if anybody listens. NULL on failure: out of memory, no framework; and
 * while somebody listens: another recorder of this process is being recorded, under `opjoule record` one has been
 * before, the status page cannot be made, or this is a forked child of whose fork LTTng was not told (opj_fork_before).
 */
OPJ_API struct opj_recorder *opj_recorder_create(const struct opj_recorder_config *config, struct opj_error *err);

/* Writes the closing event, which states how many ops were written, and frees. Takes NULL. */
OPJ_API void opj_recorder_destroy(struct opj_recorder *rec);

/* Around a fork() whose child goes on without exec: before it, and after it in both processes, on the thread that
 * forks. The child is counted, so that the trace can say how many processes it knows nothing of; and where
 * child_may_record, it gets buffers of LTTng's and can make a recorder of its own, without liblttng-ust-fork.so.
 * LTTng's locks are held in between, so nothing else comes there. Nothing happens while nobody listens. */
OPJ_API void opj_fork_before(bool child_may_record);
OPJ_API void opj_fork_after(bool child);

/* Whether anybody listens: one load and one branch. While it is false every other call returns at once and no tensor
 * is scanned; an executor may ask it to save itself the work of filling structures. */
OPJ_API bool opj_recorder_enabled(void);

/* Ops recorded so far, and calls that could not be recorded (out of memory, an op with more than OPJ_OP_TENSORS_MAX
 * tensors, a type that opj_dtypes does not name). */
OPJ_API uint64_t opj_recorder_ops(const struct opj_recorder *rec);
OPJ_API uint64_t opj_recorder_problems(const struct opj_recorder *rec);

/* A storage id that was never given out before: 1, 2, 3, … An executor with ids of its own uses those instead, never
 * both in one recorder. */
OPJ_API uint64_t opj_storage_create(struct opj_recorder *rec);

/* Tensors ---------------------------------------------------------------------------------------------------------- */

#define OPJ_OP_TENSORS_MAX 4096

/* One operand or result as its executor holds it. */
struct opj_tensor {
	const DLTensor *data; /* shape, dtype, device, strides in elements (NULL: C order); required. The values are
				 read only where stats is NULL, data->data is not and the device is the CPU */
	uint64_t storage;     /* identity of the memory block, never reused; > 0 */
	uint64_t version; /* changes whenever the storage is written: with storage and view the key under which a scan
			     is remembered. Executors that do not track writes pass OPJ_VERSION_UNKNOWN: always scan */
	uint64_t address; /* where the storage begins, or any id that repeats when the allocator reuses a block;
			     0: data->data is taken */
	uint64_t extent;  /* bytes of the whole storage, as it is when it is met for the first time; 0: not said */
	uint64_t offset;  /* elements from the beginning of the storage to the first of the tensor; means nothing where
			     extent is 0 */
	enum opj_role role;
	bool requires_grad;
	const char *name;              /* a parameter's name ("conv1.weight"), else NULL */
	const struct opj_stats *stats; /* facts already known, taken in place of a scan; or NULL */
};

#define OPJ_VERSION_UNKNOWN UINT64_MAX

/* Looks at the values as opj_record_op would: vectorised, at memory speed, any strides. For executors that want
 * nnz or kind themselves. -1 for a dtype with no scan, a device other than the CPU, or data NULL with elements. */
OPJ_API int opj_tensor_scan(const DLTensor *tensor, struct opj_stats *stats, struct opj_error *err);

/* Spike statistics of a convolution's input, x [N, C, spatial…] (or [C, spatial…]), as opj_record_op computes them.
 * Geometry as in aten.convolution: w_shape [out, in/groups, k…] (transposed: [in, out/groups, k…]); stride, padding,
 * dilation and output_padding hold `spatial` values each. The result owns its tiles: opj_spike_stats_finish. */
struct opj_conv_geometry {
	int spatial;            /* 1, 2 or 3 */
	const int64_t *w_shape; /* [spatial + 2] */
	const int64_t *stride, *padding, *dilation, *output_padding;
	bool transposed;
	int64_t groups;
};
OPJ_API int opj_spike_convolution(const DLTensor *x, const struct opj_conv_geometry *geometry,
				  struct opj_spike_stats *stats, struct opj_error *err);

/* Spike statistics of x @ y: [M, K] @ [K, N], or batched [B, M, K] @ [B, K, N]. x_binary and y_binary say which
 * operands hold spikes; at least one must. */
OPJ_API int opj_spike_matmul(const DLTensor *x, const DLTensor *y, bool x_binary, bool y_binary,
			     struct opj_spike_stats *stats, struct opj_error *err);
OPJ_API void opj_spike_stats_finish(struct opj_spike_stats *stats);

/* Modules ---------------------------------------------------------------------------------------------------------- */

struct opj_module_parameter {
	const char *name; /* within the module: "weight" */
	int ndim;
	const int64_t *shape; /* [ndim] */
	DLDataType dtype;
	bool requires_grad; /* false for buffers */
};

struct opj_module {
	const char *path;         /* scope name: class of the root, then attribute names, "Net.block.conv1" */
	const char *cls;          /* "Conv2d"; rules and --ignore-module are keyed on it and on the bases */
	const char *const *bases; /* [base_count] nearest first, by custom beginning with cls itself */
	uint32_t base_count;
	bool neuron; /* a stateful spiking neuron */
	bool training;
	bool multi_step;               /* the first dimension of inputs is time */
	const char *backend;           /* "torch", "cupy", …; NULL where there is no choice */
	const struct opj_value *attrs; /* [attr_count] keyed geometry: in_channels, kernel_size, stride, … */
	uint32_t attr_count;
	const struct opj_module_parameter *parameters; /* [parameter_count] own ones, not those of children */
	uint32_t parameter_count;
	const struct opj_module_parameter *buffers; /* [buffer_count] likewise: what it keeps and does not train */
	uint32_t buffer_count;
	/* Which dimension of its inputs is the batch, which is time, counted from 1; 0: not known, or there is none. */
	uint32_t batch_axis, time_axis;
};

/* Makes a module known; returns its id, counted from 0 in order of definition. UINT32_MAX, and a problem counted, when
 * that cannot be: no path or class, a dtype without a name, a tensor among the attributes. */
OPJ_API uint32_t opj_module_define(struct opj_recorder *rec, const struct opj_module *module);

/* The calling thread is now inside `module` (its forward or its backward), until the matching exit. Ops recorded in
 * between count towards the module's path, those of all modules entered around it, and "Global". */
OPJ_API void opj_module_enter(struct opj_recorder *rec, uint32_t module);
OPJ_API void opj_module_exit(struct opj_recorder *rec, uint32_t module);

/* Replaces the set of active modules, and of scope names that ops count towards, as a whole, for executors that know
 * the set but not its nesting (autograd, op logs). scopes NULL: derived as for opj_module_enter. Ends with
 * opj_scope_pop, which restores what was in force. */
OPJ_API void opj_scope_push(struct opj_recorder *rec, const uint32_t *modules, uint32_t module_count,
			    const char *const *scopes, uint32_t scope_count);
OPJ_API void opj_scope_pop(struct opj_recorder *rec);

enum opj_phase { OPJ_PHASE_UNKNOWN = 0, OPJ_PHASE_FORWARD = 1, OPJ_PHASE_BACKWARD = 2, OPJ_PHASE_OPTIMIZER = 3 };

/* "forward", "backward", "optimizer"; NULL for OPJ_PHASE_UNKNOWN. */
static inline const char *opj_phase_name(enum opj_phase phase)
{
	static const char *const names[] = {NULL, "forward", "backward", "optimizer"};
	return (unsigned)phase < sizeof names / sizeof *names ? names[phase] : NULL;
}

/* A stage with what a model of training hardware must know of it. */
struct opj_stage {
	const char *name; /* a label */
	enum opj_phase phase;
	enum opj_answer reuse_weights;       /* weights stay where they are from one step to the next */
	enum opj_answer batch_norm_backward; /* the backward of normalisations counts */
};

/* The stage that the calling thread's ops belong to: "forward", and nothing known of it, until one is pushed. The first
 * pushes a stage of which only the name is known. */
OPJ_API void opj_stage_push(struct opj_recorder *rec, const char *stage);
OPJ_API void opj_stage_push_with(struct opj_recorder *rec, const struct opj_stage *stage);
OPJ_API void opj_stage_pop(struct opj_recorder *rec);

/* Ops in a suspended region are recorded and marked: counters cover them, estimators that price training leave them
 * out (loss, the optimizer's own arithmetic). Nests. */
OPJ_API void opj_suspend(struct opj_recorder *rec);
OPJ_API void opj_resume(struct opj_recorder *rec);

/* Whether autograd records on the calling thread; false until told. */
OPJ_API void opj_grad_mode(struct opj_recorder *rec, bool on);

/* Events ----------------------------------------------------------------------------------------------------------- */

struct opj_op_record {
	const char *name;           /* ATen overload: "aten.convolution.default" */
	const struct opj_value *in; /* [in_count] positional arguments */
	uint32_t in_count;
	const struct opj_value *kw; /* [kw_count] keyword arguments, each with its key */
	uint32_t kw_count;
	struct opj_value out;             /* result; a list where there are several, none where there is nothing */
	const struct opj_tensor *tensors; /* [tensor_count] what the tensor leaves of in, kw and out index */
	uint32_t tensor_count;
	const uint64_t *states; /* [state_count] storages that hold state of active neurons after the op */
	uint32_t state_count;
	uint64_t duration_ns;                /* how long the op itself took; 0: not measured */
	const struct opj_spike_stats *spike; /* already known, taken in place of computing; or NULL */
};

/* Records one op, after it ran (an in-place op's operand is seen as the op left it). Spike statistics are computed
 * for aten.convolution.default, mm, addmm, bmm and baddbmm where an operand that was scanned is binary. */
OPJ_API void opj_record_op(struct opj_recorder *rec, const struct opj_op_record *op);

enum opj_direction { OPJ_FORWARD = 0, OPJ_BACKWARD = 1 };

/* A tensor that a neuron carries from call to call. */
struct opj_state {
	const char *name; /* "v"; NULL: unnamed */
	int ndim;
	const int64_t *shape; /* [ndim] after the call */
	DLDataType dtype;
};

/* A module's call, recorded when it returns. Forward: arguments and results. Backward: gradients of the results, then
 * gradients of the arguments, none where there is none. */
struct opj_call_record {
	uint32_t module;
	enum opj_direction direction;
	const struct opj_value *in; /* [in_count] positional arguments */
	uint32_t in_count;
	const struct opj_value *kw; /* [kw_count] keyword arguments, each with its key */
	uint32_t kw_count;
	const struct opj_value *out;
	uint32_t out_count;
	const struct opj_tensor *tensors;
	uint32_t tensor_count;
	const struct opj_state *states; /* [state_count] of a neuron's forward call */
	uint32_t state_count;
	enum opj_answer grad;     /* whether autograd recorded where the module was called */
	enum opj_answer training; /* whether the module was in training mode then */
};
OPJ_API void opj_record_call(struct opj_recorder *rec, const struct opj_call_record *call);

struct opj_optimizer_parameter {
	int ndim;
	const int64_t *shape; /* [ndim] */
	bool has_grad;        /* parameters without a gradient are not stepped */
	bool momentum_buffer; /* exists before the step: the first step of SGD with momentum costs less */
};

struct opj_optimizer_group {
	const struct opj_value *hyper; /* [hyper_count] keyed: lr, momentum, betas, weight_decay, … */
	uint32_t hyper_count;
	const struct opj_optimizer_parameter *parameters; /* [parameter_count] */
	uint32_t parameter_count;
};

/* A step about to be taken. */
struct opj_optimizer_record {
	const char *cls;                          /* "SGD", "Adam", … */
	const struct opj_optimizer_group *groups; /* [group_count] */
	uint32_t group_count;
};
OPJ_API void opj_record_optimizer(struct opj_recorder *rec, const struct opj_optimizer_record *step);

/* A point in the run, with what is known there: the end of an iteration or an epoch, samples seen, accuracy, loss. */
struct opj_mark {
	const char *name;                /* "iteration", "epoch", …; not empty */
	int64_t index;                   /* which of that name */
	const struct opj_value *numbers; /* [number_count] keyed integers and floats: samples, accuracy, … */
	uint32_t number_count;
};
OPJ_API void opj_record_mark(struct opj_recorder *rec, const struct opj_mark *mark);

/* Sums over the ops of one kind that the executor has made itself, on a device for instance. `op` says of which: name,
 * arguments, result and tensors as in their records, of which neither storages nor values matter; they ran in the
 * circumstances that are in force. Each time from the beginning of the run: what is recorded last counts. */
struct opj_site_record {
	const struct opj_op_record *op;
	uint32_t tensor; /* which one, in the order in which a walk over in, kw, out meets them */
	enum opj_site_what what;
	uint64_t ops;           /* summed over */
	uint32_t first, total;  /* values[0] is number `first` of `total`: long sums come in pieces */
	const uint64_t *values; /* [value_count] at most 65535 */
	uint32_t value_count;
};
OPJ_API void opj_record_site(struct opj_recorder *rec, const struct opj_site_record *site);

#ifdef __cplusplus
}
#endif

#endif
