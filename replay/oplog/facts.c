/* replay/oplog/facts.c: see facts.h. What a tensor says of its values (`z`, `b`, `s`) must agree with itself, because
 * counters trust it. */
#include "facts.h"
#include "record/base/vector.h"
#include "replay/core/fields.h"
#include "replay/core/tree.h"
#include <stdlib.h>

static json_t *strip(struct opj_facts *facts, const json_t *value, unsigned depth, struct opj_error *err);

static int stats_read(const json_t *nonzero, const json_t *binary, const json_t *sum, struct opj_stats *stats,
		      struct opj_error *err)
{
	if (!nonzero && !binary && !sum)
		return 0;
	if (!nonzero || !binary)
		return opj_fail(err, "\"z\" and \"b\" come together or not at all");
	if (opj_field_uint(nonzero, "z", &stats->nnz, err))
		return -1;
	json_int_t b = json_integer_value(binary);
	if (b != 0 && b != 1)
		return opj_fail(err, "b: neither 0 nor 1");
	if (b && sum)
		return opj_fail(err, "s: has no place where every element is 0 or 1");
	stats->kind = b ? OPJ_KIND_BINARY : OPJ_KIND_DENSE;
	if (!sum)
		return 0;
	stats->magnitude = json_number_value(sum);
	if (stats->magnitude < (double)stats->nnz)
		return opj_fail(err, "s: smaller than the number of nonzero elements");
	/* Every nonzero whole number counts 1 or more: the sum equals their number when all are 1 or -1. */
	stats->kind = stats->magnitude == (double)stats->nnz ? OPJ_KIND_TERNARY : OPJ_KIND_INTEGRAL;
	return 0;
}

static int range_read(const json_t *exponent, const json_t *negative, const json_t *zeros, struct opj_stats *stats,
		      struct opj_error *err)
{
	if (!exponent && !negative && !zeros)
		return 0;
	if (!exponent || !negative || !zeros)
		return opj_fail(err, "\"e\", \"n\" and \"tz\" come together or not at all");
	if (stats->kind != OPJ_KIND_INTEGRAL && stats->kind != OPJ_KIND_DENSE)
		return opj_fail(err, "e: has a place only where the values are whole numbers or dense");
	json_int_t e = json_integer_value(exponent), n = json_integer_value(negative), z = json_integer_value(zeros);
	if (e < OPJ_EXPONENT_MIN || e > OPJ_EXPONENT_MAX || (n != 0 && n != 1) || z < 0 || z > 64)
		return opj_fail(err, "e, n, tz: out of range");
	stats->ranged = true;
	stats->exponent = (int8_t)e;
	stats->negative = n == 1;
	stats->trailing_zeros = (uint8_t)z;
	return 0;
}

int opj_facts_storage_check(uint64_t id, const char *key, struct opj_error *err)
{
	if (id == 0)
		return opj_fail(err, "%s: storage ids begin at 1", key);
	return id < INT64_MAX ? 0 : opj_fail(err, "%s: storage ids end before 2^63 - 1", key);
}

