/* tests/fuzz/fuzz.h: what the fuzz targets share. A target is one function with libFuzzer's name: libFuzzer calls it
 * with inputs that it makes up, replay_corpus.c with the files of a folder. */
#ifndef OPJ_TESTS_FUZZ_H
#define OPJ_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory with these bytes; its path, good until the next call. The readers open paths. */
const char *fuzz_file(const uint8_t *data, size_t size);

#endif
