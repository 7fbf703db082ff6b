/* analyze/diff/cmd_diff.c: `opjoule diff`: what changed between two traces, and whether it is more than a build may
 * cost. */
#include "analyze/command/request.h"
#include "analyze/engine/json_tree.h"
#include "diff.h"
#include "gate.h"
#include "record/base/columns.h"
#include "record/base/command.h"
#include "record/base/style.h"
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: opjoule diff A B [-c NAME[,KEY=VALUE…]]… [-m NAME[:PRESET|:FILE.yaml][,KEY=VALUE…]]…\n"
    "                    [--fail-if CONDITION]… [--by module|stage|op]… [--wide] [--json] [OPTION…]\n"
    "\n"
    "What changed from A to B, two traces (.opj) or op logs (.jsonl) of two versions of a model: modules added, "
    "removed,\n"
    "renamed and changed, and every figure by module, stage and op, the greatest changes first.\n"
    "\n" OPJ_REQUEST_USAGE_ASKED
    "      --fail-if CONDITION exit with status 1 when it holds: METRIC [@ MODULES] COMPARISON CHANGE\n"
    "      --by WHAT           only the table by module, stage or op; without it all that say something\n"
    "      --wide              absolute changes of every metric in the tables, not of energies alone\n"
    "      --json              one JSON object instead of the report\n" OPJ_REQUEST_USAGE_TRACE "\n"
    "examples:\n"
    "  opjoule diff old.opj new.opj -m compute:int8             what changed, in 8 bits\n"
    "  opjoule diff old.opj new.opj --fail-if 'energy > +5%'    in CI: at most 5 % more energy\n"
    "  … --fail-if 'energy[lemaire] > +2uJ'                     of one estimator of several, at most 2 µJ more\n"
    "  … --fail-if 'flop @ Net.conv* != 0'                      these modules keep their FLOPs\n"
    "  … --fail-if 'sparsity.out @ Net.* < -3pp'                no output loses 3 percentage points of sparsity\n"
    "\n"
    "`opjoule models` lists counters, estimators, presets and settings.\n";

enum { OPT_BY = 256, OPT_JSON, OPT_FAIL_IF, OPT_WIDE };

static const struct option long_options[] = {
    OPJ_REQUEST_OPTIONS,
    {"by", required_argument, NULL, OPT_BY},
    {"json", no_argument, NULL, OPT_JSON},
    {"wide", no_argument, NULL, OPT_WIDE},
    {"fail-if", required_argument, NULL, OPT_FAIL_IF},
    {NULL, 0, NULL, 0},
};

/* A condition and what came of it. */
struct condition {
	struct opj_gate gate;
	char *why; /* NULL: it does not hold */
};

struct command {
	struct opj_request request;
	const char *paths[2];
	struct condition *conditions; /* [condition_count] */
	size_t condition_count;
	struct opj_diff_view view;
	bool json;
};

/* Under the message the condition, with the place underlined. */
static int point_at(const char *text, struct opj_gate_place place, struct opj_error *err)
{
	char before[256], there[256];
	snprintf(before, sizeof before, "%.*s", (int)place.at, text);
	snprintf(there, sizeof there, "%.*s", (int)place.length, text + place.at);
	fprintf(stderr, "opjoule diff: --fail-if: %s\n  %s\n  %*s", err->text, text, (int)opj_text_width(before), "");
	for (size_t i = 0, n = opj_text_width(there); i < n || i == 0; i++)
		putc('^', stderr);
	putc('\n', stderr);
	*err->text = '\0';
	return 2;
}

static int add_condition(struct command *command, const char *text, struct opj_error *err)
{
	struct opj_gate_place place;
	struct condition *moved = reallocarray(command->conditions, command->condition_count + 1, sizeof *moved);
	if (!moved) {
		opj_fail(err, "out of memory");
		return 1;
	}
	command->conditions = moved;
	moved[command->condition_count] = (struct condition){0};
	if (opj_gate_init(&moved[command->condition_count].gate, text, &place, err))
		return point_at(text, place, err);
	command->condition_count++;
	return 0;
}

