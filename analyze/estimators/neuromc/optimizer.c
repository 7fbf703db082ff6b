/* analyze/estimators/neuromc/optimizer.c: fragments of optimizer steps: Adam and AdamW as one, SGD one for each
 * combination of momentum, weight decay and whether the momentum buffer is there already.
 *
 * Parameters without a gradient are not stepped. Those of at most one dimension (biases, scales) count as kt, the
 * others as fyfxkc, as the accelerator keeps them apart. */
#include "neuromc.h"
#include <math.h>

static double number(const struct opj_optimizer_group *group, const char *key)
{
	for (uint32_t i = 0; i < group->hyper_count; i++) {
		if (group->hyper[i].key && strcmp(group->hyper[i].key, key) == 0)
			return opj_value_number(group->hyper[i], 0);
	}
	return 0;
}

static int64_t parameter_numel(const struct opj_optimizer_parameter *p)
{
	int64_t n = 1;
	for (int d = 0; d < p->ndim; d++)
		n = opj_mul(n, p->shape[d]);
	return n;
}

static struct opj_nmc_fragment step_fragment(const struct opj_optimizer_step *step, enum opj_nmc_kind kind, int64_t kt,
					     int64_t fyfxkc)
{
	return (struct opj_nmc_fragment){
	    .origin = OPJ_NMC_OPTIMIZER_STEP,
	    .stage = step->context->stage_id,
	    .phase = OPJ_NMC_OPTIMIZER,
	    .kind = kind,
	    .core = OPJ_NMC_OPT,
	    .process = OPJ_NMC_STEP,
	    .loops = {.b = 1, .t = 1, .c = 1, .k = kt, .oy = 1, .ox = 1, .fy = 1, .fx = fyfxkc},
	    .in_bits = 32,
	    .w_bits = 32,
	    .out_bits = 32,
	    .in_numel = kt,
	    .w_numel = fyfxkc,
	    .out_numel = opj_add(kt, fyfxkc),
	};
}

static int adam(struct opj_nmc *nmc, const struct opj_optimizer_step *step, enum opj_nmc_kind kind,
		struct opj_error *err)
{
	int64_t kt = 0, fyfxkc = 0;
	for (uint32_t g = 0; g < step->def.group_count; g++) {
		const struct opj_optimizer_group *group = &step->def.groups[g];
		for (uint32_t i = 0; i < group->parameter_count; i++) {
			const struct opj_optimizer_parameter *p = &group->parameters[i];
			int64_t *sum = p->ndim <= 1 ? &kt : &fyfxkc;
			if (p->has_grad)
				*sum = opj_add(*sum, parameter_numel(p));
		}
	}
	struct opj_nmc_fragment f = step_fragment(step, kind, kt, fyfxkc);
	return opj_nmc_add(nmc, &f, false, OPJ_NMC_NOWHERE, NULL, err);
}

/* Parameters that are stepped alike. */
struct bucket {
	int64_t flags, numel;
	bool vector;
};
enum { BUCKETS = 64 }; /* every combination of five flags and vector */

static void fill(struct bucket *buckets, int *count, int64_t flags, bool vector, int64_t numel)
{
	int i = 0;
	while (i < *count && (buckets[i].flags != flags || buckets[i].vector != vector))
		i++;
	if (i == *count)
		buckets[(*count)++] = (struct bucket){.flags = flags, .vector = vector};
	buckets[i].numel = opj_add(buckets[i].numel, numel);
}

/* Nesterov momentum and dampening have no mapping in the reference: their arithmetic is added, and said. */
static int group_flags(struct opj_nmc *nmc, const struct opj_optimizer_group *group, int64_t *flags,
		       struct opj_error *err)
{
	*flags = 0;
	if (number(group, "weight_decay") > 0)
		*flags |= OPJ_NMC_WEIGHT_DECAY;
	if (number(group, "maximize") != 0 &&
	    opj_nmc_gap(nmc, err, "SGD with maximize: the sign of the gradient costs nothing"))
		return -1;
	if (!(number(group, "momentum") > 0))
		return 0;
	*flags |= OPJ_NMC_MOMENTUM;
	if (number(group, "nesterov") != 0) {
		*flags |= OPJ_NMC_NESTEROV;
		if (opj_nmc_gap(nmc, err, "SGD with nesterov: its arithmetic is counted, its traffic is not"))
			return -1;
	}
	if (number(group, "dampening") != 0) {
		*flags |= OPJ_NMC_DAMPENING;
		if (opj_nmc_gap(nmc, err, "SGD with dampening: its arithmetic is counted, its traffic is not"))
			return -1;
	}
	return 0;
}

static int sgd(struct opj_nmc *nmc, const struct opj_optimizer_step *step, struct opj_error *err)
{
	struct bucket buckets[BUCKETS];
	int count = 0;
	for (uint32_t g = 0; g < step->def.group_count; g++) {
		const struct opj_optimizer_group *group = &step->def.groups[g];
		int64_t flags;
		if (group_flags(nmc, group, &flags, err))
			return -1;
		for (uint32_t i = 0; i < group->parameter_count; i++) {
			const struct opj_optimizer_parameter *p = &group->parameters[i];
			bool buffer = p->momentum_buffer && (flags & OPJ_NMC_MOMENTUM);
			if (p->has_grad)
				fill(buckets, &count, flags | (buffer ? OPJ_NMC_MOMENTUM_BUFFER : 0), p->ndim <= 1,
				     parameter_numel(p));
		}
	}
	for (int i = 0; i < count; i++) {
		if (buckets[i].numel == 0)
			continue;
		struct opj_nmc_fragment f = step_fragment(step, OPJ_NMC_SGD, buckets[i].vector ? buckets[i].numel : 0,
							  buckets[i].vector ? 0 : buckets[i].numel);
		f.flags = buckets[i].flags;
		if (opj_nmc_add(nmc, &f, false, OPJ_NMC_NOWHERE, NULL, err))
			return -1;
	}
	return 0;
}

int opj_nmc_visit_optimizer(void *self, const struct opj_optimizer_step *step, struct opj_error *err)
{
	struct opj_nmc *nmc = self;
	if (!opj_nmc_stage_of(nmc, step->context, err))
		return -1;
	const char *cls = step->def.cls ? step->def.cls : "";
	if (strcmp(cls, "Adam") == 0)
		return adam(nmc, step, OPJ_NMC_ADAM, err);
	if (strcmp(cls, "AdamW") == 0)
		return adam(nmc, step, OPJ_NMC_ADAMW, err);
	if (strcmp(cls, "SGD") == 0)
		return sgd(nmc, step, err);
	return opj_nmc_gap(nmc, err, "optimizer %s: only SGD, Adam and AdamW have a mapping", cls);
}
