/* tests/unit/test_format.c: Tables: units of columns, rows of several traces matched, and text that tries to be markup.
 */
#include "analyze/engine/bibtex.h"
#include "analyze/figures/format.h"
#include "record/base/columns.h"
#include "record/base/command.h"
#include "record/base/quantity.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What a function writes. */
static char *written(void (*put)(const char *text, FILE *out), const char *text)
{
	char *buffer = NULL;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);
	put(text, out);
	fclose(out);
	return buffer;
}

static void check(void (*put)(const char *text, FILE *out), const char *text, const char *wanted)
{
	char *got = written(put, text);
	cr_assert_str_eq(got, wanted);
	free(got);
}

Test(format, text_of_unknown_origin_is_cleaned)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
	    {"plain µ é 中 😀", "plain µ é 中 😀"},
	    {"\033[31m\n\r\t\177", "?[31m????"},
	    {"\302\233[m \302\240", "??[m \302\240"},                /* CSI of Latin-1; a space that does not break */
	    {"\342\200\256x\342\201\247y\342\200\246", "???x???y…"}, /* marks of direction; dots */
	    {"\233\377\300\200\370", "?????"},                       /* no UTF-8 */
	    {"a\342\200", "a??"},                                    /* cut */
	    {"\342\200x\360\237\230", "??x???"},
	    {"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		snprintf(text, sizeof text, "%s", cases[i].text);
		opj_clean(text);
		cr_assert_str_eq(text, cases[i].clean);
	}
	struct opj_error err = {""};
	opj_fail(&err, "file: %s", "a\033[0m\nb");
	cr_assert_str_eq(err.text, "file: a?[0m?b");
	opj_fail_in(&err, "op \033c");
	cr_assert_str_eq(err.text, "op ?c: file: a?[0m?b");
}

Test(format, latex_means_what_it_says)
{
	check(opj_format_latex.say, "a_b & 50% of $x #1 {y} ~ ^ \\z",
	      "a\\_b \\& 50\\% of \\$x \\#1 \\{y\\} \\textasciitilde{} "
	      "\\textasciicircum{} \\textbackslash{}z");
	check(opj_format_latex.say, "<a> | \"q\" `x` [1] *",
	      "\\textless{}a\\textgreater{} \\textbar{} {''}q{''} {`}x{`} {[}1{]} {*}");
	check(opj_format_latex.say, "a--b - c", "a-{}-b - c");
	check(opj_format_latex.say, "é ß µ × …", "é ß \\ensuremath{\\mu} \\ensuremath{\\times} \\dots{}");
	check(opj_format_latex.say, "ðΑ😀", "{[}U+00F0{]}{[}U+0391{]}{[}U+1F600{]}");
	check(opj_format_latex.say, "\033\n", "??");
}

Test(format, markdown_means_what_it_says)
{
	check(opj_format_markdown.say, "a|b_c*d", "a\\|b\\_c\\*d");
	check(opj_format_markdown.say, "<b>&lt; [x](y) `z` # \\", "&lt;b\\>&amp;lt; \\[x\\](y) \\`z\\` \\# \\\\");
	check(opj_format_markdown.say, "a\nb", "a?b");
}

/* A sheet of one column with these figures; negative: not known. */
static struct opj_sheet_column scaled(enum opj_quantity quantity, const double *figures, uint32_t count)
{
	struct opj_sheet_column column = {.quantity = quantity};
	struct opj_sheet_row rows[8];
	struct opj_sheet_cell cells[8] = {0};
	for (uint32_t i = 0; i < count; i++) {
		cells[i].figure = (struct opj_figure){.known = figures[i] >= 0,
						      .exact = quantity == OPJ_QUANTITY_COUNT,
						      .integer = (int64_t)figures[i],
						      .number = figures[i] >= 0 ? figures[i] : 0};
		rows[i] = (struct opj_sheet_row){.cells = &cells[i]};
	}
	const struct opj_sheet sheet = {.columns = &column, .column_count = 1, .rows = rows, .row_count = count};
	opj_sheet_scale(&sheet, &column);
	return column;
}

