/* analyze/diff/diff.c: puts the rows of two digests beside each other.
 *
 * Modules are paired by align.h, stages and ops by name. No figure is computed here but differences, and for estimators
 * that give shares what is left for the part of the run that no module has. */
#include "diff.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS, SPARSITY_IN, SPARSITY_OUT, EXTRA };

static int make_columns(struct opj_diff *diff, struct opj_error *err)
{
	static const struct opj_column extra[EXTRA] = {
	    [CALLS] = {.kind = OPJ_COLUMN_COUNT,
		       .name = "calls",
		       .head = "calls",
		       .unit = "",
		       .quantity = OPJ_QUANTITY_COUNT},
	    [SPARSITY_IN] = {.kind = OPJ_COLUMN_COUNT,
			     .name = "sparsity.in",
			     .head = "sparsity in",
			     .unit = "",
			     .quantity = OPJ_QUANTITY_SHARE},
	    [SPARSITY_OUT] = {.kind = OPJ_COLUMN_COUNT,
			      .name = "sparsity.out",
			      .head = "sparsity out",
			      .unit = "",
			      .quantity = OPJ_QUANTITY_SHARE},
	};
	const struct opj_digest *a = diff->a, *b = diff->b;
	bool same = a->column_count == b->column_count;
	for (uint32_t i = 0; same && i < a->column_count; i++)
		same = strcmp(a->columns[i].name, b->columns[i].name) == 0;
	if (!same)
		return opj_fail(err, "the two traces were not asked for the same counters and estimators");
	diff->columns = calloc((size_t)a->column_count + EXTRA, sizeof *diff->columns);
	if (!diff->columns)
		return opj_fail(err, "out of memory");
	memcpy(diff->columns, a->columns, a->column_count * sizeof *a->columns);
	memcpy(diff->columns + a->column_count, extra, sizeof extra);
	diff->digest_columns = a->column_count;
	diff->column_count = a->column_count + EXTRA;
	int64_t effect = -1;
	for (uint32_t i = 0; i < a->column_count; i++) {
		bool energy = a->columns[i].kind == OPJ_COLUMN_ENERGY, count = a->columns[i].kind == OPJ_COLUMN_COUNT;
		if ((energy && (effect < 0 || a->columns[effect].kind != OPJ_COLUMN_ENERGY)) || (count && effect < 0))
			effect = i;
	}
	diff->effect = effect < 0 ? OPJ_DIGEST_OPS : (uint32_t)effect;
	return 0;
}

static struct opj_figure exactly(int64_t integer)
{
	return (struct opj_figure){.known = true, .exact = true, .integer = integer, .number = (double)integer};
}

static struct opj_figure sparsity(const struct opj_activity *activity)
{
	struct opj_figure figure = {0};
	figure.known = opj_activity_sparsity(activity, &figure.number);
	return figure;
}

/* Whether a column is the energy of an estimator that gives shares by name. */
static bool is_shared_out(const struct opj_digest *digest, uint32_t column)
{
	const struct opj_column *it = &digest->columns[column];
	return it->kind == OPJ_COLUMN_ENERGY && !digest->analysis->estimates[it->index].estimator->price;
}

/* A row that is not there has nothing, as far as the trace knows the figure at all. */
static struct opj_figure nothing(const struct opj_digest *digest, uint32_t column)
{
	const struct opj_figure *total = &digest->totals[column];
	return (struct opj_figure){.known = total->known && !is_shared_out(digest, column), .exact = total->exact};
}

static struct opj_figure extra_of(const struct opj_row *row, uint32_t extra)
{
	if (!row)
		return extra == CALLS ? exactly(0) : (struct opj_figure){0};
	if (!row->module)
		return (struct opj_figure){0};
	return extra == CALLS ? exactly((int64_t)row->module->in.calls)
			      : sparsity(extra == SPARSITY_IN ? &row->module->in : &row->module->out);
}

static struct opj_figure figure_of(const struct opj_digest *digest, enum opj_axis axis, const struct opj_row *row,
				   bool own, uint32_t column)
{
	if (column >= digest->column_count)
		return axis == OPJ_BY_MODULE ? extra_of(row, column - digest->column_count) : (struct opj_figure){0};
	if (!row)
		return nothing(digest, column);
	return own ? row->own[column] : row->figures[column];
}

