/* tests/e2e/plugin_no_total.c: estimators that do not state their total as they should: `silent` states none, `magic`
 * sets the field by its name, `taken` sets a field that is every report's. */
#include <opjoule/estimator.h>

static int silent_report(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err)
{
	(void)self, (void)total, (void)err;
	opj_report_number(report, 12, "total", NULL);
	return 0;
}

static int magic_report(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err)
{
	(void)self, (void)total, (void)err;
	opj_report_number(report, 12, "energy_total_pj", NULL);
	return 0;
}

static int taken_report(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err)
{
	(void)self, (void)total, (void)err;
	opj_report_total(report, 12);
	opj_report_count(report, 0, "warnings", NULL);
	return 0;
}

#define ESTIMATOR(label)                                                                                               \
	{                                                                                                              \
		.abi = OPJ_PLUGIN_ABI, .name = #label, .version = "1", .summary = "a test", .boundary = "everything",  \
		.source = "a test", .report = label##_report                                                           \
	}

static const struct opj_estimator silent = ESTIMATOR(silent), magic = ESTIMATOR(magic), taken = ESTIMATOR(taken);

OPJ_API const struct opj_estimator *const opj_plugin_estimators[] = {&silent, &magic, &taken, NULL};
