/* record/session/folder.h: folders as a whole: make a private one, measure, list, delete. */
#ifndef OPJ_RECORD_SESSION_FOLDER_H
#define OPJ_RECORD_SESSION_FOLDER_H

#include <opjoule/error.h>
#include <stdint.h>

/* Makes a new folder only the user can enter, <parent>/<prefix>XXXXXX. The caller frees the absolute path. NULL: err
 * says why. */
char *opj_folder_create(const char *parent, const char *prefix, struct opj_error *err);

/* Bytes of all files below; 0 for a folder that is not there. Files that vanish meanwhile do not count. */
uint64_t opj_folder_size(const char *path);

/* Bytes that may still be written to the file system of a folder; UINT64_MAX where that cannot be told. */
uint64_t opj_folder_room(const char *path);

/* Deletes the folder and all below. Follows no links. 0, or -1 when something is left. */
int opj_folder_remove(const char *path);

/* The names in a folder, sorted, without those that begin with a dot; *names and each of them belong to the caller
 * (opj_folder_free). Returns how many, 0 where there is no such folder, -1 when out of memory or unreadable. */
int opj_folder_list(const char *path, char ***names, struct opj_error *err);
void opj_folder_free(char **names, int count);

/* printf into a fresh string, which the caller frees; NULL when out of memory. */
__attribute__((format(printf, 1, 2))) char *opj_path(const char *format, ...);

#endif
