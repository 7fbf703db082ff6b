/* analyze/figures/sheet.c: which columns and rows a table has, and the unit of each column. */
#include "sheet.h"
#include "record/base/vector.h"
#include "sheet_rows.h"
#include <stdlib.h>
#include <string.h>

/* Columns ---------------------------------------------------------------------------------------------------------- */

/* Takes over the name. */
static int add_column(struct opj_sheet *sheet, struct opj_sheet_column column)
{
	struct opj_sheet_column *added = column.name ? OPJ_PUSH(sheet->columns, sheet->column_count) : NULL;
	if (!added) {
		free(column.name);
		return -1;
	}
	*added = column;
	return 0;
}

static int add_text_column(struct opj_sheet *sheet, const char *head)
{
	return add_column(sheet, (struct opj_sheet_column){
				     .name = strdup(head), .head = head, .trace = OPJ_SHEET_ALL, .like = UINT32_MAX});
}

/* Numbers that tell columns apart which are no metric of the digest; shares have that of their energy, negated. */
enum {
	LIKE_SHARE = 1 << 29,
	LIKE_IN = 1 << 30,
	LIKE_IN_UNSEEN,
	LIKE_OUT_ELEMENTS,
	LIKE_OUT_NONZERO,
	LIKE_OUT_PERCENT,
	LIKE_OUT_UNSEEN,
};

static bool wanted(const struct opj_digest *digest, const struct opj_column *column, enum opj_sheet_detail detail)
{
	if (column->kind == OPJ_COLUMN_OPS || column->kind == OPJ_COLUMN_ENERGY || detail == OPJ_SHEET_EXACT)
		return true;
	if (column->kind != OPJ_COLUMN_COUNT)
		return false;
	const struct opj_count *count = &digest->analysis->counts[column->index];
	return detail == OPJ_SHEET_REPORT ? !count->counter->metrics : count->requested;
}

static int add_digest_column(struct opj_sheet *sheet, const struct opj_digest *digest, uint32_t index, uint32_t trace,
			     bool shares)
{
	const struct opj_column *column = &digest->columns[index];
	if (add_column(sheet, (struct opj_sheet_column){.name = strdup(column->name),
							.head = column->head,
							.quantity = column->quantity,
							.trace = trace,
							.like = index}))
		return -1;
	if (column->kind != OPJ_COLUMN_ENERGY || !shares)
		return 0;
	struct opj_sheet_column share = {
	    .head = "share", .quantity = OPJ_QUANTITY_PERCENT, .trace = trace, .like = LIKE_SHARE + index};
	if (asprintf(&share.name, "share[%s]", column->head) < 0)
		return -1;
	return add_column(sheet, share);
}

static bool outputs_known(const struct opj_digest *digest)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->rows[i].module && rows->rows[i].module->out.kind != OPJ_KIND_UNKNOWN)
			return true;
	}
	return false;
}

/* Whether some module returned elements that nobody looked at: then a column says how many. */
static bool outputs_unseen(const struct opj_digest *digest)
{
	const struct opj_rows *rows = &digest->by[OPJ_BY_MODULE];
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->rows[i].module && rows->rows[i].module->out.unseen)
			return true;
	}
	return false;
}

static int add_activity_column(struct opj_sheet *sheet, const char *name, const char *head, enum opj_quantity quantity,
			       uint32_t trace, uint32_t like)
{
	return add_column(sheet,
			  (struct opj_sheet_column){
			      .name = strdup(name), .head = head, .quantity = quantity, .trace = trace, .like = like});
}

static int add_output_columns(struct opj_sheet *sheet, uint32_t trace, enum opj_sheet_detail detail)
{
	bool exact = detail == OPJ_SHEET_EXACT;
	int failed = exact ? add_activity_column(sheet, "out_elements", "out_elements", OPJ_QUANTITY_COUNT, trace,
						 LIKE_OUT_ELEMENTS) ||
				 add_activity_column(sheet, "out_nonzero", "out_nonzero", OPJ_QUANTITY_COUNT, trace,
						     LIKE_OUT_NONZERO)
			   : add_activity_column(sheet, "out_nonzero", "nonzero out", OPJ_QUANTITY_PERCENT, trace,
						 LIKE_OUT_PERCENT);
	if (!failed && outputs_unseen(sheet->sources[trace].digest))
		failed = add_activity_column(sheet, "out_unseen", exact ? "out_unseen" : "unseen out",
					     OPJ_QUANTITY_COUNT, trace, LIKE_OUT_UNSEEN);
	return failed;
}

