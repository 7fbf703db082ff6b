/* analyze/estimators/neuromc/report.c: adding up what the fragments cost.
 *
 * A fragment of an op is left out where a call has one that is equal in all but name and the split between batch and
 * time: the call says the same. Every sum of integers is checked. */
#include "neuromc.h"
#include <stdlib.h>

/* What one group (a stage, an op, a core, a process) comes to. */
struct group {
	int64_t fragments, macs, primitives[OPJ_NMC_PRIMITIVES];
	double pj;
};

struct sums {
	struct group all, kinds[OPJ_NMC_KINDS], cores[OPJ_NMC_CORES], processes[OPJ_NMC_PROCESSES];
	struct opj_vector stages;     /* struct group by dense id */
	struct opj_nmc_price traffic; /* bits and energies of all fragments; its primitives are not used */
	bool *drop;                   /* [fragments] */
};

/* The fragment without what does not tell it from one of another origin. */
static struct opj_nmc_fragment essence(const struct opj_nmc_fragment *f)
{
	struct opj_nmc_fragment same = *f;
	same.origin = same.kind = same.flags = 0;
	same.loops.b = opj_mul(f->loops.b, f->loops.t);
	same.loops.t = 0;
	return same;
}

/* Marks the fragments of ops that a call accounts for. */
static int find_overlap(const struct opj_nmc *nmc, bool *drop, struct opj_error *err)
{
	struct opj_intern called = {0};
	int failed = 0;
	for (uint32_t i = 0; i < nmc->fragments.keys.count && !failed; i++) {
		const struct opj_nmc_fragment *f = opj_nmc_fragment_at(nmc, i);
		struct opj_nmc_fragment same = essence(f);
		if (f->origin == OPJ_NMC_CALL && opj_intern_id(&called, &same, sizeof same) == OPJ_INTERN_NONE)
			failed = opj_fail(err, "out of memory");
	}
	for (uint32_t i = 0; i < nmc->fragments.keys.count; i++) {
		const struct opj_nmc_fragment *f = opj_nmc_fragment_at(nmc, i);
		struct opj_nmc_fragment same = essence(f);
		uint64_t hash = opj_intern_hash(&same, sizeof same);
		drop[i] =
		    f->origin == OPJ_NMC_OP && opj_intern_find(&called, &same, sizeof same, hash) != OPJ_INTERN_NONE;
	}
	opj_intern_finish(&called);
	return failed;
}

static void add_group(struct group *group, const struct opj_nmc_fragment *f, const struct opj_nmc_price *price,
		      int64_t times)
{
	group->fragments = opj_add(group->fragments, times);
	group->macs = opj_add(group->macs, opj_mul(f->macs, times));
	for (int i = 0; i < OPJ_NMC_PRIMITIVES; i++)
		group->primitives[i] = opj_add(group->primitives[i], opj_mul(price->primitives[i], times));
	group->pj += price->total_pj * (double)times;
}

static void add_traffic(struct opj_nmc_price *sum, const struct opj_nmc_price *price, int64_t times)
{
	double n = (double)times;
	for (int level = 0; level < OPJ_NMC_LEVELS; level++) {
		for (int d = 0; d < OPJ_NMC_DIRECTIONS; d++) {
			int64_t bits = opj_mul(price->bits[level][d], times);
			sum->bits[level][d] = opj_add(sum->bits[level][d], bits);
			sum->level_pj[level][d] += price->level_pj[level][d] * n;
		}
	}
	sum->mac_pj += price->mac_pj * n;
	sum->base_memory_pj += price->base_memory_pj * n;
	sum->extra_memory_pj += price->extra_memory_pj * n;
	sum->extra_compute_pj += price->extra_compute_pj * n;
}

/* Sums that do not fit in 64 bits make a report that would mean nothing. */
static int check(const struct sums *sums, struct opj_error *err)
{
	bool fits = sums->all.macs != OPJ_OVERFLOW && sums->all.fragments != OPJ_OVERFLOW;
	for (int i = 0; i < OPJ_NMC_PRIMITIVES; i++)
		fits = fits && sums->all.primitives[i] != OPJ_OVERFLOW;
	for (int level = 0; level < OPJ_NMC_LEVELS; level++) {
		const int64_t *bits = sums->traffic.bits[level];
		fits = fits && opj_add(bits[OPJ_NMC_READ], bits[OPJ_NMC_WRITE]) != OPJ_OVERFLOW;
	}
	return fits ? 0 : opj_fail(err, "its operations or its traffic do not fit in 64 bits");
}

