/* analyze/ops/spikes.h: what an operand's values are, as far as rules depend on it. */
#ifndef OPJ_ANALYZE_OPS_SPIKES_H
#define OPJ_ANALYZE_OPS_SPIKES_H

#include <opjoule/replay.h>

/* Whether a tensor holds spikes, zeros and ones only. Booleans always do, and so does a tensor without elements.
 * UNKNOWN: nobody looked at its values. */
enum opj_spikes { OPJ_SPIKES_NO, OPJ_SPIKES_YES, OPJ_SPIKES_UNKNOWN };

static inline enum opj_spikes opj_spikes_of(const struct opj_operand *x)
{
	if (x->numel == 0 || (x->dtype.code == OPJ_DL_BOOL && x->dtype.bits == 8))
		return OPJ_SPIKES_YES;
	if (x->stats.kind == OPJ_KIND_UNKNOWN)
		return OPJ_SPIKES_UNKNOWN;
	return x->stats.kind == OPJ_KIND_BINARY ? OPJ_SPIKES_YES : OPJ_SPIKES_NO;
}

/* NeuroMC's word for it: every element is 0 or 1, and there are some. */
static inline bool opj_is_spikes(const struct opj_operand *x)
{
	return x->numel > 0 && opj_spikes_of(x) == OPJ_SPIKES_YES;
}

static inline bool opj_is_unseen(const struct opj_operand *x)
{
	return opj_spikes_of(x) == OPJ_SPIKES_UNKNOWN;
}

#endif
