/* analyze/counters/residency.c: bits read, written and moved in a hierarchy of registers, SRAM and DRAM.
 *
 * Ops read and write whole tensors. Registers and SRAM are caches with least-recently-used replacement, SRAM holding
 * what registers fetched from below; DRAM is without bound. What an op evicts counts towards that op. A storage is one
 * resident, whichever view of it is used; its size is that of the view that brought it in.
 * docs/counter-residency.md states the rules of hits, misses and evictions. */
#include "hierarchy.h"
#include "rule.h"
#include <opjoule/estimator.h>
#include <stdlib.h>

static const char *const metrics[OPJ_TRAFFIC_COUNT] = {
    [OPJ_REG_READ] = "reg_read_bits",      [OPJ_REG_WRITE] = "reg_write_bits",    [OPJ_SRAM_READ] = "sram_read_bits",
    [OPJ_SRAM_WRITE] = "sram_write_bits",  [OPJ_DRAM_READ] = "dram_read_bits",    [OPJ_DRAM_WRITE] = "dram_write_bits",
    [OPJ_DRAM_SRAM] = "dram_to_sram_bits", [OPJ_DRAM_REG] = "dram_to_reg_bits",   [OPJ_SRAM_REG] = "sram_to_reg_bits",
    [OPJ_REG_SRAM] = "reg_to_sram_bits",   [OPJ_SRAM_DRAM] = "sram_to_dram_bits", [OPJ_REG_DRAM] = "reg_to_dram_bits",
};

struct residency {
	struct opj_hierarchy memory;
	bool by_address;
	int64_t total[OPJ_TRAFFIC_COUNT];
};

/* One operand or result; what is no tensor or empty takes part in nothing. */
static int access(struct residency *r, const struct opj_operand *x, bool write, struct opj_error *err)
{
	if (!x || x->bytes == 0)
		return 0;
	int64_t bits = opj_mul(opj_int(x->bytes), 8);
	if (bits == OPJ_OVERFLOW)
		return opj_fail(err, "a tensor of %" PRIu64 " bytes", x->bytes);
	uint64_t key = r->by_address ? x->address : x->storage;
	uint32_t dtype = x->dtype.code | (uint32_t)x->dtype.bits << 8 | (uint32_t)x->dtype.lanes << 16;
	return opj_hierarchy_access(&r->memory, key, r->by_address ? dtype : 0, bits, write, err);
}

static int reads(struct residency *r, const struct opj_op *op, const int8_t *places, size_t count,
		 struct opj_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (places[i] != OPJ_ABSENT && access(r, opj_op_in(op, (uint32_t)places[i]), false, err))
			return -1;
	}
	return 0;
}

static int writes(struct residency *r, const struct opj_op *op, uint32_t count, struct opj_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		if (access(r, opj_op_out(op, i), true, err))
			return -1;
	}
	return 0;
}

/* Begins an op, whose values the traffic adds up in. */
static struct residency *begin(void *self, int64_t *values)
{
	struct residency *r = self;
	r->memory.traffic = values;
	memset(values, 0, OPJ_TRAFFIC_COUNT * sizeof *values);
	return r;
}

static int finish(struct residency *r, int failed)
{
	for (int i = 0; i < OPJ_TRAFFIC_COUNT; i++)
		r->total[i] = opj_add(r->total[i], r->memory.traffic[i]);
	return failed ? -1 : OPJ_COUNTED;
}

/* Reads arguments, writes the first results. */
static int through(void *self, const struct opj_op *op, const int8_t *places, size_t count, uint32_t results,
		   int64_t *values, struct opj_error *err)
{
	struct residency *r = begin(self, values);
	return finish(r, reads(r, op, places, count, err) || writes(r, op, results, err));
}

static const int8_t in_order[] = {0, 1, 2};

static int unary(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		 struct opj_error *err)
{
	(void)known;
	return through(self, op, in_order, 1, 1, values, err);
}

static int binary(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		  struct opj_error *err)
{
	(void)known;
	return through(self, op, in_order, 2, 1, values, err);
}

static int ternary(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		   struct opj_error *err)
{
	(void)known;
	return through(self, op, in_order, 3, 1, values, err);
}

/* alpha·(x @ y) + beta·bias: the bias last, unless beta is 0. */
static int product(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		   struct opj_error *err)
{
	const struct opj_product_form *form = &known->form.product;
	bool bias = opj_value_number(opj_op_kw(op, "beta"), 1) != 0;
	return through(self, op, (int8_t[]){form->x, form->y, bias ? form->bias : OPJ_ABSENT}, 3, 1, values, err);
}

static int convolution(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		       struct opj_error *err)
{
	const struct opj_convolution_form *form = &known->form.convolution;
	return through(self, op, (int8_t[]){form->x, form->w, form->bias}, 3, 1, values, err);
}

/* The output's gradient; then the weight for the input's gradient, the input for the weight's. */
static int convolution_backward(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
				struct opj_error *err)
{
	struct opj_convolution_gradients g;
	if (opj_convolution_gradients_read(known, op, &g, err))
		return -1;
	struct residency *r = begin(self, values);
	return finish(r, access(r, g.grad, false, err) || (g.grad_x && access(r, g.w, false, err)) ||
			     (g.grad_w && access(r, g.x, false, err)) || access(r, g.grad_x, true, err) ||
			     access(r, g.grad_w, true, err) || access(r, g.grad_bias, true, err));
}

