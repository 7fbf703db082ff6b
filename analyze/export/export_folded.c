/* analyze/export/export_folded.c: stacks for flame graphs, one line each, as flamegraph.pl and speedscope read them.
 *
 * The tally has a cell for each op in each context, so nothing but its cells has to be looked at. Integers come out as
 * they are. Energies are scaled until their total is a large whole number, cut to whole numbers, and what was cut off
 * is given back, a unit each, to those that lost most: so the lines add up to the rounded total, and none is off by
 * more than one unit. */
#include "export.h"
#include "record/base/vector.h"
#include "replay/core/scope.h"
#include <inttypes.h>
#include <math.h>

struct line {
	char *stack;
	struct opj_figure weight;
	int64_t units;
	double rest; /* of the scaled weight, behind the point */
};

struct lines {
	struct line *items; /* [count] */
	size_t count;
};

static void finish(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i].stack);
	free(lines->items);
}

/* "Net.conv" and "aten.mm.default" as "Net;conv;aten.mm.default". */
static char *make_stack(const struct opj_context *context, const char *op)
{
	const char *scope = opj_scope_innermost(context);
	char *stack;
	if (asprintf(&stack, "%s%s%s", scope ? scope : "", scope ? "." : "", op) < 0)
		return NULL;
	opj_clean(stack);
	size_t path = strlen(stack) - strlen(op);
	for (size_t i = 0; stack[i]; i++)
		stack[i] = stack[i] == ';' ? ':' : i < path && stack[i] == '.' ? ';' : stack[i];
	return stack;
}

static int add(struct lines *lines, char *stack, struct opj_figure weight)
{
	struct line *line = stack ? OPJ_PUSH(lines->items, lines->count) : NULL;
	if (!line) {
		free(stack);
		return -1;
	}
	*line = (struct line){.stack = stack, .weight = weight};
	return 0;
}

static int collect(struct lines *lines, const struct opj_digest *digest, uint32_t column, struct opj_error *err)
{
	const struct opj_tally *tally = &digest->analysis->tally;
	for (uint32_t i = 0; i < tally->cell_count; i++) {
		struct opj_figure weight = opj_digest_figure(digest, column, opj_tally_at(tally, i));
		if (!weight.known || weight.number == 0)
			continue;
		const struct opj_context *context = tally->rows[tally->keys[i].context].context;
		const char *op = tally->ops[tally->keys[i].op];
		if (!(weight.number > 0) || !isfinite(weight.number))
			return opj_fail(err, "%s of %s is %g, which cannot be the width of a stack",
					digest->columns[column].name, op, weight.number);
		if (add(lines, make_stack(context, op), weight))
			return opj_fail(err, "out of memory");
	}
	return 0;
}

static int by_stack(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->stack, ((const struct line *)b)->stack);
}

/* Contexts that differ in stage alone have the same stack. Sums are parts of a total that fits. */
static void merge(struct lines *lines)
{
	size_t kept = 0;
	if (lines->count)
		qsort(lines->items, lines->count, sizeof *lines->items, by_stack);
	for (size_t i = 0; i < lines->count; i++) {
		struct line *last = kept ? &lines->items[kept - 1] : NULL, *line = &lines->items[i];
		if (last && strcmp(last->stack, line->stack) == 0) {
			last->weight.integer += line->weight.integer;
			last->weight.number += line->weight.number;
			free(line->stack);
		} else {
			lines->items[kept++] = *line;
		}
	}
	lines->count = kept;
}

static int by_rest(const void *a, const void *b)
{
	const struct line *x = *(const struct line *const *)a, *y = *(const struct line *const *)b;
	return x->rest != y->rest ? (x->rest < y->rest) - (x->rest > y->rest) : strcmp(x->stack, y->stack);
}

/* Gives back what cutting took, a unit each, to the lines with the largest rests. */
static int give_back(struct lines *lines, struct opj_error *err)
{
	struct line **order = calloc(lines->count + 1, sizeof *order);
	double cut = 0;
	if (!order)
		return opj_fail(err, "out of memory");
	for (size_t i = 0; i < lines->count; i++) {
		order[i] = &lines->items[i];
		cut += lines->items[i].rest;
	}
	if (lines->count)
		qsort(order, lines->count, sizeof *order, by_rest);
	for (size_t i = 0; i < lines->count && (double)i < round(cut); i++)
		order[i]->units++;
	free(order);
	return 0;
}

/* Turns energies in pJ into whole units. */
static int scale(struct lines *lines, const char *name, const char **unit, struct opj_error *err)
{
	static const char *const units[] = {"fJ", "pJ", "nJ", "µJ", "mJ", "J"};
	double total = 0, factor = 1e3;
	int at = 0;
	for (size_t i = 0; i < lines->count; i++)
		total += lines->items[i].weight.number;
	for (; total * factor >= 0x1p53 && at < 5; at++)
		factor /= 1e3;
	if (total * factor >= 0x1p53)
		return opj_fail(err, "%s: the total of %g pJ is too large", name, total);
	*unit = units[at];
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->items[i];
		double scaled = line->weight.number * factor;
		line->units = (int64_t)floor(scaled);
		line->rest = scaled - floor(scaled);
	}
	return give_back(lines, err);
}

int opj_export_folded(const struct opj_subject *subject, uint32_t column, FILE *out, const char **unit,
		      struct opj_error *err)
{
	const struct opj_column *weight = &subject->digest.columns[column];
	struct lines lines = {0};
	int failed = collect(&lines, &subject->digest, column, err);
	*unit = weight->unit;
	merge(&lines);
	for (size_t i = 0; i < lines.count; i++)
		lines.items[i].units = lines.items[i].weight.integer;
	if (!failed && weight->kind == OPJ_COLUMN_ENERGY)
		failed = scale(&lines, weight->name, unit, err);
	for (size_t i = 0; !failed && i < lines.count; i++) {
		if (lines.items[i].units)
			fprintf(out, "%s %" PRId64 "\n", lines.items[i].stack, lines.items[i].units);
	}
	finish(&lines);
	return failed;
}
