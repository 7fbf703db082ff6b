/* analyze/sweep/sweep.c: from a grid file to filled rows: which configurations one instance serves, one replay for all
 * instances, and their reports at every row's prices. */
#include "sweep.h"
#include "record/base/vector.h"
#include "replay/fanout/fanout.h"
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static const struct opj_sweep_grid *grid_of(const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	return &sweep->file.grids[row->grid];
}

/* "grid.yaml:3: compute,e_mac_pj=-1: message". */
static int fail_row(const struct opj_sweep *sweep, const struct opj_sweep_row *row, struct opj_error *err)
{
	const struct opj_sweep_grid *grid = grid_of(sweep, row);
	char *spec = opj_sweep_grid_spec(grid, row->index), where[300];
	snprintf(where, sizeof where, "%.120s:%zu: %.150s", sweep->file.path, grid->line, spec ? spec : "");
	free(spec);
	return opj_fail_in(err, where);
}

/* Configurations --------------------------------------------------------------------------------------------------- */

static struct opj_config *counter_config(const struct opj_counter *counter, const char *spec, struct opj_error *err)
{
	struct opj_config *config = opj_config_create(counter->name, counter->options, counter->option_count, err);
	const char *settings = strchr(spec, ',');
	if (config && settings && opj_config_set_list(config, settings + 1, err)) {
		opj_config_destroy(config);
		return NULL;
	}
	return config;
}

static struct opj_config *estimator_config(const struct opj_sweep *sweep, const char *spec, struct opj_error *err)
{
	struct opj_estimate estimate = {0};
	int failed = opj_estimate_configure(&estimate, sweep->catalogue, spec, err);
	struct opj_config *config = estimate.config;
	estimate.config = NULL;
	opj_estimate_finish(&estimate);
	if (failed) {
		opj_config_destroy(config);
		return NULL;
	}
	return config;
}

/* Makes an instance for the sake of what its create refuses: sizes that do not ascend, negative costs. */
static int try_config(const struct opj_sweep_grid *grid, const struct opj_config *config, struct opj_error *err)
{
	void *(*create)(const struct opj_config *, struct opj_error *) =
	    grid->estimator ? grid->estimator->create : grid->counter->create;
	void (*destroy)(void *) = grid->estimator ? grid->estimator->destroy : grid->counter->destroy;
	void *self = create ? create(config, err) : NULL;
	if (create && !self)
		return -1;
	if (self && destroy)
		destroy(self);
	return 0;
}

static int configure_row(const struct opj_sweep *sweep, struct opj_sweep_row *row, struct opj_error *err)
{
	const struct opj_sweep_grid *grid = grid_of(sweep, row);
	char *spec = opj_sweep_grid_spec(grid, row->index);
	if (!spec)
		return opj_fail(err, "out of memory");
	row->config = grid->estimator ? estimator_config(sweep, spec, err) : counter_config(grid->counter, spec, err);
	free(spec);
	return !row->config || try_config(grid, row->config, err) ? fail_row(sweep, row, err) : 0;
}

/* Instances -------------------------------------------------------------------------------------------------------- */

static bool serves(const struct opj_sweep *sweep, const struct opj_sweep_row *first, const struct opj_sweep_row *row)
{
	const struct opj_sweep_grid *a = grid_of(sweep, first), *b = grid_of(sweep, row);
	if (a->estimator != b->estimator || a->counter != b->counter)
		return false;
	if (a->estimator && !opj_estimator_watches(a->estimator))
		return true;
	return a->estimator && opj_estimator_reprices(a->estimator)
		   ? opj_config_equal_but_prices(first->config, row->config)
		   : opj_config_equal(first->config, row->config);
}

/* Configurations that share an instance mostly stand together, so the search goes backwards. */
static int assign_instance(struct opj_sweep *sweep, struct opj_sweep_row *row, struct opj_error *err)
{
	for (uint32_t i = sweep->instance_count; i-- > 0;) {
		if (serves(sweep, &sweep->rows[sweep->instances[i].row], row)) {
			row->instance = i;
			return 0;
		}
	}
	if (sweep->instance_count == OPJ_SWEEP_INSTANCES_MAX) {
		opj_fail(err,
			 "more than %d configurations differ in settings other than prices: each has to see the "
			 "whole trace by itself",
			 OPJ_SWEEP_INSTANCES_MAX);
		return fail_row(sweep, row, err);
	}
	row->instance = sweep->instance_count;
	struct opj_sweep_instance *instance = OPJ_PUSH(sweep->instances, sweep->instance_count);
	if (!instance)
		return opj_fail(err, "out of memory");
	instance->row = (uint32_t)(row - sweep->rows);
	return 0;
}

