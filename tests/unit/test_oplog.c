/* tests/unit/test_oplog.c: op logs through the replay interface: what a good log says, and that a bad one is refused
 * with file, line and key. */
#include "replay/oplog/oplog.h"
#include <criterion/criterion.h>
#include <math.h>
#include <opjoule/replay.h>
#include <stdlib.h>
#include <unistd.h>

#define BEGIN "{\"k\":\"oplog\",\"version\":1,\"case\":\"c\",\"framework\":\"torch 2\",\"model\":\"Net\"}\n"
#define MODULE(id, path)                                                                                               \
	"{\"k\":\"module\",\"id\":" #id ",\"path\":\"" path "\",\"cls\":\"Conv2d\",\"bases\":[\"Conv2d\",\"Module\"]," \
	"\"kind\":null,\"training\":true,\"step_mode\":\"m\",\"backend\":\"torch\",\"attrs\":{\"stride\":[1,2],"       \
	"\"eps\":1e-05,\"bias\":null},\"params\":[{\"name\":\"weight\",\"shape\":[2,3],\"dtype\":\"float32\","         \
	"\"requires_grad\":true}]}\n"
#define OP_HEAD(i) "{\"k\":\"op\",\"i\":" #i ",\"op\":\"aten.relu.default\",\"stage\":\"forward\",\"grad\":false,"
#define OP_SCOPE "\"mods\":[0],\"parents\":[\"Global\",\"Net\"],"
#define TENSOR(rest) "{\"T\":[2,3],\"d\":\"float32\",\"u\":7,\"a\":9" rest "}"
#define OP(i, in, rest) OP_HEAD(i) OP_SCOPE "\"in\":[" in "],\"out\":null" rest "}\n"
#define END(ops) "{\"k\":\"end\",\"ops\":" #ops "}\n"
#define LOG(ops, body) BEGIN MODULE(0, "Net") body END(ops)
#define BEGIN_2 "{\"k\":\"oplog\",\"version\":2,\"case\":\"c\",\"framework\":\"torch 2\",\"model\":\"Net\"}\n"
#define RANGED(z, rest) BEGIN_2 MODULE(0, "Net") OP(0, TENSOR(",\"z\":" z ",\"b\":0,\"s\":9.0" rest), "") END(1)

static char path[64];

