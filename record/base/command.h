/* record/base/command.h: the frame of all commands of `opjoule`. Not installed.
 *
 * A command is a descriptor: what it is called, the table of its options, what it does with them. From the rows of the
 * table come the parsing, `--help`, the synopsis and the options of the man page, and what shells complete; the same
 * mistake gets the same words in every command. Rows that several commands have stand in a group that these include.
 *
 *     struct arguments {
 *             bool json;
 *             struct opj_trace_options trace;
 *     };
 *     static const struct opj_option_row options[] = {
 *         {"json", .kind = OPJ_OPT_FLAG, .at = offsetof(struct arguments, json), .help = "one JSON object"}, {NULL}};
 *     static const struct opj_option_group groups[] = {
 *         {options}, {opj_reading_rows, .at = offsetof(struct arguments, trace)}, {NULL}};
 *     const struct opj_command opj_command_info = {.name = "info", .groups = groups, .run = info, …};
 *
 * and a row in record/main.c. */
#ifndef OPJ_RECORD_BASE_COMMAND_H
#define OPJ_RECORD_BASE_COMMAND_H

#include <opjoule/error.h>
#include <stddef.h>
#include <stdint.h>

struct opj_option_row;

/* Words of the command line, which lends them; the list is the owner's. */
struct opj_words {
	const char **list; /* [count] */
	size_t count;
};

/* What a function of a command returns beside 0 (done), -1 (failed: exit status 1) and exit statuses from 1: the
 * command line was wrong. err says why; where help is to be found is said behind it. */
#define OPJ_COMMAND_WRONG (-2)

enum opj_option_kind {
	OPJ_OPT_FLAG,    /* without a word; bool: true */
	OPJ_OPT_SET,     /* without a word; int: min */
	OPJ_OPT_TEXT,    /* const char *: any word */
	OPJ_OPT_NAME,    /* const char *: any word but "" */
	OPJ_OPT_NUMBER,  /* int64_t: a whole number from min to max; max 0: no end */
	OPJ_OPT_CHOICE,  /* int: min + index of one of the choices */
	OPJ_OPT_CHOICES, /* unsigned: a bit 1 << index for each choice taken */
	OPJ_OPT_LIST,    /* struct opj_words: each word; the frame frees the list */
	OPJ_OPT_TAKE,    /* what `take` makes of the word */
};

/* Marks of a row. */
#define OPJ_OPT_REQUIRED 1u
#define OPJ_OPT_REPEATED 2u
#define OPJ_OPT_HIDDEN 4u /* for the program itself: taken, but not shown */

/* One option. Tables of them end with {NULL}. */
struct opj_option_row {
	const char *name; /* "process" */
	char letter;      /* 0: none */
	enum opj_option_kind kind;
	unsigned marks;
	const char *word; /* what help calls its word: "N" */
	const char *form; /* the same in full, for the synopsis: "NAME[,KEY=VALUE…]"; NULL: the choices, else word */
	const char *choices; /* "text|json" */
	int64_t min, max;
	size_t at; /* offset of its value, from where its group begins */
	/* Takes a word: 0, -1, an exit status or OPJ_COMMAND_WRONG. `at` points to the value. */
	int (*take)(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err);
	const char *help; /* a sentence as it continues a line, without a full stop */
	const char *more; /* sentences that only the man page has, in its markup (scdoc); NULL: none */
	/* What completes the word: "files", "files so" (folders and *.so), "counters", "estimators" (as `models
	 * --names` lists them, with settings behind them). NULL: the choices, if there are any. */
	const char *complete;
};

/* How the synopsis shows a group. */
enum opj_option_joint {
	OPJ_EACH, /* [--a] [--b]: rows have nothing to do with each other */
	OPJ_ANY,  /* [--a | --b]… */
	OPJ_SOME, /* (--a | --b)…: at least one has to be given, which the command checks */
};

/* Rows, and where their values are in the command's. Lists of groups end with {NULL}. */
struct opj_option_group {
	const struct opj_option_row *rows;
	size_t at;           /* offset in the command's values */
	const char *heading; /* above the rows in help; NULL: none */
	enum opj_option_joint joint;
};

/* What is no option. */
struct opj_operands {
	const char *form;     /* as the synopsis shows them: "FILE…" */
	const char *name;     /* of one: "file" */
	uint32_t min, max;    /* how many there may be; max 0: any number */
	const char *complete; /* as of a row; also "models", "commands", "programs" */
};

struct opj_command {
	const char *name, *summary;
	struct opj_operands operands;
	bool stops;           /* options end at the first operand, which is a command line of its own */
	const char *about;    /* what it does, a paragraph */
	const char *examples; /* lines as they are to stand, each with its end */
	const char *notes;    /* the same, behind them; NULL: none */
	const struct opj_option_group *groups;
	size_t size;          /* of the values: a struct of the command's */
	const void *defaults; /* of them; NULL: zeroes */
	/* Does it: 0, -1, an exit status or OPJ_COMMAND_WRONG. err, where it is not empty, is printed afterwards. */
	int (*run)(void *values, const struct opj_words *operands, struct opj_error *err);
	void (*finish)(void *values); /* frees what the values own, whatever came of them; NULL: nothing */
};

/* Runs a command from beginning to end: command line, help, the command itself, that standard output was written, the
 * message. Returns the exit status: 0 done, 1 failed, 2 the command line was wrong, or what the command wants. */
int opj_command_main(const struct opj_command *command, int argc, char **argv);

#define OPJ_COMMAND_HELP (-3) /* help was asked for */

/* Reads a command line into values, which the caller has set to defaults; argv[0] is passed over. Operands are part of
 * argv, which is put in order. 0, OPJ_COMMAND_HELP, or what went wrong. */
int opj_command_parse(const struct opj_command *command, int argc, char **argv, void *values,
		      struct opj_words *operands, struct opj_error *err);

/* Frees what options of a kind of the frame's own left in the values. */
void opj_command_release(const struct opj_command *command, void *values);

/* Adds a word to a list of the caller's. */
int opj_words_add(struct opj_words *words, const char *word, struct opj_error *err);

/* "--name takes WHAT, not "WORD"". Returns OPJ_COMMAND_WRONG. */
int opj_option_wrong(const struct opj_option_row *row, const char *what, const char *word, struct opj_error *err);

/* "a, b or c" of "a|b|c"; `last` is what stands before the last: " or ". */
void opj_choices_list(char *text, size_t size, const char *choices, const char *last);

/* "opjoule COMMAND: message" on standard error, cleaned. */
__attribute__((format(printf, 2, 3))) void opj_command_say(const char *command, const char *format, ...);

/* What shows a command, record/base/command_text.c: `--help`; the synopsis and the options of its man page, in scdoc's
 * markup; and for completions a line for each thing that may stand behind the command, of fields with tabs between
 * them:
 *     operands  WHAT  HELP
 *     --name    -l    WORD  WHAT  HELP
 * "-" stands for a letter or a word that there is none of, WHAT is as `complete` of a row, or "choices a b c", or
 * "-". */
void opj_command_help(const struct opj_command *command, FILE *out);
void opj_command_synopsis(const struct opj_command *command, FILE *out);
void opj_command_options(const struct opj_command *command, FILE *out);
void opj_command_words(const struct opj_command *command, FILE *out);

/* The option that all commands have; the last in every list. */
extern const struct opj_option_row opj_help_row;

#endif
