/* analyze/text_table.c: the table of the text report: a row for each module, stage or op.
 *
 * Modules stand in the order of the model, indented below the module around them; each row includes what is below it,
 * so rows do not add up to the total. Linear estimators are asked to price each row, others give shares by name. */
#include "columns.h"
#include "text.h"
#include <stdlib.h>
#include <string.h>

/* A row of the table: a module, stage or op, or ops that ran outside all modules. */
struct row {
	const char *name;                     /* of the group; NULL: the total */
	const struct opj_seen_module *module; /* or NULL */
	char *label;                          /* as it stands in the first column */
	double order;                         /* larger comes first, by op */
};

struct table {
	const struct opj_analysis *analysis;
	enum opj_axis by;
	struct opj_grid ops;    /* one integer: ops */
	struct opj_grid *grids; /* [count_count] */
	struct row *rows;
	size_t row_count;
	bool outputs; /* some module's outputs are known */
};

static bool plain(const struct opj_count *count)
{
	return count->counter->metric_count == 1 && !count->counter->metrics;
}

/* Metrics of counter i for a group; the total for group -1; zeros for a group it counted nothing in. */
static const int64_t *metrics(const struct table *table, uint32_t i, int64_t group)
{
	if (group < 0)
		return table->analysis->counts[i].totals;
	return opj_grid_sum(&table->grids[i], (uint32_t)group) + OPJ_CELL_METRICS;
}

/* Energy of a row by one estimator; false where the estimator does not say. */
static bool find_energy(const struct table *table, const struct opj_estimate *estimate, const char *name, int64_t group,
			double *pj)
{
	if (!name)
		return opj_estimate_total(estimate, pj);
	if (!estimate->estimator->price)
		return opj_report_find_share(estimate->report, table->by, name, pj);
	const int64_t *counts[64];
	if (group < 0 || estimate->need_count > sizeof counts / sizeof *counts)
		return false;
	for (uint32_t i = 0; i < estimate->need_count; i++)
		counts[i] = metrics(table, estimate->needs[i], group);
	*pj = estimate->estimator->price(estimate->self, &(struct opj_slice){.counts = counts});
	return true;
}

static void add_heading(const struct table *table, struct opj_columns *columns)
{
	static const char *const names[] = {"module", "stage", "op"};
	const struct opj_analysis *analysis = table->analysis;
	opj_columns_cell(columns, "%s", names[table->by]);
	if (table->by == OPJ_BY_MODULE)
		opj_columns_cell(columns, "class");
	opj_columns_cell(columns, "ops");
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (plain(count))
			opj_columns_cell(columns, "%s", count->counter->unit ? count->counter->unit : count->label);
	}
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const struct opj_estimate *estimate = &analysis->estimates[i];
		opj_columns_cell(columns, "%s", estimate->label);
		opj_columns_cell(columns, "share");
	}
	if (table->outputs)
		opj_columns_cell(columns, "nonzero out");
}

static void add_energies(const struct table *table, const struct row *row, int64_t group, struct opj_columns *columns)
{
	char text[32];
	for (uint32_t i = 0; i < table->analysis->estimate_count; i++) {
		const struct opj_estimate *estimate = &table->analysis->estimates[i];
		double pj, total;
		bool known = find_energy(table, estimate, row->name, group, &pj);
		opj_columns_cell(columns, "%s", known ? opj_format_energy(text, pj) : "");
		if (known && opj_estimate_total(estimate, &total) && total > 0)
			opj_columns_cell(columns, "%.1f %%", 100 * pj / total);
		else
			opj_columns_cell(columns, "%s", "");
	}
}

static void add_row(const struct table *table, const struct row *row, struct opj_columns *columns)
{
	char text[32];
	const struct opj_analysis *analysis = table->analysis;
	int64_t group = row->name ? opj_grid_find(&table->ops, row->name) : -1;
	opj_columns_cell(columns, "%s", row->label);
	if (table->by == OPJ_BY_MODULE)
		opj_columns_cell(columns, "%s", row->module ? row->module->module->def.cls : "");
	int64_t ops = group >= 0 ? opj_grid_sum(&table->ops, (uint32_t)group)[0]
				 : (int64_t)(analysis->ops - analysis->ignored_ops);
	opj_columns_cell(columns, "%s", opj_format_count(text, ops, ""));
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		bool bytes = count->counter->unit && strcmp(count->counter->unit, "bytes") == 0;
		if (plain(count))
			opj_columns_cell(columns, "%s",
					 opj_format_count(text, metrics(table, i, group)[0], bytes ? "B" : ""));
	}
	add_energies(table, row, group, columns);
	if (!table->outputs)
		return;
	if (row->module && row->module->out.known && row->module->out.elements)
		opj_columns_cell(columns, "%.1f %%",
				 100.0 * (double)row->module->out.nnz / (double)row->module->out.elements);
	else
		opj_columns_cell(columns, "%s", "");
}

