/* tests/unit/test_gate.c: conditions on a diff whose figures are written down here. */
#include "analyze/diff/gate.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { OPS, TIME, FLOP, MEMORY, COMPUTE, LEMAIRE, DIGEST_COLUMNS, CALLS = DIGEST_COLUMNS, IN, OUT, COLUMNS };

static struct opj_column columns[COLUMNS] = {
    [OPS] = {.kind = OPJ_COLUMN_OPS, .name = "ops", .unit = "", .quantity = OPJ_QUANTITY_COUNT},
    [TIME] = {.kind = OPJ_COLUMN_TIME, .name = "time", .unit = "ns", .quantity = OPJ_QUANTITY_TIME},
    [FLOP] = {.kind = OPJ_COLUMN_COUNT, .name = "flop", .unit = "FLOPs", .quantity = OPJ_QUANTITY_COUNT},
    [MEMORY] = {.kind = OPJ_COLUMN_COUNT, .name = "memory", .unit = "bytes", .quantity = OPJ_QUANTITY_BYTES},
    [COMPUTE] = {.kind = OPJ_COLUMN_ENERGY,
		 .name = "energy[compute:fp32,e_ac_pj=1]",
		 .unit = "pJ",
		 .quantity = OPJ_QUANTITY_ENERGY},
    [LEMAIRE] = {.kind = OPJ_COLUMN_ENERGY, .name = "energy[lemaire]", .unit = "pJ", .quantity = OPJ_QUANTITY_ENERGY},
    [CALLS] = {.kind = OPJ_COLUMN_COUNT, .name = "calls", .unit = "", .quantity = OPJ_QUANTITY_COUNT},
    [IN] = {.kind = OPJ_COLUMN_COUNT, .name = "sparsity.in", .unit = "", .quantity = OPJ_QUANTITY_SHARE},
    [OUT] = {.kind = OPJ_COLUMN_COUNT, .name = "sparsity.out", .unit = "", .quantity = OPJ_QUANTITY_SHARE},
};

#define WHOLE(n)                                                                                                       \
	{                                                                                                              \
		.known = true, .exact = true, .integer = (n), .number = (n)                                            \
	}
#define REAL(x)                                                                                                        \
	{                                                                                                              \
		.known = true, .number = (x)                                                                           \
	}

/* ops +10 of 100; time unknown in A; flop the same; memory from nothing; compute 16 uJ, 5 % more; lemaire less. */
static struct opj_diff_pair totals[COLUMNS] = {
    [OPS] = {WHOLE(100), WHOLE(110)},   [TIME] = {{.known = false}, WHOLE(5)},  [FLOP] = {WHOLE(7000), WHOLE(7000)},
    [MEMORY] = {WHOLE(0), WHOLE(4096)}, [COMPUTE] = {REAL(16e6), REAL(16.8e6)}, [LEMAIRE] = {REAL(4e6), REAL(3e6)}};
static struct opj_diff_pair conv[COLUMNS] = {
    [FLOP] = {WHOLE(6000), WHOLE(5000)}, [CALLS] = {WHOLE(8), WHOLE(8)}, [OUT] = {REAL(0.80), REAL(0.75)}};
static struct opj_diff_pair fc[COLUMNS] = {[FLOP] = {WHOLE(1000), WHOLE(2000)}, [CALLS] = {WHOLE(8), WHOLE(4)}};
static struct opj_diff_pair new[COLUMNS] = {[FLOP] = {WHOLE(0), WHOLE(3)}, [OUT] = {{.known = false}, REAL(0.5)}};
static const struct opj_row conv_a = {.name = "Net.conv"}, conv_b = {.name = "Net.conv_wide"},
			    fc_ab = {.name = "Net.fc"}, new_b = {.name = "Net.new"};
static struct opj_diff_row modules[] = {{.a = &conv_a, .b = &conv_b, .figures = conv},
					{.a = &fc_ab, .b = &fc_ab, .figures = fc},
					{.b = &new_b, .figures = new},
					{.outside = true, .figures = totals}};

static struct opj_diff diff(void)
{
	return (struct opj_diff){.columns = columns,
				 .column_count = COLUMNS,
				 .digest_columns = DIGEST_COLUMNS,
				 .by = {[OPJ_BY_MODULE] = {modules, 4}},
				 .totals = totals};
}

