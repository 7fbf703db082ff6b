/* replay/oplog/oplog_line.c: see oplog_line.h. A line is checked against the keys that its kind may have and taken
 * apart into definitions, interned by their text, and an event: what a trace of the same run would hold. */
#include "oplog_line.h"
#include "replay/core/tree.h"
#include <stdlib.h>

int opj_oplog_end_read(const json_t *line, uint64_t *ops, struct opj_error *err)
{
	static const struct opj_field fields[] = {{"k", OPJ_FIELD_STRING}, {"ops", OPJ_FIELD_INTEGER}};
	static const struct opj_field_rules strict = {0};
	const json_t *v[2];
	return opj_fields_read(line, fields, 2, &strict, v, err) ? -1 : opj_field_uint(v[1], "ops", ops, err);
}

void opj_oplog_lines_finish(struct opj_oplog_lines *lines)
{
	for (int kind = 0; kind < OPJ_DEFINE_KINDS; kind++)
		opj_intern_finish(&lines->interned[kind]);
	opj_facts_finish(&lines->facts);
	opj_spike_reader_finish(&lines->spike);
	free(lines->states);
	*lines = (struct opj_oplog_lines){0};
}

/* The definition with this text, made where it is new. Takes the reference to `text`, which may be NULL. */
static void *intern(struct opj_oplog_lines *lines, struct opj_trace *trace, enum opj_define_kind kind, json_t *text,
		    struct opj_error *err)
{
	void *definition = NULL;
	char *key = text ? json_dumps(text, JSON_COMPACT) : NULL;
	if (!key) {
		opj_fail(err, "out of memory");
		goto done;
	}
	struct opj_intern *interned = &lines->interned[kind];
	size_t length = strlen(key);
	uint64_t hash = opj_intern_hash(key, length);
	uint32_t id = opj_intern_find(interned, key, length, hash);
	if (id == OPJ_INTERN_NONE) {
		id = interned->count;
		if (opj_trace_define(trace, kind, id, text, err))
			goto done;
		if (opj_intern_add(interned, key, length, hash) == OPJ_INTERN_NONE) {
			opj_fail(err, "out of memory");
			goto done;
		}
	}
	definition = opj_definitions_get(&trace->definitions, kind, id);
done:
	free(key);
	json_decref(text);
	return definition;
}

static int module_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	uint64_t id;
	const json_t *number = json_object_get(line, "id");
	(void)lines;
	if (!number)
		return opj_fail(err, "key \"id\" is missing");
	if (opj_field_uint(number, "id", &id, err))
		return -1;
	json_object_del(line, "k");
	json_object_del(line, "id");
	return opj_trace_define(trace, OPJ_DEFINE_MODULE, id, line, err);
}

/* What a line says of the circumstances; NULL where it says nothing. */
struct line_context {
	const json_t *mods, *parents, *stage, *suspended, *grad, *phase, *reuse, *norm;
};

