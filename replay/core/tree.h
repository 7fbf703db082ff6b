/* replay/core/tree.h: argument trees and shapes out of JSON, as docs/trace.md writes them. */
#ifndef OPJ_REPLAY_CORE_TREE_H
#define OPJ_REPLAY_CORE_TREE_H

#include "fields.h"
#include "record/base/arena.h"
#include "record/base/schema.h"
#include <opjoule/replay.h>

/* Collects the tensors that a tree mentions, in the order of a walk over it. */
struct opj_tree_builder {
	struct opj_arena *arena;      /* trees, shapes and strings go there */
	struct opj_operand *operands; /* [operand_count]; malloc'ed, opj_tree_builder_finish frees it */
	uint32_t operand_count;
	const struct opj_field_rules *rules; /* for the keys of tensors */
};

void opj_tree_builder_finish(struct opj_tree_builder *builder);
/* One value. */
int opj_tree_value(struct opj_tree_builder *builder, const json_t *json, struct opj_value *value,
		   struct opj_error *err);
/* The items of a list; messages name them key[0], key[1], … */
int opj_tree_items(struct opj_tree_builder *builder, const json_t *json, const char *key,
		   const struct opj_value **items, uint32_t *count, struct opj_error *err);
/* The members of an object, keyed. */
int opj_tree_members(struct opj_tree_builder *builder, const json_t *json, const char *key,
		     const struct opj_value **items, uint32_t *count, struct opj_error *err);
/* The same where a tensor has no place: attributes of modules, hyper-parameters. */
int opj_tree_constants(struct opj_arena *arena, const json_t *json, const char *key, const struct opj_value **items,
		       uint32_t *count, struct opj_error *err);

/* What {"2":{"st":…,"dev":…}} says of the builder's tensors, by their number. */
int opj_tree_places(struct opj_tree_builder *builder, const json_t *json, struct opj_error *err);

/* A shape. `numel` (may be NULL): its product, 1 without dimensions. Negative sizes, more than OPJ_DIMENSIONS_MAX of
 * them and a product over INT64_MAX are errors. */
int opj_tree_shape(struct opj_arena *arena, const json_t *json, int *ndim, const int64_t **shape, uint64_t *numel,
		   struct opj_error *err);

/* The double that {"f":"inf"}, {"f":"-inf"} or {"f":"nan"} stands for. */
int opj_tree_special_float(const json_t *json, double *number, struct opj_error *err);

#endif
