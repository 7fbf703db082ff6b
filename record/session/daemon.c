/* record/session/daemon.c: finding, starting and stopping lttng-sessiond.
 *
 * A daemon serves all recordings of a user, so who stops it must be agreed: everyone who records holds a shared lock on
 * <run folder>/opjoule.lock, which holds the process id of the daemon if a recording started it. Starting and stopping
 * happen under the exclusive lock: two never start one at the same time, and the last to leave, seeing that nobody else
 * holds the lock and that no session is left, stops what was started. A daemon that others started is never stopped. */
#include "daemon.h"
#include "folder.h"
#include <errno.h>
#include <fcntl.h>
#include <lttng/lttng.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_WAIT_MS 10000

struct opj_daemon {
	char *dir;  /* the daemon's run folder */
	char *home; /* the private LTTNG_HOME around it, NULL where the user has a home */
	int lock;   /* the lock file in dir, -1 where there is no dir of ours */
};

/* Where a daemon of this user keeps its sockets and its pid, made if need be; NULL: it cannot be. */
static char *run_folder(void)
{
	if (geteuid() == 0) {
		mkdir("/var/run/lttng", 0755);
		return access("/var/run/lttng", W_OK) == 0 ? strdup("/var/run/lttng") : NULL;
	}
	const char *home = getenv("LTTNG_HOME");
	if (!home || !*home)
		home = getenv("HOME");
	if (!home || !*home)
		return NULL;
	char *dir = opj_path("%s/.lttng", home);
	if (dir && mkdir(dir, 0770) < 0 && errno != EEXIST) {
		free(dir);
		return NULL;
	}
	if (dir && access(dir, W_OK | X_OK) < 0) {
		free(dir);
		return NULL;
	}
	return dir;
}

/* Reads the first number in a file; 0 where there is none. */
static pid_t read_pid(int fd)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* The daemon's own pid file. */
static pid_t running_pid(const struct opj_daemon *daemon)
{
	char *path = opj_path("%s/lttng-sessiond.pid", daemon->dir);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	pid_t pid = fd >= 0 ? read_pid(fd) : 0;
	if (fd >= 0)
		close(fd);
	free(path);
	return pid;
}

static void note_pid(const struct opj_daemon *daemon, pid_t pid)
{
	if (ftruncate(daemon->lock, 0) == 0 && pid > 0)
		dprintf(daemon->lock, "%ld\n", (long)pid);
}

/* lttng-sessiond in PATH, or where distributions put it. */
static int find_program(char *found, size_t size)
{
	const char *search = getenv("PATH");
	char *folders = opj_path("%s:/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin", search ? search : "");
	int result = -1;
	char *rest = folders;
	for (char *folder; result < 0 && (folder = strsep(&rest, ":"));) {
		snprintf(found, size, "%s/lttng-sessiond", folder);
		if (*folder == '/' && access(found, X_OK) == 0)
			result = 0;
	}
	free(folders);
	return result;
}