static const struct opj_context *context_intern(struct opj_oplog_lines *lines, struct opj_trace *trace,
						const struct line_context *line, struct opj_error *err)
{
	json_t *text =
	    json_pack("{s:O?,s:O?,s:O,s:b,s:b,s:O*,s:O*,s:O*}", "mods", line->mods, "parents", line->parents, "stage",
		      line->stage, "suspended", json_is_true(line->suspended), "grad", json_is_true(line->grad),
		      "phase", line->phase, "reuse_weights", line->reuse, "batch_norm_backward", line->norm);
	if (text && !line->mods)
		json_object_set_new(text, "mods", json_array());
	if (text && !line->parents)
		json_object_set_new(text, "parents", json_pack("[s]", "Global"));
	return intern(lines, trace, OPJ_DEFINE_CONTEXT, text, err);
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

/* Moves the trees of a line, `names` of them, into a new definition, their facts into lines->facts. */
static int trees_strip(struct opj_oplog_lines *lines, const struct opj_trace *trace, json_t *definition,
		       const char *const *names, const json_t *const *trees, size_t count, struct opj_error *err)
{
	lines->facts.count = 0;
	lines->facts.rules = trace->definitions.rules;
	for (size_t i = 0; i < count; i++) {
		if (!trees[i])
			continue;
		json_t *stripped = strcmp(names[i], "kw") == 0 ? opj_facts_strip_members(&lines->facts, trees[i], err)
							       : opj_facts_strip(&lines->facts, trees[i], err);
		if (!stripped)
			return opj_fail_in(err, names[i]);
		if (json_object_set_new(definition, names[i], stripped))
			return opj_fail(err, "out of memory");
	}
	return 0;
}

static int states_read(struct opj_oplog_lines *lines, const json_t *list, struct opj_op *op, struct opj_error *err)
{
	size_t count = json_array_size(list);
	if (count > UINT16_MAX)
		return opj_fail(err, "states: more than %d", UINT16_MAX);
	if (count > lines->state_capacity) {
		uint64_t *states = realloc(lines->states, count * sizeof *states);
		if (!states)
			return opj_fail(err, "out of memory");
		lines->states = states;
		lines->state_capacity = count;
	}
	for (size_t i = 0; i < count; i++) {
		if (opj_field_uint(json_array_get(list, i), "states", &lines->states[i], err) ||
		    opj_facts_storage_check(lines->states[i], "states", err))
			return -1;
	}
	op->states = lines->states;
	op->state_count = (uint32_t)count;
	return 0;
}

static int op_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, INDEX, OP, STAGE, GRAD, MODS, PARENTS, SUSPENDED, PHASE, REUSE, NORM, NS };
	enum { IN = NS + 1, KW, OUT, STATES, SPIKE, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},
	    {"i", OPJ_FIELD_INTEGER},
	    {"op", OPJ_FIELD_STRING},
	    {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"grad", OPJ_FIELD_BOOL},
	    {"mods", OPJ_FIELD_ARRAY},
	    {"parents", OPJ_FIELD_ARRAY},
	    {"suspended", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL},
	    {"phase", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"reuse_weights", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"batch_norm_backward", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
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
	if (opj_fields_read(line, fields, FIELDS, &trace->definitions.rules, v, err) ||
	    opj_field_uint(v[INDEX], "i", &index, err))
		return -1;
	if (index != trace->ops)
		return opj_fail(err, "i: op %llu where op %llu was due", (unsigned long long)index,
				(unsigned long long)trace->ops);
	if (!has_global(v[PARENTS]))
		return opj_fail(err, "parents: \"Global\" is missing");
	op.context = context_intern(lines, trace,
				    &(struct line_context){.mods = v[MODS],
							   .parents = v[PARENTS],
							   .stage = v[STAGE],
							   .suspended = v[SUSPENDED],
							   .grad = v[GRAD],
							   .phase = v[PHASE],
							   .reuse = v[REUSE],
							   .norm = v[NORM]},
				    err);
	if (!op.context)
		return -1;
	json_t *definition = json_pack("{s:O}", "op", v[OP]);
	if (!definition)
		return opj_fail(err, "out of memory");
	if (trees_strip(lines, trace, definition, (const char *const[]){"in", "kw", "out"}, &v[IN], 3, err)) {
		json_decref(definition);
		return -1;
	}
	struct opj_definition_signature *signature = intern(lines, trace, OPJ_DEFINE_SIGNATURE, definition, err);
	if (!signature || opj_facts_apply(&lines->facts, signature->operands, err))
		return -1;
	op.signature = &signature->def;
	op.operands = signature->operands;
	if (v[NS] && opj_field_uint(v[NS], "ns", &op.duration_ns, err))
		return -1;
	if (v[STATES] && states_read(lines, v[STATES], &op, err))
		return -1;
	if (v[SPIKE] && opj_spike_read(&lines->spike, v[SPIKE], &trace->definitions.rules, err))
		return opj_fail_in(err, "spike");
	op.spike = v[SPIKE] ? &lines->spike.stats : NULL;
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

static int call_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, DIR, MOD, STAGE, AFTER, SUSPENDED, PHASE, REUSE, NORM, IN, OUT, KW, STATES, GRAD, TRAINING, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},
	    {"dir", OPJ_FIELD_STRING},
	    {"mod", OPJ_FIELD_INTEGER},
	    {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"after", OPJ_FIELD_INTEGER},
	    {"suspended", OPJ_FIELD_BOOL},
	    {"phase", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"reuse_weights", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"batch_norm_backward", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"in", OPJ_FIELD_ARRAY},
	    {"out", OPJ_FIELD_ARRAY},
	    {"kw", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL, 1},
	    {"states", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL, 1},
	    {"grad", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"training", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	if (opj_fields_read(line, fields, FIELDS, &trace->definitions.rules, v, err) ||
	    after_check(trace, v[AFTER], err))
		return -1;
	const struct opj_context *context = context_intern(
	    lines, trace,
	    &(struct line_context){
		.stage = v[STAGE], .suspended = v[SUSPENDED], .phase = v[PHASE], .reuse = v[REUSE], .norm = v[NORM]},
	    err);
	if (!context)
		return -1;
	json_t *definition = json_pack("{s:O,s:O,s:O*,s:O*,s:O*}", "dir", v[DIR], "mod", v[MOD], "states", v[STATES],
				       "grad", v[GRAD], "training", v[TRAINING]);
	if (!definition)
		return opj_fail(err, "out of memory");
	if (trees_strip(lines, trace, definition, (const char *const[]){"in", "out", "kw"}, &v[IN], 3, err)) {
		json_decref(definition);
		return -1;
	}
	struct opj_definition_call *def = intern(lines, trace, OPJ_DEFINE_CALL, definition, err);
	if (!def || opj_facts_apply(&lines->facts, def->operands, err))
		return -1;
	struct opj_call call = opj_definition_call_event(def, context);
	return opj_trace_emit_call(trace, &call, err);
}

