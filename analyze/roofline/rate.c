/* analyze/roofline/rate.c: reading and writing rates.
 *
 * Prefixes are case-sensitive, as SI has them, so that nothing is taken for something a billion times as large; "b" is
 * a bit and refused. */
#include "rate.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char prefixes[] = "kMGTPE";

/* What is left of the unit behind a prefix. */
static bool is_unit(const char *text, enum opj_rate_unit unit)
{
	static const char *const flops[] = {"", "FLOP/s", "FLOPs/s", "FLOPS"};
	if (unit == OPJ_RATE_BYTES)
		return !*text || strcmp(text, "B/s") == 0;
	for (size_t i = 0; i < sizeof flops / sizeof *flops; i++) {
		if (strcasecmp(text, flops[i]) == 0)
			return true;
	}
	return false;
}

/* The factor that a unit stands for; 0: no such unit. */
static double factor_of(const char *text, enum opj_rate_unit unit)
{
	const char *prefix = *text ? strchr(prefixes, *text) : NULL;
	if (!prefix)
		return is_unit(text, unit) ? 1 : 0;
	bool binary = unit == OPJ_RATE_BYTES && text[1] == 'i';
	if (!is_unit(text + 1 + binary, unit))
		return 0;
	return pow(binary ? 1024 : 1000, (double)(prefix - prefixes) + 1);
}

int opj_rate_parse(const char *text, enum opj_rate_unit unit, double *rate, struct opj_error *err)
{
	static const char *const known[] = {"FLOP/s, kFLOP/s, MFLOP/s, GFLOP/s, TFLOP/s, PFLOP/s, EFLOP/s",
					    "B/s, kB/s, KiB/s, MB/s, MiB/s, GB/s, GiB/s, TB/s, TiB/s, …"};
	char *end;
	double number = strtod(text, &end);
	if (end == text || !isfinite(number))
		return opj_fail(err, "\"%.100s\" is no finite number", text);
	while (*end == ' ')
		end++;
	/* KiB is written with a capital K, and so is kB often enough. */
	char rest[16];
	snprintf(rest, sizeof rest, "%s", end);
	if (unit == OPJ_RATE_BYTES && *rest == 'K')
		*rest = 'k';
	double factor = strlen(end) < sizeof rest ? factor_of(rest, unit) : 0;
	if (factor == 0)
		return opj_fail(err, "\"%.100s\" has the unit \"%.40s\"; known here: %s", text, end, known[unit]);
	if (!(number * factor >= 1 && number * factor <= 1e24))
		return opj_fail(err, "\"%.100s\" is not between 1 and 1e24 %s", text,
				unit == OPJ_RATE_BYTES ? "B/s" : "FLOP/s");
	*rate = number * factor;
	return 0;
}

/* Writes the digits, then says which prefix they need. */
static const char *scale(char digits[24], double rate)
{
	static const char *const names[] = {"", "k", "M", "G", "T", "P", "E"};
	int i = 0;
	while (rate >= 999.95 && i < 6) {
		rate /= 1000;
		i++;
	}
	int decimals = rate < 9.9995 ? 3 : rate < 99.995 ? 2 : 1;
	snprintf(digits, 24, "%.*f", decimals, rate);
	return names[i];
}

static const char *unit_name(enum opj_rate_unit unit)
{
	return unit == OPJ_RATE_BYTES ? "B/s" : "FLOP/s";
}

const char *opj_rate_text(char buffer[32], double rate, enum opj_rate_unit unit)
{
	char digits[24];
	const char *prefix = scale(digits, rate);
	snprintf(buffer, 32, "%s %s%s", digits, prefix, unit_name(unit));
	return buffer;
}

const char *opj_rate_label(char buffer[32], double rate, enum opj_rate_unit unit)
{
	char digits[24];
	const char *prefix = scale(digits, rate);
	if (strchr(digits, '.')) {
		char *end = digits + strlen(digits);
		while (end[-1] == '0')
			*--end = '\0';
		if (end[-1] == '.')
			end[-1] = '\0';
	}
	snprintf(buffer, 32, "%s %s%s", digits, prefix, unit_name(unit));
	return buffer;
}
