/* analyze/figures/digest.c: columns, and the figures of every row.
 *
 * Counts come from the tally, summed exactly. Energies: linear estimators are asked to price each row's counts, others
 * gave shares by name when they reported. A row's own figures are those of the ops whose innermost module it is. */
#include "digest.h"
#include "digest_rows.h"
#include "record/base/quantity.h"
#include "record/base/vector.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Takes over the name. */
static int add_column(struct opj_digest *digest, struct opj_column column)
{
	struct opj_column *added = column.name ? OPJ_PUSH(digest->columns, digest->column_count) : NULL;
	if (!added) {
		free(column.name);
		return -1;
	}
	*added = column;
	return 0;
}

static char *joined(const char *a, const char *b, const char *c, const char *d)
{
	char *text;
	return asprintf(&text, "%s%s%s%s", a, b, c, d) < 0 ? NULL : text;
}

static int add_count_columns(struct opj_digest *digest, uint32_t index)
{
	const struct opj_count *count = &digest->analysis->counts[index];
	const struct opj_counter *counter = count->counter;
	const char *unit = counter->unit ? counter->unit : "";
	for (uint32_t m = 0; m < counter->metric_count; m++) {
		struct opj_column column = {.kind = OPJ_COLUMN_COUNT,
					    .unit = unit,
					    .index = index,
					    .metric = m,
					    .quantity = OPJ_QUANTITY_COUNT};
		if (counter->metrics) {
			column.name = joined(count->label, ".", counter->metrics[m], "");
			column.head = counter->metrics[m];
			column.unit = "";
		} else {
			column.name = strdup(count->label);
			column.head = *unit ? unit : count->label;
			if (strcmp(unit, "bytes") == 0)
				column.quantity = OPJ_QUANTITY_BYTES;
		}
		if (add_column(digest, column))
			return -1;
	}
	return 0;
}

static int add_columns(struct opj_digest *digest)
{
	const struct opj_analysis *analysis = digest->analysis;
	if (add_column(digest,
		       (struct opj_column){OPJ_COLUMN_OPS, strdup("ops"), "ops", "", 0, 0, OPJ_QUANTITY_COUNT}) ||
	    add_column(digest,
		       (struct opj_column){OPJ_COLUMN_TIME, strdup("time"), "time", "ns", 0, 0, OPJ_QUANTITY_TIME}))
		return -1;
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		if (add_count_columns(digest, i))
			return -1;
	}
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const char *label = analysis->estimates[i].label;
		char *name = joined("energy[", label, "]", "");
		if (add_column(digest,
			       (struct opj_column){OPJ_COLUMN_ENERGY, name, label, "pJ", i, 0, OPJ_QUANTITY_ENERGY}))
			return -1;
	}
	return 0;
}

static struct opj_figure exactly(int64_t integer)
{
	return (struct opj_figure){.known = true, .exact = true, .integer = integer, .number = (double)integer};
}

/* Energy of a cell by a linear estimator. */
static struct opj_figure price(const struct opj_analysis *analysis, const struct opj_estimate *estimate,
			       const int64_t *cell)
{
	const int64_t *counts[OPJ_NEEDS_MAX];
	for (uint32_t i = 0; i < estimate->need_count; i++)
		counts[i] = cell + analysis->counts[estimate->needs[i]].offset + OPJ_CELL_METRICS;
	double pj = estimate->estimator->price(estimate->self, &(struct opj_slice){.counts = counts});
	return (struct opj_figure){.known = true, .number = pj};
}

struct opj_figure opj_digest_figure(const struct opj_digest *digest, uint32_t index, const int64_t *cell)
{
	const struct opj_analysis *analysis = digest->analysis;
	const struct opj_column *column = &digest->columns[index];
	struct opj_figure none = {0};
	switch (column->kind) {
	case OPJ_COLUMN_OPS:
		return exactly(cell[OPJ_HEAD_OPS]);
	case OPJ_COLUMN_TIME:
		return cell[OPJ_HEAD_TIMED] ? exactly(cell[OPJ_HEAD_NS]) : none;
	case OPJ_COLUMN_COUNT:
		return exactly(cell[analysis->counts[column->index].offset + OPJ_CELL_METRICS + column->metric]);
	case OPJ_COLUMN_ENERGY:
		break;
	}
	const struct opj_estimate *estimate = &analysis->estimates[column->index];
	return estimate->estimator->price ? price(analysis, estimate, cell) : none;
}

