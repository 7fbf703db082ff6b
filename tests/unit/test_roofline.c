/* tests/unit/test_roofline.c: machines as users write them, and places of labels: no text over another. */
#include "analyze/roofline/chart_layout.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(roofline, rates_are_from_1_to_1e24)
{
	static const char *const refused[] = {"0", "-5 GFLOP/s", "1e25", "0.5", "50 GB/s", ""};
	struct opj_machine machine;
	struct opj_error err = {""};
	cr_assert_eq(opj_machine_init(&machine, &err), 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		cr_expect_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, refused[i], &err), -1, "%s", refused[i]);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_MEMORY, "0.5", &err), -1);
	cr_assert_str_eq(err.text, "\"0.5\" is not between 1 and 1e24 B/s");
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "low=1", &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "high=1e24", &err), 0);
	opj_machine_finish(&machine);
}

Test(roofline, ceilings_stand_in_the_order_of_their_rates)
{
	struct opj_machine machine;
	struct opj_error err = {""};
	cr_assert_eq(opj_machine_init(&machine, &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "scalar=4 GFLOP/s", &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "a=b=64 GFLOP/s", &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "8 GFLOP/s", &err), 0);
	const struct opj_ceilings *compute = &machine.by[OPJ_CEILING_COMPUTE];
	cr_assert_eq(compute->count, 3);
	cr_expect_str_eq(compute->items[0].name, "a=b");
	cr_expect_str_eq(compute->items[1].name, "compute");
	cr_expect_str_eq(compute->items[2].name, "scalar");
	cr_expect_eq(opj_machine_find(&machine, OPJ_CEILING_COMPUTE, NULL, &err), &compute->items[0]);
	cr_expect_eq(opj_machine_find(&machine, OPJ_CEILING_COMPUTE, "scalar", &err), &compute->items[2]);
	cr_expect_null(opj_machine_find(&machine, OPJ_CEILING_COMPUTE, "vector", &err));
	cr_expect_str_eq(err.text, "no ceiling of compute is called \"vector\"; there are: a=b, compute, scalar");
	cr_expect_null(opj_machine_find(&machine, OPJ_CEILING_MEMORY, NULL, &err));
	cr_expect_neq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "scalar=5 GFLOP/s", &err), 0);
	cr_expect_neq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "=5 GFLOP/s", &err), 0);
	cr_expect_neq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "a\nb=5 GFLOP/s", &err), 0);
	cr_expect_neq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "\xff=5 GFLOP/s", &err), 0);
	char text[32];
	for (int i = 3; i < OPJ_CEILINGS_MAX; i++) {
		snprintf(text, sizeof text, "n%d=%d", i, i);
		cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, text, &err), 0);
	}
	cr_expect_neq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "more=5 GFLOP/s", &err), 0);
	opj_machine_finish(&machine);
}

