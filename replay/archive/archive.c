/* replay/archive/archive.c: opening an archive, unpacking its chunks, cleaning up.
 *
 * Footer, manifest and chunks are each checked before they are believed: the footer must fit the file's size to the
 * byte, every frame has a checksum, offsets must lie within the file. Nothing is written but below one private
 * temporary folder, made with the first chunk. */
#include "archive.h"
#include "frames.h"
#include "manifest.h"
#include "record/base/footer.h"
#include "temp.h"
#include "unpack.h"
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZSTD_FRAME 0xFD2FB528u
#define MANIFEST_MAX ((size_t)64 << 20)

/* A chunk that is unpacked. */
struct unpacked {
	struct unpacked *next;
	char dir[];
};

struct opj_archive {
	int fd;
	char *path;
	char *text; /* of the manifest */
	struct opj_archive_manifest manifest;
	char *temp; /* private folder, NULL until needed */
	struct unpacked *unpacked;
	uint64_t unpacked_count; /* ever: gives folders their names */
};

static uint64_t get_le(const uint8_t *at, int bytes)
{
	uint64_t value = 0;
	for (int i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

bool opj_archive_probe(const void *head, size_t size)
{
	return size >= 4 && get_le(head, 4) == ZSTD_FRAME;
}

/* The size of the file, after a look at whether it can be an archive at all. */
static int check_head(struct opj_archive *archive, uint64_t *size, struct opj_error *err)
{
	struct stat info;
	uint8_t head[4];
	if (fstat(archive->fd, &info) < 0)
		return opj_fail(err, "%s: %s", archive->path, strerror(errno));
	if (!S_ISREG(info.st_mode))
		return opj_fail(err, "%s: not a regular file", archive->path);
	if (info.st_size == 0)
		return opj_fail(err, "%s: the file is empty", archive->path);
	ssize_t n = pread(archive->fd, head, sizeof head, 0);
	if (n < 0)
		return opj_fail(err, "%s: cannot read: %s", archive->path, strerror(errno));
	if (!opj_archive_probe(head, (size_t)n))
		return opj_fail(err, "%s: not an opjoule archive: it does not begin as zstd does", archive->path);
	*size = (uint64_t)info.st_size;
	return 0;
}

/* Where the manifest's frame begins and how long it is; it ends where the footer begins. */
static int read_footer(struct opj_archive *archive, uint64_t *offset, uint64_t *length, struct opj_error *err)
{
	uint8_t footer[OPJ_FOOTER_SIZE];
	uint64_t size = 0, end;
	if (check_head(archive, &size, err) < 0)
		return -1;
	if (size < OPJ_FOOTER_SIZE ||
	    pread(archive->fd, footer, sizeof footer, (off_t)(size - OPJ_FOOTER_SIZE)) != sizeof footer ||
	    get_le(footer, 4) != OPJ_FOOTER_MAGIC || get_le(footer + 4, 4) != OPJ_FOOTER_SIZE - 8 ||
	    memcmp(footer + 8, OPJ_FOOTER_TEXT, 8) != 0)
		return opj_fail(err, "%s: cut short, damaged, or not an opjoule archive: the footer is missing",
				archive->path);
	*offset = get_le(footer + 16, 8);
	*length = get_le(footer + 24, 8);
	if (__builtin_add_overflow(*offset, *length, &end) || end != size - OPJ_FOOTER_SIZE || *length == 0)
		return opj_fail(err, "%s: damaged: the footer does not fit the file", archive->path);
	return 0;
}

/* The text of the only member of the manifest's frame. */
static int read_text(struct opj_archive *archive, struct opj_frames *frames, struct opj_error *err)
{
	struct archive_entry *entry;
	if (archive_read_next_header(opj_frames_tar(frames), &entry) != ARCHIVE_OK)
		return opj_frames_fail(frames, err);
	const char *name = archive_entry_pathname(entry);
	int64_t size = archive_entry_size(entry);
	if (!name || strcmp(name, "manifest.json") != 0 || size <= 0 || (uint64_t)size > MANIFEST_MAX)
		return opj_fail(err, "%s: damaged: no manifest.json of a sensible size where the footer points",
				archive->path);
	archive->text = malloc((size_t)size + 1);
	if (!archive->text)
		return opj_fail(err, "%s: out of memory", archive->path);
	if (archive_read_data(opj_frames_tar(frames), archive->text, (size_t)size) != size)
		return opj_frames_fail(frames, err);
	archive->text[size] = '\0';
	if (strlen(archive->text) != (size_t)size)
		return opj_fail(err, "%s: manifest.json is not text", archive->path);
	return opj_frames_verify(frames, err);
}

static int read_manifest(struct opj_archive *archive, struct opj_error *err)
{
	uint64_t offset = 0, length = 0;
	if (read_footer(archive, &offset, &length, err) < 0)
		return -1;
	struct opj_frames *frames = opj_frames_open(archive->fd, archive->path, offset, length, err);
	int result = frames ? read_text(archive, frames, err) : -1;
	opj_frames_close(frames);
	if (result < 0)
		return -1;
	return opj_archive_manifest_parse(&archive->manifest, archive->path, archive->text, offset, err);
}

struct opj_archive *opj_archive_open(const char *path, struct opj_error *err)
{
	struct opj_archive *archive = calloc(1, sizeof *archive);
	if (!archive || !(archive->path = strdup(path))) {
		free(archive);
		opj_fail(err, "%s: out of memory", path);
		return NULL;
	}
	archive->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (archive->fd < 0)
		opj_fail(err, "%s: %s", path, strerror(errno));
	if (archive->fd < 0 || read_manifest(archive, err) < 0) {
		opj_archive_close(archive);
		return NULL;
	}
	return archive;
}

void opj_archive_close(struct opj_archive *archive)
{
	if (!archive)
		return;
	while (archive->unpacked) {
		struct unpacked *next = archive->unpacked->next;
		free(archive->unpacked);
		archive->unpacked = next;
	}
	opj_temp_destroy(archive->temp);
	opj_archive_manifest_finish(&archive->manifest);
	if (archive->fd >= 0)
		close(archive->fd);
	free(archive->text);
	free(archive->path);
	free(archive);
}

const struct opj_manifest *opj_archive_manifest(const struct opj_archive *archive)
{
	return &archive->manifest.facts;
}

const char *opj_archive_manifest_json(const struct opj_archive *archive)
{
	return archive->text;
}

uint32_t opj_archive_process_count(const struct opj_archive *archive)
{
	return archive->manifest.facts.process_count;
}

const struct opj_archive_process *opj_archive_process(const struct opj_archive *archive, uint32_t i)
{
	return i < opj_archive_process_count(archive) ? &archive->manifest.entries[i].process : NULL;
}

/* A new empty folder for a chunk, at the head of the list. */
static struct unpacked *make_folder(struct opj_archive *archive, struct opj_error *err)
{
	if (!archive->temp && !(archive->temp = opj_temp_create(err)))
		return NULL;
	size_t size = strlen(archive->temp) + 24;
	struct unpacked *made = malloc(sizeof *made + size);
	if (!made) {
		opj_fail(err, "%s: out of memory", archive->path);
		return NULL;
	}
	snprintf(made->dir, size, "%s/%llu", archive->temp, (unsigned long long)archive->unpacked_count++);
	if (mkdir(made->dir, 0700) < 0) {
		opj_fail(err, "%s: cannot make a folder: %s", made->dir, strerror(errno));
		free(made);
		return NULL;
	}
	made->next = archive->unpacked;
	archive->unpacked = made;
	return made;
}

const char *opj_archive_unpack(struct opj_archive *archive, uint32_t process, uint32_t chunk, struct opj_error *err)
{
	const struct opj_archive_process *of = opj_archive_process(archive, process);
	if (!of || chunk >= of->chunk_count) {
		opj_fail(err, "%s: there is no chunk %u of process %u", archive->path, chunk, process);
		return NULL;
	}
	const struct opj_archive_chunk *what = &archive->manifest.entries[process].chunks[chunk];
	struct unpacked *made = make_folder(archive, err);
	if (!made)
		return NULL;
	struct opj_frames *frames = opj_frames_open(archive->fd, archive->path, what->offset, what->size, err);
	int result = frames ? opj_unpack(frames, archive->path, what->path, made->dir, what->raw_size, err) : -1;
	opj_frames_close(frames);
	if (result == 0)
		return made->dir;
	opj_archive_discard(archive, made->dir);
	return NULL;
}

void opj_archive_discard(struct opj_archive *archive, const char *dir)
{
	for (struct unpacked **at = &archive->unpacked; dir && *at; at = &(*at)->next) {
		if ((*at)->dir != dir)
			continue;
		struct unpacked *gone = *at;
		*at = gone->next;
		opj_temp_remove_tree(gone->dir);
		free(gone);
		return;
	}
}
