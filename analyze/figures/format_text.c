/* analyze/figures/format_text.c: text for terminals. */
#include "format.h"

static void say(const char *text, FILE *out)
{
	opj_print(out, OPJ_PLAIN, "%s", text);
}

/* One trace has a whole report for people; what several have in common is a table. */
static int write_text(const struct opj_document *document, FILE *out, struct opj_error *err)
{
	if (document->count == 1 && document->by != OPJ_BY_MODEL)
		return opj_text_report(document->sources[0].digest, (enum opj_axis)document->by, out, err);
	return opj_paper_write(document, &opj_format_text, out, err);
}

const struct opj_format opj_format_text = {
    .name = "text",
    .detail = OPJ_SHEET_REPORT,
    .write = write_text,
    .table = opj_text_table,
    .say = say,
    .styled = true,
    .head = "",
    .above = "\n\n",
    .below = "\n",
    .tail = "",
    .first_note = "",
    .note = "",
    .heading = "Methods",
    .references = "\n",
    .reference = "",
    .references_end = "",
    .cite = {" [", "", ", ", "]"},
};
