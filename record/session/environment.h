/* record/session/environment.h: what a figure of time or energy owes to where it was measured, as far as /proc, /sys
 * and the environment tell at no cost. docs/archive.md lists the keys. */
#ifndef OPJ_RECORD_SESSION_ENVIRONMENT_H
#define OPJ_RECORD_SESSION_ENVIRONMENT_H

#include "record/base/json.h"

/* The commit that is checked out in the current folder, and whether files differ from it: git says so, once, before the
 * command runs. Both empty where there is no git or no repository. */
struct opj_git_state {
	char commit[72]; /* "": not known */
	bool dirty;
};

struct opj_git_state opj_git_state_read(void);

/* Writes the member "environment" of the manifest: a flat object. */
void opj_environment_write(struct opj_json *out, const struct opj_git_state *git);

#endif
