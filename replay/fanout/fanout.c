/* replay/fanout/fanout.c: see fanout.h.
 *
 * The replaying thread fills batches of a ring, each a list of events with everything they own in one block of memory;
 * a batch that is full is published, and every worker visits it. A batch is filled again when all workers are done with
 * it. Lock and conditions are taken once per batch, a few hundred events; that is also what orders the writing of
 * definitions before their reading. */
#include "fanout.h"
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

enum { BATCHES = 8, BATCH_BYTES = 256 * 1024 };

enum event_kind { EVENT_MODULE, EVENT_OP, EVENT_CALL, EVENT_OPTIMIZER, EVENT_MARK, EVENT_SITE };

struct event {
	struct event *next;
	enum event_kind kind;
	union {
		const struct opj_trace_module *module;
		struct opj_op op;
		struct opj_call call;
		struct opj_optimizer_step optimizer;
		struct opj_trace_mark mark;
		struct opj_site site;
	} u;
};

struct batch {
	unsigned char *bytes;
	size_t used, size;
	struct event *first, *last;
};

struct worker {
	struct opj_fanout *fanout;
	struct opj_visitor visitor;
	pthread_t thread;
	uint64_t done;   /* batches; under the lock */
	uint64_t events; /* seen before the one that failed */
	bool failed;
	struct opj_error err;
};

struct opj_fanout {
	pthread_mutex_t lock;
	pthread_cond_t published_one, done_one;
	struct batch ring[BATCHES]; /* batch n lies in ring[n % BATCHES] */
	uint64_t published;         /* batches; under the lock, as the next two */
	bool ended;                 /* no more will be published */
	bool failed;                /* some worker did */
	uint32_t worker_count;
	struct worker workers[];
};

/* Workers ---------------------------------------------------------------------------------------------------------- */

static int visit(const struct opj_visitor *visitor, const struct event *event, struct opj_error *err)
{
	switch (event->kind) {
	case EVENT_MODULE:
		return visitor->module ? visitor->module(visitor->data, event->u.module, err) : 0;
	case EVENT_OP:
		return visitor->op ? visitor->op(visitor->data, &event->u.op, err) : 0;
	case EVENT_CALL:
		return visitor->call ? visitor->call(visitor->data, &event->u.call, err) : 0;
	case EVENT_OPTIMIZER:
		return visitor->optimizer ? visitor->optimizer(visitor->data, &event->u.optimizer, err) : 0;
	case EVENT_MARK:
		return visitor->mark ? visitor->mark(visitor->data, &event->u.mark, err) : 0;
	case EVENT_SITE:
		return visitor->site ? visitor->site(visitor->data, &event->u.site, err) : 0;
	}
	return 0;
}

/* A worker that failed goes on taking batches, without looking at them, so that nobody waits for it. */
static void visit_batch(struct worker *worker, const struct batch *batch)
{
	for (const struct event *event = batch->first; event && !worker->failed; event = event->next) {
		worker->failed = visit(&worker->visitor, event, &worker->err) != 0;
		worker->events += !worker->failed;
	}
}

static void *work(void *data)
{
	struct worker *worker = data;
	struct opj_fanout *fanout = worker->fanout;
	pthread_mutex_lock(&fanout->lock);
	for (;;) {
		while (worker->done == fanout->published && !fanout->ended)
			pthread_cond_wait(&fanout->published_one, &fanout->lock);
		if (worker->done == fanout->published)
			break;
		pthread_mutex_unlock(&fanout->lock);
		visit_batch(worker, &fanout->ring[worker->done % BATCHES]);
		pthread_mutex_lock(&fanout->lock);
		worker->done++;
		fanout->failed |= worker->failed;
		pthread_cond_signal(&fanout->done_one);
	}
	pthread_mutex_unlock(&fanout->lock);
	return NULL;
}

/* Batches ---------------------------------------------------------------------------------------------------------- */

/* The batch that is being filled: nobody else touches it. */
static struct batch *current(struct opj_fanout *fanout)
{
	return &fanout->ring[fanout->published % BATCHES];
}

static bool next_is_free(const struct opj_fanout *fanout)
{
	for (uint32_t i = 0; i < fanout->worker_count; i++) {
		if (fanout->workers[i].done + BATCHES <= fanout->published)
			return false;
	}
	return true;
}

