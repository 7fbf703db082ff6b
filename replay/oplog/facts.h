/* replay/oplog/facts.h: an op log tells definition and event in one line; this takes them apart. */
#ifndef OPJ_REPLAY_OPLOG_FACTS_H
#define OPJ_REPLAY_OPLOG_FACTS_H

#include "record/base/arena.h"
#include "replay/core/fields.h"
#include <opjoule/replay.h>

/* What changes from call to call of the tensors of one line, in the order of a walk. Memory is kept from line to line.
 */
struct opj_facts {
	struct opj_fact {
		uint64_t storage, address, extent, offset;
		struct opj_stats stats;
	} * items;
	uint32_t count;
	struct opj_field_rules rules;
};

/* A new reference to the value as a definition has it, with the facts taken out of its tensors and added to `facts`.
 * NULL: a tensor is malformed. */
json_t *opj_facts_strip(struct opj_facts *facts, const json_t *value, struct opj_error *err);
/* The same for keyword arguments: an object that is none itself, whatever its keys are, but has values as members. */
json_t *opj_facts_strip_members(struct opj_facts *facts, const json_t *object, struct opj_error *err);
/* Puts the facts into the operands of the definition. -1: more nonzeros than elements. */
int opj_facts_apply(const struct opj_facts *facts, struct opj_operand *operands, struct opj_error *err);
/* -1: `id`, the value of `key`, is none that a trace can name. */
int opj_facts_storage_check(uint64_t id, const char *key, struct opj_error *err);
void opj_facts_finish(struct opj_facts *facts);

/* The statistics of spike positions of one line. */
struct opj_spike_reader {
	struct opj_spike_stats stats;
	struct opj_arena arena; /* holds the tiles, emptied by the next read */
};

int opj_spike_read(struct opj_spike_reader *reader, const json_t *json, const struct opj_field_rules *rules,
		   struct opj_error *err);
void opj_spike_reader_finish(struct opj_spike_reader *reader);

#endif
