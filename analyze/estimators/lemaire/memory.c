/* analyze/estimators/lemaire/memory.c: bytes that one call of a weight layer moves.
 *
 * Dense: every element of input, output and parameters once. Sparse (the input's zeros cause no access): each nonzero
 * input fetches the weights of all outputs that it reaches, and each output that is written, its bias. Transposed
 * convolutions have a dense rule only. */
#include "analyze/ops/module_class.h"
#include "lemaire.h"

static const char *const linear_classes[] = {"Linear", NULL};
static const char *const conv_classes[] = {"Conv1d", "Conv2d", "Conv3d", NULL};
const char *const lemaire_weight_classes[] = {"Linear",          "Conv1d",          "Conv2d",          "Conv3d",
					      "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", NULL};

static int64_t operand_bytes(const struct opj_call *call, struct opj_value value)
{
	if (value.type == OPJ_VALUE_TENSOR)
		return opj_int(call->operands[value.u.tensor].bytes);
	int64_t bytes = 0;
	for (uint32_t i = 0; value.type == OPJ_VALUE_LIST && i < value.count; i++)
		bytes = opj_add(bytes, operand_bytes(call, value.u.items[i]));
	return bytes;
}

static int64_t all_bytes(const struct opj_call *call, const struct opj_value *values, uint32_t count)
{
	int64_t bytes = 0;
	for (uint32_t i = 0; i < count; i++)
		bytes = opj_add(bytes, operand_bytes(call, values[i]));
	return bytes;
}

static int64_t product(int ndim, const int64_t *shape)
{
	int64_t numel = 1;
	for (int i = 0; i < ndim; i++)
		numel = opj_mul(numel, shape[i]);
	return numel;
}

static int64_t parameter_bytes(const struct opj_module *module)
{
	int64_t bytes = 0;
	for (uint32_t i = 0; i < module->parameter_count; i++) {
		const struct opj_module_parameter *parameter = &module->parameters[i];
		int64_t numel = product(parameter->ndim, parameter->shape);
		bytes = opj_add(bytes, opj_mul(numel, (int64_t)opj_dtype_size(parameter->dtype)));
	}
	return bytes;
}

static const struct opj_module_parameter *find_parameter(const struct opj_module *module, const char *name)
{
	for (uint32_t i = 0; i < module->parameter_count; i++) {
		if (module->parameters[i].name && strcmp(module->parameters[i].name, name) == 0)
			return &module->parameters[i];
	}
	return NULL;
}

static struct opj_value attribute(const struct opj_module *module, const char *key)
{
	for (uint32_t i = 0; i < module->attr_count; i++) {
		if (module->attrs[i].key && strcmp(module->attrs[i].key, key) == 0)
			return module->attrs[i];
	}
	return OPJ_NONE();
}

static int64_t kernel_volume(const struct opj_module *module, const struct opj_module_parameter *weight)
{
	struct opj_value size = attribute(module, "kernel_size");
	uint32_t count = opj_value_count(size);
	int64_t volume = 1;
	for (uint32_t i = 0; i < count; i++)
		volume = opj_mul(volume, opj_value_integer(opj_value_item(size, i), 0));
	if (count == 0 && weight && weight->ndim > 2)
		volume = product(weight->ndim - 2, weight->shape + 2);
	return volume;
}

/* Weights that one input element is multiplied with; 0 where the trace does not say. */
static int64_t fan_out(const struct opj_trace_module *module)
{
	const struct opj_module *def = &module->def;
	const struct opj_module_parameter *weight = find_parameter(def, "weight");
	bool linear = opj_module_is_any(module, linear_classes);
	int64_t outputs = opj_value_integer(attribute(def, linear ? "out_features" : "out_channels"), 0);
	if (outputs <= 0 && weight && weight->ndim >= 2)
		outputs = weight->shape[0];
	if (linear || outputs <= 0)
		return outputs;
	int64_t groups = opj_value_integer(attribute(def, "groups"), 1);
	return groups > 0 ? opj_mul(outputs / groups, kernel_volume(def, weight)) : 0;
}

static int64_t active_bytes(const struct opj_operand *operand)
{
	return opj_mul(opj_int(operand->stats.nnz), (int64_t)opj_dtype_size(operand->dtype));
}

static void measure_dense(const struct opj_call *call, const struct opj_operand *x, const struct opj_operand *out,
			  struct lemaire_traffic *traffic)
{
	traffic->read_in = x ? opj_int(x->bytes) : all_bytes(call, call->in, call->in_count);
	traffic->write_out = out ? opj_int(out->bytes) : all_bytes(call, call->out, call->out_count);
	traffic->read_params = parameter_bytes(&call->module->def);
}

static void measure_sparse(const struct opj_module *module, int64_t fan, const struct opj_operand *x,
			   const struct opj_operand *out, bool out_sparse, struct lemaire_traffic *traffic)
{
	const struct opj_module_parameter *weight = find_parameter(module, "weight");
	const struct opj_module_parameter *bias = find_parameter(module, "bias");
	size_t weight_size = opj_dtype_size(weight ? weight->dtype : x->dtype);
	int64_t written = out_sparse ? opj_int(out->stats.nnz) : opj_int(out->numel);
	traffic->read_in = active_bytes(x);
	traffic->write_out = out_sparse ? active_bytes(out) : opj_int(out->bytes);
	traffic->read_params = opj_mul(opj_mul(opj_int(x->stats.nnz), fan), (int64_t)weight_size);
	if (bias)
		traffic->read_params =
		    opj_add(traffic->read_params, opj_mul(written, (int64_t)opj_dtype_size(bias->dtype)));
}

static const struct opj_operand *first_tensor(const struct opj_call *call, const struct opj_value *values,
					      uint32_t count)
{
	return count && values[0].type == OPJ_VALUE_TENSOR ? &call->operands[values[0].u.tensor] : NULL;
}

void lemaire_measure_call(const struct opj_sparse_rule *sparse, const struct opj_call *call,
			  struct lemaire_layer *layer, struct lemaire_traffic *traffic)
{
	const struct opj_operand *x = first_tensor(call, call->in, call->in_count);
	const struct opj_operand *out = first_tensor(call, call->out, call->out_count);
	if (!x || !out) {
		measure_dense(call, NULL, NULL, traffic);
		return;
	}
	bool in_sparse = opj_access_is_sparse(sparse, x);
	bool out_sparse = opj_access_is_sparse(sparse, out);
	if (!opj_module_is_any(call->module, linear_classes) && !opj_module_is_any(call->module, conv_classes)) {
		layer->dense_fallback |= in_sparse || out_sparse;
		measure_dense(call, NULL, NULL, traffic);
		return;
	}
	int64_t fan = fan_out(call->module);
	layer->no_geometry |= in_sparse && fan <= 0;
	if (in_sparse && fan > 0)
		measure_sparse(&call->module->def, fan, x, out, out_sparse, traffic);
	else
		measure_dense(call, x, out, traffic);
}
