/* record/context.h: what a thread is doing: entered modules, scopes, stage, suspension, gradient mode.
 *
 * Each thread has one state, that of the recorder that speaks; it also holds the scratch memory that recording an op
 * needs, so that the path of an op allocates nothing. Only its own thread touches it. */
#ifndef OPJ_RECORD_CONTEXT_H
#define OPJ_RECORD_CONTEXT_H

#include "core.h"
#include "definition.h"

#define OPJ_NO_MODULE UINT32_MAX

enum { OPJ_COUNTED_MAX = 8 }; /* results of one op whose channels are counted */

/* Nonzeros in each channel of a result. */
struct opj_counted {
	uint32_t leaf, count;
	size_t at; /* byte of thread->channels where its sums begin, [count] of 64 bits */
};

struct opj_frame {       /* one entered module or pushed scope */
	bool set;        /* pushed by opj_scope_push; else `module` was entered */
	bool derived;    /* of a set: scope names follow from the modules */
	uint32_t module; /* OPJ_NO_MODULE: entered under an id that was never defined */
	uint32_t module_count, scope_count;
	uint32_t *modules; /* of a set */
	char *scopes;      /* of a set: scope_count strings, one after the other */
};

struct opj_thread {
	uint64_t generation; /* of the recorder that this state belongs to */
	struct opj_frame *frames;
	uint32_t frame_count, frame_room;
	struct opj_stage *stages; /* names are owned */
	uint32_t stage_count, stage_room;
	uint32_t suspended;
	bool grad;
	bool context_known; /* `context` is the id of what is in force */
	uint32_t context;

	/* Scratch memory of whatever is being recorded. */
	struct opj_buffer key, context_key, modules, states, tiles, keyword, channels;
	struct opj_counted counted[OPJ_COUNTED_MAX];
	uint32_t counted_count;
	struct opj_weights *weights; /* patterns of weights that have zeros (product.h); NULL until there is one */
	struct {
		const struct opj_weight_pattern *pattern; /* NULL: none */
		uint64_t storage;
		uint32_t tensor; /* of the op */
	} new_weight;            /* a parameter with zeros that the trace knows nothing of yet */
	struct opj_texts texts;
	uint32_t leaves[OPJ_OP_TENSORS_MAX];        /* tensor index of each leaf */
	struct opj_stats stats[OPJ_OP_TENSORS_MAX]; /* by tensor index, where `looked` is set */
	uint8_t looked[OPJ_OP_TENSORS_MAX];
	uint8_t flags[OPJ_OP_TENSORS_MAX]; /* from here on as in struct opj_event_op */
	int64_t storage[OPJ_OP_TENSORS_MAX];
	uint64_t nnz[OPJ_OP_TENSORS_MAX], magnitude[OPJ_OP_TENSORS_MAX], address[OPJ_OP_TENSORS_MAX];
	uint64_t extent[OPJ_OP_TENSORS_MAX], offset[OPJ_OP_TENSORS_MAX];
	uint16_t range[OPJ_OP_TENSORS_MAX];
};

/* The calling thread's state, empty at first; NULL when out of memory or when `rec` may not write
 * (opj_recorder_speaks). What went wrong is counted. */
struct opj_thread *opj_thread_get(struct opj_recorder *rec);

/* Frees the calling thread's state where it belongs to `rec`. Those of other threads go when they end. */
void opj_thread_forget(const struct opj_recorder *rec);

/* The stage in force. */
const struct opj_stage *opj_stage_current(const struct opj_thread *thread);

/* Under the recorder's mutex: the id of the context in force, defined where it is new; OPJ_INTERN_NONE when out of
 * memory. */
uint32_t opj_context_current(struct opj_recorder *rec, struct opj_thread *thread);

#endif
