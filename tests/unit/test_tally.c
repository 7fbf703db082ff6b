/* tests/unit/test_tally.c: cells, and their roll-up to scopes, stages and ops, against sums made by hand. */
#include "analyze/engine/tally.h"
#include <criterion/criterion.h>
#include <string.h>

/* Five ops in three contexts: Net.a forward, Net.b forward, no module at all in stage backward. */
static const uint32_t ids[3][3] = {{0, 1, 2}, {0, 1, 7}, {0}};
static const char *const names[3][3] = {{"Global", "Net", "Net.a"}, {"Global", "Net", "Net.b"}, {"Global"}};
static const struct opj_context contexts[] = {
    {.id = 4, .scope_count = 3, .scopes = names[0], .scope_ids = ids[0], .stage_id = 0, .stage = "forward"},
    {.id = 0, .scope_count = 3, .scopes = names[1], .scope_ids = ids[1], .stage_id = 0, .stage = "forward"},
    {.id = 9, .scope_count = 1, .scopes = names[2], .scope_ids = ids[2], .stage_id = 3, .stage = "backward"},
};
static const struct opj_signature signatures[] = {{.op_id = 2, .op = "aten.mm.default"},
						  {.op_id = 30, .op = "aten.add.Tensor"}};

static void count(struct opj_tally *tally, int context, int signature, int64_t value)
{
	const struct opj_op op = {.context = &contexts[context], .signature = &signatures[signature]};
	struct opj_tally_row *row = opj_tally_row(tally, contexts[context].id);
	if (!row)
		row = opj_tally_make_row(tally, &contexts[context]);
	cr_assert(row);
	int64_t *cell = opj_tally_cell(tally, row, &op);
	cr_assert(cell);
	cell[0]++;
	cell[1] += value;
}

static void fill(struct opj_tally *tally)
{
	tally->stride = 2;
	count(tally, 0, 0, 5);
	count(tally, 0, 0, 7);
	count(tally, 1, 0, 100);
	count(tally, 1, 1, 1000);
	count(tally, 2, 1, 20000);
}

static int64_t sum_of(const struct opj_rollup *rollup, const char *name)
{
	int64_t group = opj_rollup_find(rollup, name);
	cr_assert(group >= 0, "no group %s", name);
	return opj_rollup_sum(rollup, (uint32_t)group)[0];
}

Test(tally, one_cell_for_each_op_of_a_context)
{
	struct opj_tally tally = {0};
	fill(&tally);
	cr_assert_eq(tally.cell_count, 4);
	opj_tally_finish(&tally);
}

Test(tally, by_scope_an_op_counts_towards_every_module_around_it)
{
	struct opj_tally tally = {0};
	struct opj_rollup rollup;
	fill(&tally);
	cr_assert_eq(opj_tally_roll(&tally, OPJ_BY_MODULE, 1, 1, &rollup, NULL), 0);
	cr_assert_eq(sum_of(&rollup, "Global"), 21112);
	cr_assert_eq(sum_of(&rollup, "Net"), 1112);
	cr_assert_eq(sum_of(&rollup, "Net.a"), 12);
	cr_assert_eq(sum_of(&rollup, "Net.b"), 1100);
	cr_assert_eq(opj_rollup_at(&rollup, 7, 30)[0], 1000);
	cr_assert_eq(opj_rollup_at(&rollup, 7, 2)[0], 100);
	cr_assert_eq(opj_rollup_find(&rollup, "Net.c"), -1);
	opj_rollup_finish(&rollup);
	opj_tally_finish(&tally);
}

Test(tally, by_stage_and_by_op)
{
	struct opj_tally tally = {0};
	struct opj_rollup rollup;
	fill(&tally);
	cr_assert_eq(opj_tally_roll(&tally, OPJ_BY_STAGE, 1, 1, &rollup, NULL), 0);
	cr_assert_eq(sum_of(&rollup, "forward"), 1112);
	cr_assert_eq(sum_of(&rollup, "backward"), 20000);
	opj_rollup_finish(&rollup);
	cr_assert_eq(opj_tally_roll(&tally, OPJ_BY_OP, 0, 1, &rollup, NULL), 0);
	cr_assert_eq(sum_of(&rollup, "aten.mm.default"), 3);
	cr_assert_eq(sum_of(&rollup, "aten.add.Tensor"), 2);
	opj_rollup_finish(&rollup);
	opj_tally_finish(&tally);
}

Test(tally, overflow_is_an_error)
{
	struct opj_tally tally = {0};
	struct opj_rollup rollup;
	struct opj_error err = {""};
	tally.stride = 2;
	count(&tally, 0, 0, INT64_MAX);
	count(&tally, 1, 0, 1);
	cr_assert_eq(opj_tally_roll(&tally, OPJ_BY_MODULE, 1, 1, &rollup, &err), -1);
	cr_assert(strstr(err.text, "aten.mm.default"));
	opj_tally_finish(&tally);
}

Test(tally, nothing_counted)
{
	struct opj_tally tally = {.stride = 2};
	struct opj_rollup rollup;
	cr_assert_eq(opj_tally_roll(&tally, OPJ_BY_MODULE, 1, 1, &rollup, NULL), 0);
	cr_assert_eq(rollup.group_count, 0);
	opj_rollup_finish(&rollup);
	opj_tally_finish(&tally);
}
