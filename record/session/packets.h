/* record/session/packets.h: whether the packets that LTTng wrote are all there, without decoding the trace. */
#ifndef OPJ_RECORD_SESSION_PACKETS_H
#define OPJ_RECORD_SESSION_PACKETS_H

#include <opjoule/error.h>
#include <stdbool.h>
#include <stdint.h>

/* What is known of one stream (one CPU's buffer of one process) from the chunks so far. */
struct opj_packet_stream {
	char file[64]; /* "ops_3" */
	uint64_t next; /* number that the next packet must have */
	uint64_t discarded;
};

/* All streams of one process. Zero-initialised; opj_packets_finish frees. */
struct opj_packets {
	struct opj_packet_stream *streams;
	uint32_t count;
};

/* Goes through the indexes in <dir>/index of a chunk, which must come in order. *lost grows by packets whose number is
 * missing, by bytes that the stream files lack (as one each) and by events that the tracer dropped; *events says
 * whether any packet holds an event. -1: an index cannot be read. */
int opj_packets_check(struct opj_packets *packets, const char *dir, uint64_t *lost, bool *events,
		      struct opj_error *err);

void opj_packets_finish(struct opj_packets *packets);

#endif
