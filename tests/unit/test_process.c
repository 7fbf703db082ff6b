/* tests/unit/test_process.c: a recorder in its process: threads, forks, a second recorder, late listeners, the page
 * that `opjoule record` watches. */
#include "capture.h"
#include "record/status.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <opjoule/recorder.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct capture capture;
static struct opj_recorder *rec;

static struct opj_recorder *create(struct opj_error *err)
{
	return opj_recorder_create(&(struct opj_recorder_config){.framework = "test", .model = "Net", .run = "r"}, err);
}

static void record(const char *name)
{
	opj_record_op(rec, &(struct opj_op_record){.name = name});
}

enum { THREADS = 8, OPS = 2000 };

/* Ops with storages, scans and definitions of its own, so that all shared parts are in use. */
static void *thread_main(void *argument)
{
	static const char *const stages[] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};
	int me = *(int *)argument;
	float values[16] = {1};
	int64_t shape[1];
	DLTensor data = {.data = values, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 32, 1}, .shape = shape};
	opj_stage_push(rec, stages[me]);
	for (int i = 0; i < OPS; i++) {
		shape[0] = 1 + i % 16;
		opj_module_enter(rec, (uint32_t)(i % 4));
		const struct opj_tensor tensors[] = {{.data = &data, .storage = opj_storage_create(rec), .version = 1},
						     {.data = &data, .storage = 1, .version = (uint64_t)i}};
		const struct opj_value in[] = {OPJ_TENSOR(0), OPJ_TENSOR(1), OPJ_INT(i % 7)};
		opj_record_op(rec, &(struct opj_op_record){
				       .name = "op", .in = in, .in_count = 3, .tensors = tensors, .tensor_count = 2});
		opj_module_exit(rec, (uint32_t)(i % 4));
	}
	opj_stage_pop(rec);
	return NULL;
}

/* Numbers without a gap, and every id defined before its first use. */
static void check_order(const char *text)
{
	uint32_t seq = 0, defined[6] = {0}, kind, id, signature, context;
	for (const char *line = text; *line; line = strchr(line, '\n') + 1, seq++) {
		char *rest;
		cr_assert_eq(strtoul(line, &rest, 10), seq);
		if (sscanf(rest, " define %" SCNu32 ":%" SCNu32, &kind, &id) == 2) {
			cr_assert_eq(id, defined[kind]);
			defined[kind]++;
		} else if (sscanf(rest, " op sig=%" SCNu32 " ctx=%" SCNu32, &signature, &context) == 2) {
			cr_assert(signature < defined[3] && context < defined[2]);
		}
	}
	cr_assert_eq(defined[2], THREADS * 4);
	cr_assert_eq(defined[3], 16 * 7);
}

Test(process, threads_share_one_order)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	capture_start(&capture);
	rec = create(NULL);
	for (int i = 0; i < 4; i++)
		opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "Net"});
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		cr_assert_eq(pthread_create(&threads[i], NULL, thread_main, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(opj_recorder_ops(rec), THREADS * OPS);
	cr_assert_eq(opj_recorder_problems(rec), 0);
	opj_recorder_destroy(rec);
	check_order(capture_text(&capture));
	capture_stop(&capture);
}

Test(process, a_forked_child_is_silent)
{
	capture_start(&capture);
	rec = create(NULL);
	uint32_t module = opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "Net"});
	record("op");
	size_t before = strlen(capture_text(&capture));
	pid_t child = fork();
	if (child == 0) {
		struct opj_error err = {""};
		opj_module_enter(rec, module);
		record("op");
		opj_module_exit(rec, module);
		bool silent = opj_module_define(rec, &(struct opj_module){.path = "N", .cls = "N"}) == UINT32_MAX &&
			      opj_recorder_ops(rec) == 1 && opj_recorder_problems(rec) == 0;
		bool refused = !create(&err) && strstr(err.text, "liblttng-ust-fork.so");
		opj_recorder_destroy(rec);
		_exit(silent && refused && strlen(capture_text(&capture)) == before ? 0 : 1);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child was not silent: %d", status);
	record("op");
	cr_assert_eq(opj_recorder_ops(rec), 2);
	opj_recorder_destroy(rec);
	cr_assert(strstr(capture_text(&capture), "end ops=2 calls=0 optimizers=0 problems=0\n"));
	capture_stop(&capture);
}

