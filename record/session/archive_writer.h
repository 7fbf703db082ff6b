/* record/session/archive_writer.h: writing .opj archives: a tar in zstd frames, a footer that finds the manifest.
 * docs/archive.md describes the file. */
#ifndef OPJ_RECORD_SESSION_ARCHIVE_WRITER_H
#define OPJ_RECORD_SESSION_ARCHIVE_WRITER_H

#include <opjoule/error.h>
#include <stddef.h>
#include <stdint.h>

#define OPJ_ARCHIVE_LEVEL 2 /* of zstd; docs/archive.md says why */

struct opj_archive_writer; /* opaque */

/* Where a chunk stands in the file. */
struct opj_archive_frame {
	uint64_t offset, size; /* of its zstd frames */
	uint64_t raw_size;     /* of its files, unpacked */
};

/* Makes or empties `path` and locks it, so that no second recording writes to it. `tick` (or NULL) is called every few
 * MiB, as writing a chunk takes its time. */
struct opj_archive_writer *opj_archive_writer_create(const char *path, int level, void (*tick)(void *data), void *data,
						     struct opj_error *err);

/* Appends all files below the folder `dir` as `name`/…, in a frame of their own. On failure the file is cut back to
 * what was complete before, and the writer can go on. */
int opj_archive_writer_add(struct opj_archive_writer *writer, const char *name, const char *dir,
			   struct opj_archive_frame *frame, struct opj_error *err);

/* Writes the manifest and the footer and brings the file to the disk. Nothing can be added afterwards. */
int opj_archive_writer_finish(struct opj_archive_writer *writer, const char *manifest, size_t length,
			      struct opj_error *err);

/* Closes the file, finished or not; an empty one is deleted. Takes NULL. */
void opj_archive_writer_destroy(struct opj_archive_writer *writer);

#endif
