/* record/base/csv.h: rows of CSV as RFC 4180 has them. Nothing is checked after each call: ask ferror(out) in the end.
 */
#ifndef OPJ_RECORD_BASE_CSV_H
#define OPJ_RECORD_BASE_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct opj_csv {
	FILE *out;
	bool begun; /* a field stands in this row already */
};

/* The next field of the row, quoted where it has to be. What a spreadsheet would take for a formula begins with an
 * apostrophe: names come from traces, which anybody may have written. */
void opj_csv_text(struct opj_csv *csv, const char *text);
void opj_csv_integer(struct opj_csv *csv, int64_t integer);
/* In the fewest digits that read back equal. */
void opj_csv_number(struct opj_csv *csv, double number);
/* An empty field. */
void opj_csv_none(struct opj_csv *csv);
/* A quoted field that the caller writes himself, without quotes in it, between the two calls. */
void opj_csv_open(struct opj_csv *csv);
void opj_csv_close(struct opj_csv *csv);
/* Ends the row with CR and LF. */
void opj_csv_end(struct opj_csv *csv);

#endif
