/* replay/ctf/order.c: see order.h. Sequence numbers are modulo 2^32, so their order is that of differences. */
#include "order.h"
#include <stdlib.h>

int opj_order_init(struct opj_order *order, struct opj_decoder *decoder, struct opj_error *err)
{
	*order = (struct opj_order){.decoder = decoder};
	order->window = calloc(OPJ_ORDER_WINDOW, sizeof *order->window);
	return order->window ? 0 : opj_fail(err, "out of memory");
}

static void unnumbered_drop(struct opj_order_unnumbered **at)
{
	struct opj_order_unnumbered *item = *at;
	*at = item->later;
	bt_message_put_ref(item->message);
	free(item);
}

void opj_order_finish(struct opj_order *order)
{
	for (uint32_t i = 0; order->window && order->waiting && i < OPJ_ORDER_WINDOW; i++)
		bt_message_put_ref(order->window[i].message);
	free(order->window);
	while (order->unnumbered)
		unnumbered_drop(&order->unnumbered);
	*order = (struct opj_order){0};
}

static int missing_fail(const struct opj_order *order, uint32_t next, struct opj_error *err)
{
	char discarded[64] = "";
	if (order->discarded)
		snprintf(discarded, sizeof discarded, " (LTTng discarded %llu)", (unsigned long long)order->discarded);
	if (next - order->expected == 1)
		return opj_fail(err, "event %u is missing%s", order->expected, discarded);
	return opj_fail(err, "events %u..%u are missing%s", order->expected, next - 1, discarded);
}

/* The first sequence number that waits. */
static uint32_t first_waiting(const struct opj_order *order)
{
	uint32_t seq = order->expected;
	while (!order->window[seq % OPJ_ORDER_WINDOW].message)
		seq++;
	return seq;
}

/* Those that stand before the event that is expected, or stood before one that is gone. */
static bool is_due(const struct opj_order *order, uint32_t next)
{
	return (int32_t)(next - order->expected) <= 0;
}

static int decode_due(struct opj_order *order, struct opj_error *err)
{
	for (struct opj_order_unnumbered **at = &order->unnumbered; *at;) {
		if (!is_due(order, (*at)->next)) {
			at = &(*at)->later;
			continue;
		}
		int failed = opj_decode_event(order->decoder, (*at)->layout, (*at)->message, err);
		unnumbered_drop(at);
		if (failed)
			return -1;
	}
	return 0;
}

static int decode(struct opj_order *order, const struct opj_layout *layout, const bt_message *message,
		  struct opj_error *err)
{
	if (order->unnumbered && decode_due(order, err)) {
		bt_message_put_ref(message);
		return -1;
	}
	order->expected++;
	int result = opj_decode_event(order->decoder, layout, message, err);
	bt_message_put_ref(message);
	return result;
}

static int decode_waiting(struct opj_order *order, struct opj_error *err)
{
	while (order->waiting) {
		uint32_t at = order->expected % OPJ_ORDER_WINDOW;
		const bt_message *message = order->window[at].message;
		if (!message)
			return 0;
		order->window[at].message = NULL;
		order->waiting--;
		if (decode(order, order->window[at].layout, message, err))
			return -1;
	}
	return 0;
}

int opj_order_add(struct opj_order *order, const struct opj_layout *layout, uint32_t seq, const bt_message *message,
		  struct opj_error *err)
{
	uint32_t ahead = seq - order->expected, at = seq % OPJ_ORDER_WINDOW;
	if (order->ended_early) {
		bt_message_put_ref(message);
		return 0;
	}
	if (ahead == 0)
		return decode(order, layout, message, err) ? -1 : decode_waiting(order, err);
	if (ahead > INT32_MAX || (ahead < OPJ_ORDER_WINDOW && order->window[at].message)) {
		bt_message_put_ref(message);
		return opj_fail(err, "event %u (%s) is there twice", seq, opj_event_type_name(layout->type));
	}
	if (ahead >= OPJ_ORDER_WINDOW) {
		bt_message_put_ref(message);
		order->ended_early = order->may_end_early;
		if (order->ended_early)
			return 0;
		return missing_fail(order, order->waiting ? first_waiting(order) : seq, err);
	}
	order->window[at].message = message;
	order->window[at].layout = layout;
	order->waiting++;
	return 0;
}

int opj_order_add_unnumbered(struct opj_order *order, const struct opj_layout *layout, uint32_t next,
			     const bt_message *message, struct opj_error *err)
{
	if (order->ended_early || is_due(order, next)) {
		int result = order->ended_early ? 0 : opj_decode_event(order->decoder, layout, message, err);
		bt_message_put_ref(message);
		return result;
	}
	struct opj_order_unnumbered **end = &order->unnumbered, *item = malloc(sizeof *item);
	if (!item) {
		bt_message_put_ref(message);
		return opj_fail(err, "out of memory");
	}
	while (*end)
		end = &(*end)->later;
	*item = (struct opj_order_unnumbered){.message = message, .layout = layout, .next = next};
	*end = item;
	return 0;
}

int opj_order_end(const struct opj_order *order, struct opj_error *err)
{
	return order->waiting && !order->may_end_early ? missing_fail(order, first_waiting(order), err) : 0;
}
