/* record/native/summary.h: what a run says about itself. */
#ifndef OPJ_RECORD_NATIVE_SUMMARY_H
#define OPJ_RECORD_NATIVE_SUMMARY_H

#include "network.h"

/* For people: steps, batch, spikes of every node that spikes and their share of neurons and steps. */
void opj_summary_print(FILE *out, const struct opj_network *net, const struct opj_array *output, double seconds);

/* One JSON object: model, steps, batch, spikes by node, output shape, output_sum [sample][element] over time, and the
 * seconds that the time loop took. */
void opj_summary_print_json(FILE *out, const struct opj_network *net, const struct opj_array *output, double seconds);

#endif
