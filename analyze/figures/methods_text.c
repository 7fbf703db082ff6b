/* analyze/figures/methods_text.c: the paragraph beside a table in plain English, with citations and references.
 *
 * What is the same for all traces (estimators, costs) is said once, from the first; what belongs to a trace, with its
 * label. */
#include "format.h"
#include "record/base/quantity.h"
#include <inttypes.h>
#include <string.h>

/* Keys are plain letters. */
static void cite(const struct opj_prose *prose, const json_t *keys)
{
	const struct opj_cite_marks *marks = &prose->format->cite;
	size_t count = json_array_size(keys);
	for (size_t i = 0; i < count; i++)
		fprintf(prose->out, "%s%s%s%s", i ? "" : marks->begin, i ? marks->next : marks->first,
			json_string_value(json_array_get(keys, i)), i + 1 < count ? "" : marks->end);
}

static void cite_self(const struct opj_prose *prose)
{
	const struct opj_cite_marks *marks = &prose->format->cite;
	fprintf(prose->out, "%s%sopjoule%s", marks->begin, marks->first, marks->end);
}

static void end_line(const struct opj_prose *prose)
{
	putc('\n', prose->out);
}

/* "a", "a and b", "a, b and c"; the first of many. */
static void say_list(const struct opj_prose *prose, const char *const *names, uint32_t count)
{
	enum { MOST = 8 };
	uint32_t shown = count > MOST ? MOST : count;
	for (uint32_t i = 0; i < shown; i++)
		opj_prose_say(prose, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", opj_stage_label(names[i]));
	if (count > shown)
		opj_prose_say(prose, " and %" PRIu32 " more", count - shown);
}

static void say_stages(const struct opj_prose *prose, const struct opj_stages *stages)
{
	opj_prose_say(prose, "%s", stages->count == 0 ? "no stage" : stages->count == 1 ? "stage " : "stages ");
	say_list(prose, stages->names, stages->count);
}

/* "aten.add.Tensor (64 times), …": the first of many kinds. */
enum { KINDS_SHOWN = 4 };

static void say_kind(const struct opj_prose *prose, size_t kind, const char *what, int64_t times)
{
	if (kind < KINDS_SHOWN)
		opj_prose_say(prose, "%s%s (%" PRId64 "%s)", kind ? ", " : "", what, times,
			      times == 1 ? " time" : " times");
}

static void end_kinds(const struct opj_prose *prose, size_t kinds)
{
	if (kinds > KINDS_SHOWN)
		opj_prose_say(prose, " and %zu more kinds", kinds - KINDS_SHOWN);
	opj_prose_say(prose, ".");
}

static void say_setting(const struct opj_prose *prose, const json_t *value)
{
	if (json_is_number(value))
		opj_prose_say(prose, "%.10g", json_number_value(value));
	else if (json_is_boolean(value))
		opj_prose_say(prose, "%s", json_is_true(value) ? "true" : "false");
	else
		opj_prose_say(prose, "%s", json_string_value(value) ? json_string_value(value) : "null");
}

/* What recorded a trace, on what and when. */
static void say_recording(const struct opj_prose *prose, const struct opj_manifest *manifest)
{
	if (*manifest->framework)
		opj_prose_say(prose, " from %s", manifest->framework);
	if (*manifest->tool)
		opj_prose_say(prose, " with %s", manifest->tool);
	if (*manifest->cpu)
		opj_prose_say(prose, " on %s", manifest->cpu);
	if (*manifest->started)
		opj_prose_say(prose, " on %.10s", manifest->started);
}

static void say_gaps(const struct opj_prose *prose, const struct opj_manifest *manifest)
{
	uint64_t lost = manifest->lost_events;
	if (!manifest->complete)
		opj_prose_say(prose, " The recording was cut short%s%s.", *manifest->why ? ": " : "", manifest->why);
	if (lost)
		opj_prose_say(prose, " %" PRIu64 " event%s of it %s lost.", lost, lost == 1 ? "" : "s",
			      lost == 1 ? "was" : "were");
}

/* Of one trace: where it is from, what was run, on what. */
static void say_trace(const struct opj_prose *prose, const struct opj_document *document, uint32_t i)
{
	const struct opj_about *about = &document->sources[i].digest->about;
	const struct opj_manifest *manifest = about->manifest;
	const char *model = manifest ? manifest->model : "", *run = manifest ? manifest->run : "";
	end_line(prose);
	if (document->count > 1)
		opj_prose_say(prose, "%s: ", document->sources[i].label);
	opj_prose_say(prose, "The run of %s%s%s was recorded", *model ? model : "an unnamed model",
		      *run ? ", run " : "", run);
	if (manifest)
		say_recording(prose, manifest);
	opj_prose_say(prose, " and has %" PRIu64 " op%s in ", about->ops, about->ops == 1 ? "" : "s");
	say_stages(prose, &about->stages);
	opj_prose_say(prose, ". Input: ");
	opj_prose_input(prose, about);
	opj_prose_say(prose, ".");
	if (manifest)
		say_gaps(prose, manifest);
}

/* Of one trace: what no figure covers. */
static void say_left_out(const struct opj_prose *prose, const struct opj_digest *digest)
{
	const struct opj_analysis *analysis = digest->analysis;
	const struct opj_about *about = &digest->about;
	uint64_t suspended = about->suspended_ops;
	if (analysis->ignored_count) {
		opj_prose_say(prose, " Modules of class ");
		say_list(prose, (const char *const *)analysis->ignored, analysis->ignored_count);
		opj_prose_say(prose, " were left out, with %" PRIu64 " op%s.", about->ignored_ops,
			      about->ignored_ops == 1 ? "" : "s");
	}
	if (suspended)
		opj_prose_say(prose,
			      " %" PRIu64
			      " op%s ran in suspended regions: counters cover %s, estimators of training do not.",
			      suspended, suspended == 1 ? "" : "s", suspended == 1 ? "it" : "them");
	for (uint32_t i = 0; i < about->count_count; i++) {
		const struct opj_uncovered_list *list = &about->uncovered[i];
		if (!list->count)
			continue;
		opj_prose_say(prose, " Counter %s has no rule for ", analysis->counts[i].label);
		for (size_t kind = 0; kind < list->count; kind++)
			say_kind(prose, kind, list->items[kind].op, list->items[kind].ops);
		end_kinds(prose, list->count);
	}
}

/* What an estimator says of one trace. */
static void say_estimate_of(const struct opj_prose *prose, const struct opj_document *document, uint32_t i,
			    uint32_t index)
{
	const struct opj_digest *digest = document->sources[i].digest;
	const struct opj_estimate *estimate = &digest->analysis->estimates[index];
	bool several = document->count > 1;
	char energy[32];
	double pj;
	opj_prose_say(prose, " %s%s", several ? document->sources[i].label : "", several ? ": " : "");
	if (opj_estimate_total(estimate, &pj))
		opj_prose_say(prose, "%s %s, ", several ? "energy" : "The energy is", opj_format_energy(energy, pj));
	else
		opj_prose_say(prose, "%s", several ? "no total, " : "There is no total; figures are ");
	opj_prose_say(prose, "over ");
	say_stages(prose, &digest->about.covered[index]);
	opj_prose_say(prose, ".");
	json_t *uncovered = estimate->report->uncovered, *times;
	const char *what;
	size_t kind = 0;
	if (json_object_size(uncovered))
		opj_prose_say(prose, " It has no figure for ");
	json_object_foreach(uncovered, what, times) say_kind(prose, kind++, what, json_integer_value(times));
	if (kind)
		end_kinds(prose, kind);
	for (size_t w = 0; w < json_array_size(estimate->report->warnings); w++)
		opj_prose_say(prose, " Warning: %s.", json_string_value(json_array_get(estimate->report->warnings, w)));
}

static void say_settings(const struct opj_prose *prose, const struct opj_methods_estimate *facts,
			 const struct opj_preset *base)
{
	const char *of = base ? "preset " : "the estimator's defaults", *name = base ? base->name : "";
	if (!facts->changed_count) {
		opj_prose_say(prose, " All settings are those of %s%s.", of, name);
		return;
	}
	opj_prose_say(prose, " Settings that differ from %s%s: ", of, name);
	for (size_t i = 0; i < facts->changed_count; i++) {
		opj_prose_say(prose, "%s%s = ", i ? "; " : "", facts->changed[i].key);
		say_setting(prose, facts->changed[i].now);
		opj_prose_say(prose, " instead of ");
		say_setting(prose, facts->changed[i].preset);
	}
	opj_prose_say(prose, ".");
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void say_estimator(const struct opj_prose *prose, const struct opj_document *document, uint32_t index)
{
	const struct opj_methods_estimate *facts = &document->methods[0].estimates[index];
	const struct opj_estimate *estimate = &document->sources[0].digest->analysis->estimates[index];
	const struct opj_estimator *estimator = estimate->estimator;
	end_line(prose);
	opj_prose_say(prose, "Estimator %s, version %s of its rules (%s)", estimator->name, estimator->version,
		      or_empty(estimator->source));
	cite(prose, facts->cites);
	opj_prose_say(prose, ", prices %s. Its costs are from: %s", or_empty(estimator->summary),
		      or_empty(estimate->source));
	cite(prose, facts->cost_cites);
	opj_prose_say(prose, ".");
	say_settings(prose, facts, estimate->base);
	opj_prose_say(prose, " It leaves out: %s.", estimator->boundary);
	for (uint32_t i = 0; i < document->count; i++)
		say_estimate_of(prose, document, i, index);
	end_line(prose);
}

static void say_introduction(const struct opj_prose *prose, const struct opj_document *document)
{
	uint32_t estimates = document->methods[0].estimate_count;
	opj_prose_say(prose, "%s with %s", estimates ? "Energy was estimated" : "Operations were counted",
		      "opjoule " OPJ_VERSION);
	cite_self(prose);
	opj_prose_say(prose, " from %s, replayed op by op. Counts are exact integers over the ops that ran%s.",
		      document->count > 1 ? "recorded runs" : "a recorded run",
		      estimates ? "; energies are what a model says, no measurement" : "");
	if (estimates > 1)
		opj_prose_say(prose, " Estimators price different things under different assumptions: their totals "
				     "neither add up nor compare.");
	end_line(prose);
}

static void write_heading(const struct opj_format *format, FILE *out)
{
	if (!format->styled) {
		fputs(format->heading, out);
		return;
	}
	putc('\n', out);
	opj_print(out, OPJ_HEADING, "%s", format->heading);
	putc('\n', out);
}

/* Entries as they are, line by line. */
static void write_references(const json_t *entries, const struct opj_format *format, FILE *out)
{
	const char *key;
	json_t *entry;
	fputs(format->references, out);
	json_object_foreach((json_t *)entries, key, entry)
	{
		const char *at = json_string_value(entry);
		while (at && *at) {
			int length = (int)strcspn(at, "\r\n");
			fputs(format->reference, out);
			opj_print(out, OPJ_PLAIN, "%.*s", length, at);
			putc('\n', out);
			at += length;
			at += strspn(at, "\r\n");
		}
	}
	fputs(format->references_end, out);
}

void opj_methods_write(const struct opj_document *document, const struct opj_format *format, FILE *out)
{
	const struct opj_prose prose = {.out = out, .format = format};
	write_heading(format, out);
	say_introduction(&prose, document);
	for (uint32_t i = 0; i < document->count; i++) {
		say_trace(&prose, document, i);
		say_left_out(&prose, document->sources[i].digest);
		end_line(&prose);
	}
	for (uint32_t i = 0; i < document->methods[0].estimate_count; i++)
		say_estimator(&prose, document, i);
	write_references(document->methods[0].bibtex, format, out);
}
