/* analyze/roofline/chart.c: bounds, lines and marks of a roofline chart.
 *
 * A ceiling is drawn as far as it bounds anything: a bandwidth up to the highest peak, a peak from the fastest memory
 * on. The bounds hold all marks, all peaks and every corner where a bandwidth meets the highest peak. */
#include "chart.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void widen(double *from, double *to, double value)
{
	*from = fmin(*from, value);
	*to = fmax(*to, value);
}

/* At least two decades, what is lacking at the lower end, and some air. */
static void pad(double *from, double *to, double air)
{
	*from = fmin(*from, *to - 2) - air;
	*to += air;
}

static void set_bounds(struct opj_chart *chart, const struct opj_machine *machine)
{
	const struct opj_ceilings *compute = &machine->by[OPJ_CEILING_COMPUTE];
	const struct opj_ceilings *memory = &machine->by[OPJ_CEILING_MEMORY];
	double peak = log10(compute->items[0].rate);
	chart->x0 = chart->x1 = peak - log10(memory->items[0].rate);
	chart->y0 = chart->y1 = peak;
	for (uint32_t i = 0; i < memory->count; i++)
		widen(&chart->x0, &chart->x1, peak - log10(memory->items[i].rate));
	for (uint32_t i = 0; i < compute->count; i++)
		widen(&chart->y0, &chart->y1, log10(compute->items[i].rate));
	for (uint32_t i = 0; i < chart->mark_count; i++) {
		widen(&chart->x0, &chart->x1, chart->marks[i].x);
		widen(&chart->y0, &chart->y1, chart->marks[i].y);
	}
	pad(&chart->x0, &chart->x1, 0.5);
	pad(&chart->y0, &chart->y1, 0.25);
}

/* Bytes of the names of modules up to the last point that all have in common: "Net." of "Net.conv" and "Net.fc". */
static size_t common_prefix(const struct opj_roofline *roofline)
{
	const char *first = NULL;
	size_t common = 0;
	for (uint32_t i = 0; i < roofline->count; i++) {
		const char *name = roofline->points[i].name;
		if (!roofline->points[i].number || !strchr(name, '.'))
			continue;
		if (!first) {
			first = name;
			common = strlen(first);
		}
		while (strncmp(name, first, common) != 0)
			common--;
	}
	while (common > 0 && first[common - 1] != '.')
		common--;
	return roofline->by == OPJ_BY_MODULE ? common : 0;
}

static char *clean_copy(const char *text)
{
	char *copy = strdup(text);
	if (copy)
		opj_clean(copy);
	return copy;
}

static char *label_of(const struct opj_roofline *roofline, const struct opj_roofline_point *point, size_t prefix)
{
	if (roofline->by == OPJ_BY_STAGE && !*point->name)
		return strdup("(no stage)");
	return clean_copy(strchr(point->name, '.') ? point->name + prefix : point->name);
}

static int add_marks(struct opj_chart *chart, const struct opj_roofline *roofline)
{
	size_t prefix = common_prefix(roofline);
	chart->marks = calloc((size_t)roofline->drawn + 1, sizeof *chart->marks);
	for (uint32_t i = 0; chart->marks && i < roofline->count; i++) {
		const struct opj_roofline_point *point = &roofline->points[i];
		if (!point->number)
			continue;
		struct opj_chart_mark *mark = &chart->marks[chart->mark_count++];
		*mark = (struct opj_chart_mark){.label = label_of(roofline, point, prefix),
						.x = log10(point->intensity),
						.y = log10(point->rate),
						.number = point->number,
						.bound = point->attainable.kind};
		if (!mark->label)
			return -1;
	}
	return chart->marks ? 0 : -1;
}

static int add_line(struct opj_chart *chart, const struct opj_roofline *roofline, enum opj_ceiling_kind kind,
		    const struct opj_ceiling *ceiling)
{
	const struct opj_machine *machine = roofline->machine;
	double fastest = log10(machine->by[OPJ_CEILING_MEMORY].items[0].rate);
	double highest = log10(machine->by[OPJ_CEILING_COMPUTE].items[0].rate);
	double level = log10(ceiling->rate);
	struct opj_chart_line *line = &chart->lines[chart->line_count++];
	char rate[32];
	line->kind = kind;
	line->name = ceiling->name;
	line->roof = ceiling == roofline->peak || ceiling == roofline->bandwidth;
	if (kind == OPJ_CEILING_COMPUTE) {
		line->x0 = fmax(chart->x0, level - fastest);
		line->x1 = chart->x1;
		line->y0 = line->y1 = level;
	} else {
		line->x0 = fmax(chart->x0, chart->y0 - level);
		line->x1 = highest - level;
		line->y0 = line->x0 + level;
		line->y1 = highest;
	}
	opj_format_label(rate, ceiling->rate, opj_ceiling_unit(kind));
	return asprintf(&line->label, "%s %s", ceiling->name, rate) < 0 ? -1 : 0;
}

static int add_lines(struct opj_chart *chart, const struct opj_roofline *roofline)
{
	const struct opj_ceilings *by = roofline->machine->by;
	chart->lines = calloc((size_t)by[0].count + by[1].count, sizeof *chart->lines);
	if (!chart->lines)
		return -1;
	for (int kind = 0; kind < 2; kind++) {
		for (uint32_t i = 0; i < by[kind].count; i++) {
			if (add_line(chart, roofline, kind, &by[kind].items[i]))
				return -1;
		}
	}
	return 0;
}

int opj_chart_init(struct opj_chart *chart, const struct opj_roofline *roofline, const char *model,
		   struct opj_error *err)
{
	const char *machine = roofline->machine->name;
	char *title;
	*chart = (struct opj_chart){0};
	if (asprintf(&title, "%s%s%s", model, *model && *machine ? " on " : "", machine) < 0)
		goto failed;
	chart->title = clean_copy(title);
	free(title);
	if (!chart->title || add_marks(chart, roofline))
		goto failed;
	set_bounds(chart, roofline->machine);
	if (add_lines(chart, roofline))
		goto failed;
	return 0;
failed:
	opj_chart_finish(chart);
	return opj_fail(err, "out of memory");
}

void opj_chart_finish(struct opj_chart *chart)
{
	for (uint32_t i = 0; i < chart->mark_count; i++)
		free(chart->marks[i].label);
	for (uint32_t i = 0; i < chart->line_count; i++)
		free(chart->lines[i].label);
	free(chart->marks);
	free(chart->lines);
	free(chart->title);
	*chart = (struct opj_chart){0};
}

int opj_chart_step(double from, double to, int room)
{
	return (int)fmax(1, ceil((to - from) / room));
}

const char *opj_chart_tick(char buffer[32], int decade)
{
	static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	if (decade >= -3 && decade <= 4) {
		snprintf(buffer, 32, "%g", pow(10, decade));
		return buffer;
	}
	int size = abs(decade) % 100;
	snprintf(buffer, 32, "10%s%s%s", decade < 0 ? "⁻" : "", size > 9 ? digits[size / 10] : "", digits[size % 10]);
	return buffer;
}
