/* analyze/export/export_chrome.c: a timeline in the Trace Event Format (JSON object form), for Perfetto and
 * chrome://tracing.
 *
 * One track for each stage: modules are slices that begin (B) with their first op and end (E) when their call returns
 * or an op outside them runs; ops are complete slices (X) inside; energy and sparsity are counters (C). An event's time
 * is never before that of the event before it on its track, which is what makes slices nest. Time stamps are taken when
 * an op was recorded, so an op begins its duration before. Traces without time stamps of the run itself count ops
 * instead.
 *
 * Format: "Trace Event Format", Google, 2016. Times there are microseconds; three decimals keep nanoseconds. */
#include "export.h"
#include "record/base/json.h"
#include <inttypes.h>
#include <stdlib.h>

struct chrome {
	struct opj_json json;
	bool stamps;     /* false: an op is a microsecond, and its time is its index */
	uint64_t origin; /* time stamp that is 0 */
	uint64_t cursor; /* ns: where the current track ends */
	uint32_t stage;  /* id of the current track */
	bool any_stage;
	uint64_t overlaps;                    /* ops that began before the one before them ended */
	const struct opj_context *context;    /* that the open slices are of; NULL: to be compared anew */
	const struct opj_trace_module **open; /* [open_count] modules whose slices are open, outermost first */
	uint32_t open_count, open_capacity;
	const struct opj_trace_module **wanted; /* [open_capacity] those of an op */
	bool *named;                            /* [named_count] stages whose track has a name */
	uint32_t named_count;
	double *sums; /* [column_count] energies so far */
};

/* `opjoule import` records an op log at its own speed. */
static bool is_import(const struct opj_manifest *manifest)
{
	return strstr(manifest->command, " import --emit ") != NULL;
}

