/* record/native/input.c: where an input comes from: a .npy file, or a dataset of an HDF5 file. */
#include "array.h"
#include "nir.h"
#include <stdlib.h>

static int read_dataset(const char *file, const char *path, struct opj_array *array, struct opj_error *err)
{
	struct opj_nir_array read;
	if (opj_hdf5_read(file, path, &read, err) != 0)
		return -1;
	*array = (struct opj_array){.ndim = read.ndim, .count = (size_t)read.count};
	memcpy(array->shape, read.shape, sizeof array->shape);
	array->values = malloc((array->count + 1) * sizeof *array->values);
	for (size_t i = 0; array->values && i < array->count; i++)
		array->values[i] = (float)read.values[i];
	free(read.values);
	return array->values ? 0 : opj_fail(err, "%s: out of memory", file);
}

int opj_input_read(const char *where, struct opj_array *array, struct opj_error *err)
{
	*array = (struct opj_array){0};
	const char *colon = strstr(where, ":/");
	if (!colon)
		return opj_npy_read(where, array, err);
	char *file = strndup(where, (size_t)(colon - where));
	if (!file)
		return opj_fail(err, "%s: out of memory", where);
	int result = read_dataset(file, colon + 1, array, err);
	free(file);
	return result;
}

_Static_assert((int)OPJ_NIR_DIMS_MAX == (int)OPJ_DIMS_MAX, "a dataset's shape fits an array's");
