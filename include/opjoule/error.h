/* opjoule/error.h: how a failure travels.
 *
 * Every function that can fail returns 0 or -1 (or a pointer or NULL) and takes a struct opj_error as its last
 * argument. Libraries never print and never exit; the message is complete as it stands and names file, op and field
 * where there are any. A caller that does not care passes NULL. */
#ifndef OPJOULE_ERROR_H
#define OPJOULE_ERROR_H

#include <stdarg.h>
#include <stdio.h>

#define OPJ_ERROR_MAX 1024

struct opj_error {
	char text[OPJ_ERROR_MAX]; /* one line without a newline, NUL-terminated; "" while nothing failed */
};

/* Writes the message and returns -1, so that a failing function can end in `return opj_fail(err, …)`. */
__attribute__((format(printf, 2, 3))) static inline int opj_fail(struct opj_error *err, const char *format, ...)
{
	if (err) {
		va_list args;
		va_start(args, format);
		vsnprintf(err->text, sizeof err->text, format, args);
		va_end(args);
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
	}
	return -1;
}

#if defined(__GNUC__)
#define OPJ_API __attribute__((visibility("default")))
#else
#define OPJ_API
#endif

#endif
