/* tests/unit/test_sweep.c: grid files, the fan-out to threads, and Pareto fronts, each by itself. That a sweep's
 * figures are those of `opjoule analyze` is shown by tests/e2e/sweep.sh. */
#include "analyze/sweep/sweep.h"
#include "oplog_run.h"
#include "replay/fanout/fanout.h"
#include <math.h>

/* Grid files ------------------------------------------------------------------------------------------------------- */

static char *write_text(const char *text)
{
	char *path = strdup("/tmp/opjoule-test-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static int read_grid(struct opj_grid_file *file, const char *text, struct opj_error *err)
{
	struct opj_analysis *analysis = opj_analysis_create();
	char *path = write_text(text);
	int failed = opj_grid_file_read(file, path, analysis, err);
	unlink(path);
	free(path);
	opj_analysis_destroy(analysis);
	return failed;
}

static void expect_values(const char *values, const char *const *texts, uint32_t count)
{
	char text[500];
	struct opj_error err = {""};
	struct opj_grid_file file;
	bool bytes = strstr(values, "iB") != NULL;
	snprintf(text, sizeof text, "%s: [{%s, %s: %s}]\n", bytes ? "counters" : "estimators",
		 bytes ? "counter: residency" : "estimator: compute", bytes ? "sram" : "e_mac_pj", values);
	cr_assert_eq(read_grid(&file, text, &err), 0, "%s: %s", values, err.text);
	cr_assert_eq(file.count, 1);
	cr_assert_eq(file.configurations, count);
	cr_assert_eq(file.grids[0].dimensions[0].count, count);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_str_eq(file.grids[0].dimensions[0].texts[i], texts[i]);
	opj_grid_file_finish(&file);
}

#define EXPECT_VALUES(values, ...)                                                                                     \
	expect_values(values, (const char *const[]){__VA_ARGS__},                                                      \
		      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

Test(sweep, values_are_scalars_lists_and_ranges)
{
	EXPECT_VALUES("4.6", "4.6");
	EXPECT_VALUES("[1, 0.5 nJ, 3e-2]", "1", "0.5 nJ", "3e-2");
	EXPECT_VALUES("{from: 0, to: 1, steps: 3}", "0", "0.5", "1");
	EXPECT_VALUES("{from: 0.1, to: 0.5, steps: 5, scale: linear}", "0.1", "0.2", "0.3", "0.4", "0.5");
	EXPECT_VALUES("{steps: 4, from: 1, to: 1000, scale: log}", "1", "10", "100", "1000");
	EXPECT_VALUES("{from: 1 pJ, to: 10 fJ, steps: 3, scale: log}", "1", "0.1", "0.01");
	EXPECT_VALUES("{from: 64KiB, to: 1MiB, steps: 5, scale: log}", "65536", "131072", "262144", "524288",
		      "1048576");
	EXPECT_VALUES("{from: 1 KiB, to: 2048, steps: 3}", "1024", "1536", "2048");
}

Test(sweep, the_last_setting_runs_fastest_and_the_preset_slowest)
{
	static const char *const specs[] = {"compute:int8,e_mac_pj=1,e_ac_pj=5", "compute:int8,e_mac_pj=1,e_ac_pj=6",
					    "compute:int8,e_mac_pj=2,e_ac_pj=5", "compute:int8,e_mac_pj=2,e_ac_pj=6",
					    "compute:fp32,e_mac_pj=1,e_ac_pj=5", "compute:fp32,e_mac_pj=1,e_ac_pj=6",
					    "compute:fp32,e_mac_pj=2,e_ac_pj=5", "compute:fp32,e_mac_pj=2,e_ac_pj=6"};
	struct opj_error err = {""};
	struct opj_grid_file file;
	cr_assert_eq(read_grid(&file,
			       "counters: [{counter: flop}]\n"
			       "estimators:\n"
			       "- {e_mac_pj: [1, 2], preset: [int8, fp32], estimator: compute, e_ac_pj: [5, 6]}\n",
			       &err),
		     0, "%s", err.text);
	cr_assert_eq(file.count, 2);
	cr_assert_eq(file.configurations, 9);
	for (uint32_t i = 0; i < 8; i++) {
		char *spec = opj_sweep_grid_spec(&file.grids[0], i);
		cr_assert_str_eq(spec, specs[i]);
		free(spec);
	}
	char *spec = opj_sweep_grid_spec(&file.grids[1], 0);
	cr_assert_str_eq(spec, "flop");
	free(spec);
	opj_grid_file_finish(&file);
}

Test(sweep, objectives_by_default_are_energy_and_the_sizes_that_vary)
{
	struct opj_error err = {""};
	struct opj_grid_file file;
	cr_assert_eq(
	    read_grid(&file,
		      "estimators:\n"
		      "- {estimator: lemaire, memory1_bytes: [1KiB, 2KiB], memory2_bytes: 64KiB, e_add_pj: [1, 2]}\n"
		      "- {estimator: spikesim, xbar_size: [32, 64], objectives: [max xbar_size, min energy_pj]}\n"
		      "counters: [{counter: residency, sram: [1KiB, 2KiB]}]\n",
		      &err),
	    0, "%s", err.text);
	cr_assert_eq(file.grids[0].objective_count, 2);
	cr_assert_str_eq(file.grids[0].objectives[0].name, "energy_pj");
	cr_assert_str_eq(file.grids[0].objectives[1].name, "memory1_bytes");
	cr_assert(!file.grids[0].objectives[0].largest && !file.grids[0].objectives[1].largest);
	cr_assert_eq(file.grids[1].objective_count, 2);
	cr_assert_str_eq(file.grids[1].objectives[0].name, "xbar_size");
	cr_assert(file.grids[1].objectives[0].largest && !file.grids[1].objectives[1].largest);
	cr_assert_eq(file.grids[2].objective_count, 0);
	opj_grid_file_finish(&file);
}

/* Sizes are settings in bytes, and numbers called so: a cost that varies is no size. */
Test(sweep, a_size_in_cells_is_an_objective_too)
{
	struct opj_error err = {""};
	struct opj_grid_file file;
	cr_assert_eq(read_grid(&file,
			       "estimators: [{estimator: spikesim, xbar_size: [32, 64], device: [rram, sram]}, "
			       "{estimator: compute, e_mac_pj: [1, 2]}]\n",
			       &err),
		     0, "%s", err.text);
	cr_assert_eq(file.grids[0].objective_count, 2);
	cr_assert_str_eq(file.grids[0].objectives[1].name, "xbar_size");
	cr_assert_eq(file.grids[1].objective_count, 1);
	cr_assert_str_eq(file.grids[1].objectives[0].name, "energy_pj");
	opj_grid_file_finish(&file);
}

#define COMPUTE(rest) "estimators:\n- {estimator: compute, " rest "}\n"

Test(sweep, what_is_wrong_with_a_grid_file_is_said_with_its_line)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", ": the file is empty"},
	    {"- 1\n", ":1: not a mapping; a grid file is one"},
	    {"{}\n", ": there is no grid in it"},
	    {"estimators: []\n", ": there is no grid in it"},
	    {"estimators: {estimator: compute}\n", ":1: estimators: not a list of grids"},
	    {"estimator: compute\n", ":1: a grid file has no \"estimator\"; there are: estimators, counters"},
	    {"estimators:\n- compute\n", ":2: a grid is a mapping: {estimator: NAME, SETTING: [VALUE, …], …}"},
	    {"estimators:\n- {e_mac_pj: 1}\n", ":2: a grid without \"estimator\""},
	    {"estimators:\n- {estimator: [compute]}\n", ":2: estimator: the value is no plain text or number"},
	    {"estimators:\n- {counter: flop}\n", ":2: a grid without \"estimator\""},
	    {"counters:\n- {counter: compute}\n", ":2: there is no counter \"compute\"; there are: flop"},
	    {"counters:\n- {counter: residency, preset: x}\n", ":2: counter residency has no presets"},
	    {"counters:\n- {counter: residency, rag: 1}\n", "residency has no setting \"rag\"; there are: reg, sram, "
							    "identity; and for every grid: counter, objectives, "
							    "figures"},
	    {COMPUTE("mac: 1"), ":2: compute has no setting \"mac\"; there are: e_mac_pj, e_ac_pj; and for every grid: "
				"estimator, preset, objectives, figures"},
	    {COMPUTE("e_mac_pj: 1, e_mac_pj: 2"), ":2: e_mac_pj stands there twice"},
	    {COMPUTE("e_mac_pj: []"), ":2: e_mac_pj: an empty list"},
	    {COMPUTE("e_mac_pj: [1, [2]]"), ":2: e_mac_pj: the value is no plain text or number"},
	    {COMPUTE("e_mac_pj: [1, two]"), ":2: compute: e_mac_pj: \"two\" is no finite number"},
	    {COMPUTE("e_mac_pj: \"1,e_ac_pj=2\""), ":2: compute: e_mac_pj: \"1,e_ac_pj=2\" has the unit"},
	    {COMPUTE("preset: \"fp32,e_ac_pj=2\""), ":2: preset: \"fp32,e_ac_pj=2\" has a comma in it"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2}"), ":2: e_mac_pj: a range needs from, to and steps"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, step: 3}"),
	     ":2: a range has no \"step\"; there are: from, to, steps, scale"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 1}"), ":2: steps: \"1\" is no whole number from 2 to 100000"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 2.5}"), ":2: steps: \"2.5\" is no whole number"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 99999999999999999999}"), "is no whole number from 2 to 100000"},
	    {COMPUTE("e_mac_pj: {from: [1], to: 2, steps: 3}"), ":2: from: the value is no plain text or number"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 3, [x]: 1}"), ":2: "},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 3, from: 2}"), ":2: from stands there twice"},
	    {COMPUTE("e_mac_pj: {from: 0, to: 2, steps: 3, scale: log}"),
	     ":2: e_mac_pj: a range on a log scale has both"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 3, scale: ln}"), ":2: scale: \"ln\" is neither linear nor log"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2 kg, steps: 3}"), ":2: compute: e_mac_pj: \"2 kg\" has the unit \"kg\""},
	    {COMPUTE("objectives: []"), ":2: objectives: an empty list"},
	    {"estimators:\n- {estimator: spikesim, objectives: device}\n",
	     ":2: objectives: of device there is no less or"},
	    {"estimators:\n- {estimator: spikesim, device: {from: rram, to: sram, steps: 2}}\n",
	     ":2: device has no order, so no range: give a list"},
	    {COMPUTE("e_mac_pj: {from: 1, to: 2, steps: 400}, e_ac_pj: {from: 1, to: 2, steps: 251}"),
	     ":2: with this grid the file has more than 100000 configurations"},
	    {COMPUTE(
		 "e_mac_pj: {from: 1, to: 2, steps: 60000}") "- {estimator: compute, e_mac_pj: {from: 1, to: 2, steps: "
							     "60000}}\n",
	     ":3: with this grid the file has more than 100000 configurations"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_error err = {""};
		struct opj_grid_file file;
		cr_assert_eq(read_grid(&file, cases[i].text, &err), -1, "accepted: %s", cases[i].text);
		cr_assert(strstr(err.text, cases[i].message), "no \"%s\" in: %s", cases[i].message, err.text);
		cr_assert_null(file.grids);
	}
}

