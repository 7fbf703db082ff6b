/* record/base/json.c: JSON text of scalars and argument trees; strings are json_string.c's.
 *
 * Runs once per definition, not once per op, so it is written for the eye. Numbers are printed under the C locale of
 * the calling thread, whatever the program has set. */
#include "json.h"
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

void opj_json_bool(struct opj_buffer *out, bool boolean)
{
	opj_json_text(out, boolean ? "true" : "false");
}

void opj_json_integer(struct opj_buffer *out, int64_t integer)
{
	char text[24];
	opj_buffer_put(out, text, (size_t)snprintf(text, sizeof text, "%" PRId64, integer));
}

/* The shortest text of a finite number under the C locale; fixed point where that is easy on the eye. Fifteen digits
 * tell most numbers from their neighbours, seventeen all of them; zeros behind the last other digit say nothing. */
static int shortest(char *text, size_t size, double number)
{
	int precision = fabs(number) < DBL_MIN ? 0 : 14; /* subnormal numbers have fewer digits to tell */
	do
		snprintf(text, size, "%.*e", precision, number);
	while (strtod(text, NULL) != number && precision++ < 16);
	const char *exponent_text = strchr(text, 'e');
	int exponent = atoi(exponent_text + 1);
	for (const char *digit = exponent_text - 1; precision > 0 && *digit == '0'; digit--)
		precision--;
	if (exponent < -5 || exponent > 15)
		return snprintf(text, size, "%.*e", precision, number);
	int decimals = precision > exponent ? precision - exponent : 1;
	return snprintf(text, size, "%.*f", decimals, number);
}

static locale_t plain;

static void plain_create(void)
{
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void opj_json_float(struct opj_buffer *out, double number)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (isnan(number) || isinf(number)) {
		opj_json_text(out, isnan(number) ? "{\"f\":\"nan\"}"
				   : number > 0  ? "{\"f\":\"inf\"}"
						 : "{\"f\":\"-inf\"}");
		return;
	}
	pthread_once(&once, plain_create);
	if (!plain) {
		out->failed = true;
		return;
	}
	char text[64];
	locale_t before = uselocale(plain);
	opj_buffer_put(out, text, (size_t)shortest(text, sizeof text, number));
	uselocale(before);
}

void opj_json_integers(struct opj_buffer *out, const int64_t *integers, uint32_t count)
{
	opj_json_text(out, "[");
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			opj_json_text(out, ",");
		opj_json_integer(out, integers[i]);
	}
	opj_json_text(out, "]");
}

static bool tensor_text(struct opj_buffer *out, const struct opj_tensor *tensor)
{
	const char *dtype = opj_dtype_name(tensor->data->dtype), *role = opj_role_name(tensor->role);
	if (!dtype)
		return false;
	opj_json_text(out, "{\"T\":");
	opj_json_integers(out, tensor->data->shape, (uint32_t)tensor->data->ndim);
	opj_json_text(out, ",\"d\":");
	opj_json_string(out, dtype);
	if (tensor->requires_grad)
		opj_json_text(out, ",\"g\":1");
	if (tensor->name) {
		opj_json_text(out, ",\"p\":");
		opj_json_string(out, tensor->name);
	}
	if (role) {
		opj_json_text(out, ",\"r\":");
		opj_json_string(out, role);
	}
	opj_json_text(out, "}");
	return true;
}

bool opj_json_value(struct opj_buffer *out, const struct opj_value *value, const struct opj_tensor *tensors)
{
	switch (value->type) {
	case OPJ_VALUE_NONE:
		opj_json_text(out, "null");
		return true;
	case OPJ_VALUE_BOOL:
		opj_json_bool(out, value->u.boolean);
		return true;
	case OPJ_VALUE_INT:
		opj_json_integer(out, value->u.integer);
		return true;
	case OPJ_VALUE_FLOAT:
		opj_json_float(out, value->u.number);
		return true;
	case OPJ_VALUE_STRING:
		opj_json_string(out, value->u.string);
		return true;
	case OPJ_VALUE_TENSOR:
		return tensor_text(out, &tensors[value->u.tensor]);
	case OPJ_VALUE_LIST:
		return opj_json_list(out, value->u.items, value->count, tensors);
	case OPJ_VALUE_INTS:
		opj_json_integers(out, value->u.ints, value->count);
		return true;
	}
	return false;
}

bool opj_json_list(struct opj_buffer *out, const struct opj_value *values, uint32_t count,
		   const struct opj_tensor *tensors)
{
	opj_json_text(out, "[");
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			opj_json_text(out, ",");
		if (!opj_json_value(out, &values[i], tensors))
			return false;
	}
	opj_json_text(out, "]");
	return true;
}

bool opj_json_object(struct opj_buffer *out, const struct opj_value *values, uint32_t count,
		     const struct opj_tensor *tensors)
{
	opj_json_text(out, "{");
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			opj_json_text(out, ",");
		opj_json_string(out, values[i].key);
		opj_json_text(out, ":");
		if (!opj_json_value(out, &values[i], tensors))
			return false;
	}
	opj_json_text(out, "}");
	return true;
}
