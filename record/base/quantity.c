/* record/base/quantity.c: units are a symbol and a prefix; what a key ends in says which it is kept in.
 *
 * Powers of ten are multiplied or divided once, so that 1000 fJ are exactly 1 pJ. */
#include "quantity.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct family {
	const char *end; /* of a key */
	const char *symbol;
	int exponent; /* of ten: that of the unit which the key is in */
	bool digital; /* bits and bytes: multiples, also those of 1024, but no fractions */
};

static const struct family families[] = {
    {"_fj", "J", -15, false}, {"_pj", "J", -12, false},  {"_nj", "J", -9, false},  {"_uj", "J", -6, false},
    {"_ps", "s", -12, false}, {"_ns", "s", -9, false},   {"_us", "s", -6, false},  {"_ms", "s", -3, false},
    {"_s", "s", 0, false},    {"_mv", "V", -3, false},   {"_v", "V", 0, false},    {"_mw", "W", -3, false},
    {"_w", "W", 0, false},    {"_nm", "m", -9, false},   {"_um", "m", -6, false},  {"_hz", "Hz", 0, false},
    {"_mhz", "Hz", 6, false}, {"_bits", "bit", 0, true}, {"_bytes", "B", 0, true},
};

static const struct prefix {
	const char *name;
	int exponent;  /* of ten */
	double binary; /* else */
	bool small, digital;
} prefixes[] = {
    {"f", -15, 0, true, false},     {"p", -12, 0, true, false},     {"n", -9, 0, true, false},
    {"u", -6, 0, true, false},      {"µ", -6, 0, true, false},      {"m", -3, 0, true, false},
    {"", 0, 0, true, true},         {"k", 3, 0, true, true},        {"M", 6, 0, true, true},
    {"G", 9, 0, true, true},        {"Ki", 0, 0x1p10, false, true}, {"Mi", 0, 0x1p20, false, true},
    {"Gi", 0, 0x1p30, false, true},
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct family *family_of(const char *key)
{
	for (size_t i = 0; i < LENGTH(families); i++) {
		size_t n = strlen(key), m = strlen(families[i].end);
		if (n >= m && strcmp(key + n - m, families[i].end) == 0)
			return &families[i];
	}
	return NULL;
}

static bool takes(const struct family *family, const struct prefix *prefix)
{
	return family->digital ? prefix->digital : prefix->small;
}

static bool is_unit(const char *text, const struct prefix *prefix, const struct family *family)
{
	size_t length = strlen(prefix->name);
	return takes(family, prefix) && strncmp(text, prefix->name, length) == 0 &&
	       strcmp(text + length, family->symbol) == 0;
}

static double scale(double value, const struct prefix *prefix, const struct family *family)
{
	int exponent = prefix->exponent - family->exponent;
	if (prefix->binary != 0)
		return value * prefix->binary;
	return exponent < 0 ? value / pow(10, -exponent) : value * pow(10, exponent);
}

static int unknown(const char *key, const char *text, const char *unit, const struct family *family,
		   struct opj_error *err)
{
	char known[128] = "";
	for (size_t i = 0; family && i < LENGTH(prefixes); i++) {
		size_t used = strlen(known);
		if (takes(family, &prefixes[i]))
			snprintf(known + used, sizeof known - used, "%s%s%s", used ? ", " : "", prefixes[i].name,
				 family->symbol);
	}
	return opj_fail(err, "%s: \"%s\" has the unit \"%s\"; known here: %s", key, text, unit,
			family ? known : "none, a plain number");
}

int opj_unit_parse(const char *key, const char *text, double *number, struct opj_error *err)
{
	char *unit;
	double value = strtod(text, &unit);
	const struct family *family = family_of(key);
	bool read = unit != text && isfinite(value), known = *unit == '\0';
	while (*unit == ' ')
		unit++;
	known = known || *unit == '\0';
	for (size_t i = 0; family && !known && i < LENGTH(prefixes); i++) {
		known = is_unit(unit, &prefixes[i], family);
		if (known)
			value = scale(value, &prefixes[i], family);
	}
	if (!read || !isfinite(value))
		return opj_fail(err, "%s: \"%s\" is no finite number", key, text);
	if (!known)
		return unknown(key, text, unit, family, err);
	*number = value;
	return 0;
}

/* Writes so many digits behind the first; false: they do not read back as the number. */
static bool try_digits(char digits[OPJ_NUMBER_TEXT], int precision, double number)
{
	snprintf(digits, OPJ_NUMBER_TEXT, "%.*e", precision, number);
	if (strtod(digits, NULL) == number)
		return true;
	char *last = strchr(digits, 'e') - 1;
	if (*last == '9')
		return false;
	++*last;
	return strtod(digits, NULL) == number;
}

/* The fewest digits that read back as a number of no sign: into `digits`, without a point; returns how many. `exponent`
 * is that of the first.
 *
 * Of decimals that read back as a double, the shortest has 15 to 17 digits or is the one of 15 without zeros at its
 * end: a decimal of up to 15 digits survives the way through a double (DBL_DIG), unless that is subnormal. Below a
 * power of two doubles lie closer than above, so where the nearest decimal does not read back, the one above it may. */
static int shortest(char digits[OPJ_NUMBER_TEXT], double number, int *exponent)
{
	int precision = number < DBL_MIN ? 0 : DBL_DIG - 1, count = 0;
	while (!try_digits(digits, precision, number))
		precision++;
	char *mark = strchr(digits, 'e');
	*exponent = atoi(mark + 1);
	for (const char *at = digits; at < mark; at++) {
		if (*at >= '0' && *at <= '9')
			digits[count++] = *at;
	}
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return count;
}

const char *opj_number_text(char text[OPJ_NUMBER_TEXT], double number)
{
	char digits[OPJ_NUMBER_TEXT];
	const char *sign = signbit(number) ? "-" : "";
	if (!isfinite(number)) {
		snprintf(text, OPJ_NUMBER_TEXT, "%s", isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
		return text;
	}
	int exponent, count = shortest(digits, fabs(number), &exponent);
	if (exponent < -4 || exponent >= 16)
		snprintf(text, OPJ_NUMBER_TEXT, "%s%c%s%.*se%+03d", sign, digits[0], count > 1 ? "." : "", count - 1,
			 digits + 1, exponent);
	else if (exponent < 0)
		snprintf(text, OPJ_NUMBER_TEXT, "%s0.%.*s%.*s", sign, -exponent - 1, "000", count, digits);
	else if (count <= exponent + 1)
		snprintf(text, OPJ_NUMBER_TEXT, "%s%.*s%.*s.0", sign, count, digits, exponent + 1 - count,
			 "000000000000000");
	else
		snprintf(text, OPJ_NUMBER_TEXT, "%s%.*s.%.*s", sign, exponent + 1, digits, count - exponent - 1,
			 digits + exponent + 1);
	return text;
}
