/* record/status.c: the page of memory in which `opjoule record` watches this process.
 *
 * The file is made anew and its blocks are reserved before it is mapped, so that a full disk is an error here and not a
 * signal later. Where nobody watches, a page of our own takes the same stores. */
#include "status.h"
#include "record/base/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <opjoule/recorder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int status_fail(struct opj_error *err, const char *path, int code)
{
	if (code == EEXIST)
		return opj_fail(
		    err,
		    "%s: this process has made a recorder before; a trace holds the events of one, so record "
		    "each run in a process of its own",
		    path);
	return opj_fail(err, "%s: cannot make the status page: %s", path, strerror(code));
}

static struct opj_status *status_map(const char *path, struct opj_error *err)
{
	size_t size = sizeof(struct opj_status);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		status_fail(err, path, errno);
		return NULL;
	}
	int code = posix_fallocate(fd, 0, (off_t)size);
	void *page = code ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		status_fail(err, path, code ? code : errno);
		unlink(path);
		page = NULL;
	}
	close(fd);
	return page;
}

static void status_begin(struct opj_status *status, const struct opj_status_about *about)
{
	status->schema_major = OPJ_SCHEMA_MAJOR;
	status->schema_minor = about->schema_minor;
	status->forked = about->forked;
	status->forks = about->forks;
	snprintf(status->tool, sizeof status->tool, "opjoule %s", OPJ_VERSION);
	snprintf(status->framework, sizeof status->framework, "%s", about->framework);
	snprintf(status->model, sizeof status->model, "%s", about->model);
	snprintf(status->run, sizeof status->run, "%s", about->run);
	if (strlen(about->facts) < sizeof status->facts)
		strcpy(status->facts, about->facts);
	atomic_thread_fence(memory_order_release);
	status->magic = OPJ_STATUS_MAGIC;
}

struct opj_status *opj_status_open(const struct opj_status_about *about, bool needed, bool *shared,
				   struct opj_error *err)
{
	const char *folder = getenv(OPJ_RECORD_DIR_ENV);
	struct opj_status *status = NULL;
	char path[4096];
	if (folder && *folder) {
		int length = snprintf(path, sizeof path, "%s/%ld", folder, (long)getpid());
		if (length < 0 || (size_t)length >= sizeof path) {
			opj_fail(err, "%s: name too long: %.100s…", OPJ_RECORD_DIR_ENV, folder);
			return NULL;
		}
		status = status_map(path, err);
		if (!status && needed)
			return NULL;
	}
	*shared = status != NULL;
	if (!status)
		status = calloc(1, sizeof *status);
	if (status)
		status_begin(status, about);
	else
		opj_fail(err, "out of memory");
	return status;
}

/* Puts ", float32[8,32,1,8,8]" behind `text`; a tensor that does not fit is left out. */
static void put_input(char *text, size_t size, const DLTensor *tensor)
{
	char one[256];
	const char *dtype = opj_dtype_name(tensor->dtype);
	int length = snprintf(one, sizeof one, "%s%s[", *text ? ", " : "", dtype ? dtype : "?");
	for (int i = 0; i < tensor->ndim && length < (int)sizeof one; i++)
		length += snprintf(one + length, sizeof one - (size_t)length, "%s%lld", i ? "," : "",
				   (long long)tensor->shape[i]);
	if (length + 1 < (int)sizeof one && strlen(text) + (size_t)length + 1 < size) {
		strcat(one, "]");
		strcat(text, one);
	}
}

/* Whether an earlier tensor shows the same storage: views of an input are no inputs of their own. */
static bool is_view(const struct opj_tensor *tensors, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++) {
		if (tensors[j].storage == tensors[i].storage)
			return true;
	}
	return false;
}

void opj_status_input(struct opj_status *status, const struct opj_tensor *tensors, uint32_t count, bool call)
{
	for (uint32_t i = 0; i < count; i++) {
		if (call || (tensors[i].role == OPJ_ROLE_INPUT && !is_view(tensors, i)))
			put_input(status->input, sizeof status->input, tensors[i].data);
	}
}

void opj_status_wait(const struct opj_status *status)
{
	struct timespec now;
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
		if (ns >= atomic_load_explicit(&status->hold, memory_order_relaxed))
			return;
	} while (nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL) == 0 || errno == EINTR);
}

void opj_status_close(struct opj_status *status, bool shared)
{
	if (shared)
		munmap(status, sizeof *status);
	else
		free(status);
}
