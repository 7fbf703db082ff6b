/* analyze/engine/tally.c: the table of cells, and summing it.
 *
 * Rows (one per context) and cells (one per op name seen in a context) are made on first use, so memory follows what
 * the trace has, not the product of its id ranges. Sums are checked for overflow: a figure is exact or an error. */
#include "tally.h"
#include <stdlib.h>
#include <string.h>

/* Grows an array of zeroed elements to hold index `need`; *count becomes the new length. */
static int grow(void *array, uint32_t *count, uint32_t need, size_t size)
{
	if (need < *count)
		return 0;
	if (need == UINT32_MAX)
		return -1;
	size_t old = *count, more = old + old / 2 + 8;
	if (more <= need)
		more = (size_t)need + 1;
	if (more > UINT32_MAX)
		more = UINT32_MAX;
	void *moved = reallocarray(*(void **)array, more, size);
	if (!moved)
		return -1;
	memset((char *)moved + old * size, 0, (more - old) * size);
	*(void **)array = moved;
	*count = (uint32_t)more;
	return 0;
}

static int name(const char ***names, uint32_t *count, uint32_t id, const char *text)
{
	if (grow(names, count, id, sizeof **names))
		return -1;
	(*names)[id] = text;
	return 0;
}

void opj_tally_finish(struct opj_tally *tally)
{
	for (uint32_t i = 0; i < tally->row_count; i++)
		free(tally->rows[i].cells);
	free(tally->rows);
	free(tally->keys);
	free(tally->values);
	free(tally->ops);
	free(tally->scopes);
	free(tally->stages);
	*tally = (struct opj_tally){.stride = tally->stride};
}

struct opj_tally_row *opj_tally_make_row(struct opj_tally *tally, const struct opj_context *context)
{
	if (grow(&tally->rows, &tally->row_count, context->id, sizeof *tally->rows) ||
	    name(&tally->stages, &tally->stage_count, context->stage_id, context->stage))
		return NULL;
	for (uint32_t i = 0; i < context->scope_count; i++) {
		if (name(&tally->scopes, &tally->scope_count, context->scope_ids[i], context->scopes[i]))
			return NULL;
	}
	struct opj_tally_row *row = &tally->rows[context->id];
	row->context = context;
	return row;
}

static int make_room(struct opj_tally *tally)
{
	if (tally->cell_count < tally->cell_capacity)
		return 0;
	size_t more = tally->cell_capacity ? (size_t)tally->cell_capacity * 2 : 64;
	if (more >= UINT32_MAX)
		return -1;
	int64_t *values = reallocarray(tally->values, more, tally->stride * sizeof *values);
	if (!values)
		return -1;
	tally->values = values;
	struct opj_tally_key *keys = reallocarray(tally->keys, more, sizeof *keys);
	if (!keys)
		return -1;
	tally->keys = keys;
	tally->cell_capacity = (uint32_t)more;
	return 0;
}

int64_t *opj_tally_make_cell(struct opj_tally *tally, const struct opj_op *op)
{
	uint32_t id = op->signature->op_id;
	struct opj_tally_row *row = &tally->rows[op->context->id];
	if (grow(&row->cells, &row->op_count, id, sizeof *row->cells) || make_room(tally) ||
	    name(&tally->ops, &tally->op_count, id, op->signature->op))
		return NULL;
	uint32_t index = tally->cell_count++;
	row->cells[id] = index + 1;
	tally->keys[index] = (struct opj_tally_key){op->context->id, id};
	int64_t *cell = tally->values + (size_t)index * tally->stride;
	memset(cell, 0, tally->stride * sizeof *cell);
	return cell;
}

int opj_tally_add(int64_t *sums, const int64_t *cell, uint32_t width)
{
	bool overflow = false;
	for (uint32_t i = 0; i < width; i++)
		overflow |= __builtin_add_overflow(sums[i], cell[i], &sums[i]);
	return overflow ? -1 : 0;
}

static int add(struct opj_rollup *rollup, uint32_t group, uint32_t op, const int64_t *slice)
{
	int failed = opj_tally_add(rollup->sums + (size_t)group * rollup->width, slice, rollup->width);
	if (!failed && rollup->values)
		failed = opj_tally_add(rollup->values + ((size_t)group * rollup->op_count + op) * rollup->width, slice,
				       rollup->width);
	return failed;
}

static int add_cell(struct opj_rollup *rollup, enum opj_axis axis, const struct opj_context *context, uint32_t op,
		    const int64_t *slice)
{
	switch (axis) {
	case OPJ_BY_STAGE:
		return add(rollup, context->stage_id, op, slice);
	case OPJ_BY_OP:
		return add(rollup, op, op, slice);
	default:
		break;
	}
	for (uint32_t i = 0; i < context->scope_count; i++) {
		if (add(rollup, context->scope_ids[i], op, slice))
			return -1;
	}
	return 0;
}

static struct opj_rollup groups(const struct opj_tally *tally, enum opj_axis axis, uint32_t width)
{
	struct opj_rollup rollup = {.op_count = tally->op_count, .width = width};
	switch (axis) {
	case OPJ_BY_MODULE:
		rollup.groups = tally->scopes;
		rollup.group_count = tally->scope_count;
		break;
	case OPJ_BY_STAGE:
		rollup.groups = tally->stages;
		rollup.group_count = tally->stage_count;
		break;
	case OPJ_BY_OP:
		rollup.groups = tally->ops;
		rollup.group_count = tally->op_count;
		break;
	}
	return rollup;
}

static int roll(const struct opj_tally *tally, enum opj_axis axis, uint32_t offset, struct opj_rollup *rollup,
		struct opj_error *err)
{
	rollup->sums = calloc((size_t)rollup->group_count + 1, rollup->width * sizeof *rollup->sums);
	if (!rollup->sums)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		struct opj_tally_key key = tally->keys[i];
		const struct opj_context *context = tally->rows[key.context].context;
		if (add_cell(rollup, axis, context, key.op, opj_tally_at(tally, i) + offset))
			return opj_fail(err, "the sum over the ops of \"%s\" does not fit in 64 bits",
					tally->ops[key.op]);
	}
	return 0;
}

int opj_tally_roll(const struct opj_tally *tally, enum opj_axis axis, uint32_t offset, uint32_t width,
		   struct opj_rollup *rollup, struct opj_error *err)
{
	*rollup = groups(tally, axis, width);
	rollup->values = calloc((size_t)rollup->group_count * rollup->op_count + 1, width * sizeof *rollup->values);
	int failed = rollup->values ? roll(tally, axis, offset, rollup, err) : opj_fail(err, "out of memory");
	if (failed)
		opj_rollup_finish(rollup);
	return failed;
}

int opj_tally_sum(const struct opj_tally *tally, enum opj_axis axis, struct opj_rollup *rollup, struct opj_error *err)
{
	*rollup = groups(tally, axis, tally->stride);
	int failed = roll(tally, axis, 0, rollup, err);
	if (failed)
		opj_rollup_finish(rollup);
	return failed;
}

void opj_rollup_finish(struct opj_rollup *rollup)
{
	free(rollup->values);
	free(rollup->sums);
	*rollup = (struct opj_rollup){0};
}

int64_t opj_rollup_find(const struct opj_rollup *rollup, const char *wanted)
{
	for (uint32_t i = 0; i < rollup->group_count; i++) {
		if (rollup->groups[i] && strcmp(rollup->groups[i], wanted) == 0)
			return i;
	}
	return -1;
}
