/* record/base/json_record.h: what the definitions of a trace and the lines of an op log write alike
 * (docs/trace.md, docs/oplog.md): the keys of modules, of what is kept, and of optimizers.
 *
 * A dtype without a name is a problem of the writer's (opj_json_check). */
#ifndef OPJ_RECORD_BASE_JSON_RECORD_H
#define OPJ_RECORD_BASE_JSON_RECORD_H

#include "json.h"
#include <opjoule/recorder.h>

void opj_json_dtype(struct opj_json *json, const char *key, DLDataType dtype);

/* What every schema says of a module: "path" to "params". Buffers and axes are the caller's. */
void opj_json_module(struct opj_json *json, const struct opj_module *module);
/* "buffers" and "states": lists of what is kept, with name, shape and dtype. */
void opj_json_buffers(struct opj_json *json, const struct opj_module *module);
void opj_json_states(struct opj_json *json, const struct opj_state *states, uint32_t count);

/* "groups" of an optimizer's step. */
void opj_json_groups(struct opj_json *json, const struct opj_optimizer_record *step);

#endif
