/* analyze/page.c: what goes into the page: analyses and what stands beside them, as JSON in script elements.
 *
 * A script element ends at the first "</script" whatever stands around it, so "<" is written as \u003c, which in JSON
 * can only stand in a string and there means the same. */
#include "page.h"
#include "page_data.h"
#include "page_json.h"
#include <stdlib.h>
#include <string.h>

struct sheet {
	struct opj_analysis *analysis;
	struct opj_trace *trace;
	struct opj_timeline timeline;
};

struct opj_page {
	struct sheet **sheets; /* [count] in the order added */
	size_t count;
};

struct opj_page *opj_page_create(void)
{
	return calloc(1, sizeof(struct opj_page));
}

void opj_page_destroy(struct opj_page *page)
{
	if (!page)
		return;
	for (size_t i = 0; i < page->count; i++) {
		opj_timeline_finish(&page->sheets[i]->timeline);
		free(page->sheets[i]);
	}
	free(page->sheets);
	free(page);
}

int opj_page_add(struct opj_page *page, struct opj_analysis *analysis, struct opj_trace *trace, struct opj_error *err)
{
	struct sheet **moved = reallocarray(page->sheets, page->count + 1, sizeof *moved);
	if (!moved)
		return opj_fail(err, "out of memory");
	page->sheets = moved;
	struct sheet *sheet = calloc(1, sizeof *sheet);
	if (!sheet)
		return opj_fail(err, "out of memory");
	page->sheets[page->count++] = sheet;
	*sheet = (struct sheet){.analysis = analysis, .trace = trace};
	opj_timeline_init(&sheet->timeline, analysis);
	struct opj_visitor companion = opj_timeline_visitor(&sheet->timeline);
	return opj_analysis_run_with(analysis, trace, &companion, err);
}

/* One element that holds JSON. */
static void write_json(FILE *out, const char *id, size_t number, const char *text)
{
	fprintf(out, "<script type=\"application/json\" id=\"%s-%zu\">", id, number);
	for (const char *at = text; *at;) {
		size_t plain = strcspn(at, "<");
		fwrite(at, 1, plain, out);
		at += plain;
		if (*at == '<') {
			fputs("\\u003c", out);
			at++;
		}
	}
	fputs("</script>\n", out);
}

static int write_sheet(FILE *out, const struct sheet *sheet, size_t number, struct opj_error *err)
{
	char *figures = opj_analysis_json(sheet->analysis, err);
	json_t *beside =
	    figures ? opj_page_beside(sheet->analysis, &sheet->timeline, opj_trace_path(sheet->trace), err) : NULL;
	char *text = beside ? json_dumps(beside, JSON_COMPACT) : NULL;
	if (beside && !text)
		opj_fail(err, "out of memory");
	if (text) {
		write_json(out, "analysis", number, figures);
		write_json(out, "beside", number, text);
	}
	free(figures);
	json_decref(beside);
	free(text);
	return text ? 0 : -1;
}

int opj_page_write(const struct opj_page *page, FILE *out, struct opj_error *err)
{
	fwrite(opj_page_head, 1, opj_page_head_size, out);
	for (size_t i = 0; i < page->count; i++) {
		if (write_sheet(out, page->sheets[i], i, err))
			return -1;
	}
	fwrite(opj_page_tail, 1, opj_page_tail_size, out);
	return 0;
}
