/* record/base/quantity.h: numbers with units, as users write them. */
#ifndef OPJ_RECORD_BASE_QUANTITY_H
#define OPJ_RECORD_BASE_QUANTITY_H

#include <opjoule/error.h>

#define OPJ_NUMBER_TEXT 32

/* A finite number in the fewest digits that read back as the same double, with ".0" or an exponent so that it stays a
 * float, as Python writes it: "0.9", "4.0", "1e-05", "1e+16". Independent of the locale. Returns text; "inf", "-inf"
 * and "nan" for what is not finite. */
const char *opj_number_text(char text[OPJ_NUMBER_TEXT], double number);

/* Reads "120 fJ", "4.6", "-0.5mV" as the value of `key`, whose end says the unit: _fj _pj _nj _uj _ps _ns _us _ms _s
 * _mv _v _mw _w _nm _um _hz _mhz _bits _bytes. A number without a unit is in that one; any other unit of the same kind
 * is converted. Fails on what is no finite number, and on a unit that the key does not take, naming those that it
 * takes. */
int opj_unit_parse(const char *key, const char *text, double *number, struct opj_error *err);

#endif
