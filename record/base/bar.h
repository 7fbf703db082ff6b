/* record/base/bar.h: a line on standard error that says how far long work is, for the program's commands. Not
 * installed.
 *
 *     struct opj_bar bar;
 *     opj_bar_begin(&bar, path, "ops");
 *     options.progress = opj_bar_show;
 *     options.progress_data = &bar;
 *     …open, replay…
 *     opj_bar_finish(&bar);            before anything else is written, messages included
 *
 * Nothing is shown where standard error is no terminal, nor in the first half second; nothing stays when the work is
 * done. */
#ifndef OPJ_RECORD_BASE_BAR_H
#define OPJ_RECORD_BASE_BAR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct opj_bar {
	const char *what; /* that is being worked on, a file's path; borrowed; "": is not said */
	const char *unit; /* of what is counted: "ops" */
	bool terminal;    /* standard error is one, and not dumb */
	bool drawn;       /* there is a line to wipe */
	struct timespec began, last;
};

void opj_bar_begin(struct opj_bar *bar, const char *what, const char *unit);

/* Work done, of `expected` units in all; 0: nobody knows how many. `data` is a struct opj_bar: this is the progress
 * function of struct opj_trace_options. Cheap enough to be called some thousand times a second. */
void opj_bar_show(void *data, uint64_t done, uint64_t expected);

/* For work that says itself how far it is: seconds since the beginning, whether it is time for another line, and the
 * line. */
double opj_bar_seconds(const struct opj_bar *bar);
bool opj_bar_due(const struct opj_bar *bar);
void opj_bar_line(struct opj_bar *bar, const char *state);

/* Writes seconds as "0:07" or "1:02:03". */
const char *opj_bar_clock(char text[24], double seconds);

/* Wipes the line. A bar that was not begun (all zero) is left alone, and finishing twice is once; what
 * opj_bar_seconds says goes on. */
void opj_bar_finish(struct opj_bar *bar);

#endif
