/* analyze/sweep/grid.c: counting through the configurations of a grid: the last setting runs fastest, the preset
 * slowest. */
#include "grid_file.h"
#include <stdlib.h>

static void finish_grid(struct opj_sweep_grid *grid)
{
	for (uint32_t i = 0; i < grid->dimension_count; i++)
		opj_dimension_finish(&grid->dimensions[i]);
	for (uint32_t i = 0; i < grid->objective_count; i++)
		free(grid->objectives[i].name);
	for (uint32_t i = 0; i < grid->figure_count; i++)
		free(grid->figures[i]);
	opj_dimension_finish(&grid->presets);
	free(grid->dimensions);
	free(grid->objectives);
	free(grid->figures);
}

void opj_grid_file_finish(struct opj_grid_file *file)
{
	for (uint32_t i = 0; i < file->count; i++)
		finish_grid(&file->grids[i]);
	free(file->grids);
	free(file->path);
	*file = (struct opj_grid_file){0};
}

const char *opj_sweep_grid_model(const struct opj_sweep_grid *grid)
{
	return grid->estimator ? grid->estimator->name : grid->counter->name;
}

const char *opj_sweep_grid_value(const struct opj_sweep_grid *grid, uint32_t dimension, uint32_t index)
{
	for (uint32_t i = grid->dimension_count - 1; i > dimension; i--)
		index /= grid->dimensions[i].count;
	return grid->dimensions[dimension].texts[index % grid->dimensions[dimension].count];
}

const char *opj_sweep_grid_preset(const struct opj_sweep_grid *grid, uint32_t index)
{
	return grid->presets.count ? grid->presets.texts[index / (grid->count / grid->presets.count)] : NULL;
}

char *opj_sweep_grid_spec(const struct opj_sweep_grid *grid, uint32_t index)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	const char *preset = opj_sweep_grid_preset(grid, index);
	fprintf(out, "%s%s%s", opj_sweep_grid_model(grid), preset ? ":" : "", preset ? preset : "");
	for (uint32_t i = 0; i < grid->dimension_count; i++)
		fprintf(out, ",%s=%s", grid->dimensions[i].key, opj_sweep_grid_value(grid, i, index));
	bool failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