/* Copies what the definition keeps of a tensor, in the order in which the trace writes it. */
static json_t *strip_tensor(struct opj_facts *facts, const json_t *tensor, struct opj_error *err)
{
	enum { SHAPE, DTYPE, GRAD, NAME, ROLE, STRIDES, DEVICE, KEPT };
	enum { STORAGE = KEPT, ADDRESS, NONZERO, BINARY, SUM, EXTENT, OFFSET, EXPONENT, NEGATIVE, ZEROS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"T", OPJ_FIELD_ARRAY},
	    {"d", OPJ_FIELD_STRING},
	    {"g", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"p", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL},
	    {"r", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL},
	    {"st", OPJ_FIELD_ARRAY | OPJ_FIELD_OPTIONAL, 1},
	    {"dev", OPJ_FIELD_STRING | OPJ_FIELD_OPTIONAL, 1},
	    {"u", OPJ_FIELD_INTEGER},
	    {"a", OPJ_FIELD_INTEGER},
	    {"z", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"b", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"s", OPJ_FIELD_NUMBER | OPJ_FIELD_OPTIONAL},
	    {"sb", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	    {"o", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	    {"e", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	    {"n", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	    {"tz", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	};
	const json_t *v[FIELDS];
	struct opj_fact *fact = OPJ_PUSH(facts->items, facts->count);
	if (!fact)
		return opj_fail(err, "out of memory"), NULL;
	if (opj_fields_read(tensor, fields, FIELDS, &facts->rules, v, err) ||
	    opj_field_uint(v[STORAGE], "u", &fact->storage, err) ||
	    opj_field_uint(v[ADDRESS], "a", &fact->address, err) ||
	    stats_read(v[NONZERO], v[BINARY], v[SUM], &fact->stats, err) ||
	    range_read(v[EXPONENT], v[NEGATIVE], v[ZEROS], &fact->stats, err) ||
	    (v[EXTENT] && opj_field_uint(v[EXTENT], "sb", &fact->extent, err)) ||
	    (v[OFFSET] && opj_field_uint(v[OFFSET], "o", &fact->offset, err)))
		return NULL;
	if (v[OFFSET] && fact->extent == 0)
		return opj_fail(err, "o: has no place without \"sb\""), NULL;
	if (opj_facts_storage_check(fact->storage, "u", err))
		return NULL;
	json_t *kept = json_object();
	for (int i = 0; kept && i < KEPT; i++) {
		if (v[i] && json_object_set(kept, fields[i].key, (json_t *)v[i])) {
			json_decref(kept);
			kept = NULL;
		}
	}
	if (!kept)
		opj_fail(err, "out of memory");
	return kept;
}

static json_t *strip_list(struct opj_facts *facts, const json_t *list, unsigned depth, struct opj_error *err)
{
	json_t *kept = json_array();
	for (size_t i = 0; kept && i < json_array_size(list); i++) {
		json_t *item = strip(facts, json_array_get(list, i), depth, err);
		if (!item || json_array_append_new(kept, item)) {
			char where[32];
			snprintf(where, sizeof where, "[%zu]", i);
			opj_fail_in(err, where);
			json_decref(kept);
			return NULL;
		}
	}
	return kept;
}

static json_t *strip(struct opj_facts *facts, const json_t *value, unsigned depth, struct opj_error *err)
{
	if (depth > OPJ_VALUE_DEPTH_MAX)
		return opj_fail(err, "nested deeper than %d", OPJ_VALUE_DEPTH_MAX), NULL;
	if (json_is_array(value))
		return strip_list(facts, value, depth + 1, err);
	if (!json_is_object(value))
		return json_incref((json_t *)value);
	if (json_object_get(value, "T"))
		return strip_tensor(facts, value, err);
	/* A float that JSON cannot say, or something that the definition will refuse. */
	return json_incref((json_t *)value);
}

json_t *opj_facts_strip(struct opj_facts *facts, const json_t *value, struct opj_error *err)
{
	return strip(facts, value, 0, err);
}

json_t *opj_facts_strip_members(struct opj_facts *facts, const json_t *object, struct opj_error *err)
{
	json_t *kept = json_object(), *value;
	const char *key;
	json_object_foreach((json_t *)object, key, value)
	{
		json_t *item = strip(facts, value, 0, err);
		if (!item || json_object_set_new(kept, key, item)) {
			opj_fail_in(err, key);
			json_decref(kept);
			return NULL;
		}
	}
	return kept;
}

int opj_facts_apply(const struct opj_facts *facts, struct opj_operand *operands, struct opj_error *err)
{
	for (uint32_t i = 0; i < facts->count; i++) {
		const struct opj_fact *fact = &facts->items[i];
		if (fact->stats.nnz > operands[i].numel)
			return opj_fail(err, "tensor %u: z: %llu nonzeros among %llu elements", i,
					(unsigned long long)fact->stats.nnz, (unsigned long long)operands[i].numel);
		operands[i].storage = fact->storage;
		operands[i].address = fact->address;
		operands[i].extent = fact->extent;
		operands[i].offset = fact->offset;
		operands[i].stats = fact->stats;
	}
	return 0;
}

void opj_facts_finish(struct opj_facts *facts)
{
	free(facts->items);
	*facts = (struct opj_facts){0};
}

static int tile_rows_read(struct opj_arena *arena, const json_t *list, struct opj_tile_stats *tile,
			  struct opj_error *err)
{
	size_t count = json_array_size(list);
	uint64_t *rows = opj_arena_alloc(arena, count, sizeof *rows);
	if (!rows)
		return opj_fail(err, "out of memory");
	for (size_t i = 0; i < count; i++) {
		if (opj_field_uint(json_array_get(list, i), "rows", &rows[i], err))
			return -1;
	}
	tile->rows = rows;
	tile->row_count = (uint32_t)count;
	return 0;
}

static int tile_read(struct opj_arena *arena, const char *size, const json_t *json, struct opj_tile_stats *tile,
		     struct opj_error *err)
{
	enum { PATCHES, ROWS, SITES, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"patches", OPJ_FIELD_INTEGER},
	    {"rows", OPJ_FIELD_ARRAY},
	    {"sites", OPJ_FIELD_INTEGER},
	};
	static const struct opj_field_rules strict = {0};
	const json_t *v[FIELDS];
	char *end;
	unsigned long rows = strtoul(size, &end, 10);
	if (size[0] < '1' || size[0] > '9' || *end || rows > UINT32_MAX)
		return opj_fail(err, "not a number of rows");
	tile->size = (uint32_t)rows;
	if (opj_fields_read(json, fields, FIELDS, &strict, v, err) ||
	    opj_field_uint(v[PATCHES], "patches", &tile->patches, err) ||
	    opj_field_uint(v[SITES], "sites", &tile->sites, err))
		return -1;
	return tile_rows_read(arena, v[ROWS], tile, err);
}

static int tiles_read(struct opj_spike_reader *reader, const json_t *json, struct opj_error *err)
{
	struct opj_tile_stats *tiles = opj_arena_alloc(&reader->arena, json_object_size(json), sizeof *tiles);
	if (!tiles)
		return opj_fail(err, "out of memory");
	const char *size;
	json_t *value;
	json_object_foreach((json_t *)json, size, value)
	{
		if (tile_read(&reader->arena, size, value, &tiles[reader->stats.tile_count++], err)) {
			char where[48];
			snprintf(where, sizeof where, "tiles.%.30s", size);
			return opj_fail_in(err, where);
		}
	}
	reader->stats.tiles = tiles;
	reader->stats.has |= OPJ_SPIKE_TILES;
	return 0;
}

int opj_spike_read(struct opj_spike_reader *reader, const json_t *json, const struct opj_field_rules *rules,
		   struct opj_error *err)
{
	enum { SYNOPS, ACTIVE, X_ROWS, Y_COLS, PAIR_SUM, PAIR_ACTIVE, EFFECTIVE, NUMBERS, TILES = NUMBERS, FIELDS };
	static const struct opj_field fields[FIELDS] = {
	    {"synops", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"active_out", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"x_active_rows", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"y_active_cols", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"pair_sum", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"pair_active", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL},
	    {"effective", OPJ_FIELD_INTEGER | OPJ_FIELD_OPTIONAL, 1},
	    {"tiles", OPJ_FIELD_OBJECT | OPJ_FIELD_OPTIONAL},
	};
	static const unsigned has[NUMBERS] = {OPJ_SPIKE_SYNOPS,        OPJ_SPIKE_SYNOPS, OPJ_SPIKE_X_ACTIVE_ROWS,
					      OPJ_SPIKE_Y_ACTIVE_COLS, OPJ_SPIKE_PAIR,   OPJ_SPIKE_PAIR,
					      OPJ_SPIKE_EFFECTIVE};
	struct opj_spike_stats *stats = &reader->stats;
	uint64_t *const numbers[NUMBERS] = {&stats->synops,        &stats->active_out, &stats->x_active_rows,
					    &stats->y_active_cols, &stats->pair_sum,   &stats->pair_active,
					    &stats->effective};
	const json_t *v[FIELDS];
	opj_spike_reader_finish(reader);
	if (opj_fields_read(json, fields, FIELDS, rules, v, err))
		return -1;
	for (int i = 0; i < NUMBERS; i++) {
		if (v[i] && opj_field_uint(v[i], fields[i].key, numbers[i], err))
			return -1;
		stats->has |= v[i] ? has[i] : 0;
	}
	if (!v[SYNOPS] != !v[ACTIVE] || !v[PAIR_SUM] != !v[PAIR_ACTIVE])
		return opj_fail(err, "synops and active_out, pair_sum and pair_active come together or not at all");
	return v[TILES] ? tiles_read(reader, v[TILES], err) : 0;
}

void opj_spike_reader_finish(struct opj_spike_reader *reader)
{
	opj_arena_finish(&reader->arena);
	*reader = (struct opj_spike_reader){0};
}
