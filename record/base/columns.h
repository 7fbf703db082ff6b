/* record/base/columns.h: text in aligned columns, for terminals: widths are counted in cells of a terminal, not in
 * bytes.
 */
#ifndef OPJ_RECORD_BASE_COLUMNS_H
#define OPJ_RECORD_BASE_COLUMNS_H

#include "style.h"
#include <stddef.h>
#include <stdint.h>

struct opj_columns {
	uint32_t count;       /* columns */
	uint64_t right;       /* bit i: column i is flush right; bit 63 stands for all columns after it too */
	enum opj_style style; /* of cells added from now on, where the terminal shows any */
	struct opj_cell {
		char *text;
		enum opj_style style;
	} * cells; /* [cell_count], row by row */
	size_t cell_count;
	bool failed; /* out of memory */
};

/* Appends the next cell, left to right, top to bottom. The text is cleaned: control characters become "?". */
void opj_columns_cell(struct opj_columns *columns, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes all rows, each behind `indent` spaces. The first `heads` rows are headings: bold, and a rule follows them. -1:
 * memory ran out while cells were added. */
int opj_columns_print(const struct opj_columns *columns, uint32_t indent, uint32_t heads, FILE *out);
void opj_columns_finish(struct opj_columns *columns);

#endif
