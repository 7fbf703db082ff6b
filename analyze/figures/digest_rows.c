/* analyze/figures/digest_rows.c: rows by module, stage and op.
 *
 * Modules stand in the order of the model, each below the nearest one around it; scopes that are no module follow, and
 * at last what ran outside all of them. Things in which nothing ran have no row. */
#include "digest_rows.h"
#include "record/base/vector.h"
#include "replay/core/scope.h"
#include <stdlib.h>
#include <string.h>

int opj_row_cells_init(struct opj_row_cells *cells, const struct opj_analysis *analysis, enum opj_axis axis,
		       struct opj_error *err)
{
	const struct opj_tally *tally = &analysis->tally;
	*cells = (struct opj_row_cells){0};
	if (opj_tally_sum(tally, axis, &cells->rollup, err))
		return -1;
	if (axis != OPJ_BY_MODULE)
		return 0;
	cells->outside = calloc(tally->stride, sizeof *cells->outside);
	if (!cells->outside) {
		opj_row_cells_finish(cells);
		return opj_fail(err, "out of memory");
	}
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		if (opj_scope_innermost(tally->rows[tally->keys[i].context].context))
			continue;
		if (opj_tally_add(cells->outside, opj_tally_at(tally, i), tally->stride)) {
			opj_row_cells_finish(cells);
			return opj_fail(err, "the sum over ops outside all modules does not fit in 64 bits");
		}
	}
	return 0;
}

void opj_row_cells_finish(struct opj_row_cells *cells)
{
	opj_rollup_finish(&cells->rollup);
	free(cells->outside);
	cells->outside = NULL;
}

const int64_t *opj_row_cell(const struct opj_row_cells *cells, const struct opj_row *row)
{
	if (row->outside)
		return cells->outside;
	return opj_rollup_sum(&cells->rollup, (uint32_t)opj_rollup_find(&cells->rollup, row->name));
}

/* Index of the row of what ops in a context belong to: their innermost scope, or what ran outside. -1: there is none.
 */
static int64_t own_row(const struct opj_rows *rows, const struct opj_context *context)
{
	const char *scope = opj_scope_innermost(context);
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i];
		if (scope ? !row->outside && strcmp(row->name, scope) == 0 : row->outside)
			return (int64_t)i;
	}
	return -1;
}

/* The row of each context, looked for once: several cells share one. NULL: out of memory. */
static int64_t *rows_of_contexts(const struct opj_rows *rows, const struct opj_tally *tally)
{
	int64_t *found = calloc((size_t)tally->row_count + 1, sizeof *found);
	for (uint32_t i = 0; found && i < tally->row_count; i++)
		found[i] = tally->rows[i].context ? own_row(rows, tally->rows[i].context) : -1;
	return found;
}

int64_t *opj_row_own_cells(const struct opj_rows *rows, const struct opj_tally *tally, struct opj_error *err)
{
	int64_t *cells = calloc(rows->count * tally->stride + 1, sizeof *cells);
	int64_t *row_of = rows_of_contexts(rows, tally);
	bool failed = !cells || !row_of;
	if (failed)
		opj_fail(err, "out of memory");
	for (uint32_t i = 0; !failed && i < tally->cell_count; i++) {
		int64_t row = row_of[tally->keys[i].context];
		failed = row >= 0 &&
			 opj_tally_add(cells + (size_t)row * tally->stride, opj_tally_at(tally, i), tally->stride);
		if (failed)
			opj_fail(err, "the sum over ops of %s does not fit in 64 bits", rows->rows[row].name);
	}
	free(row_of);
	if (!failed)
		return cells;
	free(cells);
	return NULL;
}

static int push(struct opj_rows *rows, struct opj_row row)
{
	struct opj_row *added = OPJ_PUSH(rows->rows, rows->count);
	if (!added)
		return -1;
	*added = row;
	return 0;
}

/* Finds the nearest row around a module. */
static void place(const struct opj_rows *rows, struct opj_row *row)
{
	for (size_t i = rows->count; i-- > 0;) {
		size_t length = strlen(rows->rows[i].name);
		if (strncmp(row->name, rows->rows[i].name, length) == 0 && row->name[length] == '.' &&
		    (row->parent < 0 || length > strlen(rows->rows[row->parent].name))) {
			row->parent = (int64_t)i;
			row->depth = rows->rows[i].depth + 1;
			row->local = row->name + length + 1;
		}
	}
}

static bool has(const struct opj_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->rows[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool ran(const struct opj_rollup *rollup, int64_t group)
{
	return group >= 0 && opj_rollup_sum(rollup, (uint32_t)group)[OPJ_HEAD_OPS] > 0;
}

static int module_rows(struct opj_rows *rows, const struct opj_analysis *analysis, const struct opj_row_cells *cells)
{
	const struct opj_rollup *rollup = &cells->rollup;
	for (uint32_t i = 0; i < analysis->module_count; i++) {
		const struct opj_seen_module *seen = &analysis->modules[i];
		const char *path = seen->module ? seen->module->def.path : NULL;
		if (!path || !ran(rollup, opj_rollup_find(rollup, path)) || has(rows, path))
			continue;
		struct opj_row row = {.name = path, .local = path, .parent = -1, .module = seen};
		place(rows, &row);
		if (push(rows, row))
			return -1;
	}
	for (uint32_t i = 0; i < rollup->group_count; i++) {
		const char *name = rollup->groups[i];
		if (name && strcmp(name, "Global") != 0 && ran(rollup, i) && !has(rows, name) &&
		    push(rows, (struct opj_row){.name = name, .local = name, .parent = -1}))
			return -1;
	}
	if (!cells->outside[OPJ_HEAD_OPS])
		return 0;
	return push(rows, (struct opj_row){.name = "", .local = "", .parent = -1, .outside = true});
}

int opj_rows_make(struct opj_rows *rows, const struct opj_analysis *analysis, const struct opj_row_cells *cells,
		  enum opj_axis axis)
{
	if (axis == OPJ_BY_MODULE)
		return module_rows(rows, analysis, cells);
	for (uint32_t i = 0; i < cells->rollup.group_count; i++) {
		const char *name = cells->rollup.groups[i];
		if (name && ran(&cells->rollup, i) &&
		    push(rows, (struct opj_row){.name = name, .local = name, .parent = -1}))
			return -1;
	}
	return 0;
}
