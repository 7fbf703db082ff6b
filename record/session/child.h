/* record/session/child.h: the command that is recorded: started, watched, its signals. */
#ifndef OPJ_RECORD_SESSION_CHILD_H
#define OPJ_RECORD_SESSION_CHILD_H

#include <opjoule/error.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct opj_child {
	pid_t pid;       /* 0: not started or ended */
	int signals;     /* signalfd */
	sigset_t before; /* mask to give back */
	int interrupted; /* the first signal that asked this process to end, 0: none */
	int status;      /* exit status of the command, -1 if a signal ended it */
	int killed_by;   /* that signal */
};

/* Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGCHLD, which from now on arrive at opj_child_poll. */
int opj_child_init(struct opj_child *child, struct opj_error *err);

/* Runs the command with OPJOULE_RECORD_DIR=record_dir and what makes LTTng lossless. Returns 0, or the exit status to
 * end with: 127 not found, 126 cannot be run, 125 anything else; err says why. */
int opj_child_start(struct opj_child *child, char **argv, const char *record_dir, struct opj_error *err);

/* Waits at most timeout_ms for a signal and deals with it. Signals that a terminal sends reach the command by
 * themselves; others are passed on. False when the command has ended. */
bool opj_child_poll(struct opj_child *child, int timeout_ms);

void opj_child_finish(struct opj_child *child);

/* What a shell would give for the command: its status, or 128 + signal. */
int opj_child_exit_status(const struct opj_child *child);

#endif
