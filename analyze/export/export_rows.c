/* analyze/export/export_rows.c: ops as rows: CSV with a column for each figure, JSON with an object for each op.
 * docs/export.md describes both. */
#include "export.h"
#include "record/base/csv.h"
#include "record/base/json.h"
#include <inttypes.h>
#include <stdlib.h>

static const char *column_name(const struct opj_export *export, uint32_t i)
{
	return export->digest.columns[export->columns[i]].name;
}

/* CSV -------------------------------------------------------------------------------------------------------------- */

static int csv_begin(struct opj_export *export, struct opj_error *err)
{
	static const char *const heads[] = {"index",      "timestamp_ns", "duration_ns", "stage",    "scope",
					    "op",         "in_shapes",    "in_dtypes",   "in_nnz",   "in_kinds",
					    "out_shapes", "out_dtypes",   "out_nnz",     "out_kinds"};
	struct opj_csv csv = {.out = export->out};
	(void)err;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		opj_csv_text(&csv, heads[i]);
	for (uint32_t i = 0; i < export->column_count; i++)
		opj_csv_text(&csv, column_name(export, i));
	opj_csv_end(&csv);
	return 0;
}

static void shape_text(FILE *out, const struct opj_operand *operand)
{
	opj_json_integers(&(struct opj_json){.file = out}, NULL, operand->shape, (uint32_t)operand->ndim);
}

static void dtype_text(FILE *out, const struct opj_operand *operand)
{
	fputs(opj_dtype_name(operand->dtype), out);
}

static void nnz_text(FILE *out, const struct opj_operand *operand)
{
	if (operand->stats.kind == OPJ_KIND_UNKNOWN)
		putc('?', out);
	else
		fprintf(out, "%" PRIu64, operand->stats.nnz);
}

static void kind_text(FILE *out, const struct opj_operand *operand)
{
	fputs(opj_kind_name(operand->stats.kind), out);
}

/* One field with a word for each tensor. Shapes have commas, which is why the field is always quoted. */
static void csv_words(struct opj_csv *csv, const struct opj_export_tensors *tensors,
		      void (*word)(FILE *out, const struct opj_operand *operand))
{
	opj_csv_open(csv);
	for (size_t i = 0; i < tensors->count; i++) {
		if (i)
			putc(' ', csv->out);
		word(csv->out, tensors->items[i]);
	}
	opj_csv_close(csv);
}

static void csv_tensors(struct opj_csv *csv, const struct opj_export_tensors *tensors)
{
	csv_words(csv, tensors, shape_text);
	csv_words(csv, tensors, dtype_text);
	csv_words(csv, tensors, nnz_text);
	csv_words(csv, tensors, kind_text);
}

static void csv_optional(struct opj_csv *csv, uint64_t integer)
{
	if (integer)
		opj_csv_integer(csv, (int64_t)integer);
	else
		opj_csv_text(csv, "");
}

static int csv_op(struct opj_export *export, const struct opj_op *op, struct opj_error *err)
{
	struct opj_csv csv = {.out = export->out};
	(void)err;
	opj_csv_integer(&csv, (int64_t)op->index);
	csv_optional(&csv, op->timestamp_ns);
	csv_optional(&csv, op->duration_ns);
	opj_csv_text(&csv, op->context->stage);
	opj_csv_text(&csv, export->scope);
	opj_csv_text(&csv, op->signature->op);
	csv_tensors(&csv, &export->in);
	csv_tensors(&csv, &export->results);
	for (uint32_t i = 0; i < export->column_count; i++) {
		const struct opj_figure *figure = &export->figures[i];
		if (!figure->known)
			opj_csv_text(&csv, "");
		else if (figure->exact)
			opj_csv_integer(&csv, figure->integer);
		else
			opj_csv_number(&csv, figure->number);
	}
	opj_csv_end(&csv);
	return 0;
}

const struct opj_export_format opj_export_csv = {.name = "csv", .begin = csv_begin, .op = csv_op};