static bool overlap(const struct opj_box *a, const struct opj_box *b)
{
	return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

Test(roofline, labels_of_one_place_spread)
{
	enum { COUNT = 200 };
	struct opj_box boxes[COUNT];
	struct opj_boxes taken = {0};
	const struct opj_label_room room = {&taken, NULL, {0, 0, 1000, 800}};
	for (int i = 0; i < COUNT; i++) {
		cr_assert(opj_label_place(&room, 500, 400, 30, 12, 6, 1000, &boxes[i]), "no place for label %d", i);
		cr_expect(boxes[i].x0 >= 0 && boxes[i].x1 <= 1000 && boxes[i].y0 >= 0 && boxes[i].y1 <= 800);
		opj_boxes_add(&taken, boxes[i]);
		for (int j = 0; j < i; j++)
			cr_expect(!overlap(&boxes[i], &boxes[j]), "labels %d and %d", i, j);
	}
	opj_boxes_finish(&taken);
}

Test(roofline, a_full_frame_takes_no_label)
{
	struct opj_box place;
	struct opj_boxes taken = {0};
	const struct opj_label_room room = {&taken, NULL, {0, 0, 50, 50}};
	opj_boxes_add(&taken, (struct opj_box){0, 0, 50, 50});
	cr_expect(!opj_label_place(&room, 25, 25, 10, 10, 5, 100, &place));
	opj_boxes_finish(&taken);
}

/* Letters of 6 points each. */
static double measure(void *data, const char *text)
{
	(void)data;
	return 6.0 * (double)strlen(text);
}

/* A chart of `count` marks in clusters, with two ceilings. */
static struct opj_chart chart_of(uint32_t count)
{
	struct opj_chart chart = {.x0 = -1, .x1 = 2, .y0 = 8, .y1 = 11, .mark_count = count, .line_count = 2};
	chart.marks = calloc(count, sizeof *chart.marks);
	chart.lines = calloc(2, sizeof *chart.lines);
	for (uint32_t i = 0; i < count; i++) {
		struct opj_chart_mark *mark = &chart.marks[i];
		*mark = (struct opj_chart_mark){.x = 0.4 * (i % 4), .y = 9 + 0.01 * (i / 4), .number = i + 1};
		cr_assert_geq(asprintf(&mark->label, "block%u.conv", i), 0);
	}
	chart.lines[0] = (struct opj_chart_line){strdup("peak 50 GFLOP/s"), "peak", 0.5, 10.7, 2, 10.7, 0, true};
	chart.lines[1] = (struct opj_chart_line){strdup("DRAM 10 GB/s"), "DRAM", -1, 9, 0.7, 10.7, 1, true};
	return chart;
}

static struct opj_box box_of(const struct opj_label *label, const char *text)
{
	return (struct opj_box){label->x, label->y - 8, label->x + measure(NULL, text), label->y + 2};
}

static void expect_apart(const struct opj_chart_layout *layout)
{
	const struct opj_chart *chart = layout->chart;
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		char a[16], b[16];
		snprintf(a, sizeof a, "%u", chart->marks[i].number);
		cr_expect(layout->marks[i].shown, "mark %u has no label", i);
		struct opj_box one = box_of(&layout->marks[i], layout->keyed ? a : chart->marks[i].label);
		cr_expect(one.x0 >= OPJ_CHART_LEFT && one.x1 <= OPJ_CHART_WIDTH - OPJ_CHART_RIGHT);
		for (uint32_t j = 0; j < i; j++) {
			snprintf(b, sizeof b, "%u", chart->marks[j].number);
			struct opj_box other = box_of(&layout->marks[j], layout->keyed ? b : chart->marks[j].label);
			cr_expect(!overlap(&one, &other), "labels of marks %u and %u", i, j);
		}
		for (uint32_t j = 0; j < chart->mark_count; j++) {
			double x = opj_chart_across(chart, chart->marks[j].x);
			double y = opj_chart_down(chart, chart->marks[j].y), r = OPJ_CHART_MARK;
			struct opj_box mark = {x - r, y - r, x + r, y + r};
			cr_expect(!overlap(&one, &mark), "label of mark %u over mark %u", i, j);
		}
	}
}

Test(roofline, few_marks_bear_their_names_and_many_bear_numbers)
{
	static const struct {
		uint32_t marks;
		bool keyed;
	} cases[] = {{1, false}, {4, false}, {40, true}, {120, true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_chart chart = chart_of(cases[i].marks);
		struct opj_chart_layout layout;
		cr_assert_eq(opj_chart_layout_init(&layout, &chart, measure, NULL), 0);
		cr_expect_eq(layout.keyed, cases[i].keyed, "%u marks", cases[i].marks);
		cr_expect_eq(layout.key_rows > 0, cases[i].keyed);
		cr_expect(layout.lines[0].shown && layout.lines[1].shown);
		expect_apart(&layout);
		opj_chart_layout_finish(&layout);
		opj_chart_finish(&chart);
	}
}

Test(roofline, ticks_are_decades)
{
	char text[32];
	cr_expect_str_eq(opj_chart_tick(text, -2), "0.01");
	cr_expect_str_eq(opj_chart_tick(text, 3), "1000");
	cr_expect_str_eq(opj_chart_tick(text, -12), "10⁻¹²");
	cr_expect_str_eq(opj_chart_tick(text, 5), "10⁵");
	cr_expect_eq(opj_chart_step(0, 3, 10), 1);
	cr_expect_eq(opj_chart_step(0, 25, 10), 3);
}

Test(roofline, of_all_ceilings_the_chosen_two_are_the_roof)
{
	struct opj_machine machine;
	struct opj_chart chart;
	struct opj_error err = {""};
	cr_assert_eq(opj_machine_init(&machine, &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "vector=64 GFLOP/s", &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_COMPUTE, "scalar=4 GFLOP/s", &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_MEMORY, "L1=400 GB/s", &err), 0);
	cr_assert_eq(opj_machine_add(&machine, OPJ_CEILING_MEMORY, "DRAM=20 GB/s", &err), 0);
	const struct opj_roofline roofline = {
	    .machine = &machine,
	    .peak = opj_machine_find(&machine, OPJ_CEILING_COMPUTE, "scalar", &err),
	    .bandwidth = opj_machine_find(&machine, OPJ_CEILING_MEMORY, "L1", &err),
	};
	cr_assert_eq(opj_chart_init(&chart, &roofline, "Net", &err), 0, "%s", err.text);
	cr_assert_eq(chart.line_count, 4);
	for (uint32_t i = 0; i < chart.line_count; i++) {
		const char *name = chart.lines[i].name;
		cr_expect_eq(chart.lines[i].roof, strcmp(name, "scalar") == 0 || strcmp(name, "L1") == 0, "%s", name);
	}
	opj_chart_finish(&chart);
	opj_machine_finish(&machine);
}
