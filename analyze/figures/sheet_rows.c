/* analyze/figures/sheet_rows.c: which rows of several traces are the same.
 *
 * Stages and ops match by name. Modules match by path below the outermost module, because variants of a network are
 * often recorded under names of their own: "Digits.c2" and "DigitsWide.c2" are the same layer. Renamed layers do not
 * match; `opjoule diff` looks deeper. */
#include "sheet_rows.h"
#include "record/base/vector.h"
#include <stdlib.h>
#include <string.h>

/* The outermost module; NULL where there is none, or more than one. */
static const struct opj_row *root_of(const struct opj_rows *rows)
{
	const struct opj_row *root = NULL;
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i];
		if (!row->module || row->parent >= 0)
			continue;
		if (root)
			return NULL;
		root = row;
	}
	return root;
}

/* What a row is known by: "" the outermost module, ".c2" below it, the whole name elsewhere. */
static const char *key(const struct opj_row *row, const struct opj_row *root)
{
	size_t length = root ? strlen(root->name) : 0;
	bool below = root && strncmp(row->name, root->name, length) == 0 &&
		     (row->name[length] == '.' || row->name[length] == '\0');
	return below ? row->name + length : row->name;
}

static int insert(struct opj_matched *matched, uint32_t at, uint32_t source_count)
{
	const struct opj_row **rows = calloc(source_count, sizeof *rows);
	if (!rows || !opj_array_grow(&matched->rows, matched->count, sizeof *matched->rows)) {
		free(rows);
		return -1;
	}
	memmove(matched->rows + at + 1, matched->rows + at, (matched->count - at) * sizeof *matched->rows);
	matched->rows[at].rows = rows;
	matched->count++;
	return 0;
}

/* The matched row that goes by this key and has nothing of source `own` yet, -1: none. roots[i] belongs to source i. */
static int64_t find(const struct opj_matched *matched, const struct opj_row *const *roots, uint32_t source_count,
		    uint32_t own, const struct opj_row *wanted)
{
	for (uint32_t i = 0; i < matched->count; i++) {
		const struct opj_row *first = NULL;
		uint32_t source = 0;
		for (; !first && source < source_count; source++)
			first = matched->rows[i].rows[source];
		if (!matched->rows[i].rows[own] && first && first->outside == wanted->outside &&
		    strcmp(key(first, roots[source - 1]), key(wanted, roots[own])) == 0)
			return i;
	}
	return -1;
}

static int add_source(struct opj_matched *matched, const struct opj_row **roots, uint32_t source, uint32_t source_count,
		      const struct opj_rows *rows)
{
	uint32_t at = 0; /* behind the last row that matched */
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i];
		int64_t found = source ? find(matched, roots, source_count, source, row) : -1;
		if (row->outside && found < 0)
			at = matched->count;
		if (found < 0 && insert(matched, at, source_count))
			return -1;
		at = found < 0 ? at : (uint32_t)found;
		matched->rows[at++].rows[source] = row;
	}
	return 0;
}

int opj_match_rows(struct opj_matched *matched, const struct opj_sheet_source *sources, uint32_t source_count,
		   enum opj_axis axis)
{
	*matched = (struct opj_matched){0};
	const struct opj_row **roots = calloc((size_t)source_count + 1, sizeof *roots);
	if (!roots)
		return -1;
	int failed = 0;
	for (uint32_t i = 0; axis == OPJ_BY_MODULE && i < source_count; i++)
		roots[i] = root_of(&sources[i].digest->by[axis]);
	for (uint32_t i = 0; !failed && i < source_count; i++)
		failed = add_source(matched, roots, i, source_count, &sources[i].digest->by[axis]);
	free(roots);
	return failed;
}

void opj_matched_finish(struct opj_matched *matched)
{
	for (uint32_t i = 0; i < matched->count; i++)
		free(matched->rows[i].rows);
	free(matched->rows);
	*matched = (struct opj_matched){0};
}
