/* analyze/page/page_data.h: the page without data, in two halves; analyze/page/assemble.py writes page_data.c from
 * analyze/page when opjoule is built. */
#ifndef OPJ_ANALYZE_PAGE_PAGE_DATA_H
#define OPJ_ANALYZE_PAGE_PAGE_DATA_H

#include <stddef.h>

extern const char opj_page_head[], opj_page_tail[];
extern const size_t opj_page_head_size, opj_page_tail_size;

#endif
