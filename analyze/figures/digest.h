/* analyze/figures/digest.h: a finished analysis as plain tables of figures: a row for each module, stage and op, a
 * column for each metric.
 *
 * Whatever shows figures (tables for terminals, papers and spreadsheets, the diff, the roofline, the page) reads them
 * here, so all of it says the same, and the same as --json. A digest borrows from its analysis and from the trace. */
#ifndef OPJ_ANALYZE_FIGURES_DIGEST_H
#define OPJ_ANALYZE_FIGURES_DIGEST_H

#include "about.h"

enum opj_column_kind {
	OPJ_COLUMN_OPS,    /* ops that ran */
	OPJ_COLUMN_TIME,   /* ns that ops took by the executor's clock; known where any was timed */
	OPJ_COLUMN_COUNT,  /* one metric of a counter */
	OPJ_COLUMN_ENERGY, /* pJ by one estimator */
};

/* What a figure is a number of, for all who show it. */
enum opj_quantity {
	OPJ_QUANTITY_TEXT, /* no figure: a name */
	OPJ_QUANTITY_COUNT,
	OPJ_QUANTITY_BYTES,
	OPJ_QUANTITY_TIME,    /* ns */
	OPJ_QUANTITY_ENERGY,  /* pJ */
	OPJ_QUANTITY_PERCENT, /* of 100 */
	OPJ_QUANTITY_SHARE,   /* of 1; people are shown percent, changes in percentage points */
};

struct opj_column {
	enum opj_column_kind kind;
	char *name;       /* as users name it: "ops", "time", "flop", "neuron_state.mac", "energy[compute:fp32]" */
	const char *head; /* as tables head it: "FLOPs", "compute:fp32"; of several metrics the metric's name */
	const char *unit; /* "", "ns", "FLOPs", "bytes", "pJ" */
	uint32_t index;   /* of the count or the estimate in the analysis */
	uint32_t metric;  /* of that count */
	enum opj_quantity quantity;
};

/* The first two columns of every digest. */
enum { OPJ_DIGEST_OPS = 0, OPJ_DIGEST_TIME = 1 };

struct opj_figure {
	bool known; /* false: nobody can say; an estimator that gives no share, time that was not measured */
	bool exact; /* integer holds it; number is the same as a double */
	int64_t integer;
	double number;
};

/* One module, stage or op. Figures of a module include what ran in the modules inside it. */
struct opj_row {
	const char *name;  /* a path, stage or op, as in the trace; "" for ops outside all modules and in no stage */
	const char *local; /* within name: what follows the path of the nearest row around it */
	int64_t parent;    /* index of the nearest row around it, -1: none */
	uint32_t depth;    /* rows around it */
	bool outside;      /* by module: everything that ran outside all modules; always the last row */
	const struct opj_seen_module *module; /* NULL: a scope that is no module, or not by module */
	struct opj_figure *figures;           /* [column_count] */
	/* [column_count] by module, else NULL: of what ran in it and in no row inside it. Over all rows, that of what
	 * ran outside included, they add up to the totals; energies of estimators that give shares as far as those do.
	 */
	struct opj_figure *own;
};

struct opj_rows {
	struct opj_row *rows; /* modules in the order of the model, stages in that of the trace, ops costliest first */
	size_t count;
	int schema_minor; /* of the trace: earlier ones say less of a module; 0 where ops came from elsewhere */
};

struct opj_digest {
	const struct opj_analysis *analysis;
	struct opj_about about;
	struct opj_column *columns; /* ops, time, metrics in the order asked for, energies in the order asked for */
	uint32_t column_count;
	struct opj_rows by[3];     /* by enum opj_axis */
	struct opj_figure *totals; /* [column_count] of the whole run */
};

/* The analysis has finished. On failure the digest is empty. */
int opj_digest_init(struct opj_digest *digest, const struct opj_analysis *analysis, struct opj_error *err);
void opj_digest_finish(struct opj_digest *digest);

/* A digest of columns alone, without `about`, of an analysis that need not have run: for who makes rows from cells of
 * the tally. */
int opj_digest_init_columns(struct opj_digest *digest, const struct opj_analysis *analysis, struct opj_error *err);

/* One column's figure of a cell of the tally, or of a sum of cells. Energies are known of linear estimators only. */
struct opj_figure opj_digest_figure(const struct opj_digest *digest, uint32_t index, const int64_t *cell);

/* Index of a column by name, -1 where there is none. "energy" alone names the only estimator's, -1 where there are
 * several. */
int64_t opj_digest_column(const struct opj_digest *digest, const char *name);

/* Row of an axis by name, NULL where there is none. */
const struct opj_row *opj_digest_row(const struct opj_digest *digest, enum opj_axis axis, const char *name);

/* A figure for programs: an integer where it is exact, null where it is not known. */
void opj_json_figure(struct opj_json *json, const char *key, const struct opj_figure *figure);
/* The same as a tree. NULL: out of memory. */
json_t *opj_figure_json(const struct opj_figure *figure);

/* A figure for people: "64.9 M", "1.119 MB", "12.3 ms", "16.26 µJ", "17.2 %"; "" where it is not known. The text lives
 * in buffer. */
const char *opj_figure_text(char buffer[32], enum opj_quantity quantity, const struct opj_figure *figure);

#endif
