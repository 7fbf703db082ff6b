/* record/session/child.c: the command that is recorded.
 *
 * It stays in our process group, so that job control works as if it had been typed alone; Ctrl-C therefore reaches it
 * from the terminal, and is only noted here. A signal that somebody sent to us is passed on. Until the command has
 * ended we do not: the archive has to be completed. */
#include "child.h"
#include "record/status.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};

/* A library (OpenBLAS is one) may have threads that do not block what we block; what reaches one of them is sent on to
 * the thread that waits. */
static pthread_t receiver;

static void pass_on(int number)
{
	pthread_kill(receiver, number);
}

int opj_child_init(struct opj_child *child, struct opj_error *err)
{
	sigset_t mine;
	struct sigaction before;
	*child = (struct opj_child){.signals = -1, .status = 0};
	receiver = pthread_self();
	sigemptyset(&mine);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		sigaddset(&mine, numbers[i]);
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(numbers[i], &(struct sigaction){.sa_handler = pass_on, .sa_flags = SA_RESTART}, NULL);
	}
	if (pthread_sigmask(SIG_BLOCK, &mine, &child->before) != 0)
		return opj_fail(err, "cannot block signals: %s", strerror(errno));
	child->signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	if (child->signals < 0)
		return opj_fail(err, "cannot receive signals: %s", strerror(errno));
	return 0;
}

/* In the new process. Does not return; what went wrong goes through the pipe. */
static void become(char **argv, const char *record_dir, const sigset_t *mask, int report)
{
	setenv(OPJ_RECORD_DIR_ENV, record_dir, 1);
	setenv("LTTNG_UST_ALLOW_BLOCKING", "1", 1);
	setenv("LTTNG_UST_REGISTER_TIMEOUT", "-1", 1);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	int error = errno;
	if (write(report, &error, sizeof error) < 0)
		_exit(125);
	_exit(127);
}

int opj_child_start(struct opj_child *child, char **argv, const char *record_dir, struct opj_error *err)
{
	int report[2], error = 0;
	if (pipe2(report, O_CLOEXEC) < 0) {
		opj_fail(err, "cannot make a pipe: %s", strerror(errno));
		return 125;
	}
	child->pid = fork();
	if (child->pid == 0)
		become(argv, record_dir, &child->before, report[1]);
	close(report[1]);
	ssize_t n = child->pid > 0 ? read(report[0], &error, sizeof error) : 0;
	close(report[0]);
	if (child->pid < 0) {
		child->pid = 0;
		opj_fail(err, "cannot make a process: %s", strerror(errno));
		return 125;
	}
	if (n != sizeof error)
		return 0;
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
	opj_fail(err, "%s: %s", argv[0], error == ENOENT ? "no such command" : strerror(error));
	return error == ENOENT ? 127 : 126;
}

static void reap(struct opj_child *child)
{
	int status;
	if (child->pid <= 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	child->pid = 0;
	child->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	child->killed_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

bool opj_child_poll(struct opj_child *child, int timeout_ms)
{
	struct pollfd wait = {.fd = child->signals, .events = POLLIN};
	struct signalfd_siginfo info;
	poll(&wait, 1, timeout_ms);
	while (read(child->signals, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		if (number == SIGCHLD)
			continue;
		if (child->pid > 0 && !child->interrupted)
			child->interrupted = number;
		if (child->pid > 0 && info.ssi_code != SI_KERNEL)
			kill(child->pid, number);
	}
	reap(child);
	return child->pid > 0;
}

void opj_child_finish(struct opj_child *child)
{
	struct signalfd_siginfo info;
	struct sigaction action;
	if (child->signals < 0)
		return;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler == pass_on)
			signal(numbers[i], SIG_DFL);
	}
	while (read(child->signals, &info, sizeof info) == sizeof info)
		continue; /* came too late to matter */
	close(child->signals);
	child->signals = -1;
	pthread_sigmask(SIG_SETMASK, &child->before, NULL);
}

int opj_child_exit_status(const struct opj_child *child)
{
	return child->status >= 0 ? child->status : 128 + child->killed_by;
}
