/* replay/oplog.c: reads op logs. A line is parsed, checked against the keys that its kind may have, and taken apart
 * into definitions, interned by their text, and an event: what a trace of the same run would hold. One line is in
 * memory at a time. */
#include "oplog.h"
#include "facts.h"
#include "fields.h"
#include "trace.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { OPLOG_VERSION = 1, TAIL_SIZE = 4096 };

struct opj_oplog {
	FILE *file;
	const char *path; /* the trace's */
	char *line;
	size_t line_capacity;
	uint64_t line_number;
	json_t *begin; /* the first line: owns the manifest's strings */
	struct opj_names interned[OPJ_DEFINE_KINDS];
	struct opj_facts facts;
	struct opj_spike_reader spike;
	uint64_t *states;
	size_t state_capacity;
	bool ended, partial;
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

static int begin_read(struct opj_oplog *log, struct opj_manifest *manifest, struct opj_error *err)
{
	enum { KIND, VERSION, CASE, FRAMEWORK, MODEL, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},         {"version", OPJ_FIELD_INTEGER}, {"case", OPJ_FIELD_STRING},
	    {"framework", OPJ_FIELD_STRING}, {"model", OPJ_FIELD_STRING},
	};
	const json_t *v[FIELDS];
	if (line_read(log, &log->begin, err))
		return -1;
	const char *kind = json_string_value(json_object_get(log->begin, "k"));
	if (!kind || strcmp(kind, "oplog") != 0)
		return opj_fail(err, "%s: not an op log: the first line must be {\"k\":\"oplog\",…}", log->path);
	if (opj_fields_read(log->begin, fields, FIELDS, v, err))
		return fail_at(log, err);
	if (json_integer_value(v[VERSION]) != OPLOG_VERSION)
		return opj_fail(err, "%s: op log version %lld; this program reads version %d", log->path,
				(long long)json_integer_value(v[VERSION]), OPLOG_VERSION);
	manifest->schema_major = OPJ_SCHEMA_MAJOR;
	manifest->schema_minor = OPJ_SCHEMA_MINOR;
	manifest->framework = json_string_value(v[FRAMEWORK]);
	manifest->model = json_string_value(v[MODEL]);
	manifest->run = json_string_value(v[CASE]);
	manifest->tool = manifest->command = manifest->host = manifest->cpu = manifest->kernel = "";
	manifest->started = manifest->ended = manifest->why = "";
	manifest->process_count = 1;
	return 0;
}

static int end_read(const json_t *line, uint64_t *ops, struct opj_error *err)
{
	static const struct opj_field fields[] = {{"k", OPJ_FIELD_STRING}, {"ops", OPJ_FIELD_INTEGER}};
	const json_t *v[2];
	return opj_fields_read(line, fields, 2, v, err) ? -1 : opj_field_uint(v[1], "ops", ops, err);
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
	manifest->complete = kind && strcmp(kind, "end") == 0 && end_read(last, &manifest->ops, NULL) == 0;
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
	for (int kind = 0; kind < OPJ_DEFINE_KINDS; kind++)
		opj_names_finish(&log->interned[kind]);
	opj_facts_finish(&log->facts);
	opj_spike_reader_finish(&log->spike);
	json_decref(log->begin);
	free(log->states);
	free(log->line);
	free(log);
}

/* The definition with this text, made where it is new. Takes the reference to `text`, which may be NULL. */
static void *intern(struct opj_oplog *log, struct opj_trace *trace, enum opj_define_kind kind, json_t *text,
		    struct opj_error *err)
{
	void *definition = NULL;
	char *key = text ? json_dumps(text, JSON_COMPACT) : NULL;
	if (!key) {
		opj_fail(err, "out of memory");
		goto done;
	}
	struct opj_names *interned = &log->interned[kind];
	uint32_t id = opj_names_find(interned, key);
	if (id == OPJ_NAMES_NONE) {
		id = interned->count;
		if (opj_trace_define(trace, kind, id, text, err))
			goto done;
		if (opj_names_add(interned, key) == OPJ_NAMES_NONE) {
			opj_fail(err, "out of memory");
			goto done;
		}
	}
	definition = opj_model_get(&trace->model, kind, id);
done:
	free(key);
	json_decref(text);
	return definition;
}

static int module_line(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	uint64_t id;
	const json_t *number = json_object_get(line, "id");
	(void)log;
	if (!number)
		return opj_fail(err, "key \"id\" is missing");
	if (opj_field_uint(number, "id", &id, err))
		return -1;
	json_object_del(line, "k");
	json_object_del(line, "id");
	return opj_trace_define(trace, OPJ_DEFINE_MODULE, id, line, err);
}

