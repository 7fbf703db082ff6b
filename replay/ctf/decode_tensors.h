/* replay/ctf/decode_tensors.h: the parts of an op that are not ids: its tensors, its states, where its spikes are. */
#ifndef OPJ_REPLAY_CTF_DECODE_TENSORS_H
#define OPJ_REPLAY_CTF_DECODE_TENSORS_H

#include "decode.h"

/* Sets storage, address and stats of the operands of the signature that the event names. */
int opj_decode_tensors(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		       struct opj_operand *operands, uint32_t count, struct opj_error *err);

/* The same of a call's keyword arguments. A trace without them says nothing of the tensors there. */
int opj_decode_keyword(const struct opj_layout *layout, const bt_field *payload, struct opj_operand *operands,
		       uint32_t count, struct opj_error *err);

/* Sets op->states; the array is the decoder's, good until the next event. After the tensors: both bring new storages.
 */
int opj_decode_states(struct opj_decoder *decoder, const bt_field *states, struct opj_op *op, struct opj_error *err);

/* Fills `spike`, which begins as {0}, from an op_spike event; its tiles are good until the next event. */
int opj_decode_spike(struct opj_decoder *decoder, const struct opj_layout *layout, const bt_field *payload,
		     struct opj_spike_stats *spike, struct opj_error *err);

#endif
