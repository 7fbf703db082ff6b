/* analyze/estimators/lemaire/report.c: adding up what lemaire.c took in, pricing it, and saying what is not in it.
 *
 * Prices are linear in the counts once the buffer sizes of the whole run are known, so modules and stages are priced
 * with the same costs as the total and add up to it. */
#include "lemaire.h"
#include <stdlib.h>

static const char *const count_names[LEMAIRE_COUNTS] = {
    "synop",
    "mac",
    "ac",
    "state_mac_like",
    "state_acc_like",
    "read_in_bytes",
    "write_out_bytes",
    "read_params_bytes",
    "read_potential_bytes",
    "write_potential_bytes",
    "acc_addr",
    "mac_addr",
};

static void add_counts(struct lemaire_counts *sum, const struct lemaire_counts *more)
{
	for (int i = 0; i < LEMAIRE_COUNTS; i++)
		sum->values[i] = opj_add(sum->values[i], more->values[i]);
}

static void add_everything(const struct lemaire *self, struct lemaire_counts *total)
{
	for (uint32_t i = 0; i < self->rows.count; i++)
		add_counts(total, &((struct lemaire_row *)opj_vector_get(&self->rows, i))->counts);
	for (uint32_t i = 0; i < self->layers.count; i++)
		add_counts(total, &((struct lemaire_layer *)opj_vector_get(&self->layers, i))->counts);
}

/* Scopes and stages ------------------------------------------------------------------------------------------------ */

struct group {
	const char *name; /* NULL: no op came from it */
	struct lemaire_counts counts;
};

/* Whether a layer lies in a scope, as its path says. */
static bool lies_in(const char *path, const char *scope)
{
	size_t length = strlen(scope);
	if (strcmp(scope, "Global") == 0)
		return true;
	return strncmp(path, scope, length) == 0 && (path[length] == '.' || path[length] == '\0');
}

static int collect_scopes(const struct lemaire *self, struct opj_vector *scopes)
{
	for (uint32_t i = 0; i < self->rows.count; i++) {
		const struct lemaire_row *row = opj_vector_get(&self->rows, i);
		for (uint32_t s = 0; row->context && row->covered && s < row->context->scope_count; s++) {
			struct group *scope = opj_vector_at(scopes, row->context->scope_ids[s]);
			if (!scope)
				return -1;
			scope->name = row->context->scopes[s];
			add_counts(&scope->counts, &row->counts);
		}
	}
	for (uint32_t i = 0; i < self->layers.count; i++) {
		const struct lemaire_layer *layer = opj_vector_get(&self->layers, i);
		for (uint32_t s = 0; layer->calls && s < scopes->count; s++) {
			struct group *scope = opj_vector_get(scopes, s);
			if (scope->name && lies_in(layer->module->def.path, scope->name))
				add_counts(&scope->counts, &layer->counts);
		}
	}
	return 0;
}

static int collect_stages(const struct lemaire *self, struct opj_vector *stages)
{
	for (uint32_t i = 0; i < self->rows.count; i++) {
		const struct lemaire_row *row = opj_vector_get(&self->rows, i);
		if (!row->context || !row->covered)
			continue;
		struct group *stage = opj_vector_at(stages, row->context->stage_id);
		if (!stage)
			return -1;
		stage->name = row->context->stage;
		add_counts(&stage->counts, &row->counts);
	}
	for (uint32_t i = 0; i < self->stages.count; i++) {
		const struct lemaire_stage *calls = opj_vector_get(&self->stages, i);
		struct group *stage = calls->name ? opj_vector_at(stages, i) : NULL;
		if (calls->name && !stage)
			return -1;
		if (stage) {
			stage->name = calls->name;
			add_counts(&stage->counts, &calls->counts);
		}
	}
	return 0;
}

