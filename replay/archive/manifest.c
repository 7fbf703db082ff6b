/* replay/archive/manifest.c: reading manifest.json.
 *
 * Whoever made the archive, the manifest is a stranger's text: every field is checked for its type and range, and
 * everything that decides where bytes are read is held against the size of the file. Fields that are not known are
 * ignored, so that a later minor format may add some. */
#include "manifest.h"
#include "replay/core/tree.h"
#include <stdlib.h>
#include <string.h>

/* Where in the manifest a field stands, for messages. */
struct place {
	const char *path;
	struct opj_error *err;
	bool failed; /* err is set; whatever is read from here on does not matter */
};

static void fail_field(struct place *place, const char *key, const char *want)
{
	if (!place->failed)
		opj_fail(place->err, "%s: manifest.json: \"%s\" %s", place->path, key, want);
	place->failed = true;
}

static const char *get_string(struct place *place, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!value)
		return "";
	if (!json_is_string(value))
		fail_field(place, key, "is not a string");
	return json_is_string(value) ? json_string_value(value) : "";
}

static uint64_t get_count(struct place *place, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		fail_field(place, key, "is not a whole number from 0");
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

static int get_small(struct place *place, const json_t *object, const char *key)
{
	uint64_t value = get_count(place, object, key);
	if (value > 1000000)
		fail_field(place, key, "is out of range");
	return (int)value;
}

static bool get_truth(struct place *place, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_boolean(value))
		fail_field(place, key, "is neither true nor false");
	return json_is_true(value);
}

static const json_t *get_array(struct place *place, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_array(value))
		fail_field(place, key, "is not a list");
	return value;
}

static void put_quoted(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

/* The command's words as a shell would read them back. */
static char *quote_command(struct place *place, const json_t *words)
{
	char *text = NULL;
	size_t length, i;
	json_t *word;
	FILE *out = open_memstream(&text, &length);
	if (!out) {
		fail_field(place, "command", "does not fit into memory");
		return NULL;
	}
	json_array_foreach(words, i, word)
	{
		if (!json_is_string(word))
			fail_field(place, "command", "has an item that is not a string");
		if (i > 0)
			fputc(' ', out);
		put_quoted(out, json_is_string(word) ? json_string_value(word) : "");
	}
	fclose(out);
	return text;
}

/* A flat object as keyed values; what else a later version may have put there is passed over. */
static void get_values(struct place *place, struct opj_archive_manifest *manifest, const char *name,
		       const struct opj_value **values, uint32_t *count)
{
	json_t *object = json_object_get(manifest->json, name), *value;
	const char *key;
	void *next;
	if (object && !json_is_object(object)) {
		fail_field(place, name, "is not an object");
		return;
	}
	json_object_foreach_safe(object, next, key, value)
	{
		if (json_is_object(value) && !json_object_get(value, "f"))
			json_object_del(object, key);
	}
	if (object && opj_tree_constants(&manifest->arena, object, name, values, count, NULL))
		fail_field(place, name, "has a value that is none");
}

static void get_facts(struct place *place, struct opj_archive_manifest *manifest)
{
	const json_t *json = manifest->json;
	const json_t *schema = json_object_get(json, "schema");
	manifest->command = quote_command(place, get_array(place, json, "command"));
	manifest->facts = (struct opj_manifest){
	    .schema_major = get_small(place, schema, "major"),
	    .schema_minor = get_small(place, schema, "minor"),
	    .tool = get_string(place, json, "tool"),
	    .framework = get_string(place, json, "framework"),
	    .model = get_string(place, json, "model"),
	    .run = get_string(place, json, "run"),
	    .input = get_string(place, json, "input"),
	    .command = manifest->command,
	    .host = get_string(place, json, "host"),
	    .cpu = get_string(place, json, "cpu"),
	    .kernel = get_string(place, json, "kernel"),
	    .started = get_string(place, json, "started"),
	    .ended = get_string(place, json, "ended"),
	    .ops = get_count(place, json, "ops"),
	    .lost_events = get_count(place, json, "lost_events"),
	    .unseen_forks = json_object_get(json, "unseen_forks") ? get_count(place, json, "unseen_forks") : 0,
	    .complete = get_truth(place, json, "complete"),
	    .why = get_string(place, json, "why"),
	};
	get_values(place, manifest, "environment", &manifest->facts.environment, &manifest->facts.environment_count);
	get_values(place, manifest, "facts", &manifest->facts.facts, &manifest->facts.fact_count);
}

static void get_chunk(struct place *place, const json_t *json, uint64_t end, struct opj_archive_chunk *chunk)
{
	uint64_t last;
	*chunk = (struct opj_archive_chunk){
	    .path = get_string(place, json, "path"),
	    .offset = get_count(place, json, "offset"),
	    .size = get_count(place, json, "size"),
	    .raw_size = get_count(place, json, "raw_size"),
	};
	if (__builtin_add_overflow(chunk->offset, chunk->size, &last) || last > end || chunk->size == 0)
		fail_field(place, "offset", "of a chunk is outside of the archive");
	if (!*chunk->path)
		fail_field(place, "path", "of a chunk is missing");
}

static void get_process(struct place *place, const json_t *json, uint64_t end, struct opj_archive_entry *entry)
{
	struct opj_archive_process *process = &entry->process;
	const json_t *chunks = get_array(place, json, "chunks");
	size_t count = json_array_size(chunks);
	*process = (struct opj_archive_process){
	    .pid = (int64_t)get_count(place, json, "pid"),
	    .name = get_string(place, json, "name"),
	    .ops = get_count(place, json, "ops"),
	    .ended = get_truth(place, json, "ended"),
	};
	if (count > UINT32_MAX || !(entry->chunks = calloc(count + 1, sizeof *entry->chunks))) {
		fail_field(place, "chunks", "does not fit into memory");
		return;
	}
	process->chunk_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		get_chunk(place, json_array_get(chunks, i), end, &entry->chunks[i]);
		if (__builtin_add_overflow(process->raw_size, entry->chunks[i].raw_size, &process->raw_size))
			fail_field(place, "raw_size", "of all chunks is more than 2^64");
	}
}

