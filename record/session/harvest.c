/* record/session/harvest.c: from LTTng's folders into the archive.
 *
 * LTTng writes the buffers of each process to <chunk>/ust/pid/<program>-<pid>-<date>-<time>. Which of them are ours the
 * status files say (record/status.h), named by pid. The k-th process found becomes trace/<k>, its n-th chunk
 * trace/<k>/<n>; a process keeps its number and its folder name through all chunks. */
#include "harvest.h"
#include "folder.h"
#include "record/base/vector.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_status(const char *dir, long pid, struct opj_status *status)
{
	char *path = opj_path("%s/%ld", dir, pid);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	memset(status, 0, sizeof *status);
	ssize_t length = fd >= 0 ? read(fd, status, sizeof *status) : -1;
	bool valid = length >= (ssize_t)offsetof(struct opj_status, facts) && status->magic == OPJ_STATUS_MAGIC;
	if (fd >= 0)
		close(fd);
	free(path);
	if (!valid)
		return false;
	status->tool[sizeof status->tool - 1] = '\0';
	status->framework[sizeof status->framework - 1] = '\0';
	status->model[sizeof status->model - 1] = '\0';
	status->run[sizeof status->run - 1] = '\0';
	status->input[sizeof status->input - 1] = '\0';
	status->facts[sizeof status->facts - 1] = '\0';
	return true;
}

/* The archive says what it holds, not what its recorder meant to write. Returns how many events are missing; one that
 * was being written when the process ended is not. */
static uint64_t settle_status(struct opj_recorded_process *process)
{
	struct opj_status *status = &process->status;
	uint64_t said = status->events, held = process->held.events, unfinished = status->ended ? 0 : 1;
	if (process->held.unknown)
		return 0;
	status->events = held;
	status->ops = process->held.ops;
	return said > held + unfinished ? said - held - unfinished : 0;
}

void opj_harvest_status(struct opj_run *run, const char *status_dir)
{
	struct opj_status status;
	uint64_t lost = 0;
	for (uint32_t i = 0; i < run->process_count; i++) {
		struct opj_recorded_process *process = &run->processes[i];
		if (read_status(status_dir, process->pid, &status))
			process->status = status;
		*(process->status.ended ? &lost : &run->cut) += settle_status(process);
	}
	run->lost = lost > run->lost ? lost : run->lost;
}

/* Returns how many valid status files there are; *ops receives the sum of their ops. */
static int sum_status(const char *dir, uint64_t *ops)
{
	char **names;
	struct opj_status status;
	int count = opj_folder_list(dir, &names, NULL), valid = 0;
	*ops = 0;
	for (int i = 0; i < count; i++) {
		if (read_status(dir, strtol(names[i], NULL, 10), &status)) {
			*ops += status.ops;
			valid++;
		}
	}
	opj_folder_free(names, count);
	return valid;
}

uint64_t opj_status_ops(const char *status_dir)
{
	uint64_t ops;
	sum_status(status_dir, &ops);
	return ops;
}

void opj_status_hold(const char *status_dir, uint64_t until)
{
	char **names;
	int count = opj_folder_list(status_dir, &names, NULL);
	for (int i = 0; i < count; i++) {
		char *path = opj_path("%s/%s", status_dir, names[i]);
		int fd = path ? open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
		if (fd >= 0 && pwrite(fd, &until, sizeof until, offsetof(struct opj_status, hold)) < 0)
			until = 0; /* not ours to write: nobody to hold back */
		if (fd >= 0)
			close(fd);
		free(path);
	}
	opj_folder_free(names, count);
}

int opj_status_count(const char *status_dir)
{
	uint64_t ops;
	return sum_status(status_dir, &ops);
}

/* Takes "<program>-<pid>-<date>-<time>" apart; *name_length is that of the program. 0: not such a name. */
static long parse_folder(const char *folder, int *name_length)
{
	const char *at = folder + strlen(folder);
	for (int dashes = 0; dashes < 3; at--) {
		if (at == folder)
			return 0;
		dashes += at[-1] == '-';
	}
	*name_length = (int)(at - folder);
	return strtol(at + 1, NULL, 10);
}

