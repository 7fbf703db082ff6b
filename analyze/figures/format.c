/* analyze/figures/format.c: names of formats, and prose in them. */
#include "format.h"
#include "record/base/style.h"
#include <stdlib.h>
#include <string.h>

void opj_prose_say(const struct opj_prose *prose, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return;
	if (prose->format == OPJ_FORMAT_LATEX)
		opj_latex_put(text, prose->out);
	else if (prose->format == OPJ_FORMAT_MARKDOWN)
		opj_markdown_put(text, prose->out);
	else
		opj_print(prose->out, OPJ_PLAIN, "%s", text);
	free(text);
}
