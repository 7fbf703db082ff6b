/* analyze/roofline/machine_rows.h: the options that describe a machine, for the commands that draw rooflines. */
#ifndef OPJ_ANALYZE_ROOFLINE_MACHINE_ROWS_H
#define OPJ_ANALYZE_ROOFLINE_MACHINE_ROWS_H

#include "record/base/command.h"

/* --peak-flops, --peak-bandwidth and --machine, into a struct opj_machine that is zeroed or initialized. */
extern const struct opj_option_row opj_machine_rows[];

#endif
