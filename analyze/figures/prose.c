/* analyze/figures/prose.c: sentences in one of the formats. */
#include "format.h"
#include <stdlib.h>

void opj_prose_say(const struct opj_prose *prose, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return;
	prose->format->say(text, prose->out);
	free(text);
}

void opj_prose_input(const struct opj_prose *prose, const struct opj_about *about)
{
	const struct opj_activity *input = about->input;
	char values[160], source[320];
	if (!input) {
		opj_prose_say(prose, "not known");
		return;
	}
	bool known = input->kind != OPJ_KIND_UNKNOWN;
	opj_prose_say(prose, "%s%s%s, %s", known ? opj_kind_name(input->kind) : "", known ? ", " : "",
		      opj_about_values(values, input), opj_about_source(source, input, about->fed));
}
