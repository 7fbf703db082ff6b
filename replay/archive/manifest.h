/* replay/archive/manifest.h: the manifest of an archive, from JSON text to structs. */
#ifndef OPJ_REPLAY_ARCHIVE_MANIFEST_H
#define OPJ_REPLAY_ARCHIVE_MANIFEST_H

#include "archive.h"
#include "record/base/arena.h"
#include <jansson.h>

struct opj_archive_chunk {
	const char *path;
	uint64_t offset, size, raw_size;
};

struct opj_archive_entry {
	struct opj_archive_process process;
	struct opj_archive_chunk *chunks; /* [process.chunk_count] */
};

/* A manifest that has been checked. Strings belong to `json`. */
struct opj_archive_manifest {
	json_t *json;
	char *command;          /* shell-quoted */
	struct opj_arena arena; /* of the values of environment and facts */
	struct opj_manifest facts;
	struct opj_archive_entry *entries; /* [facts.process_count] */
};

/* Parses and checks; chunks must lie before `end`, where the manifest's frame begins. `path` is for messages. On
 * failure nothing is left to finish. */
int opj_archive_manifest_parse(struct opj_archive_manifest *manifest, const char *path, const char *text, uint64_t end,
			       struct opj_error *err);

void opj_archive_manifest_finish(struct opj_archive_manifest *manifest);

#endif