/* The first line of what a program said, for a message. */
static void first_line(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* Runs `lttng-sessiond --daemonize`, which returns when the daemon answers. What it prints goes to `log`. */
static int spawn_daemon(const char *program, int log, int *status)
{
	char *argv[] = {(char *)program, "--daemonize", "--no-kernel", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, log, 1);
	posix_spawn_file_actions_adddup2(&files, log, 2);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setpgroup(&attr, 0); /* Ctrl-C is not for the daemon */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	int error = posix_spawn(&pid, program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	if (error) {
		errno = error;
		return -1;
	}
	while (waitpid(pid, status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

static int start(struct opj_daemon *daemon, struct opj_error *err)
{
	char program[4096], said[256] = "";
	int status = 0;
	if (find_program(program, sizeof program) < 0)
		return opj_fail(err,
				"no LTTng session daemon runs, and lttng-sessiond is not installed (Debian, Ubuntu: "
				"apt-get install lttng-tools)");
	int log = memfd_create("lttng-sessiond", MFD_CLOEXEC);
	if (log < 0 || spawn_daemon(program, log, &status) < 0) {
		opj_fail(err, "%s: cannot run: %s", program, strerror(errno));
		goto fail;
	}
	first_line(log, said, sizeof said);
	if (status != 0 || lttng_session_daemon_alive() != 1) {
		opj_fail(err, "no LTTng session daemon runs, and %s does not start: %s", program,
			 *said ? said : "it gives no reason");
		goto fail;
	}
	close(log);
	note_pid(daemon, running_pid(daemon));
	return 0;
fail:
	if (log >= 0)
		close(log);
	return -1;
}

/* A daemon that runs, under a shared lock. Between lock and lock somebody may stop it: then once more. */
static int use_or_start(struct opj_daemon *daemon, struct opj_error *err)
{
	for (int attempt = 0; attempt < 10; attempt++) {
		if (flock(daemon->lock, LOCK_EX) < 0)
			return opj_fail(err, "%s/opjoule.lock: cannot lock: %s", daemon->dir, strerror(errno));
		if (lttng_session_daemon_alive() != 1 && start(daemon, err) < 0)
			return -1;
		if (flock(daemon->lock, LOCK_SH) < 0)
			return opj_fail(err, "%s/opjoule.lock: cannot lock: %s", daemon->dir, strerror(errno));
		if (lttng_session_daemon_alive() == 1)
			return 0;
	}
	return opj_fail(err, "%s: the LTTng session daemon stops as soon as it is started", daemon->dir);
}

/* Where the run folder is, for a user without a home: below /tmp, as paths of sockets must be short. */
static int make_home(struct opj_daemon *daemon, struct opj_error *err)
{
	daemon->home = opj_folder_create("/tmp", "opjoule-home-", err);
	if (!daemon->home)
		return -1;
	setenv("LTTNG_HOME", daemon->home, 1);
	daemon->dir = run_folder();
	return daemon->dir ? 0 : opj_fail(err, "%s: cannot be used as LTTNG_HOME", daemon->home);
}

static int open_lock(struct opj_daemon *daemon, struct opj_error *err)
{
	char *path = opj_path("%s/opjoule.lock", daemon->dir);
	daemon->lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (daemon->lock < 0)
		opj_fail(err, "%s/opjoule.lock: cannot open: %s", daemon->dir, strerror(errno));
	free(path);
	return daemon->lock < 0 ? -1 : 0;
}

static void release(struct opj_daemon *daemon)
{
	if (daemon->lock >= 0)
		close(daemon->lock);
	if (daemon->home)
		opj_folder_remove(daemon->home);
	free(daemon->home);
	free(daemon->dir);
	free(daemon);
}

struct opj_daemon *opj_daemon_open(struct opj_error *err)
{
	struct opj_daemon *daemon = calloc(1, sizeof *daemon);
	if (!daemon) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	daemon->lock = -1;
	daemon->dir = run_folder();
	if (!daemon->dir && lttng_session_daemon_alive() == 1)
		return daemon; /* the root daemon, used by way of the tracing group */
	if (!daemon->dir && geteuid() == 0)
		opj_fail(err,
			 "no LTTng session daemon runs, and none can be started: /var/run/lttng cannot be written");
	else if ((daemon->dir || make_home(daemon, err) == 0) && open_lock(daemon, err) == 0 &&
		 use_or_start(daemon, err) == 0)
		return daemon;
	release(daemon);
	return NULL;
}

static bool has_sessions(void)
{
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);
	free(sessions);
	return count > 0;
}

/* Asks the daemon to end and waits until it has. */
static void stop(pid_t pid)
{
	struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	if (kill(pid, SIGTERM) < 0 || ended.fd < 0)
		return;
	poll(&ended, 1, STOP_WAIT_MS);
	close(ended.fd);
}

void opj_daemon_close(struct opj_daemon *daemon)
{
	if (!daemon)
		return;
	if (daemon->lock >= 0 && flock(daemon->lock, LOCK_EX | LOCK_NB) == 0) {
		pid_t started = read_pid(daemon->lock);
		if (started > 0 && started == running_pid(daemon) && !has_sessions()) {
			stop(started);
			note_pid(daemon, 0);
		}
	}
	release(daemon);
}
