/* replay/archive/archive.h: reading .opj archives: what is in one, and its chunks unpacked one at a time.
 *
 * An archive is a tar in zstd frames (docs/archive.md). Opening it reads the footer and the manifest only, so that is
 * quick for any size. A process recorded its events into one or more chunks, one after the other in time; a chunk is a
 * complete CTF trace (a folder with `metadata` and stream files) of its own. A chunk is unpacked into a private folder
 * below $TMPDIR (default /tmp, mode 0700) and deleted with opj_archive_discard, at the latest with opj_archive_close,
 * also after errors.
 *
 *     struct opj_archive *archive = opj_archive_open("run.opj", &err);
 *     for (uint32_t c = 0; c < opj_archive_process(archive, 0)->chunk_count; c++) {
 *             const char *dir = opj_archive_unpack(archive, 0, c, &err);
 *             …read the CTF trace in dir…
 *             opj_archive_discard(archive, dir);
 *     }
 *     opj_archive_close(archive);
 *
 * Not thread-safe: one archive, one thread. */
#ifndef OPJ_REPLAY_ARCHIVE_ARCHIVE_H
#define OPJ_REPLAY_ARCHIVE_ARCHIVE_H

#include <opjoule/replay.h>

#define OPJ_ARCHIVE_FORMAT 1 /* of the manifest's `opj`; a newer one is refused */

struct opj_archive; /* opaque */

/* One recorded process. Its `seq` runs through all its chunks. Where one chunk ends and the next begins, the buffers of
 * the CPUs were switched one after the other, so a few events of the next chunk may be older than the last of this. */
struct opj_archive_process {
	int64_t pid;
	const char *name; /* the program's name, "" where unknown */
	uint64_t ops;     /* as the recorder counted while it ran */
	bool ended;       /* its closing event was written */
	uint32_t chunk_count;
	uint64_t raw_size; /* bytes of all its chunks, unpacked */
};

/* Whether a file that begins with these bytes could be an archive: it begins as zstd does. */
bool opj_archive_probe(const void *head, size_t size);

/* Opens and checks footer and manifest. NULL: not there, not an archive, cut short, damaged, of a newer format. */
struct opj_archive *opj_archive_open(const char *path, struct opj_error *err);

/* Deletes whatever is still unpacked. Takes NULL. */
void opj_archive_close(struct opj_archive *archive);

/* What the manifest says; strings live as long as the archive. `ops` and `lost_events` are over all processes. */
const struct opj_manifest *opj_archive_manifest(const struct opj_archive *archive);

/* The manifest as it stands in the archive, NUL-terminated. */
const char *opj_archive_manifest_json(const struct opj_archive *archive);

uint32_t opj_archive_process_count(const struct opj_archive *archive);

/* Process i, from 0; NULL beyond the last. */
const struct opj_archive_process *opj_archive_process(const struct opj_archive *archive, uint32_t i);

/* Unpacks one chunk and returns its folder, which lives until it is discarded or the archive is closed. Several chunks
 * may be unpacked at a time. NULL: no such chunk, damaged, an unsafe member (absolute, `..`, a link, a device, twice,
 * more than the manifest says), no room on the disk. Nothing of a chunk that failed is left. */
const char *opj_archive_unpack(struct opj_archive *archive, uint32_t process, uint32_t chunk, struct opj_error *err);

/* For programs: from now on SIGINT, SIGTERM, SIGHUP and SIGPIPE delete what all archives of this process have unpacked
 * before they end it, as they would have. Starts a thread. */
int opj_archive_guard_signals(struct opj_error *err);

/* Deletes an unpacked chunk by the folder that opj_archive_unpack gave. Takes NULL. */
void opj_archive_discard(struct opj_archive *archive, const char *dir);

#endif
