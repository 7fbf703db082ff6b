/* analyze/figures/paper.c: tables as documents: what a reader must know to read the figures right comes with them. */
#include "format.h"
#include "record/base/columns.h"
#include "record/base/style.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Labels ----------------------------------------------------------------------------------------------------------- */

/* The file's name without folder and extension. */
static char *file_label(const struct opj_analysis *analysis)
{
	const char *path = analysis->trace ? opj_trace_path(analysis->trace) : "";
	const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	return strndup(name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

static char *model_label(const struct opj_analysis *analysis)
{
	const struct opj_manifest *manifest = analysis->trace ? opj_trace_manifest(analysis->trace) : NULL;
	char *label;
	if (!manifest || !*manifest->model)
		return file_label(analysis);
	if (asprintf(&label, "%s%s%s", manifest->model, *manifest->run ? ", " : "", manifest->run) < 0)
		return NULL;
	return label;
}

/* How many of the labels before `i` are the same. */
static uint32_t earlier(char *const *labels, uint32_t i)
{
	uint32_t same = 0;
	for (uint32_t j = 0; j < i; j++)
		same += strcmp(labels[j], labels[i]) == 0;
	return same;
}

static int make_labels(const struct opj_analysis *const *analyses, uint32_t count, char **labels,
		       char *(*make)(const struct opj_analysis *analysis), bool *unique)
{
	*unique = true;
	for (uint32_t i = 0; i < count; i++) {
		free(labels[i]);
		labels[i] = make(analyses[i]);
		if (!labels[i])
			return -1;
		*unique = *unique && !earlier(labels, i);
	}
	return 0;
}

int opj_paper_labels(const struct opj_analysis *const *analyses, uint32_t count, char **labels)
{
	bool unique;
	memset(labels, 0, count * sizeof *labels);
	if (make_labels(analyses, count, labels, model_label, &unique) ||
	    (!unique && make_labels(analyses, count, labels, file_label, &unique)))
		return -1;
	for (uint32_t i = count; !unique && i-- > 0;) {
		uint32_t same = earlier(labels, i);
		char *numbered;
		if (same && asprintf(&numbered, "%s #%u", labels[i], same + 1) < 0)
			return -1;
		if (same) {
			free(labels[i]);
			labels[i] = numbered;
		}
	}
	return 0;
}

/* Caption and notes ------------------------------------------------------------------------------------------------ */

/* One sentence; what is in the table, of which runs, on which inputs. */
static void put_caption(const struct opj_prose *prose, const struct opj_sheet *sheet)
{
	static const char *const by[] = {"module", "stage", "op", "model"};
	opj_prose_say(prose, "Operations%s by %s",
		      sheet->sources[0].digest->analysis->estimate_count ? " and estimated energy" : "", by[sheet->by]);
	if (sheet->source_count == 1)
		opj_prose_say(prose, " of %s", sheet->sources[0].label);
	for (uint32_t i = 0; i < sheet->source_count; i++) {
		if (sheet->source_count == 1)
			opj_prose_say(prose, "; input: ");
		else
			opj_prose_say(prose, "%s of %s: ", i ? "; input" : ". Input", sheet->sources[i].label);
		opj_prose_input(prose, &sheet->sources[i].digest->about);
	}
	opj_prose_say(prose, ".");
}

/* Notes: one call of `note` each. */
struct notes {
	const struct opj_prose *prose;
	const struct opj_sheet *sheet;
	uint32_t count;
};

static void begin_note(struct notes *notes, enum opj_style style)
{
	const struct opj_prose *prose = notes->prose;
	fputs(notes->count++ ? prose->format->note : prose->format->first_note, prose->out);
	if (prose->format->styled && style != OPJ_PLAIN && opj_styled(prose->out))
		fputs(opj_style_on(style), prose->out);
}

static void end_note(struct notes *notes, enum opj_style style)
{
	const struct opj_prose *prose = notes->prose;
	if (prose->format->styled && style != OPJ_PLAIN && opj_styled(prose->out))
		fputs(OPJ_STYLE_OFF, prose->out);
	putc('\n', prose->out);
}

static bool warns(const struct opj_analysis *analysis, const char *text)
{
	for (size_t i = 0; i < json_array_size(analysis->warnings); i++) {
		if (strcmp(json_string_value(json_array_get(analysis->warnings, i)), text) == 0)
			return true;
	}
	return false;
}

/* Warnings of one trace, with its label where there are others; what is said of all of them, with the first alone. */
static void put_warnings(struct notes *notes, uint32_t index)
{
	const struct opj_sheet *sheet = notes->sheet;
	const struct opj_sheet_source *source = &sheet->sources[index];
	const struct opj_analysis *analysis = source->digest->analysis;
	bool labelled = sheet->source_count > 1;
	for (size_t i = 0; i < json_array_size(analysis->warnings); i++) {
		const char *text = json_string_value(json_array_get(analysis->warnings, i));
		uint32_t same = 0;
		while (same < sheet->source_count && warns(sheet->sources[same].digest->analysis, text))
			same++;
		if (same == sheet->source_count && index > 0)
			continue;
		bool named = labelled && same < sheet->source_count;
		begin_note(notes, OPJ_WARNING);
		opj_prose_say(notes->prose, "%s%s%s", named ? source->label : "", named ? ": " : "", text);
		end_note(notes, OPJ_WARNING);
	}
	if (!analysis->ignored_ops)
		return;
	begin_note(notes, OPJ_WARNING);
	char ignored[80];
	opj_prose_say(notes->prose, "%s%s%s %s left out.", labelled ? source->label : "", labelled ? ": " : "",
		      opj_about_ignored(ignored, analysis->ignored_ops), analysis->ignored_ops == 1 ? "is" : "are");
	end_note(notes, OPJ_WARNING);
}

static void put_notes(struct notes *notes)
{
	const struct opj_sheet *sheet = notes->sheet;
	const struct opj_analysis *first = sheet->sources[0].digest->analysis;
	if (sheet->by == OPJ_BY_MODULE) {
		begin_note(notes, OPJ_PLAIN);
		opj_prose_say(notes->prose, "Figures of a module include those of the modules inside it.");
		end_note(notes, OPJ_PLAIN);
	}
	for (uint32_t i = 0; i < first->estimate_count; i++) {
		const struct opj_estimate *estimate = &first->estimates[i];
		begin_note(notes, OPJ_PLAIN);
		opj_prose_say(notes->prose, "%s: costs from %s; leaves out %s.", estimate->label, estimate->source,
			      estimate->estimator->boundary);
		end_note(notes, OPJ_PLAIN);
	}
	for (uint32_t i = 0; i < sheet->source_count; i++)
		put_warnings(notes, i);
}

/* The document ----------------------------------------------------------------------------------------------------- */

int opj_paper_write(const struct opj_document *document, const struct opj_format *format, FILE *out,
		    struct opj_error *err)
{
	struct opj_sheet sheet;
	const struct opj_prose prose = {.out = out, .format = format};
	struct notes notes = {.prose = &prose, .sheet = &sheet};
	if (opj_sheet_init(&sheet, document->sources, document->count, document->by, format->detail, err))
		return -1;
	if (format->say) {
		fputs(format->head, out);
		put_caption(&prose, &sheet);
		fputs(format->above, out);
	}
	int failed = format->table(&sheet, out);
	if (format->say) {
		fputs(format->below, out);
		put_notes(&notes);
		fputs(format->tail, out);
	}
	opj_sheet_finish(&sheet);
	return failed ? opj_fail(err, "out of memory") : 0;
}
