/* analyze/figures/sheet_units.c: columns in which all figures have one unit, as papers print them. */
#include "sheet.h"
#include <math.h>

/* The largest and the smallest figure, zeros aside, of all columns that show the same metric. */
static void range_of(const struct opj_sheet *sheet, uint32_t like, double *largest, double *smallest)
{
	*largest = 0;
	*smallest = INFINITY;
	for (uint32_t c = 0; c < sheet->column_count; c++) {
		for (uint32_t r = 0; sheet->columns[c].like == like && r < sheet->row_count; r++) {
			double size = fabs(sheet->rows[r].cells[c].figure.number);
			*largest = fmax(*largest, size);
			*smallest = size > 0 ? fmin(*smallest, size) : *smallest;
		}
	}
}

void opj_sheet_scale(const struct opj_sheet *sheet, struct opj_sheet_column *column)
{
	double largest, smallest;
	if (column->quantity == OPJ_QUANTITY_TEXT)
		return;
	range_of(sheet, column->like, &largest, &smallest);
	column->digits = 3;
	if (column->quantity == OPJ_QUANTITY_PERCENT) {
		column->decimals = 1;
		return;
	}
	bool whole = column->quantity == OPJ_QUANTITY_COUNT || column->quantity == OPJ_QUANTITY_BYTES ||
		     column->quantity == OPJ_QUANTITY_TIME;
	if (whole && largest < 10000) {
		column->digits = 4;
		return;
	}
	for (; largest >= 999.95 && column->exponent < 18; largest /= 1000, smallest /= 1000)
		column->exponent += 3;
	column->digits = largest < 9.9995 ? 1 : largest < 99.995 ? 2 : 3;
	int shown = 4 - column->digits, wanted_decimals = isfinite(smallest) ? 1 - (int)floor(log10(smallest)) : 0;
	column->decimals = wanted_decimals > shown + 2 ? shown + 2 : wanted_decimals > shown ? wanted_decimals : shown;
}

const char *opj_sheet_prefix(const struct opj_sheet_column *column)
{
	static const char *const prefixes[] = {"p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"};
	int base = column->quantity == OPJ_QUANTITY_ENERGY ? 0 : column->quantity == OPJ_QUANTITY_TIME ? 1 : 4;
	int index = base + column->exponent / 3;
	return index < (int)(sizeof prefixes / sizeof *prefixes) ? prefixes[index] : "?";
}

const char *opj_sheet_unit(char buffer[8], const struct opj_sheet_column *column)
{
	static const char *const units[] = {"", "", "B", "s", "J", "%"};
	if (column->quantity == OPJ_QUANTITY_TEXT || column->quantity == OPJ_QUANTITY_PERCENT)
		snprintf(buffer, 8, "%s", units[column->quantity]);
	else
		snprintf(buffer, 8, "%s%s", opj_sheet_prefix(column), units[column->quantity]);
	return buffer;
}

const char *opj_sheet_figure(char buffer[40], const struct opj_sheet_column *column, const struct opj_figure *figure)
{
	double value = figure->number / pow(10, column->exponent);
	bool vanishes = value != 0 && fabs(value) < 0.5 * pow(10, -column->decimals);
	buffer[0] = '\0';
	if (figure->known && figure->exact && !column->exponent)
		snprintf(buffer, 40, "%lld", (long long)figure->integer);
	else if (figure->known && vanishes && column->quantity != OPJ_QUANTITY_PERCENT)
		snprintf(buffer, 40, "%.1e", value);
	else if (figure->known)
		snprintf(buffer, 40, "%.*f", column->decimals, value);
	return buffer;
}
