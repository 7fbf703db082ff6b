/* tests/unit/test_digest.c: rows, columns and figures of a small run made by hand: every sum is stated in the test. */
#include "analyze/figures/digest.h"
#include <criterion/criterion.h>
#include <string.h>

enum { NET, A, A_B, AB, MODULES };
static const struct opj_trace_module modules[MODULES] = {
    {.id = NET, .def = {.path = "Net", .cls = "Net"}},
    {.id = A, .def = {.path = "Net.a", .cls = "Block"}},
    {.id = A_B, .def = {.path = "Net.a.b", .cls = "Linear"}},
    {.id = AB, .def = {.path = "Net.ab", .cls = "Linear"}},
};
static const char *const in_b[] = {"Global", "Net", "Net.a", "Net.a.b"}, *const in_ab[] = {"Global", "Net", "Net.ab"};
static const uint32_t in_b_ids[] = {0, 1, 2, 3}, in_ab_ids[] = {0, 1, 4};
static const struct opj_context contexts[] = {
    {.id = 0, .scope_count = 4, .scopes = in_b, .scope_ids = in_b_ids, .stage = "forward"},
    {.id = 1, .scope_count = 3, .scopes = in_ab, .scope_ids = in_ab_ids, .stage = "forward"},
    {.id = 2, .scope_count = 1, .scopes = in_b, .scope_ids = in_b_ids, .stage_id = 1, .stage = ""},
};

/* An element-wise op of n elements. */
static void element_wise(const struct opj_visitor *visitor, const char *name, uint32_t op_id,
			 const struct opj_context *context, int64_t n, uint64_t ns)
{
	struct opj_operand operands[3];
	for (int i = 0; i < 3; i++)
		operands[i] = (struct opj_operand){.ndim = 1,
						   .shape = &n,
						   .dtype = {kDLFloat, 32, 1},
						   .numel = (uint64_t)n,
						   .bytes = 4 * (uint64_t)n,
						   .storage = 1 + (uint64_t)i,
						   .stats = {.nnz = (uint64_t)n, .kind = OPJ_KIND_DENSE}};
	const struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1)};
	const struct opj_signature signature = {
	    .op = name, .op_id = op_id, .in = in, .in_count = 2, .out = OPJ_TENSOR(2), .operand_count = 3};
	const struct opj_op op = {.signature = &signature, .context = context, .operands = operands, .duration_ns = ns};
	struct opj_error err = {""};
	cr_assert_eq(visitor->op(visitor->data, &op, &err), 0, "%s", err.text);
}

/* z = x + y of n elements: n FLOPs and n ACs. */
static void add(const struct opj_visitor *visitor, int context, int64_t n, uint64_t ns)
{
	element_wise(visitor, "aten.add.Tensor", 0, &contexts[context], n, ns);
}

static struct opj_analysis *run(struct opj_digest *digest)
{
	struct opj_error err = {""};
	struct opj_visitor visitor;
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_analysis_add_counter(analysis, "flop", &err), 0, "%s", err.text);
	cr_assert_eq(opj_analysis_add_estimator(analysis, "compute", &err), 0, "%s", err.text);
	cr_assert_eq(opj_analysis_add_counter(analysis, "neuron_state", &err), 0, "%s", err.text);
	cr_assert_eq(opj_analysis_begin(analysis, &visitor, &err), 0, "%s", err.text);
	for (int i = 0; i < MODULES; i++)
		cr_assert_eq(visitor.module(visitor.data, &modules[i], &err), 0);
	add(&visitor, 0, 10, 7);
	add(&visitor, 0, 20, 0);
	add(&visitor, 1, 300, 0);
	add(&visitor, 2, 4000, 11);
	cr_assert_eq(opj_analysis_finish(analysis, &err), 0, "%s", err.text);
	cr_assert_eq(opj_digest_init(digest, analysis, &err), 0, "%s", err.text);
	return analysis;
}

static const struct opj_figure *at(const struct opj_digest *digest, const struct opj_row *row, const char *column)
{
	int64_t i = opj_digest_column(digest, column);
	cr_assert(i >= 0, "no column %s", column);
	return row ? &row->figures[i] : &digest->totals[i];
}

