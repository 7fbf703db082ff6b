/* analyze/export/export.h: the ops of a trace one by one, each with its figures, to a writer of some format. Nothing is
 * kept of an op once it is written, so a trace may be of any length. Part of the program, not of the library. */
#ifndef OPJ_ANALYZE_EXPORT_EXPORT_H
#define OPJ_ANALYZE_EXPORT_EXPORT_H

#include "analyze/command/request.h"
#include "record/base/json.h"

/* Tensors of an op or its results, in the order in which they stand in its arguments. */
struct opj_export_tensors {
	const struct opj_operand **items; /* [count] */
	size_t count;
};

struct opj_export {
	FILE *out;
	struct opj_trace *trace;
	struct opj_analysis *analysis;
	struct opj_digest digest; /* columns alone */
	uint32_t *columns;        /* [column_count] of the digest: counters asked for, and energies */
	uint32_t column_count;
	int64_t process;            /* 1-based */
	uint64_t written;           /* ops so far */
	struct opj_figure *figures; /* [column_count] of the op that is written; unknown where the counter has none */
	const struct opj_context *context;     /* of that op */
	const char *scope;                     /* the innermost that it counts towards; "" outside all modules */
	struct opj_export_tensors in, results; /* of that op */
	const struct opj_export_format *format;
	void *state;                /* the format's */
	struct opj_error unwritten; /* why `out` took no more */
};

/* A format. Functions return -1 with a message; that `out` takes no more is found by the caller. */
struct opj_export_format {
	const char *name;
	int (*begin)(struct opj_export *export, struct opj_error *err);
	int (*op)(struct opj_export *export, const struct opj_op *op, struct opj_error *err);
	int (*call)(struct opj_export *export, const struct opj_call *call, struct opj_error *err); /* or NULL */
	int (*end)(struct opj_export *export, struct opj_error *err);                               /* or NULL */
	void (*finish)(struct opj_export *export); /* frees the state, after a failure too; or NULL */
};

extern const struct opj_export_format opj_export_csv, opj_export_json, opj_export_chrome;

/* An integer of which 0 means that nobody knows: null. */
void opj_export_put_known(struct opj_json *json, const char *key, uint64_t integer);
/* null where the op has none. */
void opj_export_put_figure(struct opj_json *json, const char *key, const struct opj_figure *figure);

/* Replays the trace at `path` as the request says, and writes every op. Fails before that on an estimator or a counter
 * that has no figure for a single op. */
int opj_export_run(const struct opj_export_format *format, const struct opj_request *request, const char *path,
		   FILE *out, struct opj_error *err);

/* Stacks of modules and ops weighted by a column of the subject's digest, a line each: "Net;conv;aten.mm.default 12".
 * Weights are integers that add up to the column's total; energies are scaled to whole femtojoules, or to the first of
 * pJ, nJ, … of which the total has less than 2^53: *unit says which. */
int opj_export_folded(const struct opj_subject *subject, uint32_t column, FILE *out, const char **unit,
		      struct opj_error *err);

#endif
