/* record/base/output.c: see output.h. The new file has the permissions that fopen would have given it. */
#include "output.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail_errno(const char *path, struct opj_error *err)
{
	return opj_fail(err, "%.300s: %s", path, strerror(errno));
}

static int fail_unwritten(const char *path, struct opj_error *err)
{
	return opj_fail(err, "%.300s: cannot be written%s%s", path, errno ? ": " : "", errno ? strerror(errno) : "");
}

static int open_part(struct opj_output *output, struct opj_error *err)
{
	if (asprintf(&output->part, "%s.XXXXXX", output->path) < 0) {
		output->part = NULL;
		return opj_fail(err, "out of memory");
	}
	int fd = mkstemp(output->part);
	mode_t mask = umask(0);
	umask(mask);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0 && (output->stream = fdopen(fd, "wb")))
		return 0;
	fail_errno(output->path, err);
	if (fd >= 0) {
		close(fd);
		unlink(output->part);
	}
	free(output->part);
	output->part = NULL;
	return -1;
}

int opj_output_open(struct opj_output *output, const char *path, struct opj_error *err)
{
	struct stat info;
	*output = (struct opj_output){.path = path, .stream = stdout};
	if (!path)
		return 0;
	bool there = stat(path, &info) == 0;
	if (!there || S_ISREG(info.st_mode))
		return open_part(output, err);
	output->stream = fopen(path, "wb");
	return output->stream ? 0 : fail_errno(path, err);
}

int opj_output_close(struct opj_output *output, bool failed, struct opj_error *err)
{
	if (!output->path)
		return failed ? -1 : 0;
	errno = 0;
	bool bad = ferror(output->stream);
	bad |= fclose(output->stream) != 0;
	if (bad && !failed)
		failed = fail_unwritten(output->path, err);
	if (!failed && output->part && rename(output->part, output->path))
		failed = fail_unwritten(output->path, err);
	if (failed && output->part)
		unlink(output->part);
	free(output->part);
	return failed ? -1 : 0;
}
