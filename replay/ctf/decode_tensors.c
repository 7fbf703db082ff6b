/* replay/ctf/decode_tensors.c: see decode_tensors.h. The table of storages is brought up to date tensor by tensor, as
 * the writer did it; arrays grow to the largest event and stay. */
#include "decode_tensors.h"
#include <stdlib.h>

static uint64_t uint_at(const bt_field *array, uint64_t i)
{
	return bt_field_integer_unsigned_get_value(bt_field_array_borrow_element_field_by_index_const(array, i));
}

static int64_t int_at(const bt_field *array, uint64_t i)
{
	return bt_field_integer_signed_get_value(bt_field_array_borrow_element_field_by_index_const(array, i));
}

static int storage_decode(struct opj_decoder *decoder, int64_t code, uint64_t *storage, struct opj_error *err)
{
	uint64_t next = decoder->next_storage;
	if (code >= 0 ? (uint64_t)code >= next : code == INT64_MIN)
		return opj_fail(err, "storage: %lld names no storage", (long long)code);
	*storage = code >= 0 ? next - (uint64_t)code : (uint64_t)-code;
	if (*storage >= next)
		decoder->next_storage = *storage + 1;
	return 0;
}

/* An array of figures of which each tensor takes one if its flags say so. */
struct taken_field {
	const char *name;
	const bt_field *array;
	uint64_t count, taken;
};

struct tensor_fields {
	const bt_field *flags, *storage;
	struct taken_field nnz, magnitude, address, range, extent, offset;
};

static struct taken_field taken_field(const struct opj_layout *layout, const bt_field *payload, enum opj_field_id id,
				      const char *name)
{
	if (!opj_layout_has(layout, id))
		return (struct taken_field){.name = name};
	const bt_field *array = opj_layout_field(layout, payload, id);
	return (struct taken_field){.name = name, .array = array, .count = bt_field_array_get_length(array)};
}

static int take(struct taken_field *field, uint64_t *value, struct opj_error *err)
{
	if (field->taken == field->count)
		return opj_fail(err, "%s: fewer than the flags say", field->name);
	*value = uint_at(field->array, field->taken++);
	return 0;
}

/* The slot of the operand's storage: as it is, or begun anew with the address that follows. */
static struct opj_storage_slot *slot_decode(struct opj_decoder *decoder, struct tensor_fields *f, uint64_t flags,
					    struct opj_operand *operand, struct opj_error *err)
{
	struct opj_storage_slot *slot = &decoder->slots[operand->storage % OPJ_STORAGE_SLOTS];
	if (flags & OPJ_FLAG_ADDRESS) {
		*slot = (struct opj_storage_slot){.facts = {.storage = operand->storage, .range = OPJ_RANGE_NONE}};
		if (take(&f->address, &slot->address, err) || (f->extent.array && take(&f->extent, &slot->extent, err)))
			return NULL;
	} else if (slot->facts.storage != operand->storage) {
		opj_fail(err, "address: that of storage %llu was never given", (unsigned long long)operand->storage);
		return NULL;
	}
	if ((flags & OPJ_FLAG_OFFSET) && take(&f->offset, &slot->facts.offset, err))
		return NULL;
	operand->address = slot->address;
	operand->extent = slot->extent;
	operand->offset = slot->facts.offset;
	return slot;
}

/* Kind, nonzeros, magnitude and range as a slot or words hold them. */
static int stats_fill(const struct opj_slot_facts *facts, uint64_t flags, struct opj_operand *operand,
		      struct opj_error *err)
{
	struct opj_stats *stats = &operand->stats;
	*stats = (struct opj_stats){.kind = (enum opj_kind)(flags & OPJ_FLAG_KIND)};
	if (stats->kind == OPJ_KIND_UNKNOWN)
		return 0;
	if (facts->nnz > operand->numel)
		return opj_fail(err, "nnz: %llu nonzeros among %llu elements", (unsigned long long)facts->nnz,
				(unsigned long long)operand->numel);
	stats->nnz = facts->nnz;
	if (stats->kind == OPJ_KIND_TERNARY)
		stats->magnitude = (double)facts->nnz;
	else if (stats->kind == OPJ_KIND_INTEGRAL)
		memcpy(&stats->magnitude, &facts->magnitude, sizeof stats->magnitude);
	if (stats->kind < OPJ_KIND_INTEGRAL || facts->range == OPJ_RANGE_NONE)
		return 0;
	stats->ranged = true;
	stats->exponent = (int8_t)(facts->range & 0xff);
	stats->trailing_zeros = facts->range >> 8 & 0x7f;
	stats->negative = facts->range >> 15;
	return 0;
}

