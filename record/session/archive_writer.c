/* record/session/archive_writer.c: writing .opj archives.
 *
 * libarchive makes the tar and hands its bytes to write_tar; those are compressed here, because the frames are ours to
 * cut: one per chunk, one for the manifest, each with a checksum. What is done to the file is append and, after a
 * failed chunk, truncate to the end of the last complete frame; so every state but the middle of a frame is a valid
 * prefix. */
#include "archive_writer.h"
#include "folder.h"
#include "record/base/footer.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define READ_SIZE ((size_t)256 << 10)
#define TICK_BYTES ((uint64_t)4 << 20)

struct opj_archive_writer {
	int fd;
	bool locked; /* the file is ours to delete if nothing comes of it */
	char *path;
	struct archive *tar;
	ZSTD_CCtx *zstd;
	uint8_t *packed; /* [packed_size] what zstd gives out */
	size_t packed_size;
	uint8_t *data;            /* [READ_SIZE] what is read from files */
	uint64_t offset;          /* end of the file */
	uint64_t done;            /* bytes since the last tick */
	struct opj_error failure; /* of write_tar, which goes on as if nothing had happened */
	bool discard;             /* what libarchive still has to say is of no interest */
	void (*tick)(void *data);
	void *tick_data;
};

static int write_all(struct opj_archive_writer *writer, const void *bytes, size_t size, struct opj_error *err)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t n = write(writer->fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return opj_fail(err, "%s: cannot write: %s", writer->path, strerror(errno));
		at += n;
		size -= (size_t)n;
		writer->offset += (uint64_t)n;
	}
	return 0;
}

/* Feeds bytes to the open frame; mode ZSTD_e_end closes it. */
static int compress(struct opj_archive_writer *writer, const void *bytes, size_t size, ZSTD_EndDirective mode,
		    struct opj_error *err)
{
	ZSTD_inBuffer in = {bytes, size, 0};
	for (;;) {
		ZSTD_outBuffer out = {writer->packed, writer->packed_size, 0};
		size_t left = ZSTD_compressStream2(writer->zstd, &out, &in, mode);
		if (ZSTD_isError(left))
			return opj_fail(err, "%s: zstd: %s", writer->path, ZSTD_getErrorName(left));
		if (write_all(writer, writer->packed, out.pos, err) < 0)
			return -1;
		if (mode == ZSTD_e_end ? left == 0 : in.pos == in.size)
			return 0;
	}
}

/* Takes bytes of the tar from libarchive. A failure is kept for tar_failed instead of told: libarchive 3.6 does not
 * free all of a writer that it has given up. */
static la_ssize_t write_tar(struct archive *tar, void *data, const void *bytes, size_t size)
{
	struct opj_archive_writer *writer = data;
	(void)tar;
	if (!writer->discard && !writer->failure.text[0])
		compress(writer, bytes, size, ZSTD_e_continue, &writer->failure);
	return (la_ssize_t)size;
}

static bool tar_failed(const struct opj_archive_writer *writer, la_ssize_t result)
{
	return result < ARCHIVE_WARN || writer->failure.text[0];
}

static int fail_tar(struct opj_archive_writer *writer, struct opj_error *err)
{
	if (writer->failure.text[0])
		return opj_fail(err, "%s", writer->failure.text);
	const char *text = archive_error_string(writer->tar);
	return opj_fail(err, "%s: %s", writer->path, text ? text : "cannot write the tar");
}

static void drop_tar(struct opj_archive_writer *writer)
{
	if (!writer->tar)
		return;
	writer->discard = true;
	archive_write_close(writer->tar);
	archive_write_free(writer->tar);
	writer->tar = NULL;
	writer->discard = false;
}

