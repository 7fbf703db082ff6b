/* replay/archive/unpack.h: the members of a tar, written into one folder and nowhere else. */
#ifndef OPJ_REPLAY_ARCHIVE_UNPACK_H
#define OPJ_REPLAY_ARCHIVE_UNPACK_H

#include "frames.h"

/* Writes all members, whose names must begin with `prefix`/, into the existing empty folder `dir`, without the prefix.
 * Together they must have exactly `raw_size` bytes. What was written before a failure stays for the caller to delete.
 */
int opj_unpack(struct opj_frames *frames, const char *path, const char *prefix, const char *dir, uint64_t raw_size,
	       struct opj_error *err);

#endif
