/* tests/unit/test_align.c: which module of one version of a model is which of another, worked out by hand. */
#include "analyze/diff/align.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A module as a test writes it. Convolutions and linear layers have attributes and a weight, others have neither. */
struct layer {
	const char *path, *cls;
	int64_t in, out;
};

enum { LAYERS_MAX = 3200 };

struct model {
	struct opj_row rows[LAYERS_MAX];
	struct opj_seen_module seen[LAYERS_MAX];
	struct opj_trace_module modules[LAYERS_MAX];
	struct opj_value attrs[LAYERS_MAX][2];
	struct opj_module_parameter weights[LAYERS_MAX];
	int64_t shapes[LAYERS_MAX][2];
	struct opj_rows list;
};

static struct model *before, *after;

static void set_up(void)
{
	before = calloc(1, sizeof *before);
	after = calloc(1, sizeof *after);
}

static void tear_down(void)
{
	free(before);
	free(after);
}

TestSuite(align, .init = set_up, .fini = tear_down);

/* cls NULL: a scope that is no module. */
static void add(struct model *model, struct layer layer)
{
	size_t i = model->list.count++;
	struct opj_row *row = &model->rows[i];
	model->shapes[i][0] = layer.out;
	model->shapes[i][1] = layer.in;
	model->attrs[i][0] = opj_keyed("out", OPJ_INT(layer.out));
	model->attrs[i][1] = opj_keyed("in", OPJ_INT(layer.in));
	model->weights[i] =
	    (struct opj_module_parameter){.name = "weight", .ndim = 2, .shape = model->shapes[i], .dtype = {2, 32, 1}};
	model->modules[i].def = (struct opj_module){.path = layer.path,
						    .cls = layer.cls,
						    .attrs = model->attrs[i],
						    .attr_count = layer.in ? 2 : 0,
						    .parameters = &model->weights[i],
						    .parameter_count = layer.in ? 1 : 0};
	model->seen[i].module = &model->modules[i];
	*row = (struct opj_row){
	    .name = layer.path, .local = layer.path, .parent = -1, .module = layer.cls ? &model->seen[i] : NULL};
	for (size_t j = 0; layer.cls && j < i; j++) {
		size_t length = strlen(model->rows[j].name);
		if (strncmp(layer.path, model->rows[j].name, length) == 0 && layer.path[length] == '.') {
			row->parent = (int64_t)j;
			row->depth = model->rows[j].depth + 1;
			row->local = layer.path + length + 1;
		}
	}
	model->list.rows = model->rows;
}

#define MODEL(model, ...)                                                                                              \
	do {                                                                                                           \
		static const struct layer layers[] = {__VA_ARGS__};                                                    \
		(model)->list.count = 0;                                                                               \
		for (size_t l = 0; l < sizeof layers / sizeof *layers; l++)                                            \
			add((model), layers[l]);                                                                       \
	} while (0)

/* One line for each module of A, then one for each of B that A lacks. */
static void write_result(const struct opj_align *align, FILE *out)
{
	for (size_t i = 0; i < align->a.rows->count; i++) {
		int64_t match = align->a.match[i];
		const char *name = align->a.rows->rows[i].name;
		if (match < 0) {
			fprintf(out, "-%s\n", name);
			continue;
		}
		cr_assert_eq(align->b.match[match], (int64_t)i, "both sides say the same");
		bool renamed = opj_align_renamed(align, i), changed = opj_align_changed(align, i);
		if (!renamed && !changed)
			continue;
		fprintf(out, "%s%s%s > %s\n", renamed ? "r" : "", changed ? "c" : "", name,
			align->b.rows->rows[match].name);
	}
	for (size_t i = 0; i < align->b.rows->count; i++) {
		if (align->b.match[i] < 0)
			fprintf(out, "+%s\n", align->b.rows->rows[i].name);
	}
}

/* Everything that is not the same, "-a" removed, "+b" added, "ra > b" renamed, "ca > b" changed, "rca > b" both. */
static void expect(const char *expected)
{
	struct opj_error err = {""};
	struct opj_align align;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	cr_assert_eq(opj_align_init(&align, &before->list, &after->list, &err), 0, "%s", err.text);
	write_result(&align, out);
	fclose(out);
	cr_assert_str_eq(text, expected, "got:\n%swanted:\n%s", text, expected);
	free(text);
	opj_align_finish(&align);
}

