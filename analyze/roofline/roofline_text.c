/* analyze/roofline/roofline_text.c: the roofline as a table, and what its figures do not cover. */
#include "record/base/columns.h"
#include "record/base/quantity.h"
#include "roofline.h"
#include <inttypes.h>

static void add_ceilings(const struct opj_machine *machine, enum opj_ceiling_kind kind, struct opj_columns *columns)
{
	const struct opj_ceilings *ceilings = &machine->by[kind];
	for (uint32_t i = 0; i < ceilings->count; i++) {
		char rate[32];
		opj_columns_cell(columns, "%s", i ? "" : kind == OPJ_CEILING_COMPUTE ? "compute" : "memory");
		opj_columns_cell(columns, "%s  %s",
				 opj_format_label(rate, ceilings->items[i].rate, opj_ceiling_unit(kind)),
				 ceilings->items[i].name);
	}
}

static int print_machine(const struct opj_roofline *roofline, FILE *out)
{
	const struct opj_machine *machine = roofline->machine;
	struct opj_columns columns = {.count = 2};
	if (*machine->name) {
		opj_columns_cell(&columns, "machine");
		opj_columns_cell(&columns, "%s", machine->name);
	}
	if (*machine->source) {
		opj_columns_cell(&columns, "peaks from");
		opj_columns_cell(&columns, "%s", machine->source);
	}
	add_ceilings(machine, OPJ_CEILING_COMPUTE, &columns);
	add_ceilings(machine, OPJ_CEILING_MEMORY, &columns);
	opj_columns_cell(&columns, "roof");
	opj_columns_cell(&columns, "%s under %.4g FLOP/byte, %s above", roofline->bandwidth->name,
			 roofline->peak->rate / roofline->bandwidth->rate, roofline->peak->name);
	int failed = opj_columns_print(&columns, 0, 0, out);
	opj_columns_finish(&columns);
	return failed;
}

static void add_heads(enum opj_axis by, struct opj_columns *columns)
{
	static const char *const axes[] = {"module", "stage", "op"};
	static const char *const heads[] = {"ops",  "FLOPs",      "bytes", "FLOP/byte", "time",
					    "rate", "attainable", "of it", "bound by",  "next ceiling"};
	opj_columns_cell(columns, "#");
	opj_columns_cell(columns, "%s", axes[by]);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		opj_columns_cell(columns, "%s", heads[i]);
	columns->count = (uint32_t)columns->cell_count;
	columns->right = 0x3fd; /* all but names */
}

static void add_counts(const struct opj_roofline_point *point, struct opj_columns *columns)
{
	char text[32];
	opj_columns_cell(columns, "%s", opj_format_count(text, point->ops.integer, ""));
	opj_columns_cell(columns, "%s", opj_format_count(text, point->flops.integer, ""));
	opj_columns_cell(columns, "%s", opj_format_count(text, point->bytes.integer, "B"));
	if (point->lacks & (OPJ_LACKS_FLOPS | OPJ_LACKS_BYTES))
		opj_columns_cell(columns, "%s", "");
	else
		opj_columns_cell(columns, "%.4g", point->intensity);
	if (point->time.known)
		opj_columns_cell(columns, "%s", opj_format_time(text, point->time.integer));
	else
		opj_columns_cell(columns, "%s", "");
}

/* "next ceiling" is told where it is not the roof itself. */
static void add_rates(const struct opj_roofline_point *point, struct opj_columns *columns)
{
	char text[32];
	const struct opj_ceiling *bound = point->attainable.ceiling, *next = point->next.ceiling;
	opj_columns_cell(columns, "%s", point->rate > 0 ? opj_format_rate(text, point->rate, OPJ_UNIT_FLOPS) : "");
	opj_columns_cell(columns, "%s", bound ? opj_format_rate(text, point->attainable.rate, OPJ_UNIT_FLOPS) : "");
	if (bound && point->rate > 0)
		opj_columns_cell(columns, "%.1f %%", 100 * point->rate / point->attainable.rate);
	else
		opj_columns_cell(columns, "%s", "");
	opj_columns_cell(columns, "%s", bound ? bound->name : "");
	if (bound && !point->lacks && !next)
		opj_columns_cell(columns, "above all");
	else
		opj_columns_cell(columns, "%s", next && next != bound ? next->name : "");
}

static void add_row(const struct opj_roofline *roofline, const struct opj_roofline_point *point,
		    struct opj_columns *columns)
{
	if (point->number)
		opj_columns_cell(columns, "%" PRIu32, point->number);
	else
		opj_columns_cell(columns, "%s", "");
	opj_columns_cell(columns, "%s", roofline->by == OPJ_BY_STAGE ? opj_stage_label(point->name) : point->name);
	add_counts(point, columns);
	add_rates(point, columns);
}

static int print_table(const struct opj_roofline *roofline, FILE *out)
{
	struct opj_columns columns = {0};
	add_heads(roofline->by, &columns);
	for (uint32_t i = 0; i < roofline->count; i++)
		add_row(roofline, &roofline->points[i], &columns);
	add_row(roofline, &roofline->total, &columns);
	int failed = opj_columns_print(&columns, 0, 1, out);
	opj_columns_finish(&columns);
	return failed;
}

static int print_lacking(const struct opj_roofline *roofline, FILE *out)
{
	struct opj_columns columns = {.count = 2};
	for (uint32_t i = 0; i < roofline->count; i++) {
		const struct opj_roofline_point *point = &roofline->points[i];
		char text[64];
		if (!point->lacks)
			continue;
		opj_columns_cell(&columns, "%s",
				 roofline->by == OPJ_BY_STAGE ? opj_stage_label(point->name) : point->name);
		opj_columns_cell(&columns, "%s", opj_roofline_lacks(text, point->lacks));
	}
	if (columns.cell_count) {
		putc('\n', out);
		opj_print(out, OPJ_HEADING, "not in the chart");
		putc('\n', out);
	}
	int failed = opj_columns_print(&columns, 2, 0, out);
	opj_columns_finish(&columns);
	return failed;
}

/* A sentence in a paragraph of its own. */
static void warn(FILE *out, const char *text)
{
	putc('\n', out);
	opj_print(out, OPJ_WARNING, "%s", text);
	putc('\n', out);
}

static void print_gaps(const struct opj_roofline *roofline, FILE *out)
{
	uint32_t above = 0;
	int64_t ops = roofline->total.ops.integer;
	char text[160];
	for (uint32_t i = 0; i < roofline->count; i++)
		above += !roofline->points[i].lacks && roofline->points[i].rate > roofline->points[i].attainable.rate;
	snprintf(text, sizeof text,
		 "%" PRIu32 " above the roof: its peaks are too low, or bytes came from a faster memory.", above);
	if (above)
		warn(out, text);
	snprintf(text, sizeof text, "%" PRId64 " of %" PRId64 " ops were not timed: rates with them are too high.",
		 roofline->untimed, ops);
	if (roofline->untimed)
		warn(out, text);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "%s has no rule for %" PRId64 " of %" PRId64 " ops: they count as 0 %s.",
			 opj_roofline_counters[i], roofline->uncovered[i], ops, i ? "bytes" : "FLOPs");
		if (roofline->uncovered[i])
			warn(out, text);
	}
}

int opj_roofline_print(const struct opj_roofline *roofline, FILE *out, struct opj_error *err)
{
	int failed = print_machine(roofline, out);
	putc('\n', out);
	failed = failed || print_table(roofline, out) || print_lacking(roofline, out);
	if (failed)
		return opj_fail(err, "out of memory");
	print_gaps(roofline, out);
	return 0;
}
