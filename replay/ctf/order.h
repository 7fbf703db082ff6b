/* replay/ctf/order.h: events in the order of their sequence numbers.
 *
 * A trace has a stream for each CPU, and a recording a chunk for each rotation; which of them an event went to depends
 * on where its thread ran. Events are almost always next in line when they are met; those that are early wait in a
 * window until the ones before them have come. */
#ifndef OPJ_REPLAY_CTF_ORDER_H
#define OPJ_REPLAY_CTF_ORDER_H

#include "decode.h"

enum { OPJ_ORDER_WINDOW = 65536 };

struct opj_order {
	struct opj_decoder *decoder;
	uint32_t expected;  /* sequence number of the next event to decode */
	uint32_t waiting;   /* events in the window */
	uint64_t discarded; /* events that LTTng says it dropped */
	bool may_end_early; /* set by the caller: where an event is missing the trace ends, without an error */
	bool ended_early;
	struct {
		const bt_message *message; /* owned; NULL: no event here */
		const struct opj_layout *layout;
	} * window; /* [OPJ_ORDER_WINDOW] event `seq` waits at seq % OPJ_ORDER_WINDOW */
};

int opj_order_init(struct opj_order *order, struct opj_decoder *decoder, struct opj_error *err);
void opj_order_finish(struct opj_order *order);
/* Decodes the message if its event is next, and those that waited for it, or lets it wait. Takes the reference. -1: a
 * malformed event, one that came before, or one so far ahead that those in between must be lost. */
int opj_order_add(struct opj_order *order, const struct opj_layout *layout, uint32_t seq, const bt_message *message,
		  struct opj_error *err);
/* Once there are no more events: fails where some still wait, and says which never came. */
int opj_order_end(const struct opj_order *order, struct opj_error *err);

#endif