static int report_shares(const struct lemaire *self, const struct lemaire_memory_cost *memory,
			 struct opj_report *report)
{
	static int (*const collect[])(const struct lemaire *, struct opj_vector *) = {
	    [OPJ_BY_MODULE] = collect_scopes,
	    [OPJ_BY_STAGE] = collect_stages,
	};
	for (int axis = OPJ_BY_MODULE; axis <= OPJ_BY_STAGE; axis++) {
		struct opj_vector groups = {.item_size = sizeof(struct group)};
		int failed = collect[axis](self, &groups);
		for (uint32_t i = 0; !failed && i < groups.count; i++) {
			const struct group *group = opj_vector_get(&groups, i);
			struct lemaire_energy energy;
			lemaire_price(&self->cost, memory, &group->counts, &energy);
			if (group->name)
				opj_report_share(report, (enum opj_axis)axis, group->name, energy.total);
		}
		opj_vector_finish(&groups);
		if (failed)
			return -1;
	}
	return 0;
}

/* The total ----------------------------------------------------------------------------------------------------------
 */

static void report_energy(const struct lemaire_energy *energy, struct opj_report *report)
{
	opj_report_total(report, energy->total);
	opj_report_number(report, energy->ops, "breakdown_pj", "ops_pj", NULL);
	opj_report_number(report, energy->addressing, "breakdown_pj", "addressing_pj", NULL);
	opj_report_number(report, energy->memory, "breakdown_pj", "memory_pj", NULL);
	opj_report_number(report, energy->inout, "breakdown_pj", "inout_pj", NULL);
	opj_report_number(report, energy->params, "breakdown_pj", "params_pj", NULL);
	opj_report_number(report, energy->potential, "breakdown_pj", "potential_pj", NULL);
	opj_report_part(report, "memory_pj", "inout_pj");
	opj_report_part(report, "memory_pj", "params_pj");
	opj_report_part(report, "memory_pj", "potential_pj");
}

static void report_memory(const struct lemaire_buffers *buffers, const struct lemaire_memory_cost *memory,
			  struct opj_report *report)
{
	int64_t inout = buffers->read_in > buffers->write_out ? buffers->read_in : buffers->write_out;
	opj_report_count(report, inout, "buffer_sizes_bytes", "inout_buffer_bytes", NULL);
	opj_report_count(report, buffers->params, "buffer_sizes_bytes", "params_buffer_bytes", NULL);
	opj_report_count(report, buffers->potential, "buffer_sizes_bytes", "potential_buffer_bytes", NULL);
	opj_report_number(report, memory->read_in, "memory_cost_pj_per_byte", "read_in", NULL);
	opj_report_number(report, memory->write_out, "memory_cost_pj_per_byte", "write_out", NULL);
	opj_report_number(report, memory->params, "memory_cost_pj_per_byte", "params", NULL);
	opj_report_number(report, memory->potential, "memory_cost_pj_per_byte", "potential", NULL);
}

/* What the figures leave out ----------------------------------------------------------------------------------------
 */

struct gaps {
	uint64_t ops, ops_left_out, silent_layers, dense_layers;
	uint32_t neurons, neurons_untouched;
	const char *silent_layer; /* path of the first */
};

static void find_gaps(const struct lemaire *self, struct gaps *gaps)
{
	*gaps = (struct gaps){0};
	for (uint32_t i = 0; i < self->rows.count; i++) {
		const struct lemaire_row *row = opj_vector_get(&self->rows, i);
		*(row->covered ? &gaps->ops : &gaps->ops_left_out) += row->ops;
	}
	for (uint32_t i = 0; i < self->layers.count; i++) {
		const struct lemaire_layer *layer = opj_vector_get(&self->layers, i);
		gaps->dense_layers += layer->dense_fallback || layer->no_geometry;
		if (layer->module && !layer->calls && gaps->silent_layers++ == 0)
			gaps->silent_layer = layer->module->def.path;
	}
	opj_neuron_state_gaps(&self->state, &gaps->neurons, &gaps->neurons_untouched);
}

static void report_coverage(const struct gaps *gaps, struct opj_report *report)
{
	opj_report_count(report, (int64_t)gaps->ops, "coverage", "ops", NULL);
	opj_report_count(report, (int64_t)gaps->ops_left_out, "coverage", "ops_of_training_left_out", NULL);
	opj_report_count(report, (int64_t)gaps->dense_layers, "coverage", "sparse_layers_taken_as_dense", NULL);
	opj_report_count(report, (int64_t)gaps->silent_layers, "coverage", "layers_without_calls", NULL);
	opj_report_count(report, gaps->neurons, "coverage", "neurons", NULL);
	opj_report_count(report, gaps->neurons_untouched, "coverage", "neurons_without_state", NULL);
}

