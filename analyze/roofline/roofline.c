/* analyze/roofline/roofline.c: points from the rows of a digest.
 *
 * Rows of modules contain those of the modules inside them; a layer is what ran in a module and in no other inside it,
 * so layers add up to the total. */
#include "roofline.h"
#include "record/base/text.h"
#include <stdlib.h>
#include <string.h>

const char *const opj_roofline_counters[3] = {"flop", "memory", NULL};

/* Columns of the digest that a point is made of. */
struct columns {
	uint32_t flops, bytes;
};

static int find_columns(const struct opj_digest *digest, struct columns *columns, struct opj_error *err)
{
	int64_t flops = opj_digest_column(digest, opj_roofline_counters[0]);
	int64_t bytes = opj_digest_column(digest, opj_roofline_counters[1]);
	if (flops < 0 || bytes < 0)
		return opj_fail(err, "a roofline needs the counters flop and memory");
	*columns = (struct columns){(uint32_t)flops, (uint32_t)bytes};
	return 0;
}

static struct opj_bound bound_at(enum opj_ceiling_kind kind, const struct opj_ceiling *ceiling, double intensity)
{
	double rate = kind == OPJ_CEILING_COMPUTE ? ceiling->rate : intensity * ceiling->rate;
	return (struct opj_bound){kind, ceiling, rate};
}

static struct opj_bound next_above(const struct opj_machine *machine, double intensity, double rate)
{
	struct opj_bound next = {0};
	for (int kind = 0; kind < 2; kind++) {
		for (uint32_t i = 0; i < machine->by[kind].count; i++) {
			struct opj_bound bound = bound_at(kind, &machine->by[kind].items[i], intensity);
			if (bound.rate >= rate && (!next.ceiling || bound.rate < next.rate))
				next = bound;
		}
	}
	return next;
}

static void place(const struct opj_roofline *roofline, struct opj_roofline_point *point)
{
	point->lacks = (point->flops.integer > 0 ? 0u : OPJ_LACKS_FLOPS) |
		       (point->bytes.integer > 0 ? 0u : OPJ_LACKS_BYTES) |
		       (point->time.known && point->time.integer > 0 ? 0u : OPJ_LACKS_TIME);
	if (!(point->lacks & (OPJ_LACKS_FLOPS | OPJ_LACKS_TIME)))
		point->rate = point->flops.number / point->time.number * 1e9;
	if (point->lacks & (OPJ_LACKS_FLOPS | OPJ_LACKS_BYTES))
		return;
	point->intensity = point->flops.number / point->bytes.number;
	struct opj_bound compute = bound_at(OPJ_CEILING_COMPUTE, roofline->peak, point->intensity);
	struct opj_bound memory = bound_at(OPJ_CEILING_MEMORY, roofline->bandwidth, point->intensity);
	point->attainable = memory.rate < compute.rate ? memory : compute;
	if (!point->lacks)
		point->next = next_above(roofline->machine, point->intensity, point->rate);
}

static void fill(const struct opj_roofline *roofline, struct opj_roofline_point *point,
		 const struct opj_figure *figures, const struct columns *columns)
{
	point->ops = figures[OPJ_DIGEST_OPS];
	point->time = figures[OPJ_DIGEST_TIME];
	point->flops = figures[columns->flops];
	point->bytes = figures[columns->bytes];
	place(roofline, point);
}

static void add_points(struct opj_roofline *roofline, const struct opj_digest *digest, const struct columns *columns)
{
	const struct opj_rows *rows = &digest->by[roofline->by];
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_row *row = &rows->rows[i];
		const struct opj_figure *figures = row->own ? row->own : row->figures;
		if (!figures[OPJ_DIGEST_OPS].integer)
			continue;
		struct opj_roofline_point *point = &roofline->points[roofline->count++];
		point->name = row->outside ? "(outside modules)" : row->name;
		point->cls = row->module ? row->module->module->def.cls : "";
		fill(roofline, point, figures, columns);
		if (!point->lacks)
			point->number = ++roofline->drawn;
	}
	roofline->total = (struct opj_roofline_point){.name = "total", .cls = ""};
	fill(roofline, &roofline->total, digest->totals, columns);
}

/* What the figures do not cover. */
static void add_gaps(struct opj_roofline *roofline, const struct opj_digest *digest, const struct columns *columns)
{
	const struct opj_analysis *analysis = digest->analysis;
	const uint32_t offsets[] = {analysis->counts[digest->columns[columns->flops].index].offset,
				    analysis->counts[digest->columns[columns->bytes].index].offset};
	int64_t timed = 0;
	for (uint32_t i = 0; i < analysis->tally.cell_count; i++) {
		const int64_t *cell = opj_tally_at(&analysis->tally, i);
		timed += cell[OPJ_HEAD_TIMED];
		for (int c = 0; c < 2; c++)
			roofline->uncovered[c] += cell[offsets[c] + OPJ_CELL_UNCOVERED];
	}
	roofline->untimed = timed ? roofline->total.ops.integer - timed : 0;
}

int opj_roofline_init(struct opj_roofline *roofline, const struct opj_digest *digest, enum opj_axis by,
		      const struct opj_machine *machine, const char *compute, const char *memory, struct opj_error *err)
{
	struct columns columns = {0};
	*roofline = (struct opj_roofline){.machine = machine, .by = by};
	if (find_columns(digest, &columns, err))
		return -1;
	roofline->peak = opj_machine_find(machine, OPJ_CEILING_COMPUTE, compute, err);
	roofline->bandwidth = roofline->peak ? opj_machine_find(machine, OPJ_CEILING_MEMORY, memory, err) : NULL;
	if (!roofline->bandwidth)
		return -1;
	roofline->points = calloc(digest->by[by].count + 1, sizeof *roofline->points);
	if (!roofline->points)
		return opj_fail(err, "out of memory");
	add_points(roofline, digest, &columns);
	add_gaps(roofline, digest, &columns);
	return 0;
}

void opj_roofline_finish(struct opj_roofline *roofline)
{
	free(roofline->points);
	*roofline = (struct opj_roofline){0};
}

const char *opj_roofline_lacks(char buffer[64], unsigned lacks)
{
	static const char *const names[] = {"no FLOPs", "no bytes", "no measured time"};
	buffer[0] = '\0';
	for (int i = 0; i < 3; i++) {
		if (lacks >> i & 1)
			opj_text_list(buffer, 64, "%s", names[i]);
	}
	return buffer;
}
