/* record/base/command_text.c: what the table of a command looks like: as help for a terminal, as parts of a man page,
 * and as words for the completions of shells. */
#include "command.h"
#include "text.h"
#include <ctype.h>
#include <string.h>

#define WIDTH 100   /* of help */
#define LEFT_MAX 30 /* of the options in it; longer ones have their explanation on the next line */

const struct opj_option_row opj_help_row = {"help", 'h', .help = "a short help"};

/* A line that is filled word by word. In a man page there are no lines, and words are marked up. */
struct line {
	FILE *out;
	bool markup;
	size_t column, indent; /* cells */
};

/* Bytes of the word that begins here; 0: none does. In prose a word does not end in a full stop. */
static size_t word_length(const char *text, size_t length, bool all)
{
	size_t end = 0;
	while (end < length && (isalnum((unsigned char)text[end]) || strchr("-_./", text[end])))
		end++;
	while (!all && end && strchr("./", text[end - 1]))
		end--;
	return end;
}

/* What scdoc wants around a word: options bold; in a synopsis (all) placeholders underlined and all else bold. */
static const char *mark_of(const char *word, size_t length, bool all)
{
	if (length > 1 && word[0] == '-' && (word[1] == '-' || isalpha((unsigned char)word[1])))
		return "*";
	return all && islower((unsigned char)*word) ? "*" : all && isupper((unsigned char)*word) ? "_" : "";
}

/* Text as scdoc reads it. */
static void mark_up(FILE *out, const char *text, size_t length, bool all)
{
	static const char dots[] = "…";
	for (size_t i = 0; i < length;) {
		if (strncmp(text + i, dots, strlen(dots)) == 0) {
			fputs("...", out);
			i += strlen(dots);
			continue;
		}
		size_t word = word_length(text + i, length - i, all), end = i + (word ? word : 1);
		const char *mark = mark_of(text + i, word, all);
		fputs(mark, out);
		for (; i < end; i++)
			fprintf(out, "%s%c", strchr("\\*_`", text[i]) ? "\\" : "", text[i]);
		fputs(mark, out);
	}
}

static void put(struct line *line, const char *word, size_t length)
{
	char text[512];
	snprintf(text, sizeof text, "%.*s", (int)length, word);
	size_t width = opj_text_width(text);
	if (line->markup) {
		putc(' ', line->out);
		mark_up(line->out, text, strlen(text), true);
		return;
	}
	if (line->column + 1 + width > WIDTH) {
		fprintf(line->out, "\n%*s", (int)line->indent, "");
		line->column = line->indent;
	} else if (line->column > line->indent) {
		putc(' ', line->out);
		line->column++;
	}
	fputs(text, line->out);
	line->column += width;
}

/* Text from `column` on, wrapped to stand there. */
static void put_text(FILE *out, size_t column, const char *text)
{
	struct line line = {out, .column = column, .indent = column};
	while (*text) {
		size_t length = strcspn(text, " ");
		put(&line, text, length);
		text += length + (text[length] == ' ');
	}
	putc('\n', out);
}

static const char *form_of(const struct opj_option_row *row)
{
	return row->form ? row->form : row->choices ? row->choices : row->word;
}

/* The synopsis ----------------------------------------------------------------------------------------------------- */

static void put_option(struct line *line, const struct opj_option_row *row, const char *before, const char *after)
{
	char text[512];
	const char *form = form_of(row);
	snprintf(text, sizeof text, "%s--%s%s%s%s", before, row->name, form ? " " : "", form ? form : "", after);
	put(line, text, strlen(text));
}

/* Rows that have nothing to do with each other; those that are required, or those that are not. */
static void put_each(struct line *line, const struct opj_option_group *group, bool required)
{
	static const char *const ends[2][2] = {{"]", "]…"}, {"", "…"}}; /* [required][repeated] */
	for (const struct opj_option_row *row = group->rows; row->name; row++) {
		bool repeated = row->marks & OPJ_OPT_REPEATED;
		if (!(row->marks & OPJ_OPT_HIDDEN) && required == ((row->marks & OPJ_OPT_REQUIRED) != 0))
			put_option(line, row, required ? "" : "[", ends[required][repeated]);
	}
}

/* "(--a | --b)…" */
static void put_joined(struct line *line, const struct opj_option_group *group, const char *begin, const char *end)
{
	for (const struct opj_option_row *row = group->rows; row->name; row++)
		put_option(line, row, row == group->rows ? begin : "", row[1].name ? " |" : end);
}

static void put_group(struct line *line, const struct opj_option_group *group, bool required)
{
	if (group->joint == OPJ_EACH)
		put_each(line, group, required);
	else if (group->joint == OPJ_SOME && required)
		put_joined(line, group, "(", ")…");
	else if (group->joint == OPJ_ANY && !required)
		put_joined(line, group, "[", "]…");
}

/* Operands, what has to be given, what may be. */
static void put_synopsis(struct line *line, const struct opj_command *command)
{
	if (!command->stops)
		put(line, command->operands.form, strlen(command->operands.form));
	for (int required = 1; required >= 0; required--) {
		for (const struct opj_option_group *group = command->groups; group && group->rows; group++)
			put_group(line, group, required);
	}
	if (command->stops)
		put(line, command->operands.form, strlen(command->operands.form));
}

