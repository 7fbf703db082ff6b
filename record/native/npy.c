/* record/native/npy.c: NumPy's .npy files (numpy.lib.format): a magic, a version, the length of a header that is a
 * Python dictionary with descr, fortran_order and shape, then the elements. The header is parsed for exactly those
 * three keys; sizes are checked against the file before anything is allocated. */
#include "array.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_MAX = 65536 };

struct header {
	char descr[16];
	bool fortran;
	int ndim;
	int64_t shape[OPJ_DIMS_MAX];
};

void opj_array_finish(struct opj_array *array)
{
	free(array->values);
	*array = (struct opj_array){0};
}

/* The text after 'key': in the dictionary, spaces skipped; NULL where the key is missing. */
static const char *find_value(const char *text, const char *key)
{
	char quoted[32];
	for (const char *quote = "'\""; *quote; quote++) {
		snprintf(quoted, sizeof quoted, "%c%s%c", *quote, key, *quote);
		const char *at = strstr(text, quoted);
		if (!at)
			continue;
		at += strlen(quoted);
		at += strspn(at, " ");
		if (*at == ':')
			return at + 1 + strspn(at + 1, " ");
	}
	return NULL;
}

static int parse_descr(const char *text, struct header *header, struct opj_error *err)
{
	const char *value = find_value(text, "descr");
	if (!value || (*value != '\'' && *value != '"'))
		return opj_fail(err, "header: no plain descr");
	const char *end = strchr(value + 1, *value);
	if (!end || (size_t)(end - value) > sizeof header->descr)
		return opj_fail(err, "header: descr is cut short or too long");
	memcpy(header->descr, value + 1, (size_t)(end - value - 1));
	return 0;
}

static int parse_shape(const char *text, struct header *header, struct opj_error *err)
{
	const char *value = find_value(text, "shape");
	if (!value || *value != '(')
		return opj_fail(err, "header: no shape");
	for (value++; *(value += strspn(value, " ,")) != ')';) {
		char *end;
		errno = 0;
		long long size = isdigit((unsigned char)*value) ? strtoll(value, &end, 10) : -1;
		if (size < 0 || errno != 0)
			return opj_fail(err, "header: shape is not a tuple of sizes");
		if (header->ndim == OPJ_DIMS_MAX)
			return opj_fail(err, "header: shape has more than %d dimensions", OPJ_DIMS_MAX);
		header->shape[header->ndim++] = size;
		value = *end == 'L' ? end + 1 : end;
	}
	return 0;
}

static int parse_header(const char *text, struct header *header, struct opj_error *err)
{
	const char *order = find_value(text, "fortran_order");
	if (!order || (strncmp(order, "True", 4) != 0 && strncmp(order, "False", 5) != 0))
		return opj_fail(err, "header: fortran_order is neither True nor False");
	header->fortran = *order == 'T';
	return parse_descr(text, header, err) != 0 ? -1 : parse_shape(text, header, err);
}

static int read_header(FILE *file, struct header *header, struct opj_error *err)
{
	unsigned char start[12];
	if (fread(start, 1, 10, file) != 10 || memcmp(start, "\x93NUMPY", 6) != 0)
		return opj_fail(err, "not a .npy file");
	if (start[6] < 1 || start[6] > 3)
		return opj_fail(err, "version %d of the .npy format; 1 to 3 are known", start[6]);
	size_t length = start[8] | (size_t)start[9] << 8;
	if (start[6] > 1) {
		if (fread(start + 10, 1, 2, file) != 2)
			return opj_fail(err, "cut short in the header");
		length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
	}
	if (length > HEADER_MAX)
		return opj_fail(err, "header: %zu bytes are too many", length);
	char *text = calloc(length + 1, 1);
	if (!text)
		return opj_fail(err, "out of memory");
	int result = fread(text, 1, length, file) == length ? parse_header(text, header, err)
							    : opj_fail(err, "cut short in the header");
	free(text);
	return result;
}

/* Bytes of an element, 0: not a type that is read. */
static size_t element_size(const char *descr)
{
	static const char *const known[] = {"<f4", "<f8", "|u1", "|b1", "<i4", "<i8"};
	static const size_t sizes[] = {4, 8, 1, 1, 4, 8};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (strcmp(known[i], descr) == 0)
			return sizes[i];
	}
	return strcmp(descr, "<u1") == 0 || strcmp(descr, "<b1") == 0 ? 1 : 0;
}

static float load_element(const char *descr, const unsigned char *at)
{
	double f8;
	float f4;
	int32_t i4;
	int64_t i8;
	switch (descr[1]) {
	case 'f':
		if (descr[2] == '4')
			return memcpy(&f4, at, sizeof f4), f4;
		return memcpy(&f8, at, sizeof f8), (float)f8;
	case 'i':
		if (descr[2] == '4')
			return memcpy(&i4, at, sizeof i4), (float)i4;
		return memcpy(&i8, at, sizeof i8), (float)i8;
	case 'b':
		return *at != 0;
	default:
		return *at;
	}
}