static int add_up(const struct opj_nmc *nmc, struct sums *sums, struct opj_error *err)
{
	for (uint32_t i = 0; i < nmc->fragments.keys.count; i++) {
		const struct opj_nmc_fragment *f = opj_nmc_fragment_at(nmc, i);
		int64_t times = opj_nmc_count_at(&nmc->fragments, i);
		if (sums->drop[i])
			continue;
		struct group *stage = opj_vector_at(&sums->stages, (uint32_t)f->stage);
		if (!stage)
			return opj_fail(err, "out of memory");
		struct opj_nmc_price price;
		opj_nmc_price(nmc, f, &price);
		struct group *const groups[] = {&sums->all, &sums->kinds[f->kind], &sums->cores[f->core],
						&sums->processes[f->process], stage};
		for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
			add_group(groups[g], f, &price, times);
		add_traffic(&sums->traffic, &price, times);
	}
	return check(sums, err);
}

static void report_energies(const struct sums *sums, struct opj_report *report)
{
	const struct opj_nmc_price *t = &sums->traffic;
	double compute = t->mac_pj + t->extra_compute_pj, memory = t->base_memory_pj + t->extra_memory_pj;
	opj_report_total(report, compute + memory);
	opj_report_number(report, compute, "energy_compute_pj", NULL);
	opj_report_number(report, memory, "energy_memory_pj", NULL);
	opj_report_number(report, t->mac_pj, "energy_mac_pj", NULL);
	opj_report_number(report, t->extra_compute_pj, "energy_extra_compute_pj", NULL);
	opj_report_number(report, t->base_memory_pj, "energy_base_memory_pj", NULL);
	opj_report_number(report, t->extra_memory_pj, "energy_extra_memory_pj", NULL);
	opj_report_number(report, t->mac_pj, "breakdown_pj", "mac_pj", NULL);
	opj_report_number(report, t->extra_compute_pj, "breakdown_pj", "extra_compute_pj", NULL);
	opj_report_number(report, t->base_memory_pj, "breakdown_pj", "base_memory_pj", NULL);
	opj_report_number(report, t->extra_memory_pj, "breakdown_pj", "extra_memory_pj", NULL);
}

static void report_primitives(const struct group *group, struct opj_report *report, const char *section,
			      const char *name)
{
	for (int i = 0; i < OPJ_NMC_PRIMITIVES; i++) {
		const char *primitive = opj_nmc_primitive_names[i];
		opj_report_count(report, group->primitives[i], "primitive_counts", section, name, primitive, NULL);
	}
}

/* Groups of a core type or a process key: energy and counts. */
static void report_groups(const struct group *groups, const char *const *names, int count, const char *energy,
			  const char *counts, struct opj_report *report)
{
	opj_report_section(report, energy, NULL);
	opj_report_section(report, counts, NULL);
	for (int g = 0; g < count; g++) {
		if (!groups[g].fragments)
			continue;
		opj_report_number(report, groups[g].pj, energy, names[g], NULL);
		opj_report_count(report, groups[g].fragments, counts, names[g], "fragments", NULL);
		opj_report_count(report, groups[g].macs, counts, names[g], "mac", NULL);
		for (int i = 0; i < OPJ_NMC_PRIMITIVES; i++)
			opj_report_count(report, groups[g].primitives[i], counts, names[g], opj_nmc_primitive_names[i],
					 NULL);
	}
}

