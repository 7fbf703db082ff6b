/* analyze/diff/cmd_diff.c: `opjoule diff`: what changed between two traces, and whether it is more than a build may
 * cost. */
#include "analyze/command/request.h"
#include "analyze/engine/json_tree.h"
#include "diff.h"
#include "gate.h"
#include "record/base/columns.h"
#include "record/base/style.h"
#include "record/base/text.h"
#include "record/base/vector.h"
#include <stdlib.h>
#include <string.h>

/* A condition and what came of it. */
struct condition {
	struct opj_gate gate;
	char *why; /* NULL: it does not hold */
};

struct command {
	struct opj_request request;
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
	return OPJ_COMMAND_WRONG;
}

static int take_condition(void *at, const struct opj_option_row *row, const char *text, struct opj_error *err)
{
	struct command *command = at;
	struct opj_gate_place place;
	struct condition *condition = OPJ_PUSH(command->conditions, command->condition_count);
	(void)row;
	if (!condition)
		return opj_fail(err, "out of memory");
	if (opj_gate_init(&condition->gate, text, &place, err)) {
		command->condition_count--;
		return point_at(text, place, err);
	}
	return 0;
}

static const struct opj_option_row options[] = {
    {"fail-if", 0, OPJ_OPT_TAKE, OPJ_OPT_REPEATED, .word = "CONDITION", .take = take_condition,
     .help = "exit with status 1 when it holds: METRIC [@ MODULES] COMPARISON CHANGE",
     .more = "With the reason on standard error. See below."},
    {"by", 0, OPJ_OPT_CHOICES, OPJ_OPT_REPEATED, .word = "WHAT", .choices = "module|stage|op",
     .at = offsetof(struct command, view.axes),
     .help = "only the table by module, stage or op; without it all that say something",
     .more = "Without it: by module, by op, and by stage where there are several."},
    {"wide", .kind = OPJ_OPT_FLAG, .at = offsetof(struct command, view.wide),
     .help = "absolute changes of every metric in the tables, not of energies alone"},
    {"json", .kind = OPJ_OPT_FLAG, .at = offsetof(struct command, json),
     .help = "one JSON object instead of the report", .more = "docs/diff.md describes it."},
    {NULL}};

static const struct opj_option_group groups[] = {{opj_asking_rows, .at = offsetof(struct command, request)},
						 {options},
						 {opj_request_rows, .at = offsetof(struct command, request)},
						 OPJ_REQUEST_READING(struct command),
						 {NULL}};

static int judge(struct command *command, const struct opj_diff *diff, struct opj_error *err)
{
	for (size_t i = 0; i < command->condition_count; i++) {
		struct condition *condition = &command->conditions[i];
		struct opj_gate_place place;
		switch (opj_gate_judge(&condition->gate, diff, &condition->why, &place, err)) {
		case OPJ_GATE_WRONG:
			return point_at(condition->gate.text, place, err);
		case OPJ_GATE_ERROR:
			return -1;
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
		return -1;
	int status = judge(command, &diff, err);
	if (!status)
		status = command->json ? write_json(command, &diff, err)
				       : opj_diff_print(&diff, &command->view, stdout, err);
	if (!status)
		status = say_failed(command);
	opj_diff_finish(&diff);
	return status;
}

static int diff(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct command *command = values;
	struct opj_subject a, b;
	if (opj_subject_init(&a, &command->request, operands->list[0], err))
		return -1;
	int status = opj_subject_init(&b, &command->request, operands->list[1], err);
	if (!status) {
		status = compare(command, &a.digest, &b.digest, err);
		opj_subject_finish(&b);
	}
	opj_subject_finish(&a);
	return status;
}

static void finish(void *values)
{
	struct command *command = values;
	for (size_t i = 0; i < command->condition_count; i++) {
		opj_gate_finish(&command->conditions[i].gate);
		free(command->conditions[i].why);
	}
	free(command->conditions);
	opj_request_finish(&command->request);
}

const struct opj_command opj_command_diff = {
    .name = "diff",
    .summary = "what changed between two traces, and whether a build may go on",
    .operands = {"A B", "file", 2, 2, "files opj jsonl"},
    .about =
	"What changed from A to B, two traces (.opj) or op logs (.jsonl) of two versions of a model: modules added, "
	"removed, renamed and changed, and every figure by module, stage and op, the greatest changes first.",
    .examples = "  opjoule diff old.opj new.opj -m compute:int8             what changed, in 8 bits\n"
		"  opjoule diff old.opj new.opj --fail-if 'energy > +5%'    in CI: at most 5 % more energy\n"
		"  … --fail-if 'energy[lemaire] > +2uJ'       of one estimator of several, at most 2 µJ more\n"
		"  … --fail-if 'flop @ Net.conv* != 0'        these modules keep their FLOPs\n"
		"  … --fail-if 'sparsity.out @ Net.* < -3pp'  no output loses 3 percentage points of sparsity\n",
    .notes = "`opjoule models` lists counters, estimators, presets and settings.\n",
    .groups = groups,
    .size = sizeof(struct command),
    .run = diff,
    .finish = finish,
};