static int optimizer_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, CLS, STAGE, AFTER, PHASE, REUSE, NORM, GROUPS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},
	    {"cls", OPJ_FIELD_STRING},
	    {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"after", OPJ_FIELD_INTEGER},
	    {"phase", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"reuse_weights", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"batch_norm_backward", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"groups", OPJ_FIELD_ARRAY},
	};
	const json_t *v[FIELDS];
	if (opj_fields_read(line, fields, FIELDS, &trace->definitions.rules, v, err) ||
	    after_check(trace, v[AFTER], err))
		return -1;
	struct opj_optimizer_step step = {
	    .context = context_intern(
		lines, trace,
		&(struct line_context){.stage = v[STAGE], .phase = v[PHASE], .reuse = v[REUSE], .norm = v[NORM]}, err)};
	if (!step.context)
		return -1;
	const struct opj_optimizer_record *def =
	    intern(lines, trace, OPJ_DEFINE_OPTIMIZER, json_pack("{s:O,s:O}", "cls", v[CLS], "groups", v[GROUPS]), err);
	if (!def)
		return -1;
	step.def = *def;
	return opj_trace_emit_optimizer(trace, &step, err);
}

static int mark_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, NAME, INDEX, AFTER, NUMBERS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},      {"name", OPJ_FIELD_STRING},    {"index", OPJ_FIELD_INTEGER},
	    {"after", OPJ_FIELD_INTEGER}, {"numbers", OPJ_FIELD_OBJECT},
	};
	const json_t *v[FIELDS];
	struct opj_arena arena = {0};
	(void)lines;
	if (opj_fields_read(line, fields, FIELDS, &trace->definitions.rules, v, err) ||
	    after_check(trace, v[AFTER], err))
		return -1;
	struct opj_trace_mark mark = {
	    .after = trace->ops, .def = {.name = json_string_value(v[NAME]), .index = json_integer_value(v[INDEX])}};
	int result = opj_tree_constants(&arena, v[NUMBERS], "numbers", &mark.def.numbers, &mark.def.number_count, err);
	for (uint32_t i = 0; !result && i < mark.def.number_count; i++) {
		enum opj_value_type type = mark.def.numbers[i].type;
		if (type != OPJ_VALUE_INT && type != OPJ_VALUE_FLOAT)
			result = opj_fail(err, "numbers: %s: not a number", mark.def.numbers[i].key);
	}
	if (!result)
		result = opj_trace_emit_mark(trace, &mark, err);
	opj_arena_finish(&arena);
	return result;
}

static int site_values(struct opj_arena *arena, const json_t *list, struct opj_site *site, struct opj_error *err)
{
	size_t count = json_array_size(list);
	uint64_t *values = opj_arena_alloc(arena, count, sizeof *values);
	if (!values)
		return opj_fail(err, "out of memory");
	for (size_t i = 0; i < count; i++) {
		if (opj_field_uint(json_array_get(list, i), "values", &values[i], err))
			return -1;
	}
	site->values = values;
	site->value_count = (uint32_t)count;
	return site->first + count <= site->total ? 0 : opj_fail(err, "values: more than there are in all");
}

static int site_what(const char *name, enum opj_site_what *what, struct opj_error *err)
{
	for (enum opj_site_what w = OPJ_SITE_CHANNELS; opj_site_what_name(w); w++) {
		if (strcmp(opj_site_what_name(w), name) == 0) {
			*what = w;
			return 0;
		}
	}
	return opj_fail(err, "what: unknown sum \"%s\"", name);
}

static int small_uint(const json_t *json, const char *key, uint32_t *number, struct opj_error *err)
{
	uint64_t value;
	if (opj_field_uint(json, key, &value, err))
		return -1;
	*number = (uint32_t)value;
	return value <= UINT32_MAX ? 0 : opj_fail(err, "%s: 2^32 or more", key);
}