/* 0, or an exit status. */
static int parse(int argc, char **argv, struct command *command, struct opj_error *err)
{
	int status = 0, option;
	enum opj_axis axis;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, OPJ_REQUEST_LETTERS, long_options, NULL)) != -1) {
		if (option == OPT_BY) {
			status = opj_request_axis(optarg, &axis, err);
			command->view.axes |= status ? 0 : 1u << axis;
		} else if (option == OPT_JSON) {
			command->json = true;
		} else if (option == OPT_WIDE) {
			command->view.wide = true;
		} else if (option == OPT_FAIL_IF) {
			status = add_condition(command, optarg, err);
		} else {
			status = opj_request_option(&command->request, option, optarg, err);
		}
	}
	if (status)
		return status;
	if (argc - optind != 2) {
		opj_fail(err, "two files are wanted, %d %s given", argc - optind, argc - optind == 1 ? "was" : "were");
		return 2;
	}
	command->paths[0] = argv[optind];
	command->paths[1] = argv[optind + 1];
	return 0;
}

static int judge(struct command *command, const struct opj_diff *diff, struct opj_error *err)
{
	for (size_t i = 0; i < command->condition_count; i++) {
		struct condition *condition = &command->conditions[i];
		struct opj_gate_place place;
		switch (opj_gate_judge(&condition->gate, diff, &condition->why, &place, err)) {
		case OPJ_GATE_WRONG:
			return point_at(condition->gate.text, place, err);
		case OPJ_GATE_ERROR:
			return 1;
		default:
			break;
		}
	}
	return 0;
}

static json_t *conditions_json(const struct command *command)
{
	json_t *array = json_array();
	for (size_t i = 0; array && i < command->condition_count; i++) {
		const struct condition *condition = &command->conditions[i];
		if (json_array_append_new(array, json_pack("{s:s, s:b, s:s?}", "condition", condition->gate.text,
							   "failed", condition->why != NULL, "why", condition->why))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static int write_json(const struct command *command, const struct opj_diff *diff, struct opj_error *err)
{
	json_t *root = opj_diff_json(diff, err);
	if (!root)
		return -1;
	struct opj_json json = {.file = stdout, .indent = 1};
	if (json_object_set_new(root, "fail_if", conditions_json(command)))
		json.problem = "out of memory, or a condition that is not UTF-8";
	opj_json_tree(&json, NULL, root);
	opj_json_line(&json);
	json_decref(root);
	return opj_json_check(&json, "the report", err);
}

/* On standard error, after the report: a line for each module that failed. Returns the exit status. */
static int say_failed(struct command *command)
{
	int status = 0;
	fflush(stdout);
	for (size_t i = 0; i < command->condition_count; i++) {
		char *rest = command->conditions[i].why, *line;
		if (!rest)
			continue;
		fputs("opjoule diff: ", stderr);
		opj_print(stderr, OPJ_WORSE, "failed");
		fprintf(stderr, ", because %s:\n", command->conditions[i].gate.text);
		while ((line = strsep(&rest, "\n"))) {
			opj_clean(line);
			fprintf(stderr, "  %s\n", line);
		}
		status = 1;
	}
	return status;
}

static int compare(struct command *command, const struct opj_digest *a, const struct opj_digest *b,
		   struct opj_error *err)
{
	struct opj_diff diff;
	if (opj_diff_init(&diff, a, b, err))
		return 1;
	int status = judge(command, &diff, err);
	if (!status)
		status = (command->json ? write_json(command, &diff, err)
					: opj_diff_print(&diff, &command->view, stdout, err))
			     ? 1
			     : say_failed(command);
	opj_diff_finish(&diff);
	return status;
}

static int run(struct command *command, struct opj_error *err)
{
	struct opj_subject a, b;
	if (opj_subject_init(&a, &command->request, command->paths[0], err))
		return 1;
	int status = 1;
	if (opj_subject_init(&b, &command->request, command->paths[1], err) == 0) {
		status = compare(command, &a.digest, &b.digest, err);
		opj_subject_finish(&b);
	}
	opj_subject_finish(&a);
	return status;
}

int opj_cmd_diff(int argc, char **argv)
{
	if (opj_request_help(argc, argv, usage_text))
		return 0;
	struct opj_error err = {""};
	struct command command = {0};
	int status = parse(argc, argv, &command, &err);
	if (!status)
		status = run(&command, &err);
	for (size_t i = 0; i < command.condition_count; i++) {
		opj_gate_finish(&command.conditions[i].gate);
		free(command.conditions[i].why);
	}
	free(command.conditions);
	opj_request_finish(&command.request);
	return opj_request_end("diff", status, &err);
}
