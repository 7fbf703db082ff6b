/* record/event.c: ops, calls, optimizer steps and marks become events.
 *
 * All but marks go the same way: key and leaves from the argument trees, facts of the tensors, then under the mutex the
 * id of the key (defined where it is new), the context, storages, the number, the event. Whatever can fail comes before
 * the number is taken, so a record that cannot be made leaves no gap. */
#include "context.h"
#include "definition.h"
#include "key.h"
#include "operand.h"
#include "product.h"
#include "record/base/json.h"
#include "voice.h"

typedef bool definition_text(struct opj_texts *texts, const void *record, const struct opj_walk *walk);

/* Under the mutex: the id of thread->key in `table`, defined where it is new; OPJ_INTERN_NONE when it cannot be. */
static uint32_t definition_id(struct opj_recorder *rec, struct opj_thread *thread, struct opj_intern *table,
			      enum opj_define_kind kind, definition_text *write, const void *record,
			      const struct opj_walk *walk)
{
	const struct opj_buffer *key = &thread->key;
	uint64_t hash = opj_intern_hash(key->data, key->size);
	uint32_t id = opj_intern_find(table, key->data, key->size, hash);
	if (id != OPJ_INTERN_NONE)
		return id;
	if (!write(&thread->texts, record, walk))
		return OPJ_INTERN_NONE;
	id = opj_intern_add(table, key->data, key->size, hash);
	if (id != OPJ_INTERN_NONE)
		opj_recorder_define(rec, kind, id, &thread->texts);
	return id;
}

static bool op_text(struct opj_texts *texts, const void *record, const struct opj_walk *walk)
{
	return opj_define_signature(texts, record, walk);
}

static bool call_text(struct opj_texts *texts, const void *record, const struct opj_walk *walk)
{
	return opj_define_call(texts, record, walk);
}

static bool optimizer_text(struct opj_texts *texts, const void *record, const struct opj_walk *walk)
{
	(void)walk;
	return opj_define_optimizer(texts, record);
}

static bool tiles_put(struct opj_buffer *tiles, const struct opj_spike_stats *spike)
{
	opj_buffer_clear(tiles);
	if ((spike->has & OPJ_SPIKE_TILES) && spike->tile_count && !spike->tiles)
		return false;
	for (uint32_t i = 0; (spike->has & OPJ_SPIKE_TILES) && i < spike->tile_count; i++) {
		const struct opj_tile_stats *tile = &spike->tiles[i];
		uint64_t head[] = {tile->size, tile->patches, tile->sites, tile->row_count};
		if (tile->row_count && !tile->rows)
			return false;
		opj_buffer_put(tiles, head, sizeof head);
		opj_buffer_put(tiles, tile->rows, tile->row_count * sizeof *tile->rows);
	}
	return !tiles->failed && tiles->size / sizeof(uint64_t) <= UINT16_MAX;
}

static bool event_spike(struct opj_thread *thread, const struct opj_spike_stats *spike, struct opj_event_op *event)
{
	unsigned has = spike->has;
	if (!tiles_put(&thread->tiles, spike))
		return false;
	const uint64_t none = OPJ_SPIKE_NOT_APPLICABLE;
	event->synops = has & OPJ_SPIKE_SYNOPS ? spike->synops : none;
	event->active_out = has & OPJ_SPIKE_SYNOPS ? spike->active_out : none;
	event->x_active_rows = has & OPJ_SPIKE_X_ACTIVE_ROWS ? spike->x_active_rows : none;
	event->y_active_cols = has & OPJ_SPIKE_Y_ACTIVE_COLS ? spike->y_active_cols : none;
	event->pair_sum = has & OPJ_SPIKE_PAIR ? spike->pair_sum : none;
	event->pair_active = has & OPJ_SPIKE_PAIR ? spike->pair_active : none;
	event->effective = has & OPJ_SPIKE_EFFECTIVE ? spike->effective : none;
	event->tiles = (const uint64_t *)(const void *)thread->tiles.data;
	event->tiles_count = (uint16_t)(thread->tiles.size / sizeof(uint64_t));
	return true;
}

/* Spike statistics given or computed; *has says whether there are any. False: those given cannot be written. */
static bool op_spike(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
		     struct opj_event_op *event, bool *has)
{
	struct opj_spike_stats computed = {0};
	const struct opj_spike_stats *spike = op->spike;
	*has = false;
	if (!spike) {
		int found =
		    rec->flags & OPJ_RECORDER_NO_SPIKE_STATS ? 0 : opj_product_spike(rec, thread, op, &computed);
		if (found < 0)
			opj_recorder_problem(rec); /* the op itself is recorded all the same */
		if (found <= 0)
			return true;
		spike = &computed;
	}
	bool written = !spike->has || event_spike(thread, spike, event);
	*has = spike->has != 0;
	opj_spike_stats_finish(&computed);
	return written;
}

