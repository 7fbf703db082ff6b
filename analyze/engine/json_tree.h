/* analyze/engine/json_tree.h: trees of jansson through the writer of record/base/json.h, so that their numbers look as
 * all others do: reports hold what estimators say as trees. */
#ifndef OPJ_ANALYZE_ENGINE_JSON_TREE_H
#define OPJ_ANALYZE_ENGINE_JSON_TREE_H

#include "record/base/json.h"
#include <jansson.h>

/* One value. NULL, which jansson's functions return when memory runs out, is a failure. */
void opj_json_tree(struct opj_json *json, const char *key, const json_t *tree);

/* A tree as a text to be freed, `indent` spaces per level. NULL: out of memory. */
char *opj_json_tree_text(const json_t *tree, uint32_t indent, struct opj_error *err);

#endif