static struct opj_recorded_process *find_process(struct opj_run *run, const char *folder)
{
	for (uint32_t i = 0; i < run->process_count; i++) {
		if (strcmp(run->processes[i].folder, folder) == 0)
			return &run->processes[i];
	}
	return NULL;
}

static struct opj_recorded_process *add_process(struct opj_run *run, const char *folder, long pid, int name_length)
{
	struct opj_recorded_process *process = OPJ_PUSH(run->processes, run->process_count);
	if (!process)
		return NULL;
	process->pid = pid;
	process->folder = strdup(folder);
	process->name = strndup(folder, (size_t)name_length);
	if (!process->folder || !process->name) {
		free(process->folder);
		free(process->name);
		run->process_count--;
		return NULL;
	}
	return process;
}

static int add_chunk(struct opj_run *run, struct opj_recorded_process *process, struct opj_archive_writer *writer,
		     const char *dir, struct opj_error *err)
{
	struct opj_recorded_chunk *chunk = OPJ_PUSH(process->chunks, process->chunk_count);
	if (!chunk)
		return opj_fail(err, "%s: out of memory", dir);
	snprintf(chunk->path, sizeof chunk->path, "trace/%ld/%u", process - run->processes + 1, process->chunk_count);
	if (opj_archive_writer_add(writer, chunk->path, dir, &chunk->frame, err) < 0) {
		process->chunk_count--;
		return -1;
	}
	opj_count_add(&process->held, dir);
	return 0;
}

/* Where the packets of a process that has recorded nothing so far are counted; NULL: out of memory. */
static struct opj_packets *silent_packets(struct opj_run *run, const char *folder)
{
	for (uint32_t i = 0; i < run->silent_count; i++) {
		if (strcmp(run->silent[i].folder, folder) == 0)
			return &run->silent[i].packets;
	}
	char *copy = strdup(folder);
	struct opj_silent_process *silent = copy ? OPJ_PUSH(run->silent, run->silent_count) : NULL;
	if (silent)
		silent->folder = copy;
	else
		free(copy);
	return silent ? &silent->packets : NULL;
}

static int harvest_process(struct opj_run *run, struct opj_archive_writer *writer, const char *dir, const char *folder,
			   const char *status_dir, struct opj_error *err)
{
	int name_length = 0;
	struct opj_status status;
	uint64_t lost = 0;
	bool events = false;
	long pid = parse_folder(folder, &name_length);
	if (pid <= 0)
		return 0;
	bool ours = read_status(status_dir, pid, &status);
	struct opj_recorded_process *process = find_process(run, folder);
	struct opj_packets *packets = process ? &process->packets : silent_packets(run, folder);
	if (!packets)
		return opj_fail(err, "%s: out of memory", dir);
	int checked = opj_packets_check(packets, dir, &lost, &events, ours ? err : NULL);
	if (!ours) /* a stranger, or one that makes its recorder later: its packets are empty */
		return 0;
	run->lost += lost;
	if (checked < 0 || (!process && !events))
		return checked;
	if (!process) {
		process = add_process(run, folder, pid, name_length);
		if (!process)
			return opj_fail(err, "%s: out of memory", dir);
		process->packets = *packets;
		*packets = (struct opj_packets){0};
	}
	process->status = status;
	return events ? add_chunk(run, process, writer, dir, err) : 0;
}

int opj_harvest_chunk(struct opj_run *run, struct opj_archive_writer *writer, const char *chunk, const char *status_dir,
		      struct opj_error *err)
{
	char **names = NULL;
	char *parent = opj_path("%s/ust/pid", chunk);
	int count = parent ? opj_folder_list(parent, &names, err) : opj_fail(err, "%s: out of memory", chunk);
	int result = count < 0 ? -1 : 0;
	for (int i = 0; i < count && result == 0; i++) {
		char *dir = opj_path("%s/%s", parent, names[i]);
		result = dir ? harvest_process(run, writer, dir, names[i], status_dir, err)
			     : opj_fail(err, "%s: out of memory", parent);
		free(dir);
	}
	opj_folder_free(names, count);
	free(parent);
	return result;
}