static void report_stages_and_ops(const struct opj_nmc *nmc, const struct sums *sums, struct opj_report *report)
{
	opj_report_section(report, "energy_by_stage", NULL);
	opj_report_section(report, "primitive_counts", "by_stage", NULL);
	for (uint32_t i = 0; i < sums->stages.count; i++) {
		const struct group *group = opj_vector_get(&sums->stages, i);
		const struct opj_nmc_stage *stage = opj_vector_get(&nmc->stages, i);
		if (!group->fragments)
			continue;
		opj_report_number(report, group->pj, "energy_by_stage", stage->name, NULL);
		opj_report_share(report, OPJ_BY_STAGE, stage->name, group->pj);
		report_primitives(group, report, "by_stage", stage->name);
	}
	opj_report_section(report, "energy_by_op", NULL);
	opj_report_section(report, "primitive_counts", "by_op", NULL);
	for (int kind = 0; kind < OPJ_NMC_KINDS; kind++) {
		const struct group *group = &sums->kinds[kind];
		const char *name = opj_nmc_kind_names[kind];
		if (!group->fragments)
			continue;
		opj_report_number(report, group->pj, "energy_by_op", name, NULL);
		opj_report_share(report, OPJ_BY_OP, name, group->pj);
		report_primitives(group, report, "by_op", name);
	}
	for (int i = 0; i < OPJ_NMC_PRIMITIVES; i++)
		opj_report_count(report, sums->all.primitives[i], "primitive_counts", "totals",
				 opj_nmc_primitive_names[i], NULL);
	opj_report_count(report, sums->all.macs, "primitive_counts", "totals", "mac", NULL);
	/* The reference's name for the accelerator that all counts are filed under; nothing depends on it. */
	opj_report_string(report, "fp_soma", "primitive_counts", "core_type", NULL);
}