/* Input, gamma, beta, running mean and variance; training also writes the batch's mean and deviation. */
static int batch_norm(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
		      struct opj_error *err)
{
	const struct opj_norm_form *form = &known->form.norm;
	const int8_t places[] = {form->x, form->gamma, form->beta, form->running_mean, form->running_var};
	bool train = opj_value_truth(opj_op_arg(op, (uint32_t)form->train), false);
	return through(self, op, places, sizeof places, train ? 3 : 1, values, err);
}

static int batch_norm_backward(void *self, const struct opj_operator *known, const struct opj_op *op, int64_t *values,
			       struct opj_error *err)
{
	const struct opj_norm_backward_form *form = &known->form.norm_backward;
	const int8_t places[] = {form->grad,        form->x,          form->gamma,          form->running_mean,
				 form->running_var, form->saved_mean, form->saved_deviation};
	return through(self, op, places, sizeof places, 3, values, err);
}

static const opj_family_fn rules[OPJ_FAMILIES] = {
    [OPJ_FAMILY_PRODUCT] = product,
    [OPJ_FAMILY_CONVOLUTION] = convolution,
    [OPJ_FAMILY_CONVOLUTION_BACKWARD] = convolution_backward,
    [OPJ_FAMILY_NORM] = batch_norm,
    [OPJ_FAMILY_NORM_BACKWARD] = batch_norm_backward,
    [OPJ_FAMILY_SUM] = unary,
    [OPJ_FAMILY_MEAN] = unary,
    [OPJ_FAMILY_ADD] = binary,
    [OPJ_FAMILY_MULTIPLY] = binary,
    [OPJ_FAMILY_WHERE] = ternary,
    [OPJ_FAMILY_ROOT] = unary,
};

static void residency_destroy(void *self)
{
	struct residency *r = self;
	if (!r)
		return;
	opj_hierarchy_finish(&r->memory);
	free(r);
}

static int size_of(const struct opj_config *config, const char *key, int64_t *bits, struct opj_error *err)
{
	*bits = opj_mul(opj_int(opj_config_bytes(config, key)), 8);
	return *bits == OPJ_OVERFLOW ? opj_fail(err, "%s: more bits than 64 bits count", key) : 0;
}

static void *residency_create(const struct opj_config *config, struct opj_error *err)
{
	int64_t reg, sram;
	if (size_of(config, "reg", &reg, err) || size_of(config, "sram", &sram, err))
		return NULL;
	struct residency *r = calloc(1, sizeof *r);
	if (!r || opj_hierarchy_init(&r->memory, reg, sram, err)) {
		opj_fail(err, "out of memory");
		free(r);
		return NULL;
	}
	r->by_address = strcmp(opj_config_choice(config, "identity"), "address") == 0;
	return r;
}

/* A level that nothing touched is left out. */
static int report_level(struct opj_report *report, const char *level, int64_t read, int64_t write,
			struct opj_error *err)
{
	int64_t total = opj_add(read, write);
	if (total == OPJ_OVERFLOW)
		return opj_fail(err, "bits read and written in %s do not fit in 64 bits", level);
	if (total == 0)
		return 0;
	opj_report_count(report, read, "level_rw_bits", level, "read_bits", NULL);
	opj_report_count(report, write, "level_rw_bits", level, "write_bits", NULL);
	opj_report_count(report, total, "level_rw_bits", level, "total_bits", NULL);
	return 0;
}

static int residency_report(void *self, struct opj_report *report, struct opj_error *err)
{
	static const char *const edges[OPJ_TRAFFIC_COUNT] = {
	    [OPJ_DRAM_SRAM] = "dram->sram", [OPJ_DRAM_REG] = "dram->reg",   [OPJ_SRAM_REG] = "sram->reg",
	    [OPJ_REG_SRAM] = "reg->sram",   [OPJ_SRAM_DRAM] = "sram->dram", [OPJ_REG_DRAM] = "reg->dram",
	};
	const struct residency *r = self;
	const int64_t *total = r->total;
	opj_report_section(report, "level_rw_bits", NULL);
	if (report_level(report, "dram", total[OPJ_DRAM_READ], total[OPJ_DRAM_WRITE], err) ||
	    report_level(report, "reg", total[OPJ_REG_READ], total[OPJ_REG_WRITE], err) ||
	    report_level(report, "sram", total[OPJ_SRAM_READ], total[OPJ_SRAM_WRITE], err))
		return -1;
	opj_report_section(report, "move_bits", NULL);
	for (int i = OPJ_DRAM_SRAM; i < OPJ_TRAFFIC_COUNT; i++) {
		if (total[i])
			opj_report_count(report, total[i], "move_bits", edges[i], NULL);
	}
	return 0;
}

static const struct opj_option options[] = {
    {"reg", OPJ_OPTION_BYTES, "256KiB", NULL, "size of the registers; SpikingJelly op_counter's default"},
    {"sram", OPJ_OPTION_BYTES, "38MiB", NULL, "size of the SRAM; SpikingJelly op_counter's default"},
    {"identity", OPJ_OPTION_CHOICE, "storage", "storage|address",
     "what is one block of memory: a storage, or address and dtype, which an allocator may hand out again"},
};

const struct opj_counter opj_counter_residency = {
    .abi = OPJ_PLUGIN_ABI,
    .name = "residency",
    .unit = "bits",
    .summary = "traffic of registers, SRAM and DRAM with least-recently-used replacement",
    .boundary =
	"whole tensors, fully associative; no lines, no prefetch, no write-through; ops that have no rule move nothing",
    .metric_count = OPJ_TRAFFIC_COUNT,
    .metrics = metrics,
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .create = residency_create,
    .destroy = residency_destroy,
    .rules = rules,
    .report = residency_report,
};