/* Judges a condition that is well formed; *text is the reason or the message. */
static enum opj_gate_verdict judge(const char *condition, struct opj_error *text, struct opj_gate_place *place)
{
	struct opj_gate gate;
	struct opj_diff it = diff();
	char *why;
	*text = (struct opj_error){""};
	cr_assert_eq(opj_gate_init(&gate, condition, place, text), 0, "%s: %s", condition, text->text);
	enum opj_gate_verdict verdict = opj_gate_judge(&gate, &it, &why, place, text);
	cr_assert_eq(verdict == OPJ_GATE_FAILED, why != NULL);
	if (why)
		snprintf(text->text, sizeof text->text, "%s", why);
	free(why);
	opj_gate_finish(&gate);
	return verdict;
}

static void expect(enum opj_gate_verdict verdict, const char *condition, const char *text)
{
	struct opj_error err;
	struct opj_gate_place place;
	cr_assert_eq(judge(condition, &err, &place), verdict, "%s: %s", condition, err.text);
	cr_assert(strstr(err.text, text), "%s: no \"%s\" in: %s", condition, text, err.text);
}

Test(gate, every_comparison)
{
	static const struct {
		const char *condition;
		bool holds;
	} cases[] = {
	    {"ops > +9", true},    {"ops > +10", false},  {"ops >= +10", true},  {"ops >= +11", false},
	    {"ops < +11", true},   {"ops < +10", false},  {"ops <= +10", true},  {"ops <= +9", false},
	    {"ops == +10", true},  {"ops == +11", false}, {"ops != +11", true},  {"ops != +10", false},
	    {"ops > +9.9%", true}, {"ops > +10%", false}, {"ops == +10%", true}, {"ops < -1", false},
	    {"flop != 0", false},  {"flop == 0%", true},  {"flop>=+0", true},    {"ops>+0.009k", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].holds ? OPJ_GATE_FAILED : OPJ_GATE_PASSED, cases[i].condition, "");
}

Test(gate, energies_by_name_and_unit)
{
	expect(OPJ_GATE_FAILED, "energy[compute] > +4.9%", "16.00 µJ → 16.80 µJ, a change of +800.0 nJ (+5.0 %)");
	expect(OPJ_GATE_PASSED, "energy[compute:fp32,e_ac_pj=1] > +5.1%", "");
	expect(OPJ_GATE_FAILED, "energy[compute] > +0.79uJ", "");
	expect(OPJ_GATE_FAILED, "energy[compute] >= +800 nJ", "");
	expect(OPJ_GATE_PASSED, "energy[compute] > +0.81µJ", "");
	expect(OPJ_GATE_FAILED, "energy[lemaire] < -0.9e6pJ", "energy[lemaire] of the whole run");
	expect(OPJ_GATE_WRONG, "energy > +5%", "names several metrics");
	expect(OPJ_GATE_WRONG, "energy[comp] > +5%", "there is no metric");
	expect(OPJ_GATE_WRONG, "energy[compute] > +5kB", "takes no limit in kB; units known here: %, fJ, pJ");
	expect(OPJ_GATE_WRONG, "energy[compute] > +5", "without a unit");
	expect(OPJ_GATE_PASSED, "energy[compute] < 0", "");
}

Test(gate, growth_from_nothing)
{
	expect(OPJ_GATE_FAILED, "memory > +1000%", "0 B → 4096 B, a change of +4096 B (new)");
	expect(OPJ_GATE_FAILED, "memory >= +4KiB", "");
	expect(OPJ_GATE_PASSED, "memory > +4KiB", "");
	expect(OPJ_GATE_FAILED, "memory > +4kB", "");
	expect(OPJ_GATE_FAILED, "memory > +4KB", "");
	expect(OPJ_GATE_PASSED, "memory > +4K", "");
	expect(OPJ_GATE_PASSED, "memory > +0.001TiB", "");
}

Test(gate, modules_by_pattern)
{
	expect(OPJ_GATE_FAILED, "flop @ Net.fc > +0", "flop of Net.fc: 1000 → 2000, a change of +1000 (+100.0 %)");
	expect(OPJ_GATE_FAILED, "flop@Net.conv<0", "flop of Net.conv_wide");
	expect(OPJ_GATE_FAILED, "flop @ *_wide < 0", "flop of Net.conv_wide");
	expect(OPJ_GATE_FAILED, "flop @ Net.?c > +99%", "");
	expect(OPJ_GATE_PASSED, "flop @ Net.conv* > +0", "");
	expect(OPJ_GATE_FAILED, "flop @ * > +0", "\nflop of Net.new");
	expect(OPJ_GATE_FAILED, "calls @ * != 0", "calls of Net.fc: 8 → 4");
	expect(OPJ_GATE_WRONG, "flop @ Net.nothing > +0", "no module of A or B");
	expect(OPJ_GATE_WRONG, "calls > +0", "has no total");
}

