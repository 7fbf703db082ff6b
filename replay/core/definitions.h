/* replay/core/definitions.h: what a trace has defined so far.
 *
 * Both readers fill it: the decoder with the texts of `define` events, the op log with definitions that it finds in its
 * lines. Definitions are JSON as in docs/trace.md, "Texts of definitions"; they live as long as the trace. */
#ifndef OPJ_REPLAY_CORE_DEFINITIONS_H
#define OPJ_REPLAY_CORE_DEFINITIONS_H

#include "fields.h"
#include "record/base/arena.h"
#include "record/base/intern.h"
#include "record/base/schema.h"
#include <opjoule/replay.h>

struct opj_definition_signature {
	struct opj_signature def;
	/* [def.operand_count] filled from the definition but for storage, address and stats, which a reader sets anew
	 * for each event before it shows them to a visitor: nothing is copied per event. */
	struct opj_operand *operands;
};

struct opj_definition_call {
	const struct opj_trace_module *module;
	enum opj_direction direction;
	const struct opj_value *in, *out, *kw;
	uint32_t in_count, out_count, kw_count, operand_count;
	uint32_t positional;          /* operands of in and out; those of kw follow */
	struct opj_operand *operands; /* [operand_count] as in a signature */
	const struct opj_state *states;
	uint32_t state_count;
	enum opj_answer grad, training;
};

struct opj_definition_list {
	void **items; /* by id */
	uint32_t count;
};

struct opj_definitions {
	struct opj_arena arena;
	struct opj_field_rules rules;                       /* by which definitions are read */
	struct opj_intern ops, scopes, stages;              /* names */
	struct opj_definition_list lists[OPJ_DEFINE_KINDS]; /* by kind; what the accessors below cast */
};

/* Adds definition number `id` of its kind, which must be the next one. */
int opj_definitions_define(struct opj_definitions *definitions, enum opj_define_kind kind, uint64_t id,
			   const json_t *text, struct opj_error *err);
void opj_definitions_finish(struct opj_definitions *definitions);

/* "signature": for messages. */
const char *opj_define_kind_name(unsigned kind);

/* Definition `id` of a kind, NULL where there is none. */
static inline void *opj_definitions_get(const struct opj_definitions *definitions, enum opj_define_kind kind,
					uint64_t id)
{
	return id < definitions->lists[kind].count ? definitions->lists[kind].items[id] : NULL;
}

/* What a definition says of every call that it is of; operands are those of the definition. */
static inline struct opj_call opj_definition_call_event(const struct opj_definition_call *def,
							const struct opj_context *context)
{
	return (struct opj_call){.module = def->module,
				 .direction = def->direction,
				 .context = context,
				 .in = def->in,
				 .in_count = def->in_count,
				 .out = def->out,
				 .out_count = def->out_count,
				 .operands = def->operands,
				 .operand_count = def->operand_count,
				 .kw = def->kw,
				 .kw_count = def->kw_count,
				 .states = def->states,
				 .state_count = def->state_count,
				 .grad = def->grad,
				 .training = def->training};
}

#endif
