/* opjoule/replay.h: a recorded run, read back in order.
 *
 * A trace is opened, then replayed once through any number of visitors: ops, calls and optimizer steps come in program
 * order, every definition (module, context, signature) before the first event that names it. Pointers handed to a
 * visitor: definitions live as long as the trace, unchanged; an op, its operands and its statistics only during the
 * visit. Shape and name that an operand points to, and the trees of a call, belong to definitions.
 *
 * An opj_trace is for one thread. Several traces may be replayed in several threads. */
#ifndef OPJOULE_REPLAY_H
#define OPJOULE_REPLAY_H

#include <opjoule/error.h>
#include <opjoule/recorder.h>
#include <opjoule/spike.h>
#include <opjoule/tensor.h>
#include <opjoule/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Definitions ------------------------------------------------------------------------------------------------------ */

struct opj_trace_module {
	uint32_t id;           /* index in the trace, from 0 */
	struct opj_module def; /* owned by the trace */
};

/* The circumstances an op ran in, interned: most ops share theirs with many others. */
struct opj_context {
	uint32_t id; /* dense, from 0, in order of first appearance */
	uint32_t module_count;
	const struct opj_trace_module *const *modules; /* the active modules, ascending by id */
	uint32_t scope_count;
	const char *const *scopes; /* the scope names that ops count towards; "Global" is one of them */
	const uint32_t *scope_ids; /* [scope_count] the same as dense ids: opj_trace_scope_name */
	uint32_t stage_id;         /* dense id of the stage */
	const char *stage;         /* "forward", "backward_t1", "optimizer", …; "" where no label was in force */
	bool suspended;
	bool grad;
	/* What else the executor said of the stage; unknown in traces before schema 1.1. */
	enum opj_phase phase;
	enum opj_answer reuse_weights, batch_norm_backward;
};

/* Everything of an op that repeats, interned. */
struct opj_signature {
	uint32_t id;    /* dense, from 0 */
	uint32_t op_id; /* dense id of the op's name */
	const char *op; /* "aten.convolution.default" */
	const struct opj_value *in;
	uint32_t in_count;
	const struct opj_value *kw;
	uint32_t kw_count;
	struct opj_value out;
	uint32_t operand_count;
};

/* Events ----------------------------------------------------------------------------------------------------------- */

/* One tensor of an op: what the signature says of it, and what this call added. */
struct opj_operand {
	int ndim;
	const int64_t *shape;
	DLDataType dtype;
	uint64_t numel; /* product of shape; 1 for ndim 0 */
	uint64_t bytes; /* numel times the size of an element */
	bool requires_grad;
	enum opj_role role;
	const char *name;       /* a parameter's name, else NULL */
	const int64_t *strides; /* [ndim] in elements; NULL: C order, or a trace before schema 1.1 */
	DLDevice device;        /* device_type 0: not known */
	uint64_t storage;
	uint64_t address;
	uint64_t extent; /* bytes of the whole storage; 0: not known */
	uint64_t offset; /* elements from its beginning to the tensor; means nothing where extent is 0 */
	struct opj_stats stats;
};

struct opj_op {
	uint64_t index; /* from 0, in program order */
	const struct opj_signature *signature;
	const struct opj_context *context;
	const struct opj_operand *operands; /* [signature->operand_count]: what tensor leaves index */
	const uint64_t *states;             /* [state_count] */
	uint32_t state_count;
	const struct opj_spike_stats *spike; /* NULL where there is none */
	uint64_t duration_ns;                /* 0: not measured */
	uint64_t timestamp_ns;               /* monotonic clock of the recording host; 0 in an op log */
};

struct opj_call {
	uint64_t after; /* ops before it */
	const struct opj_trace_module *module;
	enum opj_direction direction;
	const struct opj_context *context; /* stage and suspension; modules and scopes are those around the call */
	const struct opj_value *in;
	uint32_t in_count;
	const struct opj_value *out;
	uint32_t out_count;
	const struct opj_value *kw; /* [kw_count] keyword arguments; none in traces before schema 1.1 */
	uint32_t kw_count;
	const struct opj_operand *operands; /* those of in, out, kw, in this order */
	uint32_t operand_count;
	const struct opj_state *states; /* [state_count] that the neuron carries after a forward call; none: not said */
	uint32_t state_count;
	enum opj_answer grad;     /* autograd recorded where the module was called */
	enum opj_answer training; /* the module was in training mode then; unknown: take that of its definition */
	uint64_t timestamp_ns;
};

