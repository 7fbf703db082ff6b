/* analyze/diff/diff_change.c: differences of figures, whether there are any, and which matter most. */
#include "diff.h"
#include "record/base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct opj_figure opj_diff_change(const struct opj_diff_pair *pair)
{
	const struct opj_figure *a = &pair->a, *b = &pair->b;
	if (!a->known || !b->known)
		return (struct opj_figure){0};
	struct opj_figure change = {.known = true, .number = b->number - a->number};
	change.exact = a->exact && b->exact && !__builtin_sub_overflow(b->integer, a->integer, &change.integer);
	if (change.exact)
		change.number = (double)change.integer;
	return change;
}

enum opj_style opj_diff_style(const struct opj_diff_pair *pair)
{
	struct opj_figure change = opj_diff_change(pair);
	return !change.known || change.number == 0 ? OPJ_PLAIN : change.number > 0 ? OPJ_WORSE : OPJ_BETTER;
}

bool opj_diff_relative(const struct opj_diff_pair *pair, double *relative)
{
	struct opj_figure change = opj_diff_change(pair);
	*relative = change.number == 0 ? 0 : change.number / fabs(pair->a.number);
	return change.known;
}

/* A figure that one of the two does not know differs as well. */
static bool pair_differs(const struct opj_diff_pair *pair)
{
	if (pair->a.known != pair->b.known)
		return true;
	struct opj_figure change = opj_diff_change(pair);
	return change.known && (change.exact ? change.integer != 0 : change.number != 0);
}

static bool any_differs(const struct opj_diff *diff, const struct opj_diff_row *row, const struct opj_diff_pair *pairs)
{
	bool both = row->a && row->b;
	for (uint32_t i = 0; i < diff->column_count; i++) {
		/* The sparsity of what one of the two lacks says nothing. */
		if (diff->columns[i].kind == OPJ_COLUMN_TIME || (i >= diff->digest_columns && !both))
			continue;
		if (pair_differs(&pairs[i]))
			return true;
	}
	return false;
}

bool opj_diff_row_differs(const struct opj_diff *diff, const struct opj_diff_row *row)
{
	return any_differs(diff, row, row->own ? row->own : row->figures);
}

bool opj_diff_differs(const struct opj_diff *diff)
{
	for (uint32_t i = 0; i < diff->digest_columns; i++) {
		if (diff->columns[i].kind != OPJ_COLUMN_TIME && pair_differs(&diff->totals[i]))
			return true;
	}
	for (int axis = 0; axis < 3; axis++) {
		for (size_t i = 0; i < diff->by[axis].count; i++) {
			const struct opj_diff_row *row = &diff->by[axis].rows[i];
			if (row->status || opj_diff_row_differs(diff, row) || any_differs(diff, row, row->figures))
				return true;
		}
	}
	return false;
}

struct sorting {
	const struct opj_diff *diff;
	const struct opj_diff_row *rows;
};

static double size_of_change(const struct opj_diff_row *row, uint32_t column)
{
	return fabs(opj_diff_change(&(row->own ? row->own : row->figures)[column]).number);
}

static int by_effect(const void *a, const void *b, void *data)
{
	const struct sorting *sorting = data;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct opj_diff_row *x = &sorting->rows[i], *y = &sorting->rows[j];
	double left = size_of_change(x, sorting->diff->effect), right = size_of_change(y, sorting->diff->effect);
	for (uint32_t c = 0; left == right && c < sorting->diff->column_count; c++) {
		if (sorting->diff->columns[c].kind == OPJ_COLUMN_TIME)
			continue;
		left = size_of_change(x, c);
		right = size_of_change(y, c);
	}
	return left != right ? (left < right) - (left > right) : (i > j) - (i < j);
}

size_t *opj_diff_sorted(const struct opj_diff *diff, enum opj_axis axis)
{
	const struct opj_diff_rows *rows = &diff->by[axis];
	struct sorting sorting = {diff, rows->rows};
	size_t *order = calloc(rows->count + 1, sizeof *order);
	for (size_t i = 0; order && i < rows->count; i++)
		order[i] = i;
	if (order && rows->count)
		qsort_r(order, rows->count, sizeof *order, by_effect, &sorting);
	return order;
}

/* "energy[compute]" for "energy[compute:fp32]" and "energy[compute,e_ac_pj=1]". */
static bool names_estimator(const char *name, const char *column)
{
	size_t length = strlen(name);
	if (length < 2 || name[length - 1] != ']' || strncmp(name, column, length - 1) != 0)
		return false;
	return column[length - 1] == ':' || column[length - 1] == ',';
}

int64_t opj_diff_column(const struct opj_diff *diff, const char *name, struct opj_error *err)
{
	int64_t found = -1;
	uint32_t matches = 0;
	char names[700] = "";
	for (uint32_t i = 0; i < diff->column_count; i++) {
		const struct opj_column *column = &diff->columns[i];
		if (strcmp(column->name, name) == 0)
			return i;
		bool energy = column->kind == OPJ_COLUMN_ENERGY;
		if (energy && (strcmp(name, "energy") == 0 || names_estimator(name, column->name))) {
			found = i;
			matches++;
		}
		opj_text_list(names, sizeof names, "%s", column->name);
	}
	if (matches == 1)
		return found;
	return matches ? opj_fail(err, "\"%.100s\" names several metrics: there are %s", name, names)
		       : opj_fail(err, "there is no metric \"%.100s\"; there are: %s", name, names);
}
