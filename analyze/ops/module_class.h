/* analyze/ops/module_class.h: what a module is, by the names of its class and base classes. */
#ifndef OPJ_ANALYZE_OPS_MODULE_CLASS_H
#define OPJ_ANALYZE_OPS_MODULE_CLASS_H

#include <opjoule/replay.h>

/* Whether the module is a `cls` or derived from one. */
static inline bool opj_module_is(const struct opj_trace_module *module, const char *cls)
{
	if (module->def.cls && strcmp(module->def.cls, cls) == 0)
		return true;
	for (uint32_t i = 0; i < module->def.base_count; i++) {
		if (strcmp(module->def.bases[i], cls) == 0)
			return true;
	}
	return false;
}

/* The same for several classes, a NULL-terminated list. */
static inline bool opj_module_is_any(const struct opj_trace_module *module, const char *const *classes)
{
	for (; *classes; classes++) {
		if (opj_module_is(module, *classes))
			return true;
	}
	return false;
}

/* How many active modules are one of `classes`. */
static inline uint32_t opj_context_count_modules(const struct opj_context *context, const char *const *classes)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < context->module_count; i++)
		count += opj_module_is_any(context->modules[i], classes);
	return count;
}

/* Whether a spiking neuron is active. */
static inline bool opj_context_has_neuron(const struct opj_context *context)
{
	for (uint32_t i = 0; i < context->module_count; i++) {
		if (context->modules[i]->def.neuron)
			return true;
	}
	return false;
}

#endif
