/* record/session/cmd_record.c: `opjoule record`: runs a command and leaves an archive of what it recorded.
 *
 * The only place of the session that speaks to the user. Exit status: that of the command; 125 when the recording
 * failed although the command did not; 126 and 127 when the command cannot be run or is not there. */
#include "child.h"
#include "folder.h"
#include "record/base/bar.h"
#include "record/base/command.h"
#include "record/base/quantity.h"
#include "recording.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAILED 125
#define ROTATE_DEFAULT ((uint64_t)256 << 20)
#define POLL_MS 20

struct arguments {
	const char *output, *name;
	uint64_t rotate;
	bool force, quiet, no_git;
};

struct record {
	const struct arguments *arguments;
	char **command; /* ends with NULL */
	char *output;   /* NULL: named after the model when it is known */
	char *part;
	struct opj_git_state git; /* when the command began */
	struct opj_child child;
	struct opj_bar bar;
	struct opj_recording *recording;
};

static int take_bytes(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	return opj_bytes_read(word, at, NULL) == 0
		   ? 0
		   : opj_option_wrong(row, "a size (64MiB, 1GiB, or 0 to turn it off)", word, err);
}

static const struct opj_option_row options[] = {
    {"output", 'o', OPJ_OPT_NAME, .word = "FILE", .at = offsetof(struct arguments, output), .complete = "files",
     .help = "the archive (default: the model's name, .opj)",
     .more = "The default is in the current folder, with a number if that name is taken: _digits\\_scnn.opj_, "
	     "_digits\\_scnn-2.opj_."},
    {"force", 'f', OPJ_OPT_FLAG, .at = offsetof(struct arguments, force), .help = "overwrite FILE",
     .more = "Without it, a file that exists is an error, before the command runs."},
    {"name", 0, OPJ_OPT_TEXT, .word = "RUN", .at = offsetof(struct arguments, name),
     .help = "name of this run in the archive"},
    {"rotate", 0, OPJ_OPT_TAKE, .word = "SIZE", .at = offsetof(struct arguments, rotate), .take = take_bytes,
     .help = "raw trace on the disk before it moves into the archive (default 256MiB; 0: all of it)",
     .more =
	 "It moves while recording goes on. A process that records faster than the archive is written is held back "
	 "when there is twice as much. LTTng takes half a second for each turn, so sizes below some 64 MiB slow fast "
	 "recordings down. With _0_ everything is moved at the end."},
    {"no-git", 0, OPJ_OPT_FLAG, .at = offsetof(struct arguments, no_git),
     .help = "do not ask git which commit is checked out",
     .more = "Otherwise the archive names the commit of the current folder, and whether files differed from it."},
    {"quiet", 'q', OPJ_OPT_FLAG, .at = offsetof(struct arguments, quiet), .help = "no progress and no summary",
     .more = "Errors are still reported."},
    {NULL}};

static const struct opj_option_group groups[] = {{options}, {NULL}};

#define say(...) opj_command_say("record", __VA_ARGS__)

/* The folder that a file is in; the caller frees. */
static char *folder_of(const char *path)
{
	char *copy = strdup(path);
	char *folder = copy ? strdup(dirname(copy)) : NULL;
	free(copy);
	return folder;
}

/* Where the archive grows, and whether it may. */
static int choose_part(struct record *record)
{
	struct stat info;
	if (record->output && lstat(record->output, &info) == 0) {
		if (S_ISDIR(info.st_mode)) {
			say("%s: is a folder", record->output);
			return -1;
		}
		if (!record->arguments->force) {
			say("%s: exists already; --force overwrites it", record->output);
			return -1;
		}
		if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
			say("%s: is not a regular file", record->output);
			return -1;
		}
	}
	record->part =
	    record->output ? opj_path("%s.part", record->output) : opj_path("opjoule-%ld.opj.part", (long)getpid());
	if (!record->part)
		say("out of memory");
	return record->part ? 0 : -1;
}