#define NET                                                                                                            \
	{"Net", "Net"}, {"Net.c1", "Conv2d", 1, 16}, {"Net.n1", "IFNode"}, {"Net.c2", "Conv2d", 16, 32},               \
	    {"Net.n2", "IFNode"},                                                                                      \
	{                                                                                                              \
		"Net.fc", "Linear", 128, 10                                                                            \
	}

Test(align, the_same_model)
{
	MODEL(before, NET);
	MODEL(after, NET);
	expect("");
}

Test(align, a_wider_layer_is_changed)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c1", "Conv2d", 1, 24}, {"Net.n1", "IFNode"}, {"Net.c2", "Conv2d", 24, 32},
	      {"Net.n2", "IFNode"}, {"Net.fc", "Linear", 128, 10});
	expect("cNet.c1 > Net.c1\ncNet.c2 > Net.c2\n");
}

Test(align, a_renamed_layer)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c1", "Conv2d", 1, 16}, {"Net.n1", "IFNode"}, {"Net.conv", "Conv2d", 16, 32},
	      {"Net.n2", "IFNode"}, {"Net.fc", "Linear", 128, 10});
	expect("rNet.c2 > Net.conv\n");
}

Test(align, a_renamed_and_wider_layer)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c1", "Conv2d", 1, 16}, {"Net.n1", "IFNode"}, {"Net.conv", "Conv2d", 16, 48},
	      {"Net.n2", "IFNode"}, {"Net.out", "Linear", 192, 10});
	expect("rcNet.c2 > Net.conv\nrcNet.fc > Net.out\n");
}

Test(align, removed_and_added_layers)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c1", "Conv2d", 1, 16}, {"Net.c2", "Conv2d", 16, 32}, {"Net.n2", "IFNode"},
	      {"Net.pool", "AvgPool2d"}, {"Net.fc", "Linear", 128, 10});
	expect("-Net.n1\n+Net.pool\n");
}

Test(align, another_class_under_the_same_name_is_a_change)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c1", "Conv2d", 1, 16}, {"Net.n1", "LIFNode"}, {"Net.c2", "Conv2d", 16, 32},
	      {"Net.q", "IFNode"}, {"Net.fc", "Linear", 128, 10});
	expect("cNet.n1 > Net.n1\nrNet.n2 > Net.q\n");
}

Test(align, a_renamed_root_keeps_everything_below)
{
	MODEL(before, NET);
	MODEL(after, {"Wide", "Wide"}, {"Wide.c1", "Conv2d", 1, 24}, {"Wide.n1", "IFNode"},
	      {"Wide.c2", "Conv2d", 24, 32}, {"Wide.n2", "IFNode"}, {"Wide.fc", "Linear", 128, 10});
	expect("rNet > Wide\ncNet.c1 > Wide.c1\ncNet.c2 > Wide.c2\n");
}

Test(align, order_alone_is_no_change)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.n1", "IFNode"}, {"Net.c2", "Conv2d", 16, 32}, {"Net.c1", "Conv2d", 1, 16},
	      {"Net.fc", "Linear", 128, 10}, {"Net.n2", "IFNode"});
	expect("");
}

Test(align, names_that_were_swapped_bind)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c2", "Conv2d", 1, 16}, {"Net.n1", "IFNode"}, {"Net.c1", "Conv2d", 16, 32},
	      {"Net.n2", "IFNode"}, {"Net.fc", "Linear", 128, 10});
	expect("cNet.c1 > Net.c1\ncNet.c2 > Net.c2\n");
}

Test(align, layers_renamed_and_swapped)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.y", "Conv2d", 16, 32}, {"Net.n1", "IFNode"}, {"Net.x", "Conv2d", 1, 16},
	      {"Net.n2", "IFNode"}, {"Net.fc", "Linear", 128, 10});
	expect("rNet.c1 > Net.x\nrNet.c2 > Net.y\n");
}

Test(align, a_copy_is_added)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.c1", "Conv2d", 1, 16}, {"Net.n1", "IFNode"}, {"Net.c2", "Conv2d", 16, 32},
	      {"Net.n2", "IFNode"}, {"Net.c2b", "Conv2d", 16, 32}, {"Net.n2b", "IFNode"},
	      {"Net.fc", "Linear", 128, 10});
	expect("+Net.c2b\n+Net.n2b\n");
}