void opj_command_synopsis(const struct opj_command *command, FILE *out)
{
	struct line line = {out, .markup = true};
	fprintf(out, "*opjoule %s*", command->name);
	put_synopsis(&line, command);
	putc('\n', out);
}

/* Help ------------------------------------------------------------------------------------------------------------- */

static size_t left_of(char *text, size_t size, const struct opj_option_row *row)
{
	char letter[] = {'-', row->letter, ',', '\0'};
	int length = snprintf(text, size, "  %3s --%s%s%s", row->letter ? letter : "", row->name, row->word ? " " : "",
			      row->word ? row->word : "");
	return (size_t)length;
}

/* Calls a function for each option that is shown, --help last. */
static void each_row(const struct opj_command *command, void (*show)(const struct opj_option_row *row, void *data),
		     void *data)
{
	for (const struct opj_option_group *group = command->groups; group && group->rows; group++) {
		for (const struct opj_option_row *row = group->rows; row->name; row++) {
			if (!(row->marks & OPJ_OPT_HIDDEN))
				show(row, data);
		}
	}
	show(&opj_help_row, data);
}

static void widen(const struct opj_option_row *row, void *data)
{
	char text[128];
	size_t *column = data, width = left_of(text, sizeof text, row) + 2;
	if (width > *column && width <= LEFT_MAX)
		*column = width;
}

static void show_row(const struct opj_option_row *row, size_t column, FILE *out)
{
	char left[128];
	size_t width = left_of(left, sizeof left, row);
	fputs(left, out);
	if (width + 2 > column)
		fprintf(out, "\n%*s", (int)column, "");
	else
		fprintf(out, "%*s", (int)(column - width), "");
	put_text(out, column, row->help);
}

static void show_groups(const struct opj_command *command, size_t column, FILE *out)
{
	bool apart = false; /* below a group with a heading */
	for (const struct opj_option_group *group = command->groups; group && group->rows; group++) {
		if (group->heading || apart)
			putc('\n', out);
		if (group->heading)
			fprintf(out, "%s\n", group->heading);
		for (const struct opj_option_row *row = group->rows; row->name; row++) {
			if (!(row->marks & OPJ_OPT_HIDDEN))
				show_row(row, column, out);
		}
		apart = group->heading != NULL;
	}
	if (apart)
		putc('\n', out);
	show_row(&opj_help_row, column, out);
}

void opj_command_help(const struct opj_command *command, FILE *out)
{
	size_t column = 0, length = (size_t)fprintf(out, "usage: opjoule %s ", command->name);
	struct line line = {out, .column = length, .indent = length};
	put_synopsis(&line, command);
	fputs("\n\n", out);
	put_text(out, 0, command->about);
	putc('\n', out);
	each_row(command, widen, &column);
	show_groups(command, column, out);
	fprintf(out, "\nexamples:\n%s", command->examples);
	if (command->notes)
		fprintf(out, "\n%s", command->notes);
}

/* The man page and completions ------------------------------------------------------------------------------------- */

static void show_option(const struct opj_option_row *row, void *data)
{
	FILE *out = data;
	const char *form = form_of(row);
	if (row->letter)
		fprintf(out, "*-%c*, ", row->letter);
	fprintf(out, "*--%s*%s", row->name, form ? " " : "");
	if (form)
		mark_up(out, form, strlen(form), true);
	const char *second = row->help + strcspn(row->help, " ,:");
	bool typed =
	    *second == ',' || *second == ':' || strncmp(second, " (", 2) == 0; /* the first word stays as it is */
	fprintf(out, "\n\t%c", typed ? row->help[0] : toupper((unsigned char)row->help[0]));
	mark_up(out, row->help + 1, strlen(row->help + 1), false);
	fprintf(out, ".%s%s%s\n\n", row->more ? " " : "", row->more ? row->more : "",
		row->marks & OPJ_OPT_REPEATED ? " May be repeated." : "");
}

void opj_command_options(const struct opj_command *command, FILE *out)
{
	each_row(command, show_option, out);
}

/* The words of "a|b|c" behind "choices". */
static void show_choices(const char *choices, FILE *out)
{
	fputs("choices ", out);
	for (; *choices; choices++)
		putc(*choices == '|' ? ' ' : *choices, out);
}

static void show_words(const struct opj_option_row *row, void *data)
{
	FILE *out = data;
	fprintf(out, "--%s\t-%.1s\t%s\t", row->name, &row->letter, row->word ? row->word : "-");
	if (row->choices && !row->complete)
		show_choices(row->choices, out);
	else
		fputs(row->complete ? row->complete : "-", out);
	fprintf(out, "\t%s\n", row->help);
}

void opj_command_words(const struct opj_command *command, FILE *out)
{
	fprintf(out, "operands\t%s\t%s\n", command->operands.complete ? command->operands.complete : "-",
		command->operands.name);
	each_row(command, show_words, out);
}