static struct opj_diff_pair pair_of(const struct opj_diff *diff, enum opj_axis axis, const struct opj_diff_row *row,
				    bool own, uint32_t column)
{
	struct opj_diff_pair pair = {figure_of(diff->a, axis, row->a, own, column),
				     figure_of(diff->b, axis, row->b, own, column)};
	/* What an estimator gives a share to in one trace and none in the other has a share of 0 there. */
	if (column < diff->digest_columns && is_shared_out(diff->a, column) && pair.a.known != pair.b.known) {
		pair.a.known = pair.a.known || diff->a->totals[column].known;
		pair.b.known = pair.b.known || diff->b->totals[column].known;
	}
	return pair;
}

static struct opj_diff_pair *pairs(const struct opj_diff *diff, enum opj_axis axis, const struct opj_diff_row *row,
				   bool own)
{
	struct opj_diff_pair *all = calloc(diff->column_count, sizeof *all);
	for (uint32_t i = 0; all && i < diff->column_count; i++)
		all[i] = pair_of(diff, axis, row, own, i);
	return all;
}

/* Room for `count` rows. */
static int make_rows(struct opj_diff_rows *rows, size_t count, struct opj_error *err)
{
	rows->rows = calloc(count + 1, sizeof *rows->rows);
	return rows->rows ? 0 : opj_fail(err, "out of memory");
}

static int push(struct opj_diff *diff, enum opj_axis axis, struct opj_diff_row row, struct opj_error *err)
{
	struct opj_diff_rows *rows = &diff->by[axis];
	bool modules = axis == OPJ_BY_MODULE;
	row.figures = pairs(diff, axis, &row, false);
	row.own = modules ? pairs(diff, axis, &row, true) : NULL;
	rows->rows[rows->count++] = row;
	return row.figures && (row.own || !modules) ? 0 : opj_fail(err, "out of memory");
}

static bool has_outside(const struct opj_rows *rows)
{
	return rows->count && rows->rows[rows->count - 1].outside;
}

static int push_module(struct opj_diff *diff, const struct opj_row *a, const struct opj_row *b, struct opj_error *err)
{
	struct opj_diff_row row = {.a = a, .b = b};
	if (a && b) {
		size_t index = (size_t)(a - diff->a->by[OPJ_BY_MODULE].rows);
		row.status = (opj_align_renamed(&diff->align, index) ? OPJ_DIFF_RENAMED : 0) |
			     (opj_align_changed(&diff->align, index) ? OPJ_DIFF_CHANGED : 0);
	} else {
		row.status = a ? OPJ_DIFF_REMOVED : OPJ_DIFF_ADDED;
	}
	return push(diff, OPJ_BY_MODULE, row, err);
}

/* Items 0..n-1 are A's rows in order, n+j is B's row j where A has none; next[n + m] is where the list begins. An item
 * of B comes behind the item of the row before it in B. */
static void chain(const struct opj_diff *diff, size_t n, size_t m, size_t *next)
{
	size_t head = n + m, last = head;
	next[head] = n ? 0 : head;
	for (size_t i = 0; i < n; i++)
		next[i] = i + 1 < n ? i + 1 : head;
	for (size_t j = 0; j < m; j++) {
		int64_t match = diff->align.b.match[j];
		if (match < 0) {
			next[n + j] = next[last];
			next[last] = n + j;
		}
		last = match < 0 ? n + j : (size_t)match;
	}
}

static int module_rows(struct opj_diff *diff, struct opj_error *err)
{
	const struct opj_rows *a = &diff->a->by[OPJ_BY_MODULE], *b = &diff->b->by[OPJ_BY_MODULE];
	size_t n = a->count - has_outside(a), m = b->count - has_outside(b), head = n + m;
	size_t *next = calloc(head + 1, sizeof *next);
	int failed = make_rows(&diff->by[OPJ_BY_MODULE], head + 1, err) || !next ? opj_fail(err, "out of memory") : 0;
	if (!failed)
		chain(diff, n, m, next);
	for (size_t i = failed ? head : next[head]; !failed && i != head; i = next[i]) {
		int64_t match = i < n ? diff->align.a.match[i] : (int64_t)(i - n);
		failed = push_module(diff, i < n ? &a->rows[i] : NULL, match < 0 ? NULL : &b->rows[match], err);
	}
	free(next);
	struct opj_diff_row outside = {
	    .a = has_outside(a) ? &a->rows[n] : NULL, .b = has_outside(b) ? &b->rows[m] : NULL, .outside = true};
	return failed || push(diff, OPJ_BY_MODULE, outside, err) ? -1 : 0;
}

