/* replay/archive/temp.c: private temporary folders.
 *
 * All that exist are on a list under a lock, so that the thread that waits for signals can delete them before the
 * program ends. Deletion walks with FTW_PHYS: no link is followed. */
#include "temp.h"
#include "archive.h"
#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN_FOLDERS 16
#define ATTEMPTS 1000

struct temp {
	struct temp *next;
	char *path;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct temp *temps;

static int delete_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	remove(path);
	return 0;
}

void opj_temp_remove_tree(const char *path)
{
	nftw(path, delete_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

char *opj_temp_create(struct opj_error *err)
{
	const char *parent = getenv("TMPDIR");
	char *path = NULL;
	struct temp *temp = malloc(sizeof *temp);
	if (!parent || !*parent)
		parent = "/tmp";
	if (!temp || asprintf(&path, "%s/opjoule-XXXXXX", parent) < 0) {
		free(temp);
		opj_fail(err, "out of memory");
		return NULL;
	}
	pthread_mutex_lock(&lock);
	if (mkdtemp(path)) {
		*temp = (struct temp){temps, path};
		temps = temp;
		pthread_mutex_unlock(&lock);
		return path;
	}
	pthread_mutex_unlock(&lock);
	opj_fail(err, "%s: cannot make a temporary folder: %s", parent, strerror(errno));
	free(temp);
	free(path);
	return NULL;
}

void opj_temp_destroy(char *path)
{
	if (!path)
		return;
	opj_temp_remove_tree(path);
	pthread_mutex_lock(&lock);
	for (struct temp **at = &temps; *at; at = &(*at)->next) {
		if ((*at)->path == path) {
			struct temp *gone = *at;
			*at = gone->next;
			free(gone);
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	free(path);
}

/* Deletes everything, more than once where another thread is unpacking into it, and ends as the signal would have.
 * Keeps the lock for good: nothing new is made meanwhile. */
static void end_by(int number)
{
	sigset_t only;
	pthread_mutex_lock(&lock);
	for (struct temp *temp = temps; temp; temp = temp->next) {
		for (int attempt = 0; attempt < ATTEMPTS && access(temp->path, F_OK) == 0; attempt++)
			opj_temp_remove_tree(temp->path);
	}
	sigemptyset(&only);
	sigaddset(&only, number);
	signal(number, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	raise(number);
}

/* A handler may do next to nothing, so it wakes a thread that may do everything. Masks would not do: libraries have
 * threads of their own, which let signals in. */
static sem_t arrived;
static volatile sig_atomic_t number_arrived;

static void note_signal(int number)
{
	int error = errno;
	number_arrived = number;
	sem_post(&arrived);
	errno = error;
}

static void *wait_for_signal(void *data)
{
	(void)data;
	while (sem_wait(&arrived) < 0)
		continue;
	end_by(number_arrived);
	return NULL;
}

static bool is_ignored(int number)
{
	struct sigaction action;
	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* SIGPIPE is handled where it arises: it comes out of a write(2) of the thread that gets it, so no lock of this file
 * and none of malloc is held, and a handler may do what a function may. */
int opj_archive_guard_signals(struct opj_error *err)
{
	static atomic_flag done = ATOMIC_FLAG_INIT;
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
	pthread_t thread;
	if (atomic_flag_test_and_set(&done))
		return 0;
	sem_init(&arrived, 0, 0);
	int error = pthread_create(&thread, NULL, wait_for_signal, NULL);
	if (error)
		return opj_fail(err, "cannot make a thread: %s", strerror(error));
	pthread_detach(thread);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!is_ignored(numbers[i]))
			sigaction(numbers[i], &action, NULL);
	}
	if (!is_ignored(SIGPIPE))
		signal(SIGPIPE, end_by);
	return 0;
}
