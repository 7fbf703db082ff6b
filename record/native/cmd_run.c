/* record/native/cmd_run.c: `opjoule run`: reads the command line, runs a NIR network on an input, says what came out.
 * Under `opjoule record` the same run is recorded; by itself it is only a run. */
#include "record/base/command.h"
#include "summary.h"
#include <cblas.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <time.h>

struct arguments {
	struct opj_network_options network;
	const char *input, *output;
	int threads;
	bool quiet, json;
};

static void usage(FILE *out)
{
	fputs("usage: opjoule run MODEL.nir --input X.npy [OPTION…]\n\n"
	      "Runs a network in the Neuromorphic Intermediate Representation on an input [time, batch, …], step by "
	      "step, in\n"
	      "float32. Behind `opjoule record` every operator is recorded; by itself the network only runs.\n\n"
	      "  -i, --input X.npy          a .npy file, or a dataset as FILE.h5:/PATH\n"
	      "      --dt SECONDS           length of a time step, 1e-4 by default\n"
	      "      --reset zero|subtract  a neuron that fires is set to v_reset (default), or loses its threshold\n"
	      "  -o, --output Y.npy         write the output node's values [time, batch, …]\n"
	      "      --threads N            threads of the BLAS, 1 by default\n"
	      "      --name NAME            name of the model in a recording; by default that of its file\n"
	      "      --json                 print the summary as JSON\n"
	      "  -q, --quiet                print no summary\n"
	      "  -h, --help                 this text\n\n"
	      "examples:\n"
	      "  opjoule run model.nir --input x.npy\n"
	      "  opjoule record -o run.opj -- opjoule run model.nir --input spikes.h5:/test/0 --dt 1e-3\n",
	      out);
}

static int fail_usage(const char *text, const char *value)
{
	fprintf(stderr, "opjoule run: %s%s\n", text, value);
	return 2;
}

static int parse_dt(const char *text, double *dt)
{
	char *end;
	*dt = strtod(text, &end);
	return end != text && *end == '\0' && *dt > 0 && *dt < 1e9 ? 0
								   : fail_usage("--dt: not a length of time: ", text);
}

static int parse_threads(const char *text, int *threads)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || value < 1 || value > 1024)
		return fail_usage("--threads: not a number from 1 to 1024: ", text);
	*threads = (int)value;
	return 0;
}

static int parse_reset(const char *text, bool *subtract)
{
	*subtract = strcmp(text, "subtract") == 0;
	return *subtract || strcmp(text, "zero") == 0 ? 0 : fail_usage("--reset: neither zero nor subtract: ", text);
}

enum { DT = 256, RESET, THREADS, NAME, JSON };

static const struct option options[] = {
    {"input", required_argument, NULL, 'i'},
    {"output", required_argument, NULL, 'o'},
    {"dt", required_argument, NULL, DT},
    {"reset", required_argument, NULL, RESET},
    {"threads", required_argument, NULL, THREADS},
    {"name", required_argument, NULL, NAME},
    {"json", no_argument, NULL, JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* One option; 0, or the exit status of a wrong one. */
static int apply_option(struct arguments *args, int option)
{
	switch (option) {
	case 'i':
		args->input = optarg;
		return 0;
	case 'o':
		args->output = optarg;
		return 0;
	case DT:
		return parse_dt(optarg, &args->network.dt);
	case RESET:
		return parse_reset(optarg, &args->network.subtract_reset);
	case THREADS:
		return parse_threads(optarg, &args->threads);
	case NAME:
		args->network.name = optarg;
		return *optarg ? 0 : fail_usage("--name: empty", "");
	case JSON:
		args->json = true;
		return 0;
	case 'q':
		args->quiet = true;
		return 0;
	default:
		return 2; /* getopt has said what is wrong */
	}
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct arguments *args)
{
	int option, status;
	optind = 1;
	while ((option = getopt_long(argc, argv, "i:o:qh", options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return 0;
		}
		if ((status = apply_option(args, option)) != 0) {
			fputs("`opjoule run --help` explains the command\n", stderr);
			return status;
		}
	}
	if (optind + 1 != argc || !args->input) {
		usage(stderr);
		return 2;
	}
	args->network.path = argv[optind];
	return -1;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Runs an open network on an open recorder. */
static int run(struct opj_network *net, const struct arguments *args, const struct opj_array *input,
	       struct opj_error *err)
{
	struct opj_array output;
	double start = now();
	if (opj_network_run(net, input, &output, err) != 0)
		return -1;
	double seconds = now() - start;
	int result = args->output ? opj_npy_write(args->output, &output, err) : 0;
	if (result == 0 && args->json)
		opj_summary_print_json(stdout, net, &output, seconds);
	else if (result == 0 && !args->quiet)
		opj_summary_print(stdout, net, &output, seconds);
	if (result == 0 && fflush(stdout) != 0)
		result = opj_fail(err, "standard output: %s", strerror(errno));
	opj_array_finish(&output);
	return result;
}

static int run_recorded(const struct arguments *args, struct opj_error *err)
{
	struct opj_array input;
	struct opj_network net = {0};
	struct opj_recorder *rec = NULL;
	int result = -1;
	if (opj_input_read(args->input, &input, err) != 0)
		return -1;
	if (opj_network_open(&net, &args->network, &input, err) != 0)
		goto out_input;
	rec = opj_recorder_create(
	    &(struct opj_recorder_config){.framework = "opjoule native " OPJ_VERSION, .model = net.name}, err);
	if (!rec)
		goto out_network;
	opj_network_define(&net, rec);
	result = run(&net, args, &input, err);
	opj_recorder_destroy(rec);
out_network:
	opj_network_close(&net);
out_input:
	opj_array_finish(&input);
	return result;
}

int opj_cmd_run(int argc, char **argv)
{
	struct arguments args = {.network = {.dt = 1e-4}, .threads = 1};
	struct opj_error err = {""};
	int status = parse(argc, argv, &args);
	if (status >= 0)
		return status;
	openblas_set_num_threads(args.threads);
	if (run_recorded(&args, &err) == 0)
		return 0;
	fprintf(stderr, "opjoule run: %s\n", err.text);
	return 1;
}
