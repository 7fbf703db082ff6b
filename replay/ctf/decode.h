/* replay/ctf/decode.h: events of a CTF trace, in the order of their sequence numbers, into what visitors see. */
#ifndef OPJ_REPLAY_CTF_DECODE_H
#define OPJ_REPLAY_CTF_DECODE_H

#include "layout.h"
#include "record/base/buffer.h"
#include "replay/core/sink.h"

/* What the writer of the trace takes for known of a storage; the slot is that of its id mod OPJ_STORAGE_SLOTS. */
struct opj_storage_slot {
	struct opj_slot_facts facts;
	uint64_t address, extent;
};

struct opj_decoder {
	struct opj_trace *trace;
	bool begun, ended;
	uint64_t problems; /* as the closing event says */
	uint64_t next_storage;
	struct opj_storage_slot *slots;
	uint64_t *states; /* of the event at hand, like the two below */
	size_t state_capacity;
	uint64_t *tile_words;
	struct opj_tile_stats *tiles;
	size_t tile_word_capacity;
	struct opj_buffer text, more; /* the pieces so far of a definition */
	uint64_t *values;             /* of a site */
	size_t value_capacity;
	uint64_t part_kind, part_id, parts, parts_seen;
};

int opj_decoder_init(struct opj_decoder *decoder, struct opj_trace *trace, struct opj_error *err);
void opj_decoder_finish(struct opj_decoder *decoder);

/* Decodes the next event, or one without a number that stands before it. Not zero: the event is malformed or
 * contradicts those before it, or a visitor failed. */
int opj_decode_event(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_message *message,
		     struct opj_error *err);

#endif
