/* replay/core/activity.h: how many elements of tensors went some way, and how many of them were not zero.
 *
 * Sparsity is a share of the elements that somebody looked at. Tensors whose values nobody looked at (device tensors
 * without statistics) are counted beside them, never as zeros. */
#ifndef OPJ_REPLAY_CORE_ACTIVITY_H
#define OPJ_REPLAY_CORE_ACTIVITY_H

#include <opjoule/replay.h>

/* Zeroed: nothing went there. */
struct opj_activity {
	uint64_t calls;    /* counted by whoever adds */
	uint64_t tensors;  /* whose values were looked at */
	uint64_t elements; /* of those */
	uint64_t nonzero;
	uint64_t unseen;    /* elements of tensors whose values nobody looked at */
	enum opj_kind kind; /* the least special one looked at; UNKNOWN: none was */
};

/* Adds one tensor. -1: there are more elements than fit in 63 bits. */
static inline int opj_activity_add(struct opj_activity *activity, const struct opj_operand *x)
{
	bool seen = x->stats.kind != OPJ_KIND_UNKNOWN;
	uint64_t *elements = seen ? &activity->elements : &activity->unseen;
	if (__builtin_add_overflow(*elements, x->numel, elements) || *elements > INT64_MAX)
		return -1;
	if (!seen)
		return 0;
	activity->tensors++;
	activity->nonzero += x->stats.nnz; /* no more than the elements */
	if (x->stats.kind > activity->kind)
		activity->kind = x->stats.kind;
	return 0;
}

/* Adds the tensors of a tree of a call. */
static inline int opj_activity_add_tree(struct opj_activity *activity, const struct opj_call *call,
					struct opj_value value)
{
	int failed = value.type == OPJ_VALUE_TENSOR ? opj_activity_add(activity, &call->operands[value.u.tensor]) : 0;
	for (uint32_t i = 0; !failed && value.type == OPJ_VALUE_LIST && i < value.count; i++)
		failed = opj_activity_add_tree(activity, call, value.u.items[i]);
	return failed;
}

/* Adds what a call was given and what it gave. -1, with a message: there are more elements than fit in 63 bits. */
static inline int opj_activity_add_call(struct opj_activity *in, struct opj_activity *out, const struct opj_call *call,
					struct opj_error *err)
{
	int failed = 0;
	for (uint32_t i = 0; !failed && i < call->in_count; i++)
		failed = opj_activity_add_tree(in, call, call->in[i]);
	for (uint32_t i = 0; !failed && i < call->out_count; i++)
		failed = opj_activity_add_tree(out, call, call->out[i]);
	return failed
		   ? opj_fail(err, "module %s: the elements of its calls do not fit in 64 bits", call->module->def.path)
		   : 0;
}

/* The share of zeros from 0 to 1. false: nobody looked at an element. */
static inline bool opj_activity_sparsity(const struct opj_activity *activity, double *sparsity)
{
	if (!activity->elements)
		return false;
	*sparsity = 1 - (double)activity->nonzero / (double)activity->elements;
	return true;
}

#endif
