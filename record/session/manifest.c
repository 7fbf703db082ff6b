/* record/session/manifest.c: the manifest as JSON text.
 *
 * Only facts of the run and of the host are read here, nothing is written but the text. */
#include "manifest.h"
#include "record/base/json.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

void opj_manifest_time(char text[32])
{
	struct timespec now;
	struct tm utc;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t length = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, 32 - length, ".%03ldZ", now.tv_nsec / 1000000);
}

uint64_t opj_run_unseen_forks(const struct opj_run *run)
{
	uint64_t forks = 0, recorded = 0;
	for (uint32_t i = 0; i < run->process_count; i++) {
		forks += run->processes[i].status.forks;
		recorded += run->processes[i].status.forked;
	}
	return forks > recorded ? forks - recorded : 0;
}

uint64_t opj_run_ops(const struct opj_run *run)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < run->process_count; i++)
		sum += run->processes[i].status.ops;
	return sum;
}

/* "AMD EPYC 7B13"; on machines whose /proc/cpuinfo names no model, the architecture. */
static void read_cpu(char *text, size_t size, const char *otherwise)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[512];
	snprintf(text, size, "%s", otherwise);
	while (file && fgets(line, sizeof line, file)) {
		char *value = strchr(line, ':');
		if (!value || (strncmp(line, "model name", 10) != 0 && strncmp(line, "Model", 5) != 0))
			continue;
		value += 1 + strspn(value + 1, " \t");
		value[strcspn(value, "\n")] = '\0';
		snprintf(text, size, "%s", value);
		break;
	}
	if (file)
		fclose(file);
}

static void put_host(struct opj_json *out)
{
	struct utsname host;
	char cpu[256], kernel[sizeof host.sysname + sizeof host.release + 2];
	if (uname(&host) < 0)
		memset(&host, 0, sizeof host);
	read_cpu(cpu, sizeof cpu, host.machine);
	snprintf(kernel, sizeof kernel, "%s %s", host.sysname, host.release);
	opj_json_string(out, "host", host.nodename);
	opj_json_string(out, "cpu", cpu);
	opj_json_string(out, "kernel", kernel);
}

static void put_command(struct opj_json *out, char **command)
{
	out->flat = true;
	opj_json_array(out, "command");
	for (int i = 0; command[i]; i++)
		opj_json_string(out, NULL, command[i]);
	opj_json_array_end(out);
	out->flat = false;
}

static void put_exit(struct opj_json *out, const struct opj_run *run)
{
	bool exited = run->exit_status >= 0;
	opj_json_object(out, "exit");
	opj_json_integer(out, exited ? "status" : "signal", exited ? run->exit_status : run->exit_signal);
	opj_json_object_end(out);
}

static void put_chunk(struct opj_json *out, const struct opj_recorded_chunk *chunk)
{
	out->flat = false;
	opj_json_object(out, NULL);
	out->flat = true;
	opj_json_string(out, "path", chunk->path);
	opj_json_unsigned(out, "offset", chunk->frame.offset);
	opj_json_unsigned(out, "size", chunk->frame.size);
	opj_json_unsigned(out, "raw_size", chunk->frame.raw_size);
	opj_json_object_end(out);
}

/* A process has one line, and its chunks one each. */
static void put_process(struct opj_json *out, const struct opj_recorded_process *process)
{
	opj_json_object(out, NULL);
	out->flat = true;
	opj_json_integer(out, "pid", process->pid);
	opj_json_string(out, "name", process->name);
	opj_json_string(out, "model", process->status.model);
	opj_json_string(out, "run", process->status.run);
	opj_json_unsigned(out, "ops", process->status.ops);
	opj_json_unsigned(out, "events", process->status.events);
	opj_json_unsigned(out, "problems", process->status.problems);
	opj_json_bool(out, "ended", process->status.ended);
	opj_json_array(out, "chunks");
	for (uint32_t i = 0; i < process->chunk_count; i++)
		put_chunk(out, &process->chunks[i]);
	opj_json_array_end(out);
	opj_json_object_end(out);
	out->flat = false;
}

static void put_sums(struct opj_json *out, const struct opj_run *run)
{
	uint64_t events = 0, problems = 0;
	for (uint32_t i = 0; i < run->process_count; i++) {
		events += run->processes[i].status.events;
		problems += run->processes[i].status.problems;
	}
	opj_json_unsigned(out, "ops", opj_run_ops(run));
	opj_json_unsigned(out, "events", events);
	opj_json_unsigned(out, "lost_events", run->lost + run->cut);
	opj_json_unsigned(out, "problems", problems);
	opj_json_unsigned(out, "unseen_forks", opj_run_unseen_forks(run));
}

static void put_schema(struct opj_json *out, const struct opj_status *status)
{
	opj_json_object(out, "schema");
	opj_json_unsigned(out, "major", status->schema_major);
	opj_json_unsigned(out, "minor", status->schema_minor);
	opj_json_object_end(out);
}

static void put_manifest(struct opj_json *out, const struct opj_run *run)
{
	static const struct opj_status nobody;
	const struct opj_status *first = run->process_count ? &run->processes[0].status : &nobody;
	opj_json_object(out, NULL);
	opj_json_integer(out, "opj", OPJ_ARCHIVE_FORMAT);
	put_schema(out, first);
	opj_json_string(out, "tool", first->tool);
	opj_json_string(out, "archiver", "opjoule " OPJ_VERSION);
	opj_json_string(out, "framework", first->framework);
	opj_json_string(out, "model", first->model);
	opj_json_string(out, "run", run->name ? run->name : first->run);
	opj_json_string(out, "input", first->input);
	put_command(out, run->command);
	put_host(out);
	opj_environment_write(out, &run->git);
	if (first->facts[0])
		opj_json_raw(out, "facts", first->facts);
	opj_json_string(out, "started", run->started);
	opj_json_string(out, "ended", run->ended);
	put_sums(out, run);
	opj_json_bool(out, "complete", !run->why[0]);
	opj_json_string(out, "why", run->why);
	put_exit(out, run);
	opj_json_array(out, "processes");
	for (uint32_t i = 0; i < run->process_count; i++)
		put_process(out, &run->processes[i]);
	opj_json_array_end(out);
	opj_json_object_end(out);
	opj_json_line(out);
}

char *opj_manifest_text(const struct opj_run *run, size_t *length, struct opj_error *err)
{
	struct opj_buffer text = {0};
	struct opj_json out = {.buffer = &text, .indent = 2};
	put_manifest(&out, run);
	*length = text.size;
	if (opj_json_check(&out, "the manifest", err) == 0 && opj_buffer_text(&text))
		return text.data;
	opj_buffer_finish(&text);
	return NULL;
}

void opj_run_finish(struct opj_run *run)
{
	for (uint32_t i = 0; i < run->process_count; i++) {
		struct opj_recorded_process *process = &run->processes[i];
		opj_packets_finish(&process->packets);
		free(process->chunks);
		free(process->folder);
		free(process->name);
	}
	for (uint32_t i = 0; i < run->silent_count; i++) {
		opj_packets_finish(&run->silent[i].packets);
		free(run->silent[i].folder);
	}
	free(run->processes);
	free(run->silent);
	run->processes = NULL;
	run->silent = NULL;
	run->process_count = run->silent_count = 0;
}
