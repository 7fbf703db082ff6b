/* replay/commands/reading.c: the options of a command that reads traces, and the way to one. */
#include "reading.h"

const struct opj_option_row opj_reading_rows[] = {
    {"partial", .kind = OPJ_OPT_FLAG, .at = offsetof(struct opj_trace_options, partial),
     .help = "accept a trace that was cut short",
     .more = "Events missing in between are an error all the same, unless they went with a process that was killed: "
	     "then the trace ends where the first is missing. A recording that its user interrupted needs no such "
	     "option: it gives a warning."},
    {"process", .kind = OPJ_OPT_NUMBER, .word = "N", .min = 1, .at = offsetof(struct opj_trace_options, process),
     .help = "the process to look at where several were recorded, from 1",
     .more = "Without it, such a trace is an error that lists them."},
    {NULL}};

struct opj_trace *opj_reading_open(const char *path, const struct opj_trace_options *options, struct opj_error *err)
{
	return opj_trace_guard_signals(err) ? NULL : opj_trace_open(path, options, err);
}

void opj_reading_warn(const char *command, const struct opj_trace *trace)
{
	const struct opj_manifest *manifest = opj_trace_manifest(trace);
	if (!manifest->complete)
		opj_command_say(command, "warning: %s: the trace is not complete: %s", opj_trace_path(trace),
				manifest->why[0] ? manifest->why : "its manifest does not say why");
	if (manifest->lost_events)
		opj_command_say(command, "warning: %s: %llu events were lost", opj_trace_path(trace),
				(unsigned long long)manifest->lost_events);
}