static void log_write(const char *text)
{
	strcpy(path, "/tmp/opjoule-oplog-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Opens and replays; the trace, to be closed, or NULL with the message. */
static struct opj_trace *log_replay(const char *text, const struct opj_trace_options *options,
				    const struct opj_visitor *visitor, struct opj_error *err)
{
	log_write(text);
	struct opj_trace *trace = opj_trace_open(path, options, err);
	if (trace && opj_trace_replay(trace, visitor, visitor ? 1 : 0, err)) {
		opj_trace_close(trace);
		trace = NULL;
	}
	unlink(path);
	return trace;
}

static int check_module(void *data, const struct opj_trace_module *module, struct opj_error *err)
{
	const struct opj_module *def = &module->def;
	(void)err;
	++*(int *)data;
	cr_assert_eq(module->id, 0);
	cr_assert_str_eq(def->path, "Net");
	cr_assert_str_eq(def->cls, "Conv2d");
	cr_assert_eq(def->base_count, 2);
	cr_assert_str_eq(def->bases[1], "Module");
	cr_assert(!def->neuron && def->training && def->multi_step);
	cr_assert_str_eq(def->backend, "torch");
	cr_assert_eq(def->attr_count, 3);
	cr_assert_str_eq(def->attrs[0].key, "stride");
	cr_assert_eq(opj_value_integer(opj_value_item(def->attrs[0], 1), 0), 2);
	cr_assert_eq(def->attrs[1].type, OPJ_VALUE_FLOAT);
	cr_assert_eq(def->attrs[1].u.number, 1e-05);
	cr_assert_eq(def->attrs[2].type, OPJ_VALUE_NONE);
	cr_assert_eq(def->parameter_count, 1);
	cr_assert_eq(def->parameters[0].shape[1], 3);
	cr_assert(def->parameters[0].requires_grad);
	return 0;
}

static int check_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	(void)err;
	++*(int *)data;
	cr_assert_str_eq(op->context->stage, "forward");
	cr_assert_eq(op->context->scope_count, 2);
	cr_assert_str_eq(op->context->scopes[1], "Net");
	cr_assert_eq(op->context->modules[0]->id, 0);
	cr_assert_eq(op->duration_ns, op->index == 0 ? 1500 : 0);
	const struct opj_operand *x = opj_op_in(op, 0);
	cr_assert_not_null(x);
	cr_assert_eq(x->numel, 6);
	cr_assert_eq(x->bytes, 24);
	cr_assert_eq(x->storage, 7);
	cr_assert_eq(x->address, 9);
	cr_assert_eq(x->stats.nnz, op->index == 0 ? 4 : 2);
	cr_assert_eq(x->stats.kind, op->index == 0 ? OPJ_KIND_INTEGRAL : OPJ_KIND_BINARY);
	cr_assert_eq(x->stats.magnitude, op->index == 0 ? 9 : 0);
	if (op->index > 0)
		return 0;
	cr_assert(x->requires_grad);
	cr_assert_str_eq(x->name, "conv.weight");
	cr_assert_eq(x->role, OPJ_ROLE_PARAMETER);
	cr_assert_eq(opj_op_arg(op, 1).type, OPJ_VALUE_INT);
	cr_assert_eq(opj_op_arg(op, 2).type, OPJ_VALUE_FLOAT);
	cr_assert_eq(opj_op_arg(op, 3).type, OPJ_VALUE_LIST);
	cr_assert_eq(opj_op_arg(op, 4).type, OPJ_VALUE_INTS);
	cr_assert(isinf(opj_op_arg(op, 5).u.number));
	cr_assert(isnan(opj_op_arg(op, 6).u.number));
	cr_assert_eq(opj_op_in(op, 7)->stats.kind, OPJ_KIND_UNKNOWN);
	cr_assert_eq(opj_op_in(op, 8)->stats.kind, OPJ_KIND_TERNARY);
	cr_assert_eq(op->state_count, 2);
	cr_assert_eq(op->states[1], 4);
	cr_assert_eq(op->spike->has, OPJ_SPIKE_SYNOPS | OPJ_SPIKE_TILES);
	cr_assert_eq(op->spike->synops, 12);
	cr_assert_eq(op->spike->tile_count, 1);
	cr_assert_eq(op->spike->tiles[0].size, 20);
	cr_assert_eq(op->spike->tiles[0].row_count, 2);
	cr_assert_eq(op->spike->tiles[0].rows[1], 6);
	return 0;
}

/* Every kind of argument. */
#define FIRST_WEIGHT TENSOR(",\"z\":4,\"b\":0,\"s\":9.0,\"g\":1,\"p\":\"conv.weight\",\"r\":\"parameter\"")
#define FIRST_TERNARY TENSOR(",\"z\":4,\"b\":0,\"s\":4.0")
#define FIRST_IN FIRST_WEIGHT ",1,1.0,[],[1,2],{\"f\":\"-inf\"},{\"f\":\"nan\"}," TENSOR("") "," FIRST_TERNARY
#define FIRST_TILES "{\"20\":{\"patches\":3,\"rows\":[5,6],\"sites\":2}}"
#define FIRST_SPIKE "\"spike\":{\"synops\":12,\"active_out\":3,\"tiles\":" FIRST_TILES "}"
#define FIRST OP(0, FIRST_IN, ",\"ns\":1500,\"states\":[3,4]," FIRST_SPIKE)
#define SECOND OP(1, TENSOR(",\"z\":2,\"b\":1"), "")

Test(oplog, reads_everything)
{
	struct opj_error err = {0};
	int seen = 0;
	const struct opj_visitor visitor = {.data = &seen, .module = check_module, .op = check_op};
	struct opj_trace *trace = log_replay(LOG(2, FIRST SECOND), NULL, &visitor, &err);
	cr_assert_not_null(trace, "%s", err.text);
	cr_assert_eq(seen, 3);
	const struct opj_manifest *manifest = opj_trace_manifest(trace);
	cr_assert(manifest->complete);
	cr_assert_eq(manifest->ops, 2);
	cr_assert_str_eq(manifest->framework, "torch 2");
	cr_assert_str_eq(manifest->run, "c");
	cr_assert_eq(opj_trace_op_name_count(trace), 1);
	cr_assert_eq(opj_trace_context_count(trace), 1);
	cr_assert_eq(opj_trace_signature_count(trace), 2);
	opj_trace_close(trace);
}

static int check_range(void *data, const struct opj_op *op, struct opj_error *err)
{
	const struct opj_stats *stats = &opj_op_in(op, 0)->stats;
	(void)err;
	++*(int *)data;
	cr_assert(stats->ranged && stats->negative);
	cr_assert_eq(stats->exponent, 2);
	cr_assert_eq(stats->trailing_zeros, 1);
	return 0;
}

Test(oplog, reads_ranges)
{
	struct opj_error err = {0};
	int seen = 0;
	const struct opj_visitor visitor = {.data = &seen, .op = check_range};
	opj_trace_close(log_replay(RANGED("4", ",\"e\":2,\"n\":1,\"tz\":1"), NULL, &visitor, &err));
	cr_assert_eq(seen, 1, "%s", err.text);
}

static int write_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	(void)err;
	opj_oplog_write_op(data, op);
	return 0;
}