static int make_rows(struct opj_sweep *sweep, struct opj_error *err)
{
	const struct opj_grid_file *file = &sweep->file;
	sweep->rows = calloc(file->configurations, sizeof *sweep->rows);
	sweep->names = calloc(file->count, sizeof *sweep->names);
	if (!sweep->rows || !sweep->names)
		return opj_fail(err, "out of memory");
	struct opj_sweep_row *row = sweep->rows;
	for (uint32_t g = 0; g < file->count; g++) {
		for (uint32_t i = 0; i < file->grids[g].count; i++, row++) {
			row->grid = g;
			row->index = i;
			if (configure_row(sweep, row, err) || assign_instance(sweep, row, err))
				return -1;
		}
	}
	return 0;
}

/* Analyses --------------------------------------------------------------------------------------------------------- */

static uint32_t processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return count > 0 ? (uint32_t)count : 1;
}

static int add_instance(struct opj_sweep *sweep, struct opj_sweep_instance *instance, struct opj_error *err)
{
	const struct opj_sweep_row *row = &sweep->rows[instance->row];
	struct opj_analysis *analysis = sweep->analyses[instance->analysis];
	char *spec = opj_sweep_grid_spec(grid_of(sweep, row), row->index);
	if (!spec)
		return opj_fail(err, "out of memory");
	int64_t index;
	if (grid_of(sweep, row)->counter)
		index = opj_analysis_put_counter(analysis, spec, err);
	else
		index = opj_analysis_add_estimator(analysis, spec, err) ? -1 : (int64_t)analysis->estimate_count - 1;
	free(spec);
	instance->index = (uint32_t)index;
	return index < 0 ? fail_row(sweep, row, err) : 0;
}

/* Instances to as many analyses as there will be threads. Counters come before estimators and the rest is the order of
 * the file, as within one analysis: of several failures at one op the same counts, however many threads there are. */
static int make_analyses(struct opj_sweep *sweep, struct opj_error *err)
{
	uint32_t jobs = sweep->setup.jobs ? sweep->setup.jobs : processors();
	uint32_t wanted = jobs < sweep->instance_count ? jobs : sweep->instance_count;
	sweep->analyses = calloc(wanted, sizeof *sweep->analyses);
	if (!sweep->analyses)
		return opj_fail(err, "out of memory");
	for (; sweep->analysis_count < wanted; sweep->analysis_count++) {
		struct opj_analysis *analysis = sweep->setup.create(sweep->setup.data, err);
		if (!analysis)
			return -1;
		sweep->analyses[sweep->analysis_count] = analysis;
	}
	uint64_t place = 0;
	for (int counters = 1; counters >= 0; counters--) {
		for (uint32_t i = 0; i < sweep->instance_count; i++) {
			struct opj_sweep_instance *instance = &sweep->instances[i];
			if ((grid_of(sweep, &sweep->rows[instance->row])->counter != NULL) != counters)
				continue;
			instance->analysis = (uint32_t)(place++ * wanted / sweep->instance_count);
			if (add_instance(sweep, instance, err))
				return -1;
		}
	}
	return 0;
}

int opj_sweep_init(struct opj_sweep *sweep, const char *path, const struct opj_sweep_setup *setup,
		   struct opj_error *err)
{
	*sweep = (struct opj_sweep){.setup = *setup, .catalogue = setup->create(setup->data, err)};
	if (sweep->catalogue && opj_grid_file_read(&sweep->file, path, sweep->catalogue, err) == 0 &&
	    make_rows(sweep, err) == 0 && make_analyses(sweep, err) == 0)
		return 0;
	opj_sweep_finish(sweep);
	return -1;
}

static void finish_row(struct opj_sweep_row *row)
{
	for (uint32_t i = 0; i < row->figure_count; i++)
		json_decref(row->figures[i]);
	free(row->figures);
	json_decref(row->warnings);
	opj_config_destroy(row->config);
}

