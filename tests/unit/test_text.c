/* tests/unit/test_text.c: UTF-8, widths on terminals, lists of names, cleaning. */
#include "record/base/text.h"
#include <criterion/criterion.h>
#include <string.h>

Test(text, code_points)
{
	static const struct {
		const char *text;
		uint32_t code;
		size_t length;
	} cases[] = {
	    {"a", 'a', 1},
	    {"\xc2\xb5J", 0xb5, 2},
	    {"\xe2\x82\xac", 0x20ac, 3},
	    {"\xf0\x9f\x98\x80!", 0x1f600, 4},
	    {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
	    {"\x80", 0x80, 1},         /* stray */
	    {"\xc3", 0xc3, 1},         /* cut short */
	    {"\xe2\x82", 0xe2, 1},     /* cut short */
	    {"\xc0\xaf", 0xc0, 1},     /* overlong */
	    {"\xe0\x80\xaf", 0xe0, 1}, /* overlong */
	    {"\xed\xa0\x80", 0xed, 1}, /* a surrogate */
	    {"\xf4\x90\x80\x80", 0xf4, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *at = cases[i].text;
		cr_expect_eq(opj_text_next(&at), cases[i].code, "case %zu", i);
		cr_expect_eq(at - cases[i].text, cases[i].length, "case %zu", i);
	}
}

Test(text, widths_are_cells_of_a_terminal)
{
	cr_expect_eq(opj_text_width(""), 0);
	cr_expect_eq(opj_text_width("Net.conv"), 8);
	cr_expect_eq(opj_text_width("16.26 µJ"), 8);
	cr_expect_eq(opj_text_width("e\xcc\x81"), 1, "a combining accent takes no cell");
	cr_expect_eq(opj_text_width("\xe5\xb1\xa4"), 2, "CJK takes two");
	cr_expect_eq(opj_text_width("\xf0\x9f\x98\x80"), 2, "an emoji takes two");
	cr_expect_eq(opj_text_width("\xff\xfe"), 2, "stray bytes take one each");
}

Test(text, lists_of_names)
{
	char list[16] = "";
	opj_text_list(list, sizeof list, "%s", "flop");
	cr_expect_str_eq(list, "flop");
	opj_text_list(list, sizeof list, "%s=%d", "mac", 3);
	cr_expect_str_eq(list, "flop, mac=3");
	opj_text_list(list, sizeof list, "%s", "memory");
	cr_expect_str_eq(list, "flop, mac=3, me", "what does not fit is cut");
	opj_text_list(list, sizeof list, "%s", "ac");
	cr_expect_str_eq(list, "flop, mac=3, me");
}

Test(text, cleaning_leaves_nothing_a_terminal_obeys)
{
	static const char *const cases[][2] = {
	    {"Net.c\xc3\xb6nv", "Net.c\xc3\xb6nv"},
	    {"a\033[31mb\n\x7f", "a?[31mb??"},
	    {"\xc2\x9b", "??"},               /* CSI of Latin-1 */
	    {"\xe2\x80\xae", "???"},          /* right to left from here */
	    {"\xe2\x81\xa6x", "???x"},        /* isolate */
	    {"\xe2\x80\xa6", "\xe2\x80\xa6"}, /* an ellipsis */
	    {"a\xffz\xc3", "a?z?"},
	    {"\xed\xa0\x80", "???"}, /* a surrogate */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[32];
		strcpy(text, cases[i][0]);
		opj_clean(text);
		cr_expect_str_eq(text, cases[i][1], "case %zu", i);
	}
}
