/* analyze/estimators/neuromc/price.c: what one fragment costs: multiply-accumulates, the operations and the traffic
 * that its process adds, and the traffic of its operands.
 *
 * Counts are integers that keep an overflow; traffic is bits times pJ per bit of the port it goes through. DRAM and the
 * network on chip cost nothing, and neither does what SRAM receives from above or gives back to it. */
#include "neuromc.h"

/* Extents that variables and operations of a process are counted in. */
enum extent { ONE, OUTPUTS, INPUTS, KT, CT, WEIGHTS, EXTENTS };

static void measure(const struct opj_nmc_fragment *f, int64_t extents[EXTENTS])
{
	const struct opj_nmc_loops *l = &f->loops;
	int64_t sites = opj_mul(opj_mul(l->oy, l->ox), opj_mul(l->b, l->t));
	extents[ONE] = 1;
	extents[OUTPUTS] = opj_mul(sites, l->k);
	extents[INPUTS] = opj_mul(sites, l->c);
	extents[KT] = opj_mul(l->k, l->t);
	extents[CT] = opj_mul(l->c, l->t);
	extents[WEIGHTS] = opj_mul(opj_mul(l->fy, l->fx), l->c);
}

/* `each` operations for each element of the extent. */
struct work {
	enum opj_nmc_primitive primitive;
	enum extent extent;
	int64_t each;
};

/* `variables` of `bits` bits, one of each for every element of the extent, go through SRAM: read once, written once. */
struct traffic {
	enum extent extent;
	int64_t variables, bits;
	enum opj_nmc_port read, write;
};

/* Charge and leak, threshold, surrogate window, reset. */
static const struct work soma_forward[] = {
    {OPJ_NMC_MUX, OUTPUTS, 1},
    {OPJ_NMC_ADD, OUTPUTS, 1},
    {OPJ_NMC_MUL, OUTPUTS, 1},
    {OPJ_NMC_COMP, OUTPUTS, 3},
};
static const struct traffic soma_forward_traffic[] = {
    {OUTPUTS, 1, 16, OPJ_NMC_FP_CONV_OUT_XI_READ, OPJ_NMC_FP_CONV_OUT_XI_WRITE},
    {OUTPUTS, 1, 16, OPJ_NMC_FP_SOMA_U_READ, OPJ_NMC_FP_SOMA_U_WRITE},
    {OUTPUTS, 1, 1, OPJ_NMC_FP_SOMA_S_READ, OPJ_NMC_FP_SOMA_S_WRITE},
    {OUTPUTS, 1, 1, OPJ_NMC_FP_SOMA_SMASK_READ, OPJ_NMC_FP_SOMA_SMASK_WRITE},
};

static const struct work soma_backward[] = {
    {OPJ_NMC_MUX, INPUTS, 1},
    {OPJ_NMC_ADD, INPUTS, 2},
    {OPJ_NMC_MUL, INPUTS, 4},
};
static const struct traffic soma_backward_traffic[] = {
    {INPUTS, 1, 16, OPJ_NMC_BP_CONV_OUT_RES_READ, OPJ_NMC_BP_CONV_OUT_RES_WRITE},
    {INPUTS, 1, 16, OPJ_NMC_BP_GRAD_IN_U_READ, OPJ_NMC_BP_GRAD_IN_U_WRITE},
    {INPUTS, 1, 1, OPJ_NMC_BP_GRAD_IN_S_READ, OPJ_NMC_BP_GRAD_IN_S_WRITE},
    {INPUTS, 1, 1, OPJ_NMC_BP_GRAD_IN_SMASK_READ, OPJ_NMC_BP_GRAD_IN_SMASK_WRITE},
    {INPUTS, 1, 16, OPJ_NMC_BP_GRAD_OUT_DU_READ, OPJ_NMC_BP_GRAD_OUT_DU_WRITE},
};

