/* replay/archive/frames.h: a range of a file that holds whole zstd frames, read as a tar through libarchive. */
#ifndef OPJ_REPLAY_ARCHIVE_FRAMES_H
#define OPJ_REPLAY_ARCHIVE_FRAMES_H

#include <archive.h>
#include <opjoule/error.h>
#include <stdbool.h>
#include <stdint.h>

struct opj_frames; /* opaque */

/* Reads bytes [offset, offset + size) of fd, which stays the caller's; `path` is for messages and must outlive it. */
struct opj_frames *opj_frames_open(int fd, const char *path, uint64_t offset, uint64_t size, struct opj_error *err);
void opj_frames_close(struct opj_frames *frames);

/* The tar, for archive_read_next_header and archive_read_data. */
struct archive *opj_frames_tar(struct opj_frames *frames);

/* The message for a libarchive call that failed: what went wrong with the file, the checksum or the tar. Returns -1. */
int opj_frames_fail(const struct opj_frames *frames, struct opj_error *err);

/* After the last member: reads what is left, so that the checksum of every frame has been looked at. */
int opj_frames_verify(struct opj_frames *frames, struct opj_error *err);

#endif
