/* analyze/figures/about.c: the input of a run as text. */
#include "about.h"
#include "record/base/quantity.h"
#include <inttypes.h>

const char *opj_about_values(char buffer[160], const struct opj_activity *input)
{
	char seen[32], unseen[32];
	double nonzero = input->elements ? 100.0 * (double)input->nonzero / (double)input->elements : 0;
	opj_format_count(seen, (int64_t)input->elements, "");
	opj_format_count(unseen, (int64_t)input->unseen, "");
	if (input->kind == OPJ_KIND_UNKNOWN)
		snprintf(buffer, 160, "%s elements whose values nobody looked at", unseen);
	else
		snprintf(buffer, 160, "%.1f %% of %s elements nonzero (sparsity %.1f %%)%s%s%s", nonzero, seen,
			 input->elements ? 100 - nonzero : 0, input->unseen ? ", " : "", input->unseen ? unseen : "",
			 input->unseen ? " more not looked at" : "");
	return buffer;
}

const char *opj_about_source(char buffer[320], const struct opj_activity *input, const struct opj_trace_module *module)
{
	if (module)
		snprintf(buffer, 320, "over %" PRIu64 " call%s of %.250s", input->calls, input->calls == 1 ? "" : "s",
			 module->def.path);
	else
		snprintf(buffer, 320, "as the first op sees it");
	return buffer;
}

const char *opj_about_ignored(char buffer[80], uint64_t ops)
{
	snprintf(buffer, 80, "%" PRIu64 " op%s inside modules that were to be ignored", ops, ops == 1 ? "" : "s");
	return buffer;
}
