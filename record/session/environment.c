/* record/session/environment.c: see environment.h. What cannot be had is left out. */
#include "environment.h"
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first line of a file without its end; false where there is none. */
static bool read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");
	bool found = file && fgets(line, size, file);
	if (found)
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return found;
}

struct opj_git_state opj_git_state_read(void)
{
	static const char dirty[] = "-dirty";
	struct opj_git_state state = {.commit = ""};
	FILE *git = popen("git describe --always --dirty --abbrev=64 --exclude='*' 2>/dev/null", "re");
	if (!git)
		return state;
	char line[128] = "";
	bool found = fgets(line, sizeof line, git) != NULL;
	if (pclose(git) != 0 || !found)
		return state;
	line[strcspn(line, "\n")] = '\0';
	char *end = strstr(line, dirty);
	state.dirty = end != NULL;
	if (end)
		*end = '\0';
	snprintf(state.commit, sizeof state.commit, "%.64s", line);
	return state;
}

/* Models of NVIDIA's GPUs, as their driver lists them: /proc/driver/nvidia/gpus/<bus>/information. */
static void put_gpus(struct opj_json *out)
{
	static const char folder[] = "/proc/driver/nvidia/gpus";
	char path[512], line[256];
	DIR *gpus = opendir(folder);
	if (!gpus)
		return;
	opj_json_array(out, "gpus");
	for (struct dirent *entry; (entry = readdir(gpus));) {
		snprintf(path, sizeof path, "%s/%.200s/information", folder, entry->d_name);
		if (entry->d_name[0] != '.' && read_line(path, line, sizeof line) && strncmp(line, "Model:", 6) == 0)
			opj_json_string(out, NULL, line + 6 + strspn(line + 6, " \t"));
	}
	opj_json_array_end(out);
	closedir(gpus);
	if (read_line("/sys/module/nvidia/version", line, sizeof line))
		opj_json_string(out, "gpu_driver", line);
}

/* Which one of many processes this is, as launchers say it to each. */
static void put_ranks(struct opj_json *out)
{
	static const struct {
		const char *variable, *key;
	} ranks[] = {{"RANK", "rank"}, {"WORLD_SIZE", "world_size"}, {"LOCAL_RANK", "local_rank"}};
	for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
		const char *text = getenv(ranks[i].variable);
		char *end;
		long number = text ? strtol(text, &end, 10) : -1;
		if (text && *text && *end == '\0' && number >= 0)
			opj_json_integer(out, ranks[i].key, number);
	}
}

void opj_environment_write(struct opj_json *out, const struct opj_git_state *git)
{
	char line[256];
	cpu_set_t set;
	long cores = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	opj_json_object(out, "environment");
	if (cores > 0)
		opj_json_integer(out, "cores", cores);
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		opj_json_integer(out, "usable_cores", CPU_COUNT(&set));
	if (pages > 0 && page > 0)
		opj_json_integer(out, "memory_bytes", (int64_t)pages * page);
	if (read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", line, sizeof line))
		opj_json_string(out, "governor", line);
	put_gpus(out);
	put_ranks(out);
	if (git->commit[0]) {
		opj_json_string(out, "git_commit", git->commit);
		opj_json_bool(out, "git_dirty", git->dirty);
	}
	opj_json_object_end(out);
}
