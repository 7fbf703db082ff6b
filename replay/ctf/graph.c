/* replay/ctf/graph.c: see graph.h. The graph is source.ctf.fs and a sink of our own with one port for each stream. The
 * sink merges streams by sequence number, not by time: it goes on in the stream that has the next event, which costs
 * nothing while a thread stays on its CPU, where a muxer would compare clocks for every event. */
#include "graph.h"
#include <pthread.h>
#include <stdlib.h>

struct stream {
	bt_message_iterator *iterator; /* NULL once it has ended */
	bt_message_array_const batch;  /* references from `at` on are ours, until the next batch */
	uint64_t at, count;
	const struct opj_layout *layout; /* of the event at hand: */
	uint32_t seq;                    /* its number, or that of the event it stands before */
	bool unnumbered;
};

struct layout_page {
	struct layout_page *next;
	struct opj_layout layout;
};

struct opj_graph {
	bt_graph *graph;
	struct opj_order *order;
	struct stream *streams; /* [stream_count] */
	uint64_t stream_count;
	uint32_t unnumbered;         /* streams whose event at hand has no number */
	struct layout_page *layouts; /* a list, so that they keep their place */
	struct opj_error *err;       /* where our own message goes while the graph runs */
	bool failed;                 /* there is one */
};

static int bt_fail(struct opj_error *err, const char *what)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *cause = "unknown cause";
	if (error && bt_error_get_cause_count(error) > 0)
		cause = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
	opj_fail(err, "%s: %.600s", what, cause);
	if (error)
		bt_error_release(error);
	return -1;
}

/* Streams ---------------------------------------------------------------------------------------------------------- */

static const struct opj_layout *layout_get(struct opj_graph *graph, const bt_event_class *class)
{
	for (struct layout_page *page = graph->layouts; page; page = page->next) {
		if (page->layout.class == class)
			return &page->layout;
	}
	struct layout_page *page = calloc(1, sizeof *page);
	if (!page) {
		opj_fail(graph->err, "out of memory");
		return NULL;
	}
	page->next = graph->layouts;
	graph->layouts = page;
	return opj_layout_init(&page->layout, class, graph->err) ? NULL : &page->layout;
}

/* Looks at the message at hand. 1: it is one of our events, 0: it is not, -1: failed. */
static int stream_look(struct opj_graph *graph, struct stream *stream)
{
	const bt_message *message = stream->batch[stream->at];
	if (bt_message_get_type(message) != BT_MESSAGE_TYPE_EVENT) {
		uint64_t count;
		if (bt_message_get_type(message) == BT_MESSAGE_TYPE_DISCARDED_EVENTS &&
		    bt_message_discarded_events_get_count(message, &count) == BT_PROPERTY_AVAILABILITY_AVAILABLE)
			graph->order->discarded += count;
		return 0;
	}
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const bt_event_class *class = bt_event_borrow_class_const(event);
	if (!stream->layout || stream->layout->class != class)
		stream->layout = layout_get(graph, class);
	if (!stream->layout)
		return -1;
	if (stream->layout->type == OPJ_EVENT_FOREIGN)
		return 0;
	stream->unnumbered = !opj_layout_has(stream->layout, OPJ_F_seq);
	graph->unnumbered += stream->unnumbered;
	stream->seq = (uint32_t)opj_layout_uint(stream->layout, bt_event_borrow_payload_field_const(event),
						stream->unnumbered ? OPJ_F_next : OPJ_F_seq);
	return 1;
}

static int stream_fill(struct opj_graph *graph, struct stream *stream)
{
	switch (bt_message_iterator_next(stream->iterator, &stream->batch, &stream->count)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		stream->at = 0;
		return 0;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		bt_message_iterator_put_ref(stream->iterator);
		stream->iterator = NULL;
		stream->at = stream->count = 0;
		return 0;
	default:
		stream->at = stream->count = 0;
		return bt_fail(graph->err, "cannot read the trace");
	}
}

/* Goes to the next of our events, from the message at hand on. */
static int stream_settle(struct opj_graph *graph, struct stream *stream)
{
	for (;;) {
		while (stream->at < stream->count) {
			int found = stream_look(graph, stream);
			if (found)
				return found < 0 ? -1 : 0;
			bt_message_put_ref(stream->batch[stream->at++]);
		}
		if (!stream->iterator)
			return 0;
		if (stream_fill(graph, stream))
			return -1;
	}
}

