/* analyze/figures/format.c: the formats there are, and documents in them. */
#include "format.h"

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
