/* analyze/sweep/sweep.h: a trace priced under all configurations of a grid file, from one replay.
 *
 * Configurations of an estimator that differ in prices only are one instance: it sees the replay once and is repriced
 * afterwards. Others, and counters, are an instance each. Where there are several, threads share them (fanout.h). What
 * comes out does not depend on their number: rows stand in the order of the file. */
#ifndef OPJ_ANALYZE_SWEEP_SWEEP_H
#define OPJ_ANALYZE_SWEEP_SWEEP_H

#include "analyze/figures/about.h"
#include "grid_file.h"

enum { OPJ_SWEEP_INSTANCES_MAX = 4096 };

/* How a sweep comes by its analyses: plugins loaded, classes to leave out and strictness set, nothing to run yet. */
struct opj_sweep_setup {
	struct opj_analysis *(*create)(const void *data, struct opj_error *err);
	const void *data;
	uint32_t jobs; /* threads that share the instances; 0: one for each processor */
};

/* One configuration and what came of it. */
struct opj_sweep_row {
	uint32_t grid, index;      /* in the file, in the grid */
	uint32_t instance;         /* that saw the replay for it */
	struct opj_config *config; /* every setting */
	json_t **figures;          /* [figure_count] as the grid's names say; NULL where this row has none */
	uint32_t figure_count;     /* at most as many as there are names */
	json_t *warnings;          /* array of strings */
	bool front;                /* no row of its grid is better in one objective and no worse in the others */
};

/* Names of the figures of a grid's rows: "energy_pj", "breakdown_pj.mac_pj", "level_rw_bits.dram.total_bits". */
struct opj_sweep_names {
	char **names;
	uint32_t count;
};

struct opj_sweep_instance {
	uint32_t row;      /* the first that it serves */
	uint32_t analysis; /* which analysis, and which estimate or count of it */
	uint32_t index;
};

struct opj_sweep {
	struct opj_sweep_setup setup;
	struct opj_grid_file file;
	struct opj_analysis *catalogue; /* knows estimators and counters; runs nothing */
	struct opj_sweep_row *rows;     /* [file.configurations] */
	struct opj_sweep_names *names;  /* [file.count] */
	struct opj_sweep_instance *instances;
	uint32_t instance_count;
	struct opj_analysis **analyses; /* [analysis_count] one for each thread */
	uint32_t analysis_count;
};

/* Reads the file and checks every configuration, so that nothing but the trace can fail later. On failure the sweep is
 * empty. */
int opj_sweep_init(struct opj_sweep *sweep, const char *path, const struct opj_sweep_setup *setup,
		   struct opj_error *err);
void opj_sweep_finish(struct opj_sweep *sweep);

/* Replays the trace, which must outlive the sweep, once, and fills the rows. */
int opj_sweep_run(struct opj_sweep *sweep, struct opj_trace *trace, struct opj_error *err);

/* The instance that served a row; the estimate is NULL for counters. */
const struct opj_analysis *opj_sweep_analysis(const struct opj_sweep *sweep, const struct opj_sweep_row *row);
const struct opj_estimate *opj_sweep_estimate(const struct opj_sweep *sweep, const struct opj_sweep_row *row);

/* A row's figure by the name of a column of its grid; NULL: it has none. */
json_t *opj_sweep_figure(const struct opj_sweep *sweep, const struct opj_sweep_row *row, const char *name);

/* Moves out of a report what the grid lists: sweep_figures.c. `count` is NULL for estimators. */
int opj_sweep_read_figures(struct opj_sweep *sweep, struct opj_sweep_row *row, const struct opj_report *report,
			   const struct opj_count *count, struct opj_error *err);
/* Fails where a grid asks for a figure that none of its rows has. */
int opj_sweep_check_figures(const struct opj_sweep *sweep, struct opj_error *err);
void opj_sweep_names_finish(struct opj_sweep_names *names);

/* Marks the rows of each grid that are on its Pareto front: sweep_front.c. Fails where an objective is a figure that no
 * row of its grid has. */
int opj_sweep_mark_fronts(struct opj_sweep *sweep, struct opj_error *err);

/* What there is to say of the sweep as a whole, a new array of strings, the same for any number of threads. What
 * estimators warn of stands in their rows. */
json_t *opj_sweep_warnings(const struct opj_sweep *sweep, struct opj_error *err);

/* Those warnings of the rows, a new object from text to how many rows have it. */
json_t *opj_sweep_row_warnings(const struct opj_sweep *sweep, struct opj_error *err);

/* The rows as a table, the whole as one JSON object: sweep_write.c. Whether the file took it, ferror(out) says. */
int opj_sweep_write_csv(const struct opj_sweep *sweep, FILE *out, struct opj_error *err);
int opj_sweep_write_json(const struct opj_sweep *sweep, FILE *out, struct opj_error *err);

#endif