/* The op is said as in its line, its tensors as a definition has them: where they were did not matter. */
static int site_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	enum { K, OP, STAGE, GRAD, MODS, PARENTS, SUSPENDED, PHASE, REUSE, NORM };
	enum { IN = NORM + 1, KW, OUT, TENSOR, WHAT, OPS, FIRST, TOTAL, VALUES, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"k", OPJ_FIELD_STRING},
	    {"op", OPJ_FIELD_STRING},
	    {"stage", OPJ_FIELD_STRING | OPJ_FIELD_NULL},
	    {"grad", OPJ_FIELD_BOOL},
	    {"mods", OPJ_FIELD_ARRAY},
	    {"parents", OPJ_FIELD_ARRAY},
	    {"suspended", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL},
	    {"phase", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"reuse_weights", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"batch_norm_backward", OPJ_FIELD_BOOL | OPJ_FIELD_OPTIONAL, 1},
	    {"in", OPJ_FIELD_ARRAY},
	    {"kw", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL},
	    {"out", OPJ_FIELD_ANY},
	    {"tensor", OPJ_FIELD_INTEGER},
	    {"what", OPJ_FIELD_STRING},
	    {"ops", OPJ_FIELD_INTEGER},
	    {"first", OPJ_FIELD_INTEGER},
	    {"total", OPJ_FIELD_INTEGER},
	    {"values", OPJ_FIELD_ARRAY},
	};
	const json_t *v[FIELDS];
	struct opj_arena arena = {0};
	struct opj_site site = {0};
	if (opj_fields_read(line, fields, FIELDS, &trace->definitions.rules, v, err) ||
	    small_uint(v[TENSOR], "tensor", &site.tensor, err) || opj_field_uint(v[OPS], "ops", &site.ops, err) ||
	    small_uint(v[FIRST], "first", &site.first, err) || small_uint(v[TOTAL], "total", &site.total, err) ||
	    site_what(json_string_value(v[WHAT]), &site.what, err))
		return -1;
	site.context = context_intern(lines, trace,
				      &(struct line_context){.mods = v[MODS],
							     .parents = v[PARENTS],
							     .stage = v[STAGE],
							     .suspended = v[SUSPENDED],
							     .grad = v[GRAD],
							     .phase = v[PHASE],
							     .reuse = v[REUSE],
							     .norm = v[NORM]},
				      err);
	const struct opj_definition_signature *def =
	    site.context
		? intern(lines, trace, OPJ_DEFINE_SIGNATURE,
			 json_pack("{s:O,s:O,s:O*,s:O}", "op", v[OP], "in", v[IN], "kw", v[KW], "out", v[OUT]), err)
		: NULL;
	if (!def)
		return -1;
	site.signature = &def->def;
	site.operands = def->operands;
	if (site.tensor >= def->def.operand_count)
		return opj_fail(err, "tensor: there is no tensor %u", site.tensor);
	int result = site_values(&arena, v[VALUES], &site, err) ? -1 : opj_trace_emit_site(trace, &site, err);
	opj_arena_finish(&arena);
	return result;
}

static int begin_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	(void)lines, (void)trace, (void)line;
	return opj_fail(err, "a second \"oplog\" line");
}

static int end_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	uint64_t ops;
	if (opj_oplog_end_read(line, &ops, err))
		return -1;
	if (ops != trace->ops)
		return opj_fail(err, "ops: says %llu, but there were %llu", (unsigned long long)ops,
				(unsigned long long)trace->ops);
	lines->ended = true;
	return 0;
}

int opj_oplog_line(struct opj_oplog_lines *lines, struct opj_trace *trace, json_t *line, struct opj_error *err)
{
	static const struct {
		const char *kind;
		int (*read)(struct opj_oplog_lines *, struct opj_trace *, json_t *, struct opj_error *);
		unsigned since; /* minor version of the schema that has it first */
	} kinds[] = {
	    {"op", op_line, 0},       {"call", call_line, 0},           {"module", module_line, 0},
	    {"oplog", begin_line, 0}, {"optimizer", optimizer_line, 0}, {"end", end_line, 0},
	    {"mark", mark_line, 1},   {"site", site_line, 1},
	};
	const char *kind = json_string_value(json_object_get(line, "k"));
	if (!kind)
		return opj_fail(err, "key \"k\" is missing or no string");
	if (lines->ended)
		return opj_fail(err, "there is more behind the \"end\" line");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].kind, kind) == 0 && kinds[i].since <= trace->definitions.rules.minor)
			return kinds[i].read(lines, trace, line, err);
	}
	return opj_fail(err, "k: unknown kind of line \"%s\"", kind);
}
