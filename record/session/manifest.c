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

/* Null, which reads as unknown, where memory ran out. */
static void put_string(FILE *out, const char *text)
{
	struct opj_buffer json = {0};
	opj_json_string(&json, text);
	if (json.failed)
		fputs("null", out);
	else
		fwrite(json.data, 1, json.size, out);
	opj_buffer_finish(&json);
}

static void put_field(FILE *out, const char *key, const char *text)
{
	fprintf(out, "  \"%s\": ", key);
	put_string(out, text);
	fputs(",\n", out);
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

static void put_host(FILE *out)
{
	struct utsname host;
	char cpu[256], kernel[sizeof host.sysname + sizeof host.release + 2];
	if (uname(&host) < 0)
		memset(&host, 0, sizeof host);
	read_cpu(cpu, sizeof cpu, host.machine);
	snprintf(kernel, sizeof kernel, "%s %s", host.sysname, host.release);
	put_field(out, "host", host.nodename);
	put_field(out, "cpu", cpu);
	put_field(out, "kernel", kernel);
}

static void put_command(FILE *out, char **command)
{
	fputs("  \"command\": [", out);
	for (int i = 0; command[i]; i++) {
		fputs(i ? ", " : "", out);
		put_string(out, command[i]);
	}
	fputs("],\n", out);
}

static void put_exit(FILE *out, const struct opj_run *run)
{
	if (run->exit_status >= 0)
		fprintf(out, "  \"exit\": {\"status\": %d},\n", run->exit_status);
	else
		fprintf(out, "  \"exit\": {\"signal\": %d},\n", run->exit_signal);
}

static void put_process(FILE *out, const struct opj_recorded_process *process)
{
	fprintf(out, "    {\"pid\": %ld, \"name\": ", process->pid);
	put_string(out, process->name);
	fputs(", \"model\": ", out);
	put_string(out, process->status.model);
	fputs(", \"run\": ", out);
	put_string(out, process->status.run);
	fprintf(out,
		", \"ops\": %" PRIu64 ", \"events\": %" PRIu64 ", \"problems\": %" PRIu64
		", \"ended\": %s, \"chunks\": [",
		process->status.ops, process->status.events, process->status.problems,
		process->status.ended ? "true" : "false");
	for (uint32_t i = 0; i < process->chunk_count; i++) {
		const struct opj_recorded_chunk *chunk = &process->chunks[i];
		fprintf(out,
			"%s\n      {\"path\": \"%s\", \"offset\": %" PRIu64 ", \"size\": %" PRIu64
			", \"raw_size\": %" PRIu64 "}",
			i ? "," : "", chunk->path, chunk->frame.offset, chunk->frame.size, chunk->frame.raw_size);
	}
	fputs("]}", out);
}

static void put_sums(FILE *out, const struct opj_run *run)
{
	uint64_t events = 0, problems = 0;
	for (uint32_t i = 0; i < run->process_count; i++) {
		events += run->processes[i].status.events;
		problems += run->processes[i].status.problems;
	}
	fprintf(out,
		"  \"ops\": %" PRIu64 ",\n  \"events\": %" PRIu64 ",\n  \"lost_events\": %" PRIu64
		",\n  \"problems\": %" PRIu64 ",\n  \"unseen_forks\": %" PRIu64 ",\n",
		opj_run_ops(run), events, run->lost + run->cut, problems, opj_run_unseen_forks(run));
}

static void put_manifest(FILE *out, const struct opj_run *run)
{
	static const struct opj_status nobody;
	const struct opj_status *first = run->process_count ? &run->processes[0].status : &nobody;
	fprintf(out, "{\n  \"opj\": %d,\n  \"schema\": {\"major\": %" PRIu32 ", \"minor\": %" PRIu32 "},\n",
		OPJ_ARCHIVE_FORMAT, first->schema_major, first->schema_minor);
	put_field(out, "tool", first->tool);
	put_field(out, "archiver", "opjoule " OPJ_VERSION);
	put_field(out, "framework", first->framework);
	put_field(out, "model", first->model);
	put_field(out, "run", run->name ? run->name : first->run);
	put_field(out, "input", first->input);
	put_command(out, run->command);
	put_host(out);
	put_field(out, "started", run->started);
	put_field(out, "ended", run->ended);
	put_sums(out, run);
	fprintf(out, "  \"complete\": %s,\n", run->why[0] ? "false" : "true");
	put_field(out, "why", run->why);
	put_exit(out, run);
	fputs("  \"processes\": [", out);
	for (uint32_t i = 0; i < run->process_count; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_process(out, &run->processes[i]);
	}
	fputs("\n  ]\n}\n", out);
}

char *opj_manifest_text(const struct opj_run *run, size_t *length, struct opj_error *err)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	if (out) {
		put_manifest(out, run);
		if (fclose(out) == 0)
			return text;
		free(text);
	}
	opj_fail(err, "the manifest: out of memory");
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
	free(run->processes);
	run->processes = NULL;
	run->process_count = 0;
}
