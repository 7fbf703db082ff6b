/* replay/core/scope.h: which of the scopes around an op is its own. */
#ifndef OPJ_REPLAY_CORE_SCOPE_H
#define OPJ_REPLAY_CORE_SCOPE_H

#include <opjoule/replay.h>

static inline uint32_t opj_scope_dots(const char *scope)
{
	uint32_t count = 0;
	for (; *scope; scope++)
		count += *scope == '.';
	return count;
}

/* The innermost of the scopes that an op counts towards, by the parts of its path, then by length; "Global" where there
 * is no other. */
static inline const char *opj_scope_innermost(const struct opj_context *context)
{
	const char *innermost = NULL;
	for (uint32_t i = 0; i < context->scope_count; i++) {
		const char *scope = context->scopes[i];
		if (strcmp(scope, "Global") == 0)
			continue;
		uint32_t parts = opj_scope_dots(scope), most = innermost ? opj_scope_dots(innermost) : 0;
		if (!innermost || parts > most || (parts == most && strlen(scope) > strlen(innermost)))
			innermost = scope;
	}
	return innermost ? innermost : "Global";
}

#endif
