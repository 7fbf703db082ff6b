/* analyze/figures/format.h: the formats of tables, and how text of unknown origin is written in each.
 *
 * Names come from traces: whatever they hold, they end up as text, never as markup, a macro, a formula or an escape
 * sequence. Characters that LaTeX's fonts do not have are written as their code, [U+4E2D]. */
#ifndef OPJ_ANALYZE_FIGURES_FORMAT_H
#define OPJ_ANALYZE_FIGURES_FORMAT_H

#include "sheet.h"

enum opj_format {
	OPJ_FORMAT_TEXT,
	OPJ_FORMAT_MARKDOWN,
	OPJ_FORMAT_LATEX,
	OPJ_FORMAT_CSV,
	OPJ_FORMAT_JSON,
};

/* Writes text so that it reads as itself, and nothing else. */
void opj_markdown_put(const char *text, FILE *out);
void opj_latex_put(const char *text, FILE *out);

/* Prose in one of the formats: everything is escaped as a whole. */
struct opj_prose {
	FILE *out;
	enum opj_format format; /* text, markdown or latex */
};
void opj_prose_say(const struct opj_prose *prose, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The tables. Text: SI units by the cell, at most one line of headings more for several traces. Markdown (GitHub's):
 * figures in the unit of the heading. LaTeX: a tabular of booktabs and siunitx. CSV (RFC 4180): one line of headings,
 * with units, and exact numbers; names that a spreadsheet would take for a formula stand behind a single quote. -1: out
 * of memory. */
int opj_sheet_text(const struct opj_sheet *sheet, FILE *out);
int opj_sheet_markdown(const struct opj_sheet *sheet, FILE *out);
int opj_sheet_latex(const struct opj_sheet *sheet, FILE *out);
int opj_sheet_csv(const struct opj_sheet *sheet, FILE *out);

#endif
