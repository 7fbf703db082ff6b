/* analyze/sweep/sweep_figures.c: what a sweep keeps of a report: the energy and its parts, or a counter's totals, and
 * the figures that the grid asks for. Leaves are kept as they are, so that integers stay exact; the report they came
 * from goes.
 *
 * Reports of one grid may differ in which figures they have (a crossbar priced by events has other parts than one
 * priced in full), so names are collected as they come, and a row may lack some. */
#include "record/base/vector.h"
#include "sweep.h"
#include <stdlib.h>
#include <string.h>

void opj_sweep_names_finish(struct opj_sweep_names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct opj_sweep_names){0};
}

static int64_t find(const struct opj_sweep_names *names, const char *name)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (strcmp(names->names[i], name) == 0)
			return i;
	}
	return -1;
}

/* The column of a name, made where it is new; -1: out of memory. */
static int64_t column(struct opj_sweep_names *names, const char *name)
{
	int64_t found = find(names, name);
	if (found >= 0)
		return found;
	char *copy = strdup(name), **added = copy ? OPJ_PUSH(names->names, names->count) : NULL;
	if (!added) {
		free(copy);
		return -1;
	}
	*added = copy;
	return names->count - 1;
}

/* Puts a figure, of which a new reference is made, into a row. */
static int put(struct opj_sweep *sweep, struct opj_sweep_row *row, const char *name, json_t *figure,
	       struct opj_error *err)
{
	int64_t at = figure ? column(&sweep->names[row->grid], name) : -1;
	if (at < 0)
		return opj_fail(err, "out of memory");
	if (at >= row->figure_count) {
		json_t **moved = reallocarray(row->figures, (size_t)at + 1, sizeof *moved);
		if (!moved)
			return opj_fail(err, "out of memory");
		memset(moved + row->figure_count, 0, ((size_t)at + 1 - row->figure_count) * sizeof(json_t *));
		row->figures = moved;
		row->figure_count = (uint32_t)at + 1;
	}
	if (!row->figures[at])
		row->figures[at] = json_incref(figure);
	return 0;
}

static int put_new(struct opj_sweep *sweep, struct opj_sweep_row *row, const char *name, json_t *figure,
		   struct opj_error *err)
{
	int failed = put(sweep, row, name, figure, err);
	json_decref(figure);
	return failed;
}

/* The number at a path of keys with dots between them. Keys may have dots too ("Net.conv1"). */
static json_t *find_number(json_t *object, const char *path)
{
	json_t *whole = json_object_get(object, path);
	if (json_is_number(whole))
		return whole;
	for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
		json_t *inner = json_object_getn(object, path, (size_t)(dot - path));
		json_t *number = inner ? find_number(inner, dot + 1) : NULL;
		if (number)
			return number;
	}
	return NULL;
}

static int put_energy(struct opj_sweep *sweep, struct opj_sweep_row *row, const struct opj_report *report,
		      struct opj_error *err)
{
	const char *part;
	json_t *pj;
	if (report->totalled && put_new(sweep, row, "energy_pj", json_real(report->total_pj), err))
		return -1;
	json_object_foreach(json_object_get(report->fields, "breakdown_pj"), part, pj)
	{
		char name[200];
		snprintf(name, sizeof name, "breakdown_pj.%.180s", part);
		if (json_is_number(pj) && put(sweep, row, name, pj, err))
			return -1;
	}
	return 0;
}

static int put_totals(struct opj_sweep *sweep, struct opj_sweep_row *row, const struct opj_count *count,
		      struct opj_error *err)
{
	for (uint32_t m = 0; m < count->counter->metric_count; m++) {
		const char *name = count->counter->metrics ? count->counter->metrics[m] : "total";
		if (put_new(sweep, row, name, json_integer(count->totals[m]), err))
			return -1;
	}
	return 0;
}

static int put_path(struct opj_sweep *sweep, struct opj_sweep_row *row, const struct opj_report *report,
		    const char *path, struct opj_error *err)
{
	json_t *figure = find_number(report->fields, path);
	return figure ? put(sweep, row, path, figure, err) : 0;
}

int opj_sweep_read_figures(struct opj_sweep *sweep, struct opj_sweep_row *row, const struct opj_report *report,
			   const struct opj_count *count, struct opj_error *err)
{
	const struct opj_sweep_grid *grid = &sweep->file.grids[row->grid];
	row->warnings = json_incref(report->warnings);
	if (count ? put_totals(sweep, row, count, err) : put_energy(sweep, row, report, err))
		return -1;
	for (uint32_t i = 0; i < grid->figure_count; i++) {
		if (put_path(sweep, row, report, grid->figures[i], err))
			return -1;
	}
	for (uint32_t i = 0; i < grid->objective_count; i++) {
		if (put_path(sweep, row, report, grid->objectives[i].name, err))
			return -1;
	}
	return 0;
}

int opj_sweep_check_figures(const struct opj_sweep *sweep, struct opj_error *err)
{
	for (uint32_t g = 0; g < sweep->file.count; g++) {
		const struct opj_sweep_grid *grid = &sweep->file.grids[g];
		for (uint32_t i = 0; i < grid->figure_count; i++) {
			if (find(&sweep->names[g], grid->figures[i]) < 0)
				return opj_fail(err, "%.200s:%zu: figures: %s has no figure \"%.100s\"",
						sweep->file.path, grid->line, opj_sweep_grid_model(grid),
						grid->figures[i]);
		}
	}
	return 0;
}

json_t *opj_sweep_figure(const struct opj_sweep *sweep, const struct opj_sweep_row *row, const char *name)
{
	int64_t at = find(&sweep->names[row->grid], name);
	return at >= 0 && at < row->figure_count ? row->figures[at] : NULL;
}