#define BLOCKS                                                                                                         \
	{"Net", "Net"}, {"Net.enc", "Sequential"}, {"Net.enc.0", "Conv2d", 3, 8}, {"Net.enc.1", "IFNode"},             \
	    {"Net.enc.2", "Conv2d", 8, 16}, {"Net.dec", "Sequential"}, {"Net.dec.0", "Linear", 64, 32},                \
	{                                                                                                              \
		"Net.dec.1", "Linear", 32, 10                                                                          \
	}

Test(align, renamed_containers_keep_what_is_inside)
{
	MODEL(before, BLOCKS);
	MODEL(after, {"Net", "Net"}, {"Net.encoder", "Sequential"}, {"Net.encoder.0", "Conv2d", 3, 8},
	      {"Net.encoder.1", "IFNode"}, {"Net.encoder.2", "Conv2d", 8, 24}, {"Net.decoder", "Sequential"},
	      {"Net.decoder.0", "Linear", 96, 32}, {"Net.decoder.1", "Linear", 32, 10});
	expect(
	    "rNet.enc > Net.encoder\ncNet.enc.2 > Net.encoder.2\nrNet.dec > Net.decoder\ncNet.dec.0 > Net.decoder.0\n");
}

Test(align, a_removed_container_does_not_lend_its_name)
{
	MODEL(before, BLOCKS);
	MODEL(after, {"Net", "Net"}, {"Net.tail", "Sequential"}, {"Net.tail.0", "Linear", 64, 32},
	      {"Net.tail.1", "Linear", 32, 10});
	expect("-Net.enc\n-Net.enc.0\n-Net.enc.1\n-Net.enc.2\nrNet.dec > Net.tail\n");
}

Test(align, numbers_are_positions)
{
	MODEL(before, {"S", "Sequential"}, {"S.0", "Conv2d", 8, 8}, {"S.1", "IFNode"}, {"S.2", "Conv2d", 8, 16},
	      {"S.3", "IFNode"}, {"S.4", "Conv2d", 16, 16}, {"S.5", "IFNode"});
	MODEL(after, {"S", "Sequential"}, {"S.0", "Conv2d", 8, 16}, {"S.1", "IFNode"}, {"S.2", "Conv2d", 16, 16},
	      {"S.3", "IFNode"});
	expect("-S.0\n-S.1\nrS.2 > S.0\nrS.3 > S.1\nrS.4 > S.2\nrS.5 > S.3\n");
}

Test(align, a_wider_layer_among_positions)
{
	MODEL(before, {"S", "Sequential"}, {"S.0", "Conv2d", 8, 8}, {"S.1", "IFNode"}, {"S.2", "Conv2d", 8, 16});
	MODEL(after, {"S", "Sequential"}, {"S.0", "Conv2d", 8, 12}, {"S.1", "IFNode"}, {"S.2", "Conv2d", 12, 16});
	expect("cS.0 > S.0\ncS.2 > S.2\n");
}

Test(align, a_block_more_in_a_stack)
{
	MODEL(before, {"R", "R"}, {"R.blocks.0", "Block"}, {"R.blocks.0.conv", "Conv2d", 8, 8},
	      {"R.blocks.0.n", "IFNode"}, {"R.blocks.1", "Block"}, {"R.blocks.1.conv", "Conv2d", 8, 16},
	      {"R.blocks.1.n", "IFNode"});
	MODEL(after, {"R", "R"}, {"R.blocks.0", "Block"}, {"R.blocks.0.conv", "Conv2d", 4, 8},
	      {"R.blocks.0.n", "IFNode"}, {"R.blocks.1", "Block"}, {"R.blocks.1.conv", "Conv2d", 8, 8},
	      {"R.blocks.1.n", "IFNode"}, {"R.blocks.2", "Block"}, {"R.blocks.2.conv", "Conv2d", 8, 16},
	      {"R.blocks.2.n", "IFNode"});
	expect("rR.blocks.0 > R.blocks.1\nrR.blocks.1 > R.blocks.2\n"
	       "+R.blocks.0\n+R.blocks.0.conv\n+R.blocks.0.n\n");
}