static bool states_valid(struct opj_thread *thread, const struct opj_op_record *op)
{
	if (op->state_count > UINT16_MAX || (op->state_count && !op->states))
		return false;
	for (uint32_t i = 0; i < op->state_count; i++) {
		if (op->states[i] == 0 || op->states[i] > OPJ_STORAGE_MAX)
			return false;
	}
	opj_buffer_clear(&thread->states);
	return opj_buffer_add(&thread->states, op->state_count * sizeof(int64_t)) || op->state_count == 0;
}

static void states_place(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op,
			 struct opj_event_op *event)
{
	int64_t *states = (int64_t *)(void *)thread->states.data;
	for (uint32_t i = 0; i < op->state_count; i++)
		states[i] = opj_storage_encode(&rec->storages, op->states[i]);
	event->states = states;
	event->states_count = (uint16_t)op->state_count;
}

static void op_emit(struct opj_recorder *rec, struct opj_event_op *event, bool spike)
{
	event->seq = opj_recorder_next(rec);
	if (spike)
		lttng_ust_tracepoint(opjoule, op_spike, event);
	else
		lttng_ust_tracepoint(opjoule, op, event);
	atomic_store_explicit(&rec->status->ops, ++rec->ops, memory_order_relaxed);
}

/* Under the mutex, while the status page does not say what the model is given. */
static void note_input(struct opj_recorder *rec, const struct opj_tensor *tensors, uint32_t count, bool call)
{
	opj_status_input(rec->status, tensors, count, call);
	rec->input_known = rec->status->input[0] != '\0';
}

static bool record_op(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_op_record *op)
{
	struct opj_walk walk = {
	    .key = &thread->key, .tensors = op->tensors, .tensor_count = op->tensor_count, .leaves = thread->leaves};
	struct opj_event_op event;
	bool spike;
	opj_buffer_clear(&thread->key);
	event.duration = op->duration_ns;
	thread->new_weight.pattern = NULL;
	if (!opj_key_op(&walk, op) || !states_valid(thread, op) ||
	    !opj_operands_look(rec, thread, op->tensors, walk.leaf_count, walk.results) ||
	    !op_spike(rec, thread, op, &event, &spike))
		return false;
	opj_recorder_lock(rec);
	event.context = opj_context_current(rec, thread);
	event.signature = definition_id(rec, thread, &rec->signatures, OPJ_DEFINE_SIGNATURE, op_text, op, &walk);
	bool known = event.context != OPJ_INTERN_NONE && event.signature != OPJ_INTERN_NONE;
	if (known) {
		opj_sites_place(rec, thread, &event, walk.leaf_count);
		opj_operands_place(rec, thread, op->tensors, walk.leaf_count, &event);
		states_place(rec, thread, op, &event);
		op_emit(rec, &event, spike);
		if (!rec->input_known)
			note_input(rec, op->tensors, op->tensor_count, false);
	}
	opj_recorder_unlock(rec);
	return known;
}

/* Apart, so that opj_record_op is a load and a branch while nobody listens. */
__attribute__((noinline)) static void record_op_or_problem(struct opj_recorder *rec, const struct opj_op_record *op)
{
	struct opj_thread *thread = opj_thread_get(rec);
	if (thread && (!op || !record_op(rec, thread, op)))
		opj_recorder_problem(rec);
}

void opj_record_op(struct opj_recorder *rec, const struct opj_op_record *op)
{
	if (opj_listening())
		record_op_or_problem(rec, op);
}

/* The arguments of the root's call: tensors by themselves, not those in lists. */
static void call_input(struct opj_recorder *rec, const struct opj_call_record *call)
{
	for (uint32_t i = 0; i < call->in_count; i++) {
		if (call->in[i].type == OPJ_VALUE_TENSOR)
			note_input(rec, &call->tensors[call->in[i].u.tensor], 1, true);
	}
}

static bool record_call(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_call_record *call)
{
	struct opj_walk walk = {.key = &thread->key,
				.tensors = call->tensors,
				.tensor_count = call->tensor_count,
				.leaves = thread->leaves};
	struct opj_event_op event;
	opj_buffer_clear(&thread->key);
	if (call->module >= atomic_load_explicit(&rec->module_count, memory_order_acquire) ||
	    !opj_key_call(&walk, call) ||
	    !opj_operands_look(rec, thread, call->tensors, walk.leaf_count, walk.leaf_count) ||
	    !opj_operands_keyword(thread, call->tensors, &walk, &event))
		return false;
	opj_recorder_lock(rec);
	event.context = opj_context_current(rec, thread);
	event.signature = definition_id(rec, thread, &rec->call_definitions, OPJ_DEFINE_CALL, call_text, call, &walk);
	bool known = event.context != OPJ_INTERN_NONE && event.signature != OPJ_INTERN_NONE;
	if (known) {
		opj_operands_place(rec, thread, call->tensors, walk.positional, &event);
		event.seq = opj_recorder_next(rec);
		lttng_ust_tracepoint(opjoule, call, &event);
		rec->calls++;
		if (!rec->input_known && call->module == 0 && call->direction == OPJ_FORWARD)
			call_input(rec, call);
	}
	opj_recorder_unlock(rec);
	return known;
}

