/* analyze/page.c: what goes into the page: analyses and what stands beside them, as JSON in script elements.
 *
 * A script element ends at the first "</script" whatever stands around it, so "<" is written as \u003c, which in JSON
 * can only stand in a string and there means the same. */
#include "page.h"
#include "page_data.h"
#include "timeline.h"
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

/* For each estimate: which parts of its breakdown are contained in which others. */
static json_t *parts_json(const struct opj_analysis *analysis)
{
	json_t *array = json_array();
	for (uint32_t i = 0; array && i < analysis->estimate_count; i++) {
		if (json_array_append(array, analysis->estimates[i].report->parts)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* What an estimate is called in text reports. */
static json_t *labels_json(const struct opj_analysis *analysis)
{
	json_t *array = json_array();
	for (uint32_t i = 0; array && i < analysis->estimate_count; i++) {
		if (json_array_append_new(array, json_string(analysis->estimates[i].label))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* What the page shows of a trace beside its analysis. NULL on failure. */
static char *beside(const struct sheet *sheet, struct opj_error *err)
{
	json_t *timeline = opj_timeline_json(&sheet->timeline, err);
	if (!timeline)
		return NULL;
	json_t *object =
	    json_pack("{s:s, s:o, s:o, s:o}", "file", opj_trace_path(sheet->trace), "labels",
		      labels_json(sheet->analysis), "parts", parts_json(sheet->analysis), "timeline", timeline);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	if (!text)
		opj_fail(err, "%s: out of memory, or a name that is not UTF-8", opj_trace_path(sheet->trace));
	json_decref(object);
	return text;
}

static int write_sheet(FILE *out, const struct sheet *sheet, size_t number, struct opj_error *err)
{
	char *figures = opj_analysis_json(sheet->analysis, err);
	char *more = figures ? beside(sheet, err) : NULL;
	if (more) {
		write_json(out, "analysis", number, figures);
		write_json(out, "beside", number, more);
	}
	free(figures);
	free(more);
	return more ? 0 : -1;
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
