/* replay/ctf/decode_tensors.c: see decode_tensors.h. The table of storages is brought up to date tensor by tensor, as
 * the writer did it; arrays grow to the largest event and stay. */
#include "decode_tensors.h"
#include <stdlib.h>

#define NOT_APPLICABLE UINT64_MAX

enum { FLAG_KIND = 7, FLAG_ADDRESS = 1 << 3, FLAG_MAGNITUDE = 1 << 4, FLAG_NNZ = 1 << 5 };

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
	struct taken_field nnz, magnitude, address;
};

static struct taken_field taken_field(const struct opj_layout *layout, const bt_field *payload, enum opj_field_id id,
				      const char *name)
{
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
	if (flags & FLAG_ADDRESS) {
		*slot = (struct opj_storage_slot){.storage = operand->storage};
		if (take(&f->address, &slot->address, err))
			return NULL;
	} else if (slot->storage != operand->storage) {
		opj_fail(err, "address: that of storage %llu was never given", (unsigned long long)operand->storage);
		return NULL;
	}
	operand->address = slot->address;
	return slot;
}

static int stats_decode(struct tensor_fields *f, uint64_t flags, struct opj_storage_slot *slot,
			struct opj_operand *operand, struct opj_error *err)
{
	struct opj_stats *stats = &operand->stats;
	if ((flags & FLAG_KIND) > OPJ_KIND_DENSE)
		return opj_fail(err, "flags: there is no kind of values %u", (unsigned)(flags & FLAG_KIND));
	*stats = (struct opj_stats){.kind = (enum opj_kind)(flags & FLAG_KIND)};
	if ((flags & FLAG_NNZ) && take(&f->nnz, &slot->nnz, err))
		return -1;
	if ((flags & FLAG_MAGNITUDE) && take(&f->magnitude, &slot->magnitude, err))
		return -1;
	if (stats->kind == OPJ_KIND_UNKNOWN)
		return 0;
	if (slot->nnz > operand->numel)
		return opj_fail(err, "nnz: %llu nonzeros among %llu elements", (unsigned long long)slot->nnz,
				(unsigned long long)operand->numel);
	stats->nnz = slot->nnz;
	if (stats->kind == OPJ_KIND_TERNARY)
		stats->magnitude = (double)slot->nnz;
	else if (stats->kind == OPJ_KIND_INTEGRAL)
		memcpy(&stats->magnitude, &slot->magnitude, sizeof stats->magnitude);
	return 0;
}

int opj_decode_tensors(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		       struct opj_operand *operands, uint32_t count, struct opj_error *err)
{
	struct tensor_fields f = {
	    .flags = opj_layout_field(layout, payload, OPJ_F_FLAGS),
	    .storage = opj_layout_field(layout, payload, OPJ_F_STORAGE),
	    .nnz = taken_field(layout, payload, OPJ_F_NNZ, "nnz"),
	    .magnitude = taken_field(layout, payload, OPJ_F_MAGNITUDE, "magnitude"),
	    .address = taken_field(layout, payload, OPJ_F_ADDRESS, "address"),
	};
	if (bt_field_array_get_length(f.flags) != count || bt_field_array_get_length(f.storage) != count)
		return opj_fail(err, "flags, storage: not one for each of the %u tensors of the signature", count);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t flags = uint_at(f.flags, i);
		struct opj_operand *operand = &operands[i];
		struct opj_storage_slot *slot = NULL;
		if (storage_decode(decoder, int_at(f.storage, i), &operand->storage, err) ||
		    !(slot = slot_decode(decoder, &f, flags, operand, err)) ||
		    stats_decode(&f, flags, slot, operand, err)) {
			char where[32];
			snprintf(where, sizeof where, "tensor %u", i);
			return opj_fail_in(err, where);
		}
	}
	if (f.nnz.taken != f.nnz.count || f.magnitude.taken != f.magnitude.count || f.address.taken != f.address.count)
		return opj_fail(err, "nnz, magnitude, address: more than the flags say");
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
	} numbers[] = {{OPJ_F_SYNOPS, OPJ_SPIKE_SYNOPS, &spike->synops},
		       {OPJ_F_ACTIVE_OUT, OPJ_SPIKE_SYNOPS, &spike->active_out},
		       {OPJ_F_X_ACTIVE_ROWS, OPJ_SPIKE_X_ACTIVE_ROWS, &spike->x_active_rows},
		       {OPJ_F_Y_ACTIVE_COLS, OPJ_SPIKE_Y_ACTIVE_COLS, &spike->y_active_cols},
		       {OPJ_F_PAIR_SUM, OPJ_SPIKE_PAIR, &spike->pair_sum},
		       {OPJ_F_PAIR_ACTIVE, OPJ_SPIKE_PAIR, &spike->pair_active}};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uint64_t value = opj_layout_uint(layout, payload, numbers[i].field);
		if (value != NOT_APPLICABLE) {
			*numbers[i].value = value;
			spike->has |= numbers[i].has;
		}
	}
	return tiles_decode(decoder, opj_layout_field(layout, payload, OPJ_F_TILES), spike, err);
}
