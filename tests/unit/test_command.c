/* tests/unit/test_command.c: the frame of the commands, on a command of its own. */
#include "record/base/command.h"
#include "record/base/guess.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>

struct values {
	bool flag;
	int format, other;
	unsigned parts;
	const char *text, *name;
	int64_t count, jobs;
	struct opj_words words;
	char taken[64];
};

static int take(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	if (strcmp(word, "bad") == 0)
		return opj_option_wrong(row, "something good", word, err);
	snprintf(at, 64, "%s", word);
	return strcmp(word, "broken") == 0 ? opj_fail(err, "it is broken") : 0;
}

static const struct opj_option_row options[] = {
    {"flag", 'f', OPJ_OPT_FLAG, .at = offsetof(struct values, flag), .help = "raises the flag"},
    {"format", 0, OPJ_OPT_CHOICE, .word = "FORMAT", .choices = "text|csv|json", .at = offsetof(struct values, format),
     .help = "text (default), csv or json", .more = "_csv_ is for spread_sheets."},
    {"json", 0, OPJ_OPT_SET, .min = 2, .at = offsetof(struct values, format), .help = "the same as --format json"},
    {"other", 0, OPJ_OPT_CHOICE, OPJ_OPT_REQUIRED, .word = "WHAT", .choices = "one|two", .min = 1,
     .at = offsetof(struct values, other), .help = "which one"},
    {"part", 'p', OPJ_OPT_CHOICES, OPJ_OPT_REPEATED, .word = "PART", .choices = "a|b|c",
     .at = offsetof(struct values, parts), .help = "parts"},
    {"hidden", 'x', OPJ_OPT_FLAG, OPJ_OPT_HIDDEN, .at = offsetof(struct values, flag), .help = "not shown"},
    {NULL}};

/* In a group that begins within the values. */
#define BASE offsetof(struct values, text)
static const struct opj_option_row shared[] = {
    {"text", 't', OPJ_OPT_TEXT, .word = "TEXT", .at = offsetof(struct values, text) - BASE, .help = "any text"},
    {"name", 0, OPJ_OPT_NAME, .word = "NAME", .at = offsetof(struct values, name) - BASE, .complete = "files so",
     .help = "a name that is so long to explain that it takes more than a line of one hundred columns to do so"},
    {"count", 'n', OPJ_OPT_NUMBER, .word = "N", .min = 1, .at = offsetof(struct values, count) - BASE,
     .help = "how many"},
    {"jobs", 0, OPJ_OPT_NUMBER, .word = "N", .min = 0, .max = 8, .at = offsetof(struct values, jobs) - BASE,
     .help = "how wide"},
    {NULL}};

static const struct opj_option_row last[] = {
    {"last", 0, OPJ_OPT_FLAG, .at = offsetof(struct values, flag), .help = "the last_but_one"}, {NULL}};

static const struct opj_option_row joined[] = {
    {"word", 'w', OPJ_OPT_LIST, OPJ_OPT_REPEATED, .word = "WORD", .form = "WORD[=VALUE]",
     .at = offsetof(struct values, words), .help = "a word more"},
    {"take", 0, OPJ_OPT_TAKE, .word = "IT", .take = take, .at = offsetof(struct values, taken), .help = "take it"},
    {NULL}};

static const struct opj_option_group groups[] = {
    {options}, {shared, BASE}, {joined, .heading = "Words:", .joint = OPJ_ANY}, {last}, {NULL}};

static int report_status;
static struct opj_words seen;

static int report(void *values, const struct opj_words *operands, struct opj_error *err)
{
	(void)values;
	seen = *operands;
	if (report_status)
		opj_fail(err, "no luck");
	return report_status;
}

static const struct opj_command command = {
    .name = "try",
    .operands = {"A B", "file", 2, 2, "files opj"},
    .about =
	"Tries things, and says so in a text whose first line is exactly one hundred columns long, as is seen here.",
    .examples = "  opjoule try\n",
    .groups = groups,
    .size = sizeof(struct values),
    .run = report};

#define WORDS_MAX 32