/* "5000 ops, 1.2 MiB of trace, 0:07" */
static void show_progress(struct record *record)
{
	uint64_t ops, bytes;
	char line[128], size[32], clock[24];
	opj_recording_progress(record->recording, &ops, &bytes);
	snprintf(line, sizeof line, "%llu ops, %s of trace, %s", (unsigned long long)ops, opj_format_size(size, bytes),
		 opj_bar_clock(clock, floor(opj_bar_seconds(&record->bar))));
	opj_bar_line(&record->bar, line);
}

static void tick(void *data)
{
	struct record *record = data;
	opj_child_poll(&record->child, 0);
	if (record->recording && !record->arguments->quiet && opj_bar_due(&record->bar))
		show_progress(record);
}

static int start(struct record *record)
{
	struct opj_error err = {0};
	struct opj_recording_config config = {
	    .part = record->part, .rotate = record->arguments->rotate, .tick = tick, .tick_data = record};
	const char *tmp = getenv("TMPDIR");
	char *beside = folder_of(record->part);
	config.raw_parent = tmp && *tmp ? tmp : beside;
	if (!beside || opj_child_init(&record->child, &err) < 0)
		goto fail;
	record->recording = opj_recording_create(&config, &err);
	if (!record->recording)
		goto fail;
	free(beside);
	opj_bar_begin(&record->bar, "", "ops");
	int status =
	    opj_child_start(&record->child, record->command, opj_recording_status_dir(record->recording), &err);
	if (status)
		say("%s", err.text);
	return status;
fail:
	free(beside);
	say("%s", err.text[0] ? err.text : "out of memory");
	return FAILED;
}

static void name_signal(char *text, size_t size, int number)
{
	const char *name = sigabbrev_np(number);
	snprintf(text, size, name ? "signal %d (SIG%s)" : "signal %d", number, name);
}

/* The command's part of the manifest, and whether the trace is complete. */
static void judge(const struct record *record, struct opj_run *run)
{
	const struct opj_child *child = &record->child;
	char text[48];
	unsigned long long ops = opj_run_ops(run);
	run->command = record->command;
	run->name = record->arguments->name;
	run->git = record->git;
	run->exit_status = child->status;
	run->exit_signal = child->killed_by;
	opj_manifest_time(run->ended);
	if (run->why[0])
		return;
	if (child->interrupted && child->status != 0) {
		name_signal(text, sizeof text, child->interrupted);
		snprintf(run->why, sizeof run->why, "interrupted by %s after %llu ops", text, ops);
		return;
	}
	if (child->killed_by) {
		name_signal(text, sizeof text, child->killed_by);
		snprintf(run->why, sizeof run->why, "killed by %s after %llu ops", text, ops);
		return;
	}
	for (uint32_t i = 0; i < run->process_count; i++) {
		const struct opj_recorded_process *process = &run->processes[i];
		if (!process->status.ended)
			snprintf(run->why, sizeof run->why, "process %ld (%.64s) did not end its recording",
				 process->pid, process->name);
	}
}

/* "Net" or "models/digits.nir" as the name of a file without an ending, in `text`. */
static void model_name(char *text, size_t size, const char *model, const char *command)
{
	const char *source = *model ? model : command;
	const char *slash = strrchr(source, '/');
	snprintf(text, size, "%s", slash && slash[1] ? slash + 1 : source);
	char *dot = strrchr(text, '.');
	if (dot && dot != text && strcmp(dot, ".nir") == 0)
		*dot = '\0';
	for (char *c = text; *c; c++) {
		if (*c == '/' || (unsigned char)*c < 0x20)
			*c = '_';
	}
}