/* Hands the current batch over and waits for the next one to be free. -1: a worker failed. */
static int publish(struct opj_fanout *fanout)
{
	pthread_mutex_lock(&fanout->lock);
	fanout->published++;
	pthread_cond_broadcast(&fanout->published_one);
	while (!next_is_free(fanout))
		pthread_cond_wait(&fanout->done_one, &fanout->lock);
	bool failed = fanout->failed;
	pthread_mutex_unlock(&fanout->lock);
	struct batch *batch = current(fanout);
	batch->used = 0;
	batch->first = batch->last = NULL;
	return failed ? -1 : 0;
}

static size_t padded(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

/* Room that a batch was found to have. */
static void *take(struct batch *batch, size_t size)
{
	void *memory = batch->bytes + batch->used;
	batch->used += padded(size);
	return memory;
}

static const void *copy(struct batch *batch, const void *from, size_t size)
{
	return size ? memcpy(take(batch, size), from, size) : NULL;
}

/* An event in a batch that has room for it and for `more` bytes; a batch without any grows for one that is larger than
 * batches are. NULL: out of memory, or a worker failed and there is no message. */
static struct event *append(struct opj_fanout *fanout, enum event_kind kind, size_t more, struct opj_error *err)
{
	size_t size = padded(sizeof(struct event)) + more;
	struct batch *batch = current(fanout);
	if (batch->first && batch->size - batch->used < size) {
		if (publish(fanout)) {
			opj_fail(err, "a worker failed");
			return NULL;
		}
		batch = current(fanout);
	}
	if (batch->size < size) {
		unsigned char *bytes = realloc(batch->bytes, size > BATCH_BYTES ? size : BATCH_BYTES);
		if (!bytes) {
			opj_fail(err, "out of memory");
			return NULL;
		}
		batch->bytes = bytes;
		batch->size = size > BATCH_BYTES ? size : BATCH_BYTES;
	}
	struct event *event = take(batch, sizeof *event);
	event->next = NULL;
	event->kind = kind;
	if (batch->last)
		batch->last->next = event;
	else
		batch->first = event;
	batch->last = event;
	return event;
}

/* What the replay visits ------------------------------------------------------------------------------------------- */

static int add_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	struct event *event = append(data, EVENT_MODULE, 0, err);
	if (!event)
		return -1;
	event->u.module = module;
	return 0;
}

static size_t spike_size(const struct opj_spike_stats *spike)
{
	if (!spike)
		return 0;
	size_t size = padded(sizeof *spike) + padded(spike->tile_count * sizeof *spike->tiles);
	for (uint32_t i = 0; i < spike->tile_count; i++)
		size += padded(spike->tiles[i].row_count * sizeof *spike->tiles[i].rows);
	return size;
}

static const struct opj_spike_stats *copy_spike(struct batch *batch, const struct opj_spike_stats *spike)
{
	if (!spike)
		return NULL;
	struct opj_spike_stats *stats = take(batch, sizeof *stats);
	*stats = *spike;
	if (!spike->tile_count)
		return stats;
	struct opj_tile_stats *tiles = take(batch, spike->tile_count * sizeof *tiles);
	stats->tiles = tiles;
	for (uint32_t i = 0; i < spike->tile_count; i++) {
		tiles[i] = spike->tiles[i];
		tiles[i].rows = copy(batch, tiles[i].rows, tiles[i].row_count * sizeof *tiles[i].rows);
	}
	return stats;
}

static int add_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct opj_fanout *fanout = data;
	size_t operands = op->signature->operand_count * sizeof *op->operands;
	size_t states = op->state_count * sizeof *op->states;
	struct event *event = append(fanout, EVENT_OP, padded(operands) + padded(states) + spike_size(op->spike), err);
	if (!event)
		return -1;
	struct batch *batch = current(fanout);
	event->u.op = *op;
	event->u.op.operands = copy(batch, op->operands, operands);
	event->u.op.states = copy(batch, op->states, states);
	event->u.op.spike = copy_spike(batch, op->spike);
	return 0;
}

static int add_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct opj_fanout *fanout = data;
	size_t operands = call->operand_count * sizeof *call->operands;
	struct event *event = append(fanout, EVENT_CALL, padded(operands), err);
	if (!event)
		return -1;
	event->u.call = *call;
	event->u.call.operands = copy(current(fanout), call->operands, operands);
	return 0;
}

