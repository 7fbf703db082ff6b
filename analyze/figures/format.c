/* analyze/figures/format.c: the formats there are, documents in them, and prose. */
#include "format.h"
#include <stdlib.h>

const struct opj_format *const opj_formats[] = {&opj_format_text, &opj_format_markdown, &opj_format_latex,
						&opj_format_csv,  &opj_format_json,     NULL};

int opj_document_write(const struct opj_document *document, const struct opj_format *format, FILE *out,
		       struct opj_error *err)
{
	if (format->whole)
		return format->write(document, out, err);
	if (document->methods && !format->say)
		return opj_fail(err, "format %s has no place for prose", format->name);
	int failed = format->write ? format->write(document, out, err) : opj_paper_write(document, format, out, err);
	if (!failed && document->methods)
		opj_methods_write(document, format, out);
	return failed;
}

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