/* Of a table by model: what went in. */
static int add_input_columns(struct opj_sheet *sheet)
{
	bool unseen = false;
	for (uint32_t i = 0; i < sheet->source_count; i++) {
		const struct opj_activity *in = sheet->sources[i].digest->about.input;
		unseen = unseen || (in && in->unseen);
	}
	int failed =
	    add_activity_column(sheet, "in_nonzero", "nonzero in", OPJ_QUANTITY_PERCENT, OPJ_SHEET_ALL, LIKE_IN);
	if (!failed && unseen)
		failed = add_activity_column(sheet, "in_unseen", "unseen in", OPJ_QUANTITY_COUNT, OPJ_SHEET_ALL,
					     LIKE_IN_UNSEEN);
	return failed;
}

/* Columns of one trace; of a table by model they stand for all traces. */
static int add_trace_columns(struct opj_sheet *sheet, uint32_t trace, enum opj_sheet_detail detail)
{
	bool models = sheet->by == OPJ_BY_MODEL;
	const struct opj_digest *digest = sheet->sources[trace].digest;
	for (uint32_t i = 0; i < digest->column_count; i++) {
		if (wanted(digest, &digest->columns[i], detail) &&
		    add_digest_column(sheet, digest, i, models ? OPJ_SHEET_ALL : trace,
				      !models && detail != OPJ_SHEET_EXACT && sheet->source_count == 1))
			return -1;
	}
	bool room = detail != OPJ_SHEET_PAPER || sheet->source_count == 1;
	return sheet->by == OPJ_BY_MODULE && room && outputs_known(digest) ? add_output_columns(sheet, trace, detail)
									   : 0;
}

static int add_columns(struct opj_sheet *sheet, enum opj_sheet_detail detail)
{
	static const char *const labels[] = {"module", "stage", "op", "model"};
	bool models = sheet->by == OPJ_BY_MODEL;
	int failed = add_text_column(sheet, labels[sheet->by]) ||
		     (sheet->by == OPJ_BY_MODULE && add_text_column(sheet, "class"));
	if (!failed && models)
		failed = add_input_columns(sheet);
	for (uint32_t i = 0; !failed && i < (models ? 1 : sheet->source_count); i++)
		failed = add_trace_columns(sheet, i, detail);
	return failed;
}

/* Two counters of one unit would have the same heading: then the exact names stand there. */
static void tell_apart(struct opj_sheet *sheet)
{
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		struct opj_sheet_column *a = &sheet->columns[i];
		const char *head = a->head;
		for (uint32_t j = i + 1; j < sheet->column_count; j++) {
			struct opj_sheet_column *b = &sheet->columns[j];
			if (a->trace == b->trace && a->quantity != OPJ_QUANTITY_PERCENT && strcmp(head, b->head) == 0 &&
			    strcmp(a->name, b->name) != 0) {
				a->head = a->name;
				b->head = b->name;
			}
		}
	}
}

/* Cells ------------------------------------------------------------------------------------------------------------ */

static struct opj_figure percent(bool known, double part, double whole)
{
	return known && whole > 0 ? (struct opj_figure){.known = true, .number = 100 * part / whole}
				  : (struct opj_figure){0};
}

static struct opj_figure count_of(bool known, uint64_t count)
{
	return (struct opj_figure){.known = known, .exact = true, .integer = (int64_t)count, .number = (double)count};
}

/* The figure of a column in a row of its trace; row NULL: of the whole run. */
static struct opj_figure figure_of(const struct opj_sheet_column *column, const struct opj_digest *digest,
				   const struct opj_row *row)
{
	const struct opj_figure *figures = row ? row->figures : digest->totals;
	const struct opj_activity none = {0}, *out = row && row->module ? &row->module->out : &none;
	const struct opj_seen_module *seen = row ? row->module : NULL;
	const struct opj_activity *in = digest->about.input;
	switch (column->like) {
	case LIKE_IN:
		return in ? percent(true, (double)in->nonzero, (double)in->elements) : (struct opj_figure){0};
	case LIKE_IN_UNSEEN:
		return in ? count_of(true, in->unseen) : (struct opj_figure){0};
	case LIKE_OUT_ELEMENTS:
		return count_of(seen != NULL, out->elements);
	case LIKE_OUT_NONZERO:
		return count_of(out->kind != OPJ_KIND_UNKNOWN, out->nonzero);
	case LIKE_OUT_PERCENT:
		return percent(true, (double)out->nonzero, (double)out->elements);
	case LIKE_OUT_UNSEEN:
		return count_of(seen != NULL, out->unseen);
	}
	if (column->like < LIKE_SHARE)
		return figures[column->like];
	const struct opj_figure *part = &figures[column->like - LIKE_SHARE];
	const struct opj_figure *whole = &digest->totals[column->like - LIKE_SHARE];
	return percent(part->known && whole->known, part->number, whole->number);
}

