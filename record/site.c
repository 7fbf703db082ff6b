/* record/site.c: adds up what results have in each channel, and writes it.
 *
 * A site costs 8 bytes a channel here and in each event, not in each op. What does not fit in memory is left out: the
 * number of ops that a site was summed over says so. */
#include "site.h"
#include "context.h"
#include "record/base/vector.h"
#include "record/scan/scan.h"

enum {
	PART = 2048,           /* values of one event */
	SUMS_MAX = 8 << 20,    /* channels of all sites together */
	FIRST_WRITE = 1 << 16, /* ops; then whenever they have doubled */
};

struct opj_site_sum {
	uint32_t context, signature, leaf, count;
	uint64_t ops;
	uint64_t *channels; /* [count] */
};

void opj_sites_finish(struct opj_site_table *table)
{
	for (uint32_t i = 0; i < table->keys.count; i++)
		free(table->sums[i].channels);
	free(table->sums);
	opj_intern_finish(&table->keys);
	opj_intern_finish(&table->weights);
}

/* The sum of a key that is not there yet; NULL when there is no memory for it. */
static struct opj_site_sum *site_add(struct opj_site_table *table, const uint32_t *key, size_t size, uint64_t hash,
				     uint32_t count)
{
	if (table->channels + count > SUMS_MAX)
		return NULL;
	if (!opj_array_grow(&table->sums, table->keys.count, sizeof *table->sums))
		return NULL;
	uint64_t *channels = calloc(count, sizeof *channels);
	uint32_t id = channels ? opj_intern_add(&table->keys, key, size, hash) : OPJ_INTERN_NONE;
	if (id == OPJ_INTERN_NONE) {
		free(channels);
		return NULL;
	}
	table->channels += count;
	table->sums[id] = (struct opj_site_sum){
	    .context = key[0], .signature = key[1], .leaf = key[2], .count = count, .channels = channels};
	return &table->sums[id];
}

static void add_counted(struct opj_site_table *table, const struct opj_thread *thread,
			const struct opj_counted *counted, const struct opj_event_op *event)
{
	const uint32_t key[] = {event->context, event->signature, counted->leaf};
	uint64_t hash = opj_intern_hash(key, sizeof key);
	uint32_t id = opj_intern_find(&table->keys, key, sizeof key, hash);
	struct opj_site_sum *sum =
	    id != OPJ_INTERN_NONE ? &table->sums[id] : site_add(table, key, sizeof key, hash, counted->count);
	const uint64_t *channels = (const uint64_t *)(const void *)(thread->channels.data + counted->at);
	if (!sum)
		return;
	sum->ops++;
	for (uint32_t c = 0; c < sum->count; c++)
		sum->channels[c] += channels[c];
}

/* Writes the values of a site in pieces. */
static void write_values(struct opj_recorder *rec, struct opj_event_site *event, const uint64_t *values, uint32_t count)
{
	event->next = (uint32_t)rec->events;
	event->total = count;
	for (event->first = 0; event->first < count; event->first += PART) {
		event->values = values + event->first;
		event->values_count = (uint16_t)(count - event->first < PART ? count - event->first : PART);
		opj_recorder_hold(rec);
		lttng_ust_tracepoint(opjoule, site, event);
	}
}

void opj_sites_write(struct opj_recorder *rec)
{
	for (uint32_t i = 0; i < rec->sites.keys.count; i++) {
		const struct opj_site_sum *sum = &rec->sites.sums[i];
		struct opj_event_site event = {.signature = sum->signature,
					       .context = sum->context,
					       .tensor = (uint16_t)sum->leaf,
					       .what = OPJ_SITE_CHANNELS,
					       .ops = sum->ops};
		write_values(rec, &event, sum->channels, sum->count);
	}
}

bool opj_weight_is_new(struct opj_recorder *rec, uint64_t storage)
{
	pthread_mutex_lock(&rec->lock); /* nothing is written: the opening event has time */
	uint32_t id =
	    opj_intern_find(&rec->sites.weights, &storage, sizeof storage, opj_intern_hash(&storage, sizeof storage));
	pthread_mutex_unlock(&rec->lock);
	return id == OPJ_INTERN_NONE;
}

static void write_pattern(struct opj_recorder *rec, const struct opj_thread *thread, const struct opj_event_op *op,
			  uint32_t leaf_count)
{
	const struct opj_weight_pattern *pattern = thread->new_weight.pattern;
	uint64_t storage = thread->new_weight.storage, hash = opj_intern_hash(&storage, sizeof storage);
	uint32_t leaf = 0, count = (uint32_t)pattern->count;
	while (leaf < leaf_count && thread->leaves[leaf] != thread->new_weight.tensor)
		leaf++;
	uint64_t *taps = pattern->count <= SUMS_MAX ? malloc((pattern->count + 1) * sizeof *taps) : NULL;
	if (!taps || leaf == leaf_count ||
	    opj_intern_find(&rec->sites.weights, &storage, sizeof storage, hash) != OPJ_INTERN_NONE ||
	    opj_intern_add(&rec->sites.weights, &storage, sizeof storage, hash) == OPJ_INTERN_NONE) {
		free(taps);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		taps[i] = pattern->taps[i];
	struct opj_event_site event = {.signature = op->signature,
				       .context = op->context,
				       .tensor = (uint16_t)leaf,
				       .what = OPJ_SITE_TAPS,
				       .ops = 1};
	write_values(rec, &event, taps, count);
	event.what = OPJ_SITE_BLOCKS;
	write_values(rec, &event, pattern->blocks, 5);
	free(taps);
}

void opj_sites_place(struct opj_recorder *rec, struct opj_thread *thread, const struct opj_event_op *event,
		     uint32_t leaf_count)
{
	struct opj_site_table *table = &rec->sites;
	if (opj_recorder_minor(rec) == 0)
		return;
	for (uint32_t i = 0; i < thread->counted_count; i++)
		add_counted(table, thread, &thread->counted[i], event);
	if (thread->new_weight.pattern)
		write_pattern(rec, thread, event, leaf_count);
	thread->new_weight.pattern = NULL;
	if (rec->ops < FIRST_WRITE || rec->ops < table->next_write)
		return;
	table->next_write = rec->ops * 2;
	opj_sites_write(rec);
}
