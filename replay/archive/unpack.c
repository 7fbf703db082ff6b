/* replay/archive/unpack.c: members of a tar become files of one folder.
 *
 * Names come from a stranger. Each is taken apart into plain components, opened relative to a descriptor of the folder;
 * only folders and new regular files are made, never a link. So no name can lead outside, and none can come twice. */
#include "unpack.h"
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMBERS_MAX 100000 /* two files for each of 50000 CPUs */

/* The state of one unpacking. */
struct unpacking {
	struct opj_frames *frames;
	const char *path; /* of the archive */
	int root;
	uint64_t left; /* bytes that may still come */
};

/* Whether every component between slashes is an ordinary name. */
static bool is_plain(const char *name)
{
	for (;;) {
		size_t length = strcspn(name, "/");
		if (length == 0 || (length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0))
			return false;
		if (name[length] == '\0')
			return true;
		name += length + 1;
	}
}

/* The member's name below the prefix, cut to size; NULL: not a name to follow. "" for the prefix itself. */
static const char *inner_name(const char *name, const char *prefix, char *text, size_t size)
{
	size_t length = strlen(prefix), end = strlen(name);
	if (end > 0 && name[end - 1] == '/')
		end--; /* as folders are written */
	if (end < length || memcmp(name, prefix, length) != 0 || end - length >= size)
		return NULL;
	if (end == length)
		return "";
	if (name[length] != '/')
		return NULL;
	memcpy(text, name + length + 1, end - length - 1);
	text[end - length - 1] = '\0';
	return is_plain(text) ? text : NULL;
}

/* Makes the folders on the way to a member. */
static int make_parents(int root, char *name)
{
	for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int result = mkdirat(root, name, 0700);
		*slash = '/';
		if (result < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int copy_data(struct unpacking *unpacking, int fd, const char *name, struct opj_error *err)
{
	char buffer[1 << 16];
	la_ssize_t n;
	while ((n = archive_read_data(opj_frames_tar(unpacking->frames), buffer, sizeof buffer)) > 0) {
		if ((uint64_t)n > unpacking->left)
			return opj_fail(err, "%s: %s: the chunk holds more than the manifest says", unpacking->path,
					name);
		unpacking->left -= (uint64_t)n;
		if (write_all(fd, buffer, (size_t)n) < 0)
			return opj_fail(err, "%s: %s: cannot unpack: %s", unpacking->path, name, strerror(errno));
	}
	return n < 0 ? opj_frames_fail(unpacking->frames, err) : 0;
}

static int unpack_file(struct unpacking *unpacking, char *name, struct opj_error *err)
{
	if (make_parents(unpacking->root, name) < 0)
		return opj_fail(err, "%s: %s: cannot make its folder: %s", unpacking->path, name, strerror(errno));
	int fd = openat(unpacking->root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return opj_fail(err, "%s: %s: %s", unpacking->path, name,
				errno == EEXIST ? "is in the archive twice" : strerror(errno));
	int result = copy_data(unpacking, fd, name, err);
	if (close(fd) < 0 && result == 0)
		result = opj_fail(err, "%s: %s: cannot unpack: %s", unpacking->path, name, strerror(errno));
	return result;
}

static int unpack_member(struct unpacking *unpacking, struct archive_entry *entry, const char *prefix,
			 struct opj_error *err)
{
	char text[256];
	const char *name = archive_entry_pathname(entry);
	const char *inner = name ? inner_name(name, prefix, text, sizeof text) : NULL;
	bool folder = archive_entry_filetype(entry) == AE_IFDIR;
	if (!inner || (!*inner && !folder))
		return opj_fail(err, "%s: refused to unpack \"%.300s\": not a name below %s", unpacking->path,
				name ? name : "", prefix);
	if (archive_entry_hardlink(entry) || archive_entry_symlink(entry) ||
	    (!folder && archive_entry_filetype(entry) != AE_IFREG))
		return opj_fail(err, "%s: refused to unpack \"%.300s\": a link or a device", unpacking->path, name);
	if (!folder)
		return unpack_file(unpacking, text, err);
	if (*inner &&
	    (make_parents(unpacking->root, text) < 0 || (mkdirat(unpacking->root, text, 0700) < 0 && errno != EEXIST)))
		return opj_fail(err, "%s: %s: cannot make the folder: %s", unpacking->path, name, strerror(errno));
	return 0;
}

static int unpack_all(struct unpacking *unpacking, const char *prefix, struct opj_error *err)
{
	struct archive_entry *entry;
	int result;
	for (int members = 0;; members++) {
		result = archive_read_next_header(opj_frames_tar(unpacking->frames), &entry);
		if (result == ARCHIVE_EOF)
			break;
		if (result < ARCHIVE_WARN)
			return opj_frames_fail(unpacking->frames, err);
		if (members == MEMBERS_MAX)
			return opj_fail(err, "%s: %s has more than %d files", unpacking->path, prefix, MEMBERS_MAX);
		if (unpack_member(unpacking, entry, prefix, err) < 0)
			return -1;
	}
	if (opj_frames_verify(unpacking->frames, err) < 0)
		return -1;
	return unpacking->left
		   ? opj_fail(err, "%s: %s: the chunk holds less than the manifest says", unpacking->path, prefix)
		   : 0;
}

int opj_unpack(struct opj_frames *frames, const char *path, const char *prefix, const char *dir, uint64_t raw_size,
	       struct opj_error *err)
{
	struct unpacking unpacking = {.frames = frames, .path = path, .left = raw_size};
	unpacking.root = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (unpacking.root < 0)
		return opj_fail(err, "%s: %s", dir, strerror(errno));
	int result = unpack_all(&unpacking, prefix, err);
	close(unpacking.root);
	return result;
}
