/* tests/fuzz/fuzz_grid.c: a grid file, as `opjoule sweep --grid` reads it; where it asks for few configurations, the
 * whole way: a log of one op is swept by one thread or three and the rows are written. Inputs with a slash or ".y" are
 * left out: presets would open files. */
#include "analyze/sweep/sweep.h"
#include "fuzz.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FEW = 200 };

static const char log_text[] =
    "{\"k\":\"oplog\",\"version\":1,\"case\":\"\",\"framework\":\"fuzz\",\"model\":\"Net\"}\n"
    "{\"k\":\"op\",\"i\":0,\"op\":\"aten.mm.default\",\"stage\":\"forward\",\"grad\":false,\"mods\":[],\"parents\":"
    "[\"Global\"],\"in\":[{\"T\":[2,3],\"d\":\"float32\",\"u\":1,\"a\":1,\"z\":3,\"b\":1},{\"T\":[3,4],\"d\":"
    "\"float32\","
    "\"u\":2,\"a\":2,\"z\":12,\"b\":0}],\"out\":{\"T\":[2,4],\"d\":\"float32\",\"u\":3,\"a\":3,\"z\":8,\"b\":0}}\n"
    "{\"k\":\"end\",\"ops\":1}\n";

static const char *log_path(void)
{
	static char path[64];
	static int fd = -1;
	if (fd >= 0)
		return path;
	fd = memfd_create("log", MFD_CLOEXEC);
	if (write(fd, log_text, sizeof log_text - 1) != (ssize_t)(sizeof log_text - 1))
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

static struct opj_analysis *create(const void *data, struct opj_error *err)
{
	(void)data;
	(void)err;
	return opj_analysis_create();
}

static void sweep_and_write(const char *grid, uint32_t jobs)
{
	struct opj_sweep_setup setup = {.create = create, .jobs = jobs};
	struct opj_error err;
	struct opj_sweep sweep;
	if (opj_sweep_init(&sweep, grid, &setup, &err))
		return;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct opj_trace *trace = opj_trace_open(log_path(), NULL, &err);
	if (!out || !trace)
		abort();
	if (opj_sweep_run(&sweep, trace, &err) == 0) {
		opj_sweep_write_csv(&sweep, out, &err);
		opj_sweep_write_json(&sweep, out, &err);
	}
	fclose(out);
	free(text);
	opj_sweep_finish(&sweep);
	opj_trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (memmem(data, size, "/", 1) || memmem(data, size, ".y", 2))
		return 0;
	const char *path = fuzz_file(data, size);
	struct opj_error err;
	struct opj_grid_file file;
	struct opj_analysis *analysis = opj_analysis_create();
	uint32_t configurations = 0;
	if (analysis && opj_grid_file_read(&file, path, analysis, &err) == 0) {
		configurations = file.configurations;
		for (uint32_t g = 0; g < file.count; g++)
			free(opj_sweep_grid_spec(&file.grids[g], file.grids[g].count - 1));
		opj_grid_file_finish(&file);
	}
	opj_analysis_destroy(analysis);
	if (configurations > 0 && configurations <= FEW)
		sweep_and_write(path, size % 2 ? 1 : 3);
	return 0;
}