/* Reads "a b c", split at blanks, as a command line; '' is an empty word. */
static int parse_as(const struct opj_command *as, const char *line, struct values *values, struct opj_words *operands,
		    struct opj_error *err)
{
	static char text[512];
	static char *words[WORDS_MAX];
	char *rest = text, *word;
	int count = 1;
	words[0] = "opjoule try";
	snprintf(text, sizeof text, "%s", line);
	while ((word = strsep(&rest, " ")) && count < WORDS_MAX - 1)
		words[count++] = strcmp(word, "''") == 0 ? "" : word;
	words[count] = NULL;
	*values = (struct values){0};
	*err = (struct opj_error){""};
	return opj_command_parse(as, count, words, values, operands, err);
}

static struct values expect_read(const char *line)
{
	struct values values;
	struct opj_words operands;
	struct opj_error err;
	cr_assert_eq(parse_as(&command, line, &values, &operands, &err), 0, "%s: %s", line, err.text);
	cr_assert_eq(operands.count, 2);
	cr_assert_str_eq(operands.list[0], "x");
	cr_assert_str_eq(operands.list[1], "y");
	return values;
}

static void expect_wrong(const char *line, const char *message)
{
	struct values values;
	struct opj_words operands;
	struct opj_error err;
	int status = parse_as(&command, line, &values, &operands, &err);
	cr_assert_eq(status, OPJ_COMMAND_WRONG, "%s: %d", line, status);
	cr_assert_str_eq(err.text, message, "%s: %s", line, err.text);
	opj_command_release(&command, &values);
}

Test(command, puts_values_where_rows_say)
{
	struct values values = expect_read("x --other two -f --format csv -p c y --part a -t '' --name=n -n7 --jobs 8");
	cr_assert(values.flag);
	cr_assert_eq(values.format, 1);
	cr_assert_eq(values.other, 2, "choices count from min");
	cr_assert_eq(values.parts, 5u);
	cr_assert_str_eq(values.text, "");
	cr_assert_str_eq(values.name, "n");
	cr_assert_eq(values.count, 7);
	cr_assert_eq(values.jobs, 8);
	cr_assert_eq(expect_read("x y -n 1 --other one").count, 1);
}

Test(command, sets_a_value_without_a_word)
{
	cr_assert_eq(expect_read("--json x y --other one").format, 2);
	cr_assert_eq(expect_read("--json --format text x y --other one").format, 0, "the last word counts");
	cr_assert(expect_read("x y --other one --hidden").flag);
}

Test(command, keeps_every_word_of_a_list)
{
	struct values values = expect_read("-w a x --word b y -wc --other one");
	cr_assert_eq(values.words.count, 3);
	cr_assert_str_eq(values.words.list[2], "c");
	opj_command_release(&command, &values);
}

Test(command, hands_words_to_functions)
{
	cr_assert_str_eq(expect_read("x y --other one --take it").taken, "it");
	expect_wrong("x y --take bad", "--take takes something good, not \"bad\"");
	struct values values;
	struct opj_words operands;
	struct opj_error err;
	cr_assert_eq(parse_as(&command, "x y --take broken", &values, &operands, &err), -1);
	cr_assert_str_eq(err.text, "it is broken");
}

Test(command, says_what_an_option_takes)
{
	expect_wrong("x y --format xml", "--format takes text, csv or json, not \"xml\"");
	expect_wrong("x y --format tex", "--format takes text, csv or json, not \"tex\"");
	expect_wrong("x y --format ''", "--format takes text, csv or json, not \"\"");
	expect_wrong("x y -p d", "--part takes a, b or c, not \"d\"");
	expect_wrong("x y --name ''", "--name takes a name, not \"\"");
	expect_wrong("x y -n abc", "--count takes a whole number from 1, not \"abc\"");
	expect_wrong("x y -n 0", "--count takes a whole number from 1, not \"0\"");
	expect_wrong("x y -n 1.5", "--count takes a whole number from 1, not \"1.5\"");
	expect_wrong("x y -n ''", "--count takes a whole number from 1, not \"\"");
	expect_wrong("x y -n 9223372036854775808", "--count takes a whole number from 1, not \"9223372036854775808\"");
	expect_wrong("x y --jobs -1", "--jobs takes a whole number from 0 to 8, not \"-1\"");
	expect_wrong("x y --jobs ''", "--jobs takes a whole number from 0 to 8, not \"\"");
	expect_wrong("x y --jobs 9", "--jobs takes a whole number from 0 to 8, not \"9\"");
}

