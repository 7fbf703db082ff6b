/* tests/unit/test_storage.c: storages as distances, read back by an independent reader of the rules in docs/trace.md.
 */
#include "record/storage.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct opj_storage_table *table_create(void)
{
	struct opj_storage_table *table = calloc(1, sizeof *table);
	table->next = 1;
	return table;
}

/* "n >= 0: next - n; n < 0: the id -n" */
static uint64_t decode(uint64_t *next, int64_t n)
{
	uint64_t id = n >= 0 ? *next - (uint64_t)n : (uint64_t)-n;
	if (id >= *next)
		*next = id + 1;
	return id;
}

Test(storage, a_new_block_is_zero)
{
	struct opj_storage_table *table = table_create();
	cr_assert_eq(opj_storage_encode(table, 1), 0);
	cr_assert_eq(opj_storage_encode(table, 2), 0);
	cr_assert_eq(opj_storage_encode(table, 2), 1);
	cr_assert_eq(opj_storage_encode(table, 1), 2);
	cr_assert_eq(opj_storage_encode(table, 10), -10);
	cr_assert_eq(opj_storage_encode(table, 11), 0);
	free(table);
}

Test(storage, what_is_written_can_be_read)
{
	struct opj_storage_table *table = table_create();
	uint64_t next = 1;
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint64_t id = 1 + (uint64_t)(rand() % (i + 10));
		if (i % 1000 == 999)
			id = OPJ_STORAGE_MAX - (uint64_t)(rand() % 50);
		cr_assert_eq(decode(&next, opj_storage_encode(table, id)), id);
	}
	free(table);
}

static bool announced(struct opj_storage_table *table, uint64_t id)
{
	bool announce;
	opj_storage_slot(table, id, &announce);
	return announce;
}

Test(storage, an_address_is_announced_once_until_its_slot_is_taken)
{
	struct opj_storage_table *table = table_create();
	cr_assert(announced(table, 5));
	cr_assert_not(announced(table, 5));
	cr_assert(announced(table, 6));
	cr_assert_not(announced(table, 5));
	cr_assert(announced(table, 5 + OPJ_STORAGE_SLOTS));
	cr_assert(announced(table, 5));
	free(table);
}

Test(storage, a_slot_remembers_facts_until_another_storage_takes_it)
{
	struct opj_storage_table *table = table_create();
	bool announce;
	opj_storage_slot(table, 5, &announce)->nnz = 7;
	cr_assert_eq(opj_storage_slot(table, 5, &announce)->nnz, 7);
	cr_assert_eq(opj_storage_slot(table, 5 + OPJ_STORAGE_SLOTS, &announce)->nnz, 0);
	cr_assert_eq(opj_storage_slot(table, 5, &announce)->nnz, 0);
	free(table);
}