/* A new tar stream into the file, which goes on where the last ended. */
static int open_tar(struct opj_archive_writer *writer, struct opj_error *err)
{
	writer->tar = archive_write_new();
	if (!writer->tar)
		return opj_fail(err, "%s: out of memory", writer->path);
	archive_write_set_format_pax_restricted(writer->tar);
	archive_write_add_filter_none(writer->tar);
	archive_write_set_bytes_per_block(writer->tar, 0); /* every byte comes at once: frames can be cut */
	if (archive_write_open(writer->tar, writer, NULL, write_tar, NULL) != ARCHIVE_OK)
		return fail_tar(writer, err);
	return 0;
}

struct opj_archive_writer *opj_archive_writer_create(const char *path, int level, void (*tick)(void *data), void *data,
						     struct opj_error *err)
{
	struct opj_archive_writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		goto no_memory;
	writer->fd = -1;
	writer->tick = tick;
	writer->tick_data = data;
	writer->packed_size = ZSTD_CStreamOutSize();
	writer->path = strdup(path);
	writer->packed = malloc(writer->packed_size);
	writer->data = malloc(READ_SIZE);
	writer->zstd = ZSTD_createCCtx();
	if (!writer->path || !writer->packed || !writer->data || !writer->zstd)
		goto no_memory;
	ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
	writer->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (writer->fd < 0) {
		opj_fail(err, "%s: cannot make the file: %s", path, strerror(errno));
		goto fail;
	}
	if (flock(writer->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		opj_fail(err, "%s: another recording is writing this file", path);
		goto fail;
	}
	writer->locked = true;
	if (ftruncate(writer->fd, 0) < 0) {
		opj_fail(err, "%s: cannot write: %s", path, strerror(errno));
		goto fail;
	}
	if (open_tar(writer, err) < 0)
		goto fail;
	return writer;
no_memory:
	opj_fail(err, "%s: out of memory", path);
fail:
	opj_archive_writer_destroy(writer);
	return NULL;
}

static int write_header(struct opj_archive_writer *writer, const char *name, const struct stat *info,
			struct opj_error *err)
{
	struct archive_entry *entry = archive_entry_new();
	if (!entry)
		return opj_fail(err, "%s: out of memory", writer->path);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, info->st_size);
	archive_entry_set_mtime(entry, info->st_mtim.tv_sec, 0);
	int result = archive_write_header(writer->tar, entry);
	archive_entry_free(entry);
	return tar_failed(writer, result) ? fail_tar(writer, err) : 0;
}

static void count_tick(struct opj_archive_writer *writer, size_t size)
{
	writer->done += size;
	if (writer->done >= TICK_BYTES) {
		writer->done = 0;
		if (writer->tick)
			writer->tick(writer->tick_data);
	}
}

/* Exactly info->st_size bytes of the open file go into the tar. */
static int copy_data(struct opj_archive_writer *writer, int fd, const char *path, uint64_t left, struct opj_error *err)
{
	while (left > 0) {
		ssize_t n = read(fd, writer->data, left < READ_SIZE ? (size_t)left : READ_SIZE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return opj_fail(err, "%s: cannot read: %s", path, strerror(errno));
		if (n == 0)
			return opj_fail(err, "%s: the file became shorter while it was archived", path);
		if (tar_failed(writer, archive_write_data(writer->tar, writer->data, (size_t)n)))
			return fail_tar(writer, err);
		left -= (uint64_t)n;
		count_tick(writer, (size_t)n);
	}
	return tar_failed(writer, archive_write_finish_entry(writer->tar)) ? fail_tar(writer, err) : 0;
}

static int add_file(struct opj_archive_writer *writer, const char *name, const char *path, uint64_t *raw_size,
		    struct opj_error *err)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &info) < 0) {
		opj_fail(err, "%s: cannot read: %s", path, strerror(errno));
		goto fail;
	}
	if (write_header(writer, name, &info, err) < 0 || copy_data(writer, fd, path, (uint64_t)info.st_size, err) < 0)
		goto fail;
	*raw_size += (uint64_t)info.st_size;
	close(fd);
	return 0;
fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Files of a folder, and those of its folders. */
static int add_folder(struct opj_archive_writer *writer, const char *name, const char *dir, uint64_t *raw_size,
		      struct opj_error *err)
{
	char **names;
	int count = opj_folder_list(dir, &names, err);
	int result = count < 0 ? -1 : 0;
	for (int i = 0; i < count && result == 0; i++) {
		char *path = opj_path("%s/%s", dir, names[i]);
		char *inside = opj_path("%s/%s", name, names[i]);
		struct stat info;
		if (!path || !inside)
			result = opj_fail(err, "%s: out of memory", dir);
		else if (lstat(path, &info) < 0)
			result = opj_fail(err, "%s: %s", path, strerror(errno));
		else if (S_ISDIR(info.st_mode))
			result = add_folder(writer, inside, path, raw_size, err);
		else
			result = add_file(writer, inside, path, raw_size, err);
		free(path);
		free(inside);
	}
	opj_folder_free(names, count);
	return result;
}

/* Forgets a frame that could not be completed. */
static void roll_back(struct opj_archive_writer *writer, uint64_t offset)
{
	ZSTD_CCtx_reset(writer->zstd, ZSTD_reset_session_only);
	drop_tar(writer);
	writer->failure.text[0] = '\0';
	if (ftruncate(writer->fd, (off_t)offset) == 0 && lseek(writer->fd, (off_t)offset, SEEK_SET) >= 0)
		writer->offset = offset;
	open_tar(writer, &writer->failure);
}

int opj_archive_writer_add(struct opj_archive_writer *writer, const char *name, const char *dir,
			   struct opj_archive_frame *frame, struct opj_error *err)
{
	*frame = (struct opj_archive_frame){.offset = writer->offset};
	if (!writer->tar)
		return fail_tar(writer, err);
	if (add_folder(writer, name, dir, &frame->raw_size, err) < 0 ||
	    compress(writer, NULL, 0, ZSTD_e_end, err) < 0) {
		roll_back(writer, frame->offset);
		return -1;
	}
	frame->size = writer->offset - frame->offset;
	return 0;
}

static void put_le(uint8_t *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int write_footer(struct opj_archive_writer *writer, uint64_t offset, uint64_t size, struct opj_error *err)
{
	uint8_t footer[OPJ_FOOTER_SIZE];
	put_le(footer, OPJ_FOOTER_MAGIC, 4);
	put_le(footer + 4, sizeof footer - 8, 4);
	memcpy(footer + 8, OPJ_FOOTER_TEXT, 8);
	put_le(footer + 16, offset, 8);
	put_le(footer + 24, size, 8);
	return write_all(writer, footer, sizeof footer, err);
}

int opj_archive_writer_finish(struct opj_archive_writer *writer, const char *manifest, size_t length,
			      struct opj_error *err)
{
	uint64_t offset = writer->offset;
	struct stat info = {.st_size = (off_t)length};
	if (!writer->tar)
		return fail_tar(writer, err);
	if (fstat(writer->fd, &info) < 0)
		return opj_fail(err, "%s: %s", writer->path, strerror(errno));
	info.st_size = (off_t)length;
	if (write_header(writer, "manifest.json", &info, err) < 0)
		return -1;
	if (tar_failed(writer, archive_write_data(writer->tar, manifest, length)) ||
	    tar_failed(writer, archive_write_close(writer->tar)))
		return fail_tar(writer, err);
	if (compress(writer, NULL, 0, ZSTD_e_end, err) < 0 ||
	    write_footer(writer, offset, writer->offset - offset, err) < 0)
		return -1;
	if (fsync(writer->fd) < 0 && errno != EINVAL && errno != EROFS)
		return opj_fail(err, "%s: cannot write: %s", writer->path, strerror(errno));
	return 0;
}

void opj_archive_writer_destroy(struct opj_archive_writer *writer)
{
	if (!writer)
		return;
	drop_tar(writer);
	ZSTD_freeCCtx(writer->zstd);
	if (writer->locked && writer->offset == 0)
		unlink(writer->path);
	if (writer->fd >= 0)
		close(writer->fd);
	free(writer->data);
	free(writer->packed);
	free(writer->path);
	free(writer);
}
