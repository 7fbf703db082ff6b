/* docs/examples/plugin_counter.c: a counter and an estimator of your own.
 *
 *     cc -shared -fPIC plugin_counter.c -o plugin_counter.so $(pkg-config --cflags opjoule-analyze)
 *     opjoule analyze --plugin plugin_counter.so -c zeros -m skip:optimist trace.opj
 *
 * The counter adds up zeros among the inputs of matrix products and convolutions: multiplications that hardware which
 * skips zeros would save. The estimator prices them. */
#include <opjoule/estimator.h>
#include <stdlib.h>
#include <string.h>

/* The rule: one integer for one op. What cannot be said is uncovered or an error, never a guess. */
static int count_zeros(void *self, const struct opj_op *op, int64_t *values, struct opj_error *err)
{
	(void)self;
	uint32_t input = strcmp(op->signature->op, "aten.addmm.default") == 0 ? 1 : 0;
	const struct opj_operand *x = opj_op_in(op, input);
	if (!x)
		return opj_fail(err, "argument %u is no tensor", input);
	if (x->stats.kind == OPJ_KIND_UNKNOWN) {
		opj_fail(err, "nobody looked at the values of argument %u", input);
		return OPJ_UNCOVERED;
	}
	values[0] = opj_int(x->numel - x->stats.nnz);
	return OPJ_COUNTED;
}

/* Asked once per op name. */
static opj_count_fn zeros_rule(void *self, const char *op)
{
	static const char *const ops[] = {"aten.mm.default", "aten.addmm.default", "aten.convolution.default"};
	(void)self;
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (strcmp(ops[i], op) == 0)
			return count_zeros;
	}
	return NULL;
}

static const struct opj_counter zeros = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "zeros",
    .unit = "zeros",
    .summary = "zeros among the inputs of products and convolutions",
    .boundary = "zeros of weights, element-wise ops",
    .metric_count = 1,
    .rule = zeros_rule,
};

struct skip {
	double e_skip_pj;
};

static void *skip_create(const struct opj_config *config, struct opj_error *err)
{
	struct skip *self = malloc(sizeof *self);
	if (!self) {
		opj_fail(err, "out of memory");
		return NULL;
	}
	self->e_skip_pj = opj_config_number(config, "e_skip_pj");
	return self;
}

/* Because it is linear in what the counter counted, one function prices the whole, modules, stages and ops. */
static double skip_price(void *self, const struct opj_slice *slice)
{
	return (double)slice->counts[0][0] * ((const struct skip *)self)->e_skip_pj;
}

static int skip_report(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err)
{
	(void)err;
	opj_report_total(report, skip_price(self, total));
	opj_report_count(report, total->counts[0][0], "counts", "zeros", NULL);
	return 0;
}

static const struct opj_option options[] = {
    {"e_skip_pj", OPJ_OPTION_NUMBER, "0.05", NULL, "finding out that an input is zero", .price = true},
};

static const struct opj_preset presets[] = {
    {"default", "e_skip_pj=0.05", "a guess, for the sake of example"},
    {"optimist", "e_skip_pj=0.01", "a more hopeful guess"},
};

static const char *const needs[] = {"zeros"};

static const struct opj_estimator skip = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "skip",
    .version = "1",
    .summary = "what it costs to skip zeros",
    .boundary = "everything else",
    .options = options,
    .option_count = 1,
    .presets = presets,
    .preset_count = 2,
    .needs = needs,
    .need_count = 1,
    .create = skip_create,
    .destroy = free,
    .price = skip_price,
    .report = skip_report,
};

OPJ_API const struct opj_counter *const opj_plugin_counters[] = {&zeros, NULL};
OPJ_API const struct opj_estimator *const opj_plugin_estimators[] = {&skip, NULL};
