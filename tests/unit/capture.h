/* tests/unit/capture.h: the events of this process as lines of text, without a session daemon.
 *
 * LTTng-UST lets a program attach its own probes to tracepoints. A test that attaches these sees what would be written,
 * event by event and in order, and the recorder sees somebody listening. */
#ifndef OPJ_TEST_CAPTURE_H
#define OPJ_TEST_CAPTURE_H

#include "record/tracepoints.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct capture {
	FILE *stream;
	char *text; /* one line per event; complete after capture_text */
	size_t size;
};

static inline void put_u64(FILE *out, const char *name, const uint64_t *values, unsigned count)
{
	if (count)
		fprintf(out, " %s", name);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%c%" PRIu64, i ? ',' : '=', values[i]);
}

static inline void put_i64(FILE *out, const char *name, const int64_t *values, unsigned count)
{
	if (count)
		fprintf(out, " %s", name);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%c%" PRId64, i ? ',' : '=', values[i]);
}

static inline void put_op(FILE *out, const char *event, const struct opj_event_op *e)
{
	fprintf(out, "%" PRIu32 " %s sig=%" PRIu32 " ctx=%" PRIu32, e->seq, event, e->signature, e->context);
	for (unsigned i = 0; i < e->flags_count; i++)
		fprintf(out, "%s%u", i ? "," : " flags=", e->flags[i]);
	put_i64(out, "storage", e->storage, e->storage_count);
	put_u64(out, "nnz", e->nnz, e->nnz_count);
	for (unsigned i = 0; i < e->magnitude_count; i++) {
		double magnitude;
		memcpy(&magnitude, &e->magnitude[i], sizeof magnitude);
		fprintf(out, "%s%g", i ? "," : " magnitude=", magnitude);
	}
	put_u64(out, "address", e->address, e->address_count);
	for (unsigned i = 0; i < e->range_count; i++)
		fprintf(out, "%s%04x", i ? "," : " range=", e->range[i]);
	bool extents = false;
	for (unsigned i = 0; i < e->extent_count; i++)
		extents |= e->extent[i] != 0;
	put_u64(out, "extent", e->extent, extents ? e->extent_count : 0);
	put_u64(out, "offset", e->offset, e->offset_count);
}

static void on_begin(void *data, const struct opj_event_begin *e)
{
	FILE *out = ((struct capture *)data)->stream;
	fprintf(out, "%" PRIu32 " begin %u.%u %s|%s|%s", e->seq, e->schema_major, e->schema_minor, e->framework,
		e->model, e->run);
	if (e->clock || strcmp(e->facts, "{}") != 0)
		fprintf(out, "|%u|%s", e->clock, e->facts);
	putc('\n', out);
}

static void on_define(void *data, const struct opj_event_define *e)
{
	fprintf(((struct capture *)data)->stream, "%" PRIu32 " define %u:%" PRIu32 " %" PRIu32 "/%" PRIu32 " %s%s%s\n",
		e->seq, e->kind, e->id, e->part, e->parts, e->text, strcmp(e->more, " ") ? " more " : "",
		strcmp(e->more, " ") ? e->more : "");
}

static void on_op(void *data, const struct opj_event_op *e)
{
	FILE *out = ((struct capture *)data)->stream;
	put_op(out, "op", e);
	put_i64(out, "states", e->states, e->states_count);
	fprintf(out, "%s\n", e->duration == 77 ? " duration=77" : "");
}

static void on_op_spike(void *data, const struct opj_event_op *e)
{
	FILE *out = ((struct capture *)data)->stream;
	const uint64_t all[] = {e->synops,        e->active_out, e->x_active_rows,
				e->y_active_cols, e->pair_sum,   e->pair_active};
	const uint64_t effective[] = {e->effective};
	put_op(out, "op_spike", e);
	put_i64(out, "states", e->states, e->states_count);
	for (int i = 0; i < 6; i++) {
		fprintf(out, "%s", i ? "," : " spike=");
		if (all[i] != UINT64_MAX)
			fprintf(out, "%" PRIu64, all[i]);
	}
	put_u64(out, "effective", effective, e->effective != UINT64_MAX);
	put_u64(out, "tiles", e->tiles, e->tiles_count);
	fprintf(out, "\n");
}

static void on_call(void *data, const struct opj_event_op *e)
{
	FILE *out = ((struct capture *)data)->stream;
	put_op(out, "call", e);
	put_u64(out, "keyword", e->keyword, e->keyword_count);
	fprintf(out, "\n");
}

static void on_mark(void *data, const struct opj_event_mark *e)
{
	fprintf(((struct capture *)data)->stream, "before %" PRIu32 " mark %s %" PRId64 " after=%" PRIu64 " %s\n",
		e->next, e->name, e->index, e->after, e->numbers);
}

static void on_site(void *data, const struct opj_event_site *e)
{
	FILE *out = ((struct capture *)data)->stream;
	fprintf(out,
		"before %" PRIu32 " site sig=%" PRIu32 " ctx=%" PRIu32 " tensor=%u what=%u ops=%" PRIu64 " %" PRIu32
		"/%" PRIu32,
		e->next, e->signature, e->context, e->tensor, e->what, e->ops, e->first, e->total);
	put_u64(out, "values", e->values, e->values_count);
	fprintf(out, "\n");
}

static void on_optimizer(void *data, const struct opj_event_optimizer *e)
{
	fprintf(((struct capture *)data)->stream, "%" PRIu32 " optimizer def=%" PRIu32 " ctx=%" PRIu32 "\n", e->seq,
		e->definition, e->context);
}

static void on_end(void *data, const struct opj_event_end *e)
{
	fprintf(((struct capture *)data)->stream,
		"%" PRIu32 " end ops=%" PRIu64 " calls=%" PRIu64 " optimizers=%" PRIu64 " problems=%" PRIu64 "\n",
		e->seq, e->ops, e->calls, e->optimizers, e->problems);
}

#define CAPTURE_PROBES(action, capture)                                                                                \
	do {                                                                                                           \
		action(begin, on_begin, capture);                                                                      \
		action(define, on_define, capture);                                                                    \
		action(op_spike, on_op_spike, capture);                                                                \
		action(call, on_call, capture);                                                                        \
		action(optimizer, on_optimizer, capture);                                                              \
		action(end, on_end, capture);                                                                          \
		action(mark, on_mark, capture);                                                                        \
		action(site, on_site, capture);                                                                        \
		action(op, on_op, capture);                                                                            \
	} while (0)
#define CAPTURE_ATTACH(event, probe, capture)                                                                          \
	lttng_ust_tracepoint_register_opjoule___##event("opjoule", #event, (void (*)(void))probe, capture)
#define CAPTURE_DETACH(event, probe, capture)                                                                          \
	lttng_ust_tracepoint_unregister_opjoule___##event("opjoule", #event, (void (*)(void))probe, capture)

/* From here on somebody listens. */
static inline void capture_start(struct capture *capture)
{
	*capture = (struct capture){0};
	capture->stream = open_memstream(&capture->text, &capture->size);
	CAPTURE_PROBES(CAPTURE_ATTACH, capture);
}

static inline void capture_stop(struct capture *capture)
{
	CAPTURE_PROBES(CAPTURE_DETACH, capture);
	fclose(capture->stream);
	free(capture->text);
}

/* All lines since the start. */
static inline const char *capture_text(struct capture *capture)
{
	fflush(capture->stream);
	return capture->text;
}

#endif
