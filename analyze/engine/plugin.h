/* analyze/engine/plugin.h: counters and estimators from a shared object. */
#ifndef OPJ_ANALYZE_ENGINE_PLUGIN_H
#define OPJ_ANALYZE_ENGINE_PLUGIN_H

#include "engine.h"

/* Loads a shared object that exports opj_plugin_counters, opj_plugin_estimators or both, and checks every descriptor:
 * its layout version and what it cannot do without. */
int opj_plugin_open(struct opj_plugin *plugin, const char *path, struct opj_error *err);
/* Refuses two counters, or two estimators, of one name; a plugin may be compared with itself. */
int opj_plugin_compare(const struct opj_plugin *plugin, const struct opj_plugin *other, struct opj_error *err);
void opj_plugin_close(struct opj_plugin *plugin);

#endif