static const struct work bn_forward[] = {
    {OPJ_NMC_ADD, OUTPUTS, 3}, {OPJ_NMC_ADD, KT, 2},  {OPJ_NMC_MUL, OUTPUTS, 3},
    {OPJ_NMC_MUL, KT, 4},      {OPJ_NMC_SQRT, KT, 1},
};
/* Per channel: mean, variance, deviation, gamma, beta. Per element: normalised and scaled value. */
static const struct traffic bn_forward_traffic[] = {
    {KT, 5, 16, OPJ_NMC_SRAM_2MB_READ, OPJ_NMC_SRAM_2MB_WRITE},
    {OUTPUTS, 2, 16, OPJ_NMC_SRAM_2MB_READ, OPJ_NMC_SRAM_2MB_WRITE},
};

static const struct work bn_backward[] = {
    {OPJ_NMC_ADD, INPUTS, 7},
    {OPJ_NMC_MUL, INPUTS, 3},
    {OPJ_NMC_MUL, CT, 22},
};
/* Per element: gradient in, two intermediate products, gradient out. Per channel: deviation, gamma, three sums, the
 * gradients of gamma and beta. */
static const struct traffic bn_backward_traffic[] = {
    {INPUTS, 4, 16, OPJ_NMC_SRAM_2MB_READ, OPJ_NMC_SRAM_2MB_WRITE},
    {CT, 7, 16, OPJ_NMC_SRAM_2MB_READ, OPJ_NMC_SRAM_2MB_WRITE},
};

/* kt stands for as many scales as biases, which is why its figures are twice those of weights. */
static const struct work adam[] = {
    {OPJ_NMC_ADD, KT, 8},       {OPJ_NMC_ADD, WEIGHTS, 4}, {OPJ_NMC_MUL, KT, 22},
    {OPJ_NMC_MUL, WEIGHTS, 11}, {OPJ_NMC_SQRT, KT, 2},     {OPJ_NMC_SQRT, WEIGHTS, 1},
};
/* Value, gradient, two moments, the two corrected, updated value. */
static const struct traffic adam_traffic[] = {
    {KT, 14, 32, OPJ_NMC_SRAM_6MB_READ, OPJ_NMC_SRAM_6MB_WRITE},
    {WEIGHTS, 7, 32, OPJ_NMC_SRAM_6MB_READ, OPJ_NMC_SRAM_6MB_WRITE},
};

static void carry(struct opj_nmc_price *price, const struct opj_nmc_costs *costs, enum opj_nmc_level level,
		  enum opj_nmc_direction direction, enum opj_nmc_port port, int64_t bits, double *sum)
{
	double pj = (double)bits * costs->port_pj_per_bit[port];
	price->bits[level][direction] = opj_add(price->bits[level][direction], bits);
	price->level_pj[level][direction] += pj;
	*sum += pj;
}

static void do_work(struct opj_nmc_price *price, const int64_t *extents, const struct work *work, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t *sum = &price->primitives[work[i].primitive];
		*sum = opj_add(*sum, opj_mul(extents[work[i].extent], work[i].each));
	}
}

static void do_traffic(struct opj_nmc_price *price, const struct opj_nmc_costs *costs, const int64_t *extents,
		       const struct traffic *traffic, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t bits = opj_mul(extents[traffic[i].extent], traffic[i].variables * traffic[i].bits);
		carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_READ, traffic[i].read, bits, &price->extra_memory_pj);
		carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_WRITE, traffic[i].write, bits, &price->extra_memory_pj);
	}
}

#define DO_WORK(list) do_work(price, extents, list, sizeof list / sizeof *list)
#define DO_TRAFFIC(list) do_traffic(price, costs, extents, list, sizeof list / sizeof *list)

/* w -= lr·g: a multiplication and an addition per parameter; as much again for weight decay, for adding to a momentum
 * buffer that is there, and for looking ahead (nesterov); dampening scales the gradient that goes into the buffer.
 * Parameter and gradient are read, the parameter is written; the buffer is read if it is there and written always. */
