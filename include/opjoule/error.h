/* opjoule/error.h: how a failure travels.
 *
 * Every function that can fail returns 0 or -1 (or a pointer or NULL) and takes a struct opj_error as its last
 * argument. Libraries never print and never exit; the message is complete as it stands and names file, op and field
 * where there are any. A caller that does not care passes NULL. */
#ifndef OPJOULE_ERROR_H
#define OPJOULE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define OPJ_ERROR_MAX 1024

struct opj_error {
	char text[OPJ_ERROR_MAX]; /* one line without a newline, NUL-terminated; "" while nothing failed */
};

/* Bytes of the UTF-8 character at `at`, that are there; 0: a stray or a cut one, an overlong form, a surrogate or past
 * U+10FFFF (Unicode 15, table 3-7). */
static inline size_t opj_character(const unsigned char *at)
{
	size_t length = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
	bool outside = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
	return overlong || outside ? 0 : length;
}

/* Makes text of unknown origin fit to be shown: what a terminal could take for a command (control characters of ASCII
 * and of Latin-1, stray bytes, marks that turn the direction of text) becomes "?", byte by byte. The text is UTF-8. */
static inline void opj_clean(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at;) {
		size_t length = opj_character(at);
		bool bad = length == 0 || *at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0);
		if (*at == 0xe2 && length)
			bad = (at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
			      (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
		length += length == 0;
		if (bad)
			memset(at, '?', length);
		at += length;
	}
}

/* Writes the message and returns -1, so that a failing function can end in `return opj_fail(err, …)`. Names in it may
 * be anybody's: it is cleaned. */
__attribute__((format(printf, 2, 3))) static inline int opj_fail(struct opj_error *err, const char *format, ...)
{
	if (err) {
		va_list args;
		va_start(args, format);
		vsnprintf(err->text, sizeof err->text, format, args);
		va_end(args);
		opj_clean(err->text);
	}
	return -1;
}

/* Puts "where: " in front of a message, for callers that know the file or the op and callees that do not. Returns -1.
 */
static inline int opj_fail_in(struct opj_error *err, const char *where)
{
	if (err) {
		char inner[OPJ_ERROR_MAX];
		snprintf(inner, sizeof inner, "%s", err->text);
		snprintf(err->text, sizeof err->text, "%.300s: %.700s", where, inner);
		opj_clean(err->text);
	}
	return -1;
}

#if defined(__GNUC__)
#define OPJ_API __attribute__((visibility("default")))
#else
#define OPJ_API
#endif

#endif
