/* record/base/command.c: from a command line to the values of a command, and from a command to an exit status.
 *
 * getopt_long takes the line apart. It is silent: what it finds wrong is said here, so that a guess can stand behind
 * it, in the words it would use itself. */
#include "command.h"
#include "guess.h"
#include "vector.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 48
#define FIRST_VALUE 256 /* what getopt_long returns for the first row; below are letters */

/* A row with the place of its value. */
struct slot {
	const struct opj_option_row *row;
	void *at;
	bool given;
};

struct table {
	struct slot slots[ROWS_MAX];
	size_t count;
	struct option longs[ROWS_MAX + 1];
	char letters[2 * ROWS_MAX + 3];
};

static bool takes_word(const struct opj_option_row *row)
{
	return row->kind != OPJ_OPT_FLAG && row->kind != OPJ_OPT_SET;
}

static int add_row(struct table *table, const struct opj_option_row *row, void *at, struct opj_error *err)
{
	if (table->count == ROWS_MAX)
		return opj_fail(err, "a command has more than %d options", ROWS_MAX);
	size_t i = table->count++, length = strlen(table->letters);
	table->slots[i] = (struct slot){row, at, false};
	table->longs[i] =
	    (struct option){row->name, takes_word(row) ? required_argument : no_argument, NULL, FIRST_VALUE + (int)i};
	if (row->letter)
		snprintf(table->letters + length, sizeof table->letters - length, "%c%s", row->letter,
			 takes_word(row) ? ":" : "");
	return 0;
}

static int make_table(struct table *table, const struct opj_command *command, char *values, struct opj_error *err)
{
	/* "+": nothing behind the first operand is an option. ":": a missing word is told from a wrong option. */
	*table = (struct table){.letters = ":"};
	if (command->stops)
		strcpy(table->letters, "+:");
	int failed = 0;
	for (const struct opj_option_group *group = command->groups; group && group->rows; group++) {
		for (const struct opj_option_row *row = group->rows; !failed && row->name; row++)
			failed = add_row(table, row, values + group->at + row->at, err);
	}
	return failed || add_row(table, &opj_help_row, NULL, err) ? -1 : 0;
}

/* What getopt_long returned, or left in optopt. NULL: no option of the table. */
static struct slot *find_slot(struct table *table, int value)
{
	for (size_t i = 0; i < table->count; i++) {
		if (value == FIRST_VALUE + (int)i || (value && value == table->slots[i].row->letter))
			return &table->slots[i];
	}
	return NULL;
}

/* Words ------------------------------------------------------------------------------------------------------------ */

void opj_choices_list(char *text, size_t size, const char *choices, const char *last)
{
	size_t used = 0;
	for (const char *at = choices; *at && used < size;) {
		size_t length = strcspn(at, "|");
		const char *next = at + length + (at[length] == '|');
		const char *before = at == choices ? "" : *next ? ", " : last;
		used += (size_t)snprintf(text + used, size - used, "%s%.*s", before, (int)length, at);
		at = next;
	}
}

int opj_option_wrong(const struct opj_option_row *row, const char *what, const char *word, struct opj_error *err)
{
	opj_fail(err, "--%s takes %s, not \"%.200s\"", row->name, what, word);
	return OPJ_COMMAND_WRONG;
}

static int take_number(const struct slot *slot, const char *word, struct opj_error *err)
{
	const struct opj_option_row *row = slot->row;
	char *end, what[96];
	errno = 0;
	long long number = strtoll(word, &end, 10);
	if (!errno && end != word && !*end && number >= row->min && (!row->max || number <= row->max)) {
		*(int64_t *)slot->at = number;
		return 0;
	}
	int used = snprintf(what, sizeof what, "a whole number from %lld", (long long)row->min);
	if (row->max)
		snprintf(what + used, sizeof what - (size_t)used, " to %lld", (long long)row->max);
	return opj_option_wrong(row, what, word, err);
}

/* Index of a word among "a|b|c"; -1: it is none of them. */
static int find_choice(const char *choices, const char *word)
{
	for (int index = 0;; index++) {
		size_t length = strcspn(choices, "|");
		if (strlen(word) == length && strncmp(choices, word, length) == 0)
			return index;
		if (!choices[length])
			return -1;
		choices += length + 1;
	}
}

