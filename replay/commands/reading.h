/* replay/commands/reading.h: what the commands that read traces share. */
#ifndef OPJ_REPLAY_COMMANDS_READING_H
#define OPJ_REPLAY_COMMANDS_READING_H

#include "record/base/command.h"
#include <opjoule/replay.h>

/* --partial and --process, into a struct opj_trace_options. */
extern const struct opj_option_row opj_reading_rows[];

/* Operands: one trace, or any number of them. */
#define OPJ_READING_ONE                                                                                                \
	{                                                                                                              \
		"FILE", "file", 1, 1, "files opj jsonl"                                                                \
	}
#define OPJ_READING_SOME                                                                                               \
	{                                                                                                              \
		"FILE…", "file", 1, 0, "files opj jsonl"                                                               \
	}

/* Opens a trace. From here on signals that end the program, that of a reader of standard output who went away
 * (`| head`) among them, first delete what was unpacked. */
struct opj_trace *opj_reading_open(const char *path, const struct opj_trace_options *options, struct opj_error *err);

/* Says on standard error where the trace is not complete. */
void opj_reading_warn(const char *command, const struct opj_trace *trace);

#endif