Test(gate, sparsity_in_points_and_percent)
{
	expect(OPJ_GATE_FAILED, "sparsity.out @ Net.conv < -4.9pp", "80.0 % → 75.0 %, a change of -5.0 pp");
	expect(OPJ_GATE_PASSED, "sparsity.out @ Net.conv < -5.1pp", "");
	expect(OPJ_GATE_FAILED, "sparsity.out @ Net.conv < -6%", "");
	expect(OPJ_GATE_PASSED, "sparsity.out @ Net.new != 0", "");
}

Test(gate, what_is_not_known_does_not_pass)
{
	expect(OPJ_GATE_FAILED, "time > +5%", "time of the whole run is not known in A");
	expect(OPJ_GATE_FAILED, "sparsity.out @ Net.fc > +50pp", "not known in A and B");
}

static void refuse(const char *condition, size_t at, size_t length, const char *text)
{
	struct opj_gate gate;
	struct opj_error err = {""};
	struct opj_gate_place place;
	cr_assert_eq(opj_gate_init(&gate, condition, &place, &err), -1, "%s", condition);
	cr_assert(strstr(err.text, text), "%s: no \"%s\" in: %s", condition, text, err.text);
	cr_assert_eq(place.at, at, "%s: at %zu", condition, place.at);
	cr_assert_eq(place.length, length, "%s: length %zu", condition, place.length);
	opj_gate_finish(&gate);
}

Test(gate, wrong_conditions_and_where)
{
	refuse("", 0, 0, "a metric");
	refuse("  ", 2, 0, "a metric");
	refuse("> +5%", 0, 0, "a metric");
	refuse("flop", 4, 0, "a comparison");
	refuse("flop = 5", 5, 1, "a comparison");
	refuse("flop +5%", 5, 3, "a comparison");
	refuse("flop @ > 0", 7, 0, "a pattern");
	refuse("flop @ a b > 0", 9, 1, "a comparison");
	refuse("flop >", 6, 0, "a limit");
	refuse("flop > five", 7, 4, "a limit");
	refuse("flop > +inf", 7, 4, "a limit");
	refuse("flop > +-5", 7, 3, "a limit");
	refuse("flop > 5%", 7, 2, "has a sign");
	refuse("flop > +1e999", 7, 6, "finite");
	refuse("flop > +5 % or so", 10, 1, "nothing may follow");
	refuse("flop > +5abcdefgh", 9, 8, "nothing may follow");
}

Test(gate, places_of_what_only_the_diff_knows)
{
	struct opj_error err;
	struct opj_gate_place place;
	judge(" flops @ Net.fc > +5%", &err, &place);
	cr_assert(place.at == 1 && place.length == 5);
	judge("flop @ None.* > +5%", &err, &place);
	cr_assert(place.at == 7 && place.length == 6);
	judge("flop @ * > +5 uJ", &err, &place);
	cr_assert(place.at == 14 && place.length == 2);
}

/* Whatever is typed is read or refused, and the place lies in it. */
Test(gate, random_conditions)
{
	static const char *const parts[] = {"flop", "energy", "[",  "]", "@",  "*",  "Net.", ">",  "<",
					    "=",    "==",     "!=", "+", "-",  "5",  ".",    "%",  " ",
					    "uJ",   "µ",      "e",  "9", "[a", "\t", "0x",   "inf"};
	unsigned seed = 1;
	for (int round = 0; round < 20000; round++) {
		char text[128] = "";
		for (int i = rand_r(&seed) % 12; i > 0; i--)
			strcat(text, parts[(size_t)rand_r(&seed) % (sizeof parts / sizeof *parts)]);
		struct opj_gate gate;
		struct opj_gate_place place;
		struct opj_error err = {""};
		if (opj_gate_init(&gate, text, &place, &err) == 0) {
			struct opj_diff it = diff();
			char *why;
			place = (struct opj_gate_place){0};
			opj_gate_judge(&gate, &it, &why, &place, &err);
			free(why);
			opj_gate_finish(&gate);
		} else {
			cr_assert(*err.text);
		}
		cr_assert(place.at + place.length <= strlen(text), "%s", text);
	}
}
