/* record/base/json_write.h: pieces of JSON straight into a stream, for output that is too long to be held. Part of the
 * program, not of the library. Nothing is checked after each call: ask ferror(out) in the end. */
#ifndef OPJ_RECORD_BASE_JSON_WRITE_H
#define OPJ_RECORD_BASE_JSON_WRITE_H

#include <stdint.h>
#include <stdio.h>

/* Quoted and escaped; characters beyond ASCII stand as they are. `text` is UTF-8, as all names of a trace are. */
void opj_json_write_string(FILE *out, const char *text);

/* The shortest decimal that reads back as the same double, with ".0" or an exponent so that it stays a float, as
 * Python's json writes it; {"f":"inf"}, {"f":"-inf"}, {"f":"nan"}. */
void opj_json_write_float(FILE *out, double number);

/* [a,b,…] */
void opj_json_write_shape(FILE *out, int ndim, const int64_t *shape);

#endif
