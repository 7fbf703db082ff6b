/* replay/oplog/oplog.c: op logs as files: the first line, the last line, and those in between one at a time. */
#include "oplog.h"
#include "oplog_line.h"
#include "replay/core/tree.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { TAIL_SIZE = 4096 };

struct opj_oplog {
	FILE *file;
	const char *path; /* the trace's */
	char *line;
	size_t line_capacity;
	uint64_t line_number;
	json_t *begin; /* the first line: owns the manifest's strings */
	struct opj_oplog_lines lines;
	struct opj_field_rules rules; /* by which lines are read: the version's */
	struct opj_arena arena;       /* of the manifest's facts */
	bool partial;
};

bool opj_oplog_probe(const void *head, size_t size)
{
	const char *text = head;
	size_t i = 0;
	while (i < size && isspace((unsigned char)text[i]))
		i++;
	return i < size && text[i] == '{';
}

static int fail_at(const struct opj_oplog *log, struct opj_error *err)
{
	char where[280];
	snprintf(where, sizeof where, "%.240s:%llu", log->path, (unsigned long long)log->line_number);
	return opj_fail_in(err, where);
}

/* The next line as JSON, *line NULL at the end of the file. */
static int line_read(struct opj_oplog *log, json_t **line, struct opj_error *err)
{
	*line = NULL;
	errno = 0;
	ssize_t length = getline(&log->line, &log->line_capacity, log->file);
	if (length < 0)
		return errno ? opj_fail(err, "%s: %s", log->path, strerror(errno)) : 0;
	log->line_number++;
	json_error_t broken;
	*line = json_loadb(log->line, (size_t)length, JSON_REJECT_DUPLICATES, &broken);
	if (*line)
		return 0;
	if (log->partial && log->line[length - 1] != '\n')
		return 0; /* where a log was cut short */
	opj_fail(err, "broken JSON at column %d: %.200s", broken.column, broken.text);
	return fail_at(log, err);
}

static int clock_read(const json_t *name, enum opj_clock *clock, struct opj_error *err)
{
	for (enum opj_clock c = OPJ_CLOCK_HOST_WALL; name && opj_clock_name(c); c++) {
		if (strcmp(opj_clock_name(c), json_string_value(name)) == 0)
			*clock = c;
	}
	return name && *clock == OPJ_CLOCK_UNKNOWN
		   ? opj_fail(err, "clock: unknown clock \"%s\"", json_string_value(name))
		   : 0;
}

