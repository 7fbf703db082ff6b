/* tests/unit/test_operators.c: the table of operators: each row is found, families are whole, what a name says of an
 * operator agrees with its row; and which counter has a rule for which operator, so that nobody drops one unnoticed. */
#include "analyze/counters/rule.h"
#include <criterion/criterion.h>

Test(operators, every_row_is_found_by_its_name)
{
	for (uint32_t i = 0; i < opj_operator_count; i++)
		cr_assert_eq(opj_operator_find(opj_operators[i].name), &opj_operators[i], "%s stands there twice",
			     opj_operators[i].name);
}

Test(operators, families_stand_in_order_and_names_in_each)
{
	for (uint32_t i = 1; i < opj_operator_count; i++) {
		const struct opj_operator *before = &opj_operators[i - 1], *row = &opj_operators[i];
		cr_assert(before->family < row->family ||
			      (before->family == row->family && strcmp(before->name, row->name) < 0),
			  "%s must not stand behind %s", row->name, before->name);
	}
}

Test(operators, every_family_has_an_operator_and_every_operator_a_family)
{
	uint32_t members[OPJ_FAMILIES] = {0};
	for (uint32_t i = 0; i < opj_operator_count; i++)
		members[opj_operators[i].family]++;
	cr_assert_eq(members[OPJ_FAMILY_NONE], 0);
	for (int family = OPJ_FAMILY_NONE + 1; family < OPJ_FAMILIES; family++)
		cr_assert(members[family] > 0, "family %d is empty", family);
}

Test(operators, an_op_without_a_row_is_of_no_family)
{
	static const char *const names[] = {"", "aten.mm", "aten.mm.default2", "aten.relu.default"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct opj_operator *known = opj_operator_find(names[i]);
		cr_assert_eq(known->family, OPJ_FAMILY_NONE, "%s", names[i]);
		cr_assert_eq(known->traits, 0);
	}
}

/* "aten.add_.Tensor": torch's names end in an underscore where the operator writes over its operand. */
Test(operators, in_place_is_what_the_name_says)
{
	for (uint32_t i = 0; i < opj_operator_count; i++) {
		const struct opj_operator *row = &opj_operators[i];
		const char *overload = strrchr(row->name, '.');
		bool written = overload[-1] == '_', trait = row->traits & OPJ_TRAIT_IN_PLACE;
		cr_assert_eq(trait, written, "%s", row->name);
	}
}

Test(operators, a_tensor_is_viewed_or_made_or_moved)
{
	for (uint32_t i = 0; i < opj_operator_count; i++) {
		const struct opj_operator *row = &opj_operators[i];
		unsigned where = row->traits & (OPJ_TRAIT_VIEW | OPJ_TRAIT_CREATES | OPJ_TRAIT_MOVES);
		cr_assert_eq(where & (where - 1), 0, "%s: one of the three, not several", row->name);
	}
}

Test(operators, are_kept_by_op_id)
{
	struct opj_vector seen = {.item_size = sizeof(const struct opj_operator *)};
	struct opj_signature mm = {.op = "aten.mm.default", .op_id = 5}, relu = {.op = "aten.relu.default", .op_id = 2};
	cr_assert_eq(opj_operator_of(&seen, &mm), opj_operator_find("aten.mm.default"));
	cr_assert_eq(opj_operator_of(&seen, &relu)->family, OPJ_FAMILY_NONE);
	mm.op = "not looked up again";
	cr_assert_eq(opj_operator_of(&seen, &mm)->family, OPJ_FAMILY_PRODUCT);
	opj_vector_finish(&seen);
}

