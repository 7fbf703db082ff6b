/* replay/commands/cmd_info.c: `opjoule info`: what is in a trace. */
#include "info.h"
#include "record/base/bar.h"
#include "record/base/command.h"
#include "util.h"
#include <getopt.h>

static const char usage[] = "usage: opjoule info FILE [--json] [--process N] [--partial]\n\n"
			    "Tells what is in a trace (.opj) or in an op log (.jsonl): where it is from, the model, "
			    "its ops and stages, and how\n"
			    "sparse the inputs and outputs of its modules are.\n\n"
			    "      --json       one JSON object\n"
			    "      --process N  the process to look at where several were recorded, from 1\n"
			    "      --partial    take what there is of a trace that was cut short\n"
			    "  -h, --help       this text\n\n"
			    "examples:\n"
			    "  opjoule info run.opj\n"
			    "  opjoule info run.opj --json | jq .trace.command\n";

struct request {
	const char *path;
	bool json;
	struct opj_trace_options options;
};

/* -1: go on; else the exit status to end with. */
static int parse(struct request *request, int argc, char **argv)
{
	enum { JSON = 256, PROCESS, PARTIAL };
	static const struct option options[] = {{"json", no_argument, NULL, JSON},
						{"process", required_argument, NULL, PROCESS},
						{"partial", no_argument, NULL, PARTIAL},
						{"help", no_argument, NULL, 'h'},
						{NULL}};
	int option;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (option) {
		case JSON:
			request->json = true;
			break;
		case PROCESS:
			if (opj_cmd_number("info", "--process", optarg, &request->options.process))
				return 2;
			break;
		case PARTIAL:
			request->options.partial = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs("`opjoule info --help` explains the command\n", stderr);
			return 2;
		}
	}
	if (argc - optind != 1) {
		opj_cmd_say("info", "one file is wanted, %d were given", argc - optind);
		return 2;
	}
	request->path = argv[optind];
	return -1;
}

static int show(const struct request *request, const struct opj_info *info)
{
	if (!request->json) {
		opj_info_print(info);
		return 0;
	}
	struct opj_json json = {.file = stdout, .indent = 2};
	opj_info_json(info, &json);
	return json.problem != NULL;
}

int opj_cmd_info(int argc, char **argv)
{
	struct request request = {0};
	struct opj_info info = {0};
	struct opj_error err = {0};
	int status = parse(&request, argc, argv);
	if (status >= 0)
		return status;
	struct opj_bar bar;
	request.options.progress = opj_bar_show;
	request.options.progress_data = &bar;
	struct opj_trace *trace = opj_cmd_open("info", request.path, &request.options);
	if (!trace)
		return 1;
	opj_bar_begin(&bar, request.path, "ops");
	status = opj_info_gather(&info, trace, &err) ? 1 : 0;
	opj_bar_finish(&bar);
	if (status) {
		opj_cmd_say("info", "%s", err.text);
	} else {
		opj_cmd_warn("info", trace);
		status = show(&request, &info);
	}
	opj_info_finish(&info);
	opj_trace_close(trace);
	return opj_cmd_finish_output("info") || status;
}