/* The fan-out ------------------------------------------------------------------------------------------------------ */

static const struct opj_context context = {.stage = "forward"};
static const struct opj_signature signatures[] = {{.id = 0, .operand_count = 0}, {.id = 1, .operand_count = 3}};
static const struct opj_trace_module module = {.def.path = "Net"};

/* What a visitor saw, as one number that depends on all of it and on its order. */
struct witness {
	uint64_t sum, events;
	uint64_t fail_at; /* fails at this event; 0: never */
	const char *name;
};

static void note(struct witness *witness, uint64_t value)
{
	witness->sum = (witness->sum ^ value) * UINT64_C(0x100000001b3);
}

static int end_event(struct witness *witness, struct opj_error *err)
{
	if (++witness->events == witness->fail_at)
		return opj_fail(err, "%s failed", witness->name);
	return 0;
}

static int see_module(void *data, const struct opj_trace_module *seen, struct opj_error *err)
{
	note(data, (uintptr_t)seen);
	return end_event(data, err);
}

static int see_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	note(data, op->index);
	for (uint32_t i = 0; i < op->signature->operand_count; i++)
		note(data, op->operands[i].storage + op->operands[i].stats.nnz);
	for (uint32_t i = 0; i < op->state_count; i++)
		note(data, op->states[i]);
	for (uint32_t i = 0; op->spike && i < op->spike->tile_count; i++) {
		note(data, op->spike->tiles[i].patches);
		for (uint32_t t = 0; t < op->spike->tiles[i].row_count; t++)
			note(data, op->spike->tiles[i].rows[t]);
	}
	return end_event(data, err);
}

