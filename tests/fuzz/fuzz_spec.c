/* tests/fuzz/fuzz_spec.c: what stands behind -c and -m: "NAME:PRESET,key=value,…", tried as a counter and as an
 * estimator. Inputs with a slash or ".y" are left to fuzz_yaml.c: they would open files. */
#include "fuzz.h"
#include <opjoule/analysis.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opj_error err;
	char *spec = strndup((const char *)data, size);
	struct opj_analysis *analysis = opj_analysis_create();
	opj_analysis_add_counter(analysis, spec, &err);
	if (!strchr(spec, '/') && !strstr(spec, ".y"))
		opj_analysis_add_estimator(analysis, spec, &err);
	opj_analysis_destroy(analysis);
	free(spec);
	return 0;
}
