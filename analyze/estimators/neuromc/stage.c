/* analyze/estimators/neuromc/stage.c: what the name of a stage says. "backward" in it makes it a backward stage,
 * "optimizer" or "update" an optimizer's, anything else forward; b<n> and t<n>, standing alone between characters that
 * are no letters or digits, are batch and time index. Case does not matter. */
#include "neuromc.h"
#include <ctype.h>

static bool contains(const char *name, const char *word)
{
	return strcasestr(name, word) != NULL;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

/* The number behind the first lone `letter`; 0 where there is none. One too large to count stays the largest. */
static int64_t index_behind(const char *name, char letter)
{
	for (const char *at = name; *at; at++) {
		if (tolower((unsigned char)*at) != letter || (at > name && is_word(at[-1])) ||
		    !isdigit((unsigned char)at[1]))
			continue;
		int64_t index = 0;
		const char *digit = at + 1;
		for (; isdigit((unsigned char)*digit); digit++) {
			if (__builtin_mul_overflow(index, 10, &index) ||
			    __builtin_add_overflow(index, *digit - '0', &index))
				index = INT64_MAX;
		}
		if (!is_word(*digit))
			return index;
	}
	return 0;
}

struct opj_nmc_stage opj_nmc_stage_parse(const char *name)
{
	struct opj_nmc_stage stage = {.name = name};
	if (contains(name, "backward"))
		stage.phase = OPJ_NMC_BACKWARD;
	else if (contains(name, "optimizer") || contains(name, "update"))
		stage.phase = OPJ_NMC_OPTIMIZER;
	else
		stage.phase = OPJ_NMC_FORWARD;
	stage.b_type = index_behind(name, 'b');
	stage.t_type = index_behind(name, 't');
	stage.without_bp_bn = contains(name, "without_bp_bn");
	return stage;
}