static void check_scaled(enum opj_quantity quantity, const double *figures, uint32_t count, const char *unit,
			 const char *const *wanted)
{
	char text[40], unit_text[8];
	struct opj_sheet_column column = scaled(quantity, figures, count);
	cr_assert_str_eq(opj_sheet_unit(unit_text, &column), unit);
	for (uint32_t i = 0; i < count; i++) {
		struct opj_figure figure = {.known = figures[i] >= 0,
					    .exact = quantity == OPJ_QUANTITY_COUNT,
					    .integer = (int64_t)figures[i],
					    .number = figures[i]};
		cr_assert_str_eq(opj_sheet_figure(text, &column, &figure), wanted[i]);
	}
}

Test(format, a_column_has_one_unit)
{
	check_scaled(OPJ_QUANTITY_ENERGY, (double[]){16259367.6, 10852761.6, 9216, 0, -1}, 5, "µJ",
		     (const char *[]){"16.2594", "10.8528", "0.0092", "0.0000", ""});
	check_scaled(OPJ_QUANTITY_ENERGY, (double[]){0.5, 0.25}, 2, "pJ", (const char *[]){"0.500", "0.250"});
	check_scaled(OPJ_QUANTITY_ENERGY, (double[]){0}, 1, "pJ", (const char *[]){"0.000"});
	check_scaled(OPJ_QUANTITY_ENERGY, (double[]){2.5e12}, 1, "J", (const char *[]){"2.500"});
	check_scaled(OPJ_QUANTITY_COUNT, (double[]){9999, 3, -1}, 3, "", (const char *[]){"9999", "3", ""});
	check_scaled(OPJ_QUANTITY_COUNT, (double[]){123456, 1000}, 2, "k", (const char *[]){"123.5", "1.0"});
	check_scaled(OPJ_QUANTITY_BYTES, (double[]){34186816, 182592}, 2, "MB", (const char *[]){"34.19", "0.18"});
	check_scaled(OPJ_QUANTITY_TIME, (double[]){2500000, 1000}, 2, "ms", (const char *[]){"2.5000", "0.0010"});
	check_scaled(OPJ_QUANTITY_PERCENT, (double[]){100, 0.04}, 2, "%", (const char *[]){"100.0", "0.0"});
	check_scaled(OPJ_QUANTITY_ENERGY, (double[]){5e6, 2.14}, 2, "µJ", (const char *[]){"5.00000", "2.1e-06"});
	/* What rounds up to the next prefix has it. */
	check_scaled(OPJ_QUANTITY_ENERGY, (double[]){999960}, 1, "µJ", (const char *[]){"1.000"});
}