static void sgd(struct opj_nmc_price *price, const struct opj_nmc_costs *costs, const struct opj_nmc_fragment *f,
		const int64_t *extents)
{
	bool momentum = f->flags & OPJ_NMC_MOMENTUM, buffer = momentum && (f->flags & OPJ_NMC_MOMENTUM_BUFFER);
	bool decay = f->flags & OPJ_NMC_WEIGHT_DECAY, nesterov = f->flags & OPJ_NMC_NESTEROV;
	bool dampening = buffer && (f->flags & OPJ_NMC_DAMPENING);
	int64_t n = opj_add(extents[KT], extents[WEIGHTS]), rounds = 1 + decay + buffer + nesterov;
	price->primitives[OPJ_NMC_ADD] = opj_mul(n, rounds);
	price->primitives[OPJ_NMC_MUL] = opj_mul(n, rounds + dampening);
	int64_t read = opj_mul(n, 32 * (2 + buffer)), write = opj_mul(n, 32 * (1 + momentum));
	carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_READ, OPJ_NMC_SRAM_6MB_READ, read, &price->extra_memory_pj);
	carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_WRITE, OPJ_NMC_SRAM_6MB_WRITE, write, &price->extra_memory_pj);
}

static void do_process(struct opj_nmc_price *price, const struct opj_nmc_costs *costs, const struct opj_nmc_fragment *f)
{
	int64_t extents[EXTENTS];
	measure(f, extents);
	bool forward = f->phase == OPJ_NMC_FORWARD;
	if (f->process == OPJ_NMC_SG && forward) {
		DO_WORK(soma_forward);
		DO_TRAFFIC(soma_forward_traffic);
	} else if (f->process == OPJ_NMC_SG) {
		DO_WORK(soma_backward);
		DO_TRAFFIC(soma_backward_traffic);
	} else if (f->process == OPJ_NMC_BN && forward) {
		DO_WORK(bn_forward);
		DO_TRAFFIC(bn_forward_traffic);
	} else if (f->process == OPJ_NMC_BN) {
		if (!f->without_bp_bn)
			DO_WORK(bn_backward);
		DO_TRAFFIC(bn_backward_traffic);
	} else if (f->process == OPJ_NMC_STEP && f->kind == OPJ_NMC_SGD) {
		sgd(price, costs, f, extents);
	} else if (f->process == OPJ_NMC_STEP) {
		DO_WORK(adam);
		DO_TRAFFIC(adam_traffic);
	}
}

/* The memories that the operands of a multiply-accumulate core go through. */
struct ports {
	enum opj_nmc_port reg_in, sram_in, sram_weight, sram_out;
	double (*reusable)(const struct opj_nmc_costs *costs);
};

static double forward_room(const struct opj_nmc_costs *costs)
{
	return costs->fp_weight_bits;
}

static double backward_room(const struct opj_nmc_costs *costs)
{
	return costs->bp_weight_bits;
}

static double gradient_room(const struct opj_nmc_costs *costs)
{
	return costs->wg_weight_bits;
}

