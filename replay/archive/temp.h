/* replay/archive/temp.h: private temporary folders that do not stay behind. */
#ifndef OPJ_REPLAY_ARCHIVE_TEMP_H
#define OPJ_REPLAY_ARCHIVE_TEMP_H

#include <opjoule/error.h>

/* Makes a folder that only this user can enter, below $TMPDIR or /tmp. NULL: err says why. */
char *opj_temp_create(struct opj_error *err);

/* Deletes the folder with all in it, and frees the name. Takes NULL. */
void opj_temp_destroy(char *path);

/* Deletes what is below a folder and the folder itself. Follows no links. */
void opj_temp_remove_tree(const char *path);

#endif
