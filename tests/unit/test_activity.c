/* tests/unit/test_activity.c: what a module was fed, and which module an op belongs to: sums and rules that every
 * command shares. tests/e2e/agree.sh holds the commands to them. */
#include "replay/core/activity.h"
#include "replay/core/scope.h"
#include <criterion/criterion.h>

Test(activity, what_nobody_looked_at_is_no_zero)
{
	struct opj_activity sum = {0};
	double sparsity;
	const struct opj_operand seen = {.numel = 10, .stats = {.nnz = 4, .kind = OPJ_KIND_BINARY}};
	const struct opj_operand unseen = {.numel = 90, .stats = {.nnz = 77}};
	cr_assert_not(opj_activity_sparsity(&sum, &sparsity));
	cr_assert_eq(opj_activity_add(&sum, &unseen), 0);
	cr_assert_not(opj_activity_sparsity(&sum, &sparsity), "sparsity of what nobody looked at");
	cr_assert_eq(opj_activity_add(&sum, &seen), 0);
	cr_assert(opj_activity_sparsity(&sum, &sparsity));
	cr_assert_float_eq(sparsity, 0.6, 1e-15);
	cr_assert(sum.tensors == 1 && sum.elements == 10 && sum.nonzero == 4 && sum.unseen == 90);
	cr_assert_eq(sum.kind, OPJ_KIND_BINARY);
}

Test(activity, the_least_special_kind_counts)
{
	struct opj_activity sum = {0};
	static const enum opj_kind kinds[] = {OPJ_KIND_BINARY, OPJ_KIND_DENSE, OPJ_KIND_TERNARY};
	for (int i = 0; i < 3; i++)
		cr_assert_eq(opj_activity_add(&sum, &(struct opj_operand){.numel = 1, .stats = {.kind = kinds[i]}}), 0);
	cr_assert_eq(sum.kind, OPJ_KIND_DENSE);
}

Test(activity, trees_are_walked_and_sums_that_do_not_fit_are_errors)
{
	static const uint64_t half = UINT64_C(1) << 62;
	struct opj_operand operands[2] = {{.numel = half}, {.numel = half - 1, .stats = {.kind = OPJ_KIND_DENSE}}};
	const struct opj_call call = {.operands = operands, .operand_count = 2};
	const struct opj_value tensors[] = {OPJ_TENSOR(0), OPJ_INT(3), OPJ_TENSOR(1)};
	const struct opj_value list[] = {OPJ_LIST(3, tensors)};
	struct opj_activity sum = {0};
	cr_assert_eq(opj_activity_add_tree(&sum, &call, OPJ_LIST(1, list)), 0);
	cr_assert(sum.unseen == half && sum.elements == half - 1);
	cr_assert_eq(opj_activity_add_tree(&sum, &call, OPJ_LIST(1, list)), -1);
	operands[0].stats.kind = OPJ_KIND_DENSE;
	sum = (struct opj_activity){.elements = half - 1};
	cr_assert_eq(opj_activity_add(&sum, &operands[0]), 0, "2^63 - 1 elements fit");
	cr_assert_eq(opj_activity_add(&sum, &(struct opj_operand){.numel = 1, .stats = {.kind = OPJ_KIND_DENSE}}), -1);
}

/* The innermost of `scopes`, where the modules of a model stand in the order m. */
static const char *innermost(const char *const *scopes, uint32_t count, const char *const *paths, uint32_t path_count)
{
	struct opj_trace_module modules[8];
	const struct opj_trace_module *active[8];
	for (uint32_t i = 0; i < path_count; i++) {
		modules[i] = (struct opj_trace_module){.id = i, .def = {.path = paths[i]}};
		active[i] = &modules[i];
	}
	return opj_scope_innermost(&(struct opj_context){
	    .scopes = scopes, .scope_count = count, .modules = active, .module_count = path_count});
}

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SCOPES(...) ((const char *const[]){__VA_ARGS__}), COUNT(((const char *const[]){__VA_ARGS__}))

Test(scope, the_deepest_path_is_an_ops_own)
{
	cr_assert_null(innermost(SCOPES("Global"), SCOPES("Net")));
	cr_assert_str_eq(innermost(SCOPES("Global", "Net"), SCOPES("Net")), "Net");
	cr_assert_str_eq(
	    innermost(SCOPES("Net.a.b", "Net", "Global", "Net.longername"), SCOPES("Net", "Net.a.b", "Net.longername")),
	    "Net.a.b");
	/* Containers are not called and stand in no context, but in paths. */
	cr_assert_str_eq(innermost(SCOPES("Net", "Net.a", "Net.x.0.y"), SCOPES("Net", "Net.x.0.y", "Net.a")),
			 "Net.x.0.y");
}

Test(scope, of_equally_deep_modules_the_last_of_the_model)
{
	/* The backward pass of fc: c1, whose input needs no gradient, stays open. */
	cr_assert_str_eq(innermost(SCOPES("Net", "Net.c1", "Net.fc"), SCOPES("Net", "Net.c1", "Net.fc")), "Net.fc");
	cr_assert_str_eq(innermost(SCOPES("Net", "Net.b1", "Net.c1"), SCOPES("Net", "Net.c1", "Net.b1")), "Net.b1");
	cr_assert_str_eq(innermost(SCOPES("Net.told", "Net.c1"), SCOPES("Net", "Net.c1")), "Net.c1", "no module");
}

Test(scope, dots_in_the_name_of_a_root_are_no_depth)
{
	cr_assert_str_eq(innermost(SCOPES("Net", "Net.a", "my.own.Head"), SCOPES("my.own.Head", "Net", "Net.a")),
			 "Net.a");
	cr_assert_str_eq(innermost(SCOPES("Net", "Net.a", "my.own.Head", "my.own.Head.b.c"),
				   SCOPES("Net", "Net.a", "my.own.Head", "my.own.Head.b.c")),
			 "my.own.Head.b.c");
	cr_assert_str_eq(innermost(SCOPES("Net", "Netz.a"), SCOPES("Netz.a", "Net")), "Net", "Netz is not in Net");
}
