/* analyze/sweep/sweep_front.c: which rows of a grid are on its Pareto front: those than which no other is better in one
 * objective and as good in all others.
 *
 * Sorted by the first objective, then the second and so on, a row can only be beaten by one before it, and if it is,
 * then by one that is on the front itself. Rows with equal values stand together and share their fate. */
#include "sweep.h"
#include <stdlib.h>
#include <string.h>

struct front {
	uint32_t width;   /* objectives */
	double *values;   /* [rows][width] less is better */
	uint32_t *order;  /* rows that have all objectives, sorted */
	uint32_t *chosen; /* one of each group of equal rows on the front */
	uint32_t order_count, chosen_count;
};

static const double *values_of(const struct front *front, uint32_t row)
{
	return front->values + (size_t)row * front->width;
}

static int compare(const double *a, const double *b, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

/* By values, then by number. */
static int compare_rows(const void *left, const void *right, void *data)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct front *front = data;
	int order = compare(values_of(front, a), values_of(front, b), front->width);
	return order ? order : (a > b) - (a < b);
}

static bool no_worse(const double *a, const double *b, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++) {
		if (a[i] > b[i])
			return false;
	}
	return true;
}

/* The rows before it are judged. */
static bool beaten(const struct front *front, uint32_t row)
{
	for (uint32_t i = 0; i < front->chosen_count; i++) {
		if (no_worse(values_of(front, front->chosen[i]), values_of(front, row), front->width))
			return true;
	}
	return false;
}

static void mark(struct front *front, struct opj_sweep_row *rows)
{
	qsort_r(front->order, front->order_count, sizeof *front->order, compare_rows, front);
	for (uint32_t i = 0; i < front->order_count; i++) {
		uint32_t row = front->order[i], before = i ? front->order[i - 1] : 0;
		if (i && compare(values_of(front, row), values_of(front, before), front->width) == 0) {
			rows[row].front = rows[before].front;
			continue;
		}
		rows[row].front = !beaten(front, row);
		if (rows[row].front)
			front->chosen[front->chosen_count++] = row;
	}
}

/* A setting's value, or a figure's; false: the row has no such figure. */
static bool read_objective(const struct opj_sweep *sweep, const struct opj_sweep_row *row, const char *name,
			   double *value)
{
	const struct opj_option *option = opj_config_find(row->config, name, NULL);
	if (option) {
		*value = option->type == OPJ_OPTION_BYTES ? (double)opj_config_bytes(row->config, name)
							  : opj_config_number(row->config, name);
		return true;
	}
	json_t *figure = opj_sweep_figure(sweep, row, name);
	*value = json_number_value(figure);
	return figure != NULL;
}

/* Fills values and order from the `count` rows of a grid. */
static int read_rows(const struct opj_sweep *sweep, const struct opj_sweep_grid *grid, const struct opj_sweep_row *rows,
		     struct front *front, struct opj_error *err)
{
	bool *known = calloc(grid->objective_count, sizeof *known);
	if (!known)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < grid->count; i++) {
		double *values = front->values + (size_t)i * front->width;
		bool all = true;
		for (uint32_t o = 0; o < grid->objective_count; o++) {
			bool has = read_objective(sweep, &rows[i], grid->objectives[o].name, &values[o]);
			values[o] = grid->objectives[o].largest ? -values[o] : values[o];
			known[o] |= has;
			all &= has;
		}
		if (all)
			front->order[front->order_count++] = i;
	}
	int failed = 0;
	for (uint32_t o = 0; !failed && o < grid->objective_count; o++) {
		if (!known[o])
			failed = opj_fail(
			    err, "%.200s:%zu: objectives: %s has neither a setting nor a figure \"%.100s\"",
			    sweep->file.path, grid->line, opj_sweep_grid_model(grid), grid->objectives[o].name);
	}
	free(known);
	return failed;
}

static int mark_grid(const struct opj_sweep *sweep, const struct opj_sweep_grid *grid, struct opj_sweep_row *rows,
		     struct opj_error *err)
{
	if (grid->objective_count == 0)
		return 0;
	struct front front = {.width = grid->objective_count};
	front.values = calloc((size_t)grid->count * front.width, sizeof *front.values);
	front.order = calloc(grid->count, sizeof *front.order);
	front.chosen = calloc(grid->count, sizeof *front.chosen);
	int failed = front.values && front.order && front.chosen ? read_rows(sweep, grid, rows, &front, err)
								 : opj_fail(err, "out of memory");
	if (!failed)
		mark(&front, rows);
	free(front.chosen);
	free(front.order);
	free(front.values);
	return failed;
}

int opj_sweep_mark_fronts(struct opj_sweep *sweep, struct opj_error *err)
{
	struct opj_sweep_row *rows = sweep->rows;
	for (uint32_t i = 0; i < sweep->file.count; i++) {
		const struct opj_sweep_grid *grid = &sweep->file.grids[i];
		if (mark_grid(sweep, grid, rows, err))
			return -1;
		rows += grid->count;
	}
	return 0;
}
