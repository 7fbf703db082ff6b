/* record/base/style.h: bold and colours where somebody looks at a terminal, and plain text everywhere else. Not
 * installed.
 *
 * A style belongs to a piece of text and is never part of it: widths are counted without it, and text that came from a
 * trace cannot bring escape sequences of its own, as control characters in it become "?". */
#ifndef OPJ_RECORD_BASE_STYLE_H
#define OPJ_RECORD_BASE_STYLE_H

#include <opjoule/error.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum opj_style {
	OPJ_PLAIN,
	OPJ_HEADING, /* bold: headings of tables and sections */
	OPJ_FAINT,   /* what matters less than what is around it */
	OPJ_WARNING, /* yellow */
	OPJ_WORSE,   /* red: a figure that went the wrong way, a check that failed */
	OPJ_BETTER,  /* green: the opposite */
};

/* Whether a stream shows styles: it is a terminal that is not dumb, and NO_COLOR is unset or empty (no-color.org). */
static inline bool opj_styled(FILE *out)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	int fd = fileno(out); /* -1: memory */
	return fd >= 0 && isatty(fd) && term && *term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
}

/* What switches a style on; "" for plain text. OPJ_STYLE_OFF switches it off again. */
static inline const char *opj_style_on(enum opj_style style)
{
	static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[33m", "\033[31m", "\033[32m"};
	return codes[style];
}
#define OPJ_STYLE_OFF "\033[0m"

/* Writes a piece of a line. Control characters in it, line ends included, become "?"; a piece that does not fit in
 * memory is left out. */
__attribute__((format(printf, 3, 4))) static inline void opj_print(FILE *out, enum opj_style style, const char *format,
								   ...)
{
	bool styled = style != OPJ_PLAIN && opj_styled(out);
	char *text;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return;
	opj_clean(text);
	fprintf(out, "%s%s%s", styled ? opj_style_on(style) : "", text, styled ? OPJ_STYLE_OFF : "");
	free(text);
}

#endif
