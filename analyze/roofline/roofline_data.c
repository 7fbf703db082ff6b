/* analyze/roofline/roofline_data.c: the roofline for programs: JSON and CSV, exact. docs/roofline.md describes both. */
#include "analyze/engine/json_tree.h"
#include "record/base/csv.h"
#include "roofline.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const axes[] = {"module", "stage", "op"};
static const char *const kinds[] = {"compute", "memory"};

static json_t *real_or_null(bool known, double value)
{
	return known ? json_real(value) : json_null();
}

static json_t *bound_json(const struct opj_bound *bound)
{
	if (!bound->ceiling)
		return json_null();
	return json_pack("{s:s, s:s, s:f}", "kind", kinds[bound->kind], "name", bound->ceiling->name, "flop_per_s",
			 bound->rate);
}

static json_t *lacks_json(unsigned lacks)
{
	static const char *const names[] = {"flops", "bytes", "time"};
	json_t *array = json_array();
	for (int i = 0; array && i < 3; i++) {
		if (lacks >> i & 1 && json_array_append_new(array, json_string(names[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* Meaningless where rate or attainable rate is not known. */
static double share(const struct opj_roofline_point *point)
{
	return point->attainable.ceiling ? point->rate / point->attainable.rate : 0;
}

static json_t *point_json(const struct opj_roofline_point *point)
{
	bool counted = point->attainable.ceiling, measured = point->rate > 0;
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", point->name, "class",
			 point->cls, "ops", (json_int_t)point->ops.integer, "flops", (json_int_t)point->flops.integer,
			 "bytes", (json_int_t)point->bytes.integer, "time_ns",
			 point->time.known ? json_integer((json_int_t)point->time.integer) : json_null(),
			 "flop_per_byte", real_or_null(counted, point->intensity), "flop_per_s",
			 real_or_null(measured, point->rate), "attainable", bound_json(&point->attainable),
			 "share_of_attainable", real_or_null(counted && measured, share(point)), "next_ceiling",
			 bound_json(&point->next), "lacks", lacks_json(point->lacks));
}

static json_t *ceilings_json(const struct opj_ceilings *ceilings, const char *unit)
{
	json_t *array = json_array();
	for (uint32_t i = 0; array && i < ceilings->count; i++) {
		json_t *entry = json_pack("{s:s, s:f}", "name", ceilings->items[i].name, unit, ceilings->items[i].rate);
		if (json_array_append_new(array, entry)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *machine_json(const struct opj_machine *machine)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "name", machine->name, "source", machine->source, "compute",
			 ceilings_json(&machine->by[OPJ_CEILING_COMPUTE], "flop_per_s"), "memory",
			 ceilings_json(&machine->by[OPJ_CEILING_MEMORY], "byte_per_s"));
}

static json_t *rows_json(const struct opj_roofline *roofline)
{
	json_t *array = json_array();
	for (uint32_t i = 0; array && i < roofline->count; i++) {
		if (json_array_append_new(array, point_json(&roofline->points[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

char *opj_roofline_json(const struct opj_roofline *roofline, const struct opj_trace *trace, struct opj_error *err)
{
	const struct opj_manifest *manifest = opj_trace_manifest(trace);
	json_t *trace_json = json_pack("{s:s, s:s, s:s, s:s}", "model", manifest->model, "run", manifest->run,
				       "framework", manifest->framework, "cpu", manifest->cpu);
	json_t *roof =
	    json_pack("{s:s, s:s, s:f}", "compute", roofline->peak->name, "memory", roofline->bandwidth->name,
		      "ridge_flop_per_byte", roofline->peak->rate / roofline->bandwidth->rate);
	json_t *uncovered = json_pack("{s:I, s:I}", opj_roofline_counters[0], (json_int_t)roofline->uncovered[0],
				      opj_roofline_counters[1], (json_int_t)roofline->uncovered[1]);
	json_t *root = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:o}", "trace", trace_json, "machine",
				 machine_json(roofline->machine), "roof", roof, "by", axes[roofline->by], "rows",
				 rows_json(roofline), "total", point_json(&roofline->total), "untimed_ops",
				 (json_int_t)roofline->untimed, "uncovered_ops", uncovered);
	char *text = opj_json_tree_text(root, 1, err);
	json_decref(root);
	return text;
}

static void csv_number(struct opj_csv *csv, bool known, double number)
{
	if (known)
		opj_csv_number(csv, number);
	else
		opj_csv_text(csv, "");
}

static void csv_point(struct opj_csv *csv, const char *kind, const struct opj_roofline_point *point)
{
	const struct opj_ceiling *bound = point->attainable.ceiling, *next = point->next.ceiling;
	bool measured = point->rate > 0;
	char lacks[64];
	opj_csv_text(csv, kind);
	opj_csv_text(csv, point->name);
	opj_csv_text(csv, point->cls);
	opj_csv_integer(csv, point->ops.integer);
	opj_csv_integer(csv, point->flops.integer);
	opj_csv_integer(csv, point->bytes.integer);
	if (point->time.known)
		opj_csv_integer(csv, point->time.integer);
	else
		opj_csv_text(csv, "");
	csv_number(csv, bound, point->intensity);
	csv_number(csv, measured, point->rate);
	csv_number(csv, bound, point->attainable.rate);
	csv_number(csv, bound && measured, share(point));
	opj_csv_text(csv, bound ? kinds[point->attainable.kind] : "");
	opj_csv_text(csv, bound ? bound->name : "");
	opj_csv_text(csv, next ? next->name : "");
	opj_csv_text(csv, opj_roofline_lacks(lacks, point->lacks));
	opj_csv_end(csv);
}

void opj_roofline_csv(const struct opj_roofline *roofline, FILE *out)
{
	static const char *const heads[] = {"row",
					    "name",
					    "class",
					    "ops",
					    "flops",
					    "bytes",
					    "time_ns",
					    "flop_per_byte",
					    "flop_per_s",
					    "attainable_flop_per_s",
					    "share_of_attainable",
					    "bound_kind",
					    "bound",
					    "next_ceiling",
					    "lacks"};
	struct opj_csv csv = {.out = out};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		opj_csv_text(&csv, heads[i]);
	opj_csv_end(&csv);
	for (uint32_t i = 0; i < roofline->count; i++)
		csv_point(&csv, axes[roofline->by], &roofline->points[i]);
	csv_point(&csv, "total", &roofline->total);
}