static void report_memory(const struct opj_nmc *nmc, const struct sums *sums, struct opj_report *report)
{
	static const char *const levels[OPJ_NMC_LEVELS] = {"reg", "sram"};
	static const char *const directions[OPJ_NMC_DIRECTIONS] = {"rh2l", "wl2h"};
	static const char energy[] = "energy_by_memory_level_dir", bits[] = "memory_bits_by_level";
	opj_report_string(report, nmc->costs.preset ? "neuromc_like_v1" : "custom", bits, "preset_name", NULL);
	opj_report_section(report, bits, "totals", NULL);
	opj_report_section(report, bits, "by_level_dir", NULL);
	opj_report_section(report, energy, NULL);
	for (int l = 0; l < OPJ_NMC_LEVELS; l++) {
		const int64_t *moved = sums->traffic.bits[l];
		if (moved[OPJ_NMC_READ] + moved[OPJ_NMC_WRITE] == 0)
			continue;
		opj_report_count(report, moved[OPJ_NMC_READ] + moved[OPJ_NMC_WRITE], bits, "totals", levels[l], NULL);
		for (int d = 0; d < OPJ_NMC_DIRECTIONS; d++) {
			if (!moved[d])
				continue;
			opj_report_count(report, moved[d], bits, "by_level_dir", levels[l], directions[d], NULL);
			opj_report_number(report, sums->traffic.level_pj[l][d], energy, levels[l], directions[d], NULL);
		}
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Ops that the reference refuses, "name (calls=n)", sorted. */
static int report_unsupported(const struct opj_nmc *nmc, struct opj_report *report, struct opj_error *err)
{
	char **names = calloc((size_t)nmc->ops.count + 1, sizeof *names);
	size_t count = 0;
	bool made = names != NULL;
	for (uint32_t i = 0; made && i < nmc->ops.count; i++) {
		const struct opj_nmc_op *op = opj_vector_get(&nmc->ops, i);
		if (opj_nmc_op_unsupported(op))
			made = asprintf(&names[count++], "%s (calls=%lld)", op->name, (long long)op->calls) >= 0;
	}
	if (made) {
		qsort(names, count, sizeof *names, compare);
		opj_report_strings(report, (const char *const *)names, count, "unsupported_ops", NULL);
		for (size_t i = 0; i < count; i++)
			free(names[i]);
	}
	free(names);
	return made ? 0 : opj_fail(err, "out of memory");
}

static void report_uncovered(const struct opj_nmc *nmc, struct opj_report *report)
{
	for (uint32_t i = 0; i < nmc->ops.count; i++) {
		const struct opj_nmc_op *op = opj_vector_get(&nmc->ops, i);
		if (opj_nmc_op_unsupported(op))
			opj_report_uncovered(report, op->name, op->calls);
	}
	for (uint32_t i = 0; i < nmc->gaps.count; i++) {
		const struct opj_nmc_gap *gap = opj_vector_get(&nmc->gaps, i);
		opj_report_uncovered(report, gap->text, gap->count);
	}
}

/* Energy by scope, in the order in which scopes were met. */
struct shares {
	struct opj_intern names;
	struct opj_vector pj; /* double by id of the name */
};

static int add_share(struct shares *shares, const char *scope, double pj)
{
	uint32_t id = opj_intern_text(&shares->names, scope);
	double *sum = id == OPJ_INTERN_NONE ? NULL : opj_vector_at(&shares->pj, id);
	if (!sum)
		return -1;
	*sum += pj;
	return 0;
}

/* A module's path and the paths around it: "Net.block.conv" counts towards "Net.block" and "Net" as well. */
static int share_path(struct shares *shares, const char *path, double pj)
{
	char *prefix = strdup(path);
	int failed = !prefix || add_share(shares, "Global", pj) || add_share(shares, prefix, pj);
	for (char *dot; !failed && (dot = strrchr(prefix, '.'));) {
		*dot = '\0';
		failed = add_share(shares, prefix, pj);
	}
	free(prefix);
	return failed;
}

static int share_place(struct shares *shares, const struct opj_nmc_place *place, double pj)
{
	if (place->kind == OPJ_NMC_IN_MODULE)
		return share_path(shares, ((const struct opj_trace_module *)place->where)->def.path, pj);
	if (place->kind == OPJ_NMC_NOWHERE)
		return add_share(shares, "Global", pj);
	const struct opj_context *context = place->where;
	for (uint32_t i = 0; i < context->scope_count; i++) {
		if (add_share(shares, context->scopes[i], pj))
			return -1;
	}
	return 0;
}

static int report_modules(const struct opj_nmc *nmc, const struct sums *sums, struct opj_report *report,
			  struct opj_error *err)
{
	struct shares shares = {.pj.item_size = sizeof(double)};
	int failed = 0;
	for (uint32_t i = 0; i < nmc->places.keys.count && !failed; i++) {
		const struct opj_nmc_place *place = opj_nmc_place_at(nmc, i);
		if (sums->drop[place->fragment])
			continue;
		struct opj_nmc_price price;
		opj_nmc_price(nmc, opj_nmc_fragment_at(nmc, (uint32_t)place->fragment), &price);
		failed = share_place(&shares, place, price.total_pj * (double)opj_nmc_count_at(&nmc->places, i));
	}
	for (uint32_t i = 0; i < shares.pj.count; i++)
		opj_report_share(report, OPJ_BY_MODULE, opj_intern_key(&shares.names, i),
				 *(double *)opj_vector_get(&shares.pj, i));
	opj_intern_finish(&shares.names);
	opj_vector_finish(&shares.pj);
	return failed ? opj_fail(err, "out of memory") : 0;
}

static void report_mapping(const struct opj_nmc *nmc, const struct sums *sums, struct opj_report *report)
{
	opj_nmc_mapping(nmc, sums->drop, report);
	opj_report_count(report, sums->all.fragments, "fragments", NULL);
	opj_report_flag(report, nmc->called.left_out + nmc->dispatched.left_out > 0, "mapping_summary_cut", NULL);
}

int opj_nmc_report(void *self, const struct opj_slice *total, struct opj_report *report, struct opj_error *err)
{
	(void)total;
	const struct opj_nmc *nmc = self;
	struct sums *sums = calloc(1, sizeof *sums);
	bool *drop = calloc((size_t)nmc->fragments.keys.count + 1, sizeof *drop);
	int failed = -1;
	if (!sums || !drop) {
		opj_fail(err, "out of memory");
		goto done;
	}
	sums->drop = drop;
	sums->stages.item_size = sizeof(struct group);
	if (find_overlap(nmc, drop, err) || add_up(nmc, sums, err))
		goto done;
	report_energies(sums, report);
	report_stages_and_ops(nmc, sums, report);
	report_groups(sums->cores, opj_nmc_core_names, OPJ_NMC_CORES, "energy_by_core_type", "counts_by_core_type",
		      report);
	report_groups(sums->processes, opj_nmc_process_names, OPJ_NMC_PROCESSES, "energy_by_process_key",
		      "counts_by_process_key", report);
	report_memory(nmc, sums, report);
	report_uncovered(nmc, report);
	if (!sums->all.fragments)
		opj_report_warn(report, "nothing in this trace has a NeuroMC mapping: the figures are zeros");
	else if (!nmc->called.ids.count)
		opj_report_warn(report, "no module call of this trace has a mapping: layers are taken from their ops, "
					"neurons are not counted");
	failed = report_unsupported(nmc, report, err) || report_modules(nmc, sums, report, err) ? -1 : 0;
	report_mapping(nmc, sums, report);
done:
	if (sums)
		opj_vector_finish(&sums->stages);
	free(drop);
	free(sums);
	return failed;
}