struct opj_optimizer_step {
	uint64_t after;
	const struct opj_context *context;
	struct opj_optimizer_record def;
	uint64_t timestamp_ns;
};

struct opj_trace_mark {
	uint64_t after;
	struct opj_mark def; /* during the visit */
	uint64_t timestamp_ns;
};

/* Sums over a stretch of the run, each time from its beginning: the last ones of a site are those of the whole. */
struct opj_site {
	const struct opj_signature *signature;
	const struct opj_context *context;
	const struct opj_operand *operands; /* [signature->operand_count] shapes and dtypes; no facts of a call */
	uint32_t tensor;                    /* which of them */
	enum opj_site_what what;
	uint64_t ops;           /* summed over */
	uint32_t first, total;  /* values[0] is number `first` of `total`: long sums come in pieces */
	const uint64_t *values; /* [value_count] during the visit */
	uint32_t value_count;
};

/* Accessors that counters live on. An argument that is not there reads as none; a leaf that is no tensor as NULL. */
static inline struct opj_value opj_op_arg(const struct opj_op *op, uint32_t i)
{
	return i < op->signature->in_count ? op->signature->in[i] : OPJ_NONE();
}

static inline const struct opj_operand *opj_op_operand(const struct opj_op *op, struct opj_value value)
{
	return value.type == OPJ_VALUE_TENSOR ? &op->operands[value.u.tensor] : NULL;
}

/* Positional argument i as a tensor. */
static inline const struct opj_operand *opj_op_in(const struct opj_op *op, uint32_t i)
{
	return opj_op_operand(op, opj_op_arg(op, i));
}

/* Result i: of several, or the only one as number 0. */
static inline const struct opj_operand *opj_op_out(const struct opj_op *op, uint32_t i)
{
	struct opj_value out = op->signature->out;
	if (out.type == OPJ_VALUE_LIST)
		return i < out.count ? opj_op_operand(op, out.u.items[i]) : NULL;
	return i == 0 ? opj_op_operand(op, out) : NULL;
}

/* Keyword argument by name. */
static inline struct opj_value opj_op_kw(const struct opj_op *op, const char *key)
{
	for (uint32_t i = 0; i < op->signature->kw_count; i++) {
		if (strcmp(op->signature->kw[i].key, key) == 0)
			return op->signature->kw[i];
	}
	return OPJ_NONE();
}

/* Number of items of a list value of either form, and item i; a value that is no list has none. */
static inline uint32_t opj_value_count(struct opj_value value)
{
	return value.type == OPJ_VALUE_LIST || value.type == OPJ_VALUE_INTS ? value.count : 0;
}

static inline struct opj_value opj_value_item(struct opj_value value, uint32_t i)
{
	if (i >= opj_value_count(value))
		return OPJ_NONE();
	return value.type == OPJ_VALUE_INTS ? OPJ_INT(value.u.ints[i]) : value.u.items[i];
}

/* A number leaf as a double, as an integer, as a truth value; `otherwise` for anything that is none. */
static inline double opj_value_number(struct opj_value value, double otherwise)
{
	switch (value.type) {
	case OPJ_VALUE_BOOL:
		return value.u.boolean;
	case OPJ_VALUE_INT:
		return (double)value.u.integer;
	case OPJ_VALUE_FLOAT:
		return value.u.number;
	default:
		return otherwise;
	}
}

static inline int64_t opj_value_integer(struct opj_value value, int64_t otherwise)
{
	return value.type == OPJ_VALUE_INT    ? value.u.integer
	       : value.type == OPJ_VALUE_BOOL ? value.u.boolean
					      : otherwise;
}

static inline bool opj_value_truth(struct opj_value value, bool otherwise)
{
	return value.type == OPJ_VALUE_BOOL  ? value.u.boolean
	       : value.type == OPJ_VALUE_INT ? value.u.integer != 0
					     : otherwise;
}

/* Traces ----------------------------------------------------------------------------------------------------------- */

struct opj_trace; /* opaque */

struct opj_trace_options {
	bool partial; /* accept a trace without a closing event; it is still an error that events in between are
			 missing, unless they went with a process that was killed: then the trace ends where the first
			 is missing */
	int64_t
	    process; /* 1-based: replay only that process of the archive; 0: the only one, an error if there are more */
	/* NULL, or told now and then how far the replay is, for a progress line. */
	void (*progress)(void *data, uint64_t ops, uint64_t ops_expected);
	void *progress_data;
};

