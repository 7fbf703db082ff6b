/* analyze/figures/format.h: the formats that figures are written in. A format is a file, format_NAME.c, with one
 * descriptor, and a row in format.c.
 *
 * Names come from traces: whatever they hold, they end up as text, never as markup, a macro, a formula or an escape
 * sequence. */
#ifndef OPJ_ANALYZE_FIGURES_FORMAT_H
#define OPJ_ANALYZE_FIGURES_FORMAT_H

#include "methods.h"
#include "record/base/style.h"
#include "sheet.h"

/* What is to be written: the figures of traces that were analyzed with the same request, side by side. */
struct opj_document {
	const struct opj_sheet_source *sources; /* [count] */
	const struct opj_methods *methods;      /* [count], or NULL: not asked for */
	uint32_t count;
	int by; /* enum opj_axis or OPJ_BY_MODEL */
};

/* Marks around a list of things to cite. */
struct opj_cite_marks {
	const char *begin, *first, *next, *end;
};

struct opj_format {
	const char *name;             /* "latex" */
	bool whole;                   /* `write` does all of it, prose included */
	enum opj_sheet_detail detail; /* which columns its table has */
	/* All but the prose; NULL: caption, table and notes, made of the parts below (paper.c). */
	int (*write)(const struct opj_document *document, FILE *out, struct opj_error *err);
	int (*table)(const struct opj_sheet *sheet, FILE *out); /* -1: out of memory */
	void (*say)(const char *text, FILE *out);               /* prose that reads as itself; NULL: no place for it */
	bool styled; /* headings and warnings, where the output shows styles */
	/* What stands before the caption, between it and the table, between that and the notes, and behind them. */
	const char *head, *above, *below, *tail;
	const char *first_note, *note; /* before the first note, before each other */
	/* Of the paragraph beside the table: its heading, and what stands around the references and before each line.
	 */
	const char *heading, *references, *reference, *references_end;
	struct opj_cite_marks cite;
};

extern const struct opj_format opj_format_text, opj_format_markdown, opj_format_latex, opj_format_csv, opj_format_json;

/* In the order in which they are offered; NULL ends them. */
extern const struct opj_format *const opj_formats[];

/* Writes a document. With methods where the format has no place for prose it fails. */
int opj_document_write(const struct opj_document *document, const struct opj_format *format, FILE *out,
		       struct opj_error *err);

/* paper.c: caption, table and notes. methods_text.c: the paragraph and the references; of documents with methods. */
int opj_paper_write(const struct opj_document *document, const struct opj_format *format, FILE *out,
		    struct opj_error *err);
void opj_methods_write(const struct opj_document *document, const struct opj_format *format, FILE *out);

/* Short names for traces, unlike each other: the model and the run, or the file where those are the same or not known.
 * labels[i] are the caller's to free. -1: out of memory. */
int opj_paper_labels(const struct opj_analysis *const *analyses, uint32_t count, char **labels);

/* prose.c: prose in one of the formats: everything is escaped as a whole. */
struct opj_prose {
	FILE *out;
	const struct opj_format *format; /* one with `say` */
};
void opj_prose_say(const struct opj_prose *prose, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "dense, 52.1 % of 16.38 k elements nonzero (sparsity 47.9 %), over 1 call of Digits" */
void opj_prose_input(const struct opj_prose *prose, const struct opj_about *about);

/* text.c: for terminals. A table: aligned columns, each figure with its SI unit, at most one line of headings more for
 * several traces; -1: out of memory. The report of one trace. */
int opj_text_table(const struct opj_sheet *sheet, FILE *out);
int opj_text_report(const struct opj_digest *digest, enum opj_axis by, FILE *out, struct opj_error *err);

/* format_json.c: the keys of the report of one trace, in an object that is open; methods NULL: without. It says of
 * itself what it is and in which version: the version changes when a key goes or changes its meaning, not when one is
 * added.
 */
#define OPJ_REPORT_FORMAT "opjoule-report"
enum { OPJ_REPORT_VERSION = 1 };
int opj_put_report(struct opj_json *json, const struct opj_digest *digest, const struct opj_methods *methods,
		   struct opj_error *err);

#endif