/* Element i in C order lies at the place that its indices, the first running fastest, give. */
static size_t fortran_place(const struct header *header, size_t i)
{
	size_t place = 0, stride = 1, index[OPJ_DIMS_MAX];
	for (int d = header->ndim - 1; d >= 0; d--) {
		index[d] = i % (size_t)header->shape[d];
		i /= (size_t)header->shape[d];
	}
	for (int d = 0; d < header->ndim; d++) {
		place += index[d] * stride;
		stride *= (size_t)header->shape[d];
	}
	return place;
}

/* Bytes that the header's shape promises; -1 where they overflow. */
static int promised_bytes(const struct header *header, size_t size, size_t *count, size_t *bytes)
{
	*count = 1;
	for (int d = 0; d < header->ndim; d++) {
		if (__builtin_mul_overflow(*count, (size_t)header->shape[d], count))
			return -1;
	}
	size_t floats;
	if (__builtin_mul_overflow(*count, sizeof(float), &floats))
		return -1;
	return __builtin_mul_overflow(*count, size, bytes) ? -1 : 0;
}

static int read_values(FILE *file, const struct header *header, struct opj_array *array, struct opj_error *err)
{
	size_t size = element_size(header->descr), bytes;
	struct stat st;
	if (size == 0)
		return opj_fail(err,
				"dtype \"%s\"; float32, float64, uint8, bool, int32 and int64, little-endian, "
				"can be read",
				header->descr);
	if (promised_bytes(header, size, &array->count, &bytes) != 0)
		return opj_fail(err, "header: the product of the shape overflows");
	long at = ftell(file);
	if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode) && (at < 0 || (size_t)(st.st_size - at) != bytes))
		return opj_fail(err, "%zu bytes of elements, but shape and dtype need %zu", (size_t)(st.st_size - at),
				bytes);
	unsigned char *raw = malloc(bytes + 1);
	array->values = malloc((array->count + 1) * sizeof *array->values);
	int result = 0;
	if (!raw || !array->values)
		result = opj_fail(err, "out of memory");
	else if (fread(raw, 1, bytes, file) != bytes)
		result = opj_fail(err, "cut short");
	for (size_t i = 0; result == 0 && i < array->count; i++)
		array->values[i] =
		    load_element(header->descr, raw + size * (header->fortran ? fortran_place(header, i) : i));
	free(raw);
	return result;
}

int opj_npy_read(const char *path, struct opj_array *array, struct opj_error *err)
{
	*array = (struct opj_array){0};
	struct header header = {0};
	FILE *file = fopen(path, "rb");
	if (!file)
		return opj_fail(err, "%s: %s", path, strerror(errno));
	int result = read_header(file, &header, err);
	if (result == 0)
		result = read_values(file, &header, array, err);
	array->ndim = header.ndim;
	memcpy(array->shape, header.shape, sizeof header.shape);
	fclose(file);
	if (result != 0) {
		opj_fail_in(err, path);
		opj_array_finish(array);
	}
	return result;
}

/* Magic, version 1, and a header padded so that the elements begin at a multiple of 64 bytes. */
static int write_header(FILE *file, const struct opj_array *array)
{
	char dict[256], head[10] = "\x93NUMPY\x01";
	int at = snprintf(dict, sizeof dict, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
	for (int d = 0; d < array->ndim; d++)
		at +=
		    snprintf(dict + at, sizeof dict - (size_t)at, "%s%lld", d ? ", " : "", (long long)array->shape[d]);
	at += snprintf(dict + at, sizeof dict - (size_t)at, "%s), }", array->ndim == 1 ? "," : "");
	size_t length = ((size_t)at + 1 + sizeof head + 63) / 64 * 64 - sizeof head;
	head[8] = (char)(length & 0xff);
	head[9] = (char)(length >> 8);
	return fwrite(head, 1, sizeof head, file) == sizeof head &&
		       fprintf(file, "%s%*s", dict, (int)length - at, "\n") == (int)length
		   ? 0
		   : -1;
}

static int write_array(FILE *file, const struct opj_array *array)
{
	bool written = write_header(file, array) == 0 &&
		       fwrite(array->values, sizeof *array->values, array->count, file) == array->count;
	return fclose(file) == 0 && written ? 0 : -1;
}

/* Written beside it and renamed, so that a file is whole or not there; what is no file (a device, a pipe) is written to
 * as it is, never replaced. */
int opj_npy_write(const char *path, const struct opj_array *array, struct opj_error *err)
{
	struct stat info;
	bool in_place = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
	char *temporary = NULL;
	if (!in_place && asprintf(&temporary, "%s.%ld.part", path, (long)getpid()) < 0)
		return opj_fail(err, "%s: out of memory", path);
	FILE *file = fopen(in_place ? path : temporary, "wb");
	int result = -1;
	if (!file) {
		opj_fail(err, "%s: %s", path, strerror(errno));
		goto out;
	}
	if (write_array(file, array) != 0 || (!in_place && rename(temporary, path) != 0)) {
		opj_fail(err, "%s: %s", path, strerror(errno));
		if (!in_place)
			unlink(temporary);
		goto out;
	}
	result = 0;
out:
	free(temporary);
	return result;
}
