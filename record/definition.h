/* record/definition.h: the texts of definitions, as docs/trace.md gives them.
 *
 * Each function writes two JSON objects: `text`, whose keys are those of schema 1.0, and `more` with those that came
 * later, nothing where there are none. What is passed in has gone through opj_key_…; false means a dtype without a
 * name, or out of memory. */
#ifndef OPJ_RECORD_DEFINITION_H
#define OPJ_RECORD_DEFINITION_H

#include "key.h"

/* Each NUL-terminated once it is written; {0} is empty. */
struct opj_texts {
	struct opj_buffer text, more;
};
void opj_texts_finish(struct opj_texts *texts);

struct opj_context_text {
	const uint32_t *modules; /* [module_count] ascending */
	uint32_t module_count;
	const char *const *parents; /* [parent_count] sorted by byte */
	uint32_t parent_count;
	const struct opj_stage *stage;
	bool suspended, grad;
};

bool opj_define_module(struct opj_texts *texts, const struct opj_module *module);
bool opj_define_context(struct opj_texts *texts, const struct opj_context_text *context);
/* `walk` is the one that made the key. */
bool opj_define_signature(struct opj_texts *texts, const struct opj_op_record *op, const struct opj_walk *walk);
bool opj_define_call(struct opj_texts *texts, const struct opj_call_record *call, const struct opj_walk *walk);
bool opj_define_optimizer(struct opj_texts *texts, const struct opj_optimizer_record *step);

#endif