/* How far away the event at hand is; one without a number that comes late, not at all. */
static uint32_t distance(const struct opj_graph *graph, const struct stream *stream)
{
	uint32_t ahead = stream->seq - graph->order->expected;
	return stream->unnumbered && ahead > INT32_MAX ? 0 : ahead;
}

/* The stream to go on with: the one whose event is the next, or else the first to come; of two that are equal, what
 * stands before an event goes before it. NULL: all have ended. */
static struct stream *stream_choose(struct opj_graph *graph)
{
	struct stream *best = NULL;
	for (uint64_t i = 0; i < graph->stream_count; i++) {
		struct stream *stream = &graph->streams[i];
		if (stream->at == stream->count)
			continue;
		uint32_t here = distance(graph, stream), there = best ? distance(graph, best) : 0;
		if (!best || here < there || (here == there && stream->unnumbered && !best->unnumbered))
			best = stream;
	}
	return best;
}

/* Hands on the event at hand and goes to the next. */
static int stream_step(struct opj_graph *graph, struct stream *stream)
{
	const bt_message *message = stream->batch[stream->at++];
	bool unnumbered = stream->unnumbered;
	stream->unnumbered = false;
	graph->unnumbered -= unnumbered;
	int failed = unnumbered
			 ? opj_order_add_unnumbered(graph->order, stream->layout, stream->seq, message, graph->err)
			 : opj_order_add(graph->order, stream->layout, stream->seq, message, graph->err);
	return failed ? -1 : stream_settle(graph, stream);
}

static int streams_merge(struct opj_graph *graph)
{
	for (uint64_t i = 0; i < graph->stream_count; i++) {
		if (stream_settle(graph, &graph->streams[i]))
			return -1;
	}
	for (struct stream *stream = stream_choose(graph); stream; stream = stream_choose(graph)) {
		do {
			if (stream_step(graph, stream))
				return -1;
		} while (stream->at < stream->count && stream->seq == graph->order->expected && !graph->unnumbered);
	}
	return 0;
}

/* The sink --------------------------------------------------------------------------------------------------------- */

static struct opj_graph *sink_graph(bt_self_component_sink *self)
{
	return bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
}

