/* tests/unit/test_bar.c: the progress line as it is written to a terminal. */
#include "record/base/bar.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

/* What is written to standard error where `done` of `expected` ops took so many seconds. */
static void show(char *text, size_t size, time_t seconds, uint64_t done, uint64_t expected)
{
	struct opj_bar bar;
	opj_bar_begin(&bar, "", "ops");
	bar.terminal = true;
	bar.began.tv_sec -= seconds;
	int before = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	cr_assert(before >= 0 && file && dup2(fileno(file), STDERR_FILENO) >= 0);
	opj_bar_show(&bar, done, expected);
	dup2(before, STDERR_FILENO);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	close(before);
}

/* Three quarters took a little more than three minutes, so one quarter takes a little more than one. */
Test(bar, time_left_is_that_of_the_work_left)
{
	char text[200];
	show(text, sizeof text, 180, 3, 4);
	cr_expect_str_eq(text, "\r\033[K[############----]  75 %, 3 of 4 ops, 1:01 left");
}

Test(bar, without_an_end_the_time_that_passed_is_shown)
{
	char text[200];
	show(text, sizeof text, 180, 3, 0);
	cr_expect_str_eq(text, "\r\033[K3 ops, 3:01");
}