static int take_choice(const struct slot *slot, const char *word, struct opj_error *err)
{
	char what[256];
	int index = find_choice(slot->row->choices, word);
	if (index < 0) {
		opj_choices_list(what, sizeof what, slot->row->choices, " or ");
		return opj_option_wrong(slot->row, what, word, err);
	}
	if (slot->row->kind == OPJ_OPT_CHOICES)
		*(unsigned *)slot->at |= 1u << index;
	else
		*(int *)slot->at = (int)slot->row->min + index;
	return 0;
}

int opj_words_add(struct opj_words *words, const char *word, struct opj_error *err)
{
	const char **added = OPJ_PUSH(words->list, words->count);
	if (!added)
		return opj_fail(err, "out of memory");
	*added = word;
	return 0;
}

static int take(struct slot *slot, const char *word, struct opj_error *err)
{
	slot->given = true;
	switch (slot->row->kind) {
	case OPJ_OPT_FLAG:
		*(bool *)slot->at = true;
		return 0;
	case OPJ_OPT_SET:
		*(int *)slot->at = (int)slot->row->min;
		return 0;
	case OPJ_OPT_NAME:
		if (!*word)
			return opj_option_wrong(slot->row, "a name", word, err);
		/* fall through */
	case OPJ_OPT_TEXT:
		*(const char **)slot->at = word;
		return 0;
	case OPJ_OPT_NUMBER:
		return take_number(slot, word, err);
	case OPJ_OPT_CHOICE:
	case OPJ_OPT_CHOICES:
		return take_choice(slot, word, err);
	case OPJ_OPT_LIST:
		return opj_words_add(slot->at, word, err);
	default:
		return slot->row->take(slot->at, slot->row, word, err);
	}
}

/* Mistakes --------------------------------------------------------------------------------------------------------- */

/* "--name" of which it is not one, or one of several. */
static int wrong_long(const struct table *table, const char *given, struct opj_error *err)
{
	char names[512] = "", name[128];
	size_t used = 0, length = strcspn(given + 2, "="), meant = 0;
	snprintf(name, sizeof name, "%.*s", (int)length, given + 2);
	struct opj_guess guess = {.word = name};
	for (size_t i = 0; i < table->count; i++) {
		const struct opj_option_row *row = table->slots[i].row;
		if (row->marks & OPJ_OPT_HIDDEN)
			continue;
		opj_guess_offer(&guess, row->name);
		if (length && strncmp(row->name, name, length) == 0 && used < sizeof names) {
			used += (size_t)snprintf(names + used, sizeof names - used, " '--%s'", row->name);
			meant++;
		}
	}
	if (meant > 1)
		opj_fail(err, "option '--%s' is ambiguous; possibilities:%s", name, names);
	else if (guess.best)
		opj_fail(err, "unrecognized option '--%s'; did you mean '--%s'?", name, guess.best);
	else
		opj_fail(err, "unrecognized option '--%s'", name);
	return OPJ_COMMAND_WRONG;
}

/* What is wrong with the option that getopt_long has just refused, for the reason '?' or ':'. */
static int wrong_option(struct table *table, char reason, const char *given, struct opj_error *err)
{
	const struct slot *slot = find_slot(table, optopt);
	char choices[256] = "";
	if (!optopt)
		return wrong_long(table, given, err);
	if (!slot)
		opj_fail(err, "invalid option -- '%c'", optopt);
	else if (reason == '?')
		opj_fail(err, "option '--%s' doesn't allow an argument", slot->row->name);
	else if (!slot->row->choices)
		opj_fail(err, "option '--%s' requires an argument", slot->row->name);
	else {
		opj_choices_list(choices, sizeof choices, slot->row->choices, " or ");
		opj_fail(err, "option '--%s' requires an argument: %s", slot->row->name, choices);
	}
	return OPJ_COMMAND_WRONG;
}

static int check_required(const struct table *table, struct opj_error *err)
{
	char choices[256];
	for (size_t i = 0; i < table->count; i++) {
		const struct opj_option_row *row = table->slots[i].row;
		if (!(row->marks & OPJ_OPT_REQUIRED) || table->slots[i].given)
			continue;
		if (row->choices) {
			opj_choices_list(choices, sizeof choices, row->choices, " or ");
			opj_fail(err, "--%s is missing; it takes %s", row->name, choices);
		} else {
			opj_fail(err, "--%s is missing", row->name);
		}
		return OPJ_COMMAND_WRONG;
	}
	return 0;
}

