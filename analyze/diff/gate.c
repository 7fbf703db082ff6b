/* analyze/diff/gate.c: reading conditions, and judging diffs by them.
 *
 * A gate that cannot be judged fails: a metric that was not measured must not let a build pass. */
#include "gate.h"
#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text; /* longer ones first */
	enum opj_gate_comparison comparison;
} comparisons[] = {{">=", OPJ_GATE_GE}, {"<=", OPJ_GATE_LE}, {"==", OPJ_GATE_EQ},
		   {"!=", OPJ_GATE_NE}, {">", OPJ_GATE_GT},  {"<", OPJ_GATE_LT}};
enum { COMPARISONS = sizeof comparisons / sizeof *comparisons };

static size_t spaces(const char *text)
{
	return strspn(text, " \t");
}

/* Index in comparisons of what the text begins with; COMPARISONS: of none. */
static size_t comparison_at(const char *text)
{
	size_t i = 0;
	while (i < COMPARISONS && strncmp(text, comparisons[i].text, strlen(comparisons[i].text)) != 0)
		i++;
	return i;
}

/* Length of a name: to a space, a comparison or `end`, brackets and what is in them included. */
static size_t name_length(const char *text, char end)
{
	size_t length = 0;
	int depth = 0;
	for (; text[length]; length++) {
		depth += (text[length] == '[') - (text[length] == ']');
		if (depth <= 0 && (isspace((unsigned char)text[length]) || (end && text[length] == end) ||
				   comparison_at(text + length) < COMPARISONS))
			break;
	}
	return length;
}

static struct opj_gate_place place_at(const char *text, const char *from, size_t length)
{
	return (struct opj_gate_place){(size_t)(from - text), length};
}

static int read_name(const char *text, const char **at, char end, char **name, struct opj_gate_place *place)
{
	*at += spaces(*at);
	*place = place_at(text, *at, name_length(*at, end));
	*name = strndup(*at, place->length);
	*at += place->length;
	*at += spaces(*at);
	return *name ? 0 : -1;
}

/* "+5%": sign, number, unit. */
static int read_limit(struct opj_gate *gate, const char *at, struct opj_gate_place *place, struct opj_error *err)
{
	char *end;
	bool sign = *at == '+' || *at == '-';
	*place = place_at(gate->text, at, strlen(at));
	if (!isdigit((unsigned char)at[sign]) && at[sign] != '.')
		return opj_fail(err, "a limit such as +5%%, -2uJ or +0 is wanted here");
	gate->limit = strtod(at, &end);
	if (end == at || !isfinite(gate->limit))
		return opj_fail(err, "this is no finite number");
	if (!sign && gate->limit != 0)
		return opj_fail(err, "a limit is a change and has a sign: +%s or -%s", at, at);
	end += spaces(end);
	size_t length = strcspn(end, " \t"), more = spaces(end + length);
	*place = gate->unit_place = place_at(gate->text, end, length);
	if (length >= sizeof gate->unit || end[length + more])
		return opj_fail(err, "nothing may follow a limit but its unit");
	memcpy(gate->unit, end, length);
	return 0;
}

int opj_gate_init(struct opj_gate *gate, const char *text, struct opj_gate_place *place, struct opj_error *err)
{
	const char *at = text;
	*gate = (struct opj_gate){.text = text};
	if (read_name(text, &at, '@', &gate->metric, &gate->metric_place))
		goto no_memory;
	*place = place_at(text, at, 0);
	if (!*gate->metric) {
		opj_fail(err, "a metric is wanted here");
		goto wrong;
	}
	if (*at == '@') {
		at++;
		if (read_name(text, &at, '\0', &gate->pattern, &gate->pattern_place))
			goto no_memory;
		*place = gate->pattern_place;
		if (!*gate->pattern) {
			opj_fail(err, "a module's path or a pattern of paths is wanted here");
			goto wrong;
		}
	}
	size_t found = comparison_at(at);
	*place = place_at(text, at, strcspn(at, " \t"));
	if (found == COMPARISONS) {
		opj_fail(err, "a comparison is wanted here: > >= < <= == or !=");
		goto wrong;
	}
	gate->comparison = comparisons[found].comparison;
	at += strlen(comparisons[found].text);
	if (read_limit(gate, at + spaces(at), place, err))
		goto wrong;
	return 0;
no_memory:
	*place = (struct opj_gate_place){0};
	opj_fail(err, "out of memory");
wrong:
	opj_gate_finish(gate);
	return -1;
}

void opj_gate_finish(struct opj_gate *gate)
{
	free(gate->metric);
	free(gate->pattern);
	*gate = (struct opj_gate){0};
}

/* Factor from the unit to that of the figures; 0 for a relative limit. -1: no unit of this metric. */
static int unit_factor(const struct opj_gate *gate, enum opj_quantity quantity, double *factor, struct opj_error *err)
{
	static const struct {
		enum opj_unit unit;
		int exponent; /* of ten: what the figures are in */
	} units[] = {
	    [OPJ_QUANTITY_COUNT] = {OPJ_UNIT_COUNT, 0},  [OPJ_QUANTITY_BYTES] = {OPJ_UNIT_BYTES, 0},
	    [OPJ_QUANTITY_TIME] = {OPJ_UNIT_TIME, -9},   [OPJ_QUANTITY_ENERGY] = {OPJ_UNIT_ENERGY, -12},
	    [OPJ_QUANTITY_SHARE] = {OPJ_UNIT_POINTS, 2},
	};
	enum opj_unit unit = units[quantity].unit;
	char known[128];
	*factor = 0;
	if (strcmp(gate->unit, "%") == 0)
		return 0;
	*factor = 1;
	bool bare = !*gate->unit && unit != OPJ_UNIT_COUNT;
	if ((bare && gate->limit == 0) ||
	    (!bare && opj_unit_convert(unit, gate->unit, units[quantity].exponent, factor)))
		return 0;
	return opj_fail(err, "%s takes no limit %s%s; units known here: %%, %s", gate->metric,
			bare ? "without a unit" : "in ", gate->unit, opj_unit_known(known, unit));
}