static int see_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	note(data, call->after);
	for (uint32_t i = 0; i < call->operand_count; i++)
		note(data, call->operands[i].bytes);
	return end_event(data, err);
}

static int see_optimizer(void *data, const struct opj_optimizer_step *step, struct opj_error *err)
{
	note(data, step->after);
	return end_event(data, err);
}

static struct opj_visitor witness_visitor(struct witness *witness)
{
	return (struct opj_visitor){
	    .data = witness, .module = see_module, .op = see_op, .call = see_call, .optimizer = see_optimizer};
}

/* Shows event i out of memory that is written over at once, as a reader's is; some ops are larger than a batch. */
static int show(const struct opj_visitor *visitor, uint64_t i, struct opj_error *err)
{
	static uint64_t rows[40000], states[50];
	static struct opj_tile_stats tiles[2];
	static struct opj_operand operands[3];
	memset(rows, (int)i, sizeof rows);
	memset(states, (int)i, sizeof states);
	for (int o = 0; o < 3; o++)
		operands[o] = (struct opj_operand){.storage = i + (uint64_t)o, .bytes = i, .stats.nnz = i * i};
	for (uint32_t t = 0; t < 2; t++)
		tiles[t] = (struct opj_tile_stats){
		    .patches = i + t, .rows = rows, .row_count = i % 1000 == 999 ? 40000 : (uint32_t)(i % 7)};
	struct opj_spike_stats spike = {.tile_count = i % 3 ? 2 : 0, .tiles = tiles};
	struct opj_op op = {.index = i,
			    .context = &context,
			    .signature = &signatures[i % 2],
			    .operands = operands,
			    .states = states,
			    .state_count = (uint32_t)(i % 50),
			    .spike = i % 4 ? &spike : NULL};
	struct opj_call call = {.after = i, .operands = operands, .operand_count = (uint32_t)(i % 4)};
	struct opj_optimizer_step step = {.after = i};
	switch (i % 10) {
	case 0:
		return visitor->module(visitor->data, &module, err);
	case 1:
		return visitor->call(visitor->data, &call, err);
	case 2:
		return visitor->optimizer(visitor->data, &step, err);
	default:
		return visitor->op(visitor->data, &op, err);
	}
}