Test(digest, rows_stand_below_the_module_around_them)
{
	struct opj_digest digest;
	struct opj_analysis *analysis = run(&digest);
	const struct opj_rows *rows = &digest.by[OPJ_BY_MODULE];
	static const struct {
		const char *name, *local;
		int64_t parent;
	} expected[] = {{"Net", "Net", -1}, {"Net.a", "a", 0}, {"Net.a.b", "b", 1}, {"Net.ab", "ab", 0}, {"", "", -1}};
	cr_assert_eq(rows->count, 5);
	for (size_t i = 0; i < 5; i++) {
		cr_assert_str_eq(rows->rows[i].name, expected[i].name);
		cr_assert_str_eq(rows->rows[i].local, expected[i].local);
		cr_assert_eq(rows->rows[i].parent, expected[i].parent);
		cr_assert_eq(rows->rows[i].outside, i == 4);
	}
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

Test(digest, figures_of_every_axis)
{
	struct opj_digest digest;
	struct opj_analysis *analysis = run(&digest);
	const struct opj_row *outside = &digest.by[OPJ_BY_MODULE].rows[4];
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_MODULE, "Net"), "flop")->integer, 330);
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_MODULE, "Net.a"), "flop")->integer, 30);
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_MODULE, "Net.ab"), "ops")->integer, 1);
	cr_assert_eq(at(&digest, outside, "flop")->integer, 4000);
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_STAGE, "forward"), "flop")->integer, 330);
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_STAGE, ""), "flop")->integer, 4000);
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_OP, "aten.add.Tensor"), "flop")->integer, 4330);
	cr_assert_eq(at(&digest, NULL, "flop")->integer, 4330);
	cr_assert_null(opj_digest_row(&digest, OPJ_BY_MODULE, "Net.b"));
	cr_assert_null(opj_digest_row(&digest, OPJ_BY_MODULE, ""), "what ran outside has no name");
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