static const struct opj_context *context_intern(struct opj_oplog *log, struct opj_trace *trace, const json_t *mods,
						const json_t *parents, const json_t *stage, bool suspended, bool grad,
						struct opj_error *err)
{
	json_t *text = json_pack("{s:O?,s:O?,s:O,s:b,s:b}", "mods", mods, "parents", parents, "stage", stage,
				 "suspended", suspended, "grad", grad);
	if (text && !mods)
		json_object_set_new(text, "mods", json_array());
	if (text && !parents)
		json_object_set_new(text, "parents", json_pack("[s]", "Global"));
	return intern(log, trace, OPJ_DEFINE_CONTEXT, text, err);
}

static bool has_global(const json_t *parents)
{
	for (size_t i = 0; i < json_array_size(parents); i++) {
		const char *name = json_string_value(json_array_get(parents, i));
		if (name && strcmp(name, "Global") == 0)
			return true;
	}
	return false;
}

/* Moves the trees of a line, `names` of them, into a new definition, their facts into log->facts. */
static int trees_strip(struct opj_oplog *log, json_t *definition, const char *const *names, const json_t *const *trees,
		       size_t count, struct opj_error *err)
{
	log->facts.count = 0;
	for (size_t i = 0; i < count; i++) {
		if (!trees[i])
			continue;
		json_t *stripped = opj_facts_strip(&log->facts, trees[i], err);
		if (!stripped)
			return opj_fail_in(err, names[i]);
		if (json_object_set_new(definition, names[i], stripped))
			return opj_fail(err, "out of memory");
	}
	return 0;
}

static int states_read(struct opj_oplog *log, const json_t *list, struct opj_op *op, struct opj_error *err)
{
	size_t count = json_array_size(list);
	if (count > log->state_capacity) {
		uint64_t *states = realloc(log->states, count * sizeof *states);
		if (!states)
			return opj_fail(err, "out of memory");
		log->states = states;
		log->state_capacity = count;
	}
	for (size_t i = 0; i < count; i++) {
		if (opj_field_uint(json_array_get(list, i), "states", &log->states[i], err))
			return -1;
	}
	op->states = log->states;
	op->state_count = (uint32_t)count;
	return 0;
}

static int op_line(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, INDEX, OP, STAGE, GRAD, MODS, PARENTS, SUSPENDED, NS, IN, KW, OUT, STATES, SPIKE, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},
	    {"i", OPJ_FIELD_INTEGER},
	    {"op", OPJ_FIELD_STRING},
	    {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"grad", OPJ_FIELD_BOOL},
	    {"mods", OPJ_FIELD_ARRAY},
	    {"parents", OPJ_FIELD_ARRAY},
	    {"suspended", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL},
	    {"ns", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"in", OPJ_FIELD_ARRAY},
	    {"kw", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL},
	    {"out", OPJ_FIELD_ANY},
	    {"states", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL},
	    {"spike", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL},
	};
	const json_t *v[FIELDS];
	struct opj_op op = {0};
	uint64_t index;
	if (opj_fields_read(line, fields, FIELDS, v, err) || opj_field_uint(v[INDEX], "i", &index, err))
		return -1;
	if (index != trace->ops)
		return opj_fail(err, "i: op %llu where op %llu was due", (unsigned long long)index,
				(unsigned long long)trace->ops);
	if (!has_global(v[PARENTS]))
		return opj_fail(err, "parents: \"Global\" is missing");
	op.context = context_intern(log, trace, v[MODS], v[PARENTS], v[STAGE], json_is_true(v[SUSPENDED]),
				    json_is_true(v[GRAD]), err);
	if (!op.context)
		return -1;
	json_t *definition = json_pack("{s:O}", "op", v[OP]);
	if (!definition)
		return opj_fail(err, "out of memory");
	if (trees_strip(log, definition, (const char *const[]){"in", "kw", "out"}, &v[IN], 3, err)) {
		json_decref(definition);
		return -1;
	}
	struct opj_model_signature *signature = intern(log, trace, OPJ_DEFINE_SIGNATURE, definition, err);
	if (!signature || opj_facts_apply(&log->facts, signature->operands, err))
		return -1;
	op.signature = &signature->def;
	op.operands = signature->operands;
	if (v[NS] && opj_field_uint(v[NS], "ns", &op.duration_ns, err))
		return -1;
	if (v[STATES] && states_read(log, v[STATES], &op, err))
		return -1;
	if (v[SPIKE] && opj_spike_read(&log->spike, v[SPIKE], err))
		return opj_fail_in(err, "spike");
	op.spike = v[SPIKE] ? &log->spike.stats : NULL;
	return opj_trace_emit_op(trace, &op, err);
}

