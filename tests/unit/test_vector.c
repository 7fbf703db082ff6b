/* tests/unit/test_vector.c: arrays that grow. */
#include "record/base/vector.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct item {
	uint64_t number;
	char text[24];
};

Test(vector, a_plain_array_grows_at_the_end)
{
	struct item *items = NULL;
	uint32_t count = 0;
	for (uint32_t i = 0; i < 5000; i++) {
		struct item *added = OPJ_PUSH(items, count);
		cr_assert(added);
		cr_assert_eq(count, i + 1);
		cr_assert_eq(added, &items[i]);
		cr_assert(added->number == 0 && added->text[0] == 0 && added->text[23] == 0, "item %u is not zero", i);
		memset(added, 0xff, sizeof *added);
		added->number = i;
	}
	for (uint32_t i = 0; i < 5000; i++)
		cr_assert_eq(items[i].number, i);
	free(items);
}

Test(vector, what_was_taken_off_the_end_may_come_again)
{
	struct item *items = NULL;
	size_t count = 0;
	for (uint32_t i = 0; i < 9; i++)
		OPJ_PUSH(items, count)->number = i;
	count = 4;
	cr_assert_eq(OPJ_PUSH(items, count)->number, 0);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(items[i].number, i);
	for (uint32_t i = 0; i < 100; i++)
		OPJ_PUSH(items, count)->number = i;
	cr_assert_eq(count, 105);
	cr_assert_eq(items[3].number, 3);
	free(items);
}

Test(vector, too_many_items_leave_the_array_as_it_was)
{
	struct item *items = NULL;
	size_t count = 0;
	cr_assert(OPJ_PUSH(items, count));
	struct item *before = items;
	count = (size_t)1 << 62;
	cr_assert_null(OPJ_PUSH(items, count));
	cr_assert_eq(count, (size_t)1 << 62);
	cr_assert_eq(items, before);
	free(items);
}

Test(vector, a_vector_grows_to_the_index)
{
	struct opj_vector vector = {.item_size = sizeof(struct item)};
	struct item *item = opj_vector_at(&vector, 1000);
	cr_assert_eq(vector.count, 1001);
	item->number = 7;
	item = opj_vector_at(&vector, 3);
	cr_assert_eq(vector.count, 1001);
	cr_assert_eq(item->number, 0);
	item = opj_vector_at(&vector, 100000);
	cr_assert_eq(item->number, 0);
	cr_assert_eq(((struct item *)opj_vector_get(&vector, 1000))->number, 7);
	opj_vector_finish(&vector);
	cr_assert_eq(vector.count, 0);
	item = opj_vector_at(&vector, 0);
	cr_assert(item && item->number == 0, "and may be used again");
	opj_vector_finish(&vector);
}
