/* record/base/guess.h: what somebody meant who wrote a name that there is none of. */
#ifndef OPJ_RECORD_BASE_GUESS_H
#define OPJ_RECORD_BASE_GUESS_H

#include <stddef.h>

struct opj_guess {
	const char *word; /* what was written */
	const char *best; /* the nearest of the names offered so far that are near enough; NULL: none is */
	size_t distance;  /* of best */
};

/* Offers a name, which is borrowed. Near is what a slip or two make of it: letters left out, put in, wrong or swapped,
 * one in four at most. Of names equally near the first is kept. */
void opj_guess_offer(struct opj_guess *guess, const char *name);

#endif
