/* analyze/diff/diff_text.c: a diff for people: totals, what became of the modules, then the tables. */
#include "diff.h"
#include "record/base/columns.h"
#include <inttypes.h>
/* Prints and empties. */
static int flush(struct opj_columns *columns, uint32_t indent, uint32_t heads, FILE *out, struct opj_error *err)
{
	int failed = opj_columns_print(columns, indent, heads, out) ? opj_fail(err, "out of memory") : 0;
	opj_columns_finish(columns);
	return failed;
}

static void add_trace(const char *name, const struct opj_digest *digest, struct opj_columns *columns)
{
	const struct opj_analysis *analysis = digest->analysis;
	opj_columns_cell(columns, "%s", name);
	if (!analysis->trace) {
		opj_columns_cell(columns, "%" PRIu64 " ops", analysis->ops);
		return;
	}
	const struct opj_manifest *manifest = opj_trace_manifest(analysis->trace);
	opj_columns_cell(columns, "%s: %s%s%s%s%s, %" PRIu64 " ops", opj_trace_path(analysis->trace),
			 *manifest->model ? manifest->model : "unnamed", *manifest->run ? ", run " : "", manifest->run,
			 *manifest->framework ? ", " : "", manifest->framework, analysis->ops);
}

static int print_header(const struct opj_diff *diff, FILE *out, struct opj_error *err)
{
	struct opj_columns columns = {.count = 2};
	add_trace("A", diff->a, &columns);
	add_trace("B", diff->b, &columns);
	columns.style = OPJ_WARNING;
	for (size_t i = 0; i < diff->warning_count; i++) {
		opj_columns_cell(&columns, "warning");
		opj_columns_cell(&columns, "%s", diff->warnings[i]);
	}
	return flush(&columns, 0, 0, out, err);
}

static int print_totals(const struct opj_diff *diff, FILE *out, struct opj_error *err)
{
	struct opj_columns columns = {.count = 5, .right = ~UINT64_C(1)};
	static const char *const heads[] = {"total", "A", "B", "change", ""};
	for (int i = 0; i < 5; i++)
		opj_columns_cell(&columns, "%s", heads[i]);
	for (uint32_t i = 0; i < diff->digest_columns; i++) {
		const struct opj_diff_pair *pair = &diff->totals[i];
		char text[32];
		if (!pair->a.known && !pair->b.known)
			continue;
		opj_columns_cell(&columns, "%s%s", diff->columns[i].name, i == OPJ_DIGEST_TIME ? ", measured" : "");
		opj_diff_figure_text(text, diff, i, &pair->a);
		opj_columns_cell(&columns, "%s", text);
		opj_diff_figure_text(text, diff, i, &pair->b);
		opj_columns_cell(&columns, "%s", text);
		columns.style = opj_diff_style(pair);
		opj_diff_change_text(text, diff, i, pair);
		opj_columns_cell(&columns, "%s", text);
		opj_diff_relative_text(text, pair);
		opj_columns_cell(&columns, "%s", text);
		columns.style = OPJ_PLAIN;
	}
	putc('\n', out);
	return flush(&columns, 0, 1, out, err);
}

int opj_diff_print(const struct opj_diff *diff, const struct opj_diff_view *view, FILE *out, struct opj_error *err)
{
	bool differs = opj_diff_differs(diff);
	if ((differs || diff->warning_count) && print_header(diff, out, err))
		return -1;
	if (!differs) {
		fputs("no difference\n", out);
		return 0;
	}
	if (print_totals(diff, out, err) || opj_diff_modules(diff, out, err))
		return -1;
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_OP; axis++) {
		bool one = diff->by[axis].count == 1 && !view->axes; /* a table that says what the totals said */
		bool asked = !view->axes || view->axes >> axis & 1;
		if (asked && !one && opj_diff_table(diff, (enum opj_axis)axis, view, out, err))
			return -1;
	}
	return 0;
}