Test(align, layers_wrapped_in_a_container)
{
	MODEL(before, NET);
	MODEL(after, {"Net", "Net"}, {"Net.features", "Sequential"}, {"Net.features.0", "Conv2d", 1, 16},
	      {"Net.features.1", "IFNode"}, {"Net.features.2", "Conv2d", 16, 32}, {"Net.features.3", "IFNode"},
	      {"Net.fc", "Linear", 128, 10});
	expect(
	    "rNet.c1 > Net.features.0\nrNet.n1 > Net.features.1\nrNet.c2 > Net.features.2\nrNet.n2 > Net.features.3\n"
	    "+Net.features\n");
}

Test(align, a_wrapped_root)
{
	MODEL(before, NET);
	MODEL(after, {"Trainer", "Trainer"}, {"Trainer.loss", "Loss"}, {"Trainer.net", "Net"},
	      {"Trainer.net.c1", "Conv2d", 1, 16}, {"Trainer.net.n1", "IFNode"}, {"Trainer.net.c2", "Conv2d", 16, 48},
	      {"Trainer.net.n2", "IFNode"}, {"Trainer.net.fc", "Linear", 192, 10});
	expect("rNet > Trainer.net\ncNet.c2 > Trainer.net.c2\ncNet.fc > Trainer.net.fc\n+Trainer\n+Trainer.loss\n");
}

Test(align, a_block_moved_into_another)
{
	MODEL(before, BLOCKS);
	MODEL(after, {"Net", "Net"}, {"Net.body", "Body"}, {"Net.body.dec", "Sequential"},
	      {"Net.body.dec.0", "Linear", 64, 32}, {"Net.body.dec.1", "Linear", 32, 10}, {"Net.enc", "Sequential"},
	      {"Net.enc.0", "Conv2d", 3, 8}, {"Net.enc.1", "IFNode"}, {"Net.enc.2", "Conv2d", 8, 16});
	expect("rNet.dec > Net.body.dec\n+Net.body\n");
}

Test(align, a_neuron_elsewhere_is_not_the_one_removed)
{
	MODEL(before, {"Net", "Net"}, {"Net.a", "Block"}, {"Net.a.conv", "Conv2d", 4, 4}, {"Net.a.n", "IFNode"},
	      {"Net.b", "Other"}, {"Net.b.fc", "Linear", 9, 9});
	MODEL(after, {"Net", "Net"}, {"Net.a", "Block"}, {"Net.a.conv", "Conv2d", 4, 4}, {"Net.b", "Other"},
	      {"Net.b.fc", "Linear", 9, 9}, {"Net.b.q", "IFNode"});
	expect("-Net.a.n\n+Net.b.q\n");
}

Test(align, models_that_share_nothing)
{
	MODEL(before, {"A", "A"}, {"A.x", "Conv2d", 1, 2}, {"A.y", "IFNode"});
	MODEL(after, {"B", "B"}, {"B.p", "Linear", 5, 6}, {"B.q", "Dropout"});
	expect("-A\n-A.x\n-A.y\n+B\n+B.p\n+B.q\n");
}

Test(align, scopes_that_are_no_modules_match_by_name)
{
	MODEL(before, {"Net", "Net"}, {"loss", NULL}, {"data", NULL});
	MODEL(after, {"Net", "Net"}, {"loss", NULL}, {"other", NULL});
	expect("-data\n+other\n");
}

Test(align, what_ran_outside_matches_itself)
{
	MODEL(before, NET);
	MODEL(after, NET);
	for (int i = 0; i < 2; i++) {
		struct model *model = i ? after : before;
		model->rows[model->list.count++] =
		    (struct opj_row){.name = "", .local = "", .parent = -1, .outside = true};
	}
	expect("");
	after->list.count--;
	expect("-\n");
}

Test(align, no_modules_at_all)
{
	expect("");
	MODEL(after, {"Net", "Net"});
	expect("+Net\n");
}