static const struct ports cores[] = {
    [OPJ_NMC_FP_SOMA] = {OPJ_NMC_REG_1B_READ, OPJ_NMC_FP_CONV_IN_S_READ, OPJ_NMC_FP_CONV_IN_W_READ,
			 OPJ_NMC_FP_CONV_OUT_XI_WRITE, forward_room},
    [OPJ_NMC_BP_GRAD] = {OPJ_NMC_REG_16B_READ, OPJ_NMC_BP_CONV_IN_DU_READ, OPJ_NMC_BP_CONV_IN_W_READ,
			 OPJ_NMC_BP_CONV_OUT_RES_WRITE, backward_room},
    [OPJ_NMC_WG] = {OPJ_NMC_REG_1B_READ, OPJ_NMC_WG_CONV_IN_S_READ, OPJ_NMC_WG_CONV_IN_DU_READ,
		    OPJ_NMC_WG_CONV_OUT_DW_WRITE, gradient_room},
    [OPJ_NMC_ANN_FE] = {OPJ_NMC_REG_16B_READ, OPJ_NMC_FP_CONV_IN_W_READ, OPJ_NMC_FP_CONV_IN_W_READ,
			OPJ_NMC_FP_CONV_OUT_XI_WRITE, forward_room},
    [OPJ_NMC_ANN_BE] = {OPJ_NMC_REG_16B_READ, OPJ_NMC_BP_CONV_IN_DU_READ, OPJ_NMC_BP_CONV_IN_W_READ,
			OPJ_NMC_BP_CONV_OUT_RES_WRITE, backward_room},
    [OPJ_NMC_ANN_WE] = {OPJ_NMC_REG_16B_READ, OPJ_NMC_WG_CONV_IN_DU_READ, OPJ_NMC_WG_CONV_IN_DU_READ,
			OPJ_NMC_WG_CONV_OUT_DW_WRITE, gradient_room},
};

/* Each operand once through SRAM and registers. A stage with a batch or time index finds its weights in place, if they
 * fit. */
static void do_operands(struct opj_nmc_price *price, const struct opj_nmc_costs *costs,
			const struct opj_nmc_fragment *f)
{
	const struct ports *ports = &cores[f->core];
	int64_t in = opj_mul(f->in_numel, f->in_bits), w = opj_mul(f->w_numel, f->w_bits);
	int64_t out = opj_mul(f->out_numel, f->out_bits);
	double *sum = &price->base_memory_pj;
	bool kept = (f->b_type > 0 || f->t_type > 0) && (double)w <= ports->reusable(costs);
	carry(price, costs, OPJ_NMC_REG, OPJ_NMC_READ, ports->reg_in, in, sum);
	carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_READ, ports->sram_in, in, sum);
	if (!kept) {
		carry(price, costs, OPJ_NMC_REG, OPJ_NMC_READ, OPJ_NMC_REG_16B_READ, w, sum);
		carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_READ, ports->sram_weight, w, sum);
	}
	carry(price, costs, OPJ_NMC_REG, OPJ_NMC_WRITE, OPJ_NMC_REG_16B_WRITE, out, sum);
	carry(price, costs, OPJ_NMC_SRAM, OPJ_NMC_WRITE, ports->sram_out, out, sum);
}

/* A multiply-accumulate: with spikes a selection and an addition, else a multiplication and an addition. */
static double mac_pj(const struct opj_nmc_costs *costs, int64_t core)
{
	bool selects = core == OPJ_NMC_FP_SOMA || core == OPJ_NMC_WG;
	return costs->add_pj + (selects ? costs->mux_pj : costs->mul_pj);
}

void opj_nmc_price(const struct opj_nmc *nmc, const struct opj_nmc_fragment *fragment, struct opj_nmc_price *price)
{
	const struct opj_nmc_costs *costs = &nmc->costs;
	*price = (struct opj_nmc_price){0};
	if (fragment->macs != 0) {
		price->mac_pj = (double)fragment->macs * mac_pj(costs, fragment->core);
		do_operands(price, costs, fragment);
	}
	do_process(price, costs, fragment);
	const int64_t *n = price->primitives;
	price->extra_compute_pj = (double)n[OPJ_NMC_MUX] * costs->mux_pj + (double)n[OPJ_NMC_ADD] * costs->add_pj +
				  (double)n[OPJ_NMC_MUL] * costs->mul_pj + (double)n[OPJ_NMC_COMP] * costs->comp_pj +
				  (double)n[OPJ_NMC_SQRT] * costs->sqrt_pj;
	price->total_pj = price->mac_pj + price->extra_compute_pj + price->base_memory_pj + price->extra_memory_pj;
}
