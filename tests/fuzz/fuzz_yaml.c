/* tests/fuzz/fuzz_yaml.c: a cost file for each estimator in turn, as `opjoule analyze -m NAME:FILE.yaml` reads it: the
 * YAML, the settings, the estimator that is made of them. */
#include "fuzz.h"
#include <opjoule/analysis.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	for (const struct opj_estimator *const *at = opj_estimators; *at; at++) {
		char spec[128];
		struct opj_error err;
		struct opj_analysis *analysis = opj_analysis_create();
		snprintf(spec, sizeof spec, "%s:%s", (*at)->name, path);
		if (opj_analysis_add_estimator(analysis, spec, &err) == 0)
			free(opj_analysis_json(analysis, &err));
		opj_analysis_destroy(analysis);
	}
	return 0;
}