/* Energy by an estimator that watches the replay: what it reported, of a row or, without one, of the whole run. */
static struct opj_figure reported(const struct opj_estimate *estimate, enum opj_axis axis, const struct opj_row *row)
{
	struct opj_figure figure = {0};
	if (!row)
		figure.known = opj_estimate_total(estimate, &figure.number);
	else
		figure.known =
		    !row->outside && opj_report_find_share(estimate->report, axis, row->name, &figure.number);
	return figure;
}

/* A row's figures from its cell of the tally; row NULL: the whole run. NULL: out of memory. */
static struct opj_figure *figures(const struct opj_digest *digest, const int64_t *cell, enum opj_axis axis,
				  const struct opj_row *row)
{
	const struct opj_analysis *analysis = digest->analysis;
	struct opj_figure *all = calloc(digest->column_count, sizeof *all);
	for (uint32_t i = 0; all && i < digest->column_count; i++) {
		const struct opj_column *column = &digest->columns[i];
		const struct opj_estimate *estimate =
		    column->kind == OPJ_COLUMN_ENERGY ? &analysis->estimates[column->index] : NULL;
		if (estimate && (!row || !estimate->estimator->price))
			all[i] = reported(estimate, axis, row);
		else
			all[i] = opj_digest_figure(digest, i, cell);
	}
	return all;
}

static int fill_rows(struct opj_digest *digest, const struct opj_row_cells *cells, enum opj_axis axis)
{
	struct opj_rows *rows = &digest->by[axis];
	for (size_t i = 0; i < rows->count; i++) {
		struct opj_row *row = &rows->rows[i];
		row->figures = figures(digest, opj_row_cell(cells, row), axis, row);
		if (!row->figures)
			return -1;
	}
	return 0;
}

/* The nearest row around one of which an estimator gave a share, NULL: there is none. */
static const struct opj_row *shared_around(const struct opj_rows *rows, const struct opj_row *row, uint32_t column)
{
	do
		row = row->parent < 0 ? NULL : &rows->rows[row->parent];
	while (row && !row->figures[column].known);
	return row;
}

/* An estimator that gives shares says nothing of a row's own part: it is the share less those of the rows inside. Rows
 * inside without a share leave theirs to the one around. What is below a billionth of the share is the rounding of such
 * differences. */
static void own_shares(const struct opj_digest *digest, uint32_t column)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	for (size_t i = 0; i < rows->count; i++)
		rows->rows[i].own[column] = rows->rows[i].figures[column];
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i], *around = shared_around(rows, row, column);
		if (row->figures[column].known && around)
			around->own[column].number -= row->figures[column].number;
	}
	for (size_t i = 0; i < rows->count; i++) {
		struct opj_figure *own = &rows->rows[i].own[column];
		if (!own->known || fabs(own->number) < 1e-9 * fabs(rows->rows[i].figures[column].number))
			own->number = 0;
	}
}

static int fill_own(struct opj_digest *digest, struct opj_error *err)
{
	const struct opj_analysis *analysis = digest->analysis;
	struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	int64_t *cells = opj_row_own_cells(rows, &analysis->tally, err);
	bool failed = !cells;
	for (size_t i = 0; !failed && i < rows->count; i++) {
		struct opj_row *row = &rows->rows[i];
		row->own = figures(digest, cells + i * analysis->tally.stride, OPJ_BY_MODULE, row);
		if (!row->own)
			failed = opj_fail(err, "out of memory");
	}
	for (uint32_t i = 0; !failed && i < digest->column_count; i++) {
		const struct opj_column *column = &digest->columns[i];
		if (column->kind == OPJ_COLUMN_ENERGY && !analysis->estimates[column->index].estimator->price)
			own_shares(digest, i);
	}
	free(cells);
	return failed ? -1 : 0;
}

static int fill_totals(struct opj_digest *digest, struct opj_error *err)
{
	const struct opj_tally *tally = &digest->analysis->tally;
	int64_t *sums = calloc(tally->stride, sizeof *sums);
	if (!sums)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		if (opj_tally_add(sums, opj_tally_at(tally, i), tally->stride)) {
			free(sums);
			return opj_fail(err, "a total does not fit in 64 bits");
		}
	}
	digest->totals = figures(digest, sums, OPJ_BY_OP, NULL);
	free(sums);
	return digest->totals ? 0 : opj_fail(err, "out of memory");
}

/* For a sort of ops: the first energy, then the number of ops. */
static double weight(const struct opj_digest *digest, const struct opj_row *row)
{
	double ops = row->figures[0].number;
	for (uint32_t i = 0; i < digest->column_count; i++) {
		if (digest->columns[i].kind == OPJ_COLUMN_ENERGY)
			return row->figures[i].number + 1e-12 * ops;
	}
	return ops;
}

