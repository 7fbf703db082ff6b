/* record/base/text.h: texts as terminals and messages want them. What a character of UTF-8 is, and how text of unknown
 * origin is cleaned, stands in opjoule/error.h, which plugins have as well. */
#ifndef OPJ_RECORD_BASE_TEXT_H
#define OPJ_RECORD_BASE_TEXT_H

#include <opjoule/error.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point of UTF-8 and moves behind it; anything malformed is one byte read as itself. */
uint32_t opj_text_next(const char **at);

/* Cells that a UTF-8 text takes on a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks. */
size_t opj_text_width(const char *text);

/* Adds to a list "a, b, c" in a buffer of `size` bytes, which begins as "". What does not fit is cut off. */
__attribute__((format(printf, 3, 4))) void opj_text_list(char *list, size_t size, const char *format, ...);

#endif
