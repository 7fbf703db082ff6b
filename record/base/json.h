/* record/base/json.h: JSON text, appended to a buffer: the texts of definitions (docs/trace.md).
 *
 * Independent of the locale. Out of memory shows in the buffer's `failed`. */
#ifndef OPJ_RECORD_BASE_JSON_H
#define OPJ_RECORD_BASE_JSON_H

#include "buffer.h"
#include <opjoule/recorder.h>

void opj_json_text(struct opj_buffer *out, const char *literal); /* as it stands */
void opj_json_bool(struct opj_buffer *out, bool boolean);
void opj_json_integer(struct opj_buffer *out, int64_t integer);

/* With a '.' or an 'e', in the fewest digits that read back equal; {"f":"inf"}, {"f":"-inf"}, {"f":"nan"}. */
void opj_json_float(struct opj_buffer *out, double number);

/* Quoted and escaped. A byte that is not part of valid UTF-8 becomes U+FFFD. NULL: null. */
void opj_json_string(struct opj_buffer *out, const char *string);

void opj_json_integers(struct opj_buffer *out, const int64_t *integers, uint32_t count);

/* A tree whose tensor leaves index `tensors`. The tree is known to be sound (opj_key_…); what can still be wrong is a
 * dtype without a name: then false. */
bool opj_json_value(struct opj_buffer *out, const struct opj_value *value, const struct opj_tensor *tensors);

/* [a, b, …] of the values. */
bool opj_json_list(struct opj_buffer *out, const struct opj_value *values, uint32_t count,
		   const struct opj_tensor *tensors);

/* {key: value, …} of keyed values. */
bool opj_json_object(struct opj_buffer *out, const struct opj_value *values, uint32_t count,
		     const struct opj_tensor *tensors);

#endif
