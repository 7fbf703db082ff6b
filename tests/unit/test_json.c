/* tests/unit/test_json.c: the text of definitions: escapes, numbers that read back equal, trees. */
#include "record/base/json.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

static char *finish(struct opj_buffer *out)
{
	opj_buffer_put(out, "", 1);
	cr_assert_not(out->failed);
	return out->data;
}

static void expect_string(const char *string, const char *text)
{
	struct opj_buffer out = {0};
	opj_json_string(&out, string);
	cr_assert_str_eq(finish(&out), text);
	opj_buffer_finish(&out);
}

static void expect_float(double number, const char *text)
{
	struct opj_buffer out = {0};
	opj_json_float(&out, number);
	cr_assert_str_eq(finish(&out), text);
	opj_buffer_finish(&out);
}

Test(json, strings)
{
	expect_string(NULL, "null");
	expect_string("", "\"\"");
	expect_string("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	expect_string("\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"");
	expect_string("Schicht \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		      "\"Schicht \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

#define BAD "\xef\xbf\xbd"

Test(json, bytes_that_are_not_utf8)
{
	expect_string("a\xff"
		      "b",
		      "\"a" BAD "b\"");
	expect_string("\x80", "\"" BAD "\"");
	expect_string("\xc3", "\"" BAD "\"");                         /* cut short */
	expect_string("\xe2\x82", "\"" BAD BAD "\"");                 /* cut short */
	expect_string("\xc0\xaf", "\"" BAD BAD "\"");                 /* overlong */
	expect_string("\xe0\x80\xaf", "\"" BAD BAD BAD "\"");         /* overlong */
	expect_string("\xed\xa0\x80", "\"" BAD BAD BAD "\"");         /* surrogate */
	expect_string("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""); /* past U+10FFFF */
	expect_string("\xc3\xa9\xc3", "\"\xc3\xa9" BAD "\"");
}

Test(json, floats)
{
	expect_float(0, "0.0");
	expect_float(-0.0, "-0.0");
	expect_float(1, "1.0");
	expect_float(-2.5, "-2.5");
	expect_float(0.1, "0.1");
	expect_float(1200, "1200.0");
	expect_float(1e-8, "1e-08");
	expect_float(1e-5, "0.00001");
	expect_float(1e15, "1000000000000000.0");
	expect_float(1e16, "1e+16");
	expect_float(1e300, "1e+300");
	expect_float(5e-324, "5e-324");
	expect_float(1.7976931348623157e308, "1.7976931348623157e+308");
	expect_float(INFINITY, "{\"f\":\"inf\"}");
	expect_float(-INFINITY, "{\"f\":\"-inf\"}");
	expect_float(NAN, "{\"f\":\"nan\"}");
}

static int digits(const char *text)
{
	int count = 0, zeros = 0;
	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9')
			continue;
		if (*text == '0')
			zeros++;
		else
			count += count ? zeros + 1 : 1, zeros = 0;
	}
	return count;
}

Test(json, floats_read_back_equal_and_are_no_longer_than_needed)
{
	uint64_t state = 88172645463325252;
	for (int i = 0; i < 50000; i++) {
		double number;
		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		memcpy(&number, &state, sizeof number);
		if (i % 2)
			number = (double)(int64_t)(state % 2000001) / 1024 - 900;
		if (!isfinite(number))
			continue;
		struct opj_buffer out = {0};
		opj_json_float(&out, number);
		const char *text = finish(&out);
		cr_assert_eq(strtod(text, NULL), number, "%s is not %a", text, number);
		cr_assert(strpbrk(text, ".e"), "%s would read as an integer", text);
		char shorter[64];
		snprintf(shorter, sizeof shorter, "%.*e", digits(text) >= 2 ? digits(text) - 2 : 0, number);
		cr_assert(digits(text) < 2 || strtod(shorter, NULL) != number, "%s has more digits than needed", text);
		opj_buffer_finish(&out);
	}
}

Test(json, numbers_do_not_depend_on_the_locale)
{
	static const char *const with_comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
	const char *set = NULL;
	for (size_t i = 0; !set && i < sizeof with_comma / sizeof *with_comma; i++)
		set = setlocale(LC_ALL, with_comma[i]);
	if (!set)
		cr_skip_test("no locale with a decimal comma is installed");
	expect_float(1234.5, "1234.5");
	expect_float(1e-9, "1e-09");
	cr_assert_str_eq(localeconv()->decimal_point, ",", "the program's locale is left alone");
}

Test(json, trees)
{
	int64_t shape[] = {2, 3}, steps[] = {1, -2};
	DLTensor data = {.ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape}, scalar = {.dtype = {kDLInt, 64, 1}};
	struct opj_tensor tensors[] = {
	    {.data = &data, .storage = 1, .requires_grad = true, .name = "w", .role = OPJ_ROLE_PARAMETER},
	    {.data = &scalar, .storage = 2},
	};
	struct opj_value inner[] = {OPJ_NONE(), OPJ_TENSOR(1), OPJ_LIST(0, NULL)};
	struct opj_value values[] = {OPJ_TENSOR(0),      OPJ_BOOL(true),     OPJ_INT(INT64_MIN), OPJ_FLOAT(1),
				     OPJ_STRING("a\"b"), OPJ_LIST(3, inner), OPJ_INTS(2, steps)};
	struct opj_buffer out = {0};
	cr_assert(opj_json_list(&out, values, 7, tensors));
	cr_assert_str_eq(finish(&out),
			 "[{\"T\":[2,3],\"d\":\"float32\",\"g\":1,\"p\":\"w\",\"r\":\"parameter\"},true,"
			 "-9223372036854775808,1.0,\"a\\\"b\",[null,{\"T\":[],\"d\":\"int64\"},[]],[1,-2]]");
	opj_buffer_clear(&out);
	struct opj_value keyed[] = {opj_keyed("alpha", OPJ_INT(1)), opj_keyed("dtype", OPJ_STRING("float16"))};
	cr_assert(opj_json_object(&out, keyed, 2, NULL));
	cr_assert_str_eq(finish(&out), "{\"alpha\":1,\"dtype\":\"float16\"}");
	scalar.dtype.bits = 7;
	cr_assert_not(opj_json_list(&out, values, 7, tensors), "a dtype without a name has no text");
	opj_buffer_finish(&out);
}