void opj_record_call(struct opj_recorder *rec, const struct opj_call_record *call)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (!call || !record_call(rec, thread, call))
		opj_recorder_problem(rec);
}

static bool record_optimizer(struct opj_recorder *rec, struct opj_thread *thread,
			     const struct opj_optimizer_record *step)
{
	struct opj_walk walk = {.key = &thread->key};
	struct opj_event_optimizer event;
	opj_buffer_clear(&thread->key);
	if (!opj_key_optimizer(&walk, step))
		return false;
	opj_recorder_lock(rec);
	event.context = opj_context_current(rec, thread);
	event.definition =
	    definition_id(rec, thread, &rec->optimizer_definitions, OPJ_DEFINE_OPTIMIZER, optimizer_text, step, NULL);
	bool known = event.context != OPJ_INTERN_NONE && event.definition != OPJ_INTERN_NONE;
	if (known) {
		event.seq = opj_recorder_next(rec);
		lttng_ust_tracepoint(opjoule, optimizer, &event);
		rec->optimizers++;
	}
	opj_recorder_unlock(rec);
	return known;
}

void opj_record_optimizer(struct opj_recorder *rec, const struct opj_optimizer_record *step)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (!step || !record_optimizer(rec, thread, step))
		opj_recorder_problem(rec);
}

/* Names and numbers that JSON keeps apart from everything else: integers and floats with a key. */
static bool mark_valid(const struct opj_mark *mark)
{
	bool valid = mark && mark->name && *mark->name && (!mark->number_count || mark->numbers);
	for (uint32_t i = 0; valid && i < mark->number_count; i++)
		valid = mark->numbers[i].key &&
			(mark->numbers[i].type == OPJ_VALUE_INT || mark->numbers[i].type == OPJ_VALUE_FLOAT);
	return valid;
}

static bool record_mark(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_mark *mark)
{
	struct opj_buffer *numbers = &thread->texts.text;
	struct opj_json json = {.buffer = numbers};
	opj_buffer_clear(numbers);
	if (!mark_valid(mark))
		return false;
	opj_json_members(&json, NULL, mark->numbers, mark->number_count, NULL, NULL);
	if (json.problem || !opj_buffer_text(numbers))
		return false;
	opj_recorder_lock(rec);
	struct opj_event_mark event = {.next = (uint32_t)rec->events,
				       .after = rec->ops,
				       .index = mark->index,
				       .name = mark->name,
				       .numbers = numbers->data};
	lttng_ust_tracepoint(opjoule, mark, &event);
	opj_recorder_unlock(rec);
	return true;
}

void opj_record_mark(struct opj_recorder *rec, const struct opj_mark *mark)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (!record_mark(rec, thread, mark))
		opj_recorder_problem(rec);
}

static bool record_site(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_site_record *site)
{
	const struct opj_op_record *op = site->op;
	if (!op || (site->value_count && !site->values) || site->value_count > UINT16_MAX ||
	    site->first > site->total || site->value_count > site->total - site->first ||
	    !opj_site_what_name(site->what))
		return false;
	struct opj_walk walk = {
	    .key = &thread->key, .tensors = op->tensors, .tensor_count = op->tensor_count, .leaves = thread->leaves};
	opj_buffer_clear(&thread->key);
	if (!opj_key_op(&walk, op) || site->tensor >= walk.leaf_count)
		return false;
	opj_recorder_lock(rec);
	struct opj_event_site event = {
	    .context = opj_context_current(rec, thread),
	    .signature = definition_id(rec, thread, &rec->signatures, OPJ_DEFINE_SIGNATURE, op_text, op, &walk),
	    .tensor = (uint16_t)site->tensor,
	    .what = (uint8_t)site->what,
	    .ops = site->ops,
	    .first = site->first,
	    .total = site->total,
	    .values_count = (uint16_t)site->value_count,
	    .values = site->values};
	bool known = event.context != OPJ_INTERN_NONE && event.signature != OPJ_INTERN_NONE;
	event.next = (uint32_t)rec->events;
	if (known)
		lttng_ust_tracepoint(opjoule, site, &event);
	opj_recorder_unlock(rec);
	return known;
}

void opj_record_site(struct opj_recorder *rec, const struct opj_site_record *site)
{
	struct opj_thread *thread;
	if (!opj_listening() || !(thread = opj_thread_get(rec)))
		return;
	if (!site || !record_site(rec, thread, site))
		opj_recorder_problem(rec);
}