/* JSON ------------------------------------------------------------------------------------------------------------- */

void opj_export_put_known(struct opj_json *json, const char *key, uint64_t integer)
{
	if (integer)
		opj_json_unsigned(json, key, integer);
	else
		opj_json_null(json, key);
}

void opj_export_put_figure(struct opj_json *json, const char *key, const struct opj_figure *figure)
{
	if (!figure->known)
		opj_json_null(json, key);
	else if (figure->exact)
		opj_json_integer(json, key, figure->integer);
	else
		opj_json_float(json, key, figure->number);
}

static int json_begin(struct opj_export *export, struct opj_error *err)
{
	const struct opj_manifest *manifest = opj_trace_manifest(export->trace);
	struct opj_json *json = calloc(1, sizeof *json);
	if (!json)
		return opj_fail(err, "out of memory");
	export->state = json;
	json->file = export->out;
	opj_json_object(json, NULL);
	opj_json_object(json, "trace");
	opj_json_string(json, "model", manifest->model);
	opj_json_string(json, "run", manifest->run);
	opj_json_string(json, "framework", manifest->framework);
	opj_json_string(json, "cpu", manifest->cpu);
	opj_json_bool(json, "complete", manifest->complete);
	opj_json_object_end(json);
	opj_json_line(json);
	opj_json_array(json, "figures");
	for (uint32_t i = 0; i < export->column_count; i++) {
		opj_json_object(json, NULL);
		opj_json_string(json, "name", column_name(export, i));
		opj_json_string(json, "unit", export->digest.columns[export->columns[i]].unit);
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
	opj_json_line(json);
	opj_json_array(json, "ops");
	return 0;
}

static void json_tensors(struct opj_json *json, const char *key, const struct opj_export_tensors *tensors)
{
	opj_json_array(json, key);
	for (size_t i = 0; i < tensors->count; i++) {
		const struct opj_operand *operand = tensors->items[i];
		opj_json_object(json, NULL);
		opj_json_integers(json, "shape", operand->shape, (uint32_t)operand->ndim);
		opj_json_string(json, "dtype", opj_dtype_name(operand->dtype));
		if (operand->stats.kind != OPJ_KIND_UNKNOWN)
			opj_json_unsigned(json, "nnz", operand->stats.nnz);
		else
			opj_json_null(json, "nnz");
		opj_json_string(json, "kind", opj_kind_name(operand->stats.kind));
		opj_json_object_end(json);
	}
	opj_json_array_end(json);
}

static int json_op(struct opj_export *export, const struct opj_op *op, struct opj_error *err)
{
	struct opj_json *json = export->state;
	(void)err;
	opj_json_line(json);
	opj_json_object(json, NULL);
	opj_json_unsigned(json, "index", op->index);
	opj_export_put_known(json, "timestamp_ns", op->timestamp_ns);
	opj_export_put_known(json, "duration_ns", op->duration_ns);
	opj_json_string(json, "stage", op->context->stage);
	opj_json_string(json, "scope", export->scope);
	opj_json_string(json, "op", op->signature->op);
	json_tensors(json, "in", &export->in);
	json_tensors(json, "out", &export->results);
	opj_json_array(json, "figures");
	for (uint32_t i = 0; i < export->column_count; i++)
		opj_export_put_figure(json, NULL, &export->figures[i]);
	opj_json_array_end(json);
	opj_json_object_end(json);
	return 0;
}

static int json_end(struct opj_export *export, struct opj_error *err)
{
	struct opj_json *json = export->state;
	opj_json_line(json);
	opj_json_array_end(json);
	opj_json_object_end(json);
	opj_json_line(json);
	return opj_json_check(json, "export", err);
}

static void json_finish(struct opj_export *export)
{
	free(export->state);
}

const struct opj_export_format opj_export_json = {
    .name = "json", .begin = json_begin, .op = json_op, .end = json_end, .finish = json_finish};