static int begin_read(struct opj_oplog *log, struct opj_manifest *manifest, struct opj_error *err)
{
	enum { KIND, VERSION, CASE, FRAMEWORK, MODEL, CLOCK, FACTS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},
	    {"version", OPJ_FIELD_INTEGER},
	    {"case", OPJ_FIELD_STRING},
	    {"framework", OPJ_FIELD_STRING},
	    {"model", OPJ_FIELD_STRING},
	    {"clock", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"facts", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	if (line_read(log, &log->begin, err))
		return -1;
	const char *kind = json_string_value(json_object_get(log->begin, "k"));
	if (!kind || strcmp(kind, "oplog") != 0)
		return opj_fail(err, "%s: not an op log: the first line must be {\"k\":\"oplog\",…}", log->path);
	json_int_t version = json_integer_value(json_object_get(log->begin, "version"));
	if (json_is_integer(json_object_get(log->begin, "version")) && (version < 1 || version > OPJ_OPLOG_VERSION))
		return opj_fail(err, "%s: op log version %lld; this program reads versions 1 to %d", log->path,
				(long long)version, OPJ_OPLOG_VERSION);
	log->rules.minor = version > 1 ? (unsigned)version - 1 : 0; /* each says what one of the schema does */
	if (opj_fields_read(log->begin, fields, FIELDS, &log->rules, v, err) ||
	    clock_read(v[CLOCK], &manifest->clock, err))
		return fail_at(log, err);
	if (v[FACTS] &&
	    opj_tree_constants(&log->arena, v[FACTS], "facts", &manifest->facts, &manifest->fact_count, err))
		return fail_at(log, err);
	manifest->schema_major = OPJ_SCHEMA_MAJOR;
	manifest->schema_minor = (int)log->rules.minor;
	manifest->framework = json_string_value(v[FRAMEWORK]);
	manifest->model = json_string_value(v[MODEL]);
	manifest->run = json_string_value(v[CASE]);
	manifest->input = manifest->tool = manifest->command = manifest->host = manifest->cpu = manifest->kernel = "";
	manifest->started = manifest->ended = manifest->why = "";
	manifest->process_count = 1;
	return 0;
}

/* Looks at the last line, so that a log that was cut short is known before it is replayed. */
static int tail_read(struct opj_oplog *log, struct opj_manifest *manifest, struct opj_error *err)
{
	char tail[TAIL_SIZE + 1];
	struct stat stat;
	if (fstat(fileno(log->file), &stat))
		return opj_fail(err, "%s: %s", log->path, strerror(errno));
	if (!S_ISREG(stat.st_mode))
		return opj_fail(err, "%s: not a regular file", log->path);
	off_t from = stat.st_size > TAIL_SIZE ? stat.st_size - TAIL_SIZE : 0;
	if (fseeko(log->file, from, SEEK_SET))
		return opj_fail(err, "%s: %s", log->path, strerror(errno));
	size_t size = fread(tail, 1, TAIL_SIZE, log->file);
	rewind(log->file);
	while (size > 0 && tail[size - 1] == '\n')
		size--;
	size_t start = size;
	while (start > 0 && tail[start - 1] != '\n')
		start--;
	json_t *last = json_loadb(tail + start, size - start, 0, NULL);
	const char *kind = json_string_value(json_object_get(last, "k"));
	manifest->complete = kind && strcmp(kind, "end") == 0 && opj_oplog_end_read(last, &manifest->ops, NULL) == 0;
	json_decref(last);
	if (!manifest->complete)
		manifest->why = "the last line, {\"k\":\"end\",…}, is missing";
	if (!manifest->complete && !log->partial)
		return opj_fail(err, "%s: cut short: %s", log->path, manifest->why);
	return 0;
}

struct opj_oplog *opj_oplog_open(const char *path, const struct opj_trace_options *options,
				 struct opj_manifest *manifest, struct opj_error *err)
{
	struct opj_oplog *log = calloc(1, sizeof *log);
	if (!log)
		return opj_fail(err, "out of memory"), NULL;
	log->path = path;
	log->partial = options->partial;
	log->file = fopen(path, "re");
	if (!log->file) {
		opj_fail(err, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (options->process > 1) {
		opj_fail(err, "%s: an op log holds one process; there is no process %lld", path,
			 (long long)options->process);
		goto fail;
	}
	if (begin_read(log, manifest, err) || tail_read(log, manifest, err))
		goto fail;
	log->line_number = 0;
	return log;
fail:
	opj_oplog_close(log);
	return NULL;
}

void opj_oplog_close(struct opj_oplog *log)
{
	if (!log)
		return;
	if (log->file)
		fclose(log->file);
	opj_oplog_lines_finish(&log->lines);
	json_decref(log->begin);
	opj_arena_finish(&log->arena);
	free(log->line);
	free(log);
}

int opj_oplog_replay(struct opj_oplog *log, struct opj_trace *trace, struct opj_error *err)
{
	json_t *line;
	trace->definitions.rules = log->rules;
	for (;;) {
		if (line_read(log, &line, err))
			return -1;
		if (!line)
			break;
		int failed = log->line_number > 1 && opj_oplog_line(&log->lines, trace, line, err);
		json_decref(line);
		if (failed)
			return fail_at(log, err);
	}
	if (!log->lines.ended && !log->partial)
		return opj_fail(err, "%s: cut short: the \"end\" line is missing", log->path);
	return 0;
}
