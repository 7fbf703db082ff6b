/* record/session/meter.c: the progress line, and sizes as people read and write them. Writes to standard error, and
 * nothing at all when that is not a terminal. */
#include "meter.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
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
	opj_format_bytes(size, sizeof size, bytes);
	fprintf(stderr, "\r\033[K%llu ops, %s of trace, %d:%02d", (unsigned long long)ops, size, seconds / 60,
		seconds % 60);
	fflush(stderr);
}

void opj_progress_finish(const struct opj_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

void opj_format_bytes(char *text, size_t size, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	int unit = 0;
	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

bool opj_parse_bytes(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {{"", 1},
		     {"B", 1},
		     {"K", UINT64_C(1) << 10},
		     {"M", UINT64_C(1) << 20},
		     {"G", UINT64_C(1) << 30},
		     {"T", UINT64_C(1) << 40},
		     {"KiB", UINT64_C(1) << 10},
		     {"MiB", UINT64_C(1) << 20},
		     {"GiB", UINT64_C(1) << 30},
		     {"TiB", UINT64_C(1) << 40},
		     {"KB", 1000},
		     {"MB", 1000000},
		     {"GB", 1000000000},
		     {"TB", UINT64_C(1000000000000)}};
	char *end;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	uint64_t number = strtoull(text, &end, 10);
	if (errno)
		return false;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcasecmp(end, units[i].name) == 0)
			return !__builtin_mul_overflow(number, units[i].bytes, bytes) && *bytes <= INT64_MAX;
	}
	return false;
}
