/* record/session/meter.h: one line on the terminal that says how far a recording is. */
#ifndef OPJ_RECORD_SESSION_METER_H
#define OPJ_RECORD_SESSION_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct opj_progress {
	bool shown; /* standard error is a terminal */
	struct timespec began, last;
};

void opj_progress_init(struct opj_progress *progress, bool quiet);

/* Whether it is time for another line: four a second. */
bool opj_progress_due(struct opj_progress *progress);
void opj_progress_show(const struct opj_progress *progress, uint64_t ops, uint64_t bytes);

/* Wipes the line. */
void opj_progress_finish(const struct opj_progress *progress);

double opj_progress_seconds(const struct opj_progress *progress);

#endif
