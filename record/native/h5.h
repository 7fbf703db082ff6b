/* record/native/h5.h: reading datasets of an HDF5 file whatever their stored type. Messages do not name the file. */
#ifndef OPJ_RECORD_NATIVE_H5_H
#define OPJ_RECORD_NATIVE_H5_H

#include "nir.h"

/* Opens a file for reading; negative with a message that says whether it is missing or no HDF5. HDF5's own messages on
 * standard error are turned off. */
hid_t opj_h5_open(const char *path, struct opj_error *err);
/* Whether `name` stands in `group` and is a group itself (group: true) or a dataset. */
bool opj_h5_is(hid_t group, const char *name, bool is_group);
/* A numeric dataset. */
int opj_h5_numbers(hid_t group, const char *name, struct opj_nir_array *array, struct opj_error *err);
/* All strings of a dataset, each malloc'ed, in a malloc'ed array of *count, with its shape; NULL: not strings. */
char **opj_h5_strings(hid_t group, const char *name, int64_t *count, int *ndim, int64_t *shape);
void opj_h5_strings_free(char **strings, int64_t count); /* takes NULL */

#endif