static bool compare(enum opj_gate_comparison comparison, double value, double limit)
{
	switch (comparison) {
	case OPJ_GATE_GT:
		return value > limit;
	case OPJ_GATE_GE:
		return value >= limit;
	case OPJ_GATE_LT:
		return value < limit;
	case OPJ_GATE_LE:
		return value <= limit;
	case OPJ_GATE_EQ:
		return value == limit;
	default:
		return value != limit;
	}
}

struct judging {
	const struct opj_gate *gate;
	const struct opj_diff *diff;
	uint32_t column;
	double factor;
	size_t failed; /* modules that failed */
	FILE *why;
};

static void write_reason(const struct judging *judging, const char *whose, const struct opj_diff_pair *pair, bool known)
{
	const char *name = judging->diff->columns[judging->column].name;
	char a[32], b[32], change[32], relative[32];
	if (!known) {
		fprintf(judging->why, "%s of %s is not known in %s", name, whose,
			pair->a.known   ? "B"
			: pair->b.known ? "A"
					: "A and B");
		return;
	}
	opj_diff_figure_text(a, judging->diff, judging->column, &pair->a);
	opj_diff_figure_text(b, judging->diff, judging->column, &pair->b);
	opj_diff_change_text(change, judging->diff, judging->column, pair);
	opj_diff_relative_text(relative, pair);
	fprintf(judging->why, "%s of %s: %s → %s, a change of %s (%s)", name, whose, a, b, change, relative);
}

enum { SHOWN = 8 }; /* modules that a reason names */

static void judge_pair(struct judging *judging, const char *whose, const struct opj_diff_pair *pair)
{
	struct opj_figure change = opj_diff_change(pair);
	double value = change.number, limit = judging->gate->limit * judging->factor;
	if (judging->factor == 0) {
		opj_diff_relative(pair, &value);
		value *= 100;
		limit = judging->gate->limit;
	}
	if (change.known && !compare(judging->gate->comparison, value, limit))
		return;
	if (judging->failed++ >= SHOWN)
		return;
	fputs(judging->failed > 1 ? "\n" : "", judging->why);
	write_reason(judging, whose, pair, change.known);
}

/* Number of modules that match. What one of the two lacks has no sparsity that could have changed. */
static size_t judge_modules(struct judging *judging)
{
	const struct opj_diff_rows *rows = &judging->diff->by[OPJ_BY_MODULE];
	const char *pattern = judging->gate->pattern;
	size_t matches = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct opj_diff_row *row = &rows->rows[i];
		if (row->outside || ((!row->a || fnmatch(pattern, row->a->name, FNM_NOESCAPE)) &&
				     (!row->b || fnmatch(pattern, row->b->name, FNM_NOESCAPE))))
			continue;
		matches++;
		if ((row->a && row->b) || judging->diff->columns[judging->column].quantity != OPJ_QUANTITY_SHARE)
			judge_pair(judging, opj_diff_name(row), &row->figures[judging->column]);
	}
	return matches;
}

/* Everything but memory. */
static enum opj_gate_verdict judge(struct judging *judging, struct opj_gate_place *place, struct opj_error *err)
{
	const struct opj_gate *gate = judging->gate;
	const struct opj_diff *diff = judging->diff;
	*place = gate->metric_place;
	int64_t column = opj_diff_column(diff, gate->metric, err);
	if (column < 0)
		return OPJ_GATE_WRONG;
	judging->column = (uint32_t)column;
	if (!gate->pattern && judging->column >= diff->digest_columns) {
		opj_fail(err, "%s has no total; name modules: %s @ PATTERN", gate->metric, gate->metric);
		return OPJ_GATE_WRONG;
	}
	*place = gate->unit_place;
	if (unit_factor(gate, diff->columns[judging->column].quantity, &judging->factor, err))
		return OPJ_GATE_WRONG;
	*place = gate->pattern_place;
	if (!gate->pattern)
		judge_pair(judging, "the whole run", &diff->totals[column]);
	else if (!judge_modules(judging)) {
		opj_fail(err, "no module of A or B matches \"%s\"", gate->pattern);
		return OPJ_GATE_WRONG;
	}
	if (judging->failed > SHOWN)
		fprintf(judging->why, "\nand %zu more", judging->failed - SHOWN);
	return judging->failed ? OPJ_GATE_FAILED : OPJ_GATE_PASSED;
}

enum opj_gate_verdict opj_gate_judge(const struct opj_gate *gate, const struct opj_diff *diff, char **why,
				     struct opj_gate_place *place, struct opj_error *err)
{
	size_t size;
	*why = NULL;
	struct judging judging = {.gate = gate, .diff = diff, .why = open_memstream(why, &size)};
	enum opj_gate_verdict verdict = OPJ_GATE_ERROR;
	bool written = false;
	if (judging.why) {
		verdict = judge(&judging, place, err);
		written = !ferror(judging.why);
		written = fclose(judging.why) == 0 && written;
	}
	if (!written) {
		opj_fail(err, "out of memory");
		verdict = OPJ_GATE_ERROR;
	}
	if (verdict != OPJ_GATE_FAILED) {
		free(*why);
		*why = NULL;
	}
	return verdict;
}
