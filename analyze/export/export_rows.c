/* analyze/export/export_rows.c: ops as rows: CSV with a column for each figure, JSON with an object for each op.
 * docs/export.md describes both. */
#include "export.h"
#include "record/base/csv.h"
#include "record/base/json_write.h"
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
	opj_json_write_shape(out, operand->ndim, operand->shape);
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

static void json_member(FILE *out, const char *key, const char *text, const char *separator)
{
	fprintf(out, "\"%s\":", key);
	opj_json_write_string(out, text);
	fputs(separator, out);
}

static int json_begin(struct opj_export *export, struct opj_error *err)
{
	const struct opj_manifest *manifest = opj_trace_manifest(export->trace);
	FILE *out = export->out;
	(void)err;
	fputs("{\"trace\":{", out);
	json_member(out, "model", manifest->model, ",");
	json_member(out, "run", manifest->run, ",");
	json_member(out, "framework", manifest->framework, ",");
	json_member(out, "cpu", manifest->cpu, ",");
	fprintf(out, "\"complete\":%s},\n\"figures\":[", manifest->complete ? "true" : "false");
	for (uint32_t i = 0; i < export->column_count; i++) {
		fputs(i ? ",{" : "{", out);
		json_member(out, "name", column_name(export, i), ",");
		json_member(out, "unit", export->digest.columns[export->columns[i]].unit, "}");
	}
	fputs("],\n\"ops\":[", out);
	return 0;
}

static void json_tensors(FILE *out, const char *key, const struct opj_export_tensors *tensors)
{
	fprintf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < tensors->count; i++) {
		const struct opj_operand *operand = tensors->items[i];
		bool known = operand->stats.kind != OPJ_KIND_UNKNOWN;
		fprintf(out, "%s{\"shape\":", i ? "," : "");
		opj_json_write_shape(out, operand->ndim, operand->shape);
		fprintf(out, ",\"dtype\":\"%s\",\"nnz\":", opj_dtype_name(operand->dtype));
		if (known)
			fprintf(out, "%" PRIu64, operand->stats.nnz);
		else
			fputs("null", out);
		fprintf(out, ",\"kind\":\"%s\"}", opj_kind_name(operand->stats.kind));
	}
	putc(']', out);
}

static void json_optional(FILE *out, const char *key, uint64_t integer)
{
	if (integer)
		fprintf(out, ",\"%s\":%" PRIu64, key, integer);
	else
		fprintf(out, ",\"%s\":null", key);
}

static int json_op(struct opj_export *export, const struct opj_op *op, struct opj_error *err)
{
	FILE *out = export->out;
	(void)err;
	fprintf(out, "%s\n{\"index\":%" PRIu64, export->written ? "," : "", op->index);
	json_optional(out, "timestamp_ns", op->timestamp_ns);
	json_optional(out, "duration_ns", op->duration_ns);
	putc(',', out);
	json_member(out, "stage", op->context->stage, ",");
	json_member(out, "scope", export->scope, ",");
	json_member(out, "op", op->signature->op, "");
	json_tensors(out, "in", &export->in);
	json_tensors(out, "out", &export->results);
	fputs(",\"figures\":[", out);
	for (uint32_t i = 0; i < export->column_count; i++) {
		const struct opj_figure *figure = &export->figures[i];
		fputs(i ? "," : "", out);
		if (!figure->known)
			fputs("null", out);
		else if (figure->exact)
			fprintf(out, "%" PRId64, figure->integer);
		else
			opj_json_write_float(out, figure->number);
	}
	fputs("]}", out);
	return 0;
}

static int json_end(struct opj_export *export, struct opj_error *err)
{
	(void)err;
	fputs("\n]}\n", export->out);
	return 0;
}

const struct opj_export_format opj_export_json = {.name = "json", .begin = json_begin, .op = json_op, .end = json_end};