static int stats_decode(struct tensor_fields *f, uint64_t flags, struct opj_slot_facts *facts,
			struct opj_operand *operand, struct opj_error *err)
{
	uint64_t range = 0;
	if ((flags & OPJ_FLAG_KIND) > OPJ_KIND_DENSE)
		return opj_fail(err, "flags: there is no kind of values %u", (unsigned)(flags & OPJ_FLAG_KIND));
	if ((flags & OPJ_FLAG_NNZ) && take(&f->nnz, &facts->nnz, err))
		return -1;
	if ((flags & OPJ_FLAG_MAGNITUDE) && take(&f->magnitude, &facts->magnitude, err))
		return -1;
	if (flags & OPJ_FLAG_RANGE) {
		if (take(&f->range, &range, err))
			return -1;
		facts->range = (uint16_t)range;
	}
	return stats_fill(facts, flags, operand, err);
}

static bool all_taken(const struct tensor_fields *f)
{
	return f->nnz.taken == f->nnz.count && f->magnitude.taken == f->magnitude.count &&
	       f->address.taken == f->address.count && f->range.taken == f->range.count &&
	       f->extent.taken == f->extent.count && f->offset.taken == f->offset.count;
}

int opj_decode_tensors(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		       struct opj_operand *operands, uint32_t count, struct opj_error *err)
{
	struct tensor_fields f = {
	    .flags = opj_layout_field(layout, payload, OPJ_F_flags),
	    .storage = opj_layout_field(layout, payload, OPJ_F_storage),
	    .nnz = taken_field(layout, payload, OPJ_F_nnz, "nnz"),
	    .magnitude = taken_field(layout, payload, OPJ_F_magnitude, "magnitude"),
	    .address = taken_field(layout, payload, OPJ_F_address, "address"),
	    .range = taken_field(layout, payload, OPJ_F_range, "range"),
	    .extent = taken_field(layout, payload, OPJ_F_extent, "extent"),
	    .offset = taken_field(layout, payload, OPJ_F_offset, "offset"),
	};
	uint64_t known = UINT8_MAX & ~(f.range.array ? 0U : (unsigned)OPJ_FLAG_RANGE) &
			 ~(f.offset.array ? 0U : (unsigned)OPJ_FLAG_OFFSET);
	if (bt_field_array_get_length(f.flags) != count || bt_field_array_get_length(f.storage) != count)
		return opj_fail(err, "flags, storage: not one for each of the %u tensors of the signature", count);
	for (uint32_t i = 0; i < count; i++) {
		/* Bits that a trace without their members sets are of a later version. */
		uint64_t flags = uint_at(f.flags, i) & known;
		struct opj_operand *operand = &operands[i];
		struct opj_storage_slot *slot = NULL;
		if (storage_decode(decoder, int_at(f.storage, i), &operand->storage, err) ||
		    !(slot = slot_decode(decoder, &f, flags, operand, err)) ||
		    stats_decode(&f, flags, &slot->facts, operand, err)) {
			char where[32];
			snprintf(where, sizeof where, "tensor %u", i);
			return opj_fail_in(err, where);
		}
	}
	return all_taken(&f) ? 0
			     : opj_fail(err, "nnz, magnitude, address, range, extent, offset: more than the flags say");
}

int opj_decode_keyword(const struct opj_layout *layout, const bt_field *payload, struct opj_operand *operands,
		       uint32_t count, struct opj_error *err)
{
	struct taken_field words = taken_field(layout, payload, OPJ_F_keyword, "keyword");
	if (words.count != (uint64_t)count * OPJ_KEYWORD_WORDS)
		return opj_fail(err, "keyword: not %d words for each of %u tensors", OPJ_KEYWORD_WORDS, count);
	for (uint32_t i = 0; i < count; i++) {
		struct opj_operand *operand = &operands[i];
		uint64_t word[OPJ_KEYWORD_WORDS];
		for (int w = 0; w < OPJ_KEYWORD_WORDS; w++)
			word[w] = uint_at(words.array, (uint64_t)i * OPJ_KEYWORD_WORDS + (uint64_t)w);
		if (word[OPJ_KEYWORD_STORAGE] == 0 || word[OPJ_KEYWORD_STORAGE] > OPJ_STORAGE_MAX ||
		    word[OPJ_KEYWORD_FLAGS] > OPJ_KIND_DENSE)
			return opj_fail(err, "keyword: no storage, or no kind of values");
		operand->storage = word[OPJ_KEYWORD_STORAGE];
		operand->address = word[OPJ_KEYWORD_ADDRESS];
		operand->extent = word[OPJ_KEYWORD_EXTENT];
		operand->offset = word[OPJ_KEYWORD_OFFSET];
		struct opj_slot_facts facts = {.nnz = word[OPJ_KEYWORD_NNZ],
					       .magnitude = word[OPJ_KEYWORD_MAGNITUDE],
					       .range = (uint16_t)word[OPJ_KEYWORD_RANGE]};
		if (stats_fill(&facts, word[OPJ_KEYWORD_FLAGS], operand, err))
			return opj_fail_in(err, "keyword");
	}
	return 0;
}

