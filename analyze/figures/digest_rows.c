/* analyze/figures/digest_rows.c: rows by module, stage and op.
 *
 * Modules stand in the order of the model, each below the nearest one around it; scopes that are no module follow, and
 * at last what ran outside all of them. Things in which nothing ran have no row. */
#include "digest_rows.h"
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
		if (tally->rows[tally->keys[i].context].context->scope_count > 1)
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

/* Index of the row of each scope, -1 where it has none. NULL: out of memory. */
static int64_t *rows_of_scopes(const struct opj_rows *rows, const struct opj_tally *tally)
{
	int64_t *found = calloc((size_t)tally->scope_count + 1, sizeof *found);
	for (uint32_t scope = 0; found && scope < tally->scope_count; scope++) {
		found[scope] = -1;
		for (size_t i = 0; tally->scopes[scope] && i < rows->count && found[scope] < 0; i++) {
			if (!rows->rows[i].outside && strcmp(rows->rows[i].name, tally->scopes[scope]) == 0)
				found[scope] = (int64_t)i;
		}
	}
	return found;
}

/* Row of the innermost scope; where there is none, that of what ran outside; -1: there is no such row either. */
static int64_t innermost(const struct opj_rows *rows, const int64_t *row_of, const struct opj_context *context)
{
	int64_t best = -1;
	for (uint32_t i = 0; context->scope_count > 1 && i < context->scope_count; i++) {
		int64_t row = row_of[context->scope_ids[i]];
		if (row < 0)
			continue;
		uint32_t depth = rows->rows[row].depth, most = best < 0 ? 0 : rows->rows[best].depth;
		if (best < 0 || depth > most || (depth == most && row > best))
			best = row;
	}
	if (best < 0 && rows->count && rows->rows[rows->count - 1].outside)
		best = (int64_t)rows->count - 1;
	return best;
}

int64_t *opj_row_own_cells(const struct opj_rows *rows, const struct opj_tally *tally, struct opj_error *err)
{
	int64_t *cells = calloc(rows->count * tally->stride + 1, sizeof *cells);
	int64_t *row_of = rows_of_scopes(rows, tally);
	bool failed = !cells || !row_of;
	if (failed)
		opj_fail(err, "out of memory");
	for (uint32_t i = 0; !failed && i < tally->cell_count; i++) {
		int64_t row = innermost(rows, row_of, tally->rows[tally->keys[i].context].context);
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
	if ((rows->count & (rows->count - 1)) == 0) { /* full: capacities are powers of two */
		struct opj_row *moved = reallocarray(rows->rows, rows->count ? 2 * rows->count : 1, sizeof *rows->rows);
		if (!moved)
			return -1;
		rows->rows = moved;
	}
	rows->rows[rows->count++] = row;
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
