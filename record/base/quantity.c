/* record/base/quantity.c: units are a symbol and a prefix, of 1000 or of 1024.
 *
 * Powers of ten are multiplied or divided once, so that 1000 fJ are exactly 1 pJ. */
#include "quantity.h"
#include "text.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Reading ---------------------------------------------------------------------------------------------------------- */

static const struct kind {
	const char *symbol, *others[2]; /* others: the same, not offered by messages */
	int lowest, highest;            /* exponents of ten of its prefixes */
	bool binary;                    /* those of 1024 as well */
	bool bare;                      /* the symbol may be left out */
	bool any_case;
} kinds[] = {
    [OPJ_UNIT_COUNT] = {.symbol = "", .highest = 12},
    [OPJ_UNIT_BYTES] = {.symbol = "B", .highest = 12, .binary = true, .bare = true, .any_case = true},
    [OPJ_UNIT_BITS] = {.symbol = "bit", .highest = 12, .binary = true},
    [OPJ_UNIT_ENERGY] = {.symbol = "J", .lowest = -15, .highest = 9},
    [OPJ_UNIT_TIME] = {.symbol = "s", .lowest = -15, .highest = 9},
    [OPJ_UNIT_POWER] = {.symbol = "W", .lowest = -15, .highest = 9},
    [OPJ_UNIT_VOLTAGE] = {.symbol = "V", .lowest = -15, .highest = 9},
    [OPJ_UNIT_LENGTH] = {.symbol = "m", .lowest = -15, .highest = 9},
    [OPJ_UNIT_FREQUENCY] = {.symbol = "Hz", .lowest = -15, .highest = 9},
    [OPJ_UNIT_FLOPS] = {.symbol = "FLOP/s", .others = {"FLOPs/s", "FLOPS"}, .highest = 18, .bare = true},
    [OPJ_UNIT_BYTE_RATE] = {.symbol = "B/s", .highest = 18, .binary = true, .bare = true},
    [OPJ_UNIT_POINTS] = {.symbol = "pp"},
};

static const struct prefix {
	const char *name;
	int exponent; /* of ten; of a binary one that of its decimal twin */
	bool binary;
	bool hidden; /* not offered by messages */
} prefixes[] = {
    {"f", -15},      {"p", -12},       {"n", -9},        {"u", -6},        {"µ", -6},
    {"m", -3},       {"", 0},          {"k", 3},         {"M", 6},         {"G", 9},
    {"T", 12},       {"P", 15},        {"E", 18},        {"Ki", 3, true},  {"Mi", 6, true},
    {"Gi", 9, true}, {"Ti", 12, true}, {"Pi", 15, true}, {"Ei", 18, true}, {"K", 3, .hidden = true},
};

static bool takes(const struct kind *kind, const struct prefix *prefix)
{
	return prefix->exponent >= kind->lowest && prefix->exponent <= kind->highest &&
	       (kind->binary || !prefix->binary) && (kind->binary || !prefix->hidden);
}

static bool is_symbol(const struct kind *kind, const char *text)
{
	for (size_t i = 0; i < LENGTH(kind->others) && kind->others[i]; i++) {
		if (strcasecmp(text, kind->others[i]) == 0 || strcasecmp(text, kind->symbol) == 0)
			return true;
	}
	return (kind->any_case ? strcasecmp : strcmp)(text, kind->symbol) == 0 || (kind->bare && !*text);
}

bool opj_unit_convert(enum opj_unit unit, const char *name, int exponent, double *value)
{
	const struct kind *kind = &kinds[unit];
	for (size_t i = 0; i < LENGTH(prefixes); i++) {
		const struct prefix *prefix = &prefixes[i];
		size_t length = strlen(prefix->name);
		int (*differ)(const char *, const char *, size_t) = kind->any_case ? strncasecmp : strncmp;
		if (!takes(kind, prefix) || differ(name, prefix->name, length) != 0 || !is_symbol(kind, name + length))
			continue;
		int up = prefix->exponent - exponent;
		bool binary = prefix->binary || (unit == OPJ_UNIT_BYTES && length && !name[length]);
		if (binary)
			*value *= ldexp(1, prefix->exponent / 3 * 10);
		else
			*value = up < 0 ? *value / pow(10, -up) : *value * pow(10, up);
		return true;
	}
	return false;
}

const char *opj_unit_known(char buffer[128], enum opj_unit unit)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < LENGTH(prefixes); i++) {
		bool none = !*prefixes[i].name && !*kinds[unit].symbol;
		if (takes(&kinds[unit], &prefixes[i]) && !prefixes[i].hidden)
			opj_text_list(buffer, 128, "%s%s", none ? "none" : prefixes[i].name, kinds[unit].symbol);
	}
	return buffer;
}

static int unknown(const char *text, const char *name, const char *known, struct opj_error *err)
{
	return opj_fail(err, "\"%.100s\" has the unit \"%.40s\"; known here: %s", text, name, known);
}

/* The number in front; `name` is what follows. -1: it is none, or not finite. */
static int read_number(const char *text, double *value, const char **name)
{
	char *end;
	*value = strtod(text, &end);
	if (end == text || !isfinite(*value))
		return -1;
	*name = end + strspn(end, " ");
	return 0;
}

int opj_unit_read(enum opj_unit unit, const char *text, double *value, struct opj_error *err)
{
	const char *name;
	char known[128];
	if (read_number(text, value, &name))
		return opj_fail(err, "\"%.100s\" is no finite number", text);
	if (!opj_unit_convert(unit, name, 0, value))
		return unknown(text, name, opj_unit_known(known, unit), err);
	return isfinite(*value) ? 0 : opj_fail(err, "\"%.100s\" is no finite number", text);
}

