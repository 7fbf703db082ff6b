/* record/native/cmd_run.c: `opjoule run`: reads the command line, runs a NIR network on an input, says what came out.
 * Under `opjoule record` the same run is recorded; by itself it is only a run. */
#include "record/base/command.h"
#include "summary.h"
#include <cblas.h>
#include <stdlib.h>
#include <time.h>

struct arguments {
	struct opj_network_options network;
	int reset; /* RESET_ZERO or RESET_SUBTRACT */
	const char *input, *output;
	int64_t threads;
	bool quiet, json;
};

static int take_dt(void *at, const struct opj_option_row *row, const char *word, struct opj_error *err)
{
	char *end;
	double dt = strtod(word, &end);
	if (end == word || *end || !(dt > 0 && dt < 1e9))
		return opj_option_wrong(row, "a length of time in seconds", word, err);
	*(double *)at = dt;
	return 0;
}

enum { RESET_ZERO, RESET_SUBTRACT };

static const struct opj_option_row options[] = {
    {"input", 'i', OPJ_OPT_NAME, OPJ_OPT_REQUIRED, .word = "X.npy", .at = offsetof(struct arguments, input),
     .complete = "files npy h5 hdf5", .help = "a .npy file, or a dataset as FILE.h5:/PATH",
     .more = "The input is [_T_, _N_, ...]: _T_ time steps, _N_ samples, then the shape of the network's Input node. A "
	     "NumPy file is of float32, float64, uint8, bool, int32 or int64, in C or Fortran order."},
    {"dt", 0, OPJ_OPT_TAKE, .word = "SECONDS", .at = offsetof(struct arguments, network.dt), .take = take_dt,
     .help = "length of a time step, 1e-4 by default",
     .more = "Time constants and delays of the network are in seconds."},
    {"reset", 0, OPJ_OPT_CHOICE, .word = "zero|subtract", .choices = "zero|subtract",
     .at = offsetof(struct arguments, reset),
     .help = "a neuron that fires is set to v_reset (default), or loses its threshold",
     .more =
	 "*zero*: its potential becomes the neuron's _v\\_reset_, which is 0 where the file has none. *subtract*: it "
	 "loses the neuron's _v\\_threshold_."},
    {"output", 'o', OPJ_OPT_NAME, .word = "Y.npy", .at = offsetof(struct arguments, output), .complete = "files",
     .help = "write the output node's values [time, batch, …]", .more = "They are float32."},
    {"threads", 0, OPJ_OPT_NUMBER, .word = "N", .min = 1, .max = 1024, .at = offsetof(struct arguments, threads),
     .help = "threads of the BLAS, 1 by default", .more = "More pay off in large layers only."},
    {"name", 0, OPJ_OPT_NAME, .word = "NAME", .at = offsetof(struct arguments, network.name),
     .help = "name of the model in a recording; by default that of its file",
     .more = "Hence of the outermost scope. That of the file is taken without folder and extension."},
    {"json", 0, OPJ_OPT_FLAG, .at = offsetof(struct arguments, json), .help = "print the summary as JSON",
     .more =
	 "One object: _model_, _steps_, _batch_, _spikes_ by node, _output\\_shape_, _output\\_sum_ (for each sample "
	 "the output summed over time, flattened) and _seconds_, the time that the loop over the steps took."},
    {"quiet", 'q', OPJ_OPT_FLAG, .at = offsetof(struct arguments, quiet), .help = "print no summary"},
    {NULL}};

static const struct opj_option_group groups[] = {{options}, {NULL}};

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
	opj_array_finish(&output);
	return result;
}

/* What the trace says of the run as a whole. */
static struct opj_recorder *start_recorder(const struct arguments *args, const char *model, struct opj_error *err)
{
	const struct opj_value facts[] = {
	    opj_keyed("dt", OPJ_FLOAT(args->network.dt)),
	    opj_keyed("reset", OPJ_STRING(args->network.subtract_reset ? "subtract" : "zero")),
	    opj_keyed("threads", OPJ_INT(args->threads)),
	    opj_keyed("blas", OPJ_STRING(openblas_get_config())),
	    opj_keyed("blas_kernels", OPJ_STRING(openblas_get_corename())),
	    opj_keyed("hdf5", OPJ_STRING(H5_VERS_INFO)),
	};
	struct opj_recorder_config config = {.framework = "opjoule native " OPJ_VERSION,
					     .model = model,
					     .clock = OPJ_CLOCK_HOST_WALL,
					     .facts = facts,
					     .fact_count = sizeof facts / sizeof *facts};
	return opj_recorder_create(&config, err);
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
	rec = start_recorder(args, net.name, err);
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

static int execute(void *values, const struct opj_words *operands, struct opj_error *err)
{
	struct arguments *args = values;
	args->network.path = operands->list[0];
	args->network.subtract_reset = args->reset == RESET_SUBTRACT;
	openblas_set_num_threads((int)args->threads);
	return run_recorded(args, err);
}

static const struct arguments defaults = {.network = {.dt = 1e-4}, .threads = 1};

const struct opj_command opj_command_run = {
    .name = "run",
    .summary = "execute a NIR network on an input, natively",
    .operands = {"MODEL.nir", "network", 1, 1, "files nir"},
    .about =
	"Runs a network in the Neuromorphic Intermediate Representation on an input [time, batch, …], step by step, "
	"in float32. Behind `opjoule record` every operator is recorded; by itself the network only runs.",
    .examples = "  opjoule run model.nir --input x.npy\n"
		"  opjoule record -o run.opj -- opjoule run model.nir --input spikes.h5:/test/0 --dt 1e-3\n",
    .groups = groups,
    .size = sizeof(struct arguments),
    .defaults = &defaults,
    .run = execute,
};