/* Moves the archive to its name. A default name that is taken gets a number. */
static int move_in_place(struct record *record, const struct opj_run *run)
{
	char base[512];
	model_name(base, sizeof base, run->processes[0].status.model, record->command[0]);
	if (record->output) {
		if (rename(record->part, record->output) == 0)
			return 0;
		say("%s: cannot rename %s: %s", record->output, record->part, strerror(errno));
		return -1;
	}
	for (int number = 1; number < 100000; number++) {
		free(record->output);
		record->output = number == 1 ? opj_path("%s.opj", base) : opj_path("%s-%d.opj", base, number);
		if (!record->output)
			break;
		if (renameat2(AT_FDCWD, record->part, AT_FDCWD, record->output, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == EINVAL && access(record->output, F_OK) < 0 && rename(record->part, record->output) == 0)
			return 0; /* a file system that cannot promise not to replace */
		if (errno != EEXIST && errno != EINVAL)
			break;
	}
	say("%s: cannot be named: %s", record->part, strerror(errno));
	return -1;
}

static void summarize(const struct record *record, const struct opj_run *run)
{
	struct stat info;
	char size[32];
	uint64_t ops = opj_run_ops(run);
	if (run->why[0])
		say("%s: the trace is not complete: %s", record->output, run->why);
	if (record->arguments->quiet || stat(record->output, &info) < 0)
		return;
	say("%s: %llu ops, %s%s, %.1f s", record->output, (unsigned long long)ops,
	    opj_format_size(size, (uint64_t)info.st_size), run->why[0] ? "" : ", none lost",
	    opj_bar_seconds(&record->bar));
	if (opj_run_unseen_forks(run))
		say("%s: %llu forked processes recorded nothing", record->output,
		    (unsigned long long)opj_run_unseen_forks(run));
}

/* Nothing to keep: says why. */
static void explain_nothing(const struct record *record, int recorders)
{
	if (recorders == 0)
		say("no process of the command recorded anything: %s does not use the opjoule recorder, or ended "
		    "before it "
		    "did",
		    record->command[0]);
	else
		say("%d processes of the command made a recorder, but no event arrived; is there room in /dev/shm?",
		    recorders);
}

/* Completes the archive. 0, or -1 after a message. */
static int finish(struct record *record)
{
	struct opj_error err = {0};
	int recorders = 0;
	int stopped = opj_recording_stop(record->recording, &recorders, &err);
	struct opj_run *run = opj_recording_run(record->recording);
	bool whole = stopped == 0 && !run->why[0]; /* whatever the command itself did */
	opj_bar_finish(&record->bar);
	if (stopped < 0)
		say("%s", err.text);
	judge(record, run);
	if (run->process_count == 0 && stopped == 0)
		explain_nothing(record, recorders);
	if (stopped < 0 && recorders > 0)
		say("the raw trace is kept in %s", opj_recording_keep_raw(record->recording));
	if (run->process_count == 0)
		return -1;
	if (opj_recording_seal(record->recording, &err) < 0) {
		say("%s; what there is of the archive is kept in %s", err.text, record->part);
		return -1;
	}
	if (move_in_place(record, run) < 0)
		return -1;
	summarize(record, run);
	return whole ? 0 : -1;
}

static int run(struct record *record)
{
	int status = choose_part(record) < 0 ? FAILED : start(record);
	if (status)
		return status;
	while (opj_child_poll(&record->child, POLL_MS)) {
		opj_recording_work(record->recording);
		tick(record);
	}
	int result = finish(record);
	status = opj_child_exit_status(&record->child);
	return status == 0 && result < 0 ? FAILED : status;
}

static int execute(void *values, const struct opj_words *operands, struct opj_error *err)
{
	const struct arguments *arguments = values;
	struct record record = {.arguments = arguments, .command = (char **)operands->list, .child.signals = -1};
	int status = FAILED;
	if (!arguments->no_git)
		record.git = opj_git_state_read();
	if (!arguments->output || (record.output = strdup(arguments->output)))
		status = run(&record);
	else
		opj_fail(err, "out of memory");
	opj_recording_destroy(record.recording);
	opj_child_finish(&record.child);
	free(record.part);
	free(record.output);
	return status;
}

static const struct arguments defaults = {.rotate = ROTATE_DEFAULT};

const struct opj_command opj_command_record = {
    .name = "record",
    .summary = "run a command and record what its executor reports",
    .operands = {"[--] COMMAND…", "command", 1, 0, "programs"},
    .stops = true,
    .about =
	"Runs COMMAND, a program that executes a network and reports its operators, and writes what it reports into "
	"one file, a trace. The other commands of opjoule read traces, as often as wanted, without the network.",
    .examples = "  opjoule record -o run.opj -- opjoule run model.nir --input x.npy\n"
		"  opjoule record --rotate 64MiB -o train.opj -- python3 train.py\n",
    .groups = groups,
    .size = sizeof(struct arguments),
    .defaults = &defaults,
    .run = execute,
};
