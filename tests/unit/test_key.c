/* tests/unit/test_key.c: calls that differ have different keys, however close their bytes come. */
#include "record/key.h"
#include <criterion/criterion.h>

static struct opj_buffer key_of(const struct opj_call_record *call)
{
	struct opj_buffer key = {0};
	struct opj_walk walk = {.key = &key};
	cr_assert(opj_key_call(&walk, call));
	return key;
}

/* Byte for byte the one state reads like the three keyword arguments; only the number of states keeps them apart. */
Test(key, a_state_is_not_taken_for_keyword_arguments)
{
	const struct opj_state state = {.name = "\3", .dtype = {.lanes = 'a'}};
	const struct opj_value kw[] = {opj_keyed("a", OPJ_NONE()), opj_keyed("", OPJ_NONE()),
				       opj_keyed("", OPJ_NONE())};
	struct opj_buffer stateful = key_of(&(struct opj_call_record){.states = &state, .state_count = 1});
	struct opj_buffer stateless = key_of(&(struct opj_call_record){.kw = kw, .kw_count = 3});
	cr_assert_eq(stateful.size, stateless.size, "the example is as long as it was meant to be");
	cr_expect_neq(memcmp(stateful.data, stateless.data, stateful.size), 0);
	opj_buffer_finish(&stateful);
	opj_buffer_finish(&stateless);
}