static int show_all(const struct opj_visitor *visitor, uint64_t events, struct opj_error *err)
{
	for (uint64_t i = 0; i < events; i++) {
		if (show(visitor, i, err))
			return -1;
	}
	return 0;
}

enum { WITNESSES = 3 };

static int fan_out(struct witness *witnesses, uint64_t events, int *shown, struct opj_error *err)
{
	struct opj_visitor visitors[WITNESSES];
	for (int i = 0; i < WITNESSES; i++)
		visitors[i] = witness_visitor(&witnesses[i]);
	struct opj_fanout *fanout = opj_fanout_start(visitors, WITNESSES, err);
	cr_assert(fanout, "%s", err->text);
	struct opj_visitor visitor = opj_fanout_visitor(fanout);
	*shown = show_all(&visitor, events, err);
	return opj_fanout_stop(fanout, err);
}

Test(sweep, every_thread_sees_what_one_would)
{
	for (uint64_t events = 0; events <= 30000; events += events < 3 ? 1 : 29997) {
		struct witness alone = {0}, witnesses[WITNESSES] = {{0}};
		struct opj_visitor visitor = witness_visitor(&alone);
		struct opj_error err = {"untouched"};
		int shown;
		show_all(&visitor, events, NULL);
		cr_assert_eq(fan_out(witnesses, events, &shown, &err), 0);
		cr_assert_eq(shown, 0);
		cr_assert_str_eq(err.text, "untouched");
		for (int i = 0; i < WITNESSES; i++) {
			cr_assert_eq(witnesses[i].events, events);
			cr_assert_eq(witnesses[i].sum, alone.sum);
		}
	}
}

