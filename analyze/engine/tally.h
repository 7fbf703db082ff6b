/* analyze/engine/tally.h: integers by (context, op), and their roll-up to scopes, stages and ops.
 *
 * A cell holds what every counter counted for one op name in one context: an array of `stride` integers, a head and
 * then a slice for each counter. Finding a cell takes two array look-ups; nothing is hashed and no string is touched
 * per op. */
#ifndef OPJ_ANALYZE_ENGINE_TALLY_H
#define OPJ_ANALYZE_ENGINE_TALLY_H

#include <opjoule/estimator.h>

/* A cell's head: how many ops, how long they took by the executor's clock in ns, and how many of them were timed. */
enum { OPJ_HEAD_OPS = 0, OPJ_HEAD_NS = 1, OPJ_HEAD_TIMED = 2, OPJ_HEAD = 3 };

/* A counter's slice of a cell: how many ops it counted, how many it did not cover, then its metrics. */
enum { OPJ_CELL_COUNTED = 0, OPJ_CELL_UNCOVERED = 1, OPJ_CELL_METRICS = 2 };

struct opj_tally_row {
	const struct opj_context *context; /* NULL: no op came from it yet */
	bool ignored;                      /* runs inside a module that was asked to be left out */
	uint32_t *cells;                   /* [op_count] index + 1 of the cell of an op, 0: none yet */
	uint32_t op_count;
};

struct opj_tally {
	uint32_t stride; /* integers per cell, head included */
	int64_t *values; /* [cell_count * stride] */
	struct opj_tally_key {
		uint32_t context, op;
	} * keys; /* [cell_count] */
	uint32_t cell_count, cell_capacity;
	struct opj_tally_row *rows; /* [row_count] by context id */
	uint32_t row_count;
	const char **ops;    /* [op_count] names by op id; NULL where an id was not seen */
	const char **scopes; /* [scope_count] */
	const char **stages; /* [stage_count] */
	uint32_t op_count, scope_count, stage_count;
};

void opj_tally_finish(struct opj_tally *tally);

/* Makes row and cell for an op that has none; opj_tally_cell is the way in. NULL: no memory. */
int64_t *opj_tally_make_cell(struct opj_tally *tally, const struct opj_op *op);

/* The row of a context that ops came from before, NULL for a new one. */
static inline struct opj_tally_row *opj_tally_row(const struct opj_tally *tally, uint32_t context)
{
	return context < tally->row_count && tally->rows[context].context ? &tally->rows[context] : NULL;
}

/* Makes a context known. NULL: out of memory. The row moves when another is made. */
struct opj_tally_row *opj_tally_make_row(struct opj_tally *tally, const struct opj_context *context);

/* The cell of an op in a row; valid until the next call. NULL: out of memory. */
static inline int64_t *opj_tally_cell(struct opj_tally *tally, const struct opj_tally_row *row, const struct opj_op *op)
{
	uint32_t id = op->signature->op_id;
	if (id < row->op_count && row->cells[id])
		return tally->values + (size_t)(row->cells[id] - 1) * tally->stride;
	return opj_tally_make_cell(tally, op);
}

/* Cell `index`, in the order in which cells were made. */
static inline const int64_t *opj_tally_at(const struct opj_tally *tally, uint32_t index)
{
	return tally->values + (size_t)index * tally->stride;
}

/* sums[i] += cell[i] for `width` integers. -1: one does not fit in 64 bits. */
int opj_tally_add(int64_t *sums, const int64_t *cell, uint32_t width);

/* One slice of all cells, summed by group and op. */
struct opj_rollup {
	uint32_t group_count, op_count, width;
	const char *const *groups; /* [group_count] names, NULL where nothing is; borrowed from the tally */
	int64_t *values;           /* [group_count][op_count][width]; NULL where only sums were asked for */
	int64_t *sums;             /* [group_count][width]: over all ops */
};

/* Sums integers [offset, offset + width) of all cells. By OPJ_BY_OP every op is its own group. Fails on overflow. */
int opj_tally_roll(const struct opj_tally *tally, enum opj_axis axis, uint32_t offset, uint32_t width,
		   struct opj_rollup *rollup, struct opj_error *err);

/* The same of whole cells, heads included, without values: the sums alone. */
int opj_tally_sum(const struct opj_tally *tally, enum opj_axis axis, struct opj_rollup *rollup, struct opj_error *err);
void opj_rollup_finish(struct opj_rollup *rollup);

static inline const int64_t *opj_rollup_at(const struct opj_rollup *rollup, uint32_t group, uint32_t op)
{
	return rollup->values + ((size_t)group * rollup->op_count + op) * rollup->width;
}

static inline const int64_t *opj_rollup_sum(const struct opj_rollup *rollup, uint32_t group)
{
	return rollup->sums + (size_t)group * rollup->width;
}

/* Index of a group by name, -1 where there is none. */
int64_t opj_rollup_find(const struct opj_rollup *rollup, const char *wanted);

#endif