Test(align, differences_are_named)
{
	MODEL(before, {"Net", "Net"}, {"Net.x", "Conv2d", 3, 8});
	MODEL(after, {"Net", "Net"}, {"Net.x", "Linear", 3, 9});
	struct opj_align align;
	struct opj_geometry_cursor cursor = {0};
	struct opj_geometry_change change;
	cr_assert_eq(opj_align_init(&align, &before->list, &after->list, NULL), 0);
	static const char *const expected[][3] = {
	    {"class", "Conv2d", "Linear"}, {"out", "8", "9"}, {"weight", "[8, 3] float32", "[9, 3] float32"}};
	for (size_t i = 0; i < 3; i++) {
		cr_assert(opj_align_next_change(&align, 1, &cursor, &change));
		cr_assert_str_eq(change.name, expected[i][0]);
		cr_assert_str_eq(change.a, expected[i][1]);
		cr_assert_str_eq(change.b, expected[i][2]);
	}
	cr_assert_not(opj_align_next_change(&align, 1, &cursor, &change));
	opj_align_finish(&align);
}

/* The differences of two layers: "name: a > b", one a line. */
static void expect_changes(const struct opj_module *a, const struct opj_module *b, const char *expected)
{
	struct opj_geometry first, second;
	struct opj_geometry_cursor cursor = {0};
	struct opj_geometry_change change;
	char text[500] = "";
	cr_assert_eq(opj_geometry_init(&first, a, NULL), 0);
	cr_assert_eq(opj_geometry_init(&second, b, NULL), 0);
	while (opj_geometry_next(&first, &second, &cursor, &change)) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "%s: %s > %s\n", change.name, change.a ? change.a : "none",
			 change.b ? change.b : "none");
	}
	cr_assert_str_eq(text, expected);
	cr_assert_eq(opj_geometry_hash(&first) == opj_geometry_hash(&second), *expected == '\0');
	opj_geometry_finish(&first);
	opj_geometry_finish(&second);
}

Test(align, lists_are_compared_item_by_item)
{
	const int64_t two[] = {3, 3}, other[] = {3, 5};
	const struct opj_value mixed[] = {OPJ_INT(1), OPJ_STRING("same"), OPJ_BOOL(true)};
	const struct opj_value a[] = {opj_keyed("kernel_size", OPJ_INTS(2, two)), opj_keyed("mode", OPJ_LIST(3, mixed)),
				      opj_keyed("none", OPJ_LIST(0, NULL))};
	const struct opj_value b[] = {opj_keyed("kernel_size", OPJ_INTS(2, other)),
				      opj_keyed("mode", OPJ_LIST(2, mixed)), opj_keyed("none", OPJ_LIST(0, NULL))};
	const struct opj_module first = {.cls = "Conv2d", .attrs = a, .attr_count = 3};
	const struct opj_module second = {.cls = "Conv2d", .attrs = b, .attr_count = 3};
	expect_changes(&first, &first, "");
	expect_changes(&first, &second, "kernel_size: [3, 3] > [3, 5]\nmode: [1, same, true] > [1, same]\n");
}

Test(align, attributes_that_one_of_two_has_stand_in_their_order)
{
	const struct opj_value a[] = {opj_keyed("a", OPJ_INT(1)), opj_keyed("c", OPJ_INT(3))};
	const struct opj_value b[] = {opj_keyed("c", OPJ_INT(4)), opj_keyed("b", OPJ_INT(2))};
	const struct opj_module first = {.cls = "A", .attrs = a, .attr_count = 2};
	const struct opj_module second = {.cls = "A", .attrs = b, .attr_count = 2};
	expect_changes(&first, &second, "a: 1 > none\nb: none > 2\nc: 3 > 4\n");
	expect_changes(&second, &first, "a: none > 1\nb: 2 > none\nc: 4 > 3\n");
}

/* 1000 blocks of two layers in a Sequential, every seventh of which the second version lacks: whatever is left keeps
 * its own layers, under new numbers. */
