/* analyze/roofline/rate.h: rates of machines and layers, as people write and read them: "1.2 TFLOP/s", "50 GB/s". */
#ifndef OPJ_ANALYZE_ROOFLINE_RATE_H
#define OPJ_ANALYZE_ROOFLINE_RATE_H

#include <opjoule/error.h>

enum opj_rate_unit {
	OPJ_RATE_FLOPS, /* FLOP/s */
	OPJ_RATE_BYTES, /* B/s */
};

/* Reads a number with an optional SI prefix (of bytes also a binary one) and an optional unit, in units per second.
 * Fails on what is no number, on another unit, and on a rate that is not from 1 to 1e24. */
int opj_rate_parse(const char *text, enum opj_rate_unit unit, double *rate, struct opj_error *err);

/* "1.200 TFLOP/s", in four significant digits; the text lives in buffer. */
const char *opj_rate_text(char buffer[32], double rate, enum opj_rate_unit unit);

/* The same without zeros at the end, for labels: "1.2 TFLOP/s". */
const char *opj_rate_label(char buffer[32], double rate, enum opj_rate_unit unit);

#endif
