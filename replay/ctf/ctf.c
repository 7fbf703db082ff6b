/* replay/ctf/ctf.c: see ctf.h. Chunks are unpacked one at a time and deleted once read; a graph is kept only while
 * events of it wait for others in the next chunk. */
#include "ctf.h"
#include "graph.h"
#include "record/base/vector.h"
#include "replay/archive/archive.h"
#include <stdlib.h>
#include <sys/stat.h>

bool opj_ctf_is_folder(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int folder_open(struct opj_trace *trace, struct opj_error *err)
{
	struct opj_manifest *manifest = &trace->manifest;
	struct stat info;
	char *metadata;
	if (asprintf(&metadata, "%s/metadata", trace->path) < 0)
		return opj_fail(err, "out of memory");
	int missing = stat(metadata, &info);
	free(metadata);
	if (missing)
		return opj_fail(err, "%s: not a CTF trace: there is no file \"metadata\" in this folder", trace->path);
	if (trace->options.process > 1)
		return opj_fail(err, "%s: a folder holds one process; there is no process %lld", trace->path,
				(long long)trace->options.process);
	manifest->tool = manifest->framework = manifest->model = manifest->run = manifest->input = manifest->command =
	    "";
	manifest->host = manifest->cpu = manifest->kernel = manifest->started = manifest->ended = manifest->why = "";
	manifest->complete = true;
	manifest->process_count = 1;
	return 0;
}

static int processes_list(const struct opj_trace *trace, struct opj_error *err)
{
	char list[600] = "";
	size_t used = 0;
	uint32_t count = opj_archive_process_count(trace->archive);
	for (uint32_t i = 0; i < count && used < sizeof list - 1; i++) {
		const struct opj_archive_process *process = opj_archive_process(trace->archive, i);
		int length = snprintf(list + used, sizeof list - used, "%s%u: %s, pid %lld, %llu ops", i ? "; " : "",
				      i + 1, process->name, (long long)process->pid, (unsigned long long)process->ops);
		used += length > 0 ? (size_t)length : 0;
	}
	return opj_fail(err, "%s: %u processes were recorded, name one of them (--process N): %s", trace->path, count,
			list);
}

static const struct opj_archive_process *process_get(const struct opj_trace *trace, uint32_t *index)
{
	*index = trace->options.process > 0 ? (uint32_t)trace->options.process - 1 : 0;
	return opj_archive_process(trace->archive, *index);
}

int opj_ctf_open(struct opj_trace *trace, struct opj_error *err)
{
	if (opj_ctf_is_folder(trace->path))
		return folder_open(trace, err);
	trace->archive = opj_archive_open(trace->path, err);
	if (!trace->archive)
		return -1;
	trace->manifest = *opj_archive_manifest(trace->archive);
	uint32_t count = opj_archive_process_count(trace->archive), index;
	if (count == 0)
		return opj_fail(err, "%s: no process was recorded", trace->path);
	if (trace->options.process < 0 || trace->options.process > count)
		return opj_fail(err, "%s: there is no process %lld among %u", trace->path,
				(long long)trace->options.process, count);
	if (trace->options.process == 0 && count > 1)
		return processes_list(trace, err);
	trace->manifest.ops = process_get(trace, &index)->ops;
	return 0;
}

/* What is needed to read the chunks of a process one after the other. */
struct chunks {
	struct opj_decoder decoder;
	struct opj_order order;
	struct opj_graph **kept; /* [kept_count] with events that wait */
	uint32_t kept_count;
};

static void graphs_drop(struct chunks *chunks)
{
	while (chunks->kept_count)
		opj_graph_destroy(chunks->kept[--chunks->kept_count]);
}

static int chunk_read(struct chunks *chunks, const char *dir, struct opj_error *err)
{
	struct opj_graph *graph = opj_graph_read(dir, &chunks->order, err);
	if (!graph)
		return -1;
	struct opj_graph **kept = OPJ_PUSH(chunks->kept, chunks->kept_count);
	if (!kept) {
		opj_graph_destroy(graph);
		return opj_fail(err, "out of memory");
	}
	*kept = graph;
	if (!opj_order_waits(&chunks->order))
		graphs_drop(chunks);
	return 0;
}

static int archive_read(struct chunks *chunks, struct opj_trace *trace, struct opj_error *err)
{
	uint32_t index;
	const struct opj_archive_process *process = process_get(trace, &index);
	for (uint32_t chunk = 0; chunk < process->chunk_count; chunk++) {
		const char *dir = opj_archive_unpack(trace->archive, index, chunk, err);
		if (!dir)
			return -1;
		int failed = chunk_read(chunks, dir, err);
		opj_archive_discard(trace->archive, dir);
		if (failed)
			return opj_fail_in(err, trace->path);
	}
	return 0;
}

/* Whether a trace without a closing event is one that its user cut short, and knows it. */
static bool may_lack_end(const struct opj_trace *trace)
{
	static const char interrupted[] = "interrupted";
	return trace->options.partial || strncmp(trace->manifest.why, interrupted, sizeof interrupted - 1) == 0;
}

/* Whether events may be missing before the last: a process that was killed in the middle of an event took a buffer with
 * it, in which events of some time ago may have stood. */
static bool may_end_early(const struct opj_trace *trace)
{
	uint32_t index;
	return trace->archive && trace->manifest.lost_events > 0 && may_lack_end(trace) &&
	       !process_get(trace, &index)->ended;
}

static int end_check(struct chunks *chunks, struct opj_trace *trace, struct opj_error *err)
{
	struct opj_manifest *manifest = &trace->manifest;
	if (opj_order_end(&chunks->order, err))
		return opj_fail_in(err, trace->path);
	if (!chunks->decoder.begun)
		return opj_fail(err, "%s: there is no event of opjoule in it", trace->path);
	if (!chunks->decoder.ended && !may_lack_end(trace))
		return opj_fail(err,
				"%s: cut short after %llu ops: the closing event is missing%s%s; --partial takes "
				"what there is",
				trace->path, (unsigned long long)trace->ops, manifest->why[0] ? ": " : "",
				manifest->why);
	manifest->ops = trace->ops;
	if (!chunks->decoder.ended) {
		manifest->complete = false;
		manifest->why = manifest->why[0] ? manifest->why : "the closing event is missing";
	} else if (chunks->decoder.problems && manifest->complete) {
		char *why = opj_arena_alloc(&trace->definitions.arena, 96, 1);
		if (!why)
			return opj_fail(err, "out of memory");
		snprintf(why, 96, "%llu calls of the executor could not be recorded",
			 (unsigned long long)chunks->decoder.problems);
		manifest->complete = false;
		manifest->why = why;
	}
	return 0;
}

int opj_ctf_replay(struct opj_trace *trace, struct opj_error *err)
{
	struct chunks chunks = {0};
	int result = -1;
	if (opj_decoder_init(&chunks.decoder, trace, err) || opj_order_init(&chunks.order, &chunks.decoder, err))
		goto done;
	chunks.order.may_end_early = may_end_early(trace);
	if (trace->archive)
		result = archive_read(&chunks, trace, err);
	else
		result = chunk_read(&chunks, trace->path, err) ? opj_fail_in(err, trace->path) : 0;
	if (!result)
		result = end_check(&chunks, trace, err);
done:
	opj_order_finish(&chunks.order);
	graphs_drop(&chunks);
	free(chunks.kept);
	opj_decoder_finish(&chunks.decoder);
	return result;
}