void opj_sweep_finish(struct opj_sweep *sweep)
{
	for (uint32_t i = 0; sweep->rows && i < sweep->file.configurations; i++)
		finish_row(&sweep->rows[i]);
	for (uint32_t i = 0; sweep->names && i < sweep->file.count; i++)
		opj_sweep_names_finish(&sweep->names[i]);
	for (uint32_t i = 0; i < sweep->analysis_count; i++)
		opj_analysis_destroy(sweep->analyses[i]);
	free(sweep->analyses);
	free(sweep->instances);
	free(sweep->names);
	free(sweep->rows);
	opj_grid_file_finish(&sweep->file);
	opj_analysis_destroy(sweep->catalogue); /* holds the plugins, so last */
	*sweep = (struct opj_sweep){0};
}

/* The replay ------------------------------------------------------------------------------------------------------- */

static int replay(struct opj_trace *trace, const struct opj_visitor *visitors, uint32_t count, struct opj_error *err)
{
	if (count == 1)
		return opj_trace_replay(trace, visitors, 1, err);
	struct opj_fanout *fanout = opj_fanout_start(visitors, count, err);
	if (!fanout)
		return -1;
	struct opj_visitor visitor = opj_fanout_visitor(fanout);
	int failed = opj_trace_replay(trace, &visitor, 1, err);
	/* A visitor's failure came before whatever ended the replay. */
	return opj_fanout_stop(fanout, err) || failed ? -1 : 0;
}

static int run_analyses(struct opj_sweep *sweep, struct opj_trace *trace, struct opj_error *err)
{
	struct opj_visitor *visitors = calloc(sweep->analysis_count, sizeof *visitors);
	int failed = visitors ? 0 : opj_fail(err, "out of memory");
	for (uint32_t i = 0; !failed && i < sweep->analysis_count; i++) {
		failed = opj_analysis_begin(sweep->analyses[i], &visitors[i], err);
		sweep->analyses[i]->trace = trace;
	}
	failed = failed || replay(trace, visitors, sweep->analysis_count, err);
	for (uint32_t i = 0; !failed && i < sweep->analysis_count; i++)
		failed = opj_analysis_finish(sweep->analyses[i], err);
	free(visitors);
	return failed ? opj_fail_in_trace(err, trace) : 0;
}

/* Rows ------------------------------------------------------------------------------------------------------------- */

const struct opj_analysis *opj_sweep_analysis(const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	return sweep->analyses[sweep->instances[row->instance].analysis];
}

const struct opj_estimate *opj_sweep_estimate(const struct opj_sweep *sweep, const struct opj_sweep_row *row)
{
	const struct opj_analysis *analysis = opj_sweep_analysis(sweep, row);
	return grid_of(sweep, row)->estimator ? &analysis->estimates[sweep->instances[row->instance].index] : NULL;
}

/* An instance that cannot be repriced serves rows of its own configuration only, and has reported already. */
static int fill_estimate(struct opj_sweep *sweep, struct opj_sweep_row *row, struct opj_error *err)
{
	const struct opj_estimate *seen = opj_sweep_estimate(sweep, row);
	if (!opj_estimator_reprices(seen->estimator))
		return opj_sweep_read_figures(sweep, row, seen->report, NULL, err);
	struct opj_report *report = opj_report_create();
	int failed = report ? 0 : opj_fail(err, "out of memory");
	failed = failed || opj_analysis_price(opj_sweep_analysis(sweep, row), seen, row->config, report, err) ||
		 opj_sweep_read_figures(sweep, row, report, NULL, err);
	opj_report_destroy(report);
	return failed;
}

static int fill_row(struct opj_sweep *sweep, struct opj_sweep_row *row, struct opj_error *err)
{
	if (grid_of(sweep, row)->estimator)
		return fill_estimate(sweep, row, err);
	const struct opj_analysis *analysis = opj_sweep_analysis(sweep, row);
	const struct opj_count *count = &analysis->counts[sweep->instances[row->instance].index];
	return opj_sweep_read_figures(sweep, row, count->report, count, err);
}

int opj_sweep_run(struct opj_sweep *sweep, struct opj_trace *trace, struct opj_error *err)
{
	if (run_analyses(sweep, trace, err))
		return -1;
	for (uint32_t i = 0; i < sweep->file.configurations; i++) {
		if (fill_row(sweep, &sweep->rows[i], err))
			return fail_row(sweep, &sweep->rows[i], err);
	}
	return opj_sweep_check_figures(sweep, err) ? -1 : opj_sweep_mark_fronts(sweep, err);
}