Test(process, a_child_of_which_lttng_was_told_can_record)
{
	capture_start(&capture);
	rec = create(NULL);
	record("op");
	opj_fork_before(true);
	pid_t child = fork();
	opj_fork_after(child == 0);
	if (child == 0) {
		record("op");
		bool silent = opj_recorder_ops(rec) == 1;
		struct opj_recorder *own = create(NULL);
		_exit(silent && own && opj_recorder_ops(own) == 0 ? 0 : 1);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child could not: %d", status);
	child = fork();
	if (child == 0)
		_exit(create(NULL) ? 1 : 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		  "what was told of one fork does not hold for the next");
	record("op");
	cr_assert_eq(opj_recorder_ops(rec), 2);
	opj_recorder_destroy(rec);
	capture_stop(&capture);
}

Test(process, one_recorder_speaks_at_a_time)
{
	struct opj_error err;
	capture_start(&capture);
	rec = create(NULL);
	cr_assert_null(create(&err));
	cr_assert(strstr(err.text, "another recorder"));
	opj_recorder_destroy(rec);
	rec = create(NULL);
	cr_assert(rec, "after the first has ended there is room for another");
	opj_recorder_destroy(rec);
	capture_stop(&capture);
}

Test(process, of_two_quiet_recorders_the_first_to_write_speaks)
{
	struct opj_recorder *first = create(NULL), *second = create(NULL);
	cr_assert(first && second);
	capture_start(&capture);
	rec = second;
	record("a");
	rec = first;
	record("b");
	cr_assert_eq(opj_recorder_problems(first), 1);
	opj_recorder_destroy(first);
	rec = second;
	record("a");
	opj_recorder_destroy(second);
	cr_assert(strstr(capture_text(&capture), "5 end ops=2 calls=0 optimizers=0 problems=0\n"), "%s",
		  capture_text(&capture));
	capture_stop(&capture);
}

Test(process, who_listens_late_hears_of_the_modules)
{
	rec = create(NULL);
	uint32_t module = opj_module_define(rec, &(struct opj_module){.path = "Net", .cls = "A"});
	record("unheard");
	capture_start(&capture);
	opj_module_define(rec, &(struct opj_module){.path = "Net.b", .cls = "B"});
	opj_module_enter(rec, module);
	record("heard");
	opj_recorder_destroy(rec);
	const char *text = capture_text(&capture);
	cr_assert(strstr(text, "0 begin 1.1 test|Net|r\n1 define 1:0 0/1 {\"path\":\"Net\",\"cls\":\"A\""), "%s", text);
	cr_assert(strstr(text, "\n2 define 1:1 0/1 {\"path\":\"Net.b\",\"cls\":\"B\""));
	cr_assert(strstr(text, "{\"op\":\"heard\"") && !strstr(text, "unheard"));
	cr_assert(strstr(text, "6 end ops=1 calls=0 optimizers=0 problems=0\n"));
	capture_stop(&capture);
}

static char folder[] = "/tmp/opjoule-test-XXXXXX", page_path[64];

static void watch_start(void)
{
	cr_assert(mkdtemp(folder));
	snprintf(page_path, sizeof page_path, "%s/%ld", folder, (long)getpid());
	setenv(OPJ_RECORD_DIR_ENV, folder, 1);
	capture_start(&capture);
}

static void watch_stop(void)
{
	capture_stop(&capture);
	unlink(page_path);
	rmdir(folder);
}

Test(process, the_page_is_kept_current)
{
	watch_start();
	rec = create(NULL);
	int fd = open(page_path, O_RDONLY);
	cr_assert(fd >= 0);
	const struct opj_status *page = mmap(NULL, sizeof *page, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq((const void *)page, MAP_FAILED);
	cr_assert_eq(page->magic, OPJ_STATUS_MAGIC);
	cr_assert(page->schema_major == OPJ_SCHEMA_MAJOR && page->schema_minor == OPJ_SCHEMA_MINOR);
	cr_assert_str_eq(page->framework, "test");
	cr_assert_str_eq(page->model, "Net");
	cr_assert_str_eq(page->run, "r");
	cr_assert_str_eq(page->tool, "opjoule " OPJ_VERSION);
	record("op");
	record(NULL);
	record("op");
	cr_assert_eq(page->ops, 2);
	cr_assert_eq(page->problems, 1);
	cr_assert_eq(page->events, 5); /* begin, context, signature, two ops */
	cr_assert_eq(page->ended, 0);
	opj_recorder_destroy(rec);
	cr_assert_eq(page->ended, 1);
	cr_assert_eq(page->events, 6);
	close(fd);
	watch_stop();
}

Test(process, a_watched_process_makes_one_recorder)
{
	struct opj_error err;
	watch_start();
	opj_recorder_destroy(create(NULL));
	cr_assert_null(create(&err));
	cr_assert(strstr(err.text, folder) && strstr(err.text, "recorder before"), "%s", err.text);
	watch_stop();
}

Test(process, a_page_that_cannot_be_made_is_an_error_only_when_recorded)
{
	struct opj_error err;
	setenv(OPJ_RECORD_DIR_ENV, "/nonexistent/folder", 1);
	rec = create(&err);
	cr_assert(rec);
	opj_recorder_destroy(rec);
	capture_start(&capture);
	cr_assert_null(create(&err));
	cr_assert(strstr(err.text, "/nonexistent/folder/"), "%s", err.text);
	capture_stop(&capture);
}
