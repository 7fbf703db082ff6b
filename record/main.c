/* record/main.c: the front door of the `opjoule` program: finds the command and calls it. */
#include "record/base/command.h"
#include <stdio.h>
#include <string.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct command commands[] = {
    {"record", opj_cmd_record, "run a command and record what its executor reports"},
#ifdef OPJ_HAVE_NATIVE
    {"run", opj_cmd_run, "execute a NIR network on an input, natively"},
#endif
#ifdef OPJ_HAVE_REPLAY
    {"info", opj_cmd_info, "what is in a trace: provenance, model, ops, stages, sparsity"},
    {"replay", opj_cmd_replay, "print the ops of a trace, one line each or as an op log"},
    {"import", opj_cmd_import, "turn an op log into a trace"},
#endif
#ifdef OPJ_HAVE_ANALYZE
    {"analyze", opj_cmd_analyze, "count and price a trace"},
    {"diff", opj_cmd_diff, "what changed between two traces, and whether a build may go on"},
    {"roofline", opj_cmd_roofline, "where each layer stands under what a machine can do"},
    {"sweep", opj_cmd_sweep, "price a trace under many configurations, from one replay"},
    {"report", opj_cmd_report, "write traces as one page with tables and charts"},
    {"export", opj_cmd_export, "the ops of a trace as CSV, JSON, a timeline or stacks for flame graphs"},
    {"models", opj_cmd_models, "the counters and estimators, their presets and settings"},
#endif
};

static void usage(FILE *out)
{
	fputs("usage: opjoule COMMAND [ARGUMENT…]\n\n"
	      "What does this network cost in energy, and under which assumptions?\n\ncommands:\n",
	      out);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`opjoule COMMAND --help` explains a command, `man opjoule` the whole.\n", out);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0) {
		puts("opjoule " OPJ_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		char full[32]; /* getopt begins its messages with argv[0] */
		if (strcmp(commands[i].name, name) != 0)
			continue;
		snprintf(full, sizeof full, "opjoule %s", name);
		argv[1] = full;
		return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "opjoule: no command \"%s\"; `opjoule --help` lists them\n", name);
	return 2;
}