static int after_check(const struct opj_trace *trace, const json_t *after, struct opj_error *err)
{
	uint64_t ops;
	if (opj_field_uint(after, "after", &ops, err))
		return -1;
	return ops == trace->ops ? 0
				 : opj_fail(err, "after: %llu, but there were %llu ops so far", (unsigned long long)ops,
					    (unsigned long long)trace->ops);
}

static int call_line(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, DIR, MOD, STAGE, AFTER, SUSPENDED, IN, OUT, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},      {"dir", OPJ_FIELD_STRING},
	    {"mod", OPJ_FIELD_INTEGER},   {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"after", OPJ_FIELD_INTEGER}, {"suspended", OPJ_FIELD_BOOL},
	    {"in", OPJ_FIELD_ARRAY},      {"out", OPJ_FIELD_ARRAY},
	};
	const json_t *v[FIELDS];
	if (opj_fields_read(line, fields, FIELDS, v, err) || after_check(trace, v[AFTER], err))
		return -1;
	const struct opj_context *context =
	    context_intern(log, trace, NULL, NULL, v[STAGE], json_is_true(v[SUSPENDED]), false, err);
	if (!context)
		return -1;
	json_t *definition = json_pack("{s:O,s:O}", "dir", v[DIR], "mod", v[MOD]);
	if (!definition)
		return opj_fail(err, "out of memory");
	if (trees_strip(log, definition, (const char *const[]){"in", "out"}, &v[IN], 2, err)) {
		json_decref(definition);
		return -1;
	}
	struct opj_model_call *def = intern(log, trace, OPJ_DEFINE_CALL, definition, err);
	if (!def || opj_facts_apply(&log->facts, def->operands, err))
		return -1;
	struct opj_call call = {.module = def->module,
				.direction = def->direction,
				.context = context,
				.in = def->in,
				.in_count = def->in_count,
				.out = def->out,
				.out_count = def->out_count,
				.operands = def->operands,
				.operand_count = def->operand_count};
	return opj_trace_emit_call(trace, &call, err);
}

static int optimizer_line(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, CLS, STAGE, AFTER, GROUPS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},      {"cls", OPJ_FIELD_STRING},   {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"after", OPJ_FIELD_INTEGER}, {"groups", OPJ_FIELD_ARRAY},
	};
	const json_t *v[FIELDS];
	if (opj_fields_read(line, fields, FIELDS, v, err) || after_check(trace, v[AFTER], err))
		return -1;
	struct opj_optimizer_step step = {.context =
					      context_intern(log, trace, NULL, NULL, v[STAGE], false, false, err)};
	if (!step.context)
		return -1;
	const struct opj_optimizer_record *def =
	    intern(log, trace, OPJ_DEFINE_OPTIMIZER, json_pack("{s:O,s:O}", "cls", v[CLS], "groups", v[GROUPS]), err);
	if (!def)
		return -1;
	step.def = *def;
	return opj_trace_emit_optimizer(trace, &step, err);
}

static int begin_line(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	(void)trace, (void)line; /* opj_oplog_open has read it */
	return log->line_number == 1 ? 0 : opj_fail(err, "a second \"oplog\" line");
}

static int end_line(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	uint64_t ops;
	if (end_read(line, &ops, err))
		return -1;
	if (ops != trace->ops)
		return opj_fail(err, "ops: says %llu, but there were %llu", (unsigned long long)ops,
				(unsigned long long)trace->ops);
	log->ended = true;
	return 0;
}

static int line_replay(struct opj_oplog *log, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	static const struct {
		const char *kind;
		int (*read)(struct opj_oplog *, struct opj_trace *, json_t *, struct opj_error *);
	} kinds[] = {
	    {"op", op_line},       {"call", call_line},           {"module", module_line},
	    {"oplog", begin_line}, {"optimizer", optimizer_line}, {"end", end_line},
	};
	const char *kind = json_string_value(json_object_get(line, "k"));
	if (!kind)
		return opj_fail(err, "key \"k\" is missing or no string");
	if (log->ended)
		return opj_fail(err, "there is more behind the \"end\" line");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].read(log, trace, line, err);
	}
	return opj_fail(err, "k: unknown kind of line \"%s\"", kind);
}

int opj_oplog_replay(struct opj_oplog *log, struct opj_trace *trace, struct opj_error *err)
{
	json_t *line;
	for (;;) {
		if (line_read(log, &line, err))
			return -1;
		if (!line)
			break;
		int failed = line_replay(log, trace, line, err);
		json_decref(line);
		if (failed)
			return fail_at(log, err);
	}
	if (!log->ended && !log->partial)
		return opj_fail(err, "%s: cut short: the \"end\" line is missing", log->path);
	return 0;
}
