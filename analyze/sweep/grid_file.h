/* analyze/sweep/grid_file.h: a grid file: which configurations of which estimators and counters a sweep is to try.
 *
 * A file holds grids; a grid is one model, an estimator or a counter, with lists of values for some of its settings.
 * Its configurations are all combinations, numbered with the last list running fastest. docs/sweep.md describes the
 * file. */
#ifndef OPJ_ANALYZE_SWEEP_GRID_FILE_H
#define OPJ_ANALYZE_SWEEP_GRID_FILE_H

#include "analyze/engine/engine.h"
#include "analyze/engine/yaml_file.h"

enum { OPJ_SWEEP_MAX = 100000 }; /* configurations of one file */

/* The values of one setting, in the order of the file. */
struct opj_dimension {
	char *key;
	char **texts; /* [count] as users type them: "4.6", "64KiB", "10 fJ" */
	uint32_t count;
};

/* A figure or a setting of which less is better, or more. */
struct opj_objective {
	char *name; /* "energy_pj", the key of a setting, the path of a figure */
	bool largest;
};

struct opj_sweep_grid {
	size_t line; /* of the file */
	const struct opj_estimator *estimator;
	const struct opj_counter *counter; /* one of the two */
	struct opj_dimension presets;      /* none: the default, or counters, which have none */
	struct opj_dimension *dimensions;  /* [dimension_count] */
	uint32_t dimension_count;
	struct opj_objective *objectives; /* [objective_count] */
	uint32_t objective_count;
	char **figures; /* [figure_count] paths of figures to list besides the usual ones */
	uint32_t figure_count;
	uint32_t count; /* configurations, at least 1 */
};

struct opj_grid_file {
	char *path;
	struct opj_sweep_grid *grids; /* [count] estimators first */
	uint32_t count;
	uint32_t configurations; /* of all grids: 1 to OPJ_SWEEP_MAX */
};

/* Reads a file; every setting and value is checked. `analysis` knows which estimators and counters there are. On
 * failure the message names file, line and what there is, and the file is empty. */
int opj_grid_file_read(struct opj_grid_file *file, const char *path, const struct opj_analysis *analysis,
		       struct opj_error *err);
void opj_grid_file_finish(struct opj_grid_file *file);

/* Name and table of options of a grid's model. */
const char *opj_sweep_grid_model(const struct opj_sweep_grid *grid);

/* Text of a preset, or of a setting that the grid sets, in configuration `index`; NULL: the default, not in this grid.
 */
const char *opj_sweep_grid_preset(const struct opj_sweep_grid *grid, uint32_t index);
const char *opj_sweep_grid_value(const struct opj_sweep_grid *grid, uint32_t dimension, uint32_t index);

/* Configuration `index` as -m and -c take it: "lemaire:int8,e_add_pj=0.1". For the caller to free; NULL: out of memory.
 */
char *opj_sweep_grid_spec(const struct opj_sweep_grid *grid, uint32_t index);

/* Values of one setting (grid_dimension.c): a scalar, a list, or a range {from, to, steps, scale}. config is one of the
 * grid's model, against which they are checked, and changes. The dimension is to be finished, also on failure. */
int opj_dimension_read(struct opj_dimension *dimension, struct opj_yaml_file *yaml, const yaml_node_t *key,
		       const yaml_node_t *value, struct opj_config *config, struct opj_error *err);
void opj_dimension_finish(struct opj_dimension *dimension);

/* Texts of a scalar or a list of scalars, unchecked. */
int opj_dimension_texts(struct opj_dimension *dimension, struct opj_yaml_file *yaml, const yaml_node_t *key,
			const yaml_node_t *value, struct opj_error *err);

#endif
