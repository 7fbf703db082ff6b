/* record/base/quantity.h: numbers with units, as users write them and as they read them. Everybody reads and writes
 * them through this, so that 64KB is the same in every option of every command.
 *
 * What a unit may be, by what is measured:
 *
 *     sizes       B with k, M, G, T (of 1000) or Ki, Mi, Gi, Ti (of 1024), in any case; K, M, G, T without B are those
 *                 of 1024, and no unit is bytes: 64kB = 64KB = 64000, 64KiB = 64K = 65536
 *     bits        bit with k, M, G, T, Ki, Mi, Gi, Ti
 *     energy, time, power, voltage, length, frequency
 *                 J, s, W, V, m, Hz with f, p, n, u or µ, m, k, M, G
 *     FLOP rates  FLOP/s, FLOPs/s or FLOPS in any case, or nothing, with k, M, G, T, P, E
 *     byte rates  B/s or nothing with k or K, M, G, T, P, E (of 1000), Ki, Mi, Gi, Ti, Pi, Ei (of 1024)
 *     counts      k, M, G, T alone
 *     shares      pp, percentage points
 *
 * Prefixes are case-sensitive, as SI has them, where lower case could mean something else; "b" is a bit and no rate.
 * A blank may stand before the unit. */
#ifndef OPJ_RECORD_BASE_QUANTITY_H
#define OPJ_RECORD_BASE_QUANTITY_H

#include <opjoule/error.h>
#include <stdint.h>

enum opj_unit {
	OPJ_UNIT_COUNT,
	OPJ_UNIT_BYTES,
	OPJ_UNIT_BITS,
	OPJ_UNIT_ENERGY,
	OPJ_UNIT_TIME,
	OPJ_UNIT_POWER,
	OPJ_UNIT_VOLTAGE,
	OPJ_UNIT_LENGTH,
	OPJ_UNIT_FREQUENCY,
	OPJ_UNIT_FLOPS,     /* FLOP/s */
	OPJ_UNIT_BYTE_RATE, /* B/s */
	OPJ_UNIT_POINTS,    /* percentage points */
};

/* Converts a value in a unit that a user wrote ("kB", "", "µJ") to 10^exponent of the plain one: -12 for energies in
 * pJ. false: no such unit, and the value is as before. */
bool opj_unit_convert(enum opj_unit unit, const char *name, int exponent, double *value);

/* The names that a message offers: "fJ, pJ, nJ, …"; "none" stands for no unit. */
const char *opj_unit_known(char buffer[128], enum opj_unit unit);

/* Reads "1.2 TFLOP/s" in plain units. The message has the text and what is known: "\"5 kg\" has the unit \"kg\"; known
 * here: …". */
int opj_unit_read(enum opj_unit unit, const char *text, double *value, struct opj_error *err);

/* Reads "64KiB" as a whole number of bytes below 8 PiB. */
int opj_bytes_read(const char *text, uint64_t *bytes, struct opj_error *err);

/* Reads "120 fJ", "4.6", "-0.5mV" as the value of `key`, whose end says the unit: _fj _pj _nj _uj _ps _ns _us _ms _s
 * _mv _v _mw _w _nm _um _hz _mhz _bits _bytes. A number without a unit is in that one; any other unit of the same kind
 * is converted. Fails on what is no finite number, and on a unit that the key does not take, naming those that it
 * takes. */
int opj_unit_parse(const char *key, const char *text, double *number, struct opj_error *err);

#define OPJ_NUMBER_TEXT 32

/* A finite number in the fewest digits that read back as the same double, with ".0" or an exponent so that it stays a
 * float, as Python writes it: "0.9", "4.0", "1e-05", "1e+16". Independent of the locale. Returns text; "inf", "-inf"
 * and "nan" for what is not finite. */
const char *opj_number_text(char text[OPJ_NUMBER_TEXT], double number);

/* Figures for people: four significant digits and an SI prefix, "64.9 M", "16.26 µJ"; counts below 10000 and times
 * below 1 µs are whole. Sizes come in powers of 1024 and one decimal, "1.5 MiB". The text lives in buffer. */
const char *opj_format_count(char buffer[32], int64_t count, const char *unit);
const char *opj_format_energy(char buffer[32], double pj);
const char *opj_format_time(char buffer[32], int64_t ns);
const char *opj_format_size(char buffer[32], uint64_t bytes);
/* "1.200 TFLOP/s" of a rate per second; opj_format_label leaves out zeros at the end: "1.2 TFLOP/s". */
const char *opj_format_rate(char buffer[32], double rate, enum opj_unit unit);
const char *opj_format_label(char buffer[32], double rate, enum opj_unit unit);

#endif
