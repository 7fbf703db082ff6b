/* tests/unit/test_json.c: the writer of JSON: layouts, escapes, numbers that read back equal, trees, failures. */
#include "record/base/json.h"
#include "record/base/quantity.h"
#include "record/definition.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

static const char *finish(struct opj_buffer *out)
{
	cr_assert(opj_buffer_text(out));
	return out->data;
}

static void expect_string(const char *string, const char *text)
{
	struct opj_buffer out = {0};
	struct opj_json json = {.buffer = &out};
	opj_json_string(&json, NULL, string);
	cr_assert_str_eq(finish(&out), text);
	opj_buffer_finish(&out);
}

static void expect_float(double number, const char *text)
{
	struct opj_buffer out = {0};
	struct opj_json json = {.buffer = &out};
	opj_json_float(&json, NULL, number);
	cr_assert_str_eq(finish(&out), text);
	opj_buffer_finish(&out);
}

Test(json, strings)
{
	expect_string(NULL, "null");
	expect_string("", "\"\"");
	expect_string("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	expect_string("\b\t\n\f\r\x01\x1f\x7f<", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f<\"");
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
	expect_float(0.0001, "0.0001");
	expect_float(0.00123, "0.00123");
	expect_float(1e-5, "1e-05");
	expect_float(-1.25e-5, "-1.25e-05");
	expect_float(0.9, "0.9");
	expect_float(4.6, "4.6");
	expect_float(1234567890123456.5, "1234567890123456.5");
	expect_float(1e15, "1000000000000000.0");
	expect_float(1e16, "1e+16");
	expect_float(1e300, "1e+300");
	expect_float(5e-324, "5e-324");
	expect_float(9007199254740993, "9007199254740992.0");
	expect_float(5.9e-310, "5.9e-310");
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
		char text[OPJ_NUMBER_TEXT];
		opj_number_text(text, number);
		cr_assert_eq(strtod(text, NULL), number, "%s is not %a", text, number);
		cr_assert(strpbrk(text, ".e"), "%s would read as an integer", text);
		char shorter[64];
		snprintf(shorter, sizeof shorter, "%.*e", digits(text) >= 2 ? digits(text) - 2 : 0, number);
		cr_assert(digits(text) < 2 || strtod(shorter, NULL) != number, "%s has more digits than needed", text);
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

Test(json, layouts)
{
	static const struct {
		uint32_t indent;
		const char *text;
	} layouts[] = {
	    {0, "{\"a\":[1,-2],\"b\":{},\"c\":[],\"d\":{\"e\":null,\"f\":[true]},\"g\":[[],{}]}\n"},
	    {2,
	     "{\n  \"a\": [\n    1,\n    -2\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"d\": {\"e\": null, \"f\": [true]},\n"
	     "  \"g\": [\n    [],\n    {}\n  ]\n}\n"},
	};
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		struct opj_buffer out = {0};
		struct opj_json json = {.buffer = &out, .indent = layouts[i].indent};
		opj_json_object(&json, NULL);
		opj_json_integers(&json, "a", (const int64_t[]){1, -2}, 2);
		opj_json_object(&json, "b");
		opj_json_object_end(&json);
		opj_json_strings(&json, "c", NULL, 0);
		opj_json_object(&json, "d");
		json.flat = true;
		opj_json_null(&json, "e");
		opj_json_array(&json, "f");
		opj_json_bool(&json, NULL, true);
		opj_json_array_end(&json);
		opj_json_object_end(&json);
		json.flat = false;
		opj_json_array(&json, "g");
		opj_json_unsigneds(&json, NULL, NULL, 0);
		opj_json_raw(&json, NULL, "{}");
		opj_json_array_end(&json);
		opj_json_object_end(&json);
		opj_json_line(&json);
		cr_assert_str_eq(finish(&out), layouts[i].text);
		opj_buffer_finish(&out);
	}
}

Test(json, lines_in_a_stream)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct opj_json json = {.file = file, .script = true};
	for (int i = 0; i < 2; i++) {
		opj_json_object(&json, NULL);
		opj_json_unsigned(&json, "<k>", UINT64_MAX);
		opj_json_string(&json, "s", "</script>");
		opj_json_object_end(&json);
		opj_json_line(&json);
	}
	cr_assert_eq(opj_json_check(&json, "memory", NULL), 0);
	fclose(file);
