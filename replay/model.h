/* replay/model.h: what a trace has defined so far.
 *
 * Both readers fill it: the decoder with the texts of `define` events, the op log with definitions that it finds in its
 * lines. Definitions are JSON as in docs/trace.md, "Texts of definitions"; they live as long as the model. */
#ifndef OPJ_REPLAY_MODEL_H
#define OPJ_REPLAY_MODEL_H

#include "arena.h"
#include "names.h"
#include <jansson.h>
#include <opjoule/replay.h>

/* Numbered as in the field `kind` of a `define` event. */
enum opj_define_kind {
	OPJ_DEFINE_MODULE = 1,
	OPJ_DEFINE_CONTEXT = 2,
	OPJ_DEFINE_SIGNATURE = 3,
	OPJ_DEFINE_CALL = 4,
	OPJ_DEFINE_OPTIMIZER = 5,
	OPJ_DEFINE_KINDS
};

struct opj_model_signature {
	struct opj_signature def;
	/* [def.operand_count] filled from the definition but for storage, address and stats, which a reader sets anew
	 * for each event before it shows them to a visitor: nothing is copied per event. */
	struct opj_operand *operands;
};

struct opj_model_call {
	const struct opj_trace_module *module;
	enum opj_direction direction;
	const struct opj_value *in, *out;
	uint32_t in_count, out_count, operand_count;
	struct opj_operand *operands; /* [operand_count] as in a signature */
};

struct opj_model_list {
	void **items; /* by id */
	uint32_t count, capacity;
};

struct opj_model {
	struct opj_arena arena;
	struct opj_names ops, scopes, stages;
	struct opj_model_list lists[OPJ_DEFINE_KINDS]; /* by kind; what the accessors below cast */
};

/* Adds definition number `id` of its kind, which must be the next one. */
int opj_model_define(struct opj_model *model, enum opj_define_kind kind, uint64_t id, const json_t *text,
		     struct opj_error *err);
void opj_model_finish(struct opj_model *model);

/* "signature": for messages. */
const char *opj_define_kind_name(unsigned kind);

/* Definition `id` of a kind, NULL where there is none. */
static inline void *opj_model_get(const struct opj_model *model, enum opj_define_kind kind, uint64_t id)
{
	return id < model->lists[kind].count ? model->lists[kind].items[id] : NULL;
}

#endif
