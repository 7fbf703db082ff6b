/* analyze/diff/diff_warn.c: why two traces may not be comparable: they differ in something other than the model. */
#include "diff.h"
#include "record/base/vector.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static int warn(struct opj_diff *diff, struct opj_error *err, const char *format,
						      ...)
{
	char *text, **added;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || !(added = OPJ_PUSH(diff->warnings, diff->warning_count))) {
		free(text);
		return opj_fail(err, "out of memory");
	}
	*added = text;
	return 0;
}

static const char *or_none(const char *text)
{
	return *text ? text : "not said";
}

/* What is known of how both traces were made: framework, completeness, and for measured times the processor. */
static int warn_of_making(struct opj_diff *diff, struct opj_error *err)
{
	const struct opj_manifest *a = diff->a->about.manifest, *b = diff->b->about.manifest;
	if (!a || !b)
		return 0;
	if (strcmp(a->framework, b->framework) != 0 &&
	    warn(diff, err, "frameworks differ: A ran in %s, B in %s", or_none(a->framework), or_none(b->framework)))
		return -1;
	if (*a->input && *b->input && strcmp(a->input, b->input) != 0 &&
	    warn(diff, err, "inputs differ: A was given %s, B %s", a->input, b->input))
		return -1;
	for (int i = 0; i < 2; i++) {
		if (!(i ? b : a)->complete &&
		    warn(diff, err, "%c was cut short: its figures cover what was recorded until then", "AB"[i]))
			return -1;
	}
	bool timed = diff->totals[OPJ_DIGEST_TIME].a.known && diff->totals[OPJ_DIGEST_TIME].b.known;
	if (timed && strcmp(a->cpu, b->cpu) != 0)
		return warn(diff, err, "measured times are of different processors: A ran on %s, B on %s",
			    or_none(a->cpu), or_none(b->cpu));
	return 0;
}

static bool same_activity(const struct opj_activity *a, const struct opj_activity *b)
{
	return a->calls == b->calls && a->elements == b->elements && a->nonzero == b->nonzero && a->kind == b->kind &&
	       a->unseen == b->unseen;
}

/* What the model was fed, as its values show. */
static int warn_of_input(struct opj_diff *diff, struct opj_error *err)
{
	const struct opj_activity *a = diff->a->about.input, *b = diff->b->about.input;
	char first[200], second[200];
	if (!a || !b || same_activity(a, b))
		return 0;
	return warn(diff, err, "inputs differ: A was fed %s; B %s", opj_about_exact(first, a),
		    opj_about_exact(second, b));
}

/* Sparsities leave out what nobody looked at; where that differs, so may they. */
static int warn_of_unseen(struct opj_diff *diff, struct opj_error *err)
{
	uint64_t unseen[2] = {0, 0}, modules[2] = {0, 0};
	for (size_t i = 0; i < diff->by[OPJ_BY_MODULE].count; i++) {
		const struct opj_row *rows[2] = {diff->by[OPJ_BY_MODULE].rows[i].a, diff->by[OPJ_BY_MODULE].rows[i].b};
		for (int side = 0; side < 2; side++) {
			const struct opj_seen_module *seen = rows[side] ? rows[side]->module : NULL;
			uint64_t here = seen ? seen->in.unseen + seen->out.unseen : 0;
			unseen[side] += here;
			modules[side] += here > 0;
		}
	}
	for (int side = 0; side < 2; side++) {
		if (unseen[side] && warn(diff, err,
					 "sparsities of %c leave out %" PRIu64 " elements of %" PRIu64
					 " module%s: nobody looked at them",
					 "AB"[side], unseen[side], modules[side], modules[side] == 1 ? "" : "s"))
			return -1;
	}
	return 0;
}

/* Names of the stages that one has and the other lacks. */
static int warn_of_stages(struct opj_diff *diff, struct opj_error *err)
{
	const struct opj_diff_rows *rows = &diff->by[OPJ_BY_STAGE];
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[i];
		const char *name = opj_diff_name(row);
		if (row->status && warn(diff, err, "stages differ: only %c has %s%s", row->a ? 'A' : 'B',
					*name ? "stage " : "ops in no stage", name))
			return -1;
	}
	return 0;
}

/* A flag of a module in which two runs of the same model may differ. */
struct flag {
	const char *set; /* "was training" */
	bool (*of)(const struct opj_module *module);
};

static bool training(const struct opj_module *module)
{
	return module->training;
}

static bool multi_step(const struct opj_module *module)
{
	return module->multi_step;
}

static int warn_of_flag(struct opj_diff *diff, const struct flag *flag, struct opj_error *err)
{
	const char *first[2] = {NULL, NULL};
	uint64_t count[2] = {0, 0};
	for (size_t i = 0; i < diff->by[OPJ_BY_MODULE].count; i++) {
		const struct opj_diff_row *row = &diff->by[OPJ_BY_MODULE].rows[i];
		if (!row->a || !row->b || !row->a->module || !row->b->module)
			continue;
		bool a = flag->of(&row->a->module->module->def), b = flag->of(&row->b->module->module->def);
		if (a != b && count[b]++ == 0)
			first[b] = opj_diff_name(row);
	}
	for (int b = 0; b < 2; b++) {
		char more[48] = "";
		if (!count[b])
			continue;
		if (count[b] > 1)
			snprintf(more, sizeof more, " and %" PRIu64 " more module%s", count[b] - 1,
				 count[b] == 2 ? "" : "s");
		if (warn(diff, err, "%s%s: %s in %c only", first[b], more, flag->set, "AB"[b]))
			return -1;
	}
	return 0;
}

int opj_diff_warn(struct opj_diff *diff, struct opj_error *err)
{
	static const struct flag flags[] = {{"training", training}, {"multi-step", multi_step}};
	if (warn_of_making(diff, err) || warn_of_input(diff, err) || warn_of_unseen(diff, err) ||
	    warn_of_stages(diff, err))
		return -1;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (warn_of_flag(diff, &flags[i], err))
			return -1;
	}
	return 0;
}
