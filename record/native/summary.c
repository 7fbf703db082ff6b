/* record/native/summary.c: a run's spikes and outputs as text or JSON. Names come from a file, so they are escaped. */
#include "summary.h"

static double spike_rate(const struct opj_layer *layer, const struct opj_array *output)
{
	double sites = (double)opj_shape_count(layer->out.count, layer->out.size) * (double)output->shape[0] *
		       (double)output->shape[1];
	return sites > 0 ? (double)layer->spikes / sites : 0;
}

static double sum_output(const struct opj_array *output, size_t first, size_t step)
{
	double sum = 0;
	for (size_t i = first; i < output->count; i += step)
		sum += output->values[i];
	return sum;
}

void opj_summary_print(FILE *out, const struct opj_network *net, const struct opj_array *output, double seconds)
{
	char text[OPJ_SHAPE_TEXT];
	fprintf(out, "%s: %lld steps, batch %lld, %.3g ms\n", net->name, (long long)output->shape[0],
		(long long)output->shape[1], seconds * 1e3);
	for (int i = 0; i < net->nir.node_count; i++) {
		const struct opj_layer *layer = net->layers[net->order[i]];
		if (layer->type->spiking)
			fprintf(out, "  %-16s %-10s %12llu spikes  %6.2f %%\n", layer->name, layer->type->nir,
				(unsigned long long)layer->spikes, 100 * spike_rate(layer, output));
	}
	fprintf(out, "  output %s, sum %.9g\n", opj_shape_text(text, output->ndim, output->shape),
		sum_output(output, 0, 1));
}

static void print_string(FILE *out, const char *text)
{
	putc('"', out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < 0x20)
			fprintf(out, "\\u%04x", *c);
		else
			putc(*c, out);
	}
	putc('"', out);
}

static void print_number(FILE *out, double number)
{
	if (number - number == 0)
		fprintf(out, "%.9g", number);
	else
		fputs("null", out); /* JSON has no infinities */
}

static void print_spikes(FILE *out, const struct opj_network *net)
{
	const char *separator = "";
	for (int i = 0; i < net->nir.node_count; i++) {
		const struct opj_layer *layer = net->layers[net->order[i]];
		if (!layer->type->spiking)
			continue;
		fputs(separator, out);
		print_string(out, layer->name);
		fprintf(out, ": %llu", (unsigned long long)layer->spikes);
		separator = ", ";
	}
}

void opj_summary_print_json(FILE *out, const struct opj_network *net, const struct opj_array *output, double seconds)
{
	char text[OPJ_SHAPE_TEXT];
	size_t batch = (size_t)output->shape[1], step = output->count / (size_t)output->shape[0];
	fputs("{\"model\": ", out);
	print_string(out, net->name);
	fprintf(out, ", \"steps\": %lld, \"batch\": %lld, \"spikes\": {", (long long)output->shape[0],
		(long long)output->shape[1]);
	print_spikes(out, net);
	fprintf(out, "}, \"output_shape\": %s, \"output_sum\": [", opj_shape_text(text, output->ndim, output->shape));
	for (size_t i = 0; i < step; i++) {
		fputs(i % (step / batch) != 0 ? ", " : i > 0 ? "], [" : "[", out);
		print_number(out, sum_output(output, i, step));
	}
	fprintf(out, "%s], \"seconds\": %.6f}\n", step > 0 ? "]" : "", seconds);
}
