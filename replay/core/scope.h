/* replay/core/scope.h: which of the scopes around an op is its own.
 *
 * Whoever says "this op is of that module" (rows of figures, exports, messages, the lines of a replay) asks here. */
#ifndef OPJ_REPLAY_CORE_SCOPE_H
#define OPJ_REPLAY_CORE_SCOPE_H

#include <opjoule/replay.h>

/* "Net.conv" lies in "Net" and in itself. */
static inline bool opj_scope_in(const char *scope, const char *outer)
{
	size_t length = strlen(outer);
	return strncmp(scope, outer, length) == 0 && (scope[length] == '.' || scope[length] == '\0');
}

/* How many parts a scope's path has below the outermost of the context's scopes around it: a root whose own name has
 * dots ("torchvision.models.VGG") is no deeper than another. */
static inline uint32_t opj_scope_depth(const struct opj_context *context, const char *scope)
{
	size_t root = strlen(scope);
	for (uint32_t i = 0; i < context->scope_count; i++) {
		if (opj_scope_in(scope, context->scopes[i]) && strlen(context->scopes[i]) < root)
			root = strlen(context->scopes[i]);
	}
	uint32_t depth = 0;
	for (const char *at = scope + root; *at; at++)
		depth += *at == '.';
	return depth;
}

/* Where a scope's module stands among the active ones, from 1, in the order of the model; 0: it is no module. */
static inline uint32_t opj_scope_place(const struct opj_context *context, const char *scope)
{
	for (uint32_t i = context->module_count; i > 0; i--) {
		if (strcmp(context->modules[i - 1]->def.path, scope) == 0)
			return i;
	}
	return 0;
}

/* The innermost of the scopes that an op in this context counts towards: the deepest path. Of several equally deep ones
 * the last in the order of the model: in a backward pass a layer whose input needs no gradient stays open beside the
 * layers whose turn it is, and such layers stand first. NULL: the op ran outside all modules, "Global" is its only
 * scope. */
static inline const char *opj_scope_innermost(const struct opj_context *context)
{
	const char *innermost = NULL;
	uint32_t deepest = 0, latest = 0;
	for (uint32_t i = 0; i < context->scope_count; i++) {
		const char *scope = context->scopes[i];
		if (strcmp(scope, "Global") == 0)
			continue;
		uint32_t depth = opj_scope_depth(context, scope), place = opj_scope_place(context, scope);
		if (!innermost || depth > deepest || (depth == deepest && place > latest)) {
			innermost = scope;
			deepest = depth;
			latest = place;
		}
	}
	return innermost;
}

#endif
