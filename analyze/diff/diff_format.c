/* analyze/diff/diff_format.c: figures of a diff as people read them. */
#include "diff.h"
#include <math.h>
#include <string.h>

const char *opj_diff_figure_text(char text[32], const struct opj_diff *diff, uint32_t column,
				 const struct opj_figure *figure)
{
	return opj_figure_text(text, diff->columns[column].quantity, figure);
}

const char *opj_diff_change_text(char text[32], const struct opj_diff *diff, uint32_t column,
				 const struct opj_diff_pair *pair)
{
	struct opj_figure change = opj_diff_change(pair);
	char number[32];
	if (diff->columns[column].quantity == OPJ_QUANTITY_SHARE && change.known) {
		snprintf(text, 32, "%+.1f pp", 100 * change.number);
		return text;
	}
	opj_diff_figure_text(number, diff, column, &change);
	snprintf(text, 32, "%s%.30s", change.known && change.number > 0 ? "+" : "", number);
	return text;
}

const char *opj_diff_relative_text(char text[32], const struct opj_diff_pair *pair)
{
	double relative;
	if (!opj_diff_relative(pair, &relative))
		text[0] = '\0';
	else if (isinf(relative))
		strcpy(text, "new");
	else if (relative != 0 && fabs(relative) < 0.0005)
		snprintf(text, 32, "%+.1g %%", 100 * relative);
	else if (relative == 0)
		strcpy(text, "0 %");
	else
		snprintf(text, 32, "%+.*f %%", fabs(relative) < 9.995 ? 1 : 0, 100 * relative);
	return text;
}