static int add_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	struct event *event = append(data, EVENT_OPTIMIZER, 0, err);
	if (!event)
		return -1;
	event->u.optimizer = *step;
	return 0;
}

static int add_mark(void *data, const struct opj_trace_mark *mark, struct opj_error *err)
{
	const struct opj_mark *def = &mark->def;
	size_t size = padded(strlen(def->name) + 1) + padded(def->number_count * sizeof *def->numbers);
	for (uint32_t i = 0; i < def->number_count; i++)
		size += padded(strlen(def->numbers[i].key) + 1);
	struct event *event = append(data, EVENT_MARK, size, err);
	if (!event)
		return -1;
	struct batch *batch = current(data);
	struct opj_value *numbers = take(batch, def->number_count * sizeof *numbers);
	for (uint32_t i = 0; i < def->number_count; i++) {
		numbers[i] = def->numbers[i];
		numbers[i].key = copy(batch, numbers[i].key, strlen(numbers[i].key) + 1);
	}
	event->u.mark = *mark;
	event->u.mark.def.name = copy(batch, def->name, strlen(def->name) + 1);
	event->u.mark.def.numbers = numbers;
	return 0;
}

static int add_site(void *data, const struct opj_site *site, struct opj_error *err)
{
	size_t size = site->value_count * sizeof *site->values;
	struct event *event = append(data, EVENT_SITE, padded(size), err);
	if (!event)
		return -1;
	event->u.site = *site;
	event->u.site.values = copy(current(data), site->values, size);
	return 0;
}

struct opj_visitor opj_fanout_visitor(struct opj_fanout *fanout)
{
	return (struct opj_visitor){.data = fanout,
				    .module = add_module,
				    .op = add_op,
				    .call = add_call,
				    .optimizer = add_optimizer,
				    .mark = add_mark,
				    .site = add_site};
}

/* Start and stop --------------------------------------------------------------------------------------------------- */

static void end(struct opj_fanout *fanout)
{
	pthread_mutex_lock(&fanout->lock);
	fanout->published += current(fanout)->first != NULL;
	fanout->ended = true;
	pthread_cond_broadcast(&fanout->published_one);
	pthread_mutex_unlock(&fanout->lock);
	for (uint32_t i = 0; i < fanout->worker_count; i++)
		pthread_join(fanout->workers[i].thread, NULL);
}

static void destroy(struct opj_fanout *fanout)
{
	for (int i = 0; i < BATCHES; i++)
		free(fanout->ring[i].bytes);
	pthread_cond_destroy(&fanout->done_one);
	pthread_cond_destroy(&fanout->published_one);
	pthread_mutex_destroy(&fanout->lock);
	free(fanout);
}

struct opj_fanout *opj_fanout_start(const struct opj_visitor *visitors, uint32_t count, struct opj_error *err)
{
	struct opj_fanout *fanout = calloc(1, sizeof *fanout + count * sizeof *fanout->workers);
	if (!fanout) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&fanout->lock, NULL);
	pthread_cond_init(&fanout->published_one, NULL);
	pthread_cond_init(&fanout->done_one, NULL);
	for (uint32_t i = 0; i < count; i++) {
		struct worker *worker = &fanout->workers[i];
		worker->fanout = fanout;
		worker->visitor = visitors[i];
		int failure = pthread_create(&worker->thread, NULL, work, worker);
		if (failure) {
			opj_fail(err, "thread %u of %u cannot be started: %s", i + 1, count, strerror(failure));
			end(fanout);
			destroy(fanout);
			return NULL;
		}
		fanout->worker_count++;
	}
	return fanout;
}

int opj_fanout_stop(struct opj_fanout *fanout, struct opj_error *err)
{
	end(fanout);
	const struct worker *earliest = NULL;
	for (uint32_t i = 0; i < fanout->worker_count; i++) {
		const struct worker *worker = &fanout->workers[i];
		if (worker->failed && (!earliest || worker->events < earliest->events))
			earliest = worker;
	}
	int failed = earliest ? -1 : 0;
	if (earliest && err)
		*err = earliest->err;
	destroy(fanout);
	return failed;
}
