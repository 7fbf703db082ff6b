/* replay/trace.c: opens a trace by what it contains, replays it once, answers questions about its definitions. */
#include "replay/archive/archive.h"
#include "replay/core/sink.h"
#include "replay/ctf/ctf.h"
#include "replay/oplog/oplog.h"
#include <errno.h>
#include <stdlib.h>

static int open_reader(struct opj_trace *trace, struct opj_error *err)
{
	unsigned char head[64];
	if (opj_ctf_is_folder(trace->path))
		return opj_ctf_open(trace, err);
	FILE *file = fopen(trace->path, "re");
	if (!file)
		return opj_fail(err, "%s: %s", trace->path, strerror(errno));
	size_t size = fread(head, 1, sizeof head, file);
	int failed = ferror(file) ? errno : 0;
	fclose(file);
	if (failed)
		return opj_fail(err, "%s: %s", trace->path, strerror(failed));
	if (size == 0)
		return opj_fail(err, "%s: the file is empty", trace->path);
	if (opj_oplog_probe(head, size))
		return (trace->oplog = opj_oplog_open(trace->path, &trace->options, &trace->manifest, err)) ? 0 : -1;
	if (opj_archive_probe(head, size))
		return opj_ctf_open(trace, err);
	return opj_fail(err, "%s: neither an opjoule archive nor an op log", trace->path);
}

struct opj_trace *opj_trace_open(const char *path, const struct opj_trace_options *options, struct opj_error *err)
{
	struct opj_trace *trace = calloc(1, sizeof *trace);
	if (!trace || !(trace->path = strdup(path))) {
		opj_fail(err, "out of memory");
		goto fail;
	}
	if (options)
		trace->options = *options;
	if (open_reader(trace, err))
		goto fail;
	return trace;
fail:
	opj_trace_close(trace);
	return NULL;
}

void opj_trace_close(struct opj_trace *trace)
{
	if (!trace)
		return;
	opj_oplog_close(trace->oplog);
	opj_archive_close(trace->archive);
	opj_definitions_finish(&trace->definitions);
	free(trace->path);
	free(trace);
}

int opj_trace_guard_signals(struct opj_error *err)
{
	return opj_archive_guard_signals(err);
}

const char *opj_trace_path(const struct opj_trace *trace)
{
	return trace->path;
}

const struct opj_manifest *opj_trace_manifest(const struct opj_trace *trace)
{
	return &trace->manifest;
}

const char *opj_trace_manifest_json(const struct opj_trace *trace)
{
	return trace->archive ? opj_archive_manifest_json(trace->archive) : "{}";
}

int opj_trace_replay(struct opj_trace *trace, const struct opj_visitor *visitors, size_t visitor_count,
		     struct opj_error *err)
{
	if (trace->replayed)
		return opj_fail(err, "%s: was replayed before; open it again", trace->path);
	trace->replayed = true;
	trace->visitors = visitors;
	trace->visitor_count = visitor_count;
	return trace->oplog ? opj_oplog_replay(trace->oplog, trace, err) : opj_ctf_replay(trace, err);
}

uint32_t opj_trace_module_count(const struct opj_trace *trace)
{
	return trace->definitions.lists[OPJ_DEFINE_MODULE].count;
}

const struct opj_trace_module *opj_trace_module(const struct opj_trace *trace, uint32_t id)
{
	return opj_definitions_get(&trace->definitions, OPJ_DEFINE_MODULE, id);
}

uint32_t opj_trace_context_count(const struct opj_trace *trace)
{
	return trace->definitions.lists[OPJ_DEFINE_CONTEXT].count;
}

const struct opj_context *opj_trace_context(const struct opj_trace *trace, uint32_t id)
{
	return opj_definitions_get(&trace->definitions, OPJ_DEFINE_CONTEXT, id);
}

uint32_t opj_trace_signature_count(const struct opj_trace *trace)
{
	return trace->definitions.lists[OPJ_DEFINE_SIGNATURE].count;
}

static const char *name_at(const struct opj_intern *names, uint32_t id)
{
	return id < names->count ? opj_intern_key(names, id) : NULL;
}

uint32_t opj_trace_op_name_count(const struct opj_trace *trace)
{
	return trace->definitions.ops.count;
}

const char *opj_trace_op_name(const struct opj_trace *trace, uint32_t op_id)
{
	return name_at(&trace->definitions.ops, op_id);
}

uint32_t opj_trace_scope_count(const struct opj_trace *trace)
{
	return trace->definitions.scopes.count;
}

const char *opj_trace_scope_name(const struct opj_trace *trace, uint32_t scope_id)
{
	return name_at(&trace->definitions.scopes, scope_id);
}

uint32_t opj_trace_stage_count(const struct opj_trace *trace)
{
	return trace->definitions.stages.count;
}

const char *opj_trace_stage_name(const struct opj_trace *trace, uint32_t stage_id)
{
	return name_at(&trace->definitions.stages, stage_id);
}
