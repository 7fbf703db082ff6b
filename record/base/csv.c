/* record/base/csv.c: see csv.h. A field is quoted where it has a comma, a quote, or a line break. */
#include "csv.h"
#include "quantity.h"
#include <inttypes.h>
#include <string.h>

static void begin(struct opj_csv *csv)
{
	if (csv->begun)
		putc(',', csv->out);
	csv->begun = true;
}

void opj_csv_text(struct opj_csv *csv, const char *text)
{
	begin(csv);
	bool formula = *text && strchr("=+-@\t\r", *text);
	if (!formula && !strpbrk(text, ",\"\r\n")) {
		fputs(text, csv->out);
		return;
	}
	fputs(formula ? "\"'" : "\"", csv->out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', csv->out);
		putc(*text, csv->out);
	}
	putc('"', csv->out);
}

void opj_csv_open(struct opj_csv *csv)
{
	begin(csv);
	putc('"', csv->out);
}

void opj_csv_close(struct opj_csv *csv)
{
	putc('"', csv->out);
}

void opj_csv_integer(struct opj_csv *csv, int64_t integer)
{
	begin(csv);
	fprintf(csv->out, "%" PRId64, integer);
}

void opj_csv_number(struct opj_csv *csv, double number)
{
	begin(csv);
	char text[OPJ_NUMBER_TEXT];
	fputs(opj_number_text(text, number), csv->out);
}

void opj_csv_none(struct opj_csv *csv)
{
	begin(csv);
}

void opj_csv_end(struct opj_csv *csv)
{
	fputs("\r\n", csv->out);
	csv->begun = false;
}