/* "two files are wanted, 1 was given" */
static int check_operands(const struct opj_command *command, size_t count, struct opj_error *err)
{
	static const char *const numbers[] = {"no", "one", "two", "three"};
	uint32_t min = command->operands.min, max = command->operands.max;
	char wanted[96], given[48] = "none was";
	if (count >= min && (!max || count <= max))
		return 0;
	if (!max)
		snprintf(wanted, sizeof wanted, "a %s is wanted", command->operands.name);
	else
		snprintf(wanted, sizeof wanted, "%s %s%s wanted%s", numbers[max], command->operands.name,
			 max == 1 ? " is" : "s are", min == max ? "" : " at most");
	if (count)
		snprintf(given, sizeof given, "%zu %s", count, count == 1 ? "was" : "were");
	opj_fail(err, "%s, %s given", wanted, given);
	return OPJ_COMMAND_WRONG;
}

/* From beginning to end -------------------------------------------------------------------------------------------- */

int opj_command_parse(const struct opj_command *command, int argc, char **argv, void *values,
		      struct opj_words *operands, struct opj_error *err)
{
	struct table table;
	int value, status = make_table(&table, command, values, err);
	optind = 0; /* also for getopt's own state of a line before */
	opterr = 0;
	while (!status && (value = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1) {
		struct slot *slot = value == '?' || value == ':' ? NULL : find_slot(&table, value);
		if (!slot)
			status = wrong_option(&table, (char)value, argv[optind - 1], err);
		else
			status = slot->row == &opj_help_row ? OPJ_COMMAND_HELP : take(slot, optarg, err);
	}
	if (status)
		return status;
	*operands = (struct opj_words){(const char **)argv + optind, (size_t)(argc - optind)};
	status = check_operands(command, operands->count, err);
	return status ? status : check_required(&table, err);
}

void opj_command_release(const struct opj_command *command, void *values)
{
	for (const struct opj_option_group *group = command->groups; group && group->rows; group++) {
		for (const struct opj_option_row *row = group->rows; row->name; row++) {
			if (row->kind == OPJ_OPT_LIST)
				free(((struct opj_words *)((char *)values + group->at + row->at))->list);
		}
	}
}

void opj_command_say(const char *command, const char *format, ...)
{
	struct opj_error text;
	va_list args;
	va_start(args, format);
	vsnprintf(text.text, sizeof text.text, format, args);
	va_end(args);
	opj_clean(text.text);
	fprintf(stderr, "opjoule %s: %s\n", command, text.text);
}

/* Sees to it that standard output was written, says what went wrong. Returns the exit status. */
static int end(const char *command, int status, struct opj_error *err)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		if (!*err->text)
			opj_fail(err, "cannot write to standard output%s%s", errno ? ": " : "",
				 errno ? strerror(errno) : "");
		status = status ? status : 1;
	}
	if (*err->text)
		opj_command_say(command, "%s", err->text);
	if (status == OPJ_COMMAND_WRONG)
		fprintf(stderr, "`opjoule %s --help` explains the command\n", command);
	return status == OPJ_COMMAND_WRONG ? 2 : status < 0 ? 1 : status;
}

int opj_command_main(const struct opj_command *command, int argc, char **argv)
{
	struct opj_error err = {""};
	struct opj_words operands;
	void *values = calloc(1, command->size + 1); /* + 1: a command may have none */
	if (!values) {
		opj_fail(&err, "out of memory");
		return end(command->name, -1, &err);
	}
	if (command->defaults)
		memcpy(values, command->defaults, command->size);
	int status = opj_command_parse(command, argc, argv, values, &operands, &err);
	if (!status)
		status = command->run(values, &operands, &err);
	if (status == OPJ_COMMAND_HELP) {
		opj_command_help(command, stdout);
		status = 0;
	}
	if (command->finish)
		command->finish(values);
	opj_command_release(command, values);
	free(values);
	return end(command->name, status, &err);
}