int opj_decode_states(struct opj_decoder *decoder, const bt_field *states, struct opj_op *op, struct opj_error *err)
{
	uint64_t count = bt_field_array_get_length(states);
	if (count > decoder->state_capacity) {
		uint64_t *grown = realloc(decoder->states, count * sizeof *grown);
		if (!grown)
			return opj_fail(err, "out of memory");
		decoder->states = grown;
		decoder->state_capacity = count;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (storage_decode(decoder, int_at(states, i), &decoder->states[i], err))
			return opj_fail_in(err, "states");
	}
	op->states = decoder->states;
	op->state_count = (uint32_t)count;
	return 0;
}

static int tiles_decode(struct opj_decoder *decoder, const bt_field *words, struct opj_spike_stats *spike,
			struct opj_error *err)
{
	enum { HEAD = 4 }; /* size, patches, sites, n */
	uint64_t count = bt_field_array_get_length(words);
	if (count > decoder->tile_word_capacity) {
		uint64_t *grown = realloc(decoder->tile_words, count * sizeof *grown);
		decoder->tile_words = grown ? grown : decoder->tile_words;
		struct opj_tile_stats *tiles = realloc(decoder->tiles, (count / HEAD + 1) * sizeof *tiles);
		decoder->tiles = tiles ? tiles : decoder->tiles;
		if (!grown || !tiles)
			return opj_fail(err, "out of memory");
		decoder->tile_word_capacity = count;
	}
	uint64_t *w = decoder->tile_words;
	for (uint64_t i = 0; i < count; i++)
		w[i] = uint_at(words, i);
	spike->tiles = decoder->tiles;
	spike->has |= count ? OPJ_SPIKE_TILES : 0;
	for (uint64_t at = 0; at < count; at += HEAD + w[at + 3]) {
		if (count - at < HEAD || w[at + 3] > count - at - HEAD || w[at] > UINT32_MAX)
			return opj_fail(err, "tiles: cut short");
		decoder->tiles[spike->tile_count++] = (struct opj_tile_stats){.size = (uint32_t)w[at],
									      .patches = w[at + 1],
									      .sites = w[at + 2],
									      .row_count = (uint32_t)w[at + 3],
									      .rows = &w[at + HEAD]};
	}
	return 0;
}

int opj_decode_spike(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		     struct opj_spike_stats *spike, struct opj_error *err)
{
	const struct {
		enum opj_field_id field;
		unsigned has;
		uint64_t *value;
	} numbers[] = {{OPJ_F_synops, OPJ_SPIKE_SYNOPS, &spike->synops},
		       {OPJ_F_active_out, OPJ_SPIKE_SYNOPS, &spike->active_out},
		       {OPJ_F_x_active_rows, OPJ_SPIKE_X_ACTIVE_ROWS, &spike->x_active_rows},
		       {OPJ_F_y_active_cols, OPJ_SPIKE_Y_ACTIVE_COLS, &spike->y_active_cols},
		       {OPJ_F_pair_sum, OPJ_SPIKE_PAIR, &spike->pair_sum},
		       {OPJ_F_pair_active, OPJ_SPIKE_PAIR, &spike->pair_active},
		       {OPJ_F_effective, OPJ_SPIKE_EFFECTIVE, &spike->effective}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uint64_t value = opj_layout_uint_or(layout, payload, numbers[i].field, OPJ_SPIKE_NOT_APPLICABLE);
		if (value != OPJ_SPIKE_NOT_APPLICABLE) {
			*numbers[i].value = value;
			spike->has |= numbers[i].has;
		}
	}
	return tiles_decode(decoder, opj_layout_field(layout, payload, OPJ_F_tiles), spike, err);
}
