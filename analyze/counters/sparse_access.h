/* analyze/counters/sparse_access.h: whether only the nonzero elements of a tensor cause memory accesses.
 *
 * Rule of the reference (SpikingJelly, op_counter/_sparse_memory.py): spikes always, other tensors when at least the
 * given share of their elements is zero; a tensor without elements or of unknown values never. */
#ifndef OPJ_ANALYZE_COUNTERS_SPARSE_ACCESS_H
#define OPJ_ANALYZE_COUNTERS_SPARSE_ACCESS_H

#include "analyze/ops/spikes.h"

struct opj_sparse_rule {
	bool enabled;          /* false: every access is dense */
	double zero_threshold; /* share of zeros from which on a tensor of no spikes counts as sparse, 0 to 1 */
};

static inline bool opj_access_is_sparse(const struct opj_sparse_rule *rule, const struct opj_operand *operand)
{
	if (!rule->enabled || operand->numel == 0 || operand->stats.kind == OPJ_KIND_UNKNOWN)
		return false;
	if (opj_spikes_of(operand) == OPJ_SPIKES_YES)
		return true;
	return 1.0 - (double)operand->stats.nnz / (double)operand->numel >= rule->zero_threshold;
}

#endif
