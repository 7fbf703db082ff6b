/* record/native/array.h: arrays on disk, in and out. Values are float32 in C order; messages name the file. */
#ifndef OPJ_RECORD_NATIVE_ARRAY_H
#define OPJ_RECORD_NATIVE_ARRAY_H

#include "nd.h"
#include <opjoule/error.h>

struct opj_array {
	int ndim;
	int64_t shape[OPJ_DIMS_MAX];
	size_t count;
	float *values; /* malloc'ed, at least one element */
};

void opj_array_finish(struct opj_array *array);

/* Reads a .npy file, format 1 to 3: float32, float64, uint8, bool, int32, int64, little-endian, C or Fortran order.
 * -1 for anything else, a file cut short, a file with more than its shape says. */
int opj_npy_read(const char *path, struct opj_array *array, struct opj_error *err);

/* Writes float32 in C order, format 1, through a temporary file beside it: no half-written result. */
int opj_npy_write(const char *path, const struct opj_array *array, struct opj_error *err);

/* Reads "X.npy", or a dataset of an HDF5 file as "file.h5:/path". */
int opj_input_read(const char *where, struct opj_array *array, struct opj_error *err);

#endif