Test(align, thousands_of_modules)
{
	static char paths[2][LAYERS_MAX][40];
	size_t dropped = 0, rows = 0;
	add(before, (struct layer){"S", "Sequential", 0, 0});
	add(after, (struct layer){"S", "Sequential", 0, 0});
	for (int i = 0; i < 1000; i++) {
		for (int j = 0; j < 3; j++) {
			static const char *const parts[] = {"", ".conv", ".n"};
			static const char *const classes[] = {"Block", "Conv2d", "IFNode"};
			int64_t in = j == 1 ? 1 + i : 0;
			sprintf(paths[0][rows], "S.%d%s", i, parts[j]);
			sprintf(paths[1][rows], "S.%d%s", i - (int)dropped, parts[j]);
			add(before, (struct layer){paths[0][rows], classes[j], in, in});
			if (i % 7)
				add(after, (struct layer){paths[1][rows], classes[j], in, in});
			rows++;
		}
		dropped += i % 7 == 0;
	}
	struct opj_align align;
	cr_assert_eq(opj_align_init(&align, &before->list, &after->list, NULL), 0);
	size_t next = 1;
	for (size_t i = 1; i < before->list.count; i++) {
		bool kept = ((i - 1) / 3) % 7 != 0;
		cr_assert_eq(align.a.match[i], kept ? (int64_t)next++ : -1, "%s", before->rows[i].name);
		cr_assert(!kept || !opj_align_changed(&align, i));
	}
	opj_align_finish(&align);
}

Test(align, a_layer_with_parameters_tells_more_than_one_without)
{
	MODEL(before, {"S", "Sequential"}, {"S.0", "IFNode"}, {"S.1", "Conv2d", 8, 8});
	MODEL(after, {"S", "Sequential"}, {"S.0", "Conv2d", 8, 8}, {"S.1", "IFNode"}, {"S.2", "Conv2d", 8, 9});
	expect("rS.0 > S.1\nrS.1 > S.0\n+S.2\n");
}

Test(align, layers_without_parameters_renamed_and_swapped)
{
	MODEL(before, {"Net", "Net"}, {"Net.a", "IFNode"}, {"Net.b", "ReLU"});
	MODEL(after, {"Net", "Net"}, {"Net.p", "ReLU"}, {"Net.q", "IFNode"});
	expect("rNet.a > Net.q\nrNet.b > Net.p\n");
}

Test(align, the_same_number_breaks_a_tie)
{
	MODEL(before, {"S", "Sequential"}, {"S.0", "Conv2d", 4, 4}, {"S.1", "Conv2d", 4, 4});
	MODEL(after, {"S", "Sequential"}, {"S.1", "Conv2d", 4, 4});
	expect("-S.0\n");
}

Test(align, a_neuron_moves_with_the_layer_before_it)
{
	MODEL(before, {"Net", "Net"}, {"Net.c", "Conv2d", 4, 4}, {"Net.n", "IFNode"}, {"Net.x", "Linear", 5, 5});
	MODEL(after, {"Net", "Net"}, {"Net.f", "Sequential"}, {"Net.f.0", "Conv2d", 4, 4}, {"Net.f.1", "IFNode"},
	      {"Net.y", "Dropout"});
	expect("rNet.c > Net.f.0\nrNet.n > Net.f.1\n-Net.x\n+Net.f\n+Net.y\n");
}

Test(align, a_neuron_moves_with_the_layer_behind_it)
{
	MODEL(before, {"Net", "Net"}, {"Net.x", "Linear", 5, 5}, {"Net.n", "IFNode"}, {"Net.c", "Conv2d", 4, 4});
	MODEL(after, {"Net", "Net"}, {"Net.y", "Dropout"}, {"Net.f", "Sequential"}, {"Net.f.0", "IFNode"},
	      {"Net.f.1", "Conv2d", 4, 4});
	expect("-Net.x\nrNet.n > Net.f.0\nrNet.c > Net.f.1\n+Net.y\n+Net.f\n");
}

Test(align, containers_that_share_nothing_but_their_class)
{
	MODEL(before, {"Net", "Net"}, {"Net.block_a", "Sequential"}, {"Net.block_a.x", "Conv2d", 3, 8},
	      {"Net.block_a.y", "IFNode"}, {"Net.fc", "Linear", 7, 7});
	MODEL(after, {"Net", "Net"}, {"Net.block_b", "Sequential"}, {"Net.block_b.p", "Dropout"},
	      {"Net.block_b.q", "LayerNorm", 6, 6}, {"Net.fc", "Linear", 7, 7});
	expect("-Net.block_a\n-Net.block_a.x\n-Net.block_a.y\n+Net.block_b\n+Net.block_b.p\n+Net.block_b.q\n");
}