/* Which counters have a rule. neuron_state, which looks at every op, is left out. */
static const struct {
	const char *op, *counters;
} covered[] = {
    {"aten._to_copy.default", "flop memory"},
    {"aten.add.Scalar", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.add.Tensor", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.add_.Scalar", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.add_.Tensor", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.addmm.default", "flop memory synop mac ac addressing neuromc_add neuromc_mul residency"},
    {"aten.avg_pool2d.default", "flop memory ac"},
    {"aten.baddbmm.default", "flop memory synop mac ac addressing neuromc_add neuromc_mul residency"},
    {"aten.bmm.default", "flop memory synop mac ac addressing neuromc_add neuromc_mul residency"},
    {"aten.clone.default", "flop memory"},
    {"aten.convolution.default", "flop memory synop mac ac addressing neuromc_add neuromc_mul residency"},
    {"aten.convolution_backward.default", "flop memory neuromc_add neuromc_mul residency"},
    {"aten.detach.default", "flop memory"},
    {"aten.div.Scalar", "flop memory neuromc_mul residency"},
    {"aten.div.Tensor", "flop memory neuromc_mul residency"},
    {"aten.div_.Scalar", "flop memory neuromc_mul residency"},
    {"aten.div_.Tensor", "flop memory neuromc_mul residency"},
    {"aten.empty.memory_format", "flop memory"},
    {"aten.eq.Scalar", "flop memory neuromc_cmp"},
    {"aten.eq.Tensor", "flop memory neuromc_cmp"},
    {"aten.expand.default", "flop memory"},
    {"aten.full_like.default", "flop memory"},
    {"aten.ge.Scalar", "flop memory neuromc_cmp"},
    {"aten.ge.Tensor", "flop memory neuromc_cmp"},
    {"aten.gt.Scalar", "flop memory neuromc_cmp"},
    {"aten.gt.Tensor", "flop memory neuromc_cmp"},
    {"aten.le.Scalar", "flop memory neuromc_cmp"},
    {"aten.le.Tensor", "flop memory neuromc_cmp"},
    {"aten.logical_and.default", "flop memory neuromc_cmp"},
    {"aten.logical_not.default", "flop memory neuromc_cmp"},
    {"aten.logical_or.default", "flop memory neuromc_cmp"},
    {"aten.logical_xor.default", "flop memory neuromc_cmp"},
    {"aten.lt.Scalar", "flop memory neuromc_cmp"},
    {"aten.lt.Tensor", "flop memory neuromc_cmp"},
    {"aten.max_pool2d_with_indices.default", "flop memory neuromc_cmp"},
    {"aten.max_pool2d_with_indices_backward.default", "flop memory"},
    {"aten.mean.dim", "flop memory ac neuromc_add residency"},
    {"aten.mm.default", "flop memory synop mac ac addressing neuromc_add neuromc_mul residency"},
    {"aten.mul.Scalar", "flop memory neuromc_mul residency"},
    {"aten.mul.Tensor", "flop memory neuromc_mul residency"},
    {"aten.mul_.Scalar", "flop memory neuromc_mul residency"},
    {"aten.mul_.Tensor", "flop memory neuromc_mul residency"},
    {"aten.native_batch_norm.default", "flop memory mac ac neuromc_add neuromc_mul neuromc_sqrt residency"},
    {"aten.native_batch_norm_backward.default", "flop memory neuromc_add neuromc_mul residency"},
    {"aten.ne.Scalar", "flop memory neuromc_cmp"},
    {"aten.ne.Tensor", "flop memory neuromc_cmp"},
    {"aten.neg.default", "flop memory"},
    {"aten.neg_.default", "flop memory"},
    {"aten.ones_like.default", "flop memory"},
    {"aten.rsqrt.default", "neuromc_sqrt residency"},
    {"aten.rsub.Scalar", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.rsub.Tensor", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.select.int", "flop memory"},
    {"aten.select_backward.default", "flop memory"},
    {"aten.sigmoid_.default", "flop memory ac"},
    {"aten.sqrt.default", "neuromc_sqrt residency"},
    {"aten.sqrt_.default", "neuromc_sqrt residency"},
    {"aten.stack.default", "flop memory"},
    {"aten.sub.Scalar", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.sub.Tensor", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.sub_.Scalar", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.sub_.Tensor", "flop memory ac neuromc_add neuromc_mul residency"},
    {"aten.sum.default", "flop memory ac neuromc_add residency"},
    {"aten.sum.dim_IntList", "flop memory ac neuromc_add residency"},
    {"aten.t.default", "flop memory"},
    {"aten.view.default", "flop memory"},
    {"aten.where.ScalarOther", "neuromc_mux residency"},
    {"aten.where.ScalarSelf", "neuromc_mux residency"},
    {"aten.where.self", "neuromc_mux residency"},
};

static const char *expected(const char *op)
{
	for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
		if (strcmp(covered[i].op, op) == 0)
			return covered[i].counters;
	}
	return "";
}

/* The names of the counters that have a rule, in the order of the registry. */
static void list_counters(const char *op, char *names, size_t size)
{
	*names = '\0';
	for (const struct opj_counter *const *at = opj_counters; *at; at++) {
		struct opj_rule rule = opj_rule_find(*at, NULL, opj_operator_find(op), op);
		size_t used = strlen(names);
		if (opj_rule_exists(&rule) && strcmp((*at)->name, "neuron_state") != 0)
			snprintf(names + used, size - used, "%s%s", used ? " " : "", (*at)->name);
	}
}

Test(operators, counters_have_rules_for_these_and_no_others)
{
	char names[256];
	for (uint32_t i = 0; i < opj_operator_count; i++) {
		list_counters(opj_operators[i].name, names, sizeof names);
		cr_assert_str_eq(names, expected(opj_operators[i].name), "%s: %s", opj_operators[i].name, names);
	}
	for (size_t i = 0; i < sizeof covered / sizeof *covered; i++)
		cr_assert_neq(opj_operator_find(covered[i].op)->family, OPJ_FAMILY_NONE, "%s has no row",
			      covered[i].op);
	list_counters("aten.relu.default", names, sizeof names);
	cr_assert_str_eq(names, "");
}