Test(command, says_which_option_is_wrong)
{
	expect_wrong("x --flg y", "unrecognized option '--flg'; did you mean '--flag'?");
	expect_wrong("x --cuont=3 y", "unrecognized option '--cuont'; did you mean '--count'?");
	expect_wrong("x --zzz y", "unrecognized option '--zzz'");
	expect_wrong("x --hiden y", "unrecognized option '--hiden'");
	expect_wrong("x --f y", "option '--f' is ambiguous; possibilities: '--flag' '--format'");
	expect_wrong("x --h y", "unrecognized option '--h'"); /* --help, or one that is not shown */
	expect_wrong("x -q y", "invalid option -- 'q'");
	expect_wrong("x y --flag=3", "option '--flag' doesn't allow an argument");
	expect_wrong("x y --count", "option '--count' requires an argument");
	expect_wrong("x y -n", "option '--count' requires an argument");
	expect_wrong("x y --format", "option '--format' requires an argument: text, csv or json");
	expect_wrong("x y", "--other is missing; it takes one or two");
}

Test(command, says_how_many_operands_are_wanted)
{
	struct opj_command some = command;
	struct values values;
	struct opj_words operands;
	struct opj_error err;
	expect_wrong("", "two files are wanted, 1 was given"); /* one empty word */
	expect_wrong("x y z", "two files are wanted, 3 were given");
	some.operands.max = 0;
	some.operands.min = 1;
	cr_assert_eq(parse_as(&some, "-f", &values, &operands, &err), OPJ_COMMAND_WRONG);
	cr_assert_str_eq(err.text, "a file is wanted, none was given");
	some.operands.max = 1;
	cr_assert_eq(parse_as(&some, "x y", &values, &operands, &err), OPJ_COMMAND_WRONG);
	cr_assert_str_eq(err.text, "one file is wanted, 2 were given");
	some.operands.min = 0;
	cr_assert_eq(parse_as(&some, "x y", &values, &operands, &err), OPJ_COMMAND_WRONG);
	cr_assert_str_eq(err.text, "one file is wanted at most, 2 were given");
}

Test(command, leaves_another_command_line_alone)
{
	struct opj_command stops = command;
	struct values values;
	struct opj_words operands;
	struct opj_error err;
	stops.stops = true;
	stops.operands.max = 0;
	cr_assert_eq(parse_as(&stops, "--other one ls -f --no-option", &values, &operands, &err), 0, "%s", err.text);
	cr_assert_eq(operands.count, 3);
	cr_assert_str_eq(operands.list[1], "-f");
	cr_assert_not(values.flag);
	cr_assert_eq(parse_as(&command, "-- x --other", &values, &operands, &err), OPJ_COMMAND_WRONG);
	cr_assert_str_eq(err.text, "--other is missing; it takes one or two");
}

Test(command, helps_before_anything_is_missing)
{
	struct values values;
	struct opj_words operands;
	struct opj_error err;
	cr_assert_eq(parse_as(&command, "-h", &values, &operands, &err), OPJ_COMMAND_HELP);
	cr_assert_eq(parse_as(&command, "x --help --no-option", &values, &operands, &err), OPJ_COMMAND_HELP);
}

/* What a function of the frame writes of the command. */
static const char *written(void (*show)(const struct opj_command *command, FILE *out))
{
	static char text[8192];
	FILE *out = fmemopen(text, sizeof text, "w");
	show(&command, out);
	fclose(out);
	return text;
}

Test(command, shows_its_rows_as_help)
{
	static const char want[] =
	    "usage: opjoule try A B --other one|two [--flag] [--format text|csv|json] [--json] [--part a|b|c]…\n"
	    "                   [--text TEXT] [--name NAME] [--count N] [--jobs N] [--word WORD[=VALUE] |\n"
	    "                   --take IT]… [--last]\n"
	    "\n"
	    "Tries things, and says so in a text whose first line is exactly one hundred columns long, as is seen\n"
	    "here.\n"
	    "\n"
	    "  -f, --flag           raises the flag\n"
	    "      --format FORMAT  text (default), csv or json\n"
	    "      --json           the same as --format json\n"
	    "      --other WHAT     which one\n"
	    "  -p, --part PART      parts\n"
	    "  -t, --text TEXT      any text\n"
	    "      --name NAME      a name that is so long to explain that it takes more than a line of one\n"
	    "                       hundred columns to do so\n"
	    "  -n, --count N        how many\n"
	    "      --jobs N         how wide\n"
	    "\n"
	    "Words:\n"
	    "  -w, --word WORD      a word more\n"
	    "      --take IT        take it\n"
	    "\n"
	    "      --last           the last_but_one\n"
	    "  -h, --help           a short help\n"
	    "\n"
	    "examples:\n"
	    "  opjoule try\n";
	const char *text = written(opj_command_help);
	cr_assert_str_eq(text, want, "%s", text);
}

