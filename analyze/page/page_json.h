/* analyze/page/page_json.h: what the page shows of a trace and the report does not have. Only the page's files
 * include this. */
#ifndef OPJ_ANALYZE_PAGE_PAGE_JSON_H
#define OPJ_ANALYZE_PAGE_PAGE_JSON_H

#include "analyze/figures/digest.h"
#include "timeline.h"

/* {"file", "labels": [what each estimate is called], "parts": [for each estimate {part of breakdown_pj: the part that
 * contains it}], "columns": [names of figures], "rows": [{"name", "local", "parent", "depth", "outside", "own": [a
 * figure for each column, null where unknown]}], "timeline"}. Rows are the digest's by module. The caller releases.
 * NULL on failure. */
json_t *opj_page_json(const struct opj_digest *digest, const struct opj_timeline *timeline, struct opj_error *err);

#endif
