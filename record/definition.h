/* record/definition.h: the texts of definitions, as docs/trace.md gives them.
 *
 * Each function appends one JSON object. What is passed in has gone through opj_key_…; false means a dtype without a
 * name, or out of memory. */
#ifndef OPJ_RECORD_DEFINITION_H
#define OPJ_RECORD_DEFINITION_H

#include "record/base/buffer.h"
#include <opjoule/recorder.h>

struct opj_context_text {
	const uint32_t *modules; /* [module_count] ascending */
	uint32_t module_count;
	const char *const *parents; /* [parent_count] sorted by byte */
	uint32_t parent_count;
	const char *stage;
	bool suspended, grad;
};

bool opj_define_module(struct opj_buffer *out, const struct opj_module *module);
bool opj_define_context(struct opj_buffer *out, const struct opj_context_text *context);
bool opj_define_signature(struct opj_buffer *out, const struct opj_op_record *op);
bool opj_define_call(struct opj_buffer *out, const struct opj_call_record *call);
bool opj_define_optimizer(struct opj_buffer *out, const struct opj_optimizer_record *step);

#endif