Test(digest, own_figures_add_up_to_the_totals)
{
	struct opj_digest digest;
	struct opj_analysis *analysis = run(&digest);
	const struct opj_rows *rows = &digest.by[OPJ_BY_MODULE];
	int64_t flop = opj_digest_column(&digest, "flop"), energy = opj_digest_column(&digest, "energy");
	static const int64_t expected[] = {0, 0, 30, 300, 4000};
	double sum = 0;
	for (size_t i = 0; i < rows->count; i++) {
		cr_assert_eq(rows->rows[i].own[flop].integer, expected[i], "%s", rows->rows[i].name);
		cr_assert_float_eq(rows->rows[i].own[energy].number, 0.9 * (double)expected[i], 1e-9);
		sum += rows->rows[i].own[energy].number;
	}
	cr_assert_float_eq(sum, digest.totals[energy].number, 1e-9);
	cr_assert_null(digest.by[OPJ_BY_STAGE].rows[0].own);
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

/* Neither costs energy; the op that ran more often stands first. */
Test(digest, ops_of_the_same_energy_stand_by_their_number)
{
	struct opj_error err = {""};
	struct opj_visitor visitor;
	struct opj_digest digest;
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_analysis_add_estimator(analysis, "compute", &err), 0, "%s", err.text);
	cr_assert_eq(opj_analysis_begin(analysis, &visitor, &err), 0, "%s", err.text);
	element_wise(&visitor, "aten.abs.default", 0, &contexts[2], 5, 0);
	element_wise(&visitor, "aten.tanh.default", 1, &contexts[2], 5, 0);
	element_wise(&visitor, "aten.tanh.default", 1, &contexts[2], 5, 0);
	cr_assert_eq(opj_analysis_finish(analysis, &err), 0, "%s", err.text);
	cr_assert_eq(opj_digest_init(&digest, analysis, &err), 0, "%s", err.text);
	cr_assert_str_eq(digest.by[OPJ_BY_OP].rows[0].name, "aten.tanh.default");
	cr_assert_str_eq(digest.by[OPJ_BY_OP].rows[1].name, "aten.abs.default");
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

/* Shares of an estimator that knows two modules of four: what nobody speaks of stays with the one around. */
Test(digest, own_shares_leave_nothing_out)
{
	struct opj_error err = {""};
	struct opj_visitor visitor;
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_analysis_add_estimator(analysis, "spikesim", &err), 0, "%s", err.text);
	cr_assert_eq(opj_analysis_begin(analysis, &visitor, &err), 0, "%s", err.text);
	for (int i = 0; i < MODULES; i++)
		cr_assert_eq(visitor.module(visitor.data, &modules[i], &err), 0);
	add(&visitor, 0, 10, 7);
	add(&visitor, 1, 300, 0);
	cr_assert_eq(opj_analysis_finish(analysis, &err), 0, "%s", err.text);
	struct opj_report *report = analysis->estimates[0].report;
	opj_report_share(report, OPJ_BY_MODULE, "Net", 100);
	opj_report_share(report, OPJ_BY_MODULE, "Net.a.b", 30);
	struct opj_digest digest;
	cr_assert_eq(opj_digest_init(&digest, analysis, &err), 0, "%s", err.text);
	const struct opj_rows *rows = &digest.by[OPJ_BY_MODULE];
	int64_t energy = opj_digest_column(&digest, "energy");
	cr_assert_eq(rows->count, MODULES);
	cr_assert(rows->rows[NET].own[energy].known && rows->rows[A_B].own[energy].known);
	cr_assert_float_eq(rows->rows[NET].own[energy].number, 70, 1e-12);
	cr_assert_float_eq(rows->rows[A_B].own[energy].number, 30, 1e-12);
	cr_assert_not(rows->rows[A].own[energy].known);
	cr_assert_not(rows->rows[AB].own[energy].known);
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

Test(digest, energy_is_priced_row_by_row)
{
	struct opj_digest digest;
	struct opj_analysis *analysis = run(&digest);
	const struct opj_row *row = opj_digest_row(&digest, OPJ_BY_MODULE, "Net.ab");
	cr_assert_float_eq(at(&digest, row, "energy[compute:fp32]")->number, 300 * 0.9, 1e-9);
	cr_assert_float_eq(at(&digest, NULL, "energy")->number, 4330 * 0.9, 1e-9);
	cr_assert_not(at(&digest, NULL, "energy")->exact);
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

Test(digest, time_is_known_where_an_op_was_timed)
{
	struct opj_digest digest;
	struct opj_analysis *analysis = run(&digest);
	cr_assert_eq(at(&digest, opj_digest_row(&digest, OPJ_BY_MODULE, "Net"), "time")->integer, 7);
	cr_assert_not(at(&digest, opj_digest_row(&digest, OPJ_BY_MODULE, "Net.ab"), "time")->known);
	cr_assert_eq(at(&digest, NULL, "time")->integer, 18);
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

Test(digest, every_metric_has_a_column)
{
	struct opj_digest digest;
	struct opj_analysis *analysis = run(&digest);
	const struct opj_counter *counter = opj_counter_find("neuron_state");
	for (uint32_t m = 0; m < counter->metric_count; m++) {
		char name[80];
		snprintf(name, sizeof name, "neuron_state.%s", counter->metrics[m]);
		cr_assert(opj_digest_column(&digest, name) >= 0, "%s", name);
	}
	cr_assert_eq(opj_digest_column(&digest, "neuron_state"), -1);
	cr_assert_str_eq(digest.columns[OPJ_DIGEST_OPS].name, "ops");
	cr_assert_str_eq(digest.columns[OPJ_DIGEST_TIME].name, "time");
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

Test(digest, a_run_without_ops)
{
	struct opj_error err = {""};
	struct opj_visitor visitor;
	struct opj_digest digest;
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_digest_init(&digest, analysis, &err), -1);
	cr_assert_eq(opj_analysis_begin(analysis, &visitor, &err), 0, "%s", err.text);
	cr_assert_eq(opj_analysis_finish(analysis, &err), 0, "%s", err.text);
	cr_assert_eq(opj_digest_init(&digest, analysis, &err), 0, "%s", err.text);
	cr_assert_eq(digest.by[OPJ_BY_MODULE].count, 0);
	cr_assert_eq(digest.totals[OPJ_DIGEST_OPS].integer, 0);
	opj_digest_finish(&digest);
	opj_analysis_destroy(analysis);
}

/* Two ops that share no module, stage or name: every row fits, their sum does not. */
Test(digest, a_total_that_does_not_fit_is_an_error)
{
	static const char *const left[] = {"Left"}, *const right[] = {"Right"};
	static const uint32_t ids[] = {0, 1};
	static const struct opj_context apart[] = {
	    {.id = 0, .scope_count = 1, .scopes = left, .scope_ids = ids, .stage = "forward"},
	    {.id = 1, .scope_count = 1, .scopes = right, .scope_ids = ids + 1, .stage_id = 1, .stage = "backward"},
	};
	struct opj_error err = {""};
	struct opj_visitor visitor;
	struct opj_digest digest;
	struct opj_analysis *analysis = opj_analysis_create();
	cr_assert_eq(opj_analysis_begin(analysis, &visitor, &err), 0, "%s", err.text);
	element_wise(&visitor, "aten.add.Tensor", 0, &apart[0], 1, INT64_MAX);
	element_wise(&visitor, "aten.mul.Tensor", 1, &apart[1], 1, INT64_MAX);
	cr_assert_eq(opj_analysis_finish(analysis, &err), 0, "%s", err.text);
	cr_assert_eq(opj_digest_init(&digest, analysis, &err), -1);
	cr_assert_str_eq(err.text, "a total does not fit in 64 bits");
	opj_analysis_destroy(analysis);
}
