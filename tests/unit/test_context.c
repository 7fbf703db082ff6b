/* tests/unit/test_context.c: modules, scopes, stages, suspension and gradient mode: which context an op gets. */
#include "capture.h"
#include <criterion/criterion.h>
#include <opjoule/recorder.h>
#include <pthread.h>

static struct capture capture;
static struct opj_recorder *rec;
static uint32_t net, a, b; /* modules "Net", "Net.a", "Net.B" */

static uint32_t define(const char *path)
{
	return opj_module_define(rec, &(struct opj_module){.path = path, .cls = "Module"});
}

static void begin(void)
{
	capture_start(&capture);
	rec = opj_recorder_create(&(struct opj_recorder_config){.framework = "test"}, NULL);
	cr_assert(rec);
	net = define("Net"), a = define("Net.a"), b = define("Net.B");
}

static void finish(uint64_t problems)
{
	cr_assert_eq(opj_recorder_problems(rec), problems);
	opj_recorder_destroy(rec);
	capture_stop(&capture);
}

/* Records an op and checks the id of its context, and the definition that came with it: NULL where there is none. */
static void expect_op(uint32_t context, const char *definition)
{
	size_t before = strlen(capture_text(&capture));
	opj_record_op(rec, &(struct opj_op_record){.name = "op"});
	const char *text = capture_text(&capture) + before;
	char line[60];
	snprintf(line, sizeof line, " op sig=0 ctx=%u\n", context);
	cr_assert(strstr(text, line), "no%s in %s", line, text);
	const char *defined = strstr(text, " define 2:");
	cr_assert(definition ? defined && strstr(defined, definition) : !defined, "%s: %s",
		  definition ? definition : "nothing", text);
}

#define PLAIN ",\"stage\":\"forward\",\"suspended\":false,\"grad\":false}\n"

Test(context, modules_nest)
{
	begin();
	expect_op(0, "{\"mods\":[],\"parents\":[\"Global\"]" PLAIN);
	opj_module_enter(rec, b);
	opj_module_enter(rec, net);
	opj_module_enter(rec, a);
	opj_module_enter(rec, b);
	expect_op(1, "{\"mods\":[0,1,2],\"parents\":[\"Global\",\"Net\",\"Net.B\",\"Net.a\"]" PLAIN);
	opj_module_exit(rec, b);
	expect_op(1, NULL); /* b was entered twice */
	opj_module_exit(rec, a);
	expect_op(2, "{\"mods\":[0,2],\"parents\":[\"Global\",\"Net\",\"Net.B\"]" PLAIN);
	opj_module_enter(rec, a);
	expect_op(1, NULL);
	opj_module_exit(rec, a);
	opj_module_exit(rec, net);
	opj_module_exit(rec, b);
	expect_op(0, NULL);
	finish(0);
}

Test(context, a_pushed_scope_replaces_what_was_and_gives_it_back)
{
	begin();
	const char *const scopes[] = {"Net.z", "Global", "Net.z"};
	const uint32_t modules[] = {b, net};
	opj_module_enter(rec, a);
	expect_op(0, "{\"mods\":[1],\"parents\":[\"Global\",\"Net.a\"]" PLAIN);
	opj_scope_push(rec, modules, 2, scopes, 3);
	expect_op(1, "{\"mods\":[0,2],\"parents\":[\"Global\",\"Net.z\"]" PLAIN);
	opj_module_enter(rec, a); /* counts besides */
	expect_op(2, "{\"mods\":[0,1,2],\"parents\":[\"Global\",\"Net.a\",\"Net.z\"]" PLAIN);
	opj_scope_push(rec, modules, 2, NULL, 0); /* derived */
	expect_op(3, "{\"mods\":[0,2],\"parents\":[\"Global\",\"Net\",\"Net.B\"]" PLAIN);
	opj_scope_pop(rec);
	expect_op(2, NULL);
	opj_scope_pop(rec); /* ends the module entered inside as well */
	expect_op(0, NULL);
	opj_scope_push(rec, NULL, 0, scopes, 0);
	expect_op(4, "{\"mods\":[],\"parents\":[]" PLAIN);
	opj_scope_pop(rec);
	opj_module_exit(rec, a);
	finish(0);
}

/* As many as the list of active modules has room for before it grows, in an order in which the last goes in the middle:
 * one that moves more than there is writes past the end. */
