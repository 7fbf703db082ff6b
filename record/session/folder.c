/* record/session/folder.c: folders as a whole.
 *
 * The raw trace of a recording lives in one private folder. Walks are nftw's with FTW_PHYS, so no link is followed
 * and nothing outside the folder is ever touched. */
#include "folder.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define OPEN_FOLDERS 16 /* that nftw may hold open at a time */

char *opj_path(const char *format, ...)
{
	char *path = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&path, format, args) < 0)
		path = NULL;
	va_end(args);
	return path;
}

char *opj_folder_create(const char *parent, const char *prefix, struct opj_error *err)
{
	char *base = realpath(parent, NULL);
	char *path = base ? opj_path("%s/%sXXXXXX", base, prefix) : NULL;
	if (!path || !mkdtemp(path)) {
		opj_fail(err, "%s: cannot make a temporary folder here: %s", parent, strerror(errno));
		free(path);
		path = NULL;
	}
	free(base);
	return path;
}

static _Thread_local uint64_t walk_bytes; /* nftw passes no pointer through */

static int add_size(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)path, (void)where;
	if (type == FTW_F)
		walk_bytes += (uint64_t)info->st_size;
	return 0;
}

uint64_t opj_folder_size(const char *path)
{
	walk_bytes = 0;
	nftw(path, add_size, OPEN_FOLDERS, FTW_PHYS);
	return walk_bytes;
}

uint64_t opj_folder_room(const char *path)
{
	struct statvfs info;
	if (statvfs(path, &info) < 0 || info.f_blocks == 0)
		return UINT64_MAX;
	return (uint64_t)info.f_bavail * info.f_frsize;
}

static int delete_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void)info, (void)type, (void)where;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int opj_folder_remove(const char *path)
{
	return nftw(path, delete_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT ? -1 : 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int opj_folder_list(const char *path, char ***names, struct opj_error *err)
{
	struct dirent **entries;
	*names = NULL;
	int count = scandir(path, &entries, is_visible, versionsort);
	if (count < 0)
		return errno == ENOENT ? 0 : opj_fail(err, "%s: cannot list the folder: %s", path, strerror(errno));
	char **list = calloc((size_t)count + 1, sizeof *list);
	bool failed = !list;
	for (int i = 0; i < count; i++) {
		if (list && !(list[i] = strdup(entries[i]->d_name)))
			failed = true;
		free(entries[i]);
	}
	free(entries);
	if (failed) {
		opj_folder_free(list, count);
		return opj_fail(err, "%s: out of memory", path);
	}
	*names = list;
	return count;
}

void opj_folder_free(char **names, int count)
{
	for (int i = 0; names && i < count; i++)
		free(names[i]);
	free(names);
}
