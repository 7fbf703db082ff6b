/* record/native/h5.c: datasets of an HDF5 file as doubles or strings. Sizes come from the file and are checked before
 * anything is allocated. */
#include "h5.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VALUES_MAX = 1 << 30 }; /* of one dataset: 8 GiB as doubles */

hid_t opj_h5_open(const char *path, struct opj_error *err)
{
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	if (access(path, R_OK) != 0)
		return opj_fail(err, "%s", strerror(errno));
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	return file >= 0 ? file : opj_fail(err, "not an HDF5 file, or a damaged one");
}

bool opj_h5_is(hid_t group, const char *name, bool is_group)
{
	if (H5Lexists(group, name, H5P_DEFAULT) <= 0)
		return false;
	hid_t object = H5Oopen(group, name, H5P_DEFAULT);
	H5I_type_t type = object >= 0 ? H5Iget_type(object) : H5I_BADID;
	if (object >= 0)
		H5Oclose(object);
	return type == (is_group ? H5I_GROUP : H5I_DATASET);
}

/* Shape and number of elements of a dataset. */
static int read_extent(hid_t dataset, int *ndim, int64_t *shape, int64_t *count, struct opj_error *err)
{
	hid_t space = H5Dget_space(dataset);
	hsize_t dims[H5S_MAX_RANK];
	int rank = space >= 0 ? H5Sget_simple_extent_dims(space, dims, NULL) : -1;
	bool empty = space >= 0 && H5Sget_simple_extent_type(space) == H5S_NULL;
	if (space >= 0)
		H5Sclose(space);
	if (rank < 0 || empty)
		return opj_fail(err, "holds no data");
	if (rank > OPJ_NIR_DIMS_MAX)
		return opj_fail(err, "has %d dimensions; at most %d are supported", rank, OPJ_NIR_DIMS_MAX);
	*ndim = rank;
	*count = 1;
	for (int d = 0; d < rank; d++) {
		if (dims[d] > INT64_MAX || __builtin_mul_overflow(*count, (int64_t)dims[d], count) ||
		    *count > VALUES_MAX)
			return opj_fail(err, "holds more than %d values", VALUES_MAX);
		shape[d] = (int64_t)dims[d];
	}
	return 0;
}

/* Whether reading the dataset as doubles means anything: integers, floats, and the enumeration that stands for bool. */
static bool is_numeric(hid_t dataset)
{
	hid_t type = H5Dget_type(dataset);
	H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
	if (type >= 0)
		H5Tclose(type);
	return class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM;
}

/* Enumerations do not convert to doubles, but to their base type. */
static herr_t read_doubles(hid_t dataset, double *values, int64_t count)
{
	hid_t type = H5Dget_type(dataset);
	if (H5Tget_class(type) != H5T_ENUM) {
		H5Tclose(type);
		return H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
	}
	hid_t base = H5Tget_super(type);
	H5Tclose(type);
	/* Each value is at most 8 bytes, so they fit the array and are converted in it. */
	herr_t status = H5Tget_size(base) <= sizeof *values ? 0 : -1;
	hid_t stored = status == 0 ? H5Dget_type(dataset) : -1;
	if (status == 0)
		status = H5Dread(dataset, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
	if (status >= 0)
		status = H5Tconvert(base, H5T_NATIVE_DOUBLE, (size_t)count, values, NULL, H5P_DEFAULT);
	if (stored >= 0)
		H5Tclose(stored);
	H5Tclose(base);
	return status;
}

int opj_h5_numbers(hid_t group, const char *name, struct opj_nir_array *array, struct opj_error *err)
{
	*array = (struct opj_nir_array){0};
	hid_t dataset = opj_h5_is(group, name, false) ? H5Dopen2(group, name, H5P_DEFAULT) : -1;
	if (dataset < 0)
		return opj_fail(err, "missing");
	int result = -1;
	if (!is_numeric(dataset)) {
		opj_fail(err, "does not hold numbers");
	} else if (read_extent(dataset, &array->ndim, array->shape, &array->count, err) == 0) {
		array->values = calloc((size_t)array->count + 1, sizeof *array->values);
		if (!array->values)
			opj_fail(err, "out of memory");
		else if (read_doubles(dataset, array->values, array->count) < 0)
			opj_fail(err, "cannot be read: a damaged file, or a compression this HDF5 does not know");
		else
			result = 0;
	}
	H5Dclose(dataset);
	if (result != 0) {
		free(array->values);
		array->values = NULL;
	}
	return result;
}

static char **read_variable(hid_t dataset, int64_t count)
{
	char **strings = calloc((size_t)count + 1, sizeof *strings), **own = calloc((size_t)count + 1, sizeof *own);
	hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
	bool ok = strings && own && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings) >= 0;
	for (int64_t i = 0; ok && i < count; i++) {
		own[i] = strdup(strings[i] ? strings[i] : "");
		ok = own[i] != NULL;
	}
	if (strings)
		H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings);
	free(strings);
	H5Tclose(type);
	H5Sclose(space);
	if (!ok) {
		opj_h5_strings_free(own, count);
		own = NULL;
	}
	return own;
}

static char **read_fixed(hid_t dataset, int64_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow((size_t)count + 1, size, &bytes))
		return NULL;
	char *text = calloc(bytes, 1), **own = calloc((size_t)count + 1, sizeof *own);
	hid_t type = H5Dget_type(dataset);
	bool ok = text && own && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0;
	for (int64_t i = 0; ok && i < count; i++) {
		own[i] = strndup(text + (size_t)i * size, size);
		ok = own[i] != NULL;
	}
	H5Tclose(type);
	free(text);
	if (!ok) {
		opj_h5_strings_free(own, count);
		own = NULL;
	}
	return own;
}

char **opj_h5_strings(hid_t group, const char *name, int64_t *count, int *ndim, int64_t *shape)
{
	hid_t dataset = opj_h5_is(group, name, false) ? H5Dopen2(group, name, H5P_DEFAULT) : -1;
	if (dataset < 0)
		return NULL;
	char **strings = NULL;
	hid_t type = H5Dget_type(dataset);
	if (H5Tget_class(type) == H5T_STRING && read_extent(dataset, ndim, shape, count, NULL) == 0)
		strings = H5Tis_variable_str(type) > 0 ? read_variable(dataset, *count)
						       : read_fixed(dataset, *count, H5Tget_size(type));
	H5Tclose(type);
	H5Dclose(dataset);
	return strings;
}

void opj_h5_strings_free(char **strings, int64_t count)
{
	for (int64_t i = 0; strings && i < count; i++)
		free(strings[i]);
	free(strings);
}
