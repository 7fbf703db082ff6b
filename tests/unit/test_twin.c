/* tests/unit/test_twin.c: the native executor against other executors of the same networks: the simulations in
 * shared/models, and, op by op, the peer's run in shared/golden/digits. */
#include "fake_recorder.h"
#include "record/native/network.h"
#include <criterion/criterion.h>

static const char *shared(const char *file)
{
	static char path[1024];
	const char *root = getenv("OPJ_SHARED"), *source = getenv("OPJ_SOURCE");
	if (root)
		snprintf(path, sizeof path, "%s/%s", root, file);
	else
		snprintf(path, sizeof path, "%s/../shared/%s", source ? source : ".", file);
	return path;
}

/* Criterion says nothing of a test that is skipped. */
static void skip(const char *file)
{
	fprintf(stderr, "SKIPPED: %s is not there\n", shared(file));
	cr_skip_test();
}

static json_t *load_shared(const char *file)
{
	json_t *json = json_load_file(shared(file), 0, NULL);
	if (!json)
		skip(file);
	return json;
}

static void expect_spikes(const struct opj_network *net, json_t *spikes, const char *which)
{
	size_t seen = 0;
	for (int i = 0; i < net->nir.node_count; i++) {
		const struct opj_layer *layer = net->layers[i];
		if (!layer->type->spiking)
			continue;
		cr_assert_eq(layer->spikes, (uint64_t)json_integer_value(json_object_get(spikes, layer->name)),
			     "%s %s: %llu", which, layer->name, (unsigned long long)layer->spikes);
		seen++;
	}
	cr_assert_eq(seen, json_object_size(spikes));
}

/* sums[sample][element], over time. */
static void expect_sums(const struct opj_array *output, json_t *sums)
{
	size_t batch = (size_t)output->shape[1], step = output->count / (size_t)output->shape[0], each = step / batch;
	for (size_t i = 0; i < step; i++) {
		double sum = 0;
		for (size_t at = i; at < output->count; at += step)
			sum += output->values[at];
		json_t *expected = json_array_get(json_array_get(sums, i / each), i % each);
		cr_assert_float_eq(sum, json_number_value(expected), 1e-4);
	}
}

static void run_model(const char *model, const char *input_file, double dt, bool subtract, const char *which,
		      json_t *spikes, json_t *sums)
{
	char path[128];
	struct opj_network net;
	struct opj_array input;
	snprintf(path, sizeof path, "models/%s", input_file);
	cr_assert_eq(opj_npy_read(shared(path), &input, NULL), 0);
	snprintf(path, sizeof path, "models/%s", model);
	struct opj_network_options options = {.path = shared(path), .dt = dt, .subtract_reset = subtract};
	struct opj_error err = {""};
	struct opj_array output;
	cr_assert_eq(opj_network_open(&net, &options, &input, &err), 0, "%s", err.text);
	cr_assert_eq(opj_network_run(&net, &input, &output, &err), 0, "%s", err.text);
	expect_spikes(&net, spikes, which);
	expect_sums(&output, sums);
	opj_array_finish(&output);
	opj_array_finish(&input);
	opj_network_close(&net);
}

Test(twin, published_networks)
{
	json_t *cases = load_shared("models/nir_expected.json"), *c;
	const char *which;
	size_t seen = 0;
	json_object_foreach(cases, which, c)
	{
		run_model(json_string_value(json_object_get(c, "model")),
			  json_string_value(json_object_get(c, "input")), json_number_value(json_object_get(c, "dt")),
			  strcmp(json_string_value(json_object_get(c, "reset")), "subtract") == 0, which,
			  json_object_get(c, "spikes_per_node"), json_object_get(c, "output_sum"));
		seen++;
	}
	cr_assert(seen >= 6);
	json_decref(cases);
}

Test(twin, digits)
{
	json_t *expected = load_shared("models/digits_expected.json");
	run_model("digits_scnn.nir", "digits_input.npy", 1e-4, false, "digits",
		  json_object_get(expected, "spikes_per_layer"), json_object_get(expected, "output_spike_counts"));
	json_decref(expected);
}

/* Removes address ids, wherever they are. */
static void strip(json_t *json)
{
	const char *key;
	size_t index;
	json_t *value;
	json_object_del(json, "a");
	json_object_foreach(json, key, value) strip(value);
	json_array_foreach(json, index, value) strip(value);
}

/* The peer's log tells fewer attributes of a module than we do: takes away those of ours that it has, and has alike. */
static void drop_equal_attrs(json_t *line, json_t *own)
{
	const char *key;
	json_t *value, *ours = json_object_get(own, "attrs");
	json_object_foreach(json_object_get(line, "attrs"), key, value)
	{
		cr_assert(json_equal(value, json_object_get(ours, key)), "%s of %s", key, json_dumps(own, 0));
	}
	json_object_del(line, "attrs");
	json_object_del(own, "attrs");
}

/* Every line of the peer's log: modules, ops with arguments, scopes, facts, storages and states, calls. */
Test(twin, same_ops_as_the_peer)
{
	FILE *golden = fopen(shared("golden/digits/ops.jsonl"), "r");
	if (!golden)
		skip("golden/digits/ops.jsonl");
	struct opj_array input;
	struct opj_network net;
	cr_assert_eq(opj_npy_read(shared("models/digits_input.npy"), &input, NULL), 0);
	fake_begin();
	struct opj_network_options options = {.path = shared("models/digits_scnn.nir"), .name = "Digits", .dt = 1e-4};
	struct opj_array output;
	cr_assert_eq(opj_network_open(&net, &options, &input, NULL), 0);
	opj_network_define(&net, fake_recorder);
	cr_assert_eq(opj_network_run(&net, &input, &output, NULL), 0);
	size_t at = 0, ops = 0;
	json_t *line;
	while ((line = json_loadf(golden, JSON_DISABLE_EOF_CHECK, NULL))) {
		const char *kind = json_string_value(json_object_get(line, "k"));
		static const char *const implied[] = {"i", "stage", "grad", "spike", "after", "suspended"};
		ops += strcmp(kind, "op") == 0;
		if (strcmp(kind, "oplog") != 0 && strcmp(kind, "end") != 0) {
			for (size_t i = 0; i < sizeof implied / sizeof *implied; i++)
				json_object_del(line, implied[i]);
			strip(line);
			json_t *own = json_array_get(fake.log, at++);
			drop_equal_attrs(line, own);
			cr_assert(json_equal(line, own), "line %zu:\n%s\n%s", at, json_dumps(line, JSON_SORT_KEYS),
				  json_dumps(own, JSON_SORT_KEYS));
		}
		json_decref(line);
	}
	cr_assert_eq(at, json_array_size(fake.log));
	cr_assert_eq(ops, 316);
	fclose(golden);
	opj_array_finish(&output);
	opj_array_finish(&input);
	opj_network_close(&net);
	fake_end();
}