Test(context, many_modules_are_put_in_order)
{
	enum { COUNT = 64 };
	uint32_t modules[COUNT];
	char path[16], expected[512] = "{\"mods\":[0";
	begin();
	for (uint32_t i = 3; i < COUNT; i++) {
		snprintf(path, sizeof path, "Net.m%u", i);
		cr_assert_eq(define(path), i);
	}
	for (uint32_t i = 0; i < COUNT - 1; i++)
		modules[i] = i < COUNT / 2 ? i : i + 1;
	modules[COUNT - 1] = COUNT / 2;
	for (uint32_t i = 1; i < COUNT; i++)
		snprintf(expected + strlen(expected), sizeof expected - strlen(expected), ",%u", i);
	opj_scope_push(rec, modules, COUNT, (const char *const[]){"Global"}, 1);
	strcat(expected, "],\"parents\":[\"Global\"]" PLAIN);
	expect_op(0, expected);
	opj_scope_pop(rec);
	finish(0);
}

Test(context, stages_suspension_and_gradient_mode)
{
	begin();
	opj_stage_push(rec, "backward_t1");
	expect_op(0, "\"stage\":\"backward_t1\",\"suspended\":false,\"grad\":false}\n");
	opj_stage_push(rec, "optimizer");
	opj_suspend(rec);
	opj_suspend(rec);
	expect_op(1, "\"stage\":\"optimizer\",\"suspended\":true,\"grad\":false}\n");
	opj_resume(rec);
	expect_op(1, NULL);
	opj_resume(rec);
	opj_grad_mode(rec, true);
	opj_grad_mode(rec, true);
	expect_op(2, "\"stage\":\"optimizer\",\"suspended\":false,\"grad\":true}\n");
	opj_stage_pop(rec);
	opj_grad_mode(rec, false);
	expect_op(0, NULL);
	opj_stage_pop(rec);
	expect_op(3, "\"parents\":[\"Global\"]" PLAIN);
	finish(0);
}

Test(context, what_does_not_match_is_counted_and_survived)
{
	begin();
	opj_module_exit(rec, a);   /* 1: nothing entered */
	opj_scope_pop(rec);        /* 2 */
	opj_stage_pop(rec);        /* 3 */
	opj_resume(rec);           /* 4 */
	opj_module_enter(rec, 99); /* 5: not defined */
	opj_module_enter(rec, a);
	opj_module_enter(rec, b);
	expect_op(0, "{\"mods\":[1,2]");
	opj_module_exit(rec, a); /* 6: b was left by an exception */
	expect_op(1, "{\"mods\":[]");
	opj_module_exit(rec, 99);
	const uint32_t modules[] = {a, 77};
	const char *const scopes[] = {"x", NULL};
	opj_scope_push(rec, modules, 2, NULL, 0); /* 7: 77 is not defined */
	expect_op(2, "{\"mods\":[1]");
	opj_module_exit(rec, a); /* 8: belongs to the scope */
	expect_op(2, NULL);
	opj_scope_pop(rec);
	opj_scope_push(rec, modules, 1, scopes, 2); /* 9: a name is missing */
	opj_scope_push(rec, NULL, 3, NULL, 0);      /* 10 */
	opj_stage_push(rec, NULL);                  /* 11 */
	opj_stage_pop(rec);
	expect_op(1, NULL);
	finish(11);
}

static void *other_thread(void *unused)
{
	(void)unused;
	expect_op(1, "{\"mods\":[],\"parents\":[\"Global\"]" PLAIN);
	opj_module_enter(rec, b);
	opj_stage_push(rec, "other");
	expect_op(2, "{\"mods\":[2],\"parents\":[\"Global\",\"Net.B\"],\"stage\":\"other\"");
	return NULL;
}

Test(context, each_thread_has_its_own)
{
	pthread_t thread;
	begin();
	opj_module_enter(rec, a);
	expect_op(0, "{\"mods\":[1]");
	pthread_create(&thread, NULL, other_thread, NULL);
	pthread_join(thread, NULL);
	expect_op(0, NULL);
	finish(0);
}

Test(context, a_new_recorder_begins_outside_of_everything)
{
	begin();
	opj_module_enter(rec, a);
	opj_stage_push(rec, "backward");
	opj_recorder_destroy(rec);
	capture_stop(&capture);
	begin();
	expect_op(0, "{\"mods\":[],\"parents\":[\"Global\"]" PLAIN);
	finish(0);
}