Test(sweep, the_earliest_failure_ends_the_replay)
{
	for (int round = 0; round < 20; round++) {
		struct witness witnesses[WITNESSES] = {{.name = "late", .fail_at = 20000},
						       {.name = "early", .fail_at = 10},
						       {.name = "as early", .fail_at = 10}};
		struct opj_error err = {""};
		int shown;
		cr_assert_eq(fan_out(witnesses, 1000000, &shown, &err), -1);
		cr_assert_eq(shown, -1, "the replay went on to its end");
		cr_assert_str_eq(err.text, "early failed");
		cr_assert_eq(witnesses[1].events, 10, "a visitor was shown more after it had failed");
	}
}

Test(sweep, a_failure_in_the_last_events_is_not_lost)
{
	struct witness witnesses[WITNESSES] = {{0}, {0}, {.name = "last", .fail_at = 25}};
	struct opj_error err = {""};
	int shown;
	cr_assert_eq(fan_out(witnesses, 25, &shown, &err), -1);
	cr_assert_eq(shown, 0);
	cr_assert_str_eq(err.text, "last failed");
}

/* Fronts ----------------------------------------------------------------------------------------------------------- */

static struct opj_analysis *create(const void *data, struct opj_error *err)
{
	(void)data;
	(void)err;
	return opj_analysis_create();
}

static void open_sweep(struct opj_sweep *sweep, const char *grid)
{
	struct opj_sweep_setup setup = {.create = create};
	struct opj_error err = {""};
	char *path = write_text(grid);
	cr_assert_eq(opj_sweep_init(sweep, path, &setup, &err), 0, "%s", err.text);
	unlink(path);
	free(path);
}

/* Rows are on the front by settings alone: nothing is replayed. */
static void expect_front(const char *grid, const char *front)
{
	struct opj_sweep sweep;
	struct opj_error err = {""};
	open_sweep(&sweep, grid);
	cr_assert_eq(sweep.file.configurations, strlen(front));
	cr_assert_eq(opj_sweep_mark_fronts(&sweep, &err), 0, "%s", err.text);
	for (uint32_t i = 0; i < sweep.file.configurations; i++)
		cr_assert_eq(sweep.rows[i].front, front[i] == '1', "row %u of %s", i, grid);
	opj_sweep_finish(&sweep);
}

Test(sweep, fronts)
{
	expect_front(COMPUTE("e_mac_pj: [2, 1, 3], objectives: e_mac_pj"), "010");
	expect_front(COMPUTE("e_mac_pj: [2, 1, 3], objectives: max e_mac_pj"), "001");
	expect_front(COMPUTE("e_mac_pj: [1, 1, 2], objectives: e_mac_pj"), "110");
	expect_front(COMPUTE("e_mac_pj: [1, 2], e_ac_pj: [1, 2], objectives: [e_mac_pj, e_ac_pj]"), "1000");
	expect_front(COMPUTE("e_mac_pj: [1, 2], e_ac_pj: [1, 2], objectives: [e_mac_pj, max e_ac_pj]"), "0100");
	expect_front(COMPUTE("e_mac_pj: [1, 2], e_ac_pj: [1, 2], objectives: [e_mac_pj]"), "1100");
	expect_front("counters: [{counter: residency, sram: [2KiB, 1KiB]}]\n", "00");
	expect_front(COMPUTE("e_mac_pj: [1, 2], objectives: e_mac_pj") "- {estimator: compute, e_mac_pj: [4, 3], "
								       "objectives: e_mac_pj}\n",
		     "1001");
}

