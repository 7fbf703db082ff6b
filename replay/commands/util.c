/* replay/commands/util.c: see cmd_util.h. */
#include "util.h"
#include <errno.h>
#include <stdlib.h>

void opj_cmd_say(const char *command, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct opj_error text;
	vsnprintf(text.text, sizeof text.text, format, args);
	va_end(args);
	opj_clean(text.text);
	fprintf(stderr, "opjoule %s: %s\n", command, text.text);
}

int opj_cmd_number(const char *command, const char *option, const char *text, int64_t *number)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < 1) {
		opj_cmd_say(command, "%s takes a whole number from 1, not \"%s\"", option, text);
		return -1;
	}
	*number = value;
	return 0;
}

struct opj_trace *opj_cmd_open(const char *command, const char *path, const struct opj_trace_options *options)
{
	struct opj_error err = {0};
	struct opj_trace *trace = opj_trace_guard_signals(&err) ? NULL : opj_trace_open(path, options, &err);
	if (!trace)
		opj_cmd_say(command, "%s", err.text);
	return trace;
}

void opj_cmd_warn(const char *command, const struct opj_trace *trace)
{
	const struct opj_manifest *manifest = opj_trace_manifest(trace);
	if (!manifest->complete)
		opj_cmd_say(command, "warning: %s: the trace is not complete: %s", opj_trace_path(trace),
			    manifest->why[0] ? manifest->why : "its manifest does not say why");
	if (manifest->lost_events)
		opj_cmd_say(command, "warning: %s: %llu events were lost", opj_trace_path(trace),
			    (unsigned long long)manifest->lost_events);
}

int opj_cmd_finish_output(const char *command)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	opj_cmd_say(command, "cannot write to standard output%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	return 1;
}
