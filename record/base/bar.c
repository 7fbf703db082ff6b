/* record/base/bar.c: the progress line; see bar.h. Writes to standard error and to nothing else.
 *
 * The line is kept shorter than the terminal is wide: a line that wraps could not be wiped. */
#include "bar.h"
#include "style.h"
#include <math.h>
#include <sys/ioctl.h>

#define FIRST_AFTER 0.5 /* s: work that is done by then shows no line at all */
#define AGAIN_AFTER 0.2

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

void opj_bar_begin(struct opj_bar *bar, const char *what, const char *unit)
{
	const char *term = getenv("TERM");
	*bar = (struct opj_bar){.what = what, .unit = unit};
	bar->terminal = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	clock_gettime(CLOCK_MONOTONIC, &bar->began);
}

/* "950", "1.2 M" */
static void format_units(char text[16], uint64_t count)
{
	static const char prefixes[] = " kMGTPE";
	double value = (double)count;
	int i = 0;
	for (; value >= 999.5 && i < 6; i++)
		value /= 1000;
	if (i)
		snprintf(text, 16, "%.*f %c", value < 9.95 ? 1 : 0, value, prefixes[i]);
	else
		snprintf(text, 16, "%.0f", value);
}

/* "0:07", "1:02:03" */
const char *opj_bar_clock(char text[24], double seconds)
{
	unsigned long long all = seconds < 1e9 ? (unsigned long long)ceil(seconds) : 1000000000;
	if (all >= 3600)
		snprintf(text, 24, "%llu:%02llu:%02llu", all / 3600, all / 60 % 60, all % 60);
	else
		snprintf(text, 24, "%llu:%02llu", all / 60, all % 60);
	return text;
}

/* "[####----]  52 %, 1.2 M of 2.3 M ops, 0:02 left", or "1.2 M ops, 0:05" where the end is not known. */
static void format_state(const struct opj_bar *bar, char *text, size_t size, uint64_t done, uint64_t expected)
{
	enum { CELLS = 16 };
	static const char full[] = "################", empty[] = "----------------";
	char done_text[16], expected_text[16], time_text[24];
	double seconds = seconds_since(&bar->began);
	format_units(done_text, done);
	if (!expected || done > expected) {
		opj_bar_clock(time_text, seconds);
		snprintf(text, size, "%s %s, %s", done_text, bar->unit, time_text);
		return;
	}
	double share = (double)done / (double)expected;
	int cells = (int)(share * CELLS);
	format_units(expected_text, expected);
	opj_bar_clock(time_text, done ? seconds / share - seconds : 0);
	snprintf(text, size, "[%.*s%.*s] %3.0f %%, %s of %s %s, %s left", cells, full, CELLS - cells, empty,
		 floor(100 * share), done_text, expected_text, bar->unit, time_text);
}

static size_t terminal_width(void)
{
	struct winsize window;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80;
}

double opj_bar_seconds(const struct opj_bar *bar)
{
	return seconds_since(&bar->began);
}

bool opj_bar_due(const struct opj_bar *bar)
{
	return bar->terminal &&
	       seconds_since(bar->drawn ? &bar->last : &bar->began) >= (bar->drawn ? AGAIN_AFTER : FIRST_AFTER);
}

void opj_bar_line(struct opj_bar *bar, const char *state)
{
	clock_gettime(CLOCK_MONOTONIC, &bar->last);
	char what[256];
	const char *slash = strrchr(bar->what, '/');
	snprintf(what, sizeof what, "%s", slash && slash[1] ? slash + 1 : bar->what);
	opj_clean(what);
	/* In bytes, of which no text has fewer than cells, so the line cannot be too long. */
	size_t width = terminal_width(), length = strlen(state);
	bool room = *what && length + strlen(what) + 3 < width;
	fprintf(stderr, "\r\033[K%s%s%.*s", room ? what : "", room ? "  " : "", (int)width - 1, state);
	fflush(stderr);
	bar->drawn = true;
}

void opj_bar_show(void *data, uint64_t done, uint64_t expected)
{
	struct opj_bar *bar = data;
	char state[128];
	if (!opj_bar_due(bar))
		return;
	format_state(bar, state, sizeof state, done, expected);
	opj_bar_line(bar, state);
}

void opj_bar_finish(struct opj_bar *bar)
{
	if (bar->drawn)
		fputs("\r\033[K", stderr);
	bar->drawn = bar->terminal = false;
}
