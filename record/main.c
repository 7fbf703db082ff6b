/* record/main.c: the front door of the `opjoule` program: finds the command and runs it. `opjoule help` is here too, as
 * only this file knows all commands. */
#include "record/base/command.h"
#include "record/base/guess.h"
#include <stdio.h>
#include <string.h>

extern const struct opj_command opj_command_record, opj_command_run, opj_command_info, opj_command_replay,
    opj_command_import, opj_command_analyze, opj_command_diff, opj_command_roofline, opj_command_sweep,
    opj_command_report, opj_command_export, opj_command_models;
static const struct opj_command opj_command_help_itself;

static const struct opj_command *const commands[] = {
    &opj_command_record, /* record/session/cmd_record.c */
#ifdef OPJ_HAVE_NATIVE
    &opj_command_run, /* record/native/cmd_run.c */
#endif
#ifdef OPJ_HAVE_REPLAY
    &opj_command_info,   /* replay/commands/cmd_info.c */
    &opj_command_replay, /* replay/commands/cmd_replay.c */
    &opj_command_import, /* replay/commands/cmd_import.c */
#endif
#ifdef OPJ_HAVE_ANALYZE
    &opj_command_analyze,  /* analyze/command/cmd_analyze.c */
    &opj_command_diff,     /* analyze/diff/cmd_diff.c */
    &opj_command_roofline, /* analyze/roofline/cmd_roofline.c */
    &opj_command_sweep,    /* analyze/sweep/cmd_sweep.c */
    &opj_command_report,   /* analyze/page/cmd_report.c */
    &opj_command_export,   /* analyze/export/cmd_export.c */
    &opj_command_models,   /* analyze/command/cmd_models.c */
#endif
    &opj_command_help_itself,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *out)
{
	fputs("usage: opjoule COMMAND [ARGUMENT…]\n\n"
	      "What does this network cost in energy, and under which assumptions?\n\ncommands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`opjoule COMMAND --help` explains a command, `man opjoule` the whole.\n", out);
}

/* NULL: there is none of that name, and err says which is like it. */
static const struct opj_command *find(const char *name, struct opj_error *err)
{
	struct opj_guess guess = {.word = name};
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		opj_guess_offer(&guess, commands[i]->name);
	}
	if (guess.best)
		opj_fail(err, "no command \"%.200s\"; did you mean \"%s\"?", name, guess.best);
	else
		opj_fail(err, "no command \"%.200s\"; `opjoule --help` lists them", name);
	return NULL;
}

/* opjoule help ----------------------------------------------------------------------------------------------------- */

enum form { FORM_TEXT, FORM_SYNOPSIS, FORM_OPTIONS, FORM_WORDS };

static const struct opj_option_row help_rows[] = {
    {"as", .kind = OPJ_OPT_CHOICE, .word = "FORM", .choices = "text|synopsis|options|words",
     .help = "text (default); synopsis or options, as man pages have them; or words, for completions",
     .more = "_synopsis_ and _options_ are in the markup of *scdoc*(5). _words_ are lines of fields with tabs between "
	     "them."},
    {NULL}};
static const struct opj_option_group help_groups[] = {{help_rows}, {NULL}};

/* What there is to say of the program as a whole. */
static void show_all(enum form form)
{
	if (form == FORM_TEXT)
		usage(stdout);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (form == FORM_SYNOPSIS)
			opj_command_synopsis(commands[i], stdout);
		else if (form == FORM_OPTIONS)
			printf("*opjoule-%s*(1)\n\t%s\n\n", commands[i]->name, commands[i]->summary);
		else if (form == FORM_WORDS)
			printf("%s\t%s\n", commands[i]->name, commands[i]->summary);
	}
}

static int help(void *values, const struct opj_words *operands, struct opj_error *err)
{
	static void (*const show[])(const struct opj_command *command, FILE *out) = {
	    [FORM_TEXT] = opj_command_help,
	    [FORM_SYNOPSIS] = opj_command_synopsis,
	    [FORM_OPTIONS] = opj_command_options,
	    [FORM_WORDS] = opj_command_words,
	};
	enum form form = *(const enum form *)values;
	if (!operands->count) {
		show_all(form);
		return 0;
	}
	const struct opj_command *command = find(operands->list[0], err);
	if (!command)
		return OPJ_COMMAND_WRONG;
	show[form](command, stdout);
	return 0;
}

static const struct opj_command opj_command_help_itself = {
    .name = "help",
    .summary = "what a command does, and its options",
    .operands = {"[COMMAND]", "command", 0, 1, "commands"},
    .about = "Explains a command, as `opjoule COMMAND --help` does; without one, lists them.",
    .groups = help_groups,
    .size = sizeof(enum form),
    .examples = "  opjoule help analyze\n"
		"  opjoule help analyze --as options | scdoc\n",
    .run = help,
};

int main(int argc, char **argv)
{
	struct opj_error err = {""};
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("opjoule " OPJ_VERSION);
		return 0;
	}
	const struct opj_command *command = find(argv[1], &err);
	if (command)
		return opj_command_main(command, argc - 1, argv + 1);
	fprintf(stderr, "opjoule: %s\n", err.text);
	return 2;
}
