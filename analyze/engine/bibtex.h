/* analyze/engine/bibtex.h: BibTeX entries as descriptors and cost files give them. */
#ifndef OPJ_ANALYZE_ENGINE_BIBTEX_H
#define OPJ_ANALYZE_ENGINE_BIBTEX_H

#include <jansson.h>
#include <opjoule/error.h>

/* Puts the entries of a text into `entries` {key: entry} (those that are there are left as they are) and appends their
 * keys to `keys`; each may be NULL. text NULL: there are none. Fails on what is no list of entries: what does not begin
 * with @TYPE{KEY, braces that do not match, a key with characters other than letters, digits and . : _ + / -. */
int opj_bibtex_split(const char *text, json_t *entries, json_t *keys, struct opj_error *err);

#endif
