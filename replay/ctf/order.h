/* replay/ctf/order.h: events in the order of their sequence numbers.
 *
 * A trace has a stream for each CPU, and a recording a chunk for each rotation; which of them an event went to depends
 * on where its thread ran. Events are almost always next in line when they are met; those that are early wait in a
 * window until the ones before them have come.
 *
 * Events without a number say which numbered one they stand before. They come exactly there, but for those that a
 * rotation has put into the chunk after it: these come late. */
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
	struct opj_order_unnumbered {
		struct opj_order_unnumbered *later;
		const bt_message *message; /* owned */
		const struct opj_layout *layout;
		uint32_t next;
	} * unnumbered; /* those that are early, in the order in which they came */
};

int opj_order_init(struct opj_order *order, struct opj_decoder *decoder, struct opj_error *err);
void opj_order_finish(struct opj_order *order);
/* Decodes the message if its event is next, and those that waited for it, or lets it wait. Takes the reference. -1: a
 * malformed event, one that came before, or one so far ahead that those in between must be lost. */
int opj_order_add(struct opj_order *order, const struct opj_layout *layout, uint32_t seq, const bt_message *message,
		  struct opj_error *err);
/* The same for an event without a number, which stands before event `next`. */
int opj_order_add_unnumbered(struct opj_order *order, const struct opj_layout *layout, uint32_t next,
			     const bt_message *message, struct opj_error *err);
/* Whether events wait for others: their graph must be kept. */
static inline bool opj_order_waits(const struct opj_order *order)
{
	return order->waiting || order->unnumbered;
}

/* Once there are no more events: fails where some still wait, and says which never came. */
int opj_order_end(const struct opj_order *order, struct opj_error *err);

#endif