static bt_component_class_initialize_method_status sink_initialize(bt_self_component_sink *self,
								   bt_self_component_sink_configuration *configuration,
								   const bt_value *parameters, void *data)
{
	struct opj_graph *graph = data;
	(void)configuration, (void)parameters;
	bt_self_component_set_data(bt_self_component_sink_as_self_component(self), graph);
	for (uint64_t i = 0; i < graph->stream_count; i++) {
		char name[32];
		snprintf(name, sizeof name, "in%llu", (unsigned long long)i);
		if (bt_self_component_sink_add_input_port(self, name, NULL, NULL) !=
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
			return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	}
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status sink_configured(bt_self_component_sink *self)
{
	struct opj_graph *graph = sink_graph(self);
	for (uint64_t i = 0; i < graph->stream_count; i++) {
		bt_self_component_port_input *port = bt_self_component_sink_borrow_input_port_by_index(self, i);
		if (bt_message_iterator_create_from_sink_component(self, port, &graph->streams[i].iterator) !=
		    BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
			return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
	}
	return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static void streams_finish(struct opj_graph *graph)
{
	for (uint64_t i = 0; i < graph->stream_count; i++) {
		struct stream *stream = &graph->streams[i];
		while (stream->at < stream->count)
			bt_message_put_ref(stream->batch[stream->at++]);
		bt_message_iterator_put_ref(stream->iterator);
		stream->iterator = NULL;
	}
}

/* Reads everything in one go. */
static bt_component_class_sink_consume_method_status sink_consume(bt_self_component_sink *self)
{
	struct opj_graph *graph = sink_graph(self);
	graph->failed = streams_merge(graph) != 0;
	streams_finish(graph);
	return graph->failed ? BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR
			     : BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
}

/* Iterators may not outlive the component. */
static void sink_finalize(bt_self_component_sink *self)
{
	streams_finish(sink_graph(self));
}

/* Building --------------------------------------------------------------------------------------------------------- */

static void silence(void)
{
	if (!getenv("LIBBABELTRACE2_INIT_LOG_LEVEL"))
		bt_logging_set_global_level(BT_LOGGING_LEVEL_NONE);
}

static bt_value *source_parameters(const char *dir)
{
	bt_value *parameters = bt_value_map_create(), *inputs = bt_value_array_create();
	if (!parameters || !inputs ||
	    bt_value_array_append_string_element(inputs, dir) != BT_VALUE_ARRAY_APPEND_ELEMENT_STATUS_OK ||
	    bt_value_map_insert_entry(parameters, "inputs", inputs) != BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK) {
		bt_value_put_ref(parameters);
		parameters = NULL;
	}
	bt_value_put_ref(inputs);
	return parameters;
}

static int source_add(struct opj_graph *graph, const char *dir, const bt_component_source **source,
		      struct opj_error *err)
{
	const bt_plugin *plugin = NULL;
	bt_value *parameters = NULL;
	int result = -1;
	if (bt_plugin_find("ctf", BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, &plugin) != BT_PLUGIN_FIND_STATUS_OK) {
		bt_current_thread_clear_error();
		return opj_fail(err, "libbabeltrace2 finds no plug-in \"ctf\"; install the package babeltrace2, or set "
				     "BABELTRACE_PLUGIN_PATH");
	}
	const bt_component_class_source *class = bt_plugin_borrow_source_component_class_by_name_const(plugin, "fs");
	if (!class) {
		opj_fail(err, "libbabeltrace2's plug-in \"ctf\" has no source \"fs\"");
		goto done;
	}
	if (!(parameters = source_parameters(dir))) {
		opj_fail(err, "out of memory");
		goto done;
	}
	if (bt_graph_add_source_component(graph->graph, class, "source", parameters, BT_LOGGING_LEVEL_NONE, source) !=
	    BT_GRAPH_ADD_COMPONENT_STATUS_OK) {
		bt_fail(err, "cannot read the trace");
		goto done;
	}
	result = 0;
done:
	bt_value_put_ref(parameters);
	bt_plugin_put_ref(plugin);
	return result;
}

static int sink_add(struct opj_graph *graph, const bt_component_sink **sink, struct opj_error *err)
{
	bt_component_class_sink *class = bt_component_class_sink_create("opjoule", sink_consume);
	if (!class)
		return bt_fail(err, "cannot make a sink");
	bt_component_class_sink_set_initialize_method(class, sink_initialize);
	bt_component_class_sink_set_graph_is_configured_method(class, sink_configured);
	bt_component_class_sink_set_finalize_method(class, sink_finalize);
	bt_graph_add_component_status status = bt_graph_add_sink_component_with_initialize_method_data(
	    graph->graph, class, "sink", NULL, graph, BT_LOGGING_LEVEL_NONE, sink);
	bt_component_class_sink_put_ref(class);
	return status == BT_GRAPH_ADD_COMPONENT_STATUS_OK ? 0 : bt_fail(err, "cannot make a sink");
}

static int graph_build(struct opj_graph *graph, const char *dir, struct opj_error *err)
{
	const bt_component_source *source;
	const bt_component_sink *sink;
	if (!(graph->graph = bt_graph_create(0)))
		return bt_fail(err, "cannot make a graph");
	if (source_add(graph, dir, &source, err))
		return -1;
	graph->stream_count = bt_component_source_get_output_port_count(source);
	if (graph->stream_count == 0)
		return opj_fail(err, "the trace has no streams");
	if (!(graph->streams = calloc(graph->stream_count, sizeof *graph->streams)))
		return opj_fail(err, "out of memory");
	if (sink_add(graph, &sink, err))
		return -1;
	for (uint64_t i = 0; i < graph->stream_count; i++) {
		if (bt_graph_connect_ports(graph->graph,
					   bt_component_source_borrow_output_port_by_index_const(source, i),
					   bt_component_sink_borrow_input_port_by_index_const(sink, i),
					   NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
			return bt_fail(err, "cannot read the trace");
	}
	return 0;
}

struct opj_graph *opj_graph_read(const char *dir, struct opj_order *order, struct opj_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, silence);
	struct opj_graph *graph = calloc(1, sizeof *graph);
	if (!graph)
		return opj_fail(err, "out of memory"), NULL;
	graph->order = order;
	graph->err = err;
	if (graph_build(graph, dir, err))
		goto fail;
	if (bt_graph_run(graph->graph) == BT_GRAPH_RUN_STATUS_OK)
		return graph;
	if (graph->failed)
		bt_current_thread_clear_error();
	else
		bt_fail(err, "cannot read the trace");
fail:
	opj_graph_destroy(graph);
	return NULL;
}

void opj_graph_destroy(struct opj_graph *graph)
{
	if (!graph)
		return;
	bt_graph_put_ref(graph->graph);
	while (graph->layouts) {
		struct layout_page *next = graph->layouts->next;
		free(graph->layouts);
		graph->layouts = next;
	}
	free(graph->streams);
	free(graph);
}