/* What an estimator that gives shares did not give to any module. Below a billionth of the total it is rounding. */
static void leave_rest(struct opj_diff_rows *rows, const struct opj_diff_pair *total, uint32_t column)
{
	struct opj_diff_pair *rest = &rows->rows[rows->count - 1].own[column];
	*rest = *total;
	for (size_t i = 0; i + 1 < rows->count; i++) {
		const struct opj_diff_pair *own = &rows->rows[i].own[column];
		rest->a.number -= own->a.known ? own->a.number : 0;
		rest->b.number -= own->b.known ? own->b.number : 0;
	}
	if (fabs(rest->a.number) < 1e-9 * fabs(total->a.number))
		rest->a.number = 0;
	if (fabs(rest->b.number) < 1e-9 * fabs(total->b.number))
		rest->b.number = 0;
}

static void leave_rests(struct opj_diff *diff)
{
	for (uint32_t i = 0; i < diff->digest_columns; i++) {
		if (is_shared_out(diff->a, i))
			leave_rest(&diff->by[OPJ_BY_MODULE], &diff->totals[i], i);
	}
}

static int named_rows(struct opj_diff *diff, enum opj_axis axis, struct opj_error *err)
{
	const struct opj_rows *a = &diff->a->by[axis], *b = &diff->b->by[axis];
	int failed = make_rows(&diff->by[axis], a->count + b->count, err);
	for (size_t i = 0; !failed && i < a->count; i++) {
		const struct opj_row *other = opj_digest_row(diff->b, axis, a->rows[i].name);
		struct opj_diff_row row = {.a = &a->rows[i], .b = other, .status = other ? 0 : OPJ_DIFF_REMOVED};
		failed = push(diff, axis, row, err);
	}
	for (size_t i = 0; !failed && i < b->count; i++) {
		struct opj_diff_row row = {.b = &b->rows[i], .status = OPJ_DIFF_ADDED};
		if (!opj_digest_row(diff->a, axis, b->rows[i].name))
			failed = push(diff, axis, row, err);
	}
	return failed;
}

static int fill_totals(struct opj_diff *diff, struct opj_error *err)
{
	diff->totals = calloc(diff->column_count, sizeof *diff->totals);
	if (!diff->totals)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < diff->digest_columns; i++)
		diff->totals[i] = (struct opj_diff_pair){diff->a->totals[i], diff->b->totals[i]};
	return 0;
}

int opj_diff_init(struct opj_diff *diff, const struct opj_digest *a, const struct opj_digest *b, struct opj_error *err)
{
	*diff = (struct opj_diff){.a = a, .b = b};
	if (make_columns(diff, err) || fill_totals(diff, err) ||
	    opj_align_init(&diff->align, &a->by[OPJ_BY_MODULE], &b->by[OPJ_BY_MODULE], err) || module_rows(diff, err) ||
	    named_rows(diff, OPJ_BY_STAGE, err) || named_rows(diff, OPJ_BY_OP, err) || opj_diff_warn(diff, err)) {
		opj_diff_finish(diff);
		return -1;
	}
	leave_rests(diff);
	return 0;
}

void opj_diff_finish(struct opj_diff *diff)
{
	for (int axis = 0; axis < 3; axis++) {
		for (size_t i = 0; i < diff->by[axis].count; i++) {
			free(diff->by[axis].rows[i].figures);
			free(diff->by[axis].rows[i].own);
		}
		free(diff->by[axis].rows);
	}
	for (size_t i = 0; i < diff->warning_count; i++)
		free(diff->warnings[i]);
	free(diff->warnings);
	opj_align_finish(&diff->align);
	free(diff->columns);
	free(diff->totals);
	*diff = (struct opj_diff){0};
}