Test(align, containers_that_share_most_of_what_is_inside)
{
	MODEL(before, {"Net", "Net"}, {"Net.enc", "Sequential"}, {"Net.enc.0", "Conv2d", 3, 8}, {"Net.enc.1", "IFNode"},
	      {"Net.enc.2", "Conv2d", 8, 16}, {"Net.fc", "Linear", 7, 7});
	MODEL(after, {"Net", "Net"}, {"Net.body", "Sequential"}, {"Net.body.0", "Conv2d", 3, 9},
	      {"Net.body.1", "Dropout"}, {"Net.body.2", "Conv2d", 9, 16}, {"Net.fc", "Linear", 7, 7});
	expect("rNet.enc > Net.body\ncNet.enc.0 > Net.body.0\n-Net.enc.1\ncNet.enc.2 > Net.body.2\n+Net.body.1\n");
}

/* Random trees, so that paths through all steps are taken: pairs are one to one, and a model is aligned with itself. */
static void add_random(struct model *model, unsigned *seed, char (*paths)[40])
{
	static const char *const names[] = {"0", "1", "2", "a", "b", "c"};
	static const char *const classes[] = {"Conv2d", "IFNode", "Block", "Sequential"};
	model->list.count = 0;
	for (size_t i = 0; i < 40; i++) {
		size_t parent = i ? (size_t)rand_r(seed) % i : 0;
		const char *name = names[(size_t)rand_r(seed) % 6];
		if (i == 0)
			strcpy(paths[i], "Net");
		else if (strlen(paths[parent]) > 30)
			continue;
		else
			stpcpy(stpcpy(stpcpy(paths[i], paths[parent]), "."), name);
		bool taken = false;
		for (size_t j = 0; j < model->list.count; j++)
			taken = taken || strcmp(model->rows[j].name, paths[i]) == 0;
		size_t cls = (size_t)rand_r(seed) % 4;
		if (!taken && *paths[i])
			add(model, (struct layer){paths[i], classes[cls], cls ? 0 : 1 + rand_r(seed) % 3, 4});
	}
}

Test(align, random_trees)
{
	static char paths[2][40][40];
	unsigned seed = 1;
	for (int round = 0; round < 400; round++) {
		struct opj_align align;
		memset(paths, 0, sizeof paths);
		add_random(before, &seed, paths[0]);
		add_random(after, &seed, paths[1]);
		cr_assert_eq(opj_align_init(&align, &before->list, &after->list, NULL), 0);
		for (size_t i = 0; i < before->list.count; i++)
			cr_assert(align.a.match[i] < 0 || align.b.match[align.a.match[i]] == (int64_t)i);
		for (size_t i = 0; i < after->list.count; i++)
			cr_assert(align.b.match[i] < 0 || align.a.match[align.b.match[i]] == (int64_t)i);
		opj_align_finish(&align);
		cr_assert_eq(opj_align_init(&align, &before->list, &before->list, NULL), 0);
		for (size_t i = 0; i < before->list.count; i++)
			cr_assert_eq(align.a.match[i], (int64_t)i);
		opj_align_finish(&align);
	}
}

/* A recorder of schema 1.1 says more of each module than one of 1.0. */
Test(align, what_an_earlier_schema_did_not_say_is_no_difference)
{
	MODEL(before, {"Net", "Net"}, {"Net.a", "Linear", 8, 4});
	MODEL(after, {"Net", "Net"}, {"Net.a", "Linear", 8, 4});
	after->attrs[1][1] = opj_keyed("padding_mode", OPJ_INT(0));
	before->modules[1].def.attr_count = 1;
	expect("cNet.a > Net.a\n");
	after->list.schema_minor = 1;
	expect("");
	after->attrs[1][0] = opj_keyed("out", OPJ_INT(9));
	expect("cNet.a > Net.a\n");
}

Test(align, what_a_later_schema_says_of_the_first_trace_is_no_difference_either)
{
	MODEL(before, {"Net", "Net"}, {"Net.a", "Linear", 8, 4});
	MODEL(after, {"Net", "Net"}, {"Net.a", "Linear", 8, 4});
	after->modules[1].def.attr_count = 1;
	before->list.schema_minor = 1;
	expect("");
	after->modules[1].def.parameter_count = 0;
	expect("cNet.a > Net.a\n");
}