/* Against the definition, on three objectives with many ties. */
Test(sweep, fronts_are_those_of_a_search_through_all_pairs)
{
	enum { ROWS = 400 };
	char text[ROWS * 8 + 200] =
	    "estimators:\n- {estimator: compute, objectives: [e_mac_pj, counts.a, max counts.b], "
	    "e_mac_pj: [";
	double points[ROWS][3];
	uint64_t noise = 7;
	for (int i = 0; i < ROWS; i++) {
		for (int o = 0; o < 3; o++) {
			noise = noise * UINT64_C(6364136223846793005) + 1442695040888963407;
			points[i][o] = (double)(noise >> 40 & 63);
		}
		sprintf(text + strlen(text), "%s%g", i ? "," : "", points[i][0]);
	}
	strcat(text, "]}\n");
	struct opj_sweep sweep;
	struct opj_error err = {""};
	open_sweep(&sweep, text);
	for (int i = 0; i < ROWS; i++) {
		struct opj_report *report = opj_report_create();
		opj_report_count(report, (int64_t)points[i][1], "counts", "a", NULL);
		opj_report_number(report, points[i][2], "counts", "b", NULL);
		cr_assert_eq(opj_sweep_read_figures(&sweep, &sweep.rows[i], report, NULL, &err), 0, "%s", err.text);
		opj_report_destroy(report);
	}
	cr_assert_eq(opj_sweep_mark_fronts(&sweep, &err), 0, "%s", err.text);
	int on_front = 0;
	for (int i = 0; i < ROWS; i++) {
		bool beaten = false;
		for (int j = 0; j < ROWS; j++) {
			const double *a = points[j], *b = points[i];
			bool as_good = a[0] <= b[0] && a[1] <= b[1] && a[2] >= b[2];
			beaten |= as_good && (a[0] != b[0] || a[1] != b[1] || a[2] != b[2]);
		}
		cr_assert_eq(sweep.rows[i].front, !beaten, "row %d", i);
		on_front += !beaten;
	}
	cr_assert(on_front > 3 && on_front < ROWS / 2, "%d rows on the front show little", on_front);
	opj_sweep_finish(&sweep);
}

/* Instances -------------------------------------------------------------------------------------------------------- */

static uint32_t instances_of(const char *grid)
{
	struct opj_sweep sweep;
	open_sweep(&sweep, grid);
	uint32_t count = sweep.instance_count;
	opj_sweep_finish(&sweep);
	return count;
}

Test(sweep, configurations_that_differ_in_prices_share_an_instance)
{
	cr_assert_eq(instances_of(COMPUTE("preset: [fp32, int8], e_ac_pj: [1, 2, 3]") "- {estimator: compute}\n"), 1);
	cr_assert_eq(
	    instances_of("estimators: [{estimator: lemaire, memory0_pj: [0, 1], access_width_bytes: [2, 4]}]\n"), 1);
	cr_assert_eq(instances_of("estimators: [{estimator: lemaire, e_add_pj: [1, 2], sparse: [true, false]}]\n"), 2);
	cr_assert_eq(
	    instances_of("estimators: [{estimator: spikesim, device: [rram, sram], xbar_size: [16, 32, 64]}]\n"), 3);
	cr_assert_eq(instances_of("estimators: [{estimator: neuromc, mux_pj: [1, 2], mapping_entries: [1, 2]}]\n"), 2);
	cr_assert_eq(instances_of("counters: [{counter: residency, sram: [1KiB, 2KiB, 1024]}, {counter: flop}]\n"), 3);
}
