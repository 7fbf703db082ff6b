/* record/base/json_write.c: see json_write.h.
 *
 * Of decimals that read back as a double, the shortest has 15 to 17 digits or is the one of 15 without zeros at its
 * end: a decimal of up to 15 digits survives the way through a double (DBL_DIG), unless that is subnormal. Below a
 * power of two doubles lie closer than above, so where the nearest decimal does not read back, the one above it may. */
#include "json_write.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void opj_json_write_string(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '\t')
			fputs("\\t", out);
		else if (c == '\r')
			fputs("\\r", out);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

/* Digits behind the first that `digits`, a number as "%e" writes it, does not need: zeros at the end. */
static int zeros_of(const char *digits)
{
	int zeros = 0;
	for (const char *at = strchr(digits, 'e'); at[-1] == '0'; at--)
		zeros++;
	return zeros;
}

/* Writes so many digits behind the first; false: they do not read back as the number. */
static bool try_digits(char digits[32], int precision, double number)
{
	snprintf(digits, 32, "%.*e", precision, number);
	if (strtod(digits, NULL) == number)
		return true;
	char *last = strchr(digits, 'e') - 1;
	if (*last == '9')
		return false;
	++*last;
	return strtod(digits, NULL) == number;
}

void opj_json_write_float(FILE *out, double number)
{
	char digits[32], text[40];
	if (!isfinite(number)) {
		fprintf(out, "{\"f\":\"%s\"}", isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
		return;
	}
	int first = fabs(number) < DBL_MIN ? 0 : DBL_DIG - 1, precision = first;
	while (!try_digits(digits, precision, number))
		precision++;
	int zeros = first > 0 && precision == first ? zeros_of(digits) : 0;
	if (zeros) {
		precision -= zeros;
		snprintf(digits, sizeof digits, "%.*e", precision, number);
	}
	int exponent = atoi(strchr(digits, 'e') + 1);
	if (exponent < -4 || exponent >= 16) {
		fputs(digits, out);
		return;
	}
	int decimals = precision - exponent > 1 ? precision - exponent : 1;
	snprintf(text, sizeof text, "%.*f", decimals, number);
	fputs(text, out);
}

void opj_json_write_shape(FILE *out, int ndim, const int64_t *shape)
{
	putc('[', out);
	for (int i = 0; i < ndim; i++)
		fprintf(out, "%s%lld", i ? "," : "", (long long)shape[i]);
	putc(']', out);
}
