/* analyze/page/page.c: what goes into the page: analyses and what stands beside them, as JSON in script elements.
 *
 * A script element ends at the first "</script" whatever stands around it, so "<" is written as \u003c, which in JSON
 * can only stand in a string and there means the same. */
#include "page.h"
#include "analyze/diff/diff.h"
#include "analyze/engine/json_tree.h"
#include "analyze/figures/format.h"
#include "analyze/roofline/roofline.h"
#include "page_data.h"
#include "page_json.h"
#include "record/base/vector.h"
#include <stdlib.h>
#include <string.h>

struct page_trace {
	struct opj_subject subject;
	struct opj_timeline timeline;
};

struct opj_page {
	struct page_trace **traces; /* [count] in the order added */
	size_t count;
	const struct opj_machine *machine; /* NULL: no rooflines */
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
		opj_timeline_finish(&page->traces[i]->timeline);
		opj_subject_finish(&page->traces[i]->subject);
		free(page->traces[i]);
	}
	free(page->traces);
	free(page);
}

int opj_page_add(struct opj_page *page, const struct opj_request *request, const char *path, struct opj_error *err)
{
	struct page_trace *trace = calloc(1, sizeof *trace),
			  **added = trace ? OPJ_PUSH(page->traces, page->count) : NULL;
	if (!added) {
		free(trace);
		return opj_fail(err, "out of memory");
	}
	*added = trace;
	if (opj_subject_open(&trace->subject, request, path, err))
		return -1;
	opj_timeline_init(&trace->timeline, trace->subject.analysis);
	struct opj_visitor companion = opj_timeline_visitor(&trace->timeline);
	return opj_subject_run(&trace->subject, &companion, err);
}

void opj_page_set_machine(struct opj_page *page, const struct opj_machine *machine)
{
	page->machine = machine;
}

static const char json_begin[] = "<script type=\"application/json\" id=\"%s-%zu\">", json_end[] = "</script>\n";

/* One element that holds JSON. */
static void write_json(FILE *out, const char *id, size_t number, const char *text)
{
	fprintf(out, json_begin, id, number);
	for (const char *at = text; *at;) {
		size_t plain = strcspn(at, "<");
		fwrite(at, 1, plain, out);
		at += plain;
		if (*at == '<') {
			fputs("\\u003c", out);
			at++;
		}
	}
	fputs(json_end, out);
}

/* Takes over the value; NULL stands for a failure that left its message. */
static int write_value(FILE *out, const char *id, size_t number, json_t *value, struct opj_error *err)
{
	if (!value)
		return -1;
	struct opj_json json = {.file = out, .script = true};
	fprintf(out, json_begin, id, number);
	opj_json_tree(&json, NULL, value);
	fputs(json_end, out);
	json_decref(value);
	return json.problem ? opj_fail(err, "%s", json.problem) : 0; /* what the stream has to say comes last */
}

/* Takes over the text. */
static int write_text(FILE *out, const char *id, size_t number, char *text)
{
	if (text)
		write_json(out, id, number, text);
	free(text);
	return text ? 0 : -1;
}

/* The report, and under "page" what is not in it. */
static int write_report(FILE *out, const struct page_trace *trace, size_t number, struct opj_error *err)
{
	struct opj_json json = {.file = out, .script = true};
	json_t *page = opj_page_json(&trace->subject.digest, &trace->timeline, err);
	if (!page)
		return -1;
	fprintf(out, json_begin, "report", number);
	opj_json_object(&json, NULL);
	int failed = opj_put_report(&json, &trace->subject.digest, NULL, err);
	opj_json_tree(&json, "page", page);
	opj_json_object_end(&json);
	fputs(json_end, out);
	json_decref(page);
	if (failed)
		return -1;
	return json.problem ? opj_fail(err, "%s", json.problem) : 0; /* what the stream has to say comes last */
}

static int write_roofline(FILE *out, const struct page_trace *trace, size_t number, const struct opj_machine *machine,
			  struct opj_error *err)
{
	struct opj_roofline roofline;
	if (opj_roofline_init(&roofline, &trace->subject.digest, OPJ_BY_MODULE, machine, NULL, NULL, err))
		return -1;
	int failed = write_text(out, "roofline", number, opj_roofline_json(&roofline, trace->subject.trace, err));
	opj_roofline_finish(&roofline);
	return failed;
}

static int write_diff(FILE *out, const struct page_trace *a, const struct page_trace *b, struct opj_error *err)
{
	struct opj_diff diff;
	if (opj_diff_init(&diff, &a->subject.digest, &b->subject.digest, err))
		return -1;
	int failed = write_value(out, "diff", 0, opj_diff_json(&diff, err), err);
	opj_diff_finish(&diff);
	return failed;
}

static int write_trace(const struct opj_page *page, size_t number, FILE *out, struct opj_error *err)
{
	const struct page_trace *trace = page->traces[number];
	if (write_report(out, trace, number, err))
		return -1;
	return page->machine ? write_roofline(out, trace, number, page->machine, err) : 0;
}

int opj_page_write(const struct opj_page *page, FILE *out, struct opj_error *err)
{
	fwrite(opj_page_head, 1, opj_page_head_size, out);
	for (size_t i = 0; i < page->count; i++) {
		if (write_trace(page, i, out, err))
			return -1;
	}
	if (page->count == 2 && write_diff(out, page->traces[0], page->traces[1], err))
		return -1;
	fwrite(opj_page_tail, 1, opj_page_tail_size, out);
	return 0;
}
