/* analyze/engine/report.c: filling the tree of figures.
 *
 * Keys of a path are walked and made where they are missing; jansson keeps the order in which keys were first set. */
#include "report.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct opj_report *opj_report_create(void)
{
	struct opj_report *report = calloc(1, sizeof *report);
	if (!report)
		return NULL;
	report->fields = json_object();
	report->warnings = json_array();
	report->uncovered = json_object();
	report->parts = json_object();
	bool made = report->fields && report->warnings && report->uncovered && report->parts;
	for (int i = 0; i < 3; i++) {
		report->shares[i] = json_object();
		made = made && report->shares[i];
	}
	if (!made) {
		opj_report_destroy(report);
		return NULL;
	}
	return report;
}

void opj_report_destroy(struct opj_report *report)
{
	if (!report)
		return;
	for (int i = 0; i < 3; i++)
		json_decref(report->shares[i]);
	json_decref(report->parts);
	json_decref(report->uncovered);
	json_decref(report->warnings);
	json_decref(report->fields);
	free(report);
}

int opj_report_check(const struct opj_report *report, struct opj_error *err)
{
	return report->failed ? opj_fail(err, "report: %s", report->failure) : 0;
}

static void fail(struct opj_report *report, const char *what, const char *key)
{
	if (!report->failed)
		snprintf(report->failure, sizeof report->failure, "%s%s%s", key ? key : "", key ? ": " : "", what);
	report->failed = true;
}

/* The one name of an estimator's total. */
static const char total_key[] = "energy_total_pj";

static bool names_element(const char *key)
{
	return key && (strcmp(key, OPJ_REPORT_NEXT) == 0 || strcmp(key, OPJ_REPORT_LAST) == 0);
}

/* From a container to the one under `key`, made where it is missing: a list where the key after names an element. NULL:
 * something else stands there, or no memory. */
static json_t *step(json_t *at, const char *key, const char *after)
{
	json_t *child;
	if (names_element(key)) {
		if (strcmp(key, OPJ_REPORT_LAST) == 0)
			return json_array_get(at, json_array_size(at) - 1);
		child = json_object();
		return json_array_append_new(at, child) ? NULL : child;
	}
	child = json_object_get(at, key);
	if (!child && json_object_set_new(at, key, child = names_element(after) ? json_array() : json_object()))
		return NULL;
	return names_element(after) == json_is_array(child) && (json_is_array(child) || json_is_object(child)) ? child
													       : NULL;
}

/* Puts a leaf (a new reference, or NULL where it could not be made) at a path. */
static void put(struct opj_report *report, json_t *leaf, va_list path)
{
	json_t *at = report->fields;
	const char *key = va_arg(path, const char *);
	for (const char *next; leaf && key && (next = va_arg(path, const char *)); key = next) {
		at = step(at, key, next);
		if (!at) {
			fail(report, "something else stands there, or out of memory", key);
			json_decref(leaf);
			return;
		}
	}
	if (!key || names_element(key)) {
		json_decref(leaf);
		fail(report, "a figure needs a name", key);
	} else if (at == report->fields && strcmp(key, total_key) == 0) {
		json_decref(leaf);
		fail(report, "a total is stated by opj_report_total", key);
	} else if (json_object_set_new(at, key, leaf)) {
		fail(report, "could not be set (not finite, not UTF-8, or out of memory)", key);
	}
}

void opj_report_number(struct opj_report *report, double value, ...)
{
	va_list path;
	va_start(path, value);
	put(report, json_real(value), path);
	va_end(path);
}

void opj_report_total(struct opj_report *report, double pj)
{
	if (report->totalled)
		fail(report, "the total is stated twice", total_key);
	report->totalled = true;
	report->total_pj = pj;
	if (json_object_set_new(report->fields, total_key, json_real(pj)))
		fail(report, "could not be set (not finite, or out of memory)", total_key);
}

void opj_report_count(struct opj_report *report, int64_t value, ...)
{
	va_list path;
	va_start(path, value);
	put(report, json_integer(value), path);
	va_end(path);
}

void opj_report_string(struct opj_report *report, const char *value, ...)
{
	va_list path;
	va_start(path, value);
	put(report, json_string(value), path);
	va_end(path);
}

void opj_report_flag(struct opj_report *report, int value, ...)
{
	va_list path;
	va_start(path, value);
	put(report, json_boolean(value), path);
	va_end(path);
}

static json_t *make_list(const int64_t *values, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, json_integer(values[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void opj_report_counts(struct opj_report *report, const int64_t *values, size_t count, ...)
{
	va_list path;
	va_start(path, count);
	put(report, values ? make_list(values, count) : json_null(), path);
	va_end(path);
}

void opj_report_strings(struct opj_report *report, const char *const *values, size_t count, ...)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, json_string(values[i]))) {
			json_decref(list);
			list = NULL;
		}
	}
	va_list path;
	va_start(path, count);
	put(report, list, path);
	va_end(path);
}

void opj_report_list(struct opj_report *report, ...)
{
	va_list path;
	va_start(path, report);
	put(report, json_array(), path);
	va_end(path);
}

void opj_report_section(struct opj_report *report, ...)
{
	json_t *at = report->fields;
	va_list path;
	va_start(path, report);
	const char *key = va_arg(path, const char *);
	for (const char *next; at && key; key = next) {
		next = va_arg(path, const char *);
		at = step(at, key, next);
		if (!at)
			fail(report, "something else stands there, or out of memory", key);
	}
	va_end(path);
}

void opj_report_warn(struct opj_report *report, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	json_t *text = json_vsprintf(format, args);
	va_end(args);
	if (!text || json_array_append_new(report->warnings, text))
		fail(report, "a warning could not be kept", NULL);
}

void opj_report_uncovered(struct opj_report *report, const char *what, int64_t count)
{
	if (json_object_set_new(report->uncovered, what, json_integer(count)))
		fail(report, "could not be listed as uncovered (not UTF-8, or out of memory)", what);
}

void opj_report_part(struct opj_report *report, const char *whole, const char *part)
{
	if (json_object_set_new(report->parts, part, json_string(whole)))
		fail(report, "could not be noted as a part (not UTF-8, or out of memory)", part);
}

void opj_report_share(struct opj_report *report, enum opj_axis axis, const char *name, double pj)
{
	if (json_object_set_new(report->shares[axis], name, json_real(pj)))
		fail(report, "its energy could not be set (not finite, or out of memory)", name);
}

bool opj_report_find_share(const struct opj_report *report, enum opj_axis axis, const char *name, double *pj)
{
	json_t *share = json_object_get(report->shares[axis], name);
	if (share)
		*pj = json_real_value(share);
	return share != NULL;
}