int opj_bytes_read(const char *text, uint64_t *bytes, struct opj_error *err)
{
	double value;
	const char *name;
	if (read_number(text, &value, &name) || value < 0)
		return opj_fail(err, "\"%.100s\" is no number of bytes", text);
	if (opj_unit_read(OPJ_UNIT_BYTES, text, &value, err))
		return -1;
	if (value >= 0x1p53 || value != floor(value))
		return opj_fail(err, "\"%.100s\" is not a whole number of bytes below 8 PiB", text);
	*bytes = (uint64_t)value;
	return 0;
}

static const struct key_end {
	const char *end; /* of a key */
	enum opj_unit unit;
	int exponent; /* of ten: that of the unit which the key is in */
} key_ends[] = {
    {"_fj", OPJ_UNIT_ENERGY, -15},  {"_pj", OPJ_UNIT_ENERGY, -12},   {"_nj", OPJ_UNIT_ENERGY, -9},
    {"_uj", OPJ_UNIT_ENERGY, -6},   {"_ps", OPJ_UNIT_TIME, -12},     {"_ns", OPJ_UNIT_TIME, -9},
    {"_us", OPJ_UNIT_TIME, -6},     {"_ms", OPJ_UNIT_TIME, -3},      {"_s", OPJ_UNIT_TIME, 0},
    {"_mv", OPJ_UNIT_VOLTAGE, -3},  {"_v", OPJ_UNIT_VOLTAGE, 0},     {"_mw", OPJ_UNIT_POWER, -3},
    {"_w", OPJ_UNIT_POWER, 0},      {"_nm", OPJ_UNIT_LENGTH, -9},    {"_um", OPJ_UNIT_LENGTH, -6},
    {"_hz", OPJ_UNIT_FREQUENCY, 0}, {"_mhz", OPJ_UNIT_FREQUENCY, 6}, {"_bits", OPJ_UNIT_BITS, 0},
    {"_bytes", OPJ_UNIT_BYTES, 0},
};

static const struct key_end *end_of(const char *key)
{
	for (size_t i = 0; i < LENGTH(key_ends); i++) {
		size_t n = strlen(key), m = strlen(key_ends[i].end);
		if (n >= m && strcmp(key + n - m, key_ends[i].end) == 0)
			return &key_ends[i];
	}
	return NULL;
}

int opj_unit_parse(const char *key, const char *text, double *number, struct opj_error *err)
{
	const struct key_end *in = end_of(key);
	const char *name;
	char known[128] = "none, a plain number";
	double value;
	bool read = read_number(text, &value, &name) == 0;
	if (read && *name && !(in && opj_unit_convert(in->unit, name, in->exponent, &value))) {
		unknown(text, name, in ? opj_unit_known(known, in->unit) : known, err);
		return opj_fail_in(err, key);
	}
	if (!read || !isfinite(value))
		return opj_fail(err, "%s: \"%s\" is no finite number", key, text);
	*number = value;
	return 0;
}

/* Writing ---------------------------------------------------------------------------------------------------------- */

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

/* Four significant digits: 1.234, 12.34, 123.4. */
static int decimals_of(double value)
{
	return fabs(value) < 9.9995 ? 3 : fabs(value) < 99.995 ? 2 : 1;
}

/* Scales a value in 10^exponent of a unit to that with the largest prefix that leaves a digit before the point, up to
 * `highest`; returns the prefix. */
static const char *scale(double *value, int exponent, int highest)
{
	static const char *const names[] = {"p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"};
	for (; fabs(*value) >= 999.95 && exponent < highest; exponent += 3)
		*value /= 1000;
	return names[(exponent + 12) / 3];
}

const char *opj_format_count(char buffer[32], int64_t count, const char *unit)
{
	double value = (double)count;
	if (fabs(value) < 10000) {
		snprintf(buffer, 32, "%lld%s%s", (long long)count, *unit ? " " : "", unit);
		return buffer;
	}
	const char *prefix = scale(&value, 0, 18);
	snprintf(buffer, 32, "%.*f %s%s", decimals_of(value), value, prefix, unit);
	return buffer;
}

const char *opj_format_time(char buffer[32], int64_t ns)
{
	double value = (double)ns;
	const char *prefix = scale(&value, -9, 0);
	if (*prefix == 'n')
		snprintf(buffer, 32, "%lld ns", (long long)ns);
	else
		snprintf(buffer, 32, "%.*f %ss", decimals_of(value), value, prefix);
	return buffer;
}

const char *opj_format_energy(char buffer[32], double pj)
{
	const char *prefix = scale(&pj, -12, 6);
	if (pj == 0)
		snprintf(buffer, 32, "0 pJ");
	else
		snprintf(buffer, 32, "%.*f %sJ", decimals_of(pj), pj, prefix);
	return buffer;
}

const char *opj_format_size(char buffer[32], uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	int unit = 0;
	for (; value >= 1024 && unit < 4; unit++)
		value /= 1024;
	snprintf(buffer, 32, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buffer;
}

const char *opj_format_rate(char buffer[32], double rate, enum opj_unit unit)
{
	const char *prefix = scale(&rate, 0, 18);
	snprintf(buffer, 32, "%.*f %s%s", decimals_of(rate), rate, prefix, kinds[unit].symbol);
	return buffer;
}

const char *opj_format_label(char buffer[32], double rate, enum opj_unit unit)
{
	const char *prefix = scale(&rate, 0, 18);
	snprintf(buffer, 32, "%.*f", decimals_of(rate), rate);
	size_t length = strlen(buffer);
	while (buffer[length - 1] == '0')
		length--;
	length -= buffer[length - 1] == '.';
	snprintf(buffer + length, 32 - length, " %s%s", prefix, kinds[unit].symbol);
	return buffer;
}
