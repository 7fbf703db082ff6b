/* record/base/names.h: texts to dense ids, in order of first appearance. */
#ifndef OPJ_RECORD_BASE_NAMES_H
#define OPJ_RECORD_BASE_NAMES_H

#include <jansson.h>
#include <stdint.h>

struct opj_names {
	json_t *ids;       /* text to id: jansson's hash table serves as ours */
	const char **list; /* [count] the texts, owned by `ids` */
	uint32_t count, capacity;
};

#define OPJ_NAMES_NONE UINT32_MAX

/* The id of `text`, OPJ_NAMES_NONE where it is not known. */
uint32_t opj_names_find(const struct opj_names *names, const char *text);
/* The id of `text`, a new one where it is not known; OPJ_NAMES_NONE: out of memory. `text` is UTF-8. */
uint32_t opj_names_add(struct opj_names *names, const char *text);
void opj_names_finish(struct opj_names *names);

#endif