static struct opj_sheet_row *add_row(struct opj_sheet *sheet)
{
	struct opj_sheet_row *row = &sheet->rows[sheet->row_count];
	row->cells = calloc(sheet->column_count, sizeof *row->cells);
	sheet->row_count += row->cells != NULL;
	return row->cells ? row : NULL;
}

static void set_text(struct opj_sheet_row *row, uint32_t column, const char *text, const char *local)
{
	row->cells[column].text = text;
	row->cells[column].local = local;
}

static const char *label_of(const struct opj_sheet *sheet, const struct opj_row *row, const char *name)
{
	if (row->outside)
		return "(outside modules)";
	return sheet->by == OPJ_BY_STAGE ? opj_stage_label(name) : name;
}

/* rows NULL: the totals. */
static int add_digest_row(struct opj_sheet *sheet, const struct opj_row *const *rows)
{
	struct opj_sheet_row *row = add_row(sheet);
	const struct opj_row *first = NULL;
	if (!row)
		return -1;
	for (uint32_t i = 0; rows && !first && i < sheet->source_count; i++)
		first = rows[i];
	row->total = !first;
	row->depth = first ? first->depth : 0;
	set_text(row, 0, first ? label_of(sheet, first, first->name) : "total",
		 first ? label_of(sheet, first, first->local) : "total");
	if (sheet->by == OPJ_BY_MODULE) {
		const char *class = first && first->module ? first->module->module->def.cls : "";
		set_text(row, 1, class, class);
	}
	for (uint32_t i = 0; i < sheet->column_count; i++) {
		const struct opj_sheet_column *column = &sheet->columns[i];
		if (column->quantity != OPJ_QUANTITY_TEXT && (!rows || rows[column->trace]))
			row->cells[i].figure =
			    figure_of(column, sheet->sources[column->trace].digest, rows ? rows[column->trace] : NULL);
	}
	return 0;
}

static int add_rows(struct opj_sheet *sheet)
{
	struct opj_matched matched;
	int failed = opj_match_rows(&matched, sheet->sources, sheet->source_count, (enum opj_axis)sheet->by);
	sheet->rows = failed ? NULL : calloc((size_t)matched.count + 1, sizeof *sheet->rows);
	failed = !sheet->rows;
	for (uint32_t i = 0; !failed && i < matched.count; i++)
		failed = add_digest_row(sheet, matched.rows[i].rows);
	failed = failed || add_digest_row(sheet, NULL);
	opj_matched_finish(&matched);
	return failed;
}

static int add_model_rows(struct opj_sheet *sheet)
{
	sheet->rows = calloc((size_t)sheet->source_count + 1, sizeof *sheet->rows);
	for (uint32_t i = 0; sheet->rows && i < sheet->source_count; i++) {
		struct opj_sheet_row *row = add_row(sheet);
		if (!row)
			return -1;
		set_text(row, 0, sheet->sources[i].label, sheet->sources[i].label);
		for (uint32_t c = 1; c < sheet->column_count; c++)
			row->cells[c].figure = figure_of(&sheet->columns[c], sheet->sources[i].digest, NULL);
	}
	return sheet->rows ? 0 : -1;
}

int opj_sheet_init(struct opj_sheet *sheet, const struct opj_sheet_source *sources, uint32_t source_count, int by,
		   enum opj_sheet_detail detail, struct opj_error *err)
{
	*sheet = (struct opj_sheet){.by = by, .sources = sources, .source_count = source_count};
	if (add_columns(sheet, detail) || (by == OPJ_BY_MODEL ? add_model_rows(sheet) : add_rows(sheet))) {
		opj_sheet_finish(sheet);
		return opj_fail(err, "out of memory");
	}
	tell_apart(sheet);
	for (uint32_t i = 0; i < sheet->column_count; i++)
		opj_sheet_scale(sheet, &sheet->columns[i]);
	return 0;
}

void opj_sheet_finish(struct opj_sheet *sheet)
{
	for (uint32_t i = 0; i < sheet->row_count; i++)
		free(sheet->rows[i].cells);
	for (uint32_t i = 0; i < sheet->column_count; i++)
		free(sheet->columns[i].name);
	free(sheet->rows);
	free(sheet->columns);
	*sheet = (struct opj_sheet){0};
}