/* One warning per class, as several layers of a class have the same cause. */
static void warn_dense(const struct lemaire *self, struct opj_report *report)
{
	for (uint32_t i = 0; i < self->layers.count; i++) {
		const struct lemaire_layer *layer = opj_vector_get(&self->layers, i);
		bool first = layer->dense_fallback;
		for (uint32_t j = 0; first && j < i; j++) {
			const struct lemaire_layer *other = opj_vector_get(&self->layers, j);
			first = !other->dense_fallback || strcmp(other->module->def.cls, layer->module->def.cls) != 0;
		}
		if (first)
			opj_report_warn(
			    report,
			    "%s has no rule for sparse memory: its inputs, outputs and parameters are taken "
			    "as dense, each element once",
			    layer->module->def.cls);
		if (layer->no_geometry)
			opj_report_warn(
			    report,
			    "%s (%s): the trace gives neither geometry nor weight, its memory is taken as dense",
			    layer->module->def.path, layer->module->def.cls);
	}
}

static void warn_gaps(const struct lemaire *self, const struct gaps *gaps, struct opj_report *report)
{
	if (gaps->ops_left_out)
		opj_report_warn(
		    report,
		    "inference only: %llu ops of backward, optimizer and suspended regions are left out, %llu "
		    "are covered",
		    (unsigned long long)gaps->ops_left_out, (unsigned long long)gaps->ops);
	if (gaps->silent_layers)
		opj_report_warn(report,
				"%llu layers ran ops but the trace has no call of them (first: %s): input, output and "
				"parameter memory of these is not counted",
				(unsigned long long)gaps->silent_layers, gaps->silent_layer);
	if (gaps->neurons && gaps->neurons_untouched == gaps->neurons)
		opj_report_warn(
		    report,
		    "%u neuron modules ran ops, none of which touches a state that the trace names: potential "
		    "memory and neuron operations count as nothing",
		    gaps->neurons);
	if (self->unknown_values)
		opj_report_warn(report,
				"%llu calls with tensors whose values the trace does not know are taken as dense",
				(unsigned long long)self->unknown_values);
	for (int i = 0; i < LEMAIRE_BORROWED; i++) {
		const struct lemaire_borrowed *borrowed = &self->borrowed[i];
		if (borrowed->uncovered)
			opj_report_warn(report, "%llu ops count as nothing under %s; the first: %s",
					(unsigned long long)borrowed->uncovered, borrowed->counter->name,
					borrowed->why.text);
	}
}

int lemaire_report(void *data, const struct opj_slice *slice, struct opj_report *report, struct opj_error *err)
{
	(void)slice;
	const struct lemaire *self = data;
	const struct lemaire_buffers *buffers = &self->buffers;
	struct lemaire_counts total = {{0}};
	add_everything(self, &total);
	for (int i = 0; i < LEMAIRE_COUNTS; i++) {
		if (total.values[i] == OPJ_OVERFLOW)
			return opj_fail(err, "%s does not fit in 64 bits", count_names[i]);
		opj_report_count(report, total.values[i], "counts", count_names[i], NULL);
	}
	struct lemaire_memory_cost memory = {
	    .read_in = lemaire_cost_per_byte(&self->cost, buffers->read_in),
	    .write_out = lemaire_cost_per_byte(&self->cost, buffers->write_out),
	    .params = lemaire_cost_per_byte(&self->cost, buffers->params),
	    .potential = lemaire_cost_per_byte(&self->cost, buffers->potential),
	};
	struct lemaire_energy energy;
	lemaire_price(&self->cost, &memory, &total, &energy);
	report_energy(&energy, report);
	report_memory(buffers, &memory, report);
	if (report_shares(self, &memory, report))
		return opj_fail(err, "out of memory");

	struct gaps gaps;
	find_gaps(self, &gaps);
	report_coverage(&gaps, report);
	opj_neuron_state_warn_fused(&self->state, report);
	warn_dense(self, report);
	warn_gaps(self, &gaps, report);
	return 0;
}
