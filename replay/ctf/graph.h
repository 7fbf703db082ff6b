/* replay/ctf/graph.h: one chunk of a CTF trace read through libbabeltrace2. */
#ifndef OPJ_REPLAY_CTF_GRAPH_H
#define OPJ_REPLAY_CTF_GRAPH_H

#include "order.h"

struct opj_graph; /* a chunk that was read; opaque */

/* Reads the CTF trace in folder `dir`, all streams of it, into `order`. The graph must be kept as long as events of
 * it wait there. NULL: libbabeltrace2 or its plug-in is not there, no CTF trace, damaged, or an event is not right. */
struct opj_graph *opj_graph_read(const char *dir, struct opj_order *order, struct opj_error *err);
void opj_graph_destroy(struct opj_graph *graph);

#endif
