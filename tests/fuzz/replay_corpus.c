/* tests/fuzz/replay_corpus.c: main() of a fuzz target that is an ordinary test: every file of the folders that are
 * named goes through the target once. A crash, or what a sanitizer reports, is the failure. */
#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* The whole file, in memory of exactly its size, so that a read behind the end is seen. NULL: cannot be read. */
static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	if (!file)
		return NULL;
	long length = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
	rewind(file);
	*size = length > 0 ? (size_t)length : 0;
	if (length >= 0)
		data = malloc(*size ? *size : 1);
	if (data && fread(data, 1, *size, file) != *size) {
		free(data);
		data = NULL;
	}
	fclose(file);
	return data;
}

static int replay_file(const char *path)
{
	size_t size;
	uint8_t *data = load(path, &size);
	if (!data) {
		perror(path);
		return -1;
	}
	printf("%s\n", path);
	fflush(stdout); /* so that a crash has a name */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

/* The number of files, -1: one could not be read. */
static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort), files = 0, failed = count < 0;
	if (count < 0)
		perror(folder);
	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.') {
			failed |= replay_file(path);
			files++;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return failed ? -1 : files;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int files = replay_folder(argv[i]);
		if (files < 0)
			return 1;
		total += files;
	}
	printf("%d inputs\n", total);
	return total ? 0 : 1;
}