#define PLACED OP(0, TENSOR(",\"st\":[1,2],\"dev\":\"cuda:1\"") "," TENSOR(",\"dev\":\"cpu:1\""), "")

Test(oplog, strides_and_device_come_back_as_they_were)
{
	struct opj_error err = {0};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const struct opj_visitor visitor = {.data = out, .op = write_op};
	struct opj_trace *trace = log_replay(BEGIN_2 MODULE(0, "Net") PLACED END(1), NULL, &visitor, &err);
	cr_assert_not_null(trace, "%s", err.text);
	fclose(out);
	cr_expect_str_eq(text, PLACED);
	free(text);
	opj_trace_close(trace);
}

static int count_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	(void)op, (void)err;
	++*(int *)data;
	return 0;
}

static int refuse_op(void *data, const struct opj_op *op, struct opj_error *err)
{
	(void)data;
	return opj_fail(err, "refused op %d", (int)op->index);
}

Test(oplog, partial_takes_what_there_is)
{
	const struct opj_trace_options partial = {.partial = true};
	struct opj_error err = {0};
	int seen = 0;
	const struct opj_visitor visitor = {.data = &seen, .op = count_op};
	const char *cut = BEGIN MODULE(0, "Net") OP(0, "1", "") "{\"k\":\"op\",\"i\":1,\"op\":\"at";
	cr_assert_null(log_replay(cut, NULL, &visitor, &err));
	cr_assert(strstr(err.text, "cut short"), "%s", err.text);
	struct opj_trace *trace = log_replay(cut, &partial, &visitor, &err);
	cr_assert_not_null(trace, "%s", err.text);
	cr_assert_eq(seen, 1);
	cr_assert_not(opj_trace_manifest(trace)->complete);
	opj_trace_close(trace);
}

Test(oplog, visitor_ends_the_replay)
{
	struct opj_error err = {0};
	const struct opj_visitor visitor = {.op = refuse_op};
	cr_assert_null(log_replay(LOG(1, OP(0, "1", "")), NULL, &visitor, &err));
	cr_assert(strstr(err.text, ":3: refused op 0"), "%s", err.text);
}

Test(oplog, replays_once)
{
	struct opj_error err = {0};
	struct opj_trace *trace = log_replay(LOG(0, ""), NULL, NULL, &err);
	cr_assert_not_null(trace, "%s", err.text);
	cr_assert_neq(opj_trace_replay(trace, NULL, 0, &err), 0);
	opj_trace_close(trace);
}

#define DEEP "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1.5]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
#define GROUP(params) "{\"k\":\"optimizer\",\"cls\":\"SGD\",\"stage\":null,\"after\":0,\"groups\":[{" params "}]}\n"
#define CALL(dir, mod, after)                                                                                          \
	"{\"k\":\"call\",\"dir\":\"" dir "\",\"mod\":" mod ",\"stage\":\"forward\",\"after\":" after                   \
	",\"suspended\":false,\"in\":[],\"out\":[]}\n"

