/* analyze/figures/sheet.h: a table of figures that can be written in any format: for terminals, papers, pages,
 * spreadsheets.
 *
 * What is in the table (which rows, which columns, several traces side by side) is decided here, once; how it looks is
 * the business of the writers in format_*.c. A sheet borrows all names and figures from the digests it is made of. */
#ifndef OPJ_ANALYZE_FIGURES_SHEET_H
#define OPJ_ANALYZE_FIGURES_SHEET_H

#include "digest.h"

/* What rows stand for: enum opj_axis, or whole traces. */
enum { OPJ_BY_MODEL = OPJ_BY_OP + 1 };

enum { OPJ_SHEET_ALL = UINT32_MAX }; /* a column that belongs to no trace in particular */

struct opj_sheet_column {
	char *name;       /* exact: "energy[compute:fp32]" */
	const char *head; /* short: "compute:fp32"; the exact name where another column has the same */
	enum opj_quantity quantity;
	uint32_t trace; /* index, or OPJ_SHEET_ALL */
	uint32_t like;  /* columns of the same number show the same metric of different traces: one unit for all */
	/* For formats in which a column has one unit: figures are divided by 10^exponent, a multiple of 3, and shown
	 * with this many decimals; `digits` stand before the point of the largest. */
	int exponent, decimals, digits;
};

struct opj_sheet_cell {
	const char *text;  /* of a text column: a name, as in the trace; else NULL */
	const char *local; /* what of it is shown below the row around it; text where there is none around */
	struct opj_figure figure;
};

struct opj_sheet_row {
	uint32_t depth;               /* rows around it */
	bool total;                   /* a sum over the whole run, after all others */
	struct opj_sheet_cell *cells; /* [column_count] */
};

/* Which columns. */
enum opj_sheet_detail {
	OPJ_SHEET_REPORT, /* of the report: ops, counters of one metric, energies; text has a place for the others */
	OPJ_SHEET_PAPER,  /* ops, what was asked for with all its metrics, energies; of one trace shares and outputs */
	OPJ_SHEET_EXACT,  /* all there is, for spreadsheets: time and the counters that estimators need, too */
};

/* One trace to be shown. */
struct opj_sheet_source {
	const char *label; /* short, unlike those of other traces: "digits" */
	const struct opj_digest *digest;
};

struct opj_sheet {
	int by; /* enum opj_axis or OPJ_BY_MODEL */
	const struct opj_sheet_source *sources;
	uint32_t source_count;
	struct opj_sheet_column *columns;
	uint32_t column_count;
	struct opj_sheet_row *rows;
	uint32_t row_count;
};

/* The digests are of analyses with the same request. Modules of several traces share a row where their paths are the
 * same below the outermost module; where rows of a later trace are not in the first, they stand after the row they
 * follow there. On failure (out of memory) the sheet is empty. */
int opj_sheet_init(struct opj_sheet *sheet, const struct opj_sheet_source *sources, uint32_t source_count, int by,
		   enum opj_sheet_detail detail, struct opj_error *err);
void opj_sheet_finish(struct opj_sheet *sheet);

/* Chooses the unit of a column: four significant digits of the largest figure, and up to two decimals more until the
 * smallest shows two. */
void opj_sheet_scale(const struct opj_sheet *sheet, struct opj_sheet_column *column);

/* "µ", "", "M": the prefix of a column's unit; "µJ", "MB", "%", "": the whole unit. UTF-8; the text lives in buffer. */
const char *opj_sheet_prefix(const struct opj_sheet_column *column);
const char *opj_sheet_unit(char buffer[8], const struct opj_sheet_column *column);

/* A figure in the unit of its column: "16.26"; "2.1e-06" where that would show as zero and is none; "" where it is not
 * known. The text lives in buffer. */
const char *opj_sheet_figure(char buffer[40], const struct opj_sheet_column *column, const struct opj_figure *figure);

#endif