static void put_time(struct opj_json *json, const char *key, uint64_t ns)
{
	char text[32];
	snprintf(text, sizeof text, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
	opj_json_raw(json, key, text);
}

/* Opens an event up to its time; the caller closes it. */
static struct opj_json *begin_event(struct opj_export *export, const char *phase, const char *name, uint64_t ns)
{
	struct chrome *chrome = export->state;
	struct opj_json *json = &chrome->json;
	opj_json_line(json);
	opj_json_object(json, NULL);
	opj_json_string(json, "ph", phase);
	opj_json_integer(json, "pid", export->process);
	opj_json_integer(json, "tid", (int64_t)chrome->stage + 1);
	if (*phase != 'M')
		put_time(json, "ts", ns);
	if (name)
		opj_json_string(json, "name", name);
	return json;
}

/* Ends an event whose arguments are open. */
static void end_event(struct opj_json *json)
{
	opj_json_object_end(json);
	opj_json_object_end(json);
}

static void name_thing(struct opj_export *export, const char *what, const char *name)
{
	struct opj_json *json = begin_event(export, "M", what, 0);
	opj_json_object(json, "args");
	opj_json_string(json, "name", name);
	end_event(json);
}

static int chrome_begin(struct opj_export *export, struct opj_error *err)
{
	const struct opj_manifest *manifest = opj_trace_manifest(export->trace);
	struct chrome *chrome = calloc(1, sizeof *chrome);
	export->state = chrome;
	if (!chrome || !(chrome->sums = calloc((size_t) export->column_count + 1, sizeof *chrome->sums)))
		return opj_fail(err, "out of memory");
	chrome->json.file = export->out;
	opj_json_object(&chrome->json, NULL);
	opj_json_string(&chrome->json, "displayTimeUnit", "ns");
	opj_json_array(&chrome->json, "traceEvents");
	name_thing(export, "process_name", *manifest->model ? manifest->model : "unnamed");
	return 0;
}

/* Slices of modules ------------------------------------------------------------------------------------------------ */

static void close_slices(struct opj_export *export, uint32_t keep)
{
	struct chrome *chrome = export->state;
	while (chrome->open_count > keep) {
		chrome->open_count--;
		opj_json_object_end(begin_event(export, "E", NULL, chrome->cursor));
	}
}

static void open_slice(struct opj_export *export, const struct opj_trace_module *module, uint64_t ns)
{
	struct chrome *chrome = export->state;
	struct opj_json *json = begin_event(export, "B", module->def.path, ns);
	opj_json_string(json, "cat", "module");
	opj_json_object(json, "args");
	opj_json_string(json, "class", module->def.cls);
	end_event(json);
	chrome->open[chrome->open_count++] = module;
}

static int outermost_first(const void *a, const void *b)
{
	const struct opj_trace_module *x = *(const struct opj_trace_module *const *)a;
	const struct opj_trace_module *y = *(const struct opj_trace_module *const *)b;
	size_t left = strlen(x->def.path), right = strlen(y->def.path);
	return left != right ? (left > right) - (left < right) : (x->id > y->id) - (x->id < y->id);
}

static int make_room(struct chrome *chrome, uint32_t count)
{
	if (count <= chrome->open_capacity)
		return 0;
	const struct opj_trace_module **open = reallocarray(chrome->open, count, sizeof *open);
	if (open)
		chrome->open = open;
	const struct opj_trace_module **wanted = reallocarray(chrome->wanted, count, sizeof *wanted);
	if (wanted)
		chrome->wanted = wanted;
	if (!open || !wanted)
		return -1;
	chrome->open_capacity = count;
	return 0;
}

/* Makes the open slices those of the modules around an op that begins at `ns`. */
static int switch_slices(struct opj_export *export, const struct opj_context *context, uint64_t ns)
{
	struct chrome *chrome = export->state;
	uint32_t count = context->module_count, keep = 0;
	if (chrome->context == context)
		return 0;
	if (make_room(chrome, count))
		return -1;
	for (uint32_t i = 0; i < count; i++)
		chrome->wanted[i] = context->modules[i];
	if (count)
		qsort(chrome->wanted, count, sizeof *chrome->wanted, outermost_first);
	while (keep < count && keep < chrome->open_count && chrome->open[keep] == chrome->wanted[keep])
		keep++;
	close_slices(export, keep);
	for (; keep < count; keep++)
		open_slice(export, chrome->wanted[keep], ns);
	chrome->context = context;
	return 0;
}

/* Tracks ----------------------------------------------------------------------------------------------------------- */

static int name_track(struct opj_export *export, const struct opj_context *context)
{
	struct chrome *chrome = export->state;
	uint32_t stage = context->stage_id;
	if (stage >= chrome->named_count) {
		bool *moved = realloc(chrome->named, (size_t)stage + 1);
		if (!moved)
			return -1;
		memset(moved + chrome->named_count, 0, stage + 1 - chrome->named_count);
		chrome->named = moved;
		chrome->named_count = stage + 1;
	}
	if (!chrome->named[stage])
		name_thing(export, "thread_name", *context->stage ? context->stage : "(no stage)");
	chrome->named[stage] = true;
	return 0;
}

static int switch_track(struct opj_export *export, const struct opj_context *context)
{
	struct chrome *chrome = export->state;
	if (chrome->any_stage && chrome->stage == context->stage_id)
		return 0;
	close_slices(export, 0);
	chrome->context = NULL;
	chrome->stage = context->stage_id;
	chrome->any_stage = true;
	return name_track(export, context);
}

/* Ops -------------------------------------------------------------------------------------------------------------- */

/* "float32[2,3] float32[3]" */
static void put_tensors(struct opj_json *json, const char *key, const struct opj_export_tensors *tensors)
{
	struct opj_buffer text = {0};
	for (size_t i = 0; i < tensors->count; i++) {
		const struct opj_operand *tensor = tensors->items[i];
		const char *dtype = opj_dtype_name(tensor->dtype);
		opj_buffer_put(&text, " ", i > 0);
		opj_buffer_put(&text, dtype, strlen(dtype));
		opj_json_integers(&(struct opj_json){.buffer = &text}, NULL, tensor->shape, (uint32_t)tensor->ndim);
	}
	if (opj_buffer_text(&text))
		opj_json_string(json, key, text.data);
	else
		json->problem = "out of memory";
	opj_buffer_finish(&text);
}

static void put_slice(struct opj_export *export, const struct opj_op *op, uint64_t start, uint64_t end)
{
	struct opj_json *json = begin_event(export, "X", op->signature->op, start);
	put_time(json, "dur", end - start);
	opj_json_string(json, "cat", "op");
	opj_json_object(json, "args");
	opj_json_unsigned(json, "index", op->index);
	opj_export_put_known(json, "duration_ns", op->duration_ns);
	put_tensors(json, "in", &export->in);
	put_tensors(json, "out", &export->results);
	for (uint32_t i = 0; i < export->column_count; i++) {
		if (export->figures[i].known)
			opj_export_put_figure(json, export->digest.columns[export->columns[i]].name,
					      &export->figures[i]);
	}
	end_event(json);
}

/* What a counter shows holds until its next event. */
static void put_counter(struct opj_export *export, const char *name, const char *suffix, const char *series,
			uint64_t ns, double value)
{
	char *text;
	if (asprintf(&text, "%s%s", name, suffix) < 0)
		return;
	struct opj_json *json = begin_event(export, "C", text, ns);
	opj_json_object(json, "args");
	opj_json_float(json, series, value);
	end_event(json);
	free(text);
}

static void put_counters(struct opj_export *export, uint64_t start)
{
	struct chrome *chrome = export->state;
	for (uint32_t i = 0; i < export->column_count; i++) {
		const struct opj_column *column = &export->digest.columns[export->columns[i]];
		if (column->kind != OPJ_COLUMN_ENERGY || !export->figures[i].known)
			continue;
		chrome->sums[i] += export->figures[i].number;
		put_counter(export, column->name, " of the op", "pJ", start, export->figures[i].number);
		put_counter(export, column->name, " so far", "pJ", start, chrome->sums[i]);
	}
	const struct opj_operand *out = export->results.count ? export->results.items[0] : NULL;
	if (out && out->numel && out->stats.kind != OPJ_KIND_UNKNOWN)
		put_counter(export, "sparsity", " of the result", "zeros", start,
			    1 - (double)out->stats.nnz / (double)out->numel);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When an op ran, in ns from the origin. The first op decides what time is. */
static void times_of(struct opj_export *export, const struct opj_op *op, uint64_t *start, uint64_t *end)
{
	struct chrome *chrome = export->state;
	if (!export->written) {
		chrome->stamps = op->timestamp_ns && !is_import(opj_trace_manifest(export->trace));
		chrome->origin = op->timestamp_ns > op->duration_ns ? op->timestamp_ns - op->duration_ns : 0;
	}
	if (!chrome->stamps) {
		*start = later(op->index * 1000, chrome->cursor);
		*end = *start + 1000;
		return;
	}
	*end = later(op->timestamp_ns, chrome->origin) - chrome->origin;
	*start = *end > op->duration_ns ? *end - op->duration_ns : 0;
	chrome->overlaps += *start < chrome->cursor;
	*start = later(*start, chrome->cursor);
	*end = later(*end, *start);
}

static int chrome_op(struct opj_export *export, const struct opj_op *op, struct opj_error *err)
{
	struct chrome *chrome = export->state;
	uint64_t start, end;
	times_of(export, op, &start, &end);
	if (switch_track(export, op->context) || switch_slices(export, op->context, start))
		return opj_fail(err, "out of memory");
	put_slice(export, op, start, end);
	put_counters(export, start);
	chrome->cursor = end;
	return 0;
}

/* A call that returns ends the slice of its module, and those inside it. */
static int chrome_call(struct opj_export *export, const struct opj_call *call, struct opj_error *err)
{
	struct chrome *chrome = export->state;
	(void)err;
	for (uint32_t i = 0; i < chrome->open_count; i++) {
		if (chrome->open[i] != call->module)
			continue;
		if (chrome->stamps && call->timestamp_ns > chrome->origin)
			chrome->cursor = later(chrome->cursor, call->timestamp_ns - chrome->origin);
		close_slices(export, i);
		chrome->context = NULL;
	}
	return 0;
}

static int chrome_end(struct opj_export *export, struct opj_error *err)
{
	const struct opj_manifest *manifest = opj_trace_manifest(export->trace);
	struct chrome *chrome = export->state;
	struct opj_json *json = &chrome->json;
	close_slices(export, 0);
	opj_json_line(json);
	opj_json_array_end(json);
	opj_json_line(json);
	opj_json_object(json, "otherData");
	opj_json_string(json, "time", chrome->stamps ? "measured" : "op index: one op is one microsecond");
	opj_json_unsigned(json, "overlapping_ops", chrome->overlaps);
	opj_json_unsigned(json, "ops", export->written);
	opj_json_bool(json, "complete", manifest->complete);
	opj_json_string(json, "framework", manifest->framework);
	opj_json_string(json, "run", manifest->run);
	opj_json_string(json, "cpu", manifest->cpu);
	opj_json_string(json, "started", manifest->started);
	opj_json_string(json, "exporter", "opjoule " OPJ_VERSION);
	opj_json_object_end(json);
	opj_json_object_end(json);
	opj_json_line(json);
	return opj_json_check(json, "export", err);
}

static void chrome_finish(struct opj_export *export)
{
	struct chrome *chrome = export->state;
	if (!chrome)
		return;
	free(chrome->open);
	free(chrome->wanted);
	free(chrome->named);
	free(chrome->sums);
	free(chrome);
}

const struct opj_export_format opj_export_chrome = {.name = "chrome",
						    .begin = chrome_begin,
						    .op = chrome_op,
						    .call = chrome_call,
						    .end = chrome_end,
						    .finish = chrome_finish};