Test(command, shows_its_rows_as_parts_of_a_manual)
{
	const char *text = written(opj_command_synopsis);
	cr_assert_str_eq(text,
			 "*opjoule try* _A_ _B_ *--other* *one*|*two* [*--flag*] [*--format* *text*|*csv*|*json*] "
			 "[*--json*] [*--part* *a*|*b*|*c*]... [*--text* _TEXT_] [*--name* _NAME_] [*--count* _N_] "
			 "[*--jobs* _N_] [*--word* _WORD_[=_VALUE_] | *--take* _IT_]... [*--last*]\n",
			 "%s", text);
	text = written(opj_command_options);
	cr_assert(strstr(text, "*-f*, *--flag*\n\tRaises the flag.\n\n"), "%s", text);
	cr_assert(
	    strstr(text,
		   "*--format* *text*|*csv*|*json*\n\ttext (default), csv or json. _csv_ is for spread_sheets.\n\n"),
	    "%s", text);
	cr_assert(strstr(text, "\tThe last\\_but\\_one.\n\n"), "%s", text);
	cr_assert(strstr(text, "\tThe same as *--format* json.\n\n"), "%s", text);
	cr_assert(strstr(text, "*-p*, *--part* *a*|*b*|*c*\n\tParts. May be repeated.\n\n"), "%s", text);
	cr_assert_not(strstr(text, "hidden"), "%s", text);
}

Test(command, shows_its_rows_as_words_for_completions)
{
	const char *text = written(opj_command_words);
	cr_assert(strstr(text, "operands\tfiles opj\tfile\n"), "%s", text);
	cr_assert(strstr(text, "--flag\t-f\t-\t-\traises the flag\n"), "%s", text);
	cr_assert(strstr(text, "--format\t-\tFORMAT\tchoices text csv json\ttext (default), csv or json\n"), "%s",
		  text);
	cr_assert(strstr(text, "--name\t-\tNAME\tfiles so\ta name"), "%s", text);
	cr_assert(strstr(text, "--text\t-t\tTEXT\t-\tany text\n"), "%s", text);
	cr_assert(strstr(text, "--help\t-h\t-\t-\ta short help\n"), "%s", text);
	cr_assert_not(strstr(text, "hidden"), "%s", text);
}

/* What opj_command_main makes of what the command returns. */
static int end_with(int status)
{
	char *line[] = {"opjoule try", "x", "y", "--other", "one", NULL};
	report_status = status;
	return opj_command_main(&command, 5, line);
}

Test(command, ends_with_what_the_command_returns, .init = cr_redirect_stderr)
{
	cr_assert_eq(end_with(0), 0);
	cr_assert_eq(end_with(-1), 1);
	cr_assert_eq(end_with(2), 2);
	cr_assert_eq(end_with(125), 125);
	cr_assert_eq(end_with(OPJ_COMMAND_WRONG), 2);
	fflush(stderr);
	cr_assert_stderr_eq_str(
	    "opjoule try: no luck\nopjoule try: no luck\nopjoule try: no luck\nopjoule try: no luck\n"
	    "`opjoule try --help` explains the command\n");
	cr_assert_eq(seen.count, 2);
}

Test(command, guesses_what_was_meant)
{
	static const struct {
		const char *word, *name;
		bool near;
	} cases[] = {
	    {"anlyze", "analyze", true}, {"analyzee", "analyze", true}, {"anaylze", "analyze", true},
	    {"dif", "diff", true},       {"sweep", "report", false},    {"x", "y", false},
	    {"ab", "ba", true},          {"abcd", "xbxd", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_guess guess = {.word = cases[i].word};
		opj_guess_offer(&guess, cases[i].name);
		cr_expect_eq(guess.best != NULL, cases[i].near, "%s, %s", cases[i].word, cases[i].name);
	}
	struct opj_guess guess = {.word = "formet"};
	opj_guess_offer(&guess, "forget");
	opj_guess_offer(&guess, "format");
	cr_assert_str_eq(guess.best, "forget", "the first of two that are as near");
	opj_guess_offer(&guess, "formet");
	cr_assert_str_eq(guess.best, "formet");
}