static const struct {
	const char *text, *message;
} bad[] = {
    {"{\"k\":\"op\"}\n", "not an op log"},
    {"{\"k\":\"oplog\",\"version\":3,\"case\":\"\",\"framework\":\"f\",\"model\":\"\"}\n", "version 3"},
    {"{\"k\":\"oplog\",\"version\":1,\"case\":\"\",\"framework\":\"f\",\"model\":\"\",\"x\":1}\n", "key \"x\""},
    {"{\"k\":\"oplog\",\"version\":1,\"case\":\"\",\"model\":\"\"}\n", "\"framework\" is missing"},
    {BEGIN, "cut short"},
    {LOG(0, "{\n"), ":3: broken JSON"},
    {LOG(0, "\n"), ":3: broken JSON"},
    {LOG(0, "[]\n"), ":3: key \"k\" is missing"},
    {LOG(0, "{\"k\":\"spam\"}\n"), "unknown kind of line \"spam\""},
    {LOG(0, "{\"k\":\"op\",\"k\":\"op\"}\n"), ":3: broken JSON"},
    {LOG(0, BEGIN), "a second \"oplog\" line"},
    {LOG(0, END(0)), "there is more behind the \"end\" line"},
    {LOG(1, ""), "says 1, but there were 0"},
    {BEGIN "{\"k\":\"end\",\"ops\":-1}\n", "cut short"},
    {LOG(0, MODULE(2, "Net.b")), "module 2 is defined where module 1 was due"},
    {LOG(0, MODULE(0, "Net.b")), "module 0 is defined where module 1 was due"},
    {LOG(1, OP(1, "1", "")), "i: op 1 where op 0 was due"},
    {LOG(1, OP(-1, "1", "")), "i: negative"},
    {LOG(1, OP(0, "1", ",\"extra\":1")), "unknown key \"extra\""},
    {LOG(1, OP(0, "1", ",\"ns\":-5")), "ns: negative"},
    {LOG(1, OP(0, "1", ",\"ns\":1.5")), "ns: expected an integer, found a fraction"},
    {LOG(1, OP(0, "1", ",\"suspended\":1")), "suspended: expected true or false, found an integer"},
    {LOG(1, OP(0, "1", ",\"states\":[true]")), "states: expected an integer"},
    {LOG(1, OP(0, DEEP, "")), "nested deeper"},
    {LOG(1, OP(0, "99999999999999999999", "")), ":3: broken JSON"},
    {LOG(1, OP(0, "{\"f\":\"infinity\"}", "")), "in[0]: f: \"infinity\""},
    {LOG(1, OP(0, "{\"x\":1}", "")), "in[0]: unknown key \"x\""},
    {LOG(1, OP(0, "{\"T\":[1]}", "")), "in: [0]: key \"d\" is missing"},
    {LOG(1, OP(0, TENSOR(",\"q\":1"), "")), "unknown key \"q\""},
    {LOG(1, OP(0, TENSOR(",\"z\":1"), "")), "\"z\" and \"b\" come together"},
    {LOG(1, OP(0, TENSOR(",\"z\":-1,\"b\":0"), "")), "z: negative"},
    {LOG(1, OP(0, TENSOR(",\"z\":7,\"b\":0"), "")), "7 nonzeros among 6 elements"},
    {LOG(1, OP(0, TENSOR(",\"z\":1,\"b\":2"), "")), "b: neither 0 nor 1"},
    {LOG(1, OP(0, TENSOR(",\"z\":3,\"b\":0,\"s\":2.0"), "")), "s: smaller"},
    {LOG(1, OP(0, TENSOR(",\"z\":3,\"b\":1,\"s\":3.0"), "")), "s: has no place"},
    {RANGED("4", ",\"e\":2,\"n\":0"), "come together or not at all"},
    {RANGED("9", ",\"e\":2,\"n\":0,\"tz\":1"), "e: has a place only where"},
    {RANGED("4", ",\"e\":2,\"n\":0,\"tz\":65"), "e, n, tz: out of range"},
    {RANGED("4", ",\"e\":2,\"n\":2,\"tz\":1"), "e, n, tz: out of range"},
    {LOG(1, OP(0, TENSOR(",\"g\":2"), "")), "g: neither 0 nor 1"},
    {LOG(1, OP(0, TENSOR(",\"r\":\"king\""), "")), "r: unknown role \"king\""},
    {LOG(1, OP(0, "{\"T\":[2,-3],\"d\":\"float32\",\"u\":1,\"a\":1}", "")), "in[0]: T[1]: negative size -3"},
    {LOG(1, OP(0, "{\"T\":[2,3.5],\"d\":\"float32\",\"u\":1,\"a\":1}", "")), "a size must be an integer"},
    {LOG(1, OP(0, "{\"T\":[4294967296,4294967296],\"d\":\"uint8\",\"u\":1,\"a\":1}", "")), "product of the sizes"},
    {LOG(1, OP(0, "{\"T\":[4611686018427387904],\"d\":\"float32\",\"u\":1,\"a\":1}", "")), "size in bytes overflows"},
    {LOG(1, OP(0, "{\"T\":[1],\"d\":\"float31\",\"u\":1,\"a\":1}", "")), "unknown dtype \"float31\""},
    {LOG(1, OP(0, "{\"T\":[1],\"d\":\"float32\",\"u\":0,\"a\":1}", "")), "storage ids begin at 1"},
    {LOG(1, OP(0, "{\"T\":[1],\"d\":\"float32\",\"u\":9223372036854775807,\"a\":1}", "")), "u: storage ids end before"},
    {LOG(1, OP(0, "", ",\"states\":[1,0]")), "states: storage ids begin at 1"},
    {LOG(1, OP(0, "{\"T\":[1],\"d\":\"float32\",\"u\":-1,\"a\":1}", "")), "u: negative"},
    {LOG(1, OP(0, "1", ",\"spike\":{\"synops\":1}")), "spike: synops and active_out"},
    {LOG(1, OP(0, "1", ",\"spike\":{\"synapses\":1}")), "spike: unknown key \"synapses\""},
    {LOG(1, OP(0, "1", ",\"spike\":{\"x_active_rows\":1.5}")), "spike: x_active_rows: expected an integer"},
    {LOG(1, OP(0, "1", ",\"spike\":{\"tiles\":{\"16\":{\"patches\":1,\"rows\":[]}}}")), "key \"sites\" is missing"},
    {LOG(1, OP(0, "1", ",\"spike\":{\"pair_sum\":-1,\"pair_active\":1}")), "spike: pair_sum: negative"},
    {LOG(1, OP(0, "1", ",\"spike\":{\"tiles\":{\"x\":{}}}")), "spike: tiles.x: not a number of rows"},
    {LOG(1, OP(0, "1", ",\"spike\":{\"tiles\":{\"16\":{\"patches\":1,\"rows\":[-1],\"sites\":1}}}")),
     "spike: tiles.16: rows: negative"},
    {LOG(1, OP_HEAD(0) "\"mods\":[3],\"parents\":[\"Global\"],\"in\":[],\"out\":null}\n"), "module 3 is not defined"},
    {LOG(1, OP_HEAD(0) "\"mods\":[0],\"parents\":[\"Net\"],\"in\":[],\"out\":null}\n"), "\"Global\" is missing"},
    {LOG(1, OP_HEAD(0) "\"mods\":[0],\"parents\":[\"Global\",\"Net\",\"Net\"],\"in\":[],\"out\":null}\n"),
     "\"Net\" is there twice"},
    {LOG(1, OP_HEAD(0) "\"mods\":[0],\"parents\":[\"Global\"],\"in\":[]}\n"), "key \"out\" is missing"},
    {LOG(0, CALL("sideways", "0", "0")), "dir: \"sideways\""},
    {LOG(0, CALL("forward", "1", "0")), "mod: module 1 is not defined"},
    {LOG(0, CALL("forward", "0", "1")), "after: 1, but there were 0 ops"},
    {LOG(0, GROUP("\"hyper\":{\"lr\":{\"T\":[1],\"d\":\"float32\"}},\"params\":[]")), "a tensor has no place here"},
    {LOG(0, GROUP("\"hyper\":{},\"params\":[{\"shape\":[-1],\"has_grad\":true,\"momentum_buffer\":false}]")),
     "groups[0]: params: T[0]: negative size -1"},
    {LOG(0, GROUP("\"hyper\":{}")), "key \"params\" is missing"},
    {"", "the file is empty"},
    {"                                                                \n", "neither an opjoule archive nor an op log"},
    {"PK\003\004", "neither an opjoule archive nor an op log"},
};

Test(oplog, refuses_what_is_wrong)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct opj_error err = {0};
		struct opj_trace *trace = log_replay(bad[i].text, NULL, NULL, &err);
		cr_expect_null(trace, "taken: %s", bad[i].text);
		cr_expect(strstr(err.text, bad[i].message), "\"%s\" is not in: %s", bad[i].message, err.text);
		cr_expect(strncmp(err.text, path, strlen(path)) == 0, "no file in: %s", err.text);
		opj_trace_close(trace);
	}
}

Test(oplog, no_such_file)
{
	struct opj_error err = {0};
	cr_assert_null(opj_trace_open("/nowhere/ops.jsonl", NULL, &err));
	cr_assert(strstr(err.text, "/nowhere/ops.jsonl: No such file"), "%s", err.text);
}
