/* record/session/count.h: how many events and ops a chunk holds. */
#ifndef OPJ_RECORD_SESSION_COUNT_H
#define OPJ_RECORD_SESSION_COUNT_H

#include <stdbool.h>
#include <stdint.h>

struct opj_count {
	uint64_t events, ops; /* of provider opjoule */
	bool unknown;         /* a chunk could not be counted: the figures are too small */
};

/* Adds what the CTF trace in the folder `dir` holds. Where its layout is not that of LTTng-UST as we know it, or it
 * cannot be read, it sets count->unknown instead. */
void opj_count_add(struct opj_count *count, const char *dir);

#endif