#define LINE "{\"\\u003ck>\":18446744073709551615,\"s\":\"\\u003c/script>\"}\n"
	cr_assert_str_eq(text, LINE LINE);
	free(text);
}

Test(json, the_first_failure_is_kept)
{
	struct opj_error err;
	struct opj_buffer out = {0};
	struct opj_json json = {.buffer = &out};
	opj_json_number(&json, NULL, 1);
	cr_assert_eq(opj_json_check(&json, "report", &err), 0);
	opj_json_number(&json, NULL, NAN);
	out.failed = true;
	opj_json_number(&json, NULL, 2);
	cr_assert_eq(opj_json_check(&json, "report", &err), -1);
	cr_assert_str_eq(err.text, "report: a number in it is not finite");
	out.failed = false;
	cr_assert_str_eq(finish(&out), "1.0", "nothing is written behind a failure");
	opj_buffer_finish(&out);
	FILE *full = fopen("/dev/full", "w");
	json = (struct opj_json){.file = full};
	opj_json_string(&json, NULL, "text");
	fflush(full);
	cr_assert_eq(opj_json_check(&json, "/dev/full", &err), -1);
	cr_assert_str_eq(err.text, "/dev/full: cannot be written");
	fclose(full);
}

static void put_name(struct opj_json *json, const char *key, uint32_t tensor, const void *names)
{
	opj_json_string(json, key, ((const char *const *)names)[tensor]);
}

Test(json, trees)
{
	static const char *const names[] = {"w", "x"};
	int64_t steps[] = {1, -2};
	struct opj_value inner[] = {OPJ_NONE(), OPJ_TENSOR(1), OPJ_LIST(0, NULL)};
	struct opj_value values[] = {OPJ_TENSOR(0),      OPJ_BOOL(true),     OPJ_INT(INT64_MIN), OPJ_FLOAT(1),
				     OPJ_STRING("a\"b"), OPJ_LIST(3, inner), OPJ_INTS(2, steps), OPJ_FLOAT(INFINITY)};
	struct opj_buffer out = {0};
	struct opj_json json = {.buffer = &out};
	opj_json_list(&json, NULL, values, 8, put_name, names);
	opj_json_line(&json);
	struct opj_value keyed[] = {opj_keyed("alpha", OPJ_INT(1)), opj_keyed("dtype", OPJ_STRING("float16"))};
	opj_json_members(&json, NULL, keyed, 2, NULL, NULL);
	cr_assert_str_eq(finish(&out),
			 "[\"w\",true,-9223372036854775808,1.0,\"a\\\"b\",[null,\"x\",[]],[1,-2],{\"f\":\"inf\"}]\n"
			 "{\"alpha\":1,\"dtype\":\"float16\"}");
	opj_buffer_finish(&out);
}

Test(json, tensors_of_a_definition)
{
	int64_t shape[] = {2, 3};
	DLTensor data = {.ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape}, scalar = {.dtype = {kDLInt, 64, 1}};
	struct opj_tensor tensors[] = {
	    {.data = &data, .storage = 1, .requires_grad = true, .name = "w", .role = OPJ_ROLE_PARAMETER},
	    {.data = &scalar, .storage = 2},
	};
	struct opj_value in[] = {OPJ_TENSOR(0)};
	struct opj_op_record op = {
	    .name = "aten.neg", .in = in, .in_count = 1, .out = OPJ_TENSOR(1), .tensors = tensors};
	uint32_t leaves[] = {0, 1};
	struct opj_walk walk = {.tensors = tensors, .tensor_count = 2, .leaf_count = 2, .leaves = leaves};
	struct opj_texts out = {0};
	cr_assert(opj_define_signature(&out, &op, &walk));
	cr_assert_str_eq(finish(&out.text),
			 "{\"op\":\"aten.neg\",\"in\":[{\"T\":[2,3],\"d\":\"float32\",\"g\":1,\"p\":\"w\","
			 "\"r\":\"parameter\"}],\"out\":{\"T\":[],\"d\":\"int64\"}}");
	cr_assert_str_eq(out.more.data, "");
	scalar.dtype.bits = 7;
	cr_assert_not(opj_define_signature(&out, &op, &walk), "a dtype without a name has no text");
	opj_texts_finish(&out);
}
