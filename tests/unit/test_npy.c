/* tests/unit/test_npy.c: .npy files byte by byte as NumPy writes them, and every way in which one can be wrong. */
#include "record/native/array.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];

static void make_path(void)
{
	strcpy(path, "/tmp/opj_npy_XXXXXX");
	close(mkstemp(path));
}

static void remove_path(void)
{
	unlink(path);
}

TestSuite(npy, .init = make_path, .fini = remove_path);

/* Magic, version, header (padded as NumPy does), then `size` bytes. */
static void write_npy(int version, const char *dict, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	size_t start = version == 1 ? 10 : 12, length = (strlen(dict) + 1 + start + 63) / 64 * 64 - start;
	fwrite("\x93NUMPY", 1, 6, file);
	fputc(version, file);
	fputc(0, file);
	for (size_t i = 0; i < start - 8; i++)
		fputc((int)(length >> (8 * i) & 0xff), file);
	fprintf(file, "%s%*s", dict, (int)(length - strlen(dict)), "\n");
	fwrite(bytes, 1, size, file);
	fclose(file);
}

static void expect_read(const char *dict, const void *bytes, size_t size, int ndim, const int64_t *shape, size_t count,
			const float *values)
{
	for (int version = 1; version <= 3; version++) {
		struct opj_array array;
		struct opj_error err = {""};
		write_npy(version, dict, bytes, size);
		cr_assert_eq(opj_npy_read(path, &array, &err), 0, "%s", err.text);
		cr_assert_eq(array.ndim, ndim);
		cr_assert_eq(array.count, count);
		for (int d = 0; d < ndim; d++)
			cr_assert_eq(array.shape[d], shape[d]);
		for (size_t i = 0; i < count; i++)
			cr_assert_eq(array.values[i], values[i], "%zu: %g", i, array.values[i]);
		opj_array_finish(&array);
	}
}

static void expect_failure(const char *part)
{
	struct opj_array array;
	struct opj_error err = {""};
	cr_assert_eq(opj_npy_read(path, &array, &err), -1, "accepted, \"%s\" expected", part);
	cr_assert(strstr(err.text, part), "\"%s\" does not say \"%s\"", err.text, part);
	cr_assert(strstr(err.text, path), "\"%s\" does not name the file", err.text);
	cr_assert_null(array.values);
}

Test(npy, types)
{
	const int64_t shape[] = {2, 3};
	const float expected[] = {0, 1, 2, 3, 4, 250};
	expect_read("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", expected, sizeof expected, 2, shape,
		    6, expected);
	expect_read("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", (double[]){0, 1, 2, 3, 4, 250}, 48,
		    2, shape, 6, expected);
	expect_read("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", (uint8_t[]){0, 1, 2, 3, 4, 250}, 6,
		    2, shape, 6, expected);
	expect_read("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", (int32_t[]){0, 1, 2, 3, 4, 250}, 24,
		    2, shape, 6, expected);
	expect_read("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", (int64_t[]){0, 1, 2, 3, 4, 250}, 48,
		    2, shape, 6, expected);
	expect_read("{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }", (uint8_t[]){0, 1, 0, 0, 1, 1}, 6, 2,
		    shape, 6, (float[]){0, 1, 0, 0, 1, 1});
}

/* a[i, j, k] = 100 i + 10 j + k, stored with i running fastest. */
Test(npy, fortran_order)
{
	float stored[24], expected[24];
	size_t at = 0;
	for (int k = 0; k < 4; k++)
		for (int j = 0; j < 3; j++)
			for (int i = 0; i < 2; i++)
				stored[at++] = (float)(100 * i + 10 * j + k);
	at = 0;
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 3; j++)
			for (int k = 0; k < 4; k++)
				expected[at++] = (float)(100 * i + 10 * j + k);
	expect_read("{\"shape\": (2, 3, 4), \"fortran_order\": True, \"descr\": \"<f4\"}", stored, sizeof stored, 3,
		    (int64_t[]){2, 3, 4}, 24, expected);
}

Test(npy, small_shapes)
{
	float value = 7;
	expect_read("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", &value, 4, 0, NULL, 1, &value);
	expect_read("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", &value, 4, 1, (int64_t[]){1}, 1,
		    &value);
	expect_read("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", &value, 0, 2, (int64_t[]){0, 5}, 0,
		    NULL);
}

Test(npy, bad_header)
{
	FILE *file = fopen(path, "wb");
	fputs("PK\3\4 not numpy at all", file);
	fclose(file);
	expect_failure("not a .npy file");
	write_npy(4, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "abcd", 4);
	expect_failure("version 4");
	write_npy(1, "{'fortran_order': False, 'shape': (1,), }", "abcd", 4);
	expect_failure("descr");
	write_npy(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd", 4);
	expect_failure("descr");
	write_npy(1, "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }", "abcd", 4);
	expect_failure("fortran_order");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, }", "abcd", 4);
	expect_failure("shape");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "abcd", 4);
	expect_failure("shape");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2", "abcd", 4);
	expect_failure("shape");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "abcd", 4);
	expect_failure("shape");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", "abcd", 4);
	expect_failure("more than 8 dimensions");
}

Test(npy, bad_values)
{
	write_npy(1, "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "abcdefgh", 8);
	expect_failure("dtype \"<c8\"");
	write_npy(1, "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "abcd", 4);
	expect_failure("little-endian");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "0123456789", 10);
	expect_failure("10 bytes of elements, but shape and dtype need 16");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "0123456789", 10);
	expect_failure("need 4");
	write_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "", 0);
	expect_failure("overflows");
	write_npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }", "", 0);
	expect_failure("overflows");
}

Test(npy, truncated_at_every_byte)
{
	float values[4] = {1, 2, 3, 4};
	write_npy(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", values, sizeof values);
	FILE *file = fopen(path, "rb");
	char bytes[512];
	long size = (long)fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	while (--size >= 0) {
		cr_assert_eq(truncate(path, size), 0);
		expect_failure(":");
	}
	unlink(path);
	expect_failure("No such file");
}

Test(npy, written_files_are_read_back)
{
	float values[6] = {1, -2, 0.5F, 3, 4, 5};
	struct opj_array out = {.ndim = 3, .shape = {1, 2, 3}, .count = 6, .values = values}, in;
	cr_assert_eq(opj_npy_write(path, &out, NULL), 0);
	FILE *file = fopen(path, "rb");
	char head[128];
	cr_assert_eq(fread(head, 1, sizeof head, file), sizeof head);
	fclose(file);
	cr_assert_eq(
	    memcmp(head, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", 72),
	    0);
	cr_assert_eq(head[127], '\n');
	cr_assert_eq(opj_npy_read(path, &in, NULL), 0);
	cr_assert_eq(in.ndim, 3);
	cr_assert_eq(memcmp(in.values, values, sizeof values), 0);
	opj_array_finish(&in);
}

Test(npy, unwritable)
{
	float value = 1;
	struct opj_array out = {.ndim = 1, .shape = {1}, .count = 1, .values = &value};
	struct opj_error err = {""};
	cr_assert_eq(opj_npy_write("/nonexistent/y.npy", &out, &err), -1);
	cr_assert(strstr(err.text, "/nonexistent/y.npy: No such file"), "%s", err.text);
}