static int by_weight(const void *a, const void *b, void *data)
{
	const struct opj_row *x = a, *y = b;
	double left = weight(data, x), right = weight(data, y);
	return left != right ? (left < right) - (left > right) : strcmp(x->name, y->name);
}

int opj_digest_init_columns(struct opj_digest *digest, const struct opj_analysis *analysis, struct opj_error *err)
{
	*digest = (struct opj_digest){.analysis = analysis};
	if (!add_columns(digest))
		return 0;
	opj_digest_finish(digest);
	return opj_fail(err, "out of memory");
}

int opj_digest_init(struct opj_digest *digest, const struct opj_analysis *analysis, struct opj_error *err)
{
	*digest = (struct opj_digest){0};
	if (!analysis->finished)
		return opj_fail(err, "the analysis has not run to its end");
	if (opj_digest_init_columns(digest, analysis, err))
		return -1;
	if (opj_about_init(&digest->about, analysis, err))
		goto failed;
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_OP; axis++) {
		struct opj_row_cells cells;
		if (opj_row_cells_init(&cells, analysis, axis, err))
			goto failed;
		if (analysis->trace)
			digest->by[axis].schema_minor = opj_trace_manifest(analysis->trace)->schema_minor;
		int bad = opj_rows_make(&digest->by[axis], analysis, &cells, axis) || fill_rows(digest, &cells, axis);
		opj_row_cells_finish(&cells);
		if (bad) {
			opj_fail(err, "out of memory");
			goto failed;
		}
	}
	if (fill_own(digest, err) || fill_totals(digest, err))
		goto failed;
	struct opj_rows *ops = &digest->by[OPJ_BY_OP];
	if (ops->count)
		qsort_r(ops->rows, ops->count, sizeof *ops->rows, by_weight, digest);
	return 0;
failed:
	opj_digest_finish(digest);
	return -1;
}

static void finish_row(struct opj_row *row)
{
	free(row->figures);
	free(row->own);
}

void opj_digest_finish(struct opj_digest *digest)
{
	for (int axis = 0; axis < 3; axis++) {
		for (size_t i = 0; i < digest->by[axis].count; i++)
			finish_row(&digest->by[axis].rows[i]);
		free(digest->by[axis].rows);
	}
	for (uint32_t i = 0; i < digest->column_count; i++)
		free(digest->columns[i].name);
	free(digest->columns);
	free(digest->totals);
	opj_about_finish(&digest->about);
	*digest = (struct opj_digest){0};
}

int64_t opj_digest_column(const struct opj_digest *digest, const char *name)
{
	int64_t energy_at = -1;
	uint32_t energies = 0;
	for (uint32_t i = 0; i < digest->column_count; i++) {
		if (strcmp(digest->columns[i].name, name) == 0)
			return i;
		if (digest->columns[i].kind == OPJ_COLUMN_ENERGY) {
			energy_at = i;
			energies++;
		}
	}
	return strcmp(name, "energy") == 0 && energies == 1 ? energy_at : -1;
}

const struct opj_row *opj_digest_row(const struct opj_digest *digest, enum opj_axis axis, const char *name)
{
	const struct opj_rows *rows = &digest->by[axis];
	for (size_t i = 0; i < rows->count; i++) {
		if (!rows->rows[i].outside && strcmp(rows->rows[i].name, name) == 0)
			return &rows->rows[i];
	}
	return NULL;
}

void opj_json_figure(struct opj_json *json, const char *key, const struct opj_figure *figure)
{
	if (!figure->known)
		opj_json_null(json, key);
	else if (figure->exact)
		opj_json_integer(json, key, figure->integer);
	else
		opj_json_number(json, key, figure->number);
}

json_t *opj_figure_json(const struct opj_figure *figure)
{
	return !figure->known ? json_null() : figure->exact ? json_integer(figure->integer) : json_real(figure->number);
}

const char *opj_figure_text(char buffer[32], enum opj_quantity quantity, const struct opj_figure *figure)
{
	buffer[0] = '\0';
	if (!figure->known)
		return buffer;
	switch (quantity) {
	case OPJ_QUANTITY_BYTES:
		return opj_format_count(buffer, figure->integer, "B");
	case OPJ_QUANTITY_TIME:
		return opj_format_time(buffer, figure->integer);
	case OPJ_QUANTITY_ENERGY:
		return opj_format_energy(buffer, figure->number);
	case OPJ_QUANTITY_PERCENT:
	case OPJ_QUANTITY_SHARE:
		snprintf(buffer, 32, "%.1f %%", quantity == OPJ_QUANTITY_SHARE ? 100 * figure->number : figure->number);
		return buffer;
	default:
		return opj_format_count(buffer, figure->integer, "");
	}
}
