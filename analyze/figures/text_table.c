/* analyze/figures/text_table.c: the table of the text report: a row for each module, stage or op.
 *
 * Each module's row includes what is below it, so rows do not add up to the total. */
#include "format.h"
#include "text.h"

int opj_text_table(const struct opj_analysis *analysis, enum opj_axis by, FILE *out, struct opj_error *err)
{
	struct opj_digest digest;
	struct opj_sheet sheet;
	if (opj_digest_init(&digest, analysis, err))
		return -1;
	const struct opj_sheet_source source = {.label = "", .digest = &digest};
	int failed = opj_sheet_init(&sheet, &source, 1, by, OPJ_SHEET_REPORT, err);
	if (!failed) {
		failed = opj_sheet_text(&sheet, out) ? opj_fail(err, "out of memory") : 0;
		opj_sheet_finish(&sheet);
	}
	opj_digest_finish(&digest);
	return failed;
}
