/* tests/unit/test_intern.c: byte strings to ids: dense, stable, and compared whole. */
#include "record/base/intern.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(intern, unknown_in_an_empty_table)
{
	struct opj_intern table = {0};
	cr_assert_eq(opj_intern_find(&table, "a", 1, opj_intern_hash("a", 1)), OPJ_INTERN_NONE);
	opj_intern_finish(&table);
}

Test(intern, ids_are_dense_and_stay)
{
	struct opj_intern table = {0};
	char key[16];
	for (uint32_t i = 0; i < 20000; i++) {
		size_t size = (size_t)snprintf(key, sizeof key, "key %u", i);
		uint64_t hash = opj_intern_hash(key, size);
		cr_assert_eq(opj_intern_find(&table, key, size, hash), OPJ_INTERN_NONE);
		cr_assert_eq(opj_intern_add(&table, key, size, hash), i);
	}
	const char *first = opj_intern_key(&table, 0);
	for (uint32_t i = 0; i < 20000; i++) {
		size_t size = (size_t)snprintf(key, sizeof key, "key %u", i);
		cr_assert_eq(opj_intern_find(&table, key, size, opj_intern_hash(key, size)), i);
		cr_assert_eq(opj_intern_text(&table, key), i);
		cr_assert_str_eq(opj_intern_key(&table, i), key);
	}
	cr_assert_eq(table.count, 20000);
	cr_assert_eq(opj_intern_text(&table, "another"), 20000);
	cr_assert_eq(opj_intern_key(&table, 0), first, "keys do not move");
	opj_intern_finish(&table);
}

Test(intern, one_hash_for_all_keys_is_harmless)
{
	struct opj_intern table = {0};
	char key[16];
	for (uint32_t i = 0; i < 500; i++) {
		size_t size = (size_t)snprintf(key, sizeof key, "%u", i);
		cr_assert_eq(opj_intern_find(&table, key, size, 42), OPJ_INTERN_NONE);
		cr_assert_eq(opj_intern_add(&table, key, size, 42), i);
	}
	for (uint32_t i = 0; i < 500; i++) {
		size_t size = (size_t)snprintf(key, sizeof key, "%u", i);
		cr_assert_eq(opj_intern_find(&table, key, size, 42), i);
	}
	opj_intern_finish(&table);
}

Test(intern, a_prefix_is_another_key)
{
	struct opj_intern table = {0};
	cr_assert_eq(opj_intern_add(&table, "abc", 3, 7), 0);
	cr_assert_eq(opj_intern_find(&table, "abcd", 4, 7), OPJ_INTERN_NONE);
	cr_assert_eq(opj_intern_find(&table, "ab", 2, 7), OPJ_INTERN_NONE);
	cr_assert_eq(opj_intern_add(&table, "", 0, 7), 1);
	cr_assert_eq(opj_intern_find(&table, "", 0, 7), 1);
	opj_intern_finish(&table);
}
