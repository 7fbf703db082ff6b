/* tests/fuzz/fuzz_npy.c: a .npy file, as `opjoule run` reads its input. What reads has as many values as its shape
 * says. */
#include "fuzz.h"
#include "record/native/array.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opj_array array;
	struct opj_error err;
	if (opj_npy_read(fuzz_file(data, size), &array, &err))
		return 0;
	size_t count = 1;
	for (int d = 0; d < array.ndim; d++)
		count *= (size_t)array.shape[d];
	if (count != array.count)
		abort();
	opj_array_finish(&array);
	return 0;
}
