/* analyze/estimators/neuromc/fragments.c: keeping fragments: equal ones once, their order as far as mapping_summary
 * shows it, and where each belongs. Also what calls and ops have in common when they make one. */
#include "analyze/ops/shapes.h"
#include "neuromc.h"

const struct opj_nmc_stage *opj_nmc_stage_of(struct opj_nmc *nmc, const struct opj_context *context,
					     struct opj_error *err)
{
	struct opj_nmc_stage *stage = opj_vector_at(&nmc->stages, context->stage_id);
	if (!stage)
		opj_fail(err, "out of memory");
	else if (!stage->name)
		*stage = opj_nmc_stage_parse(context->stage ? context->stage : "");
	return stage;
}

static int append(struct opj_nmc_list *list, uint32_t limit, uint32_t id, struct opj_error *err)
{
	if (list->ids.count >= limit) {
		list->left_out++;
		return 0;
	}
	uint32_t *last = opj_vector_at(&list->ids, list->ids.count);
	if (!last)
		return opj_fail(err, "out of memory");
	*last = id;
	return 0;
}

/* Counts a key once more; its id, or OPJ_INTERN_NONE: out of memory. */
static uint32_t count_one(struct opj_nmc_counts *counts, const void *key, size_t size)
{
	uint32_t id = opj_intern_id(&counts->keys, key, size);
	int64_t *count = id == OPJ_INTERN_NONE ? NULL : opj_vector_at(&counts->counts, id);
	if (!count)
		return OPJ_INTERN_NONE;
	*count = opj_add(*count, 1);
	return id;
}

static int64_t at_least_one(int64_t bound)
{
	return bound != OPJ_OVERFLOW && bound < 1 ? 1 : bound;
}

static void complete(struct opj_nmc_fragment *f, bool mac)
{
	struct opj_nmc_loops *l = &f->loops;
	if (f->origin != OPJ_NMC_OPTIMIZER_STEP) {
		int64_t *bounds[] = {&l->b, &l->t, &l->c, &l->k, &l->oy, &l->ox, &l->fy, &l->fx};
		for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
			*bounds[i] = at_least_one(*bounds[i]);
	}
	if (!mac)
		return;
	int64_t outputs = opj_mul(opj_mul(l->b, l->t), opj_mul(opj_mul(l->k, l->oy), l->ox));
	f->macs = opj_mul(outputs, opj_mul(opj_mul(l->c, l->fy), l->fx));
}

int opj_nmc_add(struct opj_nmc *nmc, struct opj_nmc_fragment *fragment, bool mac, enum opj_nmc_place_kind kind,
		const void *where, struct opj_error *err)
{
	complete(fragment, mac);
	uint32_t id = count_one(&nmc->fragments, fragment, sizeof *fragment);
	struct opj_nmc_place place = {.fragment = id, .kind = kind, .where = where};
	if (id == OPJ_INTERN_NONE || count_one(&nmc->places, &place, sizeof place) == OPJ_INTERN_NONE)
		return opj_fail(err, "out of memory");
	struct opj_nmc_list *list = fragment->origin == OPJ_NMC_OP ? &nmc->dispatched : &nmc->called;
	return append(list, nmc->costs.mapping_entries, id, err);
}

/* A text that was cut may end in the middle of a character, which no JSON can hold. */
static void drop_last_character(char *text)
{
	size_t length = strlen(text);
	while (length && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
		length--;
	text[length ? length - 1 : 0] = '\0';
}

int opj_nmc_gap(struct opj_nmc *nmc, struct opj_error *err, const char *format, ...)
{
	struct opj_nmc_gap gap = {0};
	va_list args;
	va_start(args, format);
	int length = vsnprintf(gap.text, sizeof gap.text, format, args);
	va_end(args);
	if (length >= (int)sizeof gap.text)
		drop_last_character(gap.text);
	uint32_t i = 0;
	while (i < nmc->gaps.count &&
	       strcmp(((struct opj_nmc_gap *)opj_vector_get(&nmc->gaps, i))->text, gap.text) != 0)
		i++;
	struct opj_nmc_gap *at = opj_vector_at(&nmc->gaps, i);
	if (!at)
		return opj_fail(err, "out of memory");
	gap.count = at->count + 1;
	*at = gap;
	return 0;
}

bool opj_nmc_layout_of(const struct opj_operand *x, bool multi_step, struct opj_nmc_layout *layout)
{
	int first = multi_step ? 1 : 0; /* where the batch stands */
	if (multi_step && x->ndim < 3)
		return false;
	*layout = (struct opj_nmc_layout){.t = 1, .b = 1, .positions = 1, .rows = 1, .columns = 1};
	if (multi_step)
		layout->t = x->shape[0];
	if (x->ndim > first)
		layout->b = x->shape[first];
	layout->c = x->ndim > first + 1 ? x->shape[first + 1] : opj_int(x->numel);
	if (x->ndim > first + 2)
		layout->rows = x->shape[first + 2];
	if (x->ndim > first + 3)
		layout->columns = x->shape[first + 3];
	layout->positions = opj_shape_product(x, first + 2);
	return true;
}

int opj_nmc_add_norm(struct opj_nmc *nmc, const struct opj_nmc_fragment *like, const struct opj_nmc_layout *layout,
		     bool spikes, enum opj_nmc_place_kind kind, const void *where, struct opj_error *err)
{
	bool forward = like->phase == OPJ_NMC_FORWARD;
	struct opj_nmc_fragment f = *like;
	f.kind = forward ? OPJ_NMC_BN_FORWARD : OPJ_NMC_BN_BACKWARD;
	if (spikes)
		f.core = forward ? OPJ_NMC_FP_BN : OPJ_NMC_BP_BN;
	else
		f.core = forward ? OPJ_NMC_ANN_BN : OPJ_NMC_ANN_BN_BP;
	f.process = OPJ_NMC_BN;
	f.loops = (struct opj_nmc_loops){layout->b, layout->t, layout->c, layout->c, layout->positions, 1, 1, 1};
	f.in_bits = f.w_bits = f.out_bits = 16;
	f.w_numel = opj_mul(2, layout->c);
	return opj_nmc_add(nmc, &f, false, kind, where, err);
}
