/* analyze/diff/diff.h: two finished analyses beside each other: the same modules, stages and ops of both in one row.
 *
 * Both analyses were asked for the same. All figures are those of the digests; a diff borrows from both. */
#ifndef OPJ_ANALYZE_DIFF_DIFF_H
#define OPJ_ANALYZE_DIFF_DIFF_H

#include "align.h"
#include "record/base/style.h"

enum opj_diff_status {
	OPJ_DIFF_ADDED = 1 << 0,   /* only in B */
	OPJ_DIFF_REMOVED = 1 << 1, /* only in A */
	OPJ_DIFF_RENAMED = 1 << 2, /* another name, or below another module */
	OPJ_DIFF_CHANGED = 1 << 3, /* another class, attribute or parameter */
};

/* The same figure of A and B. What is not there costs nothing: a figure of 0. */
struct opj_diff_pair {
	struct opj_figure a, b;
};

struct opj_diff_row {
	const struct opj_row *a, *b;   /* NULL: not there */
	unsigned status;               /* OR of enum opj_diff_status; 0: the same, whatever its figures */
	bool outside;                  /* by module: what ran outside all modules; always the last row */
	struct opj_diff_pair *figures; /* [column_count] what ran in the modules inside included */
	struct opj_diff_pair *own;     /* [column_count] by module, else NULL: without it; over all rows they add up to
					  the totals (opj_row) */
};

struct opj_diff_rows {
	struct opj_diff_row *rows; /* in the order of A, what B added behind what stands before it in B */
	size_t count;
};

struct opj_diff {
	const struct opj_digest *a, *b;
	struct opj_align align;
	/* The columns of the digests, then "calls", "sparsity.in" and "sparsity.out" (shares from 0 to 1) of modules,
	 * the last three without a total. */
	struct opj_column *columns;
	uint32_t column_count, digest_columns;
	struct opj_diff_rows by[3]; /* by enum opj_axis */
	struct opj_diff_pair *totals;
	uint32_t effect; /* the column that says what matters: the first energy, or else count */
	char **warnings; /* [warning_count] why the two may not be comparable */
	size_t warning_count;
};

int opj_diff_init(struct opj_diff *diff, const struct opj_digest *a, const struct opj_digest *b, struct opj_error *err);
void opj_diff_finish(struct opj_diff *diff);

/* B less A; not known where one of the two is not. */
struct opj_figure opj_diff_change(const struct opj_diff_pair *pair);

/* How a change shows on a terminal: more is worse, less is better. */
enum opj_style opj_diff_style(const struct opj_diff_pair *pair);

/* The change as a part of A: 0.05 for 5 % more; infinite where A is 0 and B is not. false: not known. */
bool opj_diff_relative(const struct opj_diff_pair *pair, double *relative);

/* Whether a row's own figures, of stages and ops all of them, differ in anything but measured time. */
bool opj_diff_row_differs(const struct opj_diff *diff, const struct opj_diff_row *row);

/* Whether anything differs: a module's name or make, a figure that is no measured time. */
bool opj_diff_differs(const struct opj_diff *diff);

/* Indices of the rows of an axis, those with the greatest effect first: by the size of the change of own figures in
 * column `effect`, then in the other columns, then in order. The caller frees. NULL: out of memory. */
size_t *opj_diff_sorted(const struct opj_diff *diff, enum opj_axis axis);

/* Column by name, "energy" and "energy[ESTIMATOR]" where that names one; -1, with a message that lists them. */
int64_t opj_diff_column(const struct opj_diff *diff, const char *name, struct opj_error *err);

/* For people: a figure ("16.26 µJ", of a share "17.2 %"); a change with its sign ("+4.510 µJ", of a share "-5.3 pp",
 * percentage points); the same as a part of A ("+27.7 %", "new" where A has none of it). "" where it is not known. The
 * text lives in the buffer. */
const char *opj_diff_figure_text(char text[32], const struct opj_diff *diff, uint32_t column,
				 const struct opj_figure *figure);
const char *opj_diff_change_text(char text[32], const struct opj_diff *diff, uint32_t column,
				 const struct opj_diff_pair *pair);
const char *opj_diff_relative_text(char text[32], const struct opj_diff_pair *pair);

/* The name of a row: B's where it has one. */
static inline const char *opj_diff_name(const struct opj_diff_row *row)
{
	return row->b ? row->b->name : row->a ? row->a->name : "";
}

/* diff_warn.c: fills the warnings. */
int opj_diff_warn(struct opj_diff *diff, struct opj_error *err);

struct opj_diff_view {
	unsigned axes; /* bit 1 << axis for each table; 0: all that say more than the totals */
	bool wide;     /* absolute changes of every metric, not of energies alone */
};

/* diff_text.c: the report for people. */
int opj_diff_print(const struct opj_diff *diff, const struct opj_diff_view *view, FILE *out, struct opj_error *err);

/* diff_modules.c: its list of modules that were added, removed, renamed and changed. */
int opj_diff_modules(const struct opj_diff *diff, FILE *out, struct opj_error *err);

/* diff_table.c: one of its tables: rows whose own figures differ, the greatest effect first. */
int opj_diff_table(const struct opj_diff *diff, enum opj_axis axis, const struct opj_diff_view *view, FILE *out,
		   struct opj_error *err);

/* diff_json.c: the object of docs/diff.md. NULL on failure. */
json_t *opj_diff_json(const struct opj_diff *diff, struct opj_error *err);

#endif
