/* record/site.h: sums over the run, by where a tensor stands, on their way into events `site`.
 *
 * A site is a result of the ops of one signature in one context. Its channels' nonzeros are added up here and written
 * when the run ends, and now and then before, so that little is lost where it does not end well. */
#ifndef OPJ_RECORD_SITE_H
#define OPJ_RECORD_SITE_H

#include "record/base/intern.h"
#include <opjoule/spike.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPJ_CHANNELS_MAX 16384 /* of a result that is counted */

struct opj_recorder;
struct opj_thread;
struct opj_event_op;

struct opj_site_sum;
struct opj_site_table {
	struct opj_intern keys;    /* context, signature, leaf */
	struct opj_site_sum *sums; /* [keys.count] by id */
	size_t channels;           /* in all of them */
	uint64_t next_write;       /* when the run has so many ops, the sums are written */
	struct opj_intern weights; /* storages of parameters whose pattern was written */
};

void opj_sites_finish(struct opj_site_table *table);

/* Whether the pattern of this parameter was not written yet. Takes the mutex. */
bool opj_weight_is_new(struct opj_recorder *rec, uint64_t storage);

/* Under the mutex, before the event of an op is written: adds what thread->counted holds to its sites, writes the
 * pattern of thread->new_weight, and, if it is time, the sums so far. `event` has signature and context. */
void opj_sites_place(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_event_op *event,
		     uint32_t leaf_count);

/* Under the mutex: writes all sums. */
void opj_sites_write(struct opj_recorder *rec);

#endif
