/* analyze/page/page.h: traces as one self-contained HTML page, for `opjoule report`; docs/report.md describes it.
 *
 * The page itself (analyze/page: HTML, style, scripts, the chart library) is put together by the build and is the same
 * for all reports. Writing one inserts JSON at one place: for each trace an object, the report with what the page
 * shows besides. Nothing of a trace is ever written as HTML. */
#ifndef OPJ_ANALYZE_PAGE_PAGE_H
#define OPJ_ANALYZE_PAGE_PAGE_H

#include "analyze/command/request.h"
#include "analyze/roofline/machine.h"

struct opj_page; /* opaque */

/* NULL: out of memory. */
struct opj_page *opj_page_create(void);
void opj_page_destroy(struct opj_page *page);

/* Analyzes a trace as the request says, in one replay, and adds it to the page. */
int opj_page_add(struct opj_page *page, const struct opj_request *request, const char *path, struct opj_error *err);

/* Draws the layers of all traces under the fastest ceilings of a machine, which the page borrows; the analyses have to
 * run opj_roofline_counters. NULL: no such chart. */
void opj_page_set_machine(struct opj_page *page, const struct opj_machine *machine);

/* Writes the page; with two traces it says what differs. Errors of `out` are left to the caller's ferror. */
int opj_page_write(const struct opj_page *page, FILE *out, struct opj_error *err);

#endif
