/* record/session/meter.c: the progress line. Writes to standard error, and
 * nothing at all when that is not a terminal. */
#include "meter.h"
#include "record/base/quantity.h"
#include <stdio.h>
#include <unistd.h>

void opj_progress_init(struct opj_progress *progress, bool quiet)
{
	*progress = (struct opj_progress){.shown = !quiet && isatty(STDERR_FILENO)};
	clock_gettime(CLOCK_MONOTONIC, &progress->began);
	progress->last = progress->began;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

double opj_progress_seconds(const struct opj_progress *progress)
{
	return seconds_since(&progress->began);
}

bool opj_progress_due(struct opj_progress *progress)
{
	if (!progress->shown || seconds_since(&progress->last) < 0.25)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &progress->last);
	return true;
}

void opj_progress_show(const struct opj_progress *progress, uint64_t ops, uint64_t bytes)
{
	char size[32];
	int seconds = (int)opj_progress_seconds(progress);

	fprintf(stderr, "\r\033[K%llu ops, %s of trace, %d:%02d", (unsigned long long)ops, opj_format_size(size, bytes),
		seconds / 60, seconds % 60);
	fflush(stderr);
}

void opj_progress_finish(const struct opj_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}