static void get_processes(struct place *place, struct opj_archive_manifest *manifest, uint64_t end)
{
	const json_t *list = get_array(place, manifest->json, "processes");
	size_t count = json_array_size(list);
	if (count > UINT32_MAX || !(manifest->entries = calloc(count + 1, sizeof *manifest->entries))) {
		fail_field(place, "processes", "does not fit into memory");
		return;
	}
	manifest->facts.process_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		get_process(place, json_array_get(list, i), end, &manifest->entries[i]);
}

int opj_archive_manifest_parse(struct opj_archive_manifest *manifest, const char *path, const char *text, uint64_t end,
			       struct opj_error *err)
{
	json_error_t where;
	struct place place = {.path = path, .err = err};
	*manifest = (struct opj_archive_manifest){.json = json_loads(text, JSON_REJECT_DUPLICATES, &where)};
	if (!manifest->json)
		return opj_fail(err, "%s: manifest.json, line %d: %s", path, where.line, where.text);
	int format = get_small(&place, manifest->json, "opj");
	if (!place.failed && format != OPJ_ARCHIVE_FORMAT) {
		opj_fail(err, "%s: archive format %d; this opjoule reads format %d", path, format, OPJ_ARCHIVE_FORMAT);
		place.failed = true;
	}
	if (!place.failed)
		get_facts(&place, manifest);
	if (!place.failed)
		get_processes(&place, manifest, end);
	if (!place.failed)
		return 0;
	opj_archive_manifest_finish(manifest);
	return -1;
}

void opj_archive_manifest_finish(struct opj_archive_manifest *manifest)
{
	for (uint32_t i = 0; manifest->entries && i < manifest->facts.process_count; i++)
		free(manifest->entries[i].chunks);
	free(manifest->entries);
	free(manifest->command);
	opj_arena_finish(&manifest->arena);
	json_decref(manifest->json);
	*manifest = (struct opj_archive_manifest){0};
}
