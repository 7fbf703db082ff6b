/* replay/commands/util.h: what the commands that read traces share. Part of the program, not of the library. */
#ifndef OPJ_REPLAY_COMMANDS_UTIL_H
#define OPJ_REPLAY_COMMANDS_UTIL_H

#include <opjoule/replay.h>

/* "opjoule COMMAND: message" on standard error. */
__attribute__((format(printf, 2, 3))) void opj_cmd_say(const char *command, const char *format, ...);

/* A whole number from 1, as options take it; says so where it is none. */
int opj_cmd_number(const char *command, const char *option, const char *text, int64_t *number);

/* Opens the trace and says why where that fails. From here on signals that end the program, that of a reader of
 * standard output who went away (`| head`) among them, first delete what was unpacked. */
struct opj_trace *opj_cmd_open(const char *command, const char *path, const struct opj_trace_options *options);

/* Says so where the trace is not complete. */
void opj_cmd_warn(const char *command, const struct opj_trace *trace);

/* Sees to it that standard output was written. 0, or 1 with a message. */
int opj_cmd_finish_output(const char *command);

#endif
