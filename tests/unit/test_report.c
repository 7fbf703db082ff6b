/* tests/unit/test_report.c: the tree of figures: sections, lists, refusals. */
#include "analyze/engine/report.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect(const struct opj_report *report, const char *json)
{
	struct opj_error err = {""};
	cr_assert_eq(opj_report_check(report, &err), 0, "%s", err.text);
	char *text = json_dumps(report->fields, JSON_COMPACT);
	cr_assert_str_eq(text, json);
	free(text);
}

Test(report, keys_keep_their_order)
{
	struct opj_report *report = opj_report_create();
	opj_report_count(report, 3, "z", "b", NULL);
	opj_report_string(report, "x", "a", NULL);
	opj_report_number(report, 0.5, "z", "a", NULL);
	opj_report_section(report, "empty", NULL);
	opj_report_section(report, "z", NULL);
	opj_report_count(report, 4, "z", "b", NULL);
	expect(report, "{\"z\":{\"b\":4,\"a\":0.5},\"a\":\"x\",\"empty\":{}}");
	opj_report_destroy(report);
}

Test(report, lists_of_objects)
{
	struct opj_report *report = opj_report_create();
	for (int i = 0; i < 2; i++) {
		opj_report_section(report, "map", OPJ_REPORT_NEXT, NULL);
		opj_report_count(report, i, "map", OPJ_REPORT_LAST, "n", NULL);
		opj_report_count(report, 7, "map", OPJ_REPORT_LAST, "dims", "K", NULL);
	}
	expect(report, "{\"map\":[{\"n\":0,\"dims\":{\"K\":7}},{\"n\":1,\"dims\":{\"K\":7}}]}");
	opj_report_destroy(report);
}

Test(report, a_path_through_a_figure_is_remembered)
{
	struct opj_report *report = opj_report_create();
	struct opj_error err = {""};
	opj_report_count(report, 3, "a", NULL);
	opj_report_count(report, 3, "a", "b", NULL);
	opj_report_count(report, 3, "c", NULL);
	cr_assert_eq(opj_report_check(report, &err), -1);
	cr_assert(strstr(err.text, "a: "), "%s", err.text);
	opj_report_destroy(report);
}

Test(report, figures_are_finite)
{
	struct opj_report *report = opj_report_create();
	struct opj_error err = {""};
	opj_report_number(report, NAN, "total", NULL);
	cr_assert_eq(opj_report_check(report, &err), -1);
	cr_assert(strstr(err.text, "total"));
	opj_report_destroy(report);
}

Test(report, the_last_of_an_empty_list)
{
	struct opj_report *report = opj_report_create();
	opj_report_count(report, 1, "map", OPJ_REPORT_LAST, "n", NULL);
	cr_assert_eq(opj_report_check(report, NULL), -1);
	opj_report_destroy(report);
}

Test(report, shares)
{
	struct opj_report *report = opj_report_create();
	double pj = 0;
	opj_report_share(report, OPJ_BY_STAGE, "forward", 2.5);
	cr_assert(opj_report_find_share(report, OPJ_BY_STAGE, "forward", &pj) && pj == 2.5);
	cr_assert_not(opj_report_find_share(report, OPJ_BY_OP, "forward", &pj));
	opj_report_destroy(report);
}

Test(report, a_total_is_stated_once_and_by_its_function)
{
	struct opj_report *report = opj_report_create();
	struct opj_error err = {""};
	opj_report_count(report, 3, "a", NULL);
	opj_report_total(report, 1.5);
	opj_report_number(report, 7, "parts", "energy_total_pj", NULL); /* deeper down the name is free */
	expect(report, "{\"a\":3,\"energy_total_pj\":1.5,\"parts\":{\"energy_total_pj\":7.0}}");
	cr_assert(report->totalled && report->total_pj == 1.5);
	opj_report_total(report, 2);
	cr_assert_eq(opj_report_check(report, &err), -1);
	cr_assert(strstr(err.text, "twice"), "%s", err.text);
	opj_report_destroy(report);

	report = opj_report_create();
	opj_report_number(report, 7, "energy_total_pj", NULL);
	cr_assert_eq(opj_report_check(report, &err), -1);
	cr_assert(strstr(err.text, "opj_report_total"), "%s", err.text);
	opj_report_destroy(report);

	report = opj_report_create();
	opj_report_total(report, NAN);
	cr_assert_eq(opj_report_check(report, &err), -1);
	opj_report_destroy(report);
}