static int push_row(struct table *table, const char *name, const struct opj_seen_module *module, char *label)
{
	struct row *moved = label ? reallocarray(table->rows, table->row_count + 1, sizeof *moved) : NULL;
	if (!moved) {
		free(label);
		return -1;
	}
	table->rows = moved;
	table->rows[table->row_count++] = (struct row){.name = name, .module = module, .label = label};
	return 0;
}

/* Two spaces for each module above; the last part of the path below the nearest of them. */
static char *tree_label(const struct table *table, const char *path)
{
	const char *rest = path;
	int depth = 0;
	for (size_t i = 0; i < table->row_count; i++) {
		const char *above = table->rows[i].name;
		size_t length = strlen(above);
		if (table->rows[i].module && strncmp(path, above, length) == 0 && path[length] == '.') {
			depth++;
			rest = path + length + 1;
		}
	}
	char *label;
	return asprintf(&label, "%*s%s", 2 * depth, "", rest) < 0 ? NULL : label;
}

static bool has_row(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->row_count; i++) {
		if (strcmp(table->rows[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Modules in the order of the model where an op ran in them, then scopes that are no module. */
static int module_rows(struct table *table)
{
	const struct opj_analysis *analysis = table->analysis;
	for (uint32_t i = 0; i < analysis->module_count; i++) {
		const struct opj_seen_module *seen = &analysis->modules[i];
		const char *path = seen->module ? seen->module->def.path : NULL;
		int64_t group = path ? opj_grid_find(&table->ops, path) : -1;
		if (group < 0 || !opj_grid_sum(&table->ops, (uint32_t)group)[0] || has_row(table, path))
			continue;
		table->outputs = table->outputs || seen->out.known;
		if (push_row(table, path, seen, tree_label(table, path)))
			return -1;
	}
	for (uint32_t i = 0; i < table->ops.group_count; i++) {
		const char *name = table->ops.groups[i];
		if (name && strcmp(name, "Global") != 0 && opj_grid_sum(&table->ops, i)[0] && !has_row(table, name) &&
		    push_row(table, name, NULL, strdup(name)))
			return -1;
	}
	return 0;
}

static int by_order(const void *a, const void *b)
{
	double x = ((const struct row *)a)->order, y = ((const struct row *)b)->order;
	return (x < y) - (x > y);
}

/* All groups; ops with the costliest first. */
static int group_rows(struct table *table)
{
	for (uint32_t i = 0; i < table->ops.group_count; i++) {
		const char *name = table->ops.groups[i];
		if (!name || !opj_grid_sum(&table->ops, i)[0])
			continue;
		if (push_row(table, name, NULL, strdup(table->by == OPJ_BY_STAGE ? opj_text_stage(name) : name)))
			return -1;
		struct row *row = &table->rows[table->row_count - 1];
		double pj;
		row->order = (double)opj_grid_sum(&table->ops, i)[0] * 1e-12;
		if (table->analysis->estimate_count && find_energy(table, &table->analysis->estimates[0], name, i, &pj))
			row->order += pj;
	}
	if (table->by == OPJ_BY_OP && table->row_count)
		qsort(table->rows, table->row_count, sizeof *table->rows, by_order);
	return 0;
}

static void finish_table(struct table *table)
{
	for (size_t i = 0; i < table->row_count; i++)
		free(table->rows[i].label);
	free(table->rows);
	for (uint32_t i = 0; table->grids && i < table->analysis->count_count; i++)
		opj_grid_finish(&table->grids[i]);
	free(table->grids);
	opj_grid_finish(&table->ops);
}

static int make_table(struct table *table, struct opj_error *err)
{
	const struct opj_analysis *analysis = table->analysis;
	table->grids = calloc((size_t)analysis->count_count + 1, sizeof *table->grids);
	if (!table->grids)
		return opj_fail(err, "out of memory");
	if (opj_tally_roll(&analysis->tally, table->by, 0, 1, &table->ops, err))
		return -1;
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (opj_tally_roll(&analysis->tally, table->by, count->offset, opj_count_width(count), &table->grids[i],
				   err))
			return -1;
	}
	if (table->by == OPJ_BY_MODULE ? module_rows(table) : group_rows(table))
		return opj_fail(err, "out of memory");
	return 0;
}

int opj_text_table(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err)
{
	struct table table = {.analysis = analysis, .by = by};
	struct opj_columns columns = {0};
	int failed = make_table(&table, err);
	if (failed)
		goto done;
	add_heading(&table, &columns);
	columns.count = (uint32_t)columns.cell_count;
	columns.right = ~(uint64_t)(by == OPJ_BY_MODULE ? 3 : 1);
	for (size_t i = 0; i < table.row_count; i++)
		add_row(&table, &table.rows[i], &columns);
	add_row(&table, &(struct row){.label = "total"}, &columns);
	if (opj_columns_print(&columns, 0, 1, out))
		failed = opj_fail(err, "out of memory");
done:
	opj_columns_finish(&columns);
	finish_table(&table);
	return failed;
}
