/* replay/archive/frames.c: decompressing zstd frames for libarchive.
 *
 * libarchive gets the tar through a callback, decompressed here, because only so every frame can be followed to its
 * end, where its checksum stands. Only the given range of the file is read. */
#include "frames.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 25 /* 32 MiB: more than the writer asks for, little enough for any reader */

struct opj_frames {
	int fd;
	const char *path;
	uint64_t offset, left; /* what has not been read */
	struct archive *tar;
	ZSTD_DCtx *zstd;
	uint8_t *packed, *data;
	size_t packed_size, data_size;
	ZSTD_inBuffer in;
	bool frame_open; /* in the middle of a frame */
	struct opj_error failure;
};

/* Some more compressed bytes. */
static int refill(struct opj_frames *frames)
{
	size_t want = frames->left < frames->packed_size ? (size_t)frames->left : frames->packed_size;
	ssize_t n;
	do
		n = pread(frames->fd, frames->packed, want, (off_t)frames->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return opj_fail(&frames->failure, "%s: cannot read: %s", frames->path, strerror(errno));
	if (n == 0)
		return opj_fail(&frames->failure, "%s: cut short at byte %llu", frames->path,
				(unsigned long long)frames->offset);
	frames->in = (ZSTD_inBuffer){frames->packed, (size_t)n, 0};
	frames->offset += (uint64_t)n;
	frames->left -= (uint64_t)n;
	return 0;
}

/* The next decompressed bytes, 0 at the end of the range, -1 with frames->failure set. */
static ssize_t decompress(struct opj_frames *frames)
{
	ZSTD_outBuffer out = {frames->data, frames->data_size, 0};
	while (out.pos == 0) {
		if (frames->in.pos == frames->in.size) {
			if (frames->left == 0 && !frames->frame_open)
				return 0;
			if (frames->left == 0)
				return opj_fail(&frames->failure,
						"%s: damaged: a zstd frame has no end before byte %llu", frames->path,
						(unsigned long long)frames->offset);
			if (refill(frames) < 0)
				return -1;
		}
		size_t rest = ZSTD_decompressStream(frames->zstd, &out, &frames->in);
		if (ZSTD_isError(rest))
			return opj_fail(&frames->failure, "%s: damaged before byte %llu: %s", frames->path,
					(unsigned long long)frames->offset, ZSTD_getErrorName(rest));
		frames->frame_open = rest != 0;
	}
	return (ssize_t)out.pos;
}

static la_ssize_t read_tar(struct archive *tar, void *data, const void **bytes)
{
	struct opj_frames *frames = data;
	ssize_t n = frames->failure.text[0] ? -1 : decompress(frames);
	if (n < 0)
		archive_set_error(tar, EIO, "%s", frames->failure.text);
	*bytes = frames->data;
	return n;
}

struct opj_frames *opj_frames_open(int fd, const char *path, uint64_t offset, uint64_t size, struct opj_error *err)
{
	struct opj_frames *frames = calloc(1, sizeof *frames);
	if (!frames)
		goto no_memory;
	*frames = (struct opj_frames){.fd = fd, .path = path, .offset = offset, .left = size};
	frames->packed_size = ZSTD_DStreamInSize();
	frames->data_size = ZSTD_DStreamOutSize();
	frames->packed = malloc(frames->packed_size);
	frames->data = malloc(frames->data_size);
	frames->zstd = ZSTD_createDCtx();
	frames->tar = archive_read_new();
	if (!frames->packed || !frames->data || !frames->zstd || !frames->tar)
		goto no_memory;
	ZSTD_DCtx_setParameter(frames->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	archive_read_support_filter_none(frames->tar);
	archive_read_support_format_tar(frames->tar);
	if (archive_read_open(frames->tar, frames, NULL, read_tar, NULL) != ARCHIVE_OK) {
		opj_frames_fail(frames, err);
		opj_frames_close(frames);
		return NULL;
	}
	return frames;
no_memory:
	opj_fail(err, "%s: out of memory", path);
	opj_frames_close(frames);
	return NULL;
}

void opj_frames_close(struct opj_frames *frames)
{
	if (!frames)
		return;
	archive_read_free(frames->tar);
	ZSTD_freeDCtx(frames->zstd);
	free(frames->data);
	free(frames->packed);
	free(frames);
}

struct archive *opj_frames_tar(struct opj_frames *frames)
{
	return frames->tar;
}

int opj_frames_fail(const struct opj_frames *frames, struct opj_error *err)
{
	if (frames->failure.text[0])
		return opj_fail(err, "%s", frames->failure.text);
	const char *text = archive_error_string(frames->tar);
	return opj_fail(err, "%s: damaged tar: %s", frames->path, text ? text : "unknown reason");
}

int opj_frames_verify(struct opj_frames *frames, struct opj_error *err)
{
	ssize_t n;
	do
		n = frames->failure.text[0] ? -1 : decompress(frames);
	while (n > 0);
	return n < 0 ? opj_frames_fail(frames, err) : 0;
}
