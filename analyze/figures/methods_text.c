/* analyze/figures/methods_text.c: the facts of methods.c in plain English, with citations and references.
 *
 * What is the same for all traces (estimators, costs) is said once, from the first; what belongs to a trace, with its
 * label. */
#include "methods.h"
#include "paper.h"
#include "record/base/quantity.h"
#include "record/base/style.h"
#include "text.h"
#include <inttypes.h>
#include <string.h>

struct methods {
	struct opj_prose prose;
	const struct opj_sheet_source *sources;
	json_t *const *facts; /* [count] */
	uint32_t count;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Text: " [a, b]"; Markdown, as pandoc reads it: " [@a; @b]"; LaTeX: "~\cite{a,b}". Keys are plain letters. */
static void cite(const struct opj_prose *prose, const json_t *keys)
{
	static const struct {
		const char *begin, *first, *next, *end;
	} marks[] = {[OPJ_FORMAT_TEXT] = {" [", "", ", ", "]"},
		     [OPJ_FORMAT_MARKDOWN] = {" [", "@", "; @", "]"},
		     [OPJ_FORMAT_LATEX] = {"~\\cite{", "", ",", "}"}};
	size_t count = json_array_size(keys);
	for (size_t i = 0; i < count; i++)
		fprintf(prose->out, "%s%s%s%s", i ? "" : marks[prose->format].begin,
			i ? marks[prose->format].next : marks[prose->format].first,
			json_string_value(json_array_get(keys, i)), i + 1 < count ? "" : marks[prose->format].end);
}

static void cite_self(const struct opj_prose *prose)
{
	json_t *keys = json_pack("[s]", "opjoule");
	cite(prose, keys);
	json_decref(keys);
}

static void begin_paragraph(const struct methods *methods)
{
	putc('\n', methods->prose.out);
}

static void end_paragraph(const struct methods *methods)
{
	putc('\n', methods->prose.out);
}

/* "a", "a and b", "a, b and c"; the first of many. */
static void say_list(const struct opj_prose *prose, const json_t *names, size_t most)
{
	size_t count = json_array_size(names), shown = count > most ? most : count;
	for (size_t i = 0; i < shown; i++) {
		const char *separator = i == 0 ? "" : i + 1 < count ? ", " : " and ";
		opj_prose_say(prose, "%s%s", separator, opj_text_stage(json_string_value(json_array_get(names, i))));
	}
	if (count > shown)
		opj_prose_say(prose, " and %zu more", count - shown);
}

static void say_stages(const struct opj_prose *prose, const json_t *stages)
{
	size_t count = json_array_size(stages);
	opj_prose_say(prose, "%s", count == 0 ? "no stage" : count == 1 ? "stage " : "stages ");
	say_list(prose, stages, 8);
}

/* "aten.add.Tensor (64 times), …": the first of many. */
static void say_uncovered(const struct opj_prose *prose, json_t *uncovered)
{
	enum { SHOWN = 4 };
	size_t kinds = 0;
	const char *op;
	json_t *ops;
	json_object_foreach(uncovered, op, ops)
	{
		if (++kinds <= SHOWN)
			opj_prose_say(prose, "%s%s (%" JSON_INTEGER_FORMAT "%s)", kinds > 1 ? ", " : "", op,
				      json_integer_value(ops), json_integer_value(ops) == 1 ? " time" : " times");
	}
	if (kinds > SHOWN)
		opj_prose_say(prose, " and %zu more kinds", kinds - SHOWN);
}

static void say_value(const struct opj_prose *prose, const json_t *value)
{
	if (json_is_number(value))
		opj_prose_say(prose, "%.10g", json_number_value(value));
	else if (json_is_boolean(value))
		opj_prose_say(prose, "%s", json_is_true(value) ? "true" : "false");
	else
		opj_prose_say(prose, "%s", json_string_value(value) ? json_string_value(value) : "null");
}

/* Of one trace: where it is from, what was run, on what. */
static void say_trace(const struct methods *methods, uint32_t i)
{
	const struct opj_prose *prose = &methods->prose;
	const json_t *facts = methods->facts[i], *trace = json_object_get(facts, "trace");
	json_int_t ops = json_integer_value(json_object_get(facts, "ops"));
	const char *model = text_of(trace, "model"), *run = text_of(trace, "run"), *started = text_of(trace, "started");
	begin_paragraph(methods);
	if (methods->count > 1)
		opj_prose_say(prose, "%s: ", methods->sources[i].label);
	opj_prose_say(prose, "The run of %s%s%s was recorded", *model ? model : "an unnamed model",
		      *run ? ", run " : "", run);
	if (*text_of(trace, "framework"))
		opj_prose_say(prose, " from %s", text_of(trace, "framework"));
	if (*text_of(trace, "recorded_with"))
		opj_prose_say(prose, " with %s", text_of(trace, "recorded_with"));
	if (*text_of(trace, "cpu"))
		opj_prose_say(prose, " on %s", text_of(trace, "cpu"));
	if (*started)
		opj_prose_say(prose, " on %.10s", started);
	opj_prose_say(prose, " and has %" JSON_INTEGER_FORMAT " op%s in ", ops, ops == 1 ? "" : "s");
	say_stages(prose, json_object_get(facts, "stages"));
	opj_prose_say(prose, ". Input: ");
	opj_paper_input(prose, methods->sources[i].digest->analysis);
	opj_prose_say(prose, ".");
	if (!json_is_true(json_object_get(trace, "complete")) && json_is_object(trace))
		opj_prose_say(prose, " The recording was cut short%s%s.", *text_of(trace, "why") ? ": " : "",
			      text_of(trace, "why"));
	json_int_t lost = json_integer_value(json_object_get(trace, "lost_events"));
	if (lost)
		opj_prose_say(prose, " %" JSON_INTEGER_FORMAT " event%s of it %s lost.", lost, lost == 1 ? "" : "s",
			      lost == 1 ? "was" : "were");
}

/* Of one trace: what no figure covers. */
static void say_left_out(const struct methods *methods, uint32_t i)
{
	const struct opj_prose *prose = &methods->prose;
	const json_t *facts = methods->facts[i], *gone = json_object_get(facts, "ignored");
	json_int_t suspended = json_integer_value(json_object_get(facts, "suspended_ops"));
	if (json_array_size(json_object_get(gone, "classes"))) {
		opj_prose_say(prose, " Modules of class ");
		say_list(prose, json_object_get(gone, "classes"), 8);
		json_int_t ops = json_integer_value(json_object_get(gone, "ops"));
		opj_prose_say(prose, " were left out, with %" JSON_INTEGER_FORMAT " op%s.", ops, ops == 1 ? "" : "s");
	}
	if (suspended)
		opj_prose_say(prose,
			      " %" JSON_INTEGER_FORMAT
			      " op%s ran in suspended regions: counters cover %s, estimators of training do not.",
			      suspended, suspended == 1 ? "" : "s", suspended == 1 ? "it" : "them");
	size_t index;
	json_t *count;
	json_array_foreach(json_object_get(facts, "counters"), index, count)
	{
		if (!json_object_size(json_object_get(count, "uncovered")))
			continue;
		opj_prose_say(prose, " Counter %s has no rule for ", text_of(count, "label"));
		say_uncovered(prose, json_object_get(count, "uncovered"));
		opj_prose_say(prose, ".");
	}
}

/* What an estimator says of one trace. */
static void say_estimate_of(const struct methods *methods, uint32_t i, size_t index)
{
	const struct opj_prose *prose = &methods->prose;
	const json_t *facts = json_array_get(json_object_get(methods->facts[i], "estimates"), index);
	const json_t *total = json_object_get(facts, "energy_total_pj");
	char energy[32];
	if (methods->count > 1)
		opj_prose_say(prose, " %s: ", methods->sources[i].label);
	else
		opj_prose_say(prose, " ");
	if (json_is_number(total))
		opj_prose_say(prose, "%s %s, ", methods->count > 1 ? "energy" : "The energy is",
			      opj_format_energy(energy, json_number_value(total)));
	else
		opj_prose_say(prose, "%s", methods->count > 1 ? "no total, " : "There is no total; figures are ");
	opj_prose_say(prose, "over ");
	say_stages(prose, json_object_get(facts, "stages"));
	opj_prose_say(prose, ".");
	if (json_object_size(json_object_get(facts, "uncovered"))) {
		opj_prose_say(prose, " It has no figure for ");
		say_uncovered(prose, json_object_get(facts, "uncovered"));
		opj_prose_say(prose, ".");
	}
	for (size_t w = 0; w < json_array_size(json_object_get(facts, "warnings")); w++)
		opj_prose_say(prose, " Warning: %s.",
			      json_string_value(json_array_get(json_object_get(facts, "warnings"), w)));
}

static void say_settings(const struct opj_prose *prose, const json_t *facts)
{
	json_t *changed = json_object_get(facts, "changed"), *pair;
	const char *key, *base = text_of(facts, "based_on");
	if (!json_object_size(changed)) {
		opj_prose_say(prose, " All settings are those of %s%s.", *base ? "preset " : "the estimator's defaults",
			      base);
		return;
	}
	opj_prose_say(prose, " Settings that differ from %s%s: ", *base ? "preset " : "the estimator's defaults", base);
	size_t shown = 0;
	json_object_foreach(changed, key, pair)
	{
		opj_prose_say(prose, "%s%s = ", shown++ ? "; " : "", key);
		say_value(prose, json_array_get(pair, 0));
		opj_prose_say(prose, " instead of ");
		say_value(prose, json_array_get(pair, 1));
	}
	opj_prose_say(prose, ".");
}

static void say_estimator(const struct methods *methods, size_t index)
{
	const struct opj_prose *prose = &methods->prose;
	const json_t *facts = json_array_get(json_object_get(methods->facts[0], "estimates"), index);
	begin_paragraph(methods);
	opj_prose_say(prose, "Estimator %s, version %s of its rules (%s)", text_of(facts, "model"),
		      text_of(facts, "version"), text_of(facts, "source"));
	cite(prose, json_object_get(facts, "cites"));
	opj_prose_say(prose, ", prices %s. Its costs are from: %s", text_of(facts, "summary"),
		      text_of(facts, "cost_source"));
	cite(prose, json_object_get(facts, "cost_cites"));
	opj_prose_say(prose, ".");
	say_settings(prose, facts);
	opj_prose_say(prose, " It leaves out: %s.", text_of(facts, "boundary"));
	for (uint32_t i = 0; i < methods->count; i++)
		say_estimate_of(methods, i, index);
	end_paragraph(methods);
}

static void say_introduction(const struct methods *methods)
{
	const struct opj_prose *prose = &methods->prose;
	size_t estimates = json_array_size(json_object_get(methods->facts[0], "estimates"));
	opj_prose_say(prose, "%s with %s", estimates ? "Energy was estimated" : "Operations were counted",
		      text_of(methods->facts[0], "tool"));
	cite_self(prose);
	opj_prose_say(prose, " from %s, replayed op by op. Counts are exact integers over the ops that ran%s.",
		      methods->count > 1 ? "recorded runs" : "a recorded run",
		      estimates ? "; energies are what a model says, no measurement" : "");
	if (estimates > 1)
		opj_prose_say(prose, " Estimators price different things under different assumptions: their totals "
				     "neither add up nor compare.");
	end_paragraph(methods);
}

static void write_heading(const struct methods *methods)
{
	FILE *out = methods->prose.out;
	if (methods->prose.format == OPJ_FORMAT_LATEX) {
		fputs("\n\\paragraph{Methods.}\n", out);
	} else if (methods->prose.format == OPJ_FORMAT_MARKDOWN) {
		fputs("\n**Methods.**\n", out);
	} else {
		putc('\n', out);
		opj_print(out, OPJ_HEADING, "Methods");
		putc('\n', out);
	}
}

/* Entries as they are, each line behind "% " in LaTeX, in a block of code in Markdown. */
static void write_references(const struct methods *methods)
{
	FILE *out = methods->prose.out;
	bool latex = methods->prose.format == OPJ_FORMAT_LATEX, markdown = methods->prose.format == OPJ_FORMAT_MARKDOWN;
	json_t *entries = json_object_get(methods->facts[0], "bibtex"), *entry;
	const char *key;
	fputs(markdown ? "\n```bibtex\n" : latex ? "\n% For the bibliography:\n" : "\n", out);
	json_object_foreach(entries, key, entry)
	{
		const char *at = json_string_value(entry);
		while (at && *at) {
			int length = (int)strcspn(at, "\r\n");
			fprintf(out, "%s", latex ? "% " : "");
			opj_print(out, OPJ_PLAIN, "%.*s", length, at);
			putc('\n', out);
			at += length;
			at += strspn(at, "\r\n");
		}
	}
	fputs(markdown ? "```\n" : "", out);
}

int opj_methods_write(const struct opj_sheet_source *sources, json_t *const *facts, uint32_t source_count,
		      enum opj_format format, FILE *out, struct opj_error *err)
{
	const struct methods methods = {
	    .prose = {.out = out, .format = format}, .sources = sources, .facts = facts, .count = source_count};
	if (format != OPJ_FORMAT_TEXT && format != OPJ_FORMAT_MARKDOWN && format != OPJ_FORMAT_LATEX)
		return opj_fail(err, "methods are written as text, markdown or latex");
	write_heading(&methods);
	if (format == OPJ_FORMAT_MARKDOWN)
		begin_paragraph(&methods);
	say_introduction(&methods);
	for (uint32_t i = 0; i < source_count; i++) {
		say_trace(&methods, i);
		say_left_out(&methods, i);
		end_paragraph(&methods);
	}
	for (size_t i = 0; i < json_array_size(json_object_get(facts[0], "estimates")); i++)
		say_estimator(&methods, i);
	write_references(&methods);
	return 0;
}
