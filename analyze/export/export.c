/* analyze/export/export.c: replays a trace through the counters asked for and hands every op to a format's writer.
 *
 * The analysis sees each op first: what it then holds of the latest op is a cell like those of its tally, so figures of
 * one op are made as figures of a module are. */
#include "export.h"
#include "record/base/vector.h"
#include "replay/core/scope.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Figures of an op exist where the counter, or one that the estimator prices, counted it. */
static bool counted(const struct opj_analysis *analysis, const struct opj_column *column)
{
	if (column->kind == OPJ_COLUMN_COUNT)
		return analysis->latest[analysis->counts[column->index].offset + OPJ_CELL_COUNTED];
	const struct opj_estimate *estimate = &analysis->estimates[column->index];
	for (uint32_t i = 0; i < estimate->need_count; i++) {
		if (analysis->latest[analysis->counts[estimate->needs[i]].offset + OPJ_CELL_COUNTED])
			return true;
	}
	return false;
}

static int fill_figures(struct opj_export *export, const struct opj_op *op, struct opj_error *err)
{
	const struct opj_analysis *analysis = export->analysis;
	for (uint32_t i = 0; i < export->column_count; i++) {
		const struct opj_column *column = &export->digest.columns[export->columns[i]];
		struct opj_figure *figure = &export->figures[i];
		*figure = (struct opj_figure){0};
		if (counted(analysis, column))
			*figure = opj_digest_figure(&export->digest, export->columns[i], analysis->latest);
		if (!isfinite(figure->number))
			return opj_fail(err, "op %" PRIu64 " (%.100s): %s is not finite", op->index, op->signature->op,
					column->name);
	}
	return 0;
}

static int add_tensor(struct opj_export_tensors *tensors, const struct opj_operand *operand)
{
	const struct opj_operand **added = OPJ_PUSH(tensors->items, tensors->count);
	if (!added)
		return -1;
	*added = operand;
	return 0;
}

static int add_tree(struct opj_export_tensors *tensors, const struct opj_op *op, struct opj_value value)
{
	if (value.type == OPJ_VALUE_TENSOR)
		return add_tensor(tensors, &op->operands[value.u.tensor]);
	int failed = 0;
	for (uint32_t i = 0; !failed && value.type == OPJ_VALUE_LIST && i < value.count; i++)
		failed = add_tree(tensors, op, value.u.items[i]);
	return failed;
}

static int fill_tensors(struct opj_export *export, const struct opj_op *op)
{
	const struct opj_signature *signature = op->signature;
	int failed = 0;
	export->in.count = export->results.count = 0;
	for (uint32_t i = 0; !failed && i < signature->in_count; i++)
		failed = add_tree(&export->in, op, signature->in[i]);
	for (uint32_t i = 0; !failed && i < signature->kw_count; i++)
		failed = add_tree(&export->in, op, signature->kw[i]);
	return failed || add_tree(&export->results, op, signature->out) ? -1 : 0;
}

/* A disk that is full ends the replay, which would put its own place in front of the message. */
static int check_output(struct opj_export *export)
{
	if (!ferror(export->out))
		return 0;
	return opj_fail(&export->unwritten, "the output cannot be written%s%s", errno ? ": " : "",
			errno ? strerror(errno) : "");
}

/* After the analysis has seen the op. */
static int visit_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	struct opj_export *export = data;
	if (!export->analysis->latest[OPJ_HEAD_OPS])
		return 0;
	if (export->context != op->context) {
		export->context = op->context;
		export->scope = opj_scope_innermost(op->context);
		if (!export->scope)
			export->scope = "";
	}
	if (fill_figures(export, op, err))
		return -1;
	if (fill_tensors(export, op))
		return opj_fail(err, "out of memory");
	errno = 0;
	if (export->format->op(export, op, err))
		return -1;
	export->written++;
	return check_output(export);
}

static int visit_call(void *data, const struct opj_call *call, struct opj_error *err)
{
	struct opj_export *export = data;
	return export->format->call ? export->format->call(export, call, err) : 0;
}

static int check_estimates(const struct opj_analysis *analysis, struct opj_error *err)
{
	for (uint32_t i = 0; i < analysis->estimate_count; i++) {
		const struct opj_estimator *estimator = analysis->estimates[i].estimator;
		if (!estimator->price)
			return opj_fail(err, "estimator %s prices more than single ops, so none has an energy of it",
					estimator->name);
	}
	for (uint32_t i = 0; i < analysis->count_count; i++) {
		const struct opj_count *count = &analysis->counts[i];
		if (count->requested && !count->counter->metric_count)
			return opj_fail(err, "counter %s has no figures of single ops", count->counter->name);
	}
	return 0;
}

/* Counters that run only because an estimator needs them have no column. */
static int choose_columns(struct opj_export *export, struct opj_error *err)
{
	const struct opj_analysis *analysis = export->analysis;
	if (check_estimates(analysis, err) || opj_digest_init_columns(&export->digest, analysis, err))
		return -1;
	export->columns = calloc(export->digest.column_count, sizeof *export->columns);
	export->figures = calloc(export->digest.column_count, sizeof *export->figures);
	if (!export->columns || !export->figures)
		return opj_fail(err, "out of memory");
	for (uint32_t i = 0; i < export->digest.column_count; i++) {
		const struct opj_column *column = &export->digest.columns[i];
		if (column->kind == OPJ_COLUMN_ENERGY ||
		    (column->kind == OPJ_COLUMN_COUNT && analysis->counts[column->index].requested))
			export->columns[export->column_count++] = i;
	}
	return 0;
}

static int replay(struct opj_export *export, struct opj_error *err)
{
	struct opj_visitor visitors[] = {{0}, {.data = export, .op = visit_op, .call = visit_call}};
	if (opj_analysis_begin(export->analysis, &visitors[0], err))
		return -1;
	const struct opj_export_format *format = export->format;
	int failed = format->begin(export, err) || opj_trace_replay(export->trace, visitors, 2, err) ||
		     (format->end && format->end(export, err));
	if (*export->unwritten.text || check_output(export)) {
		if (err)
			*err = export->unwritten;
		return -1;
	}
	return failed ? opj_fail_in_trace(err, export->trace) : 0;
}

int opj_export_run(const struct opj_export_format *format, const struct opj_request *request, const char *path,
		   FILE *out, struct opj_error *err)
{
	struct opj_subject subject;
	if (opj_subject_open(&subject, request, path, err))
		return -1;
	struct opj_export export = {.out = out,
				    .trace = subject.trace,
				    .analysis = subject.analysis,
				    .process = request->trace.process ? request->trace.process : 1,
				    .format = format};
	if (isatty(fileno(out)))
		subject.bar.terminal = false; /* a bar would stand between the lines */
	int failed = choose_columns(&export, err) || replay(&export, err);
	opj_bar_finish(&subject.bar);
	if (format->finish)
		format->finish(&export);
	opj_digest_finish(&export.digest);
	opj_subject_finish(&subject);
	free(export.columns);
	free(export.figures);
	free(export.in.items);
	free(export.results.items);
	return failed ? -1 : 0;
}