/* What a reader must know before trusting a figure. Strings are "" where unknown. */
struct opj_manifest {
	int schema_major, schema_minor;
	const char *tool;      /* "opjoule 0.1.0" */
	const char *framework; /* "opjoule native 0.1.0", "torch 2.6.0" */
	const char *model, *run;
	const char *input;   /* what the model was given: "float32[8,32,1,8,8]" */
	const char *command; /* shell-quoted */
	const char *host, *cpu, *kernel;
	const char *started, *ended; /* UTC, ISO 8601 */
	enum opj_clock clock;        /* what durations are */
	/* Keyed values, which belong to the trace: what the executor says of itself; what `opjoule record` saw of the
	 * host (docs/archive.md). The first of a folder are known once its replay has begun. */
	const struct opj_value *facts, *environment;
	uint32_t fact_count, environment_count;
	uint64_t ops, lost_events;
	uint64_t unseen_forks; /* processes that were forked from recorded ones and recorded nothing */
	bool complete;         /* false: interrupted or killed; why says how */
	const char *why;
	uint32_t process_count;
};

/* Opens an archive (.opj) or an op log (.jsonl) by what it contains. Nothing is unpacked yet. options NULL: defaults.
 * NULL on failure: no such file, neither format, cut short, another major schema, … */
OPJ_API struct opj_trace *opj_trace_open(const char *path, const struct opj_trace_options *options,
					 struct opj_error *err);
OPJ_API void opj_trace_close(struct opj_trace *trace);

/* For programs, before the first trace is opened: SIGINT, SIGTERM, SIGHUP and SIGPIPE, which then end the program as
 * before, first delete what traces have unpacked into temporary folders. The first three are blocked in the calling
 * thread and in those it starts, so this is nothing for a program that runs others. */
OPJ_API int opj_trace_guard_signals(struct opj_error *err);

OPJ_API const char *opj_trace_path(const struct opj_trace *trace);
OPJ_API const struct opj_manifest *opj_trace_manifest(const struct opj_trace *trace);
/* The archive's manifest as JSON text, or "{}" for an op log. */
OPJ_API const char *opj_trace_manifest_json(const struct opj_trace *trace);

/* Called in order; each may be NULL. Nonzero ends the replay, which then returns -1 with the visitor's message. */
struct opj_visitor {
	void *data;
	int (*module)(void *data, const struct opj_trace_module *module, struct opj_error *err);
	int (*op)(void *data, const struct opj_op *op, struct opj_error *err);
	int (*call)(void *data, const struct opj_call *call, struct opj_error *err);
	int (*optimizer)(void *data, const struct opj_optimizer_step *step, struct opj_error *err);
	int (*mark)(void *data, const struct opj_trace_mark *mark, struct opj_error *err);
	int (*site)(void *data, const struct opj_site *site, struct opj_error *err);
};

/* Replays the whole trace through the visitors, each event to all of them before the next event. May be called once
 * per open trace. Fails on a gap in sequence numbers, a missing definition, a missing end, a malformed event. */
OPJ_API int opj_trace_replay(struct opj_trace *trace, const struct opj_visitor *visitors, size_t visitor_count,
			     struct opj_error *err);

/* What the trace has defined so far; all of it after the replay. Dense ids run from 0 to count-1. */
OPJ_API uint32_t opj_trace_module_count(const struct opj_trace *trace);
OPJ_API const struct opj_trace_module *opj_trace_module(const struct opj_trace *trace, uint32_t id);
OPJ_API uint32_t opj_trace_context_count(const struct opj_trace *trace);
OPJ_API const struct opj_context *opj_trace_context(const struct opj_trace *trace, uint32_t id);
OPJ_API uint32_t opj_trace_signature_count(const struct opj_trace *trace);
OPJ_API uint32_t opj_trace_op_name_count(const struct opj_trace *trace);
OPJ_API const char *opj_trace_op_name(const struct opj_trace *trace, uint32_t op_id);
OPJ_API uint32_t opj_trace_scope_count(const struct opj_trace *trace);
OPJ_API const char *opj_trace_scope_name(const struct opj_trace *trace, uint32_t scope_id);
OPJ_API uint32_t opj_trace_stage_count(const struct opj_trace *trace);
OPJ_API const char *opj_trace_stage_name(const struct opj_trace *trace, uint32_t stage_id);

#ifdef __cplusplus
}
#endif

#endif