Test(format, bibtex_is_split_into_entries)
{
	struct opj_error err = {""};
	json_t *entries = json_object(), *keys = json_array();
	cr_assert_eq(opj_bibtex_split("\n@a{one, x = {\\} {y}}}\n @B{two:2, z = 1}", entries, keys, &err), 0, "%s",
		     err.text);
	cr_assert_eq(opj_bibtex_split("@a{one, other}", entries, keys, &err), 0);
	cr_assert_eq(opj_bibtex_split(NULL, entries, keys, &err), 0);
	cr_assert_eq(json_object_size(entries), 2);
	cr_assert_str_eq(json_string_value(json_object_get(entries, "one")), "@a{one, x = {\\} {y}}}");
	cr_assert_str_eq(json_string_value(json_object_get(entries, "two:2")), "@B{two:2, z = 1}");
	cr_assert_eq(json_array_size(keys), 3);
	static const char *const bad[] = {"x",     "@",        "@{a,}",      "@a{,}",  "@a{b c, }",
					  "@a{b}", "@a{b, {}", "@a{b, x} y", "@a{b,\\"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_eq(opj_bibtex_split(bad[i], NULL, NULL, &err), -1, "%s", bad[i]);
	json_decref(entries);
	json_decref(keys);
}

/* Rows of digests that only have what a sheet looks at. */
static struct opj_digest digest_of(struct opj_row *rows, size_t count, struct opj_column *columns,
				   struct opj_figure *totals)
{
	return (struct opj_digest){
	    .columns = columns, .column_count = 2, .by = {{rows, count}, {NULL, 0}, {NULL, 0}}, .totals = totals};
}

Test(format, modules_of_several_traces_match_below_the_outermost)
{
	static const struct opj_trace_module a = {.def = {.path = "A", .cls = "Net"}};
	static const struct opj_seen_module root = {.module = &a};
	struct opj_column columns[] = {{OPJ_COLUMN_OPS, (char *)"ops", "ops", "", 0, 0, OPJ_QUANTITY_COUNT},
				       {OPJ_COLUMN_TIME, (char *)"time", "time", "ns", 0, 0, OPJ_QUANTITY_TIME}};
	struct opj_figure one[] = {{true, true, 1, 1}, {0}}, two[] = {{true, true, 2, 2}, {0}};
	struct opj_row first[] = {
	    {.name = "A", .local = "A", .parent = -1, .module = &root, .figures = one},
	    {.name = "A.x", .local = "x", .parent = 0, .depth = 1, .module = &root, .figures = one},
	    {.name = "A.z", .local = "z", .parent = 0, .depth = 1, .module = &root, .figures = one},
	    {.name = "", .local = "", .parent = -1, .outside = true, .figures = one},
	};
	struct opj_row second[] = {
	    {.name = "Bigger", .local = "Bigger", .parent = -1, .module = &root, .figures = two},
	    {.name = "Bigger.x", .local = "x", .parent = 0, .depth = 1, .module = &root, .figures = two},
	    {.name = "Bigger.y", .local = "y", .parent = 0, .depth = 1, .module = &root, .figures = two},
	    {.name = "A.z", .local = "A.z", .parent = -1, .figures = two}, /* a scope that is no module */
	};
	static const struct opj_analysis none = {0};
	struct opj_digest digests[] = {digest_of(first, 4, columns, one), digest_of(second, 4, columns, two)};
	digests[0].analysis = digests[1].analysis = &none;
	const struct opj_sheet_source sources[] = {{"one", &digests[0]}, {"two", &digests[1]}};
	static const struct {
		const char *name;
		int64_t ops[2]; /* -1: none */
	} wanted[] = {{"A", {1, 2}},    {"A.x", {1, 2}},  {"Bigger.y", {-1, 2}},
		      {"A.z", {-1, 2}}, {"A.z", {1, -1}}, {"(outside modules)", {1, -1}},
		      {"total", {1, 2}}};
	struct opj_sheet sheet;
	struct opj_error err;
	cr_assert_eq(opj_sheet_init(&sheet, sources, 2, OPJ_BY_MODULE, OPJ_SHEET_PAPER, &err), 0);
	cr_assert_eq(sheet.row_count, sizeof wanted / sizeof *wanted);
	cr_assert_eq(sheet.column_count, 4);
	for (uint32_t r = 0; r < sheet.row_count; r++) {
		cr_assert_str_eq(sheet.rows[r].cells[0].text, wanted[r].name);
		for (uint32_t i = 0; i < 2; i++) {
			const struct opj_figure *figure = &sheet.rows[r].cells[2 + i].figure;
			cr_assert_eq(figure->known ? figure->integer : -1, wanted[r].ops[i], "row %u, trace %u", r, i);
		}
	}
	opj_sheet_finish(&sheet);
}

extern const struct opj_command opj_command_analyze;

/* `analyze --format` takes the index of a choice for that of a format. */
Test(format, commands_offer_the_formats_in_their_order)
{
	char want[256] = "--format\t-\tFORMAT\tchoices", *words = NULL;
	size_t size, used = strlen(want);
	for (const struct opj_format *const *at = opj_formats; *at; at++)
		used += (size_t)snprintf(want + used, sizeof want - used, " %s", (*at)->name);
	snprintf(want + used, sizeof want - used, "\t");
	FILE *out = open_memstream(&words, &size);
	opj_command_words(&opj_command_analyze, out);
	fclose(out);
	cr_assert(strstr(words, want), "%s", words);
	free(words);
}
